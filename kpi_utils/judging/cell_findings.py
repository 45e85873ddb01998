"""Findings on cells and rows as the file has them, before any judgement (method 6)."""

from collections.abc import Iterator

from kpi_utils.cells.notation import WORD, read_cell
from kpi_utils.judging.evaluation import Evaluation, about_row
from kpi_utils.judging.judgement import references
from kpi_utils.language import say
from kpi_utils.sheets.sheet import line_of

__all__ = ["JUMP", "REMARKS", "jumps", "missing_rows", "remarks", "unreadable_cells"]

# How severe is what a reader has to say of a file.
REMARKS = {
    "hidden-row": "warning",
    "hidden-column": "warning",
    "struck-out": "warning",
    "hidden-text": "warning",
    "format-unknown": "warning",
    "rule-strikes": "warning",
    "text-outside-cells": "warning",
    "error-value": "error",
    "formula-without-result": "warning",
    "display-rounded": "warning",
    "encoding": "note",
    "part-year": "warning",
    "declaration-unused": "note",
    "glyph-substituted": "note",
}
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
        yield {
            "code": "unreadable-cell",
            "severity": "error",
            "rows": references([(cell.section, cell.no)]),
            "kpi": row["kpi"],
            "text": cell.raw,
            "message": say("finding-says.unreadable-cell", column=column, raw=cell.raw, why=why),
            "differs": say("entry-part.unreadable-cell", column=column, raw=cell.raw, why=why),
            "source": cell.source,
        }


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
            message = say("finding-says.figure-jumps", **said)
            yield about_row("figure-jumps", "warning", row, row.actual_raw, message)


def missing_rows(judged: Evaluation) -> Iterator[dict]:
    """A gap in the numbers of a table: a row may have been lost."""
    for section, rows in judged.sheet.rows.groupby("section"):
        for no in sorted(set(range(1, rows["no"].max() + 1)) - set(rows["no"])):
            yield {
                "code": "row-missing", "severity": "warning", "rows": references([(section, no)]),
                "kpi": "", "text": judged.sheet.captions[section], "source": rows["source"].iloc[0],
                "message": say("finding-says.row-missing", section=section, no=no), "differs": "",
            }  # fmt: skip


def remarks(judged: Evaluation) -> Iterator[dict]:
    """What the reader had to say of the file."""
    rows = judged.sheet.rows.set_index(["section", "no"])
    at = {line_of(source): listing for listing, source in rows["source"].items()}
    for remark in judged.sheet.remarks:
        # What is not read is seen nowhere else.
        quoted = say("entry.text", text=remark.text)
        cell = "" if remark.code == "text-outside-cells" else remark.place
        differs = {"differs": f"{cell}{quoted}"} if remark.place else {}
        listing = remark.listing or (None if remark.source else at.get(str(remark.number)))
        yield {
            "code": remark.code,
            "severity": REMARKS[remark.code],
            "rows": references([listing] if listing else []) or "―",
            "kpi": rows.loc[listing, "kpi"] if listing else "",
            "text": remark.text,
            "message": remark.message,
            "source": f"{remark.source or judged.sheet.source}:{remark.number}",
            **differs,
        }
