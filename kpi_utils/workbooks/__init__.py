"""A sheet in its own layout, as an Excel workbook with live formulas."""
