"""The columns of a table: their heads, and which of them have the figures that are judged.

Each function from ``baselines`` on gives roles to columns that have none; ``roles`` calls them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kpi_utils.cells.heads import FIGURES, Head, year_said
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import NOT_REPORTED, read_cell
from kpi_utils.cells.years import leading_year

# Columns of which there may be several: one a year.
YEARLY = ("actual", "target", "yearly_target")
# The roles of columns that are carried along as they are printed.
CARRIED = ("part", "direction", "yearly_target", "forecast", "grade", "carried")
# The roles whose cells are read as figures.
JUDGED = ("baseline", *YEARLY)

# A target that takes the place of another says so in its head, and so does one of a later plan.
_REVISED = re.compile("(?:見直し|改[定訂]|修正|変更)|新(?!規)")
_PLAN = re.compile(r"第?(\d+)[次期]")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_OF_PLANS = re.compile("次|計画|戦略|プラン|ビジョン")
# 令和6年4月1日現在 and R6.9末 are none that is to be reached.
_MEASURED = re.compile("現在|時点|月|[.．/]")
# What a head says of figures that were measured, or of a part of the year.
RESULT = re.compile("実績|結果|見込|半期|評価点|モニタリング")
# Words of a table that compares what was reached with what was to be.
COMPARED = re.compile("目標|実績|結果|達成|進捗|評価")
# Whose number, 施策番号, is none of a KPI.
OF_GROUPS = re.compile("施策|政策|事業|取組|目標")
SPENT = re.compile("(?:決算|実績)額")
# An intermediate or the last target says so in its head.
_LAST = re.compile("最終|計画(?:の|期間|全体)*目標|総合|期末|後期")
STEP = re.compile("中間|前期|モニタリング")
_FIGURE_OF = compiled("figure_of")
_GRADE = re.compile(r"[A-Za-e](?:-\d)?\*?|[◎○◯〇△×✕☆★]")
_COUNTED = re.compile(r"(\d{1,2})\s+(\D.*)")
# The words that make the head of figures that of their years.
WHEN = re.compile("の?(?:[・/]?(?:年度?|年次|年月日?|時期|時点|期限|期[日間]))+[)）]?$")


@dataclass
class Column:
    """A column of a table: its head, its role and year, and the unit of its figures.

    ``texts``: its cells that are not blank; ``of``: whose year it says ("when"); role "": none.
    ``declared``: plan.toml says what it is.
    """

    index: int
    head: Head
    texts: list[str]
    role: str = ""
    year: int | None = None
    of: int = -1
    declared: bool = False

    def can_be(self, *kinds: str) -> bool:
        """Whether it has no role yet, and its head can be one of these."""
        return not self.role and bool({*kinds} & {*self.head.kinds})

    def holds(self, test: Callable[[str], object]) -> bool:
        """Whether most of its cells pass a test."""
        return 2 * sum(map(bool, map(test, self.texts))) > len(self.texts)

    def has_figures(self) -> bool:
        """Whether most of its cells are figures, and not words that are counted: 1 ごみ, 2 水質."""
        return self.holds(is_figure) and not self.is_counted()

    def known(self) -> int:
        """How many of its cells have a number."""
        return sum(read_cell(text).value is not None for text in self.texts)

    def is_counted(self) -> bool:
        """Whether its cells are words that are counted."""
        counted = [_COUNTED.fullmatch(plain(text)) for text in dict.fromkeys(self.texts)]
        numbers = [int(of[1]) for of in counted if of]
        words = {of[2] for of in counted if of}
        return numbers == [*range(1, len(counted) + 1)] and len(words) == len(counted) > 1

    def says(self, words: re.Pattern) -> bool:
        """Whether words stand in its head."""
        return bool(words.search(self.head.header))


def figure_of(text: str) -> re.Match | None:
    """Of whom a figure is by the words before it, and the figure; None where none stand there.

    >>> figure_of("20歳代 男性 54.5%").groups(), figure_of("65歳以上1人当たりの額")
    (('20歳代 男性 ', '54.5%'), None)
    """
    found = _FIGURE_OF.fullmatch(text.strip())
    return found if found and read_cell(found[2]).value is not None else None


def is_figure(text: str) -> bool:
    """Whether a cell has a number, or says that there is none yet.

    >>> [is_figure(text) for text in ("12 件", "－", "1-1", "令和4年度", "市民課", "1号認定")]
    [True, True, False, False, False, False]
    """
    cell = read_cell(text)
    is_ordinal = cell.unit.startswith(("号", "歳児", "次"))
    if (cell.value is not None and not is_ordinal) or cell.reason == NOT_REPORTED:
        return True
    return figure_of(text) is not None


def is_grade(text: str) -> bool:
    """Whether a cell is a grade: B, ◎."""
    return bool(_GRADE.fullmatch(plain(text)))


def is_amount(text: str) -> bool:
    """Whether a cell has a number of something that is counted: 401人."""
    cell = read_cell(text)
    return cell.value is not None and plain(cell.unit) not in ("", "%")


def is_judgement(text: str) -> bool:
    """Whether a cell can be a printed achievement: no amount, no sentence and no dash."""
    is_told = len(text) > 12 or "。" in text or read_cell(text).reason == NOT_REPORTED
    return not (is_told or is_amount(text))


def is_time(column: Column) -> bool:
    """Whether a column has years: most of it, or under 最終年度, which may be over figures, all."""
    said = [leading_year(text) for text in column.texts if not text.isdecimal()]
    are_years = len(said) == len(column.texts) > 0 and all(year and not of for year, of in said)
    may_be = column.can_be(*FIGURES) and WHEN.search(column.head.header) and not column.year
    has_years = not column.texts or column.holds(year_said)
    return has_years if column.can_be("when") else bool(may_be and are_years)


def able(columns: list[Column], *kinds: str) -> list[Column]:
    """The columns without a role that can be of these kinds."""
    return [of for of in columns if of.can_be(*kinds)]


def give(role: str, columns: Iterable[Column]) -> None:
    """Give columns a role."""
    for column in columns:
        column.role = role


def baselines(columns: list[Column], fiscal_year: int) -> None:
    """The value at the beginning; what is called 現状 is it where there is no other."""
    first = able(columns, "baseline")
    give("carried", _of_older_plans(first))
    first = able(first, "baseline")
    latest = able(columns, "latest")
    # 現状値（R1） before R3 and R4, all under 実績値.
    after = [_year(of) for of in able(columns, "actual", "year") if of not in latest] or [0]
    latest = [of for of in latest if 0 < _year(of) < min(after) or not of.can_be("actual")]
    # 達成状況（現状） of sentences beside 現状 of figures tells about it.
    latest = [of for of in latest if not of.holds(lambda text: "。" in text)] or latest
    judged = [of for of in able(columns, "published", "grade") if of.holds(is_judgement)]
    # 12% under 達成状況 may be what was measured.
    years = {of.year for of in judged if of.can_be("published") or not of.has_figures()}
    others = [of for of in columns if of.role in ("carried", "forecast") and of.says(RESULT)]
    others += [*able(columns, "actual", "year"), *latest[1:]]
    # 目標, 現状, 達成状況: what is printed is the achievement of the one value that there is.
    is_newest = len(years) == 1 and not others and {of.year for of in latest} <= {None, fiscal_year}
    measured = [_year(of) for of in able(columns, "actual", "year") if 0 < _year(of) <= fiscal_year]
    # H28, R3（現状）, R8（目標）: the last of them.
    is_newest |= len(latest) == 1 and bool(measured) and max(measured) < _year(latest[0])
    if not (first or is_newest) and (len(latest) == 1 or all(of.year for of in latest)):
        latest.sort(key=_year)
        first, latest = latest[:1], latest[1:]
    give("baseline", first)
    give("actual", latest)
    spoken = {of.year for of in [*able(columns, "actual"), *latest] if of.year}
    if first or not spoken:
        return
    begin = min(spoken)
    before = [of for of in able(columns, "year") if of.year and of.year < begin]
    # The year before that of the only actual may be last year's column.
    if len(before) == 1 and (len(spoken) > 1 or _year(before[0]) < begin - 1):
        give("baseline", before)


def _year(column: Column) -> int:
    return column.year or 0


def targets(columns: list[Column], fiscal_year: int) -> None:
    """Targets; those of the years that have actuals are steps where a later one is the plan's."""
    targets = [of for of in able(columns, "target") if _is_target(of, columns, fiscal_year)]
    yearly = [of for of in able(columns, "yearly_target") if of not in targets]
    if not targets and not yearly:
        ahead = [of for of in able(columns, "year") if _year(of) > fiscal_year]
        ahead = [of for of in ahead if not of.says(_MEASURED)]
        targets = ahead[-1:] if all(_year(of) < _year(ahead[-1]) for of in ahead[:-1]) else []
    named = sorted((of for of in able(columns, "name") if of.year), key=_year)
    is_ahead = any(_year(of) > fiscal_year and of.has_figures() for of in named)
    if not targets and not yearly and (is_ahead or len(named) > 1):
        # KPI（令和6年度まで） beside KPI（令和3年度）: the last one is to be reached.
        targets = named[-1:]
        give("actual", named[:-1])
    # 第2期 of one plan is in force until its year; a baseline of 第2期 makes 第1期 another plan.
    older = _of_older_plans(targets)
    plan = max((_plan_of(of) for of in columns if "baseline" in of.head.kinds), default=0)
    give("carried", (of for of in older if _plan_of(of) < plan or _year(of) < fiscal_year))
    # Of 第2次計画 and 第3次計画 either may be in force, where no figure says which.
    said = {_plan_of(of) for of in columns if {"baseline", "actual"} & {*of.head.kinds}}
    doubtful = [of for of in older if of.says(_OF_PLANS) and _plan_of(of) not in said]
    # 中間目標 beside 最終目標, neither of a year, is a step on the way.
    undated = [of for of in targets if not of.year]
    steps = [of for of in undated if of.says(STEP)]
    give("carried", steps if len(steps) < len(undated) else ())
    targets = _in_force([of for of in targets if not of.role and of not in doubtful])
    give("yearly_target" if targets else "target", yearly)
    actual_years = {of.year for of in able(columns, "actual", "year")}
    # The plan's own target says so, has no year, or is the latest.
    # Of two of one year it is the one with more figures: the other has dashes.
    order = {of.index: (of.says(_LAST), not of.year, _year(of), of.known()) for of in targets}
    last = max(targets, key=lambda of: order[of.index], default=None)
    others = [of for of in targets if not of.says(STEP)]
    steps = [of for of in others if of.texts and of.year in actual_years]
    if len(steps) > 2 or (len(steps) > 1 and last not in steps):
        give("yearly_target", (of for of in others if of is not last))


def _in_force(targets: list[Column]) -> list[Column]:
    """The targets without those that others take the place of, which are carried along.

    A revised one does so if it has a figure wherever the one of its year, or the 当初目標, has.
    """
    give("target", targets)
    revised = [of for of in targets if of.says(_REVISED)]
    for column in targets:
        is_replaced = column not in revised and any(
            (of.year == column.year or "当初" in column.head.header)
            and len(of.texts) >= len(column.texts)
            for of in revised
        )
        if is_replaced:
            column.role = "carried"
    return [of for of in targets if of.role == "target"]


def _of_older_plans(columns: list[Column]) -> list[Column]:
    """Those of some columns that are of an earlier plan than others: 第1期, 第2次計画."""
    newest = max(map(_plan_of, columns), default=0)
    return [of for of in columns if 0 < _plan_of(of) < newest]


def _plan_of(column: Column) -> int:
    """The number of the plan or the period that a head names; 0 for none."""
    plan = _PLAN.search(plain(column.head.header).translate(_DIGITS))
    return int(plan[1]) if plan else 0


def _is_target(column: Column, columns: list[Column], fiscal_year: int) -> bool:
    """Whether what can be a target is one: of words only, another target or a group is meant.

    計画額 is one where amounts are measured: 決算額.
    """
    measured = able(columns, "actual", "year")
    if "計画額" in column.head.header and not all(of.says(SPENT) for of in measured):
        return False
    if column.has_figures() or not column.texts:
        return True
    return not any(of.has_figures() for of in other_targets(column, columns, fiscal_year))


def other_targets(column: Column, columns: list[Column], fiscal_year: int) -> list[Column]:
    """The other columns that can have the target: by their words, or as a year still to come."""
    ahead = [of for of in able(columns, "year") if _year(of) > fiscal_year]
    return [*ahead, *(of for of in able(columns, "target") if of is not column)]
