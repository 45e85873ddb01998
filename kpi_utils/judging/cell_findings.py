"""Findings on cells and rows as the file has them, before any judgement (method 6)."""

from collections.abc import Iterator

from kpi_utils.judging.achievement import exact, exact_rows
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
    sheet = judged.sheet
    kpis = sheet.rows()["kpi"]
    for cell in sheet.unreadable():
        kpi = kpis[cell.section, cell.no]
        is_replaced = sheet.plan.declared(kpi).kind in ("range", "text")
        if is_replaced and cell.role == "target":
            continue
        column = message(f"finding-part.{cell.role}", year=cell.year)
        values = {"column": column, "raw": cell.raw, "why": cell.why}
        yield finding(
            "unreadable-cell",
            [(cell.section, cell.no)],
            cell.raw,
            cell.source,
            kpi=kpi,
            role=cell.role,
            column_year=cell.year,
            message=message("finding-says.unreadable-cell", **values),
        )


def corrections(judged: Evaluation) -> Iterator[dict]:
    """A figure that a notebook has changed before it was judged: it is not the sheet's."""
    printed = {(row["section"], row["no"]): row for row in exact_rows(judged.sheet.rows())}
    for row in judged.records:
        own = printed.get((row["section"], row["no"]), row)
        for role in ("baseline", "actual", "target"):
            if own[role] != row[role]:
                figure = "―" if row[role] is None else f"{row[role]:,f} {row['unit']}".strip()
                values = {"column": message(f"role.{role}"), "raw": row[f"{role}_raw"]}
                yield about_row("figure-corrected", row, role, figure=figure, **values)


def jumps(judged: Evaluation) -> Iterator[dict]:
    """An actual some hundred times the one before it, or a hundredth: 0.3 where 30 % is meant."""
    points = judged.sheet.points.dropna(subset="value").sort_values("column_year")
    for row in judged.records:
        if row["status"] == "undetermined" or not row["actual"]:
            continue
        own = points[(points["section"] == row["section"]) & (points["no"] == row["no"])]
        is_before = own["column_year"] < row["actual_column_year"]
        values = own.loc[is_before & (own["unit"] == row["unit"]), "value"]
        before = exact(values.iloc[-1]) if len(values) else row["baseline"]
        if before and not 1 / JUMP < abs(row["actual"] / before) < JUMP:
            values = {"before": f"{before:,f} {row['unit']}", "times": JUMP}
            yield about_row("figure-jumps", row, "actual", **values)


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
        values = {"kpi": kpi, "role": role, "column_year": year, "differs": differs}
        yield finding(remark.code, listings, remark.text, source, message=remark.message, **values)
