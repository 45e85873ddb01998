"""One file of any format -> lines -> rows, points and commentary, each with its file and place.

The rules by which a layout is read are in data/README.md, under “The form of a sheet”, those by
which a cell is read in docs/notation.md. Which actual and target of several is judged: method 1, 2.
"""
