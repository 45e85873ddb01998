"""What plan.toml declares of KPIs: of which it does so in vain."""

from dataclasses import replace

from kpi_utils.cells.notation import identity
from kpi_utils.frames import columns_of
from kpi_utils.judging.judgement import judge
from kpi_utils.plan import Declaration
from kpi_utils.sheets.sheet import Sheet

__all__ = ["unknown_declarations", "unused_declarations"]


def unknown_declarations(sheet: Sheet) -> list[tuple[Declaration, str]]:
    """What plan.toml declares of a KPI that the sheet does not list, and that KPI's name.

    The former name of a KPI, which is that of another year's sheet, is among them too.
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
    """What plan.toml declares of a KPI of the sheet that is judged the same without it.

    A name, a relisting or how a figure was made is no matter of judgement, and never unused.
    """
    plan, unused = sheet.plan, []
    # What the direction rests on is another thing with a declaration than without.
    figures = [name for name in columns_of("judgement") if name != "direction_by"]
    judged = judge(sheet.rows(), plan) if plan.declarations else None
    for kpi, declared in plan.declarations.items():
        is_apart = declared.apart and kpi in plan.apart
        if declared.convention or declared.same_as or declared.formerly or is_apart:
            continue
        others = {name: of for name, of in plan.declarations.items() if name != kpi}
        # All rows anew: it may tell how the sheet prints its figures, and what others' mean.
        without = judge(sheet.rows(), replace(plan, declarations=others))
        own = judged["kpi"].map(lambda name: plan.keys.get(name, name)) == kpi
        if own.any() and judged.loc[own, figures].equals(without.loc[own, figures]):
            unused.append(declared)
    return unused
