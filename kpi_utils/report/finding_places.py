"""Findings -> the cells that they are about, in a worksheet that has the sheet's layout."""

import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.sheets.sheet import line_of
from kpi_utils.workbooks.layout import Layout

__all__ = ["finding_places"]

# The roles of the cells in which a finding's text stands, in the order in which they are looked
# through; any other kind of finding is about the name.
_AT = tomllib.loads(Path(__file__).with_name("places.toml").read_text("utf-8"))
# Of these there is one for each of several cells with the same text.
_ONE_A_CELL = ("display-rounded", "unreadable-cell")


def finding_places(evaluation: Evaluation, made: Layout) -> list[tuple[int, int]]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``made`` has the sheet as published. A finding knows its line; of a row's cells it is the one
    that has the finding's text; where none has it, the one that judges the row.
    """
    sheet, blocks = evaluation.sheet, evaluation.sheet.commentary
    of_line = {line_of(block.source): ("block", block.block) for block in blocks.itertuples()}
    for cells in (sheet.targets, sheet.points, sheet.rows):
        of_line |= {line_of(cell.source): (cell.section, cell.no) for cell in cells.itertuples()}
    texts = {(cell.row, cell.column): cell.text for cell in made.worksheet.cells}
    cells_of = _cells_of(evaluation, made)
    found_at, before = [], Counter()
    for finding in evaluation.findings.itertuples():
        # What is about plan.toml has no cell.
        key = of_line.get(line_of(finding.source)) if sheet.source in finding.source else None
        if finding.code == "row-missing":
            key = "caption", key[0]
        elif key and key[0] != "block":
            roles = _AT.get(finding.code, ["name"])
            cells = [cell for role in roles for cell in cells_of[key] if cell[2] == role]
            found = [cell for cell in cells if texts[made.places[cell]] == finding.text]
            found = found or cells[:1]
            same = finding.code, key, finding.text
            again = before[same] if finding.code in _ONE_A_CELL else 0
            before[same] += 1
            key = found[min(again, len(found) - 1)]
        found_at.append(made.places.get(key, (0, 0)))
    return found_at


def _cells_of(evaluation: Evaluation, made: Layout) -> dict[tuple, list[tuple]]:
    """By row, the keys of its cells among a layout's places; those that judge it come first."""
    keys = defaultdict(list)
    for key in made.places:
        keys[key[:2]].append(key)
    for row in evaluation.joined().itertuples():
        due = row.target_column_year
        # As in the places, a target's column without a year has none.
        years = row.actual_column_year, None if pd.isna(due) else due
        keys[row.section, row.no].sort(key=lambda cell, years=years: cell[3] not in years)
    return keys
