"""The roles of a table's columns: from each head, the other heads, and the cells below it.

A head that can mean two things, and an unknown head over figures, are asked about.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from kpi_utils.cells.heads import FIGURES, OURS, head_of, year_said
from kpi_utils.cells.letters import WORDS, squeezed
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cells.years import leading_year
from kpi_utils.lines import columns as figures
from kpi_utils.lines.columns import (
    JUDGED,
    OF_GROUPS,
    WHEN,
    Column,
    free_for,
    give,
    is_time,
    other_targets,
)
from kpi_utils.sheets import results
from kpi_utils.sheets.left_out import LeftOut
from kpi_utils.sheets.names import name_column
from kpi_utils.sheets.questions import questions_on
from kpi_utils.sheets.rows import UNCLEAR, way

# A head that can only mean one of these has that role, whatever stands beside it.
_PLAIN = ("no", "unit", "department", "next_step", "forecast", "carried")
_AIM = re.compile("指標値$")
# Heads of a figure only with a year: else of a project, of how a target was set, of two figures.
_ONLY_DATED = re.compile("プラン|目標設定|(?=.*実)(?=.*[標画])[目標計画実績値と及び・、の推移]+")
# Under 方向性 alone, these words say what becomes of a project.
_COURSE = re.compile("拡大|縮小|現状維持|維持")
# 目標（割合）.
_RATE = re.compile("[(（]割合")
_SIGNS = re.compile(r"\W*[+＋△▲▽▼↑↓]\W*")
# A direction that is said with its limit: 増加を抑える.
_LIMITED = re.compile("[増減上下抑]")


def settled(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    left_out: LeftOut,
    declared: Mapping[str, str],
    is_beside: bool,
) -> tuple[list[Column], list[str]]:
    """The columns of a table, and the questions about them, as sentences without the place.

    ``left_out`` knows the years of heads without an era; ``declared`` are the heads of plan.toml.
    A table that ``is_beside`` one with targets need not have targets itself.
    """
    columns = []
    fiscal_year, town = left_out.fiscal_year, left_out.town
    is_told = bool(figures.COMPARED.search("".join(headers)))
    for index, header in enumerate(headers):
        is_declared = identity(header) in declared
        # The town's own figure may stand beside that of others: 目標値 国, 目標値 架空市.
        said = f"{header} ".replace(f" {town} ", " 本市 ").strip() if town else header
        head = head_of(declared.get(identity(header), said))._replace(header=header)
        year = left_out.head_year(head)
        if {"actual", "target"} <= {*head.kinds} and year and (is_told or year > fiscal_year):
            # 中間（2020年度） is an actual and 中間（2025年度） a target, beside 実績 or 目標.
            other = "actual" if year > fiscal_year else "target"
            head = head._replace(kinds=tuple(kind for kind in head.kinds if kind != other))
        if not (year or head.short) and _ONLY_DATED.fullmatch(squeezed(header)):
            head = head._replace(kinds=())
        texts = [row[index] for row in rows if index < len(row) and row[index]]
        column = Column(index, head, texts, year=year, declared=is_declared)
        is_graded = column.holds(figures.is_judgement) and not column.has_figures()
        of_year = head.kinds == ("year",) and texts and all(map(figures.is_grade, texts))
        if of_year or ("actual" in head.kinds and header.endswith("評価") and is_graded):
            # B or 改善 under 最終評価 or R4 is a grade, not a figure of that time.
            column.head = head._replace(kinds=("grade",))
        columns.append(column)
    _rates(columns)
    _plain(columns)
    name_column(columns, len(rows))
    _directions(columns, fiscal_year)
    _aims(columns)
    _times(columns, fiscal_year)
    for settle in (figures.baselines, figures.targets, results.actuals, results.published):
        settle(columns, fiscal_year)
    _groups(columns)
    return columns, questions_on(columns, is_beside, fiscal_year)


def _rates(columns: list[Column]) -> None:
    """目標（割合） beside 実績 is of another figure: it gets no role, unless all are such rates."""
    figured = [of for of in free_for(columns, *FIGURES) if of.has_figures()]
    rates = [of for of in figured if of.says(_RATE)]
    for column in rates if len(rates) < len(figured) else ():
        column.head = column.head._replace(kinds=())


def _plain(columns: list[Column]) -> None:
    """Give roles to heads that can mean one thing only, whatever stands beside them."""
    for column in columns:
        only = column.head.kinds[0] if len(column.head.kinds) == 1 else ""
        if only in _PLAIN or only.startswith(OURS):
            column.role = only
    numbers = [of for of in columns if of.role == "no"]
    give("carried", sorted(numbers, key=lambda of: of.says(OF_GROUPS))[1:])
    units = [of for of in columns if of.role == "unit"]
    give("carried", [of for of in units[1:] if of.texts == units[0].texts])


def _directions(columns: list[Column], fiscal_year: int) -> None:
    for column in free_for(columns, "direction", "target"):
        said = [text for text in column.texts if way(text) and read_cell(text).value is None]
        known = [text for text in said if way(text) != UNCLEAR or _LIMITED.search(text)]
        # 縮小 beside 継続 or 廃止 is of a project, whatever the head.
        is_bare = column.head.header == "方向性"
        is_course = all(map(_COURSE.fullmatch, known)) and (is_bare or known != said)
        are_signs = known != said and _SIGNS.fullmatch("".join(said))
        if are_signs or is_course or (is_bare and 2 * len(known) < len(said)):
            continue
        # 目標 over arrows is a direction, if another column has the target.
        is_told = column.can_be("direction") or (
            all(way(text) in WORDS["ways"] for text in column.texts)
            and not column.head.year
            and other_targets(column, columns, fiscal_year)
        )
        # What one cell leaves unclear is asked about its row alone.
        if is_told and known:
            column.role = "direction"


def _aims(columns: list[Column]) -> None:
    """指標値 before 実績値 is the target, if there is no other figure beside them."""
    last = max((of.index for of in free_for(columns, "actual")), default=0)
    others = free_for(columns, *(kind for kind in FIGURES if kind != "actual"), "year")
    for column in free_for(columns, "value") if not others else ():
        if column.says(_AIM) and column.index < last:
            column.head = column.head._replace(kinds=("target",))


def _times(columns: list[Column], fiscal_year: int) -> None:
    """Columns of years: each is for the figures that its head names, else for those before it.

    Those whose heads name no figures stand before theirs if the first one does; one is unclear.
    """
    times = [of for of in free_for(columns, "when", *FIGURES) if is_time(of)]
    name_at = next((of.index for of in columns if of.role == "name"), 0)
    of_figures = [of for of in free_for(columns, *FIGURES, "year") if of not in times]
    bare = [of for of in times if not _figures_named(of)]
    first = min((of.index for of in of_figures), default=0)
    lead = bool(bare) and bare[0].index < first
    owners = {}
    for column in times:
        before = [of for of in of_figures if of.index < column.index]
        after = [of for of in of_figures if of.index > column.index]
        words = _figures_named(column)
        # 最終値 年度 stands beside 最終値 値, and 2022年 年度 beside 2022年.
        over = WHEN.sub("", column.head.header).strip()
        others = [*reversed(before), *after]
        nearest = [
            *(of for of in others if over and of.head.header.startswith(over)),
            *(of for of in others if words & {*of.head.kinds}),
            *(after if lead and not words else reversed(before)),
        ]
        # An actual is of no year to come, but may be measured soon after its year's end.
        dated = [leading_year(year_said(of))[0] or 0 for of in column.texts]
        if max(dated, default=0) > fiscal_year + 1:
            ahead = [of for of in free_for(columns, "year") if (of.year or 0) > fiscal_year]
            nearest = [of for of in nearest if of in ahead or of.can_be("target", "yearly_target")]
        owners[column.index] = nearest[0].index if nearest else -1
    counts = Counter(owners.values())
    for column in times:
        owner = owners[column.index]
        is_unclear = counts[owner] > 1 or (lead and bare == [column])
        said = {*map(year_said, column.texts)} if column.index < name_at else set()
        # If the sheet's own year stands before each name, it is the year of the row.
        if owner < 0 or (is_unclear and (columns[owner].year or said == {f"{fiscal_year}年度"})):
            column.role = "carried"
        elif not is_unclear:
            column.role, column.dates = "when", owner


def _figures_named(column: Column) -> set[str]:
    """The figures that the head of a column of years names: 目標年度, 現状 年度."""
    words = head_of(WHEN.sub("", column.head.header).strip())
    by_when = ["target"] if re.search("期[限日]|達成年", column.head.header) else []
    return {*column.head.kinds, *words.kinds, *by_when} & {*FIGURES}


def _groups(columns: list[Column]) -> None:
    """Give ``initiative`` to the first column of groups, ``carried`` to others without figures."""
    name = next((of for of in columns if of.role == "name"), None)
    parts = free_for(columns, "part")
    # 区分, 校種等 right behind repeated names, or names printed once, tells the KPIs apart.
    if name:
        parts += [of for of in columns[name.index + 1 :][:1] if _tells_apart(of, name)]
    give("part", parts)
    only = [of for of in free_for(columns, "group") if of.head.kinds == ("group",)]
    able_to = free_for(columns, "group", "thing")
    groups = [of for of in able_to if of in only or not of.has_figures()]
    # 課題 or 主な取組 behind the name, with another text for each KPI, does not group the KPIs.
    behind = [of for of in groups if name and of.index > name.index]
    single = [of for of in behind if name and len({*of.texts}) == len(name.texts) > 1]
    give("carried", groups)
    give("initiative", [of for of in groups if of not in single and not of.year][:1])
    left = [of for of in columns if not of.role and not is_time(of)]
    # A column of directions in unknown signs is asked about.
    asked = [of for of in free_for(left, "direction") if _SIGNS.fullmatch("".join(of.texts))]
    # So are years behind a figure that has none, under a head that nobody knows.
    undated = [of.index for of in columns if of.role in JUDGED and not of.head.year]
    bare = [of for of in left if of.index - 1 in undated and not of.head.kinds]
    asked += [of for of in bare if of.holds(year_said)]
    give("carried", [of for of in left if not of.has_figures() and of not in asked])


def _tells_apart(column: Column, name: Column) -> bool:
    """Whether a column has more words than there are names, repeated if its head is unknown."""
    texts, is_known = {*column.texts}, "thing" in column.head.kinds
    is_free = not column.role and (is_known or not column.head.kinds) and not column.has_figures()
    comes_again = len(texts) < len(column.texts) or len(name.texts) >= len(column.texts)
    is_more = len({*name.texts}) < len(column.texts) and len(texts) > 1
    return is_free and is_more and (is_known or comes_again)
