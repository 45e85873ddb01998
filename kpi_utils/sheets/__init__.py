"""One file of any format -> lines -> rows, points and commentary, each with file and line."""
