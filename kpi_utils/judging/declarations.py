"""Finds declarations in plan.toml that have no effect."""

from dataclasses import replace

from kpi_utils.cells.notation import identity
from kpi_utils.frames import columns_of
from kpi_utils.judging.judgement import judge
from kpi_utils.plan import Declaration
from kpi_utils.sheets.sheet import Sheet

__all__ = ["unknown_declarations", "unused_declarations"]


def unknown_declarations(sheet: Sheet) -> list[tuple[Declaration, str]]:
    """The declarations of a KPI that the sheet does not list, each with that KPI's name.

    A former name, which stands in another year's sheet, is among them, too.
    """
    rows = sheet.rows()
    names = {*rows["name"].map(identity), *rows["address"]}
    named = [
        (declared, name)
        for declared in sheet.plan.declarations.values()
        for name in (declared.name, declared.same_as, declared.formerly)
    ]
    return [(declared, name) for declared, name in named if name and identity(name) not in names]


def unused_declarations(sheet: Sheet) -> list[Declaration]:
    """The declarations of the sheet's KPIs without which these are judged the same.

    A name, a relisting or how a figure was made is no matter of judgement, and never unused.
    """
    plan, unused = sheet.plan, []
    # With a declaration, the direction always rests on something else than without.
    columns = [name for name in columns_of("judgement") if name != "direction_by"]
    if not plan.declarations:
        return []
    judged = judge(sheet.rows(), plan)
    for kpi, declared in plan.declarations.items():
        is_apart = declared.apart and kpi in plan.apart
        is_no_judgement = declared.convention or declared.same_as or declared.formerly
        if is_no_judgement or is_apart or declared.department or declared.next_step:
            continue
        others = {name: other for name, other in plan.declarations.items() if name != kpi}
        # All rows are judged again, for the declaration may change the house rule.
        without = judge(sheet.rows(), replace(plan, declarations=others))
        is_declared = judged["kpi"].map(lambda name: plan.keys.get(name, name)) == kpi
        declared_rows = judged.loc[is_declared, columns]
        if len(declared_rows) and declared_rows.equals(without.loc[is_declared, columns]):
            unused.append(declared)
    return unused
