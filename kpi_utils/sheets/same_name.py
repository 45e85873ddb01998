"""Rows of one name under several initiatives -> KPIs of their own, where they are (method 2)."""

from dataclasses import replace

from kpi_utils.cells.notation import identity, label
from kpi_utils.plan import Plan, address

__all__ = ["told_apart"]


def told_apart(rows: list[dict], points: list[dict], plan: Plan, fiscal_year: int) -> Plan:
    """Give rows (``frames.ROWS``) their address and KPI; the plan that knows those of one name.

    Rows of one table that differ in initiative and in figures are KPIs of their own, unless marked
    【再掲】, and so are those declared ``apart``. Any other row of the name belongs to the one that
    has its address or its figures, else to the first, as a relisting that differs.
    """
    newest = {
        (point["section"], point["no"]): (point["value"], identity(point["unit"]))
        for point in sorted(points, key=lambda point: point["column_year"])
        if point["column_year"] <= fiscal_year and point["value"] is not None
    }

    def differ(one: dict, other: dict) -> bool:
        pairs = zip(_figures(one, newest), _figures(other, newest), strict=True)
        return any(a and b and a != b for a, b in pairs)

    for row in rows:
        row["own"] = row["address"] = identity(address(row["name"], row["initiative"]))
    names, tables, apart, keys = {row["address"]: row["kpi"] for row in rows}, {}, {}, {}
    for row in rows:
        name, own = plan.declared(row["kpi"]), plan.declared(row["address"])
        if same_as := identity(own.same_as or name.same_as):
            row |= {"kpi": names.get(same_as, same_as), "own": same_as}
        elif identity(row["initiative"]) and not row["relisted"]:
            others = tables.setdefault((row["kpi"], row["section"]), {})
            if own.apart or all(differ(row, one) for one in others.values()):
                others.setdefault(row["address"], row)
    heads: dict[str, dict[str, dict]] = {}
    for (name, _), listed in tables.items():
        if len(listed) > 1 or plan.declared(next(iter(listed))).apart:
            heads[name] = heads.get(name, {}) | listed
    for row in rows:
        name, own, of_name = row["kpi"], row["own"], heads.get(row["kpi"], {})
        alike = [kpi for kpi in of_name if not differ(row, of_name[kpi])] + list(of_name)
        if own in of_name or len(of_name) > 1:
            row["kpi"] = own if own in of_name else alike[0]
            head = of_name[row["kpi"]]
            apart[row["kpi"]] = label(head["name"]), label(head["initiative"])
        if known := [key for key in (row["kpi"], own, name) if key in plan.declarations]:
            keys.setdefault(row["kpi"], known[0])
    return replace(plan, apart=apart, keys=keys)


def _figures(row: dict, newest: dict) -> list:
    """Baseline, newest actual and target of a row; none where it does not say."""
    target = row["target"], row["target_upper"], row["target_comparator"], row["target_unit"]
    return [
        row["baseline"] is not None and (row["baseline"], identity(row["unit"])),
        newest.get((row["section"], row["no"])),
        identity(row["target_text"]) if row["target"] is None else target,
    ]
