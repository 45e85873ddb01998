"""A table and its rows: what all cells of a row share, and the cells."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from kpi_utils.cells.grammar import says_no_value
from kpi_utils.cells.heads import head_of, year_said
from kpi_utils.cells.letters import WORDS, compiled, squeezed
from kpi_utils.cells.notation import BLANK, UNREADABLE, WORD, Cell, identity, label, read_cell
from kpi_utils.errors import mistake
from kpi_utils.lines.columns import is_grade
from kpi_utils.lines.line import Line, Remark

# Words for how far something has come, or how good it is: 未策定, 設置, 検討中, 良好, B.
_STATE = re.compile("[定置備施討手了始入設表結成築実完未済有無充開止良可中進]|なし|あり|[A-Z◎○△×]")
# A row with such a name and without a target is a summary, not a KPI.
_SUMMARY = re.compile("(?:指標|KPI)の?数|達成(?:した|済)|平均(?:達成|進捗)")

# What a column of directions says that no rule reads.
UNCLEAR = "unclear"
# What a column of years can say of its figures besides the year.
_OF_FIGURE = re.compile("累[計積]|平均|半[期年]|四半期|年間|見込|速報|暫定|推計")
# A remark (備考) that says only that the row is a relisting, maybe of which row: No.1の再掲.
_RELISTED = re.compile(r"(?:.*の|[\W\dA-Za-z]*)再掲[\W\d]*(?:\(.*\))?")


class TableCell(NamedTuple):
    """A cell of a table: where it stands, its text, and the figure in it, in the unit of its row.

    ``cell`` is None for a text that is not a figure, such as a name. ``column`` is the number of
    its column, from 1; None where the table has no column with this role.
    """

    role: str
    column_year: int | None
    raw: str
    source: str
    cell: Cell | None
    column: int | None


@dataclass
class Row:
    """A row of a table: what all of its cells share (``row`` in frames.toml), and the cells.

    ``kpi`` and ``address`` come from the name alone until ``told_apart`` sets them.
    """

    section: int
    no: int
    name: str
    initiative_raw: str
    initiative: str
    unit: str
    source: str
    cells: list[TableCell]
    no_raw: str
    sheet_direction: str
    department: str
    next_step: str
    part: str
    kpi: str = field(init=False)
    address: str = field(init=False)
    label: str = field(init=False)
    goals: str = field(init=False)
    relisted: bool = field(init=False)

    def __post_init__(self):
        marks = re.findall(r"【([^】]*)】", self.name)
        self.kpi = self.address = identity(self.name)
        self.label = label(self.name)
        self.goals = ",".join(mark for mark in marks if squeezed(mark) != "再掲")
        notes = (squeezed(cell.raw) for cell in self.cells if cell.role == "carried")
        is_noted = any(map(_RELISTED.fullmatch, notes))
        self.relisted = is_noted or "再掲" in squeezed(self.name + self.no_raw)

    @property
    def listing(self) -> tuple[int, int]:
        """The table and the No. in it."""
        return self.section, self.no

    def figures(self, role: str) -> list[TableCell]:
        """The cells of a role."""
        return [cell for cell in self.cells if cell.role == role]


@dataclass
class Table:
    """A table as it was read.

    ``columns`` are records of ``frames.COLUMNS``, with the columns of a form, too. ``years`` maps
    the index of a column to the index of the column that says its year; ``unit`` is the caption's.
    ``numbers``: its rows have numbers (No.) of their own. ``problems`` are pairs of a line and the
    sentence about it, ``remarks`` pairs of a row's number and the remark on it.
    """

    section: int
    source: str
    columns: list[dict]
    unit: str = ""
    rows: list[Row] = field(default_factory=list)
    years: dict[int, int] = field(default_factory=dict)
    numbers: bool = False
    problems: list[tuple[Line, str]] = field(default_factory=list)
    remarks: list[tuple[int, Remark]] = field(default_factory=list)

    def problem(self, line: Line, key: str, **about) -> None:
        """Note what is wrong with a line, or with one of its cells: a sentence of errors.toml."""
        self.problems.append((line, mistake(key, section=self.section, **about)))


def label_and_name(text: str) -> tuple[str, str]:
    """The label before a name, and the name. A bullet is dropped: it is not a label, nor is ○○市.

    >>> label_and_name("(1)福祉施設入所者数"), label_and_name("○外出の頻度"), label_and_name("○○市")
    (('(1)', '福祉施設入所者数'), ('', '外出の頻度'), ('', '○○市'))
    """
    match = compiled("label_of_name").match(text)
    label, rest = (match[1], text[match.end() :]) if match else ("", text)
    return label, re.sub(r"^([○●◎◯・◆◇■□▪])(?!\1)\s*(?=\S)", "", rest)


def in_order_of_years(cells: list[TableCell]) -> list[TableCell]:
    """A row's cells; an actual loses its figure if an earlier column has a later year.

    One of the two years must be wrong, so it is not known which actual is the newest (method 1).
    """
    ordered, newest = list(cells), 0
    actuals = [of for of in enumerate(cells) if of[1].role == "actual"]
    for index, cell in sorted(actuals, key=lambda of: of[1].column_year or 0):
        if not cell.cell or cell.cell.value is None:
            continue
        year = cell.cell.year or cell.column_year or 0
        if year < newest:
            unread = replace(cell.cell, value=None, reason=UNREADABLE, cause="year-before")
            ordered[index] = cell._replace(cell=unread)
        newest = max(newest, year)
    return ordered


def with_parts(rows: list[Row]) -> list[Row]:
    """The rows; those with the same name get their part behind it: men, women, an area.

    Rows of one name right below each other get their unit instead: 時間/月, 人/月.
    """
    names = Counter(row.name for row in rows)
    by_unit = {
        row.name
        for above, row in pairwise(rows)
        if row.name == above.name and len({identity(row.unit), identity(above.unit), ""}) > 2
    }
    parts = [row.part or row.unit * (row.name in by_unit) for row in rows]
    return [
        replace(row, name=f"{row.name}（{part}）") if names[row.name] > 1 and part else row
        for row, part in zip(rows, parts, strict=True)
    ]


def is_no_kpi(by_role: Mapping[str, str], has_numbers: bool) -> bool:
    """Whether a row is not a KPI, because its words call it a sum of others or money spent.

    Or because it has no number, baseline or target, though other rows have numbers or its name is
    that of a summary: 達成した指標数.
    """
    words = [squeezed(by_role.get(role, "")) for role in ("no", "name", "initiative")]
    words = words[:2] if words[1] else words
    is_bare = not (words[0] or by_role.get("baseline") or by_role.get("target"))
    is_summary = is_bare and (has_numbers or bool(_SUMMARY.search(words[1])))
    return is_summary or any(map(compiled("sum_or_cost").fullmatch, words))


def heads_another(name: str, figures: list[str]) -> bool:
    """Whether a row belongs to another table or is its head: no name, or words for figures.

    >>> heads_another("地区名", ["人口", "世帯数"]), heads_another("R5", ["10人", "20人"])
    (True, True)
    >>> heads_another("評価区分", ["A", "B"])
    True
    >>> heads_another("計画の策定", ["未策定", "策定"]), heads_another("年度", ["10人", "20人"])
    (False, False)
    """
    kinds = head_of(name).kinds
    are_grades = "grade" in kinds and len(figures) > 1 and all(map(is_grade, figures))
    if kinds == ("year",) or squeezed(name).isdecimal() or are_grades:
        return True
    cells = [read_cell(text) for text in figures]
    if len(cells) < 2 or any(cell.reason not in (WORD, BLANK) for cell in cells):
        return False
    dated = {cell.year for cell in cells if cell.year and cell.reason == BLANK}
    words = [cell.text for cell in cells if cell.text]
    # 男, 女, 計: each cell has a different word, and no word says how far something has come.
    are_heads = len({*words}) == len(cells) and not _STATE.search("".join(words))
    are_heads &= max(map(len, words), default=0) < 7
    is_of_others = {"name", "thing"} & {*kinds} or compiled("names_of_others").fullmatch(
        squeezed(name)
    )
    return bool(words and (is_of_others or are_heads)) or len(dated) > 1


def entered(text: str, year: str, reason: str) -> str:
    """An actual as a form gives it: number, year and reason put together.

    >>> entered("2,600 十億円", "2021年度", ""), entered("", "2023年度", "集計中")
    ('2021年度 2,600 十億円', '集計中')
    """
    # A year typed as a bare number would be read as a figure.
    year += "年度" if year.isdecimal() else ""
    # A text that says its year was written by hand: it is kept as it is.
    is_plain = text and year and read_cell(text).year is None
    return f"{year} {text}" if is_plain else text or reason


def with_years(texts: list[str], years: Mapping[int, int]) -> list[str]:
    """The texts of a row, each with the year that a separate column says of it.

    ``years`` maps the index of a column to the index of the column that says its year.

    >>> with_years(["36.4%", "令和2", "40%以上", "R4～R6年度", "2人", "R4累計"], {0: 1, 2: 3, 4: 5})
    ['2020年度 36.4%', '令和2', '2024年度 40%以上', 'R4～R6年度', 'R4累計 2人', 'R4累計']
    """
    texts = list(texts)
    for of, index in years.items():
        year = year_said(texts[index])
        if year and texts[of] and read_cell(texts[of]).year is None:
            texts[of] = f"{texts[index] if _OF_FIGURE.search(texts[index]) else year} {texts[of]}"
    return texts


def way(text: str) -> str:
    """The direction that a cell says: increase, decrease, unclear; blank for none, or a level held.

    >>> [way(text) for text in ("増加を目指す", "ダウン", "減らさない", "増加抑制", "－", "維持")]
    ['increase', 'decrease', 'unclear', 'decrease', '', '']
    """
    plain = squeezed(text)
    if not plain or plain in WORDS["no_way"] or says_no_value(plain):
        return ""
    ways = [name for name, words in WORDS["ways"].items() if re.search(words, plain)]
    is_said = len(ways) == 1 and compiled("begins_way").match(plain)
    return WORDS["limits"].get(plain) or (ways[0] if is_said else UNCLEAR)


def way_in(name: str) -> str:
    """The part at the end of a KPI's name that says which way is better, or blank.

    >>> way_in("住宅の床面積（小さい方が望ましい）"), way_in("苦情件数⇩"), way_in("人口（減少）")
    ('小さい方が望ましい', '⇩', '')
    """
    said = compiled("way_in_name").search(squeezed(name))
    return said[0] if said else ""
