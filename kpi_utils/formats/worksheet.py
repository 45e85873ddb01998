"""A worksheet of any format -> its rows of cells as they are shown, and remarks on the rest."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from kpi_utils.cells.number_format import text_as_shown
from kpi_utils.lines.line import Line, Remark, one_line

# More than any sheet has: the number of rows that are not blank, and that times the columns.
_MOST_ROWS, _MOST_CELLS = 20_000, 2_000_000
# The number of letters that are quoted of a text that is not read.
_QUOTED = 80
BLACK, WHITE = "000000", "FFFFFF"
_DIGITS = "0123456789０１２３４５６７８９"
RAISED = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹" * 2)
_LEVELS = {"superscript": RAISED, "subscript": str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉" * 2)}
# What in a header or footer only numbers the pages.
_PAGES = re.compile(r"(?:ページ|頁|page|of|[\W\d_])*", re.IGNORECASE)
# The first column and row of merged cells, and their last column and row.
Area = tuple[int, int, int, int]


class Look(NamedTuple):
    """How a text and its cell look.

    ``colour``, and ``fill`` for the colour behind the text, are RGB or the place of a colour in the
    theme; ``fill`` is blank where several colours lie there. ``level`` is superscript or subscript
    for such a part of a text, and blank for a whole cell.
    """

    number_format: str = "General"
    struck: bool = False
    level: str = ""
    colour: str = BLACK
    fill: str = WHITE

    @property
    def unseen(self) -> str:
        """Why a text is not read: it is struck out, or has the colour of its fill. Else blank."""
        if self.struck:
            return "struck-out"
        return "hidden-text" if self.colour == self.fill else ""


class Shown(NamedTuple):
    """What a cell shows: a text; the exact number if that is rounded; a formula without a result.

    ``unread`` has the parts of its text that are not read, by the code of the remark on them.
    """

    text: str = ""
    exact: str = ""
    formula: str = ""
    unread: Mapping[str, str] = MappingProxyType({})


# A part of a text, and how it looks.
Run = tuple[str, Look]


def text_shown(runs: list[Run], number_format: str = "General") -> Shown:
    """What a cell with a text shows; digits off the line become ² or ₂, so no number has them."""
    texts = {"": ""}
    for text, look in runs:
        shown = text.translate(_LEVELS.get(look.level, {}))
        texts[look.unseen] = texts.get(look.unseen, "") + shown
    written = texts.pop("")
    shown = text_as_shown(written, number_format) if written else ""
    if not shown.strip():
        texts["hidden-text"] = texts.get("hidden-text", "") + written
    unread = {code: one_line(text) for code, text in texts.items() if text.strip()}
    return Shown(one_line(shown), unread=unread)


@dataclass
class Worksheet:
    """What a worksheet's cells show, by row and column counted from 1, and what stands around them.

    Only cells that are not blank are kept: none if the worksheet ``is_hidden``, none after those
    that make it too large. ``striking`` has the areas where a rule may leave texts out (strike
    them, say); ``around`` has the texts outside of the cells, each after the kind of its place.
    """

    name: str
    is_hidden: bool = False
    rows: dict[int, dict[int, Shown]] = field(default_factory=dict)
    columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[range] = field(default_factory=list)
    striking: list[str] = field(default_factory=list)
    around: list[tuple[str, str]] = field(default_factory=list)

    def put(self, row: int, column: int, shown: Shown) -> None:
        """Keep a cell that is not blank."""
        if any(shown) and not self.is_too_large:
            self.rows.setdefault(row, {})[column] = shown
            self.columns.add(column)

    def hides(self, column: int) -> bool:
        """Whether a column is hidden."""
        return any(column in columns for columns in self.hidden_columns)

    @property
    def is_too_large(self) -> bool:
        """Whether the worksheet has more cells than any sheet; then no more of them are kept."""
        rows = len(self.rows)
        return rows > _MOST_ROWS or rows * len(self.columns) > _MOST_CELLS


def grid_of(sheet: Worksheet) -> tuple[list[Line], list[Remark]]:
    """The rows that a worksheet shows, each with what merged cells show in it; and remarks."""
    above = _merge(sheet)
    remarks = [*_hide_columns(sheet), *_outside(sheet)]
    columns = sorted({column for row in sheet.rows.values() for column in row})
    wide = defaultdict(list)
    for begin, top, end, _ in sheet.merged:
        wide[top].append((begin, end))
    grid = []
    numbers = sorted(sheet.rows)
    for number, following in zip(numbers, [*numbers, 0][1:], strict=True):
        row = sheet.rows[number]
        below = above[following]
        # A cell merged with rows below is theirs; a row of which only a number stays is left out.
        shared = {column for column in row if below.get(column) is row[column]}
        own = [row[column].text for column in {*row} - shared if row[column].text]
        unread = [(column, *item) for column in sorted(row) for item in row[column].unread.items()]
        is_left_out = bool(unread) and len(own) < 2 and all(map(str.isdecimal, own))
        if number in sheet.hidden_rows or is_left_out:
            sheet.rows.get(following, {}).update({column: below.pop(column) for column in shared})
            code = "hidden-row" if number in sheet.hidden_rows else unread[0][1]
            texts = [row[column].text for column in sorted(row)]
            texts = texts if number in sheet.hidden_rows else [text for _, _, text in unread]
            if any(texts):
                remarks.append(_remark(code, number, texts, f"{number}:{number}"))
            continue
        for column, code, text in unread:
            remarks.append(_remark(code, number, [text], f"{get_column_letter(column)}{number}"))
        line = _line(number, row, above[number], columns)
        across = {
            of: row[begin].text
            for begin, end in wide[number]
            if begin in row
            for of in range(bisect_right(columns, begin), bisect_right(columns, end))
        }
        line = replace(line, across=across) if across else line
        grid += [line] if any(line.cells) or line.formulas else []
    return grid, remarks


def _line(number: int, row: dict[int, Shown], above: dict[int, Shown], columns: list[int]) -> Line:
    """The line of a row, with its cells and with the cells ``above`` that it is merged with."""
    shown = row | above
    cells = {index: shown[column] for index, column in enumerate(columns) if column in shown}
    return Line(
        number,
        cells=tuple(row[column].text if column in row else "" for column in columns),
        merged={index: cell.text for index, cell in cells.items() if columns[index] in above},
        exact={index: cell.exact for index, cell in cells.items() if cell.exact},
        formulas={index: cell.formula for index, cell in cells.items() if cell.formula},
    )


def _remark(code: str, row: int, texts: list[str], place: str) -> Remark:
    text = "｜".join(filter(None, texts))
    quoted = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
    return Remark(code, row, quoted, place=place)


def _merge(sheet: Worksheet) -> defaultdict[int, dict[int, Shown]]:
    """Keep only the first of merged cells; return what it shows below, by row and column."""
    above: defaultdict[int, dict[int, Shown]] = defaultdict(dict)
    numbers = sorted(sheet.rows)
    for left, top, right, bottom in sheet.merged:
        first = sheet.rows.get(top, {}).get(left)
        is_hidden = sheet.hides(left) and sheet.hides(right)
        for number in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
            row = sheet.rows[number]
            for column in [column for column in row if left <= column <= right]:
                del row[column]
            if first and number > top and not is_hidden:
                above[number][left] = first
        if first:
            sheet.rows[top][left] = first
    return above


def _hide_columns(sheet: Worksheet) -> Iterator[Remark]:
    """Leave out, with remarks, the cells of hidden columns that are not merged into a shown one."""
    wide = {(top, left) for left, top, right, _ in sheet.merged if not sheet.hides(right)}
    for column in filter(sheet.hides, sorted(sheet.columns)):
        rows = [row for row in sorted(sheet.rows) if column in sheet.rows[row]]
        rows = [row for row in rows if (row, column) not in wide]
        texts = [sheet.rows[row].pop(column).text for row in rows]
        if any(texts):
            yield _remark("hidden-column", rows[0], texts, get_column_letter(column))


def _outside(sheet: Worksheet) -> Iterator[Remark]:
    """Remarks on rules that may leave texts out, and on texts outside of the cells."""
    for area in sheet.striking:
        row = int(re.findall(r"\d+|$", area)[0] or 1)
        yield _remark("rule-strikes", row, [area], area)
    texts = (shown.text for row in sheet.rows.values() for shown in row.values())
    in_cells = sheet.name + "".join(texts)
    outside = defaultdict(list)
    for kind, text in sheet.around:
        if kind == "margin":
            text = " ".join(word for word in text.split() if not _PAGES.fullmatch(word))
        if any(word not in in_cells for word in text.split()):
            outside[kind].append(text)
    for kind, parts in outside.items():
        yield _remark("text-outside-cells", 1, [" ".join(parts).strip()], kind)
