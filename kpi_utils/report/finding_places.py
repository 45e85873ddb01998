"""Findings -> the cells that they are about, in a worksheet that has the sheet's layout."""

import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.sheets.sheet import line_of, sheet_cells

__all__ = ["finding_places"]

# The roles of the cells in which a finding's text stands, in the order in which they are looked
# through; any other kind of finding is about the name.
_AT = tomllib.loads(Path(__file__).with_name("places.toml").read_text("utf-8"))
# Of these there is one for each of several cells with the same text.
_ONE_A_CELL = ("display-rounded", "unreadable-cell")


def finding_places(
    evaluation: Evaluation, places: dict[tuple, tuple[int, int]]
) -> list[tuple[int, int]]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``places`` are those of ``layout.Layout``. A finding knows its line; of a row's cells it is the
    one that has the finding's text; where none has it, the one that judges the row.
    """
    sheet = evaluation.sheet
    blocks = sheet.commentary
    of_line = {line_of(block.source): ("block", block.block) for block in blocks.itertuples()}
    for cells in (sheet.targets, sheet.points, sheet.rows):
        of_line |= {line_of(cell.source): (cell.section, cell.no) for cell in cells.itertuples()}
    texts = _texts(evaluation, places)
    found_at, before = [], Counter()
    for finding in evaluation.findings.itertuples():
        # What is about plan.toml has no cell.
        key = of_line.get(line_of(finding.source)) if sheet.source in finding.source else None
        if finding.code == "row-missing":
            key = "caption", key[0]
        elif key and key[0] != "block":
            roles = _AT.get(finding.code, ["name"])
            cells = [cell for role in roles for cell in texts[key] if cell[0][0] == role]
            found = [cell for cell, text in cells if text == finding.text] or [cells[0][0]]
            same = finding.code, key, finding.text
            again = before[same] if finding.code in _ONE_A_CELL else 0
            before[same] += 1
            key = *key, *found[min(again, len(found) - 1)]
        found_at.append(places.get(key, (0, 0)))
    return found_at


def _texts(
    evaluation: Evaluation, places: dict[tuple, tuple[int, int]]
) -> dict[tuple, list[tuple[tuple, str]]]:
    """By row, the role and year of its cells with their texts; those that judge it come first."""
    sheet, keys, texts = evaluation.sheet, defaultdict(list), {}
    for key in places:
        keys[key[:2]].append(key[2:])
    # As in the places, a target's column without a year has none.
    years = {
        (row.section, row.no): (
            None if pd.isna(row.target_column_year) else row.target_column_year,
            row.actual_column_year,
        )
        for row in evaluation.joined().itertuples()
    }
    for section in sheet.rows["section"].unique():
        for listing, printed in sheet_cells(sheet, section).iterrows():
            cells = list(zip(keys[listing], printed, strict=True))
            texts[listing] = sorted(cells, key=lambda cell: cell[0][1] not in years[listing])
    return texts
