"""Which KPI of one year's sheet is which of another's, and where its cells differ (method 8).

A KPI is the same if its identity is, or if plan.toml declares what it was called before. Similar
names or equal figures are a reason to ask, and never enough.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.judging.achievement import exact
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.narrative import ALIKE
from kpi_utils.sheets.left_out import in_unit_of
from kpi_utils.sheets.sheet import Sheet

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
# The record of a cell that a sheet lacks.
_NO_CELL: dict[str, Any] = dict.fromkeys(["raw", "unit", "source"], "")
_NO_CELL |= dict.fromkeys(["cell", "year", "value", "upper"])
# The figures of a cell up to the last one that stands before any brackets and notes.
_FIGURES = re.compile("^[^(（※＊*]*[0-9０-９][十百千万億兆]*")


@dataclass(frozen=True)
class Pair:
    """A KPI's judged rows in an earlier and a later sheet, with exact numbers (``exact_rows``).

    A row has its KPI's ``name`` and all of its ``listings``; it is empty where its sheet lacks the
    KPI.
    """

    before: Evaluation
    after: Evaluation
    old: dict
    new: dict

    @property
    def years(self) -> dict[str, int]:
        """The fiscal years of both sheets, as messages name them."""
        return {"before": self.before.sheet.fiscal_year, "after": self.after.sheet.fiscal_year}


def paired(before: Evaluation, after: Evaluation) -> list[Pair]:
    """The rows of each KPI in both sheets, in the later one's order; KPIs that it lacks come last.

    What is compared is the first listing in a table that lists the KPI in both sheets, for each
    table has targets of its own; where there is no such table, the first listing of each sheet. If
    a notebook has kept a part of a sheet, the other KPIs of it count neither as new nor as dropped.
    """
    same = _same(before, after)
    old = _first_rows(before)
    pairs = []
    for kpi, later in _first_rows(after).items():
        earlier = old.get(same.get(kpi, ""), {})
        if earlier or kpi not in same:
            shared = [row for section, row in later.items() if section in earlier]
            new = next(iter([*shared, *later.values()]), {})
            first = next(iter(earlier.values()), {})
            pairs.append(Pair(before, after, earlier.get(new["section"], first), new))
    for kpi, earlier in old.items():
        if kpi not in same.values():
            pairs.append(Pair(before, after, next(iter(earlier.values())), {}))
    return pairs


def _same(before: Evaluation, after: Evaluation) -> dict[str, str]:
    """Each KPI of the later sheet that the earlier one has too, mapped to its identity there.

    They are matched by identity, else by ``formerly`` in plan.toml, else by name and initiative,
    which may be needed in one sheet alone. No KPI of the earlier sheet is matched twice.
    """
    old = before.sheet.rows()
    new = after.sheet.rows().drop_duplicates("kpi")
    known = set(old["kpi"])
    addresses = dict(zip(old["address"], old["kpi"], strict=True))
    same = {kpi: kpi for kpi in new["kpi"] if kpi in known}
    for kpi, address in zip(new["kpi"], new["address"], strict=True):
        names = [*after.sheet.plan.former(kpi), addresses.get(address)]
        former = next((name for name in names if name in known), None)
        if kpi not in same and former and former not in same.values():
            same[kpi] = former
    return same


def _first_rows(evaluation: Evaluation) -> dict[str, dict[int, dict]]:
    """The first row that lists a KPI in each table, by KPI and table."""
    named = evaluation.sheet.plan.named
    rows: dict[str, dict[int, dict]] = {kpi: {} for kpi in evaluation.kpis["kpi"]}
    about = evaluation.kpis.set_index("kpi")[["name", "listings"]].to_dict("index")
    for row in evaluation.records:
        kpi = row["kpi"]
        if kpi in rows:
            own_name = {"name": named(kpi, about[kpi]["name"])}
            rows[kpi].setdefault(row["section"], row | about[kpi] | own_name)
    return rows


def likely_renames(dropped: list[dict], new: list[dict]) -> Iterator[tuple[dict, dict, bool]]:
    """Pairs of a dropped and a new KPI that may be one and the same under another name.

    Takes and yields rows, and whether the two have the same baseline and target. If not, their
    names are as similar as the commentary's headings must be to those of rows (``ALIKE``).
    """
    for later in new:
        figures = _figures(later)
        same = [] if None in figures else [old for old in dropped if _figures(old) == figures]
        names = {old["kpi"]: old for old in same or dropped}
        for name in get_close_matches(later["kpi"], names, 1, 0 if same else ALIKE):
            yield names[name], later, bool(same)


def _figures(row: dict) -> tuple:
    """Baseline and target of a row, each with its unit."""
    return row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"])


def cells_by_listing(sheet: Sheet) -> dict[tuple, dict[tuple, dict]]:
    """The baseline, the actuals and the targets of each listing, by role and column's year.

    A row has one baseline, whatever its column is called and on whichever line it stands.
    """
    by_listing: dict[tuple, dict[tuple, dict]] = defaultdict(dict)
    sources = sheet.rows()["source"].to_dict()
    for cell in sheet.cells[sheet.cells["role"].isin(ROLES)].to_dict("records"):
        listing = cell["section"], cell["no"]
        role = cell["role"]
        year = None if pd.isna(cell["column_year"]) else cell["column_year"]
        if pd.isna(cell["year"]):
            cell["year"] = year
        if role == "baseline":
            cell["source"] = sources[listing]
            year = None
        printed = sheet.cell(listing, role, year)
        cell["cell"] = printed
        # 100 in a row of 千人 says the same as 100千人, and 100 in a row of 人 does not. So a cell
        # that does not print its full unit is compared as the sheet reads it, in its row's unit.
        if not printed.unit or in_unit(Decimal(1), printed.unit, cell["unit"]) is None:
            value, upper = map(exact, (cell["value"], cell["upper"]))
            in_row = replace(printed, value=value, upper=upper, unit=cell["unit"])
            cell["cell"] = replace(in_row, reason=cell["reason"])
        by_listing[listing][role, year] = cell
    return by_listing


def with_unit_named(cell: Cell) -> Cell:
    """A cell with its unit in its text, even if only its row or column names it: 50 人以上.

    Unchanged if its number is not the printed one, which then is in another unit.

    >>> with_unit_named(replace(read_cell("R5 50以上"), unit="人")).raw
    'R5 50 人以上'
    """
    printed = read_cell(cell.raw)
    is_printed = cell.value is not None and cell.value == printed.value
    if not is_printed or identity(cell.unit) in identity(cell.raw):
        return cell
    unit = cell.unit.removeprefix(printed.unit)
    text = _FIGURES.sub(lambda figures: f"{figures[0]} {unit}", cell.text)
    return replace(cell, raw=f"{cell.year_raw} {text}".strip(), text=text)


def paths_of(pair: Pair, old_cells: dict, new_cells: dict) -> list[dict]:
    """The cells of a KPI in both sheets by role and year: records of ``[paths]``.

    Each also has ``before`` and ``after``, the printed texts, as a record of ``[changes]`` does.
    """
    old = dict(old_cells[pair.old["section"], pair.old["no"]]) if pair.old else {}
    new = new_cells[pair.new["section"], pair.new["no"]] if pair.new else {}
    if pair.old and pair.new and not any(role == "target" for role, _ in old.keys() & new):
        # The sheets have no target of the same year: the two that are judged are compared.
        judged = old.pop(("target", pair.old["target_column_year"]))
        old["target", pair.new["target_column_year"]] = judged
    kpi = pair.new or pair.old
    records = []
    for role, year in sorted(old.keys() | new, key=lambda it: (ROLES.index(it[0]), it[1] or 0)):
        before = old.get((role, year), _NO_CELL)
        after = new.get((role, year), _NO_CELL)
        record = {"kpi": kpi["kpi"], "name": kpi["name"], "role": role, "column_year": year}
        differs = _differences(before, after)
        for side, cell in (("before", before), ("after", after)):
            record |= {side: cell["raw"]} | {f"{name}_{side}": of for name, of in cell.items()}
            record[f"cell_{side}"] = cell["cell"] and with_unit_named(cell["cell"])
        records.append(record | {"differs": "+".join(differs)})
    return records


def _differences(before: dict, after: dict) -> list[str]:
    """Which of unit, value and year differ between two cells; nothing if a cell is missing.

    Spelling does not count. Values are compared after conversion to one unit, and not at all if the
    units do not convert; years only if both cells have one.
    """
    old = before["cell"]
    new = after["cell"]
    if not old or not new:
        return []
    has_words = None in (old.value, new.value)
    ratio = in_unit(Decimal(1), old.unit, new.unit)
    is_same = meaning(in_unit_of(old, new.unit)) == meaning(new)
    years = {year for year in (before["year"], after["year"]) if not pd.isna(year)}
    differs = {
        "unit": ratio != 1 and not has_words,
        "value": not is_same and (ratio is not None or has_words),
        "year": len(years) > 1,
    }
    return [name for name, is_other in differs.items() if is_other]


def meaning(cell: Cell) -> tuple:
    """What a cell says, regardless of year, unit and spelling; empty if nothing is reported.

    >>> from kpi_utils.cells.notation import read_cell
    >>> meaning(read_cell("2020年度 32.1 %")) == meaning(read_cell("３２．１０％"))
    True
    """
    if cell.reason in (BLANK, NOT_REPORTED):
        return ()
    return (identity(cell.text),) if cell.reason else (cell.value, cell.upper, cell.comparator)
