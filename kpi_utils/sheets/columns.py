"""What the columns of a table are: their heads, settled by each other and by what stands below.

A head that can be two things, or none that is known and stands over figures, is asked about.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import NOT_REPORTED, identity, read_cell
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import mistake
from kpi_utils.cells.heads import FIGURES, Head, head_of

__all__ = ["CARRIED", "JUDGED", "LABEL", "YEARLY", "Column", "is_figure", "settled"]

# Columns of which there may be several: one a year.
YEARLY = ("actual", "target", "yearly_target")
# The roles of columns that are carried along as they are printed.
CARRIED = ("part", "direction", "department", "next_step", "yearly_target", "forecast", "carried")
# The roles whose cells are read as figures.
JUDGED = ("baseline", *YEARLY)
# A label of a row: 1-1, Ⅰ-1, (1), ①, 指標1, KPI3, A-2.
LABEL = re.compile(
    r"(?:指標|KPI|No\.?)?\(?[A-Z]{0,4}[-IVX\d一二三四五六七八九十ア-ン()]{1,9}\)?", re.I
)
# Which way is better, in the words and arrows of a column of its own.
_WAYS = {"increase": "増|上|向上|アップ|↑|↗|⇧|拡大|UP", "decrease": "減|下|ダウン|↓|↘|⇩|縮小|DOWN"}
# An intermediate or the last target says so in its head.
_LAST, _STEP = re.compile("最終|計画|総合|期末|後期"), re.compile("中間|前期")
# So much of a column is enough to say what stands in it.
_MOST = 0.5


@dataclass
class Column:
    """A column of a table: its head, its role and year, and the unit of its figures.

    ``texts`` are its cells that are not blank; ``of`` is the column whose year it says (role
    "when"). Role "" is a column that is not known.
    """

    index: int
    head: Head
    texts: list[str]
    role: str = ""
    year: int | None = None
    of: int = -1

    def can_be(self, *kinds: str) -> bool:
        """Whether it has no role yet, and its head can be one of these."""
        return not self.role and bool({*kinds} & {*self.head.kinds})

    def holds(self, test: Callable[[str], object]) -> bool:
        """Whether most of its cells pass a test."""
        return sum(map(bool, map(test, self.texts))) > _MOST * len(self.texts)

    def record(self) -> dict:
        """Its record in ``frames.COLUMNS``, but for the section."""
        return {
            "column": self.index + 1,
            "role": self.role,
            "year": self.year,
            "header": self.head.header,
            "unit": self.head.unit,
        }


def is_figure(text: str) -> bool:
    """Whether a cell has a number, or says that there is none yet.

    >>> [is_figure(text) for text in ("12 件", "－", "1-1", "令和4年度", "市民課", "◎")]
    [True, True, False, False, False, False]
    """
    cell = read_cell(text)
    return cell.value is not None or cell.reason == NOT_REPORTED


def way(text: str) -> str:
    """The direction that a cell of a column of directions says: increase, decrease or blank.

    >>> [way(text) for text in ("増加を目指す", "ダウン", "↗", "維持", "減らさない")]
    ['increase', 'decrease', 'increase', '', '']
    """
    plain = squeezed(text)
    ways = [name for name, words in _WAYS.items() if re.search(words, plain)]
    return ways[0] if len(ways) == 1 and "ない" not in plain else ""


def settled(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    fiscal_year: int,
    year_of: Callable[[Head], int | None],
    declared: Mapping[str, str],
) -> tuple[list[Column], list[str]]:
    """The columns of a table, and what has to be asked about them (keys of ``heads`` in errors.toml
    with values, as sentences without the place).

    ``year_of`` gives the year of a head, of one without its era too; ``declared`` are the heads
    that plan.toml gives for others, by identity.
    """
    columns = []
    for index, header in enumerate(headers):
        known = declared.get(identity(header))
        head = head_of(known)._replace(header=header) if known else head_of(header)
        texts = [row[index] for row in rows if index < len(row) and row[index]]
        columns.append(Column(index, head, texts, year=year_of(head)))
    for column in columns:
        if {"actual", "target"} <= {*column.head.kinds} and column.year:
            # 中間（2020年度） is what was then, 中間（2025年度） what is to be.
            other = "actual" if column.year > fiscal_year else "target"
            kinds = tuple(kind for kind in column.head.kinds if kind != other)
            column.head = column.head._replace(kinds=kinds)
    for settle in (_plain, _names, _directions, _times, _baselines, _targets, _actuals):
        settle(columns, fiscal_year)
    _published(columns, fiscal_year)
    _groups(columns)
    return columns, _questions(columns)


def _plain(columns: list[Column], _: int) -> None:
    """Heads that can be one thing only, whatever stands beside them."""
    for column in columns:
        only = column.head.kinds[0] if len(column.head.kinds) == 1 else ""
        if only in ("no", "unit", "department", "next_step", "forecast", "carried"):
            column.role = only
        elif only.startswith(("entry_", "own_")):
            column.role = only
    for column in [of for of in columns if of.role == "no"][1:]:
        column.role = "carried"


def _names(columns: list[Column], _: int) -> None:
    """One column is the name: what is called so; else the last before the figures that can be."""
    named = [of for of in columns if of.can_be("name") and not of.holds(is_figure)]
    named = [of for of in named if of.head.year is None] or named
    if not named:
        figures = [of.index for of in columns if of.can_be(*FIGURES) and of.holds(is_figure)]
        before = min(figures, default=len(columns))
        able = [of for of in columns if of.can_be("thing", "group") and not of.holds(is_figure)]
        named = [of for of in able if of.index < before][-1:] or able[:1]
    elif len(named) > 1:
        called = [of for of in named if "名" in of.head.header or of.head.kinds == ("name",)]
        named = called if len(called) == 1 else named
    if len(named) == 1:
        named[0].role = "name"


def _directions(columns: list[Column], fiscal_year: int) -> None:
    for column in columns:
        is_told = column.can_be("direction") or (column.can_be("target") and not column.head.year)
        if is_told and column.texts and all(map(_is_way, column.texts)):
            ahead = [of for of in columns if of.can_be("year") and (of.year or 0) > fiscal_year]
            others = [of for of in columns if of is not column and of.can_be("target")]
            if column.can_be("direction") or others or ahead:
                column.role = "direction"


def _is_way(text: str) -> bool:
    return read_cell(text).value is None and bool(way(text))


def _times(columns: list[Column], _: int) -> None:
    """Columns of years: each says that of the figures that its head names, else of those before."""
    for column in columns:
        if not column.can_be("when") or not column.holds(_year_in):
            continue
        words = head_of(re.sub("(?:年度?|年次|時期|時点|期限|期日)+$", "", _last(column))).kinds
        before = [of for of in columns[: column.index] if of.can_be(*FIGURES)]
        of_kind = [of for of in columns if {*words} & {*of.head.kinds} & {*FIGURES}]
        owner = [of for of in of_kind if of is not column] or before[-1:]
        column.role = "when" if owner else "carried"
        column.of = owner[-1].index if owner else -1


def _last(column: Column) -> str:
    return (column.head.header.split() or [""])[-1]


def _year_in(text: str) -> bool:
    year, rest = leading_year(text)
    return year is not None and not re.search(r"\d", rest)


def _baselines(columns: list[Column], _: int) -> None:
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
            if column.year < min(spoken) and len([of for of in bare if of.year < min(spoken)]) == 1:
                column.role = "baseline"


def _targets(columns: list[Column], fiscal_year: int) -> None:
    """Targets; those of the years that have actuals are steps where a later one is the plan's."""
    targets = [of for of in columns if of.can_be("target") and _is_target(of, columns, fiscal_year)]
    yearly = [of for of in columns if of.can_be("yearly_target") and of not in targets]
    if not targets and not yearly:
        ahead = [
            of for of in columns if of.head.kinds == ("year",) and (of.year or 0) > fiscal_year
        ]
        targets = (
            ahead[-1:]
            if ahead and all(ahead[-1].year > (of.year or 0) for of in ahead[:-1])
            else []
        )
    named = sorted(
        (of for of in columns if of.can_be("name") and of.year), key=lambda of: of.year or 0
    )
    if not targets and not yearly and len(named) > 1:
        # KPI（令和6年度まで） beside KPI（令和3年度）: the last one is to be reached.
        targets = named[-1:]
        for column in named[:-1]:
            column.role = "actual"
    for column in targets:
        column.role = "target"
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


def _finality(column: Column) -> tuple[bool, bool, int]:
    return bool(_LAST.search(column.head.header)), column.year is None, column.year or 0


def _is_target(column: Column, columns: list[Column], fiscal_year: int) -> bool:
    """Whether what can be a target is one: of words only, another target or a group is meant."""
    if column.holds(is_figure) or not column.texts:
        return True
    ahead = [of for of in columns if of.can_be("year") and (of.year or 0) > fiscal_year]
    others = [of for of in columns if of is not column and of.can_be("target")]
    return not any(of.holds(is_figure) for of in [*ahead, *others])


def _actuals(columns: list[Column], fiscal_year: int) -> None:
    """Actuals; one without a year is of the sheet's. Of several such the last one counts."""
    for column in columns:
        if column.can_be("actual", "year") and (column.year or column.can_be("actual")):
            column.role = "actual"
    without = [
        of for of in columns if of.role == "actual" and of.year is None and not of.head.short
    ]
    for column in without[:-1]:
        column.role = "carried"
    if without:
        taken = any(of.year == fiscal_year for of in columns if of.role == "actual")
        without[-1].role = "" if taken else "actual"
        without[-1].year = None if taken else fiscal_year


def _published(columns: list[Column], fiscal_year: int) -> None:
    """The printed achievement: of several that of the newest year, and a figure before a grade."""
    able = [of for of in columns if of.can_be("published", "grade")]
    for column in able:
        is_short = column.holds(lambda text: len(text) <= 12 and "。" not in text)
        column.role = "published" if column.can_be("published") or is_short else "carried"
    able = [of for of in able if of.role == "published"]
    years = {of.index: _year_beside(of, columns) for of in able}
    known = {year for year in years.values() if year and year <= fiscal_year}
    if len(able) > 1 and known and len(set(years.values())) > 1:
        for column in able:
            column.role = "published" if years[column.index] == max(known) else "carried"
        able = [of for of in able if of.role == "published"]
    if len(able) > 1 and any(map(_is_grade, able)) and not all(map(_is_grade, able)):
        for column in filter(_is_grade, able):
            column.role = "carried"


def _is_grade(column: Column) -> bool:
    return "grade" in column.head.kinds


def _year_beside(column: Column, columns: list[Column]) -> int | None:
    """The year of a printed achievement: its own, or that of the actual right before it."""
    before = columns[column.index - 1] if column.index else column
    return column.year or (before.year if before.role == "actual" else None)


def _groups(columns: list[Column]) -> None:
    """What sums KPIs up, the first one; what is left and no figure is carried along."""
    parts = [of for of in columns if of.can_be("part")]
    groups = [
        of
        for of in columns
        if of.head.kinds == ("group",) or (of.can_be("group", "thing") and not of.holds(is_figure))
    ]
    for column in groups:
        column.role = "initiative" if column is groups[0] else "carried"
    for column in parts:
        column.role = "part" if column is parts[0] else "carried"
    for column in columns:
        if not column.role and not column.holds(is_figure):
            column.role = "carried"


def _questions(columns: list[Column]) -> list[str]:
    """What has to be asked: columns that are not known, twice there, or missing."""
    questions = []
    roles = [column.role for column in columns]
    for column in columns:
        if not column.role:
            key = "heads.two" if len(column.head.kinds) > 1 else "heads.unknown"
            questions.append(mistake(key, header=column.head.header, example=column.texts[0]))
    by_key = defaultdict(list)
    for column in columns:
        by_key[column.role, column.year if column.role in YEARLY else None].append(column)
    for (role, _), twice in by_key.items():
        if len(twice) > 1 and role in ("name", "unit", "published", *JUDGED):
            headers = "」「".join(of.head.header for of in twice)
            questions.append(mistake("heads.twice", headers=headers, header=twice[0].head.header))
    if "name" not in roles:
        questions.append(mistake("heads.no-name"))
    if "target" not in roles:
        questions.append(mistake("heads.no-target"))
    return questions
