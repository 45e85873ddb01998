"""A worksheet -> rows of cells as it shows them, and remarks on what it does not show."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from openpyxl.utils import get_column_letter

from kpi_utils.sheets.lines import Line, Remark
from kpi_utils.sheets.workbook_parts import Shown

# More than any sheet has: of rows that hold something, alone and times the columns.
MOST_ROWS, MOST_CELLS = 20_000, 2_000_000
# How much of a text that is not read is quoted.
_QUOTED = 80
# The first column and row of merged cells, and the last ones.
Area = tuple[int, int, int, int]


class Worksheet:
    """A worksheet: what its cells show, by row and column counted from 1, and remarks on the rest.

    Only cells that hold something are kept, however far the worksheet reaches, and none where it
    ``is_hidden`` or beyond what any sheet has.
    """

    def __init__(self, name: str, is_hidden: bool = False):
        self.name, self.is_hidden = name, is_hidden
        self.rows: dict[int, dict[int, Shown]] = {}
        self.above: dict[int, dict[int, Shown]] = {}
        self.remarks: list[Remark] = []
        self.hidden: set[int] = set()
        self.size = 0

    def columns(self) -> list[int]:
        """The columns that hold something."""
        return sorted({column for row in self.rows.values() for column in row})

    @property
    def is_too_large(self) -> bool:
        """Whether it holds more than any sheet does."""
        rows = len(self.rows)
        return rows > MOST_ROWS or max(self.size, rows * len(self.columns())) > MOST_CELLS

    def in_full(self) -> "Worksheet":
        """The worksheet with its numbers, where only its texts have been read so far."""
        return self

    def put(self, number: int, cells: dict[int, Shown]) -> None:
        """Keep a row's cells, by their columns."""
        if cells and len(self.rows) <= MOST_ROWS and self.size <= MOST_CELLS:
            self.rows.setdefault(number, {}).update(cells)
            self.size += len(cells)

    def merge(self, areas: list[Area]) -> None:
        """Of merged cells keep the first one; it stands for those below it, too."""
        numbers = sorted(self.rows)
        for left, top, right, bottom in areas:
            first = self.rows.get(top, {}).get(left)
            for number in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
                for column in [column for column in self.rows[number] if left <= column <= right]:
                    if (number, column) != (top, left):
                        del self.rows[number][column]
                if first and number > top:
                    self.above.setdefault(number, {})[left] = first

    def hide_columns(self, hidden: list[range], areas: list[Area]) -> None:
        """Leave out the cells of hidden columns, but those that are merged with a shown one."""

        def is_hidden(column: int) -> bool:
            return any(column in part for part in hidden)

        wide = {(top, left) for left, top, right, _ in areas if not is_hidden(right)}
        for column in filter(is_hidden, self.columns()):
            rows = [n for n, row in self.rows.items() if column in row and (n, column) not in wide]
            texts = [self.rows[row].pop(column).text for row in rows]
            if any(texts):
                text = "｜".join(filter(None, texts))
                self._remark("hidden-column", rows[0], text, get_column_letter(column))

    def tell(self, struck_areas: Iterable[str], around: Iterable[tuple[str, str]]) -> None:
        """Remark on rules that may strike texts out, and on texts outside of the cells by kind."""
        for area in struck_areas:
            row = int(re.findall(r"\d+|$", area)[0] or 1)
            self._remark("rule-strikes", row=row, text=area, place=area)
        texts = (shown.text for row in self.rows.values() for shown in row.values())
        in_cells, outside_texts = self.name + "".join(texts), defaultdict(list)
        for kind, text in around:
            if any(word not in in_cells for word in text.split()):
                outside_texts[kind].append(text)
        for kind, parts in outside_texts.items():
            self._remark("text-outside-cells", 1, " ".join(parts).strip(), kind)

    def _remark(self, code: str, row: int, text: str, place: str) -> None:
        quoted = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
        self.remarks.append(Remark(code, row, quoted, place=place))

    @cached_property
    def grid(self) -> list[Line]:
        """The rows that are shown, with merged cells filled downwards; remarks on the rest.

        The worksheet itself keeps none of its cells.
        """
        columns, grid, numbers = self.columns(), [], sorted(self.rows)
        for number, following in zip(numbers, [*numbers[1:], 0], strict=False):
            line = self._line(number, columns)
            text = "｜".join(filter(None, line.cells))
            row, below = self.rows[number], self.above.get(following, {})
            left = [
                (column, *of) for column, cell in sorted(row.items()) for of in cell.left.items()
            ]
            # What stands for rows below, too, is not this row's; a number alone is no row.
            shared = [column for column in row if below.get(column) is row[column]]
            columns_of_row = sorted({*row} - {*shared})
            texts = [row[column].text for column in columns_of_row if row[column].text]
            is_left_out = bool(left) and not texts[1:] and (not texts or texts[0].isdecimal())
            if number in self.hidden or is_left_out:
                shown = {column: below.pop(column) for column in shared}
                self.rows.get(following, {}).update(shown)
            if number in self.hidden:
                if text:
                    self._remark("hidden-row", number, text, f"{number}:{number}")
            elif is_left_out:
                unread = "｜".join(part for _, _, part in left)
                self._remark(left[0][1], number, unread, f"{number}:{number}")
            else:
                for column, code, part in left:
                    self._remark(code, number, part, f"{get_column_letter(column)}{number}")
                grid += [line] if text or line.formulas else []
        # Many worksheets would be in memory twice.
        self.rows, self.above = {}, {}
        return grid

    def _line(self, number: int, columns: list[int]) -> Line:
        """A row with its cells, and with what those above it show that it is merged with."""
        row, above = self.rows[number], self.above.get(number, {})
        shown = row | above
        cells = {index: shown[column] for index, column in enumerate(columns) if column in shown}
        return Line(
            number,
            cells=tuple(row[column].text if column in row else "" for column in columns),
            merged={index: cell.text for index, cell in cells.items() if columns[index] in above},
            exact={index: cell.exact for index, cell in cells.items() if cell.exact},
            formulas={index: cell.formula for index, cell in cells.items() if cell.formula},
        )
