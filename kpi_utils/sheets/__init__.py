"""Lines -> what each column is -> rows, points and commentary, each with its file and place.

The rules by which a cell is read are in docs/notation.md. Which actual and which target of several
is judged: method 1 and 2.
"""
