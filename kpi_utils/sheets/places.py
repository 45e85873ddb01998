"""Where something stands: a source is a file and, behind a colon, a line or a place in a PDF."""

import re

from kpi_utils.words import JAPANESE, Words

_KEYS = {"頁": "page", "表": "table", "行": "row", "列": "column"}


def line_of(source: str) -> str:
    """The line in the source of a row or cell; in a PDF its place.

    >>> line_of("data/kumamoto/2022.txt:9"), line_of("data/kumamoto/2022.pdf:1頁 表1 2行 4列")
    ('9', '1頁 表1 2行 4列')
    """
    return source.rsplit(":", 1)[1]


def row_of(line: str) -> str:
    """The row of a cell's place in a PDF; a line as it is."""
    return re.sub(r" \d+列$", "", line)


def line_in_words(source: str, words: Words = JAPANESE) -> str:
    """The line, or place, in a source as sentences name it.

    >>> line_in_words("2022.txt:9"), line_in_words("2022.pdf:1頁 3行", Words("en"))
    ('9行目', 'page 1, line 3')
    """
    line = line_of(source)
    if line.isdecimal():
        return words.say("line", line=line)
    keys = _KEYS if "表" in line else _KEYS | {"行": "text"}
    numbers = {re.sub(r"\d", "", part): re.sub(r"\D", "", part) for part in line.split()}
    parts = [words.say(f"place.{keys[sign]}", n=number) for sign, number in numbers.items()]
    return words.say("place.between").join(parts)


def line_label(source: str, words: Words) -> str:
    """The line, or place, in a source as a column of them has it."""
    line = line_of(source)
    return line if line.isdecimal() else line_in_words(source, words)


def place(source: str, words: Words = JAPANESE) -> str:
    """A source as messages name it."""
    file = source.rpartition(":")[0]
    return words.say("place.in_file", file=file, line=line_in_words(source, words))
