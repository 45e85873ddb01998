"""Frames -> what a reader sees: sentences, pictures and tables."""
