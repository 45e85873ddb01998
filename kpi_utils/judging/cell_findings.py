"""Findings on cells and rows as the file has them, before any judgement (method 6)."""

from collections.abc import Iterator

from kpi_utils.cells.notation import WORD, read_cell
from kpi_utils.judging.evaluation import Evaluation, about_row, finding, worded
from kpi_utils.language import say
from kpi_utils.sheets.sheet import line_of

__all__ = ["JUMP", "jumps", "missing_rows", "remarks", "unreadable_cells"]

# So many times the figure before is more than a year does: 30 typed into a cell of percentages is
# 0.3 or 3000, which is some hundred times off.
JUMP = 50


def unreadable_cells(judged: Evaluation) -> Iterator[dict]:
    """A cell that no rule of the notation reads; but a target that a declaration replaces."""
    rows = judged.sheet.rows.set_index(["section", "no"])
    for cell in judged.sheet.unreadable():
        row = rows.loc[(cell.section, cell.no)]
        declared = judged.sheet.plan.declared(row["kpi"]).kind in ("range", "text")
        if declared and cell.role == "target":
            continue
        read = read_cell(cell.raw)
        column = say(f"finding-part.{cell.role}", year=cell.year)
        cause = "era" if read.short else WORD if read.reason == WORD else "no-one-value"
        why = read.why or say(f"unreadable.{cause}", part=read.short)
        words = worded("unreadable-cell", {"column": column, "raw": cell.raw, "why": why})
        listing = (cell.section, cell.no)
        yield finding("unreadable-cell", [listing], cell.raw, cell.source, row["kpi"], **words)


def jumps(judged: Evaluation) -> Iterator[dict]:
    """An actual some hundred times the one before it, or a hundredth: 0.3 where 30 % is meant."""
    points = judged.sheet.points
    for row in judged.joined().itertuples():
        own = points[(points["section"] == row.section) & (points["no"] == row.no)]
        own = own.sort_values("column_year")
        earlier = own[(own["column_year"] < row.actual_column_year) & (own["unit"] == row.unit)]
        before = [row.baseline, *earlier["value"].dropna()][-1]
        if row.status == "undetermined" or not row.actual or not before:
            continue
        times = abs(row.actual / before)
        if not 1 / JUMP < times < JUMP:
            said = {"before": f"{before:,f} {row.unit}", "times": JUMP}
            yield about_row("figure-jumps", row, row.actual_raw, said)


def missing_rows(judged: Evaluation) -> Iterator[dict]:
    """A gap in the numbers of a table: a row may have been lost."""
    for section, rows in judged.sheet.rows.groupby("section"):
        for no in sorted(set(range(1, rows["no"].max() + 1)) - set(rows["no"])):
            words = worded("row-missing", {"section": section, "no": no}) | {"differs": ""}
            caption, source = judged.sheet.captions[section], rows["source"].iloc[0]
            yield finding("row-missing", [(section, no)], caption, source, **words)


def remarks(judged: Evaluation) -> Iterator[dict]:
    """What the reader had to say of the file."""
    rows = judged.sheet.rows.set_index(["section", "no"])
    at = {line_of(source): listing for listing, source in rows["source"].items()}
    for remark in judged.sheet.remarks:
        listing = remark.listing or (None if remark.source else at.get(str(remark.number)))
        listings, kpi = ([listing], rows.loc[listing, "kpi"]) if listing else ([], "")
        source = f"{remark.source or judged.sheet.source}:{remark.number}"
        words = {"message": remark.message}
        if remark.place:
            # What is not read is seen nowhere else.
            cell = "" if remark.code == "text-outside-cells" else remark.place
            words["differs"] = cell + say("entry.text", text=remark.text)
        yield finding(remark.code, listings, remark.text, source, kpi, **words)
