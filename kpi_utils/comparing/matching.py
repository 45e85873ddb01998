"""Which KPI of one year's sheet is which of another's, and the path of each over both (method 8).

A KPI is the same when its identity is, or when plan.toml declares what it was called before. A
name or figures that are alike are a reason to ask, and never enough.
"""

import difflib
from collections.abc import Iterator

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.narrative import alike

__all__ = ["likely_renames", "matched", "paired_rows", "paths"]


def matched(before: Evaluation, after: Evaluation) -> dict[str, str]:
    """The KPIs of the later sheet that the earlier one has too -> their identity there.

    By identity, else by what ``plan.toml`` declares with ``formerly``, else by name and initiative,
    which only one of them may need. No KPI of the earlier sheet is taken for two.
    """
    addresses = dict(zip(before.sheet.rows["address"], before.sheet.rows["kpi"], strict=True))
    known = list(before.kpis["kpi"])
    same = {kpi: kpi for kpi in after.kpis["kpi"] if kpi in known}
    for kpi in after.kpis["kpi"]:
        own = addresses.get(after.sheet.first_listing(kpi)["address"])
        former = [name for name in (*after.sheet.plan.former(kpi), own) if name in known]
        if kpi not in same and former and former[0] not in same.values():
            same[kpi] = former[0]
    return {kpi: same[kpi] for kpi in after.kpis["kpi"] if kpi in same}


def paired_rows(
    before: Evaluation, after: Evaluation, same: dict[str, str]
) -> Iterator[tuple[dict, dict]]:
    """The row of each KPI that is compared, of both sheets: records of ``frames.ROWS``.

    The first listing in a table that lists the KPI in both sheets, for each table has a target of
    its own; without such a table, the first listings.
    """
    for kpi, former in same.items():
        earlier = _first_listings(before, former)
        later = _first_listings(after, kpi)
        shared = [section for section in later if section in earlier]
        yield (
            earlier[shared[0] if shared else min(earlier)],
            later[shared[0] if shared else min(later)],
        )


def paths(before: Evaluation, after: Evaluation, same: dict[str, str]) -> pd.DataFrame:
    """Each KPI's figures over all columns of both sheets: ``frames.PATHS``.

    In the later sheet's order; those that it lacks come last.
    """
    pairs = {later["kpi"]: (earlier, later) for earlier, later in paired_rows(before, after, same)}
    records: list[dict] = []
    for kpi in after.kpis["kpi"]:
        if kpi in pairs:
            earlier, later = pairs[kpi]
            records += _points(before, earlier, later)
            records += _points(after, later, later)
        else:
            new = after.sheet.first_listing(kpi)
            records += _points(after, new, new)
    for kpi in before.kpis["kpi"]:
        if kpi not in same.values():
            dropped = before.sheet.first_listing(kpi)
            records += _points(before, dropped, dropped)
    return frames.frame(frames.PATHS, records)


def likely_renames(
    before: Evaluation, after: Evaluation, same: dict[str, str]
) -> Iterator[tuple[dict, dict, bool]]:
    """For each new KPI the dropped one that it may be, if one is like it, and if its figures are.

    Yields the first rows of both, and whether baseline and target are the same in both. Otherwise
    their names are alike, as those of a row and of a heading of the commentary must be.
    """
    dropped = [
        before.sheet.first_listing(kpi) for kpi in before.kpis["kpi"] if kpi not in same.values()
    ]
    for kpi in after.kpis["kpi"]:
        if kpi in same:
            continue
        new = after.sheet.first_listing(kpi)
        likely = [
            (_same_figures(old, new), difflib.SequenceMatcher(None, old["kpi"], kpi).ratio(), place)
            for place, old in enumerate(dropped)
            if _same_figures(old, new) or alike(old["kpi"], kpi)
        ]
        if likely:
            same_figures, _, place = max(likely)
            yield dropped[place], new, same_figures


def _same_figures(one: dict, other: dict) -> bool:
    """Whether two rows have the same baseline and target, both in numbers and in one unit."""
    figures = [
        (row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"]))
        for row in (one, other)
    ]
    return None not in figures[0] and figures[0] == figures[1]


def _first_listings(evaluation: Evaluation, kpi: str) -> dict[int, dict]:
    """The first row that lists a KPI in each table, by table."""
    rows = evaluation.sheet.rows
    listings = rows[rows["kpi"] == kpi].drop_duplicates("section")
    listings = listings.assign(name=evaluation.sheet.first_listing(kpi)["name"])
    return {row["section"]: row for row in listings.to_dict("records")}


def _points(evaluation: Evaluation, row: dict, named: dict) -> list[dict]:
    """The cells of a row as records of ``frames.PATHS``, under the identity and name of another."""
    sheet = evaluation.sheet
    about = {"kpi": named["kpi"], "name": named["name"], "sheet_year": sheet.fiscal_year}
    cells = [("baseline", None, row["baseline_year"], row["baseline_raw"], row["source"])]
    targets = sheet.targets.rename(columns={"target_year": "year"})
    for role, table in (("actual", sheet.points), ("target", targets)):
        own = table[(table["section"] == row["section"]) & (table["no"] == row["no"])]
        cells += [
            (role, cell.column_year, cell.year, cell.raw, cell.source) for cell in own.itertuples()
        ]
    return [
        about
        | {
            "role": role,
            "column_year": column_year,
            "raw": raw,
            "year": column_year if pd.isna(year) else year,
            "value": read_cell(raw).value,
            "unit": read_cell(raw).unit,
            "source": source,
        }
        for role, column_year, year, raw, source in cells
    ]
