"""One cell's text -> year, value, unit and comparator, or why the cell has no value."""
