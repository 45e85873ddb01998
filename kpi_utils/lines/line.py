"""The lines of a sheet, each with its place: what a file of any format is turned into.

A line is a row of a table (its cells) or a text (a title, a caption, a note, commentary). Each
format has a reader that makes such lines; one reader, common to all, makes frames from them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kpi_utils.cells.letters import plain
from kpi_utils.words import JAPANESE, Message, Words, message

# The characters that break a line, and a year at the end of the text before a break.
_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]")
_YEAR_END = re.compile(r"(?:\d{4}|元|\d{1,2})\s*年度?末?$")
# The signs in a place (2頁 表1 5行), and the keys of their messages.
_KEYS = {"頁": "page", "表": "table", "行": "row", "列": "column"}


@dataclass(frozen=True)
class Line:
    """A line of a sheet: either the ``cells`` of a row, or a ``text`` with its marks (##, -).

    ``number`` counts the lines of the file, or the rows of the worksheet, from 1; ``place`` says
    where the line stands in a file without such numbers (2頁 表1 5行); ``numbers`` has the number
    or place of each cell, where cells have their own. ``heading``: the line is marked as a heading.
    By a cell's index in ``cells``, ``merged`` has the text of the cell above that this cell is
    merged with, ``across`` that of the cell on its left, ``exact`` the number where the cell shows
    it rounded, ``formulas`` the formula where its result is not in the file. ``head``: the line has
    the heads of a table, one a column; ``declared``: it has heads that plan.toml declares.
    ``group`` is a text between the rows of a table, above this row.
    """

    number: int
    text: str = ""
    cells: tuple[str, ...] = ()
    heading: bool = False
    place: str = ""
    numbers: tuple[int | str, ...] = ()
    merged: Mapping[int, str] = field(default_factory=dict)
    across: Mapping[int, str] = field(default_factory=dict)
    exact: Mapping[int, str] = field(default_factory=dict)
    formulas: Mapping[int, str] = field(default_factory=dict)
    head: bool = False
    declared: bool = False
    group: str = ""

    @property
    def position(self) -> int | str:
        """Where the line stands: its place, or else its number."""
        return self.place or self.number

    def position_of(self, index: int) -> int | str:
        """Where the cell with this index in ``cells`` stands."""
        return self.numbers[index] if index < len(self.numbers) else self.position

    def at(self, columns: Sequence[int]) -> "Line":
        """The line with the cells of these columns only, in the order of ``columns``."""
        merged, across, exact, formulas = (
            {index: by_column[col] for index, col in enumerate(columns) if col in by_column}
            for by_column in (self.merged, self.across, self.exact, self.formulas)
        )
        cells = tuple(map(self.cell, columns))
        numbers = tuple(map(self.position_of, columns)) if self.numbers else ()
        line = replace(self, cells=cells, numbers=numbers, across=across)
        return replace(line, merged=merged, exact=exact, formulas=formulas)

    def as_text(self) -> str:
        """All of the line as one text, with a bar between cells, blank ones included."""
        return "｜".join(self.cells) if self.cells else self.text

    def cell(self, index: int) -> str:
        """The cell of a column; blank where the line ends before it."""
        return self.cells[index] if index < len(self.cells) else ""

    def filled(self) -> list[int]:
        """The indices of the cells that are not blank."""
        return [index for index, cell in enumerate(self.cells) if cell]

    @property
    def texts(self) -> list[str]:
        """The texts of the cells that are not blank."""
        return [cell for cell in self.cells if cell]

    @property
    def is_row(self) -> bool:
        """Whether it can be a row of a table: more than one of its cells is not blank."""
        return len(self.texts) > 1

    @property
    def first(self) -> str:
        """The text of the first cell that is not blank; "" where all are blank."""
        return next(filter(None, self.cells), "")

    def run_on(self) -> str:
        """All of the line as running text: its cells that are not blank, with spaces between."""
        return "　".join(self.texts) if self.cells else self.text


class Remark(NamedTuple):
    """What a reader remarks on a file that it could read: the code of a finding, place and text.

    ``number`` is the number or the place of the line. ``exact`` is the number that a cell shows
    rounded, a file's encoding, a character's code point, or the date of an actual within its year.
    ``source`` is the file that the remark is about, if that is not the sheet; ``says`` the key of
    the message, if that is not ``code``. ``place`` is the cell, row or column that is not read, or
    for a text outside of the cells the kind of its place (comment, drawing, margin).
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
    r"""The lines of a text file: its tables have tabs between cells, or bars as in Markdown.

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
            # The asterisks of bold text are no marks of notes.
            cells = [re.sub(r"\*\*(.+?)\*\*", r"\1", cell) for cell in cells]
            cells = [one_line(re.sub(r"<br\s*/?>", "\n", cell)) for cell in cells]
        elif "\t" in line:
            cells = [cell.strip() for cell in line.split("\t")]
        lines.append(Line(number, line, tuple(cells), heading=line.startswith("#")))
    return lines


def one_line(text: str) -> str:
    r"""A cell's text on one line: a line break between two full-width characters is left out.

    Any other line break becomes a space, and so does one beside a digit or behind a year, but not
    one within a date.

    >>> one_line("2020年度\n32.1 %"), one_line("参加した\n市民の割合"), one_line("2023年\n上昇")
    ('2020年度 32.1 %', '参加した市民の割合', '2023年 上昇')
    >>> one_line("２０２２年度\n４\n５箇所"), one_line("2022年4\n月 5 件"), one_line("9 t-\nCO2")
    ('２０２２年度 ４ ５箇所', '2022年4月 5 件', '9 t-CO2')
    """
    if not _BREAK.search(text):
        return text.strip()
    joined, *parts = [part.strip() for part in _BREAK.split(text) if part.strip()] or [""]
    for part in parts:
        is_word = re.search("[A-Za-z]-$", joined) and part[0].isalpha()
        end = plain(joined[-9:])
        is_date = re.search(r"[年月]\d{1,2}$", end) and re.match("[月日]", plain(part))
        is_joined = is_word or is_date or (is_wide(joined[-1]) and is_wide(part[0]))
        ended = _YEAR_END.search(end) and not part.startswith("度")
        space = "" if is_joined and not ended else " "
        joined += f"{space}{part}"
    return joined


def is_wide(character: str) -> bool:
    """Whether a character has full width and is not a digit."""
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return wide and not plain(character).isdigit()


def line_of(source: str) -> str:
    """The line or place at the end of a source; the worksheet's name is part of the place.

    >>> line_of("data/kumamoto/2022.txt:9"), line_of("data/kumamoto/2022.pdf:1頁 表1 2行 4列")
    ('9', '1頁 表1 2行 4列')
    """
    return source.rsplit(":", 1)[1]


def row_of(line: str) -> str:
    """The place of the row of a cell in a PDF; the number of a line is returned unchanged.

    >>> row_of("1頁 表1 2行 4列"), row_of("9")
    ('1頁 表1 2行', '9')
    """
    return re.sub(r" \d+列$", "", line)


def line_in_words(source: str, words: Words = JAPANESE) -> str:
    """The line or place at the end of a source, in words, for sentences.

    >>> line_in_words("2022.txt:9"), line_in_words("2022.pdf:1頁 3行", Words("en"))
    ('9行目', 'page 1, line 3')
    >>> line_in_words("2022.xlsx:しごと!9")
    'しごと 9行目'
    """
    worksheet, _, line = line_of(source).rpartition("!")
    if worksheet:
        in_words = line_in_words(f":{line}", words)
        return worksheet + words.say("place.between") + in_words
    if line.isdecimal():
        return words.say("line", line=line)
    keys = _KEYS if "表" in line else _KEYS | {"行": "text"}
    numbers = {re.sub(r"\d", "", part): re.sub(r"\D", "", part) for part in line.split()}
    parts = [words.say(f"place.{keys[sign]}", n=number) for sign, number in numbers.items()]
    return words.say("place.between").join(parts)


def line_label(source: str, words: Words) -> str:
    """The line or place at the end of a source, as a column of lines shows it.

    >>> line_label("2022.txt:9", JAPANESE), line_label("2022.pdf:1頁 表1 2行", JAPANESE)
    ('9', '1頁 表1 2行')
    """
    line = line_of(source)
    return line if line.isdecimal() else line_in_words(source, words)


def place(source: str, words: Words = JAPANESE) -> str:
    """A whole source, file and line, as messages name it.

    >>> place("data/kumamoto/2022.txt:9"), place("data/kumamoto/2022.pdf:1頁 表1 2行 4列")
    ('data/kumamoto/2022.txt 9行目', 'data/kumamoto/2022.pdf 1頁 表1 2行 4列')
    """
    file = source.rpartition(":")[0]
    return words.say("place.in_file", file=file, line=line_in_words(source, words))
