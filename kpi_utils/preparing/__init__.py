"""Sheets for the analyst to fill in: next year's form, and the folder of a new plan."""
