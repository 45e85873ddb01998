"""The cells of a KPI in two years' sheets: its path, and where the two sheets differ (method 8)."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity
from kpi_utils.cells.units import in_unit
from kpi_utils.comparing.matching import Pair
from kpi_utils.judging.achievement import exact
from kpi_utils.sheets.left_out import in_unit_of
from kpi_utils.sheets.sheet import Sheet

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
# What a sheet says that lacks a cell.
_NO_CELL: dict[str, Any] = dict.fromkeys(["raw", "unit", "source"], "")
_NO_CELL |= dict.fromkeys(["cell", "year", "value", "upper"])


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
        cell["cell"] = _in_whole_unit(sheet.cell(listing, role, year), cell)
        by_listing[listing][role, year] = cell
    return by_listing


def _in_whole_unit(printed: Cell, cell: dict) -> Cell:
    """A cell in its own unit where it prints a whole one; else as the sheet reads it, in its row's.

    100 in a row of 千人 and 100千人 say the same, and 100 in a row of 人 something else.
    """
    if printed.unit and in_unit(Decimal(1), printed.unit, cell["unit"]) is not None:
        return printed
    value, upper = map(exact, (cell["value"], cell["upper"]))
    return replace(printed, value=value, upper=upper, unit=cell["unit"], reason=cell["reason"])


def _with_unit(cell: Cell) -> Cell:
    """A cell whose text names its unit, also where that stands in its row or column alone."""
    if identity(cell.unit) in identity(cell.raw):
        return cell
    return replace(cell, raw=f"{cell.raw} {cell.unit}", text=f"{cell.text} {cell.unit}")


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
            if "unit" in differs:
                record[f"cell_{side}"] = _with_unit(cell["cell"])
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
