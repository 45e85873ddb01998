"""What the columns of a table are: their heads, settled by each other and by what stands below.

A head that can be two things, or that nobody knows and stands over figures, is asked about.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from kpi_utils.cells.heads import FIGURES, OURS, Head, head_of
from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import mistake
from kpi_utils.sheets.column import Column, is_figure
from kpi_utils.sheets.figure_columns import (
    actuals,
    baselines,
    other_targets,
    published,
    targets,
)

# Columns of which there may be several: one a year.
YEARLY = ("actual", "target", "yearly_target")
# What a head that can be one thing only is, whatever stands beside it.
_PLAIN = ("no", "unit", "department", "next_step", "forecast", "carried")
# The roles of columns that are carried along as they are printed.
CARRIED = ("part", "direction", "yearly_target", "forecast", "grade", "carried")
# The roles whose cells are read as figures.
JUDGED = ("baseline", *YEARLY)
# A label of a row: 1-1, Ⅰ-1, (1), ①, 指標1, KPI3, A-2.
LABEL = re.compile(
    r"(?:指標|KPI|No\.?)?\(?[A-Z]{0,4}[-IVX\d一二三四五六七八九十ア-ン()]{1,9}\)?", re.I
)
# The words that make the head of figures that of their years.
_WHEN = re.compile("(?:年度?|年次|時期|時点|期限|期日)+$")
# What a line of several says that it has, and what a head says of figures that were measured.
_SAID_BY_LINES = {"actual", "target", "yearly_target"}
_RESULT = re.compile("実績|結果|見込")
# A cell that has figures, though it may be read as none: 125人（128人）.
_FIGURES = re.compile(r"(?=\D*\d).{1,20}", re.DOTALL)
# Which way is better, in the words and arrows of a column of its own.
_WAYS = {"increase": "増|上|向上|アップ|↑|↗|⇧|拡大|UP", "decrease": "減|下|ダウン|↓|↘|⇩|縮小|DOWN"}
# What stands there for a level that is to be held.
_KEEPING = ("→", "⇒", "➡", "⇨", "維持", "現状維持", "横ばい")


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
    """The columns of a table, and what has to be asked about them, in sentences without the place.

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
    for settle in (_plain, _names, _directions, _times, baselines, targets, actuals, published):
        settle(columns, fiscal_year)
    _groups(columns)
    return columns, _questions(columns)


def _plain(columns: list[Column], _: int) -> None:
    """Heads that can be one thing only, whatever stands beside them."""
    for column in columns:
        only = column.head.kinds[0] if len(column.head.kinds) == 1 else ""
        if only in _PLAIN or only.startswith(OURS):
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
        unknown = [of for of in columns[:before] if not of.head.kinds and not of.holds(is_figure)]
        named = [of for of in named if _names_rows(of, able, unknown)]
    elif len(named) > 1:
        called = [of for of in named if "名" in of.head.header or of.head.kinds == ("name",)]
        named = called if len(called) == 1 else named
    if len(named) == 1:
        named[0].role = "name"


def _names_rows(column: Column, able: list[Column], unknown: list[Column]) -> bool:
    """Whether a column has the names, and none beside it may as well have them.

    A column of as many words may, under a head that nobody knows; and so may another one that is
    able to, where the texts of this one come again and again: 区分 with 男性 and 女性.
    """
    texts = {*column.texts}
    comes_again = len(able) > 1 and 2 * len(texts) <= len(column.texts)
    return not comes_again and all(len({*of.texts}) < len(texts) for of in unknown)


def _directions(columns: list[Column], fiscal_year: int) -> None:
    for column in columns:
        # 目標 over arrows is no target where another column has it.
        is_told = column.can_be("direction") or (
            column.can_be("target")
            and not column.head.year
            and other_targets(column, columns, fiscal_year)
        )
        ways = [text for text in column.texts if squeezed(text) not in _KEEPING]
        is_all = len(ways) == len(column.texts) or column.can_be("direction")
        if is_told and ways and is_all and all(map(_is_way, ways)):
            column.role = "direction"


def _is_way(text: str) -> bool:
    return read_cell(text).value is None and bool(way(text))


def _times(columns: list[Column], _: int) -> None:
    """Columns of years: each says that of the figures which its head names, else of those before.

    Of those whose heads name none, each stands before its figures where the first one does so; one
    that stands there alone is asked about.
    """
    times = [of for of in columns if of.can_be("when") and of.holds(_year_in)]
    figures = [of for of in columns if of.can_be(*FIGURES) and of not in times]
    bare = [of for of in times if not _figures_named(of)]
    first = min((of.index for of in figures), default=0)
    lead = bool(bare) and bare[0].index < first
    owners = {}
    for column in times:
        before = [of for of in figures if of.index < column.index]
        after = [of for of in figures if of.index > column.index]
        if column in bare:
            nearest = after[:1] if lead else before[-1:]
        else:
            words = _figures_named(column)
            before_of_kind = [of for of in before if words & {*of.head.kinds}]
            after_of_kind = [of for of in after if words & {*of.head.kinds}]
            nearest = before_of_kind[-1:] or after_of_kind[:1] or before[-1:]
        owners[column.index] = nearest[0].index if nearest else -1
    for column in times:
        owner = owners[column.index]
        is_unclear = list(owners.values()).count(owner) > 1 or (lead and bare == [column])
        if owner < 0 or (is_unclear and columns[owner].year):
            column.role = "carried"
        elif not is_unclear:
            column.role, column.of = "when", owner


def _figures_named(column: Column) -> set[str]:
    """The figures of which a column of years names itself the year: 目標年度, 現状 年度."""
    words = head_of(_WHEN.sub("", column.head.header).strip())
    by_when = ["target"] if re.search("期[限日]", column.head.header) else []
    return {*column.head.kinds, *words.kinds, *by_when} & {*FIGURES}


def _year_in(text: str) -> bool:
    year, rest = leading_year(text)
    return year is not None and not re.search(r"\d", rest)


def _groups(columns: list[Column]) -> None:
    """What sums KPIs up, the first one; what is left and no figure is carried along."""
    parts = [of for of in columns if of.can_be("part")]
    groups = [
        of
        for of in columns
        if of.head.kinds == ("group",) or (of.can_be("group", "thing") and not of.holds(is_figure))
    ]
    name = next((of for of in columns if of.role == "name"), None)
    # 課題 or 主な取組 behind the name, with a text of its own for each KPI, sums nothing up.
    single = [of for of in groups if name and of.index > name.index and _differs(of, name)]
    first = [of for of in groups if of not in single][:1]
    for column in groups:
        column.role = "initiative" if column in first else "carried"
    for column in parts:
        column.role = "part" if column is parts[0] else "carried"
    for column in columns:
        is_time = column.can_be("when") and column.holds(_year_in)
        if not column.role and not is_time and not column.holds(is_figure):
            column.role = "carried"


def _differs(column: Column, name: Column) -> bool:
    """Whether a column has another text in each of several rows."""
    return len(set(column.texts)) == len(name.texts) > 1


def _questions(columns: list[Column]) -> list[str]:
    """What has to be asked: columns that are not known, twice there, or missing."""
    questions = []
    roles = [column.role for column in columns]
    for column in columns:
        if not column.role:
            key = "heads.two" if len(column.head.kinds) > 1 else "heads.unknown"
            key = "heads.year" if column.can_be("when") and column.holds(_year_in) else key
            questions.append(mistake(key, header=column.head.header, example=column.texts[0]))
    questions += _left_aside(columns)
    by_key = defaultdict(list)
    for column in columns:
        by_key[column.role, column.year if column.role in YEARLY else None].append(column)
    for (role, _), twice in by_key.items():
        if len(twice) > 1 and role in ("name", "unit", "published", *JUDGED):
            headers = dict.fromkeys(of.head.header for of in twice)
            key = "heads.twice" if len(headers) > 1 else "heads.same"
            about = {"headers": "」「".join(headers), "header": twice[0].head.header}
            questions.append(mistake(key, **about))
    if "name" not in roles:
        questions.append(mistake("heads.no-name"))
    if "target" not in roles:
        questions.append(mistake("heads.no-target"))
    return questions


def _left_aside(columns: list[Column]) -> list[str]:
    """Questions on columns that are carried along although they may say what the figures are.

    Words for lines of a KPI (目標値, 実績値) among others, and results where there are no actuals.
    """
    questions = []
    has_actual = any(column.role == "actual" for column in columns)
    for column in columns:
        lines = {text: {*head_of(text).kinds} & _SAID_BY_LINES for text in column.texts}
        of_figures = [text for text, kinds in lines.items() if kinds]
        is_text = column.role in ("name", "initiative", "part", "carried") and len(lines) < 9
        if is_text and len(lines) > 1 and any("actual" in kinds for kinds in lines.values()):
            others = "」「".join(text for text in lines if text not in of_figures)
            about = {"header": column.head.header, "words": "」「".join(of_figures)}
            questions.append(mistake("heads.lines", **about, others=others))
        is_aside = column.role in ("carried", "forecast", "grade") and column.head.kinds != (
            "when",
        )
        is_other = column.head.kinds == ("carried",) and not _RESULT.search(column.head.header)
        if is_aside and not is_other and not has_actual and column.holds(_FIGURES.fullmatch):
            example = column.texts[0] if column.texts else ""
            questions.append(mistake("heads.unknown", header=column.head.header, example=example))
    return questions
