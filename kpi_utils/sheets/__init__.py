"""One file of any format -> lines -> rows, points and commentary, each with its file and place."""
