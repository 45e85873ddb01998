"""Findings on cells and rows as the file has them, before any judgement (method 6)."""

from collections.abc import Iterator

from kpi_utils.judging.achievement import exact
from kpi_utils.judging.evaluation import Evaluation, about_row, amount, finding
from kpi_utils.judging.published import says_met
from kpi_utils.lines.columns import YEARLY
from kpi_utils.lines.line import line_of
from kpi_utils.words import joined, message

# An actual more than 50 times the one before, or less than a fiftieth, is probably a slip: 0.3 or
# 3000 in a column of percentages around 30.
JUMP = 50


def unreadable_cells(evaluation: Evaluation) -> Iterator[dict]:
    """A cell that no rule of the notation reads, except a target that a declaration replaces.

    A published 達成（108%） is not a number either, but says enough.
    """
    sheet = evaluation.sheet
    kpis = sheet.rows()["kpi"]
    for cell in sheet.unreadable():
        kpi = kpis[cell.section, cell.no]
        is_replaced = sheet.plan.declared(kpi).kind in ("range", "text")
        is_word = cell.role == "published" and says_met(cell.raw) is not None
        if is_word or (is_replaced and cell.role == "target"):
            continue
        # A row may have several targets: the message names this one's year.
        role = "yearly_target" if cell.role == "target" and cell.year else cell.role
        column = message(f"finding-part.{role}", year=cell.year)
        values = {"column": column, "raw": cell.raw, "why": cell.why}
        yield finding(
            "unreadable-cell",
            rows=[(cell.section, cell.no)],
            text=cell.raw,
            source=cell.source,
            kpi=kpi,
            role=cell.role,
            column_year=cell.year,
            message=message("finding-says.unreadable-cell", **values),
        )


def corrections(evaluation: Evaluation) -> Iterator[dict]:
    """A figure that the analyst changed in the notebook, so that it differs from the sheet."""
    figures = evaluation.sheet.figures
    for row in evaluation.records:
        for role, printed in figures.get((row["section"], row["no"]), {}).items():
            if exact(printed) != row[role]:
                figure = "―" if row[role] is None else amount(row[role], row["unit"])
                values = {"column": message(f"role.{role}"), "raw": row[f"{role}_raw"]}
                yield about_row("figure-corrected", row, role, figure=figure, **values)


def jumps(evaluation: Evaluation) -> Iterator[dict]:
    """An actual of another magnitude than the one before it (``JUMP``)."""
    for row in evaluation.records:
        is_nothing = row["actual"] == 0 and row["direction"] == "increase"
        if row["status"] == "undetermined" or not (row["actual"] or is_nothing):
            continue
        listing, year = (row["section"], row["no"]), row["actual_column_year"]
        earlier = evaluation.sheet.points_before(listing, year)
        points = sorted(earlier, key=lambda point: point.column_year)
        values = [exact(point.value) for point in points if point.unit == row["unit"]]
        before = next((value for value in reversed(values) if value is not None), row["baseline"])
        # If the figure before is missing or 0, an actual far above its target is a slip as well.
        before = before or min(row["target_value"] or row["actual"], row["actual"])
        # A zero after a large figure may be a cell not filled in yet; it is compared as a 1.
        if before and not 1 / JUMP < abs((row["actual"] or 1) / before) < JUMP:
            said = amount(before, row["unit"])
            yield about_row("figure-jumps", row, "actual", before=said, times=JUMP)


def targets_only(evaluation: Evaluation) -> Iterator[dict]:
    """A plan's own table, which has targets and no actuals yet."""
    sheet = evaluation.sheet
    if sheet.is_plan_only:
        text = message("finding-says.targets-only")
        yield finding("targets-only", [], sheet.title, sheet.title_source, message=text)


def missing_rows(evaluation: Evaluation) -> Iterator[dict]:
    """A gap in a table's numbers: a row may be lost. They may go on from the table before."""
    last = 0
    for section, rows in evaluation.sheet.rows().groupby("section"):
        first = last + 1 if last + 1 == rows["no"].min() else 1
        last = rows["no"].max()
        for no in sorted(set(range(first, last + 1)) - set(rows["no"])):
            text = message("finding-says.row-missing", section=section, no=no)
            caption, source = evaluation.sheet.captions[section], rows["source"].iloc[0]
            yield finding("row-missing", [(section, no)], caption, source, message=text, differs="")


def remarks(evaluation: Evaluation) -> Iterator[dict]:
    """The remarks that ``sheets`` made when it read the file, as findings."""
    rows, cells = evaluation.sheet.rows(), evaluation.sheet.cells
    listing_by_line = {line_of(source): listing for listing, source in rows["source"].items()}
    for remark in evaluation.sheet.remarks:
        listing = remark.listing
        if not (listing or remark.source):
            listing = listing_by_line.get(str(remark.number))
        listings, kpi = ([listing], rows.loc[listing, "kpi"]) if listing else ([], "")
        source = f"{remark.source or evaluation.sheet.source}:{remark.number}"
        differs, role, year = None, "", None
        if listing:
            is_of_row = (cells["section"] == listing[0]) & (cells["no"] == listing[1])
            for cell in cells[is_of_row & (cells["raw"] == remark.text)].tail(1).itertuples():
                role, year = cell.role, cell.column_year if cell.role in YEARLY else None
        if remark.place:
            # A text that was not read is shown in no other place.
            cell = "" if remark.code == "text-outside-cells" else remark.place
            differs = joined([cell, message("entry.text", text=remark.text)], "nothing")
        values = {"kpi": kpi, "role": role, "column_year": year, "differs": differs}
        yield finding(remark.code, listings, remark.text, source, message=remark.message, **values)
