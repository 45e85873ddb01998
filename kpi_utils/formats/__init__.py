"""One file, of whatever format -> rows of cells, each with the place where it stands -> lines."""
