"""Which KPI of one year's sheet is which of another's, and the cells of both (method 8).

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

__all__ = ["ROLES", "SIDES", "differences", "likely_renames", "meaning", "paired_rows", "paths"]

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
SIDES = ("before", "after")
_KEYS = ["kpi", "name", "role", "column_year"]


def paired_rows(before: Evaluation, after: Evaluation) -> list[tuple[dict | None, dict | None]]:
    """The judged rows of each KPI in both sheets, with exact numbers; None where one lacks it.

    In the later sheet's order; those that it lacks come last. Compared is the first listing in a
    table that lists the KPI in both sheets, for each table has a target of its own; without such a
    table, the first listings. A row has its KPI's ``name`` and all of its ``listings``. Of a part
    of a sheet, as a notebook may have kept it, the other KPIs are neither new nor dropped.
    """
    same, old, new = _matched(before, after), _first_rows(before), _first_rows(after)
    pairs: list[tuple[dict | None, dict | None]] = []
    for kpi, later in new.items():
        earlier = old.get(same.get(kpi), {})
        section = next((section for section in later if section in earlier), None)
        if earlier or kpi not in same:
            pairs.append(
                tuple(of.get(section, next(iter(of.values()), None)) for of in (earlier, later))
            )
    dropped = [next(iter(of.values())) for kpi, of in old.items() if kpi not in same.values()]
    return pairs + [(row, None) for row in dropped]


def _matched(before: Evaluation, after: Evaluation) -> dict[str, str]:
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


def _first_rows(evaluation: Evaluation) -> dict[str, dict[int, dict]]:
    """The first row that lists a KPI in each table, by KPI and table."""
    plan, kpis = evaluation.sheet.plan, evaluation.kpis.set_index("kpi", drop=False)
    rows: dict[str, dict[int, dict]] = {kpi: {} for kpi in kpis.index}
    for row in exact_rows(evaluation.rows.drop_duplicates(["kpi", "section"])):
        if row["kpi"] in rows:
            kpi = kpis.loc[row["kpi"]]
            about = {"name": plan.named(row["kpi"], kpi["name"]), "listings": kpi["listings"]}
            rows[row["kpi"]][row["section"]] = row | about
    return rows


def paths(before: Evaluation, after: Evaluation, pairs: list[tuple]) -> pd.DataFrame:
    """The cells of both sheets, merged on KPI, role and year: ``[paths]`` of the data dictionary.

    ``pairs`` are those of ``paired_rows``.
    """
    named = [new or old for old, new in pairs]
    old, new = (
        _cells(evaluation, named, rows)
        for evaluation, rows in (
            (before, [of for of, _ in pairs]),
            (after, [of for _, of in pairs]),
        )
    )
    old = _by_judged_target(old, new, pairs)
    suffixes = [f"_{side}" for side in SIDES]
    cells = old.merge(new, on=_KEYS, how="outer", suffixes=suffixes).sort_values(_KEYS)
    for name in ("cell_before", "cell_after"):
        cells[name] = cells[name].where(cells[name].notna(), None)
    cells["differs"] = ["+".join(differences(cell)) for cell in cells.itertuples()]
    texts = [f"{name}{suffix}" for name in ("raw", "unit", "source") for suffix in suffixes]
    return typed("paths", cells.fillna(dict.fromkeys(texts, "")))


def _cells(evaluation: Evaluation, named: list[dict], rows: list[dict | None]) -> pd.DataFrame:
    """The baseline, the actuals and the targets of rows, under the names of others, a row a cell."""
    sheet = evaluation.sheet
    baselines = evaluation.rows.assign(column_year=pd.NA)
    tables = (
        baselines.rename(columns={"baseline_raw": "raw", "baseline_year": "year"}),
        sheet.points,
        sheet.targets.rename(columns={"target_year": "year"}),
    )
    columns = ["section", "no", "column_year", "raw", "year", "source"]
    by_role = zip(ROLES, tables, strict=True)
    cells = pd.concat([table[columns].assign(role=role) for role, table in by_role])
    listings = [
        {"kpi": of["kpi"], "name": of["name"], "section": row["section"], "no": row["no"]}
        for of, row in zip(named, rows, strict=True)
        if row
    ]
    cells = pd.DataFrame(listings, columns=["kpi", "name", "section", "no"]).merge(cells)
    for key, order in (("kpi", [of["kpi"] for of in named]), ("role", ROLES)):
        cells[key] = pd.Categorical(cells[key], order, ordered=True)
    cells = cells.astype({"column_year": "Int64", "year": "Int64"})
    cells["year"] = cells["year"].fillna(cells["column_year"])
    cells["cell"] = [
        sheet.cell((cell.section, cell.no), cell.role, cell.column_year)
        for cell in cells.itertuples()
    ]
    cells["value"] = [
        float("nan") if cell.value is None else float(cell.value) for cell in cells["cell"]
    ]
    cells["unit"] = [cell.unit for cell in cells["cell"]]
    return cells.drop(columns=["section", "no"])


def _by_judged_target(old: pd.DataFrame, new: pd.DataFrame, pairs: list[tuple]) -> pd.DataFrame:
    """The earlier cells; a KPI's judged target goes by the year of the later sheet's, if need be.

    Of targets for several years each is compared with its own. Where the columns of the targets are
    all of other years, the targets that are judged are compared.
    """
    shared = set(old.merge(new, on=_KEYS).query("role == 'target'")["kpi"])
    for earlier, later in pairs:
        if earlier and later and later["kpi"] not in shared:
            is_year = old["column_year"].fillna(0) == (earlier["target_column_year"] or 0)
            is_target = (old["kpi"] == later["kpi"]) & (old["role"] == "target")
            old.loc[is_target & is_year, "column_year"] = later["target_column_year"]
    return old


def differences(path) -> list[str]:
    """In what the two cells of a row of ``paths`` differ: unit, value, year; never in spelling.

    Values are compared in one unit; those whose units do not convert are not, nor are years of
    which one is missing.
    """
    old, new, years = path.cell_before, path.cell_after, (path.year_before, path.year_after)
    if not old or not new:
        return []
    is_number = None not in (old.value, new.value)
    ratio = in_unit(exact(1), old.unit, new.unit)
    differs = {
        "unit": is_number and ratio != 1,
        "value": (ratio is not None or not is_number)
        and meaning(in_unit_of(old, new.unit)) != meaning(new),
        "year": not pd.isna(years[0]) and not pd.isna(years[1]) and years[0] != years[1],
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
            (figures, SequenceMatcher(None, old["kpi"], later["kpi"]).ratio(), number)
            for number, old in enumerate(dropped)
            if (figures := _same_figures(old, later)) or alike(old["kpi"], later["kpi"])
        ]
        if likely:
            figures, _, number = max(likely)
            yield dropped[number], later, figures


def _same_figures(one: dict, other: dict) -> bool:
    """Whether two rows have the same baseline and target, both in numbers and in one unit."""
    figures = [
        (row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"]))
        for row in (one, other)
    ]
    return None not in figures[0] and figures[0] == figures[1]
