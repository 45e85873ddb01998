"""Which columns of a table have the figures that are judged: baseline, actuals, targets, published.

Each function gives a role to columns that have none yet; the other columns help to decide.
"""

import re

from kpi_utils.cells.letters import plain
from kpi_utils.sheets.column import Column, is_figure

# A target that takes the place of another says so in its head, and so does one of a later plan.
_REVISED = re.compile("(?:見直し|改[定訂]|修正|変更)|新(?!規)")
_PLAN = re.compile(r"第?(\d+)[次期]")
# What says that others before it were not the last word.
_FINAL = re.compile("最終|確定|フォローアップ|事後")
# An intermediate or the last target says so in its head.
_LAST, _STEP = re.compile("最終|計画(?:の|期間|全体)*目標|総合|期末|後期"), re.compile("中間|前期")


def baselines(columns: list[Column], _: int) -> None:
    """The value at the beginning; what is called 現状 is it where there is no other."""
    first = [of for of in columns if of.can_be("baseline")]
    latest = [of for of in columns if of.can_be("latest")]
    if not first and len(latest) > 1 and all(of.year for of in latest):
        latest.sort(key=lambda of: of.year or 0)
        first, latest = latest[:1], latest[1:]
    elif not first and len(latest) == 1:
        first, latest = latest, []
    for column in first:
        column.role = "baseline"
    for column in latest:
        column.role = "actual"
    spoken = [of.year for of in columns if of.can_be("actual") and of.year]
    bare = [of for of in columns if of.head.kinds == ("year",) and of.year]
    if not first and spoken:
        for column in bare:
            # The year before that of the only actual may be last year's column.
            is_early = _year(column) < min(spoken) - (len({*spoken}) == 1)
            if is_early and len([of for of in bare if _year(of) < min(spoken)]) == 1:
                column.role = "baseline"


def _year(column: Column) -> int:
    return column.year or 0


def targets(columns: list[Column], fiscal_year: int) -> None:
    """Targets; those of the years that have actuals are steps where a later one is the plan's."""
    targets = [of for of in columns if of.can_be("target") and _is_target(of, columns, fiscal_year)]
    yearly = [of for of in columns if of.can_be("yearly_target") and of not in targets]
    if not targets and not yearly:
        ahead = [of for of in columns if of.head.kinds == ("year",) and _year(of) > fiscal_year]
        targets = ahead[-1:] if all(_year(of) < _year(ahead[-1]) for of in ahead[:-1]) else []
    named = [of for of in columns if of.can_be("name") and of.year]
    named.sort(key=_year)
    if not targets and not yearly and len(named) > 1:
        # KPI（令和6年度まで） beside KPI（令和3年度）: the last one is to be reached.
        targets = named[-1:]
        for column in named[:-1]:
            column.role = "actual"
    for column in targets:
        column.role = "target"
    targets = _in_force(targets)
    for column in yearly:
        column.role = "yearly_target" if targets else "target"
    actual_years = {of.year for of in columns if of.can_be("actual", "year")}
    steps = [of for of in targets if of.year in actual_years and not _STEP.search(of.head.header)]
    # The plan's own target says so, has no year, or is the latest.
    last = max(targets, key=_finality, default=None)
    if len(steps) > 2 or (len(steps) > 1 and last not in steps):
        for column in targets:
            if column is not last and not _STEP.search(column.head.header):
                column.role = "yearly_target"


def _in_force(targets: list[Column]) -> list[Column]:
    """The targets without those that others take the place of, which are carried along.

    A revised one does so if it has a figure wherever the one of its year, or the 当初目標, has.
    """
    plans = {of.index: _PLAN.search(plain(of.head.header)) for of in targets}
    newest = max((int(plan[1]) for plan in plans.values() if plan), default=0)
    revised = [of for of in targets if _REVISED.search(of.head.header)]
    for column in targets:
        plan = plans[column.index]
        is_replaced = column not in revised and any(
            (of.year == column.year or "当初" in column.head.header)
            and len(of.texts) >= len(column.texts)
            for of in revised
        )
        if is_replaced or (plan and int(plan[1]) < newest):
            column.role = "carried"
    return [of for of in targets if of.role == "target"]


def _finality(column: Column) -> tuple[bool, bool, int]:
    return bool(_LAST.search(column.head.header)), column.year is None, column.year or 0


def _is_target(column: Column, columns: list[Column], fiscal_year: int) -> bool:
    """Whether what can be a target is one: of words only, another target or a group is meant."""
    if column.holds(is_figure) or not column.texts:
        return True
    return not any(of.holds(is_figure) for of in other_targets(column, columns, fiscal_year))


def other_targets(column: Column, columns: list[Column], fiscal_year: int) -> list[Column]:
    """The other columns that can have the target: by their words, or as a year still to come."""
    ahead = [of for of in columns if of.can_be("year") and (of.year or 0) > fiscal_year]
    return [*ahead, *(of for of in columns if of is not column and of.can_be("target"))]


def actuals(columns: list[Column], fiscal_year: int) -> None:
    """Actuals; one without a year is of the sheet's. Of several such the last one counts."""
    for column in columns:
        if column.can_be("actual", "year") and (column.year or column.can_be("actual")):
            column.role = "actual"
    without = [
        of for of in columns if of.role == "actual" and of.year is None and not of.head.short
    ]
    is_final = without and _FINAL.search(without[-1].head.header)
    for column in without[:-1]:
        column.role = "carried" if is_final or _STEP.search(column.head.header) else ""
    if without:
        taken = any(of.year == fiscal_year for of in columns if of.role == "actual")
        without[-1].role = "" if taken else "actual"
        without[-1].year = None if taken else fiscal_year


def published(columns: list[Column], fiscal_year: int) -> None:
    """The printed achievement: of several that of the newest year, and a figure before a grade."""
    able = [of for of in columns if of.can_be("published", "grade")]
    actual_years = [of.year for of in columns if of.role == "actual" and of.year]
    newest = max((year for year in actual_years if year <= fiscal_year), default=0)
    for column in [of for of in able if of.year and of.year < newest]:
        # It is of an earlier actual than the one that is judged.
        column.role = "carried"
    able = [of for of in able if not of.role]
    for column in able:
        is_short = column.holds(lambda text: len(text) <= 12 and "。" not in text)
        column.role = "published" if column.can_be("published") or is_short else "carried"
    able = [of for of in able if of.role == "published"]
    if not all(map(_is_grade, able)):
        for column in filter(_is_grade, able):
            column.role = "grade"
        able = [of for of in able if of.role == "published"]
    years = {of.index: _year_beside(of, columns) for of in able}
    if len({*years.values()}) > 1 and all(years.values()):
        newest = max((of for of in years.values() if of and of <= fiscal_year), default=0)
        for column in able:
            column.role = "published" if years[column.index] == newest else "carried"


def _is_grade(column: Column) -> bool:
    return "grade" in column.head.kinds


def _year_beside(column: Column, columns: list[Column]) -> int | None:
    """The year of a printed achievement: its own, or that of the actual right before it."""
    before = columns[column.index - 1] if column.index else column
    return column.year or (before.year if before.role == "actual" else None)
