"""What the readers of all formats hand on: a sheet's lines, each with the place where it stands.

A line is a row of a table (its cells) or a text (a title, a caption, a note, commentary). Text
files, workbooks and CSV files all become such lines, and one reader makes the frames of them.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.words import Message, message

__all__ = ["Line", "Remark", "from_grid", "from_text", "is_commentary", "is_head", "one_line"]

# What makes a row of cells the head of a table, and what may end one.
_HEAD = ("指標", "(?:当初|基準|現状)値", ".*目標", "達成[度率]", "No|№|番号")
_CAPTION = re.compile(r"\s*\(\d+\)")
# The caption of the commentary, which is of two things in either order: 評価及び課題等, 課題と成果.
_AND = "(?:結果)?等?(?:及び?|および|並びに|ならびに|と|[・/、,&])"
_COMMENTARY = re.compile(f"(?:評価|成果){_AND}課題|課題{_AND}(?:評価|成果)")
_BULLET = re.compile(r"\s*(?:[-*–—•]\s|[・※])")
# A line break within a text, and what stands on both its sides.
_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]")
_YEAR_END = re.compile(r"(?:\d{4}|元|\d{1,2})\s*年度?末?$")


@dataclass(frozen=True)
class Line:
    """A line of a sheet: ``cells`` of a table's row, or else ``text`` with its marks.

    ``number`` is that of the file's line or the worksheet's row, counted from 1; ``place`` is where
    the line stands in a file that has no such numbers (2頁 表1 5行), and ``numbers`` are those or
    the places of the cells where they have their own. ``heading``: marked as one. Of cells of a
    grid, by their index in ``cells``: ``merged`` has the text of the one above that a cell is
    merged with, ``exact`` the number where the cell shows it rounded, ``formulas`` the formula
    where its result is not in the file.
    """

    number: int
    text: str = ""
    cells: tuple[str, ...] = ()
    heading: bool = False
    place: str = ""
    numbers: tuple[int | str, ...] = ()
    merged: Mapping[int, str] = field(default_factory=dict)
    exact: Mapping[int, str] = field(default_factory=dict)
    formulas: Mapping[int, str] = field(default_factory=dict)

    @property
    def position(self) -> int | str:
        """Where the line stands: its place, or else its number."""
        return self.place or self.number

    def position_of(self, index: int) -> int | str:
        """Where the cell of an index in ``cells`` stands."""
        return self.numbers[index] if index < len(self.numbers) else self.position

    def as_text(self) -> str:
        """All of the line as one text."""
        return "｜".join(self.cells) if self.cells else self.text


class Remark(NamedTuple):
    """What a reader has to say of a file that it could read: a finding's code, place and text.

    ``exact`` is the number of a cell that shows it rounded, a file's encoding, a character's code
    point, or the date of an actual within its year. ``source`` is the file that it is about where
    that is not the sheet's, and ``says`` the key of its message where that is not the code.
    ``number`` is that of its line, or its place where it has one. ``place`` is the cell, row or
    column that is not read, or the kind of place of a text outside of the cells.
    """

    code: str
    number: int | str
    text: str
    listing: tuple[int, int] | None = None
    exact: str = ""
    source: str = ""
    says: str = ""
    place: str = ""

    @property
    def message(self) -> Message:
        """The remark in words."""
        return message(f"remark.{self.says or self.code}", **self._asdict())


def from_text(content: str) -> list[Line]:
    r"""The lines of a published text: tables with tabs, or as Markdown has them.

    >>> [line.cells or line.text for line in from_text("## 表題\nNo\t指標名\n| 1 | 件数 |")]
    ['## 表題', ('No', '指標名'), ('1', '件数')]
    """
    lines = []
    for number, line in enumerate(re.split(r"\r*\n|\r", content), 1):
        shown = line.strip()
        if not shown:
            continue
        cells: list[str] = []
        if shown.startswith("|"):
            # The bar that ends a row may be missing.
            row = shown[1:-1] if shown.endswith("|") and not shown.endswith("\\|") else shown[1:]
            if "-" in row and re.fullmatch(r"[\s|:-]*", row):
                continue
            cells = [part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", row)]
            # Bold is Markdown's, and no note's mark.
            cells = [re.sub(r"\*\*(.+?)\*\*", r"\1", cell) for cell in cells]
            cells = [one_line(re.sub(r"<br\s*/?>", "\n", cell)) for cell in cells]
        elif "\t" in line:
            cells = [cell.strip() for cell in line.split("\t")]
        lines.append(Line(number, line, tuple(cells), heading=line.startswith("#")))
    return lines


def one_line(text: str) -> str:
    r"""A cell's text without line breaks: between two full-width characters they are nothing.

    Elsewhere, beside a digit of any width and behind a year, a line break parts as a space does.

    >>> one_line("2020年度\n32.1 %"), one_line("参加した\n市民の割合"), one_line("2023年\n上昇")
    ('2020年度 32.1 %', '参加した市民の割合', '2023年 上昇')
    >>> one_line("２０２２年度\n４\n５箇所")
    '２０２２年度 ４ ５箇所'
    """
    first, *parts = [part.strip() for part in _BREAK.split(text) if part.strip()] or [""]
    joined, end = [first], first[-9:]
    for part in parts:
        close = _is_wide(end[-1]) and _is_wide(part[0])
        space = "" if close and not _YEAR_END.search(plain(end)) else " "
        joined += [space, part]
        end = f"{end}{space}{part}"[-9:]
    return "".join(joined)


def from_grid(grid: list[Line]) -> list[Line]:
    """Rows of cells (no blank ones), as a worksheet or a CSV file has them, -> lines.

    A table begins at a head with 指標名 and ends at the next caption. Its columns are those that
    have a head; a head may take several rows. Elsewhere a row is text; in the commentary each of
    its cells is one, those at the margin as headings.
    """
    lines: list[Line] = []
    begins = [_begins(grid, index) for index in range(len(grid))]
    comments = [is_commentary(row) for row in grid]
    index = 0
    while index < len(grid):
        row, end, comment = grid[index], index + 1, comments[index]
        if comment or is_head(row):
            while end < len(grid) and (not begins[end] or (comment and comments[end])):
                end += 1
            lines += (_commentary if comment else _table)(grid[index:end])
        else:
            heading = not lines or begins[index]
            lines.append(Line(row.number, _text(row), heading=heading, place=row.place))
        index = end
    return lines


def _begins(grid: list[Line], index: int) -> bool:
    """Whether something new begins at a row: a head, the commentary, or the caption of a table."""
    row = grid[index]
    follows = index + 1 < len(grid) and is_head(grid[index + 1])
    caption = _CAPTION.match(plain(_text(row)))
    return is_head(row) or is_commentary(row) or bool(follows and caption)


def is_head(row: Line) -> bool:
    """Whether a row of cells is the head of a table."""
    cells = [squeezed(cell) for cell in row.cells]
    # One of them alone may stand in the name of a KPI, too.
    parts = [part for part in _HEAD if any(re.match(part, cell) for cell in cells)]
    return _HEAD[0] in parts and len(parts) > 2


def is_commentary(line: Line) -> bool:
    """Whether a text, or a row of one cell, is the caption of the commentary, however spelt.

    >>> [is_commentary(Line(1, text)) for text in ("（3）課題　及び　評価", "・評価と課題")]
    [True, False]
    """
    text = _text(line) or line.text
    # With a full stop it is a sentence.
    one = len(_filled(line)) < 2 and "。" not in text and not _BULLET.match(plain(text))
    return one and bool(_COMMENTARY.search(squeezed(text)))


def _table(part: list[Line]) -> list[Line]:
    """A table's lines: its head as one, its rows with the cells of its columns, and notes."""
    # Under a column's head that takes two rows, No and name are merged with those above.
    above = [squeezed(cell) for cell in part[0].cells]
    leading = [column for column, head in enumerate(above) if re.match("No|番号|指標", head)]
    deep = 1
    while deep < len(part) and len(_filled(part[deep])) > 1:
        if any(_cell(part[deep], column) for column in leading):
            break
        deep += 1
    heads = part[:deep]
    width = max(len(head.cells) for head in heads)
    columns = [column for column in range(width) if any(_cell(head, column) for head in heads)]
    cells = tuple(_head(heads, column) for column in columns)
    lines = [Line(heads[0].number, cells=cells, place=heads[0].place)]
    # The name of an initiative stands once for its rows; a merged value stands for each of its own.
    once = {column for column in columns if squeezed(_head(heads, column)).startswith("取組")}
    for row in part[deep:]:
        cells = [
            cell or ("" if column in once else row.merged.get(column, ""))
            for column, cell in enumerate(row.cells)
        ]
        row = replace(row, cells=tuple(cells))
        filled = _filled(row)
        if len(filled) > 1 or (filled == columns[:1] and _text(row).isdecimal()):
            lines.append(_row(row, columns))
        else:
            lines.append(Line(row.number, _text(row), place=row.place))
    return lines


def _head(heads: list[Line], column: int) -> str:
    """A column's head from its parts; one that is merged across stands for all below it."""
    parts: list[str] = []
    for level, head in enumerate(heads):
        part = _cell(head, column)
        if not part and any(_cell(below, column) for below in heads[level + 1 :]):
            part = next((cell for cell in reversed(head.cells[:column]) if cell), "")
        if part and part not in parts:
            parts.append(part)
    return " ".join(parts)


def _row(row: Line, columns: list[int]) -> Line:
    """A row with the cells of the table's columns, and behind them what stands beside those."""
    kept = [*columns, *(column for column in _filled(row) if column not in columns)]

    def moved(facts: Mapping[int, str]) -> dict[int, str]:
        return {kept.index(column): fact for column, fact in facts.items() if column in kept}

    cells = tuple(_cell(row, column) for column in kept)
    numbers = tuple(row.numbers[column] for column in kept if column < len(row.numbers))
    moved_facts = {"exact": moved(row.exact), "formulas": moved(row.formulas)}
    return Line(row.number, cells=cells, place=row.place, numbers=numbers, **moved_facts)


def _commentary(part: list[Line]) -> list[Line]:
    """The commentary's caption, then its texts: at the margin headings, further in paragraphs.

    Where all stand in one column, only their words tell headings from paragraphs.
    """
    caption, *rows = part
    margins = {column for row in rows for column in _filled(row)}
    lines = [Line(caption.number, _text(caption), place=caption.place)]
    for row in rows:
        for column in _filled(row):
            mark = "- " if column == min(margins) else "  - "
            text = row.cells[column]
            text = text if len(margins) == 1 else mark + text
            lines.append(Line(row.number, text, place=row.place))
    return lines


def _filled(row: Line) -> list[int]:
    return [column for column, cell in enumerate(row.cells) if cell]


def _text(row: Line) -> str:
    return "　".join(cell for cell in row.cells if cell)


def _cell(row: Line, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""


def _is_wide(character: str) -> bool:
    """Whether a character is full width and no digit."""
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return wide and not plain(character).isdigit()
