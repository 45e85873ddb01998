"""The rows of a sheet's tables -> one long frame, a row a cell; and the pivots of it.

Rows of one name under several initiatives are KPIs of their own, where they differ (method 2).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity, label, read_cell
from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import Plan, address
from kpi_utils.sheets.rows import Row, TableCell

LISTING = ["section", "no"]


def long_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """``frames.CELLS``: one row a cell of the rows, in the sheet's order."""
    return frames.typed("cells", [_record(row, of) for row in rows for of in row.cells])


def _record(row: Row, of: TableCell) -> dict:
    """A cell's record; no number has more digits than a float keeps."""
    cell = of.cell or Cell(of.raw, text=of.raw)
    as_read = ("text", "year", "value", "upper", "unit", "comparator", "over")
    return {
        **{name: getattr(row, name) for name in (*LISTING, "kpi", "name")},
        **{name: getattr(of, name) for name in ("role", "column_year", "column", "raw", "source")},
        **{name: getattr(cell, name) for name in (*as_read, "reason", "cause", "part")},
        "decimals": None if cell.value is None else max(0, -int(cell.value.as_tuple().exponent)),
        "marks": "、".join(cell.marks),
        "is_provisional": cell.says("provisional"),
    }


def row_frame(rows: Iterable[Row], plan: Plan) -> pd.DataFrame:
    """What all cells of a row share: the section ``row`` of ``frames.toml``.

    Department and next step are what the plan declares, or else what the row says.
    """
    records = []
    for row in rows:
        declared = plan.declared(row.kpi)
        names = ("department", "next_step")
        in_charge = {of: getattr(declared, of) or getattr(row, of) for of in names}
        records.append(vars(row) | in_charge)
    return frames.typed("row", records)


def rows_of(cells: pd.DataFrame, row_facts: pd.DataFrame, fiscal_year: int) -> pd.DataFrame:
    """``frames.ROWS`` made of the cells of a sheet (``frames.CELLS``); the index is (表, No)."""
    by_row: dict[tuple, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells.to_dict("records"):
        by_row[cell["section"], cell["no"]][cell["role"]].append(cell)
    # Stands for the cell of a role that the table lacks.
    absent = dict.fromkeys(cells, math.nan)
    records = []
    for record in row_facts.to_dict("records"):
        of = by_row[record["section"], record["no"]]
        of["actual"] = _newest_actual(of["actual"], fiscal_year)
        targets = [(cell["column_year"], cell["raw"]) for cell in of["target"]]
        printed = [(None if pd.isna(year) else year, raw) for year, raw in targets]
        of["target"] = [of["target"][due_next(printed, fiscal_year)]] if printed else []
        for role in ("baseline", "actual", "target"):
            cell = next(iter(of[role]), absent)
            record |= {f"{role}_{name}": value for name, value in cell.items()}
            record[role] = cell["value"]
        if pd.isna(record["baseline_year"]):
            record["baseline_year"] = record["baseline_column_year"]
        record["is_provisional"] = record["actual_is_provisional"]
        record["published"] = next(iter(of["published"]), absent)["raw"]
        record["grade"] = next((cell["raw"] for cell in of["grade"]), "")
        steps = {cell["column_year"]: cell["value"] for cell in of["yearly_target"]}
        record["step"] = steps.get(record["actual_column_year"], math.nan)
        records.append(record)
    rows = frames.typed("rows", records)
    rows.index = pd.MultiIndex.from_frame(rows[LISTING], names=["表", "No"])
    return rows


def _newest_actual(actuals: list[dict], fiscal_year: int) -> list[dict]:
    """The newest of a row's actuals that reports something, readable or not; else the last one."""
    years = ((cell["column_year"], cell) for cell in actuals)
    until = [cell for year, cell in years if not pd.isna(year) and year <= fiscal_year]
    reports = [cell for cell in until if cell["reason"] not in (BLANK, NOT_REPORTED)]
    # Of two columns of the same year, the one to the right counts.
    return sorted(reports or until, key=lambda cell: cell["column_year"])[-1:]


def due_next(targets: Sequence[tuple[int | None, str]], fiscal_year: int) -> int:
    """The index of the target that is due next, which is the one that is judged (method 2).

    ``targets`` are pairs of the column's year and the cell's text. Without a year in its column, a
    target has the year that its cell names. A target without any year, or a dash, is judged only
    if no other is still due.

    >>> [due_next([(2024, "20 件"), (2030, last)], 2025) for last in ("40 件", "")]
    [1, 0]
    >>> [due_next([(2024, "―"), (2030, last)], 2023) for last in ("40 件", "―")]
    [1, 0]
    """
    years = [year or read_cell(raw).year or math.inf for year, raw in targets]
    printed = [index for index, (_, raw) in enumerate(targets) if raw] or range(len(targets))
    ahead = [index for index in printed if years[index] >= fiscal_year]
    said = [index for index in ahead if read_cell(targets[index][1]).reason != NOT_REPORTED]
    due = min(said or ahead, key=years.__getitem__, default=None)
    return max(printed, key=years.__getitem__) if due is None else due


def told_apart(rows: list[Row], plan: Plan, fiscal_year: int) -> Plan:
    """Give each row its address and KPI; return the plan with the KPIs that share a name.

    Rows with the same name in one table are separate KPIs if they differ in initiative and in
    figures and are not marked 【再掲】, or if they are declared ``apart``. Any other row with the
    name belongs to the KPI with its address or its figures, else to the first, as a relisting that
    differs. Raises KpiError where declarations for two initiatives would be of one KPI.
    """
    figures = {row.listing: _figures(row, fiscal_year) for row in rows}

    def differ(one: Row, other: Row) -> bool:
        pairs = zip(figures[one.listing], figures[other.listing], strict=True)
        return any(a and b and a != b for a, b in pairs)

    # The address of each row's KPI: its own, or that of the KPI that it is declared to be.
    asked = {}
    for row in rows:
        asked[row.listing] = row.address = identity(address(row.name, row.initiative))
    names = {row.address: row.kpi for row in rows}
    tables: dict[tuple[str, int], dict[str, Row]] = {}
    for row in rows:
        by_name, by_address = plan.declared(row.kpi), plan.declared(row.address)
        if same_as := identity(by_address.same_as or by_name.same_as):
            row.kpi, asked[row.listing] = names.get(same_as, same_as), same_as
        elif identity(row.initiative) and not row.relisted:
            others = tables.setdefault((row.kpi, row.section), {})
            if by_address.apart or all(differ(row, other) for other in others.values()):
                others.setdefault(row.address, row)
    heads = _heads(tables, plan)
    apart: dict[str, tuple[str, str]] = {}
    by_row = []
    for row in rows:
        name, own, of_name = row.kpi, asked[row.listing], heads.get(row.kpi, {})
        if own in of_name or len(of_name) > 1:
            alike = [kpi for kpi, head in of_name.items() if not differ(row, head)]
            row.kpi = own if own in of_name else [*alike, *of_name][0]
            head = of_name[row.kpi]
            apart[row.kpi] = label(head.name), label(head.initiative)
        by_row.append((row.kpi, own, name))
    keys = _keys(by_row, plan, fiscal_year)
    return replace(plan, namesakes=apart, keys=keys, labels=_labels(rows))


def _keys(by_row: list[tuple[str, str, str]], plan: Plan, fiscal_year: int) -> dict[str, str]:
    """The identity under which each KPI is declared: with its initiative, else its name alone.

    ``by_row`` has for each row its KPI, the address of that KPI, and the name.
    """
    keys = {kpi: name for kpi, _, name in by_row if name in plan.declarations}
    by_address: dict[str, str] = {}
    for kpi, own, name in by_row:
        known = [key for key in (own, kpi) if key != name and key in plan.declarations]
        if known and by_address.setdefault(kpi, known[0]) != known[0]:
            first, other = plan.declared(by_address[kpi]), plan.declared(known[0])
            about = {"name": other.name, "other": first.name, "line": first.line}
            where = f"{plan.source} {other.line}行目 [[kpi]]"
            raise KpiError(mistake("plan.of-one-kpi", where=where, year=fiscal_year, **about))
    return keys | by_address


def _labels(rows: list[Row]) -> dict[tuple[int, int], str]:
    """What is printed in the column No, by listing; a repeated one gets a count: 3（2）."""
    seen: Counter[tuple[int, str]] = Counter()
    labels = {}
    for row in rows:
        if row.no_raw:
            seen[row.section, row.no_raw] += 1
            again = seen[row.section, row.no_raw]
            labels[row.listing] = row.no_raw if again == 1 else f"{row.no_raw}（{again}）"
    return labels


def _heads(tables: dict[tuple[str, int], dict[str, Row]], plan: Plan) -> dict[str, dict[str, Row]]:
    """The first row of each KPI, by name and address, for names that several KPIs share.

    ``tables`` has the rows that differ, by their common name and section.
    """
    heads: dict[str, dict[str, Row]] = {}
    for (name, _), rows in tables.items():
        if len(rows) > 1 or plan.declared(next(iter(rows))).apart:
            heads.setdefault(name, {}).update(rows)
    return heads


def _figures(row: Row, fiscal_year: int) -> list:
    """Baseline, newest actual and target of a row; None or False where it has no number."""
    actuals = [
        (of.column_year or 0, of.cell)
        for of in row.figures("actual")
        if (of.column_year or 0) <= fiscal_year and of.cell and of.cell.value is not None
    ]
    targets = row.figures("target")
    due = due_next([(of.column_year, of.raw) for of in targets], fiscal_year)
    baseline, target = row.figures("baseline")[0].cell, targets[due].cell
    assert baseline and target, "a cell of figures is read"
    newest = max(actuals, key=lambda actual: actual[0])[1] if actuals else None
    return [
        baseline.value is not None and (baseline.value, identity(row.unit)),
        newest and (newest.value, identity(newest.unit)),
        identity(target.text)
        if target.value is None
        else (target.value, target.upper, target.comparator, target.unit),
    ]
