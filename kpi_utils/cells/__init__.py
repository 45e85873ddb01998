"""One cell's text -> year, value, unit, comparator, or the reason that there is none."""
