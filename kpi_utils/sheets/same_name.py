"""Rows of one name under several initiatives -> KPIs of their own, where they are (method 2)."""

from collections import Counter
from dataclasses import replace

from kpi_utils.cells.notation import identity, label
from kpi_utils.plan import Plan, address
from kpi_utils.sheets.long_frame import due_next
from kpi_utils.sheets.rows import Row


def told_apart(rows: list[Row], plan: Plan, fiscal_year: int) -> Plan:
    """Give rows their address and KPI; the plan that knows those of one name.

    Rows of one table that differ in initiative and in figures are KPIs of their own, unless marked
    【再掲】, and so are those declared ``apart``. Any other row of the name belongs to the one that
    has its address or its figures, else to the first, as a relisting that differs.
    """
    figures = {row.listing: _figures(row, fiscal_year) for row in rows}

    def differ(one: Row, other: Row) -> bool:
        pairs = zip(figures[one.listing], figures[other.listing], strict=True)
        return any(a and b and a != b for a, b in pairs)

    # The address by which a row asks for its KPI: its own, or the one that it is declared to be.
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
    keys: dict[str, str] = {}
    for row in rows:
        name, own, of_name = row.kpi, asked[row.listing], heads.get(row.kpi, {})
        if own in of_name or len(of_name) > 1:
            alike = [kpi for kpi, head in of_name.items() if not differ(row, head)]
            row.kpi = own if own in of_name else [*alike, *of_name][0]
            head = of_name[row.kpi]
            apart[row.kpi] = label(head.name), label(head.initiative)
        if known := [key for key in (row.kpi, own, name) if key in plan.declarations]:
            keys.setdefault(row.kpi, known[0])
    return replace(plan, apart=apart, keys=keys, labels=_labels(rows))


def _labels(rows: list[Row]) -> dict[tuple[int, int], str]:
    """What is printed in the place of a No., by listing; one that comes again is counted."""
    seen: Counter[tuple[int, str]] = Counter()
    labels = {}
    for row in rows:
        if row.no_raw:
            seen[row.section, row.no_raw] += 1
            again = seen[row.section, row.no_raw]
            labels[row.listing] = row.no_raw if again == 1 else f"{row.no_raw}（{again}）"
    return labels


def _heads(tables: dict[tuple[str, int], dict[str, Row]], plan: Plan) -> dict[str, dict[str, Row]]:
    """The first row of each KPI of one name, by name and address, where there are several KPIs.

    ``tables`` are the rows that differ, by the name and the section that they share.
    """
    heads: dict[str, dict[str, Row]] = {}
    for (name, _), rows in tables.items():
        if len(rows) > 1 or plan.declared(next(iter(rows))).apart:
            heads.setdefault(name, {}).update(rows)
    return heads


def _figures(row: Row, fiscal_year: int) -> list:
    """Baseline, newest actual and target of a row; none where it does not say."""
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
