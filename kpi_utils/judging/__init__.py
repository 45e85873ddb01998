"""Rows -> achievement, status and stage, and what a reviewer should know of them."""
