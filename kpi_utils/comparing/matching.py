"""Which KPI of one year's sheet is which of another's, and the cells of each in both (method 8).

A KPI is the same when its identity is, or when plan.toml declares what it was called before. A
name or figures that are alike are a reason to ask, and never enough.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity
from kpi_utils.cells.units import in_unit
from kpi_utils.frames import typed
from kpi_utils.judging.achievement import exact, exact_rows
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.narrative import alike
from kpi_utils.sheets.tables import in_unit_of

__all__ = [
    "ROLES",
    "SIDES",
    "differences",
    "likely_renames",
    "matched",
    "meaning",
    "name_of",
    "paired_rows",
    "paths",
]

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
SIDES = ("before", "after")
_LISTING = ["section", "no"]


def matched(before: Evaluation, after: Evaluation) -> dict[str, str]:
    """The KPIs of the later sheet that the earlier one has too -> their identity there.

    By identity, else by what ``plan.toml`` declares with ``formerly``, else by name and initiative,
    which only one of them may need. No KPI of the earlier sheet is taken for two.
    """
    old, new = before.sheet.rows(), after.sheet.rows().drop_duplicates("kpi")
    addresses, known = dict(zip(old["address"], old["kpi"], strict=True)), set(old["kpi"])
    same = {kpi: kpi for kpi in new["kpi"] if kpi in known}
    for kpi, address in zip(new["kpi"], new["address"], strict=True):
        names = (*after.sheet.plan.former(kpi), addresses.get(address))
        former = next((name for name in names if name in known), None)
        if kpi not in same and former and former not in same.values():
            same[kpi] = former
    return same


def paired_rows(
    before: Evaluation, after: Evaluation, same: dict[str, str]
) -> list[tuple[dict | None, dict | None]]:
    """The judged rows of each KPI in both sheets, with exact numbers; None where one lacks it.

    In the later sheet's order; those that it lacks come last. Compared is the first listing in a
    table that lists the KPI in both sheets, for each table has a target of its own; without such a
    table, the first listings. Of a part of a sheet, as a notebook may have kept it, only the KPIs
    in that part are paired: the others are neither new nor dropped.
    """
    old, new = _first_rows(before), _first_rows(after)
    pairs: list[tuple[dict | None, dict | None]] = []
    for kpi in after.kpis["kpi"]:
        earlier, later = old.get(same.get(kpi), {}), new[kpi]
        shared = [section for section in later if section in earlier]
        if shared:
            pairs.append((earlier[shared[0]], later[shared[0]]))
        elif earlier or kpi not in same:
            pairs.append((next(iter(earlier.values()), None), next(iter(later.values()))))
    dropped = [kpi for kpi in before.kpis["kpi"] if kpi not in same.values()]
    return pairs + [(next(iter(old[kpi].values())), None) for kpi in dropped]


def _first_rows(evaluation: Evaluation) -> dict[str, dict[int, dict]]:
    """The first row of each table that lists a KPI, by KPI and table."""
    rows = evaluation.rows[evaluation.rows["kpi"].isin(evaluation.kpis["kpi"])]
    first: dict[str, dict[int, dict]] = {}
    for row in exact_rows(rows.drop_duplicates(["kpi", "section"])):
        first.setdefault(row["kpi"], {})[row["section"]] = row
    return first


def name_of(evaluation: Evaluation, kpi: str) -> str:
    """A KPI's name as its first row prints it; with its initiative, where that tells it apart."""
    return evaluation.sheet.plan.named(kpi, evaluation.kpis.loc[kpi, "name"])


def paths(before: Evaluation, after: Evaluation, pairs: list[tuple]) -> pd.DataFrame:
    """The cells of both sheets, merged on KPI, role and year: ``[paths]`` of the dictionary.

    ``pairs`` are those of ``paired_rows``; a KPI that was renamed goes by its later identity.
    """
    kpis = [(new or old)["kpi"] for old, new in pairs]
    old = _cells(before, {kpi: pair[0] for kpi, pair in zip(kpis, pairs, strict=True) if pair[0]})
    new = _cells(after, {kpi: pair[1] for kpi, pair in zip(kpis, pairs, strict=True) if pair[1]})
    suffixes = [f"_{side}" for side in SIDES]
    cells = old.merge(new, on=["kpi", "role", "column_year"], how="outer", suffixes=suffixes)
    ranks = {
        name: {key: rank for rank, key in enumerate(keys)}
        for name, keys in (("kpi", kpis), ("role", ROLES))
    }
    cells = cells.sort_values(
        ["kpi", "role", "column_year"],
        key=lambda column: column.map(ranks[column.name]) if column.name in ranks else column,
    )
    evaluations = {kpi: (after if row else before) for kpi, (_, row) in zip(kpis, pairs)}
    cells["name"] = cells["kpi"].map(lambda kpi: name_of(evaluations[kpi], kpi))
    in_both = cells["cell_before"].notna() & cells["cell_after"].notna()
    cells["differs"] = [
        "+".join(differences(cell.cell_before, cell.cell_after, cell.year_before, cell.year_after))
        if is_in_both
        else ""
        for cell, is_in_both in zip(cells.itertuples(), in_both, strict=True)
    ]
    texts = [f"{name}_{side}" for name in ("raw", "unit", "source") for side in SIDES]
    cells[texts] = cells[texts].fillna("")
    listings = [f"listing_{side}" for side in SIDES]
    cells[listings] = cells[listings].astype(object).where(cells[listings].notna(), None)
    return typed("paths", cells)


def _cells(evaluation: Evaluation, rows: dict[str, dict]) -> pd.DataFrame:
    """The baseline, the actuals and the targets of rows, each of a KPI; one row a cell."""
    sheet = evaluation.sheet
    baselines = evaluation.rows.assign(column_year=pd.NA)
    baselines = baselines.rename(columns={"baseline_raw": "raw", "baseline_year": "year"})
    tables = baselines, sheet.points, sheet.targets.rename(columns={"target_year": "year"})
    names = [*_LISTING, "column_year", "raw", "year", "source"]
    cells = pd.concat(
        [table[names].assign(role=role) for role, table in zip(ROLES, tables, strict=True)]
    ).astype({"column_year": "Int64", "year": "Int64"})
    listings = [(kpi, row["section"], row["no"]) for kpi, row in rows.items()]
    cells = pd.DataFrame(listings, columns=["kpi", *_LISTING]).merge(cells, on=_LISTING)
    cells["year"] = cells["year"].fillna(cells["column_year"])
    cells["listing"] = list(zip(cells["section"], cells["no"], strict=True))
    cells["cell"] = [
        sheet.cell(cell.listing, cell.role, cell.column_year) for cell in cells.itertuples()
    ]
    cells["value"] = cells["cell"].map(lambda cell: cell.value).astype(float)
    cells["unit"] = cells["cell"].map(lambda cell: cell.unit)
    return cells.drop(columns=_LISTING)


def differences(old: Cell, new: Cell, old_year, new_year) -> list[str]:
    """In what two cells differ: unit, value, year; never in spelling.

    Values are compared in one unit; those whose units do not convert are not, nor are years of
    which one is missing.

    >>> from kpi_utils.cells.notation import read_cell
    >>> differences(read_cell("3 ヶ所"), read_cell("4 箇所"), 2022, 2023)
    ['value', 'year']
    """
    is_number = None not in (old.value, new.value)
    ratio = in_unit(exact(1), old.unit, new.unit)
    is_comparable = not is_number or ratio is not None
    differs = {
        "unit": is_number and ratio != 1,
        "value": is_comparable and meaning(in_unit_of(old, new.unit)) != meaning(new),
        "year": not pd.isna(old_year) and not pd.isna(new_year) and old_year != new_year,
    }
    return [name for name, is_other in differs.items() if is_other]


def meaning(cell: Cell) -> tuple:
    """What a cell says, but for its year, its unit and its spelling; empty where it has no figure.

    >>> from kpi_utils.cells.notation import read_cell
    >>> meaning(read_cell("2020年度 32.1 %")) == meaning(read_cell("３２．１０％"))
    True
    """
    if cell.reason in (BLANK, NOT_REPORTED):
        return ()
    return (identity(cell.text),) if cell.reason else (cell.value, cell.upper, cell.comparator)


def likely_renames(dropped: list[dict], new: list[dict]) -> Iterator[tuple[dict, dict, bool]]:
    """For each new KPI the dropped one that it may be, if one is like it, and if its figures are.

    Takes and yields rows of both, and whether baseline and target are the same in both. Otherwise
    their names are alike, as those of a row and of a heading of the commentary must be.
    """
    for later in new:
        likely = [
            (
                _same_figures(old, later),
                SequenceMatcher(None, old["kpi"], later["kpi"]).ratio(),
                number,
            )
            for number, old in enumerate(dropped)
            if _same_figures(old, later) or alike(old["kpi"], later["kpi"])
        ]
        if likely:
            same_figures, _, number = max(likely)
            yield dropped[number], later, same_figures


def _same_figures(one: dict, other: dict) -> bool:
    """Whether two rows have the same baseline and target, both in numbers and in one unit."""
    figures = [
        (row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"]))
        for row in (one, other)
    ]
    return None not in figures[0] and figures[0] == figures[1]
