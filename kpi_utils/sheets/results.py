"""Which columns of a table have the actuals, and which the printed achievement."""

import re

from kpi_utils.cells.letters import plain
from kpi_utils.cells.notation import read_cell
from kpi_utils.lines.columns import SPENT, STEP, Column, free_for, give, is_amount

# Words of a head whose figures replace those of a column before it.
_FINAL = re.compile("最終|確定|フォローアップ|事後")
_CONFIRMED = re.compile("確定|フォローアップ")
_DONE = re.compile("取組|事業|活動|取り組み")


def actuals(columns: list[Column], fiscal_year: int) -> None:
    """Give the role ``actual``; of several without a year the last is that of the sheet's year."""
    possible = [of for of in free_for(columns, "actual", "year") if of.year or of.can_be("actual")]
    # 取組実績 with sentences, beside 実績値, tells what was done.
    told = [of for of in possible if of.says(_DONE) or of.holds(lambda text: "。" in text)]
    done = [of for of in told if not of.has_figures()]
    # 決算額 of the same year as 実績値 is a cost, and so is 実績額 of a project before its KPIs.
    name_at = next((of.index for of in columns if of.role == "name"), 0)
    spent = [of for of in possible if of.says(SPENT)]
    spent = [of for of in spent if of.index < name_at or "決算" in of.head.header]
    measured = {of.year for of in possible if of not in spent}
    done += spent if measured & {of.year for of in spent} else []
    give("carried", done if len(done) < len(possible) else ())
    give("actual", free_for(possible, "actual", "year"))
    known = [of for of in columns if of.role == "actual"]
    if not known:
        graded = [of for of in free_for(columns, "grade") if of.year]
        # Amounts, and figures that name their year (2,211 (H26)), are actuals, not grades.
        dated = [(of.year, read_cell(text)) for of in graded for text in of.texts]
        are_dated = any(of.year not in (None, at) and (of.value or 0) > 999 for at, of in dated)
        known = [of for of in graded if of.holds(is_amount) or (are_dated and of.has_figures())]
        give("actual", known)
    undated = [of for of in known if of.year is None and not of.head.short]
    for column in undated[:-1]:
        is_step = column.says(STEP) and _are_in_order(undated)
        column.role = "carried" if undated[-1].says(_FINAL) or is_step else ""
    # 中間評価 is of an earlier year than 最終評価, a grade.
    is_graded = any(of.says(_FINAL) for of in free_for(columns, "grade"))
    early = [of for of in undated[-1:] if is_graded and of.says(STEP)]
    if early or any(of.year == fiscal_year for of in known):
        give("", undated[-1:])
    elif undated:
        undated[-1].year = fiscal_year


def _are_in_order(columns: list[Column]) -> bool:
    """Whether 第1回 stands before 第2回 among some columns."""
    rounds = re.findall(r"(\d)回", plain(" ".join(of.head.header for of in columns)))
    return rounds == sorted(rounds)


def published(columns: list[Column], fiscal_year: int) -> None:
    """Give the role ``published`` to the achievement printed for the actual, rather than grades."""
    of_actuals = (of.year or 0 for of in columns if of.role == "actual")
    actual_year = max((year for year in of_actuals if year <= fiscal_year), default=0)
    # An achievement of an earlier actual than the one that is judged.
    early = [
        of for of in free_for(columns, "published", "grade") if of.year and of.year < actual_year
    ]
    give("carried", early)
    for column in free_for(columns, "published", "grade"):
        is_short = column.holds(lambda text: len(text) <= 12 and "。" not in text)
        # 401人 under 進捗状況 is a figure, not a grade.
        is_other = column.has_figures() and any(map(is_amount, column.texts))
        other = "" if is_other else "published" if is_short else "carried"
        column.role = "published" if column.can_be("published") else other
    able_to = [of for of in columns if of.role == "published"]
    is_word = re.compile(r"\D{1,12}").fullmatch
    grades = [of for of in able_to if "grade" in of.head.kinds or all(map(is_word, of.texts))]
    if len(grades) < len(able_to):
        give("grade", grades)
        able_to = [of for of in able_to if of not in grades]
    # Of 中間評価 and 最終評価 the last is that of the newest actual.
    give("carried", [of for of in able_to[:-1] if of.says(STEP) and _are_in_order(able_to)])
    able_to = [of for of in able_to if of.role == "published"]
    # A confirmed one counts before others.
    final = [of for of in able_to if of.says(_CONFIRMED)] or able_to
    give("carried", (of for of in able_to if of not in final))
    able_to = final
    # The year of its head, or of the actual right before it.
    before = {of.index + 1: of.year for of in columns if of.role == "actual"}
    years = [of.year or before.get(of.index) for of in able_to]
    if len({*years}) > 1 and all(years):
        give("carried", (of for of, at in zip(able_to, years, strict=True) if at != actual_year))
