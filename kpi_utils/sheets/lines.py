"""What the readers of all formats hand on: a sheet's lines, each with the place where it stands.

A line is a row of a table (its cells) or a text (a title, a caption, a note, commentary). Files of
all formats become such lines, and one reader makes the frames of them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kpi_utils.cells.letters import plain
from kpi_utils.words import JAPANESE, Message, Words, message

# A line break within a text, and what stands on both its sides.
_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]")
_YEAR_END = re.compile(r"(?:\d{4}|元|\d{1,2})\s*年度?末?$")
# The signs in a place.
_KEYS = {"頁": "page", "表": "table", "行": "row", "列": "column"}


@dataclass(frozen=True)
class Line:
    """A line of a sheet: ``cells`` of a table's row, or else ``text`` with its marks.

    ``number`` is that of the file's line or the worksheet's row, counted from 1; ``place`` is where
    the line stands in a file that has no such numbers (2頁 表1 5行), and ``numbers`` are those or
    the places of the cells where they have their own. ``heading``: marked as one. Of cells of a
    grid, by their index in ``cells``: ``merged`` has the text of the one above that a cell is
    merged with, ``across`` that of the one on its left, ``exact`` the number where the cell shows
    it rounded, ``formulas`` the formula where its result is not in the file.
    ``head``: the heads of a table, one for each column of its rows; ``declared``: a row of heads of
    which plan.toml says what they are. ``group`` is a text that stands between the rows of a table,
    over this one.
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
        """Where the cell of an index in ``cells`` stands."""
        return self.numbers[index] if index < len(self.numbers) else self.position

    def at(self, columns: Sequence[int]) -> "Line":
        """The line with the cells of some columns only, in their order."""
        merged, across, exact, formulas = (
            {at: facts[of] for at, of in enumerate(columns) if of in facts}
            for facts in (self.merged, self.across, self.exact, self.formulas)
        )
        cells = tuple(map(self.cell, columns))
        numbers = tuple(map(self.position_of, columns)) if self.numbers else ()
        line = replace(self, cells=cells, numbers=numbers, across=across)
        return replace(line, merged=merged, exact=exact, formulas=formulas)

    def as_text(self) -> str:
        """All of the line as one text."""
        return "｜".join(self.cells) if self.cells else self.text

    def cell(self, index: int) -> str:
        """The cell of a column; blank where the line ends before it."""
        return self.cells[index] if index < len(self.cells) else ""

    def filled(self) -> list[int]:
        """The columns that hold something."""
        return [index for index, cell in enumerate(self.cells) if cell]

    @property
    def texts(self) -> list[str]:
        """What its cells hold, without the blank ones."""
        return [cell for cell in self.cells if cell]

    @property
    def is_row(self) -> bool:
        """Whether several of its cells hold something, so that it may be a row of a table."""
        return len(self.texts) > 1

    @property
    def first(self) -> str:
        """The first cell that holds something; blank where none does."""
        return next(filter(None, self.cells), "")

    def run_on(self) -> str:
        """Its cells, or its text, as a text that is no row of a table."""
        return "　".join(self.texts) if self.cells else self.text


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
    >>> one_line("２０２２年度\n４\n５箇所"), one_line("2022年\n度 5 件"), one_line("9 t-\nCO2")
    ('２０２２年度 ４ ５箇所', '2022年度 5 件', '9 t-CO2')
    """
    if not _BREAK.search(text):
        return text.strip()
    joined, *parts = [part.strip() for part in _BREAK.split(text) if part.strip()] or [""]
    for part in parts:
        is_word = re.search("[A-Za-z]-$", joined) and part[0].isalpha()
        close = is_word or (is_wide(joined[-1]) and is_wide(part[0]))
        ended = _YEAR_END.search(plain(joined[-9:])) and not part.startswith("度")
        space = "" if close and not ended else " "
        joined += f"{space}{part}"
    return joined


def is_wide(character: str) -> bool:
    """Whether a character is full width and no digit."""
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return wide and not plain(character).isdigit()


def line_of(source: str) -> str:
    """The line in the source of a row or cell; in a PDF its place, of worksheets with the name.

    >>> line_of("data/kumamoto/2022.txt:9"), line_of("data/kumamoto/2022.pdf:1頁 表1 2行 4列")
    ('9', '1頁 表1 2行 4列')
    """
    return source.rsplit(":", 1)[1]


def row_of(line: str) -> str:
    """The row of a cell's place in a PDF; a line as it is.

    >>> row_of("1頁 表1 2行 4列"), row_of("9")
    ('1頁 表1 2行', '9')
    """
    return re.sub(r" \d+列$", "", line)


def line_in_words(source: str, words: Words = JAPANESE) -> str:
    """The line, or place, in a source as sentences name it.

    >>> line_in_words("2022.txt:9"), line_in_words("2022.pdf:1頁 3行", Words("en"))
    ('9行目', 'page 1, line 3')
    >>> line_in_words("2022.xlsx:しごと!9")
    'しごと 9行目'
    """
    worksheet, _, line = line_of(source).rpartition("!")
    if worksheet:
        said = line_in_words(f":{line}", words)
        return worksheet + words.say("place.between") + said
    if line.isdecimal():
        return words.say("line", line=line)
    keys = _KEYS if "表" in line else _KEYS | {"行": "text"}
    numbers = {re.sub(r"\d", "", part): re.sub(r"\D", "", part) for part in line.split()}
    parts = [words.say(f"place.{keys[sign]}", n=number) for sign, number in numbers.items()]
    return words.say("place.between").join(parts)


def line_label(source: str, words: Words) -> str:
    """The line, or place, in a source as a column of them has it.

    >>> line_label("2022.txt:9", JAPANESE), line_label("2022.pdf:1頁 表1 2行", JAPANESE)
    ('9', '1頁 表1 2行')
    """
    line = line_of(source)
    return line if line.isdecimal() else line_in_words(source, words)


def place(source: str, words: Words = JAPANESE) -> str:
    """A source as messages name it.

    >>> place("data/kumamoto/2022.txt:9"), place("data/kumamoto/2022.pdf:1頁 表1 2行 4列")
    ('data/kumamoto/2022.txt 9行目', 'data/kumamoto/2022.pdf 1頁 表1 2行 4列')
    """
    file = source.rpartition(":")[0]
    return words.say("place.in_file", file=file, line=line_in_words(source, words))
