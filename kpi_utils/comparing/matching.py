"""Which KPI of one year's sheet is which of another's, and the path of each over both (method 8).

A KPI is the same when its identity is, or when plan.toml declares what it was called before. A
name or figures that are alike are a reason to ask, and never enough.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

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
) -> list[tuple[dict | None, dict | None]]:
    """The rows of each KPI, of both sheets: records of ``frames.ROWS``; None where one lacks it.

    In the later sheet's order; those that it lacks come last. Compared is the first listing in a
    table that lists the KPI in both sheets, for each table has a target of its own; without such a
    table, the first listings.
    """
    rows: list[tuple[dict | None, dict | None]] = []
    for kpi in after.kpis["kpi"]:
        if kpi not in same:
            rows.append((None, after.sheet.first_listing(kpi)))
            continue
        earlier, later = _first_listings(before, same[kpi]), _first_listings(after, kpi)
        shared = [section for section in later if section in earlier]
        rows.append(tuple(of[shared[0] if shared else min(of)] for of in (earlier, later)))
    dropped = [kpi for kpi in before.kpis["kpi"] if kpi not in same.values()]
    return rows + [(before.sheet.first_listing(kpi), None) for kpi in dropped]


def paths(before: Evaluation, after: Evaluation, rows: list[tuple]) -> pd.DataFrame:
    """Each KPI's figures over all columns of both sheets: ``frames.PATHS``, of ``paired_rows``."""
    records: list[dict] = []
    for earlier, later in rows:
        for evaluation, row in ((before, earlier), (after, later)):
            if row:
                records += _points(evaluation, row, later or earlier)
    return frames.frame(frames.PATHS, records)


def likely_renames(dropped: list[dict], new: list[dict]) -> Iterator[tuple[dict, dict, bool]]:
    """For each new KPI the dropped one that it may be, if one is like it, and if its figures are.

    Takes and yields the first rows of both, and whether baseline and target are the same in both.
    Otherwise their names are alike, as those of a row and of a heading of the commentary must be.
    """
    for later in new:
        name = later["kpi"]
        likely = [
            (_same_figures(old, later), SequenceMatcher(None, old["kpi"], name).ratio(), place)
            for place, old in enumerate(dropped)
            if _same_figures(old, later) or alike(old["kpi"], name)
        ]
        if likely:
            same_figures, _, place = max(likely)
            yield dropped[place], later, same_figures


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
