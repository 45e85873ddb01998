"""The rows of a file, in whatever layout -> lines: of each table its heads, and a line a KPI.

The rules by which a layout is read are in data/README.md, under “The form of a sheet”.
"""
