"""Finds declarations in plan.toml that have no effect."""

from dataclasses import replace

from kpi_utils.cells.notation import identity
from kpi_utils.judging.achievement import exact_rows
from kpi_utils.judging.conventions import House
from kpi_utils.judging.judgement import judge_row, settled_house
from kpi_utils.judging.published import with_best_grade
from kpi_utils.plan import Declaration, Plan
from kpi_utils.sheets.sheet import Sheet


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
    rows = with_best_grade(exact_rows(sheet.rows())) if plan.declarations else []
    house = settled_house(rows, plan)
    for kpi, declared in plan.declarations.items():
        is_apart = declared.apart and kpi in plan.apart
        is_no_judgement = declared.convention or declared.same_as or declared.formerly
        if is_no_judgement or is_apart or declared.department or declared.next_step:
            continue
        others = {name: other for name, other in plan.declarations.items() if name != kpi}
        without = replace(plan, declarations=others)
        # The declaration may change the house rule.
        house_without = settled_house(rows, without)
        declared_rows = [row for row in rows if plan.keys.get(row["kpi"], row["kpi"]) == kpi]
        is_same = all(
            _judgement(row, plan, house) == _judgement(row, without, house_without)
            for row in declared_rows
        )
        if declared_rows and is_same:
            unused.append(declared)
    return unused


def _judgement(row: dict, plan: Plan, house: House) -> dict:
    # With a declaration, the direction always rests on something else than without.
    return judge_row(row, plan.declared(row["kpi"]), house) | {"direction_by": ""}
