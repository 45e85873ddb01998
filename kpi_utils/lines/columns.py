"""The columns of a table: their heads, and which columns hold the baseline, actuals and targets.

``baselines`` and ``targets`` give roles to columns that have none; the module ``roles`` calls them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kpi_utils.cells.heads import FIGURES, Head, year_said
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import NOT_REPORTED, read_cell
from kpi_utils.cells.years import leading_year

# The roles that several columns can have, one for each year.
YEARLY = ("actual", "target", "yearly_target")
# The roles of columns that are not judged: their cells are shown as they are printed.
CARRIED = ("part", "direction", "yearly_target", "forecast", "grade", "carried")
# The roles whose cells are read as figures.
JUDGED = ("baseline", *YEARLY)

# Words in the head of a target that replaces another one, and the number of a later plan.
_REVISED = re.compile("(?:見直し|改[定訂]|修正|変更)|新(?!規)")
_PLAN = re.compile(r"第?(\d+)[次期]")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_OF_PLANS = re.compile("次|計画|戦略|プラン|ビジョン")
# 令和6年4月1日現在 and R6.9末 are dates of a measurement, not of a target.
_MEASURED = re.compile("現在|時点|月|[.．/]")
# Words in the head of figures that were measured, or that are of a part of the year.
RESULT = re.compile("実績|結果|見込|半期|評価点|モニタリング")
# What is foreseen for a year of the plan; a projection (推計, 趨勢) may be of any.
_FORESEEN = re.compile("見込|見通|予定")
# Words in the heads of a table that compares actuals with targets.
COMPARED = re.compile("目標|実績|結果|達成|進捗|評価")
# What is numbered where the number is not a KPI's: 施策番号.
OF_GROUPS = re.compile("施策|政策|事業|取組|目標")
SPENT = re.compile("(?:決算|実績)額")
# Words in the head of the last target, and of an intermediate one.
_LAST = re.compile("最終|計画(?:の|期間|全体)*目標|総合|期末|後期")
STEP = re.compile("中間|前期|モニタリング")
_FIGURE_OF = compiled("figure_of")
_GRADE = re.compile(r"[A-Za-e](?:-\d)?\*?|[◎○◯〇△×✕☆★]")
_COUNTED = re.compile(r"(\d{1,2})\s+(\D.*)")
# Words at the end of the head of a column of years: without them, it is that of the figures.
WHEN = re.compile("の?(?:[・/]?(?:年度?|年次|年月日?|時期|時点|期限|期[日間]))+[)）]?$")


@dataclass
class Column:
    """A column of a table: its head, its role and year, and the unit of its figures.

    ``texts`` are its cells that are not blank. A column of years ("when") ``dates`` the column with
    this index; role "": none yet. ``declared``: plan.toml says what it is.
    """

    index: int
    head: Head
    texts: list[str]
    role: str = ""
    year: int | None = None
    dates: int = -1
    declared: bool = False

    def can_be(self, *kinds: str) -> bool:
        """Whether the column has no role yet and can be, by its head, of one of these kinds."""
        return not self.role and bool({*kinds} & {*self.head.kinds})

    def holds(self, test: Callable[[str], object]) -> bool:
        """Whether most of its cells pass a test."""
        return 2 * sum(map(bool, map(test, self.texts))) > len(self.texts)

    def has_figures(self) -> bool:
        """Whether most of its cells are figures, not numbered words: 1 ごみ, 2 水質."""
        return self.holds(is_figure) and not self.is_counted()

    def known(self) -> int:
        """How many of its cells have a number."""
        return sum(read_cell(text).value is not None for text in self.texts)

    def is_counted(self) -> bool:
        """Whether its cells are different words, numbered 1, 2, 3 …: 1 ごみ, 2 水質."""
        counted = [_COUNTED.fullmatch(plain(text)) for text in dict.fromkeys(self.texts)]
        numbers = [int(match[1]) for match in counted if match]
        words = {match[2] for match in counted if match}
        return numbers == [*range(1, len(counted) + 1)] and len(words) == len(counted) > 1

    def says(self, words: re.Pattern) -> bool:
        """Whether a pattern of words matches somewhere in its head."""
        return bool(words.search(self.head.header))


def figure_of(text: str) -> re.Match | None:
    """The words before a figure, which say whom it counts, and the figure; else None.

    >>> figure_of("20歳代 男性 54.5%").groups(), figure_of("65歳以上1人当たりの額")
    (('20歳代 男性 ', '54.5%'), None)
    """
    found = _FIGURE_OF.fullmatch(text.strip())
    return found if found and read_cell(found[2]).value is not None else None


def is_figure(text: str) -> bool:
    """Whether a cell has a number, or a dash or word that stands for a number not reported.

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
    """Whether a cell has a number with a unit other than %: 401人."""
    cell = read_cell(text)
    return cell.value is not None and plain(cell.unit) not in ("", "%")


def is_judgement(text: str) -> bool:
    """Whether a cell can be a printed achievement: it is no amount, no sentence and no dash."""
    is_told = len(text) > 12 or "。" in text or read_cell(text).reason == NOT_REPORTED
    return not (is_told or is_amount(text))


def is_time(column: Column) -> bool:
    """Whether most cells are years; all, under a head like 最終年度, which may be over figures."""
    said = [leading_year(text) for text in column.texts if not text.isdecimal()]
    are_years = len(said) == len(column.texts) > 0 and all(year and not of for year, of in said)
    may_be = column.can_be(*FIGURES) and WHEN.search(column.head.header) and not column.year
    has_years = not column.texts or column.holds(year_said)
    return has_years if column.can_be("when") else bool(may_be and are_years)


def free_for(columns: list[Column], *kinds: str) -> list[Column]:
    """The columns without a role that can be of these kinds."""
    return [col for col in columns if col.can_be(*kinds)]


def give(role: str, columns: Iterable[Column]) -> None:
    """Give columns a role."""
    for column in columns:
        column.role = role


def baselines(columns: list[Column], fiscal_year: int) -> None:
    """Give the role of baseline; a column 現状 is the baseline where there is no other."""
    initial = free_for(columns, "baseline")
    # Increments since 事業開始前（現時点） begin at zero, not at the figure of that time; beside
    # levels, 対前年度増加分 is only carried.
    is_growth = any("増加分" in col.head.header for col in free_for(columns, *YEARLY))
    give("carried", initial if is_growth else _of_older_plans(initial))
    initial = free_for(initial, "baseline")
    latest = free_for(columns, "latest")
    # 現状値（R1） before R3 and R4, all under 実績値.
    after = [_year(col) for col in free_for(columns, "actual", "year") if col not in latest] or [0]
    latest = [col for col in latest if 0 < _year(col) < min(after) or not col.can_be("actual")]
    # 達成状況（現状） with sentences, beside 現状 with figures, only comments on these figures.
    latest = [col for col in latest if not col.holds(lambda text: "。" in text)] or latest
    printed = [col for col in free_for(columns, "published", "grade") if col.holds(is_judgement)]
    # 12% under 達成状況 may be an actual.
    years = {col.year for col in printed if col.can_be("published") or not col.has_figures()}
    rest = [col for col in columns if col.role in ("carried", "forecast") and col.says(RESULT)]
    rest += [*free_for(columns, "actual", "year"), *latest[1:]]
    # 目標, 現状, 達成状況: the printed achievement is that of 現状, so 現状 is the actual.
    is_newest = len(years) == 1 and not rest and {col.year for col in latest} <= {None, fiscal_year}
    past = [
        _year(col) for col in free_for(columns, "actual", "year") if 0 < _year(col) <= fiscal_year
    ]
    # H28, R3（現状）, R8（目標）: 現状 is the newest of the actuals.
    is_newest |= len(latest) == 1 and bool(past) and max(past) < _year(latest[0])
    if not (initial or is_newest) and (len(latest) == 1 or all(col.year for col in latest)):
        latest.sort(key=_year)
        initial, latest = latest[:1], latest[1:]
    give("baseline", initial)
    give("actual", latest)
    actual_years = {col.year for col in [*free_for(columns, "actual"), *latest] if col.year}
    if initial or not actual_years:
        return
    begin = min(actual_years)
    before = [col for col in free_for(columns, "year") if col.year and col.year < begin]
    # One year before the only actual is no baseline: it may be last year's actual.
    if len(before) == 1 and (len(actual_years) > 1 or _year(before[0]) < begin - 1):
        give("baseline", before)


def _year(column: Column) -> int:
    return column.year or 0


def targets(columns: list[Column], fiscal_year: int) -> None:
    """Give the role of target; where the plan has a later one, targets beside actuals are steps."""
    targets = [col for col in free_for(columns, "target") if _is_target(col, columns, fiscal_year)]
    yearly = [col for col in free_for(columns, "yearly_target") if col not in targets]
    # R4実績, R5見込, R6, R7: what comes after what is foreseen is planned.
    planned = [col for col in columns if col.role == "forecast" and col.says(_FORESEEN)]
    foreseen = max(map(_year, planned), default=9999)
    if all(_year(col) > foreseen for col in free_for(columns, "year")):
        give("yearly_target", free_for(columns, "year")[: None if targets else -1])
    if not targets and not yearly:
        ahead = [col for col in free_for(columns, "year") if _year(col) > fiscal_year]
        ahead = [col for col in ahead if not col.says(_MEASURED)]
        targets = ahead[-1:] if all(_year(col) < _year(ahead[-1]) for col in ahead[:-1]) else []
    named = sorted((col for col in free_for(columns, "name") if col.year), key=_year)
    is_ahead = any(_year(col) > fiscal_year and col.has_figures() for col in named)
    if not targets and not yearly and (is_ahead or len(named) > 1):
        # KPI（令和6年度まで） beside KPI（令和3年度）: the column of the last year is the target.
        targets = named[-1:]
        give("actual", named[:-1])
    # A target of 第1期 counts until its year has passed, unless the baseline is of 第2期.
    older = _of_older_plans(targets)
    plan = max((_plan_of(col) for col in columns if "baseline" in col.head.kinds), default=0)
    give("carried", (col for col in older if _plan_of(col) < plan or _year(col) < fiscal_year))
    # 第2次計画 and 第3次計画: where no baseline or actual names one, either plan may be in force.
    current_plans = {_plan_of(col) for col in columns if {"baseline", "actual"} & {*col.head.kinds}}
    doubtful = [col for col in older if col.says(_OF_PLANS) and _plan_of(col) not in current_plans]
    # 中間目標 without a year, beside 最終目標 without a year, is a step on the way.
    undated = [col for col in targets if not col.year]
    steps = [col for col in undated if col.says(STEP)]
    give("carried", steps if len(steps) < len(undated) else ())
    targets = _in_force([col for col in targets if not col.role and col not in doubtful])
    give("yearly_target" if targets else "target", yearly)
    actual_years = {col.year for col in free_for(columns, "actual", "year")}
    # The plan's own target is called the last one, has no year, or is of the latest year.
    # Of two targets of one year it is the one with more figures: the other has dashes.
    rank = {col.index: (col.says(_LAST), not col.year, _year(col), col.known()) for col in targets}
    last = max(targets, key=lambda col: rank[col.index], default=None)
    others = [col for col in targets if not col.says(STEP)]
    steps = [col for col in others if col.texts and col.year in actual_years]
    # In the first year of R6, R7 … R11, its target is a step as it will be in the second.
    years = [_year(col) for col in others]
    least = 1 if len(years) > 3 and years == [*range(years[0], years[-1] + 1)] else 2
    if len(steps) > 2 or (len(steps) >= least and last not in steps):
        give("yearly_target", (col for col in others if col is not last))


def _in_force(targets: list[Column]) -> list[Column]:
    """Give columns the role of target, and return them without those that a revised one replaces.

    A revised target replaces the one of its year, or the 当初目標, if it has as many figures.
    """
    give("target", targets)
    revised = [col for col in targets if col.says(_REVISED)]
    for column in targets:
        is_replaced = column not in revised and any(
            (col.year == column.year or "当初" in column.head.header)
            and len(col.texts) >= len(column.texts)
            for col in revised
        )
        if is_replaced:
            column.role = "carried"
    return [col for col in targets if col.role == "target"]


def _of_older_plans(columns: list[Column]) -> list[Column]:
    """The columns whose heads name an earlier plan than other columns do: 第1期 beside 第2期."""
    newest = max(map(_plan_of, columns), default=0)
    return [col for col in columns if 0 < _plan_of(col) < newest]


def _plan_of(column: Column) -> int:
    """The number of the plan or the period that a head names; 0 for none."""
    plan = _PLAN.search(plain(column.head.header).translate(_DIGITS))
    return int(plan[1]) if plan else 0


def _is_target(column: Column, columns: list[Column], fiscal_year: int) -> bool:
    """Whether a column is a target: not one of words only, if another column can have its figure.

    計画額 is a target only where all actuals are amounts spent: 決算額.
    """
    measured = free_for(columns, "actual", "year")
    if "計画額" in column.head.header and not all(col.says(SPENT) for col in measured):
        return False
    if column.has_figures() or not column.texts:
        return True
    return not any(col.has_figures() for col in other_targets(column, columns, fiscal_year))


def other_targets(column: Column, columns: list[Column], fiscal_year: int) -> list[Column]:
    """The other columns that can hold the target: by their heads, or as a year still to come."""
    ahead = [col for col in free_for(columns, "year") if _year(col) > fiscal_year]
    return [*ahead, *(col for col in free_for(columns, "target") if col is not column)]
