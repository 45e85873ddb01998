"""Findings on cells and rows as the file has them, before any judgement (method 6)."""

from collections.abc import Iterator

import pandas as pd

from kpi_utils.judging.achievement import exact
from kpi_utils.judging.evaluation import Evaluation, about_row, finding
from kpi_utils.sheets.columns import YEARLY
from kpi_utils.sheets.sheet import line_of
from kpi_utils.words import joined, message

__all__ = ["JUMP", "corrections", "jumps", "missing_rows", "remarks", "unreadable_cells"]

# So many times the figure before is more than a year does: 30 typed into a cell of percentages is
# 0.3 or 3000, which is some hundred times off.
JUMP = 50


def unreadable_cells(judged: Evaluation) -> Iterator[dict]:
    """A cell that no rule of the notation reads; but a target that a declaration replaces."""
    sheet, rows = judged.sheet, judged.sheet.rows()
    for cell in sheet.unreadable():
        listing = (cell.section, cell.no)
        kpi = rows.loc[listing, "kpi"]
        is_replaced = sheet.plan.declared(kpi).kind in ("range", "text")
        if is_replaced and cell.role == "target":
            continue
        yield finding(
            "unreadable-cell",
            [listing],
            cell.raw,
            cell.source,
            kpi,
            cell.role,
            cell.year,
            message(
                "finding-says.unreadable-cell",
                column=message(f"finding-part.{cell.role}", year=cell.year),
                raw=cell.raw,
                why=cell.why,
            ),
        )


def corrections(judged: Evaluation) -> Iterator[dict]:
    """A figure that a notebook has changed before it was judged: it is not the sheet's."""
    printed = judged.sheet.rows()
    for row in judged.row_tuples:
        listing = row.section, row.no
        for role in ("baseline", "actual", "target"):
            if listing not in printed.index:
                continue
            own, now = exact(printed.loc[listing, role]), exact(getattr(row, role))
            if own != now:
                figure = "―" if now is None else f"{now:,f} {row.unit}".strip()
                values = {"column": message(f"role.{role}"), "figure": figure}
                raw = getattr(row, f"{role}_raw")
                yield about_row("figure-corrected", row, role, **values, raw=raw)


def jumps(judged: Evaluation) -> Iterator[dict]:
    """An actual some hundred times the one before it, or a hundredth: 0.3 where 30 % is meant."""
    points = judged.sheet.points.sort_values("column_year")
    for row in judged.row_tuples:
        own = points[(points["section"] == row.section) & (points["no"] == row.no)]
        earlier = own[(own["column_year"] < row.actual_column_year) & (own["unit"] == row.unit)]
        before = [exact(row.baseline), *map(exact, earlier["value"].dropna())][-1]
        if row.status == "undetermined" or not before or pd.isna(row.actual) or not row.actual:
            continue
        times = abs(exact(row.actual) / before)
        if not 1 / JUMP < times < JUMP:
            yield about_row(
                "figure-jumps", row, "actual", before=f"{before:,f} {row.unit}", times=JUMP
            )


def missing_rows(judged: Evaluation) -> Iterator[dict]:
    """A gap in the numbers of a table: a row may have been lost."""
    for section, rows in judged.sheet.rows().groupby("section"):
        for no in sorted(set(range(1, rows["no"].max() + 1)) - set(rows["no"])):
            text = message("finding-says.row-missing", section=section, no=no)
            caption, source = judged.sheet.captions[section], rows["source"].iloc[0]
            yield finding("row-missing", [(section, no)], caption, source, message=text, differs="")


def remarks(judged: Evaluation) -> Iterator[dict]:
    """What the reader had to say of the file."""
    rows, cells = judged.sheet.rows(), judged.sheet.cells
    at_line = {line_of(source): listing for listing, source in rows["source"].items()}
    for remark in judged.sheet.remarks:
        listing = remark.listing
        if not (listing or remark.source):
            listing = at_line.get(str(remark.number))
        listings, kpi = ([listing], rows.loc[listing, "kpi"]) if listing else ([], "")
        source = f"{remark.source or judged.sheet.source}:{remark.number}"
        differs, role, year = None, "", None
        if listing:
            own = cells[(cells["section"] == listing[0]) & (cells["no"] == listing[1])]
            for cell in own[own["raw"] == remark.text].tail(1).itertuples():
                role, year = cell.role, cell.column_year if cell.role in YEARLY else None
        if remark.place:
            # What is not read is seen nowhere else.
            cell = "" if remark.code == "text-outside-cells" else remark.place
            differs = joined([cell, message("entry.text", text=remark.text)], "nothing")
        yield finding(
            remark.code,
            listings,
            remark.text,
            source,
            kpi,
            role,
            year,
            remark.message,
            differs,
        )
