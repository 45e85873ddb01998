"""Which KPI of one year's sheet is which of another's, and the cells of both (method 8).

A KPI is the same when its identity is, or when plan.toml declares what it was called before. A
name or figures that are alike are a reason to ask, and never enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity
from kpi_utils.cells.units import in_unit
from kpi_utils.frames import typed
from kpi_utils.judging.achievement import exact_rows
from kpi_utils.judging.conventions import House
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import settled_house
from kpi_utils.judging.narrative import ALIKE
from kpi_utils.sheets.tables import in_unit_of

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
_KEYS = ["kpi", "name", "role", "column_year"]


@dataclass(frozen=True)
class Pair:
    """A KPI's judged rows in an earlier and a later sheet, with exact numbers (``exact_rows``).

    A row has its KPI's ``name`` and all of its ``listings``; it is empty where its sheet lacks the
    KPI. ``houses`` are the rules by which both sheets' printed figures are read as evidence.
    """

    before: Evaluation
    after: Evaluation
    old: dict
    new: dict
    houses: tuple[House, House]

    @property
    def years(self) -> dict[str, int]:
        """The fiscal years of both sheets, as messages name them."""
        return {"before": self.before.sheet.fiscal_year, "after": self.after.sheet.fiscal_year}


def paired(before: Evaluation, after: Evaluation) -> list[Pair]:
    """The rows of each KPI in both sheets, in the later one's order, those that it lacks last.

    Compared is the first listing in a table that lists the KPI in both sheets, for each table has a
    target of its own; without such a table, the first listings. Of a part of a sheet, as a notebook
    may have kept it, the other KPIs are neither new nor dropped.
    """
    same, old, new = _matched(before, after), _first_rows(before), _first_rows(after)
    rows: list[tuple[dict, dict]] = []
    for kpi, later in new.items():
        earlier = old.get(same[kpi], {}) if kpi in same else {}
        if kpi in same and not earlier:
            continue
        section = next((section for section in later if section in earlier), None)
        if section:
            rows.append((earlier[section], later[section]))
        else:
            rows.append((next(iter(earlier.values()), {}), next(iter(later.values()))))
    dropped = [by_section for kpi, by_section in old.items() if kpi not in same.values()]
    rows += [(next(iter(by_section.values())), {}) for by_section in dropped]
    house_before, house_after = (
        settled_house(exact_rows(year.rows), year.sheet.plan) for year in (before, after)
    )
    return [Pair(before, after, *of_kpi, (house_before, house_after)) for of_kpi in rows]


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


def paths(before: Evaluation, after: Evaluation, pairs: list[Pair]) -> pd.DataFrame:
    """The cells of both sheets, merged on KPI, role and year: ``[paths]`` of the dictionary."""
    kpis = [pair.new or pair.old for pair in pairs]
    old = _cells(before, kpis, [pair.old for pair in pairs])
    new = _cells(after, kpis, [pair.new for pair in pairs])
    # Where the columns of the targets are all of other years, the targets that are judged are
    # compared; of several, each with its own.
    shared = set(old.merge(new, on=_KEYS).query("role == 'target'")["kpi"])
    for pair in pairs:
        if pair.old and pair.new and pair.new["kpi"] not in shared:
            is_target = (old["kpi"] == pair.new["kpi"]) & (old["role"] == "target")
            is_judged = old["column_year"].fillna(0) == (pair.old["target_column_year"] or 0)
            old.loc[is_target & is_judged, "column_year"] = pair.new["target_column_year"]
    cells = old.merge(new, on=_KEYS, how="outer", suffixes=("_before", "_after"))
    for name, order in (("kpi", [kpi["kpi"] for kpi in kpis]), ("role", ROLES)):
        cells[name] = pd.Categorical(cells[name], order, ordered=True)
    cells = cells.sort_values(["kpi", "role", "column_year"])
    both = ["cell_before", "cell_after"]
    cells[both] = cells[both].astype(object).where(cells[both].notna(), None)
    cells["differs"] = ["+".join(differences(cell)) for cell in cells.itertuples()]
    texts = [f"{name}_{side}" for name in ("raw", "unit", "source") for side in ("before", "after")]
    return typed("paths", cells.fillna(dict.fromkeys(texts, "")))


def _cells(evaluation: Evaluation, kpis: list[dict], rows: list[dict | None]) -> pd.DataFrame:
    """The baseline, the actuals and the targets of the rows of KPIs, a row a cell."""
    sheet = evaluation.sheet
    listed = [
        (kpi["kpi"], kpi["name"], row["section"], row["no"], row["source"])
        for kpi, row in zip(kpis, rows, strict=True)
        if row
    ]
    listed = pd.DataFrame(listed, columns=["kpi", "name", "section", "no", "row_source"])
    listed = listed.astype({"kpi": "str", "name": "str", "section": "int64", "no": "int64"})
    cells = sheet.cells[sheet.cells["role"].isin(ROLES)].drop(columns=["kpi", "name"])
    cells = listed.merge(cells, on=["section", "no"])
    addresses = zip(cells["section"], cells["no"], cells["role"], cells["column_year"], strict=True)
    cells["cell"] = [sheet.cell((section, no), role, year) for section, no, role, year in addresses]
    cells["year"] = cells["year"].fillna(cells["column_year"])
    # A row has one baseline, whatever its column is called and on whichever line it stands.
    is_baseline = cells["role"] == "baseline"
    cells["column_year"] = cells["column_year"].mask(is_baseline)
    cells["source"] = cells["source"].mask(is_baseline, cells["row_source"])
    return cells[[*_KEYS, "raw", "year", "value", "upper", "unit", "source", "cell"]]


def differences(path) -> list[str]:
    """In what the two cells of a row of ``paths`` differ: unit, value, year; never in spelling.

    Values are compared in one unit; those whose units do not convert are not, nor are years of
    which one is missing.
    """
    old, new, years = path.cell_before, path.cell_after, {path.year_before, path.year_after}
    if not old or not new:
        return []
    ratio = in_unit(Decimal(1), old.unit, new.unit)
    is_comparable = ratio is not None or None in (old.value, new.value)
    differs = {
        "unit": ratio != 1 and None not in (old.value, new.value),
        "value": is_comparable and meaning(in_unit_of(old, new.unit)) != meaning(new),
        "year": len({year for year in years if not pd.isna(year)}) > 1,
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
        same = [
            old for old in dropped if None not in _figures(old) and _figures(old) == _figures(later)
        ]
        names = {old["kpi"]: old for old in same or dropped}
        for name in get_close_matches(later["kpi"], names, 1, 0 if same else ALIKE):
            yield names[name], later, bool(same)


def _figures(row: dict) -> tuple:
    """Baseline and target of a row, each with its unit."""
    return row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"])
