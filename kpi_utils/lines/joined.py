"""Rows and columns that are one: rows with merged figures, and parts of a KPI in two columns."""

import re
from collections.abc import Mapping
from dataclasses import replace

from kpi_utils.cells.heads import FIGURES
from kpi_utils.cells.letters import plain
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.labels import AGE
from kpi_utils.lines.line import Line

# 活動に参加した and 市民の割合 are one name, as are 参加者数 and (延べ人数).
_GOES_ON = re.compile(r".*(?:[のをにがはへで、・くむうぶする]|[しれきいっん]た)\s[^\s・(（].*")
_BRACKET_BELOW = re.compile(r".*\s[(（](?!\W*\d+\W*$)[^()（）]+[)）]")


def as_one(rows: list[Line], kinds: Mapping[int, tuple[str, ...]]) -> list[Line]:
    """Rows, each joined with the row above where its name and all its figures are merged with it.

    The name may go on instead of being merged. ``kinds`` has what the head of each column can be.
    A row with a part or unit of its own stays a row.
    """
    judged = [col for col in kinds if {"name", "year", *FIGURES} & {*kinds[col]}]
    named = {col for col in judged if "name" in kinds[col]}
    apart = {"part", "thing", "unit", "published"}
    others = [col for col in kinds if apart & {*kinds[col]} and col not in judged]
    ones: list[Line] = []
    for row in rows:
        above = ones[-1] if ones else Line(0)
        filled = {col for col in judged if above.cell(col)}
        own = {col for col in [*judged, *others] if row.cell(col)}
        name = " ".join(f"{above.cell(col)} {row.cell(col)}" for col in named if own == named)
        goes_on = _GOES_ON.fullmatch(name) or _BRACKET_BELOW.fullmatch(name)
        is_merged = named < filled and filled - own <= {*row.merged} and bool(named)
        if is_merged and (goes_on or not own):
            wide = range(max(len(row.cells), len(above.cells)))
            texts = tuple(" ".join(filter(None, (above.cell(col), row.cell(col)))) for col in wide)
            ones[-1:] = [replace(above, cells=texts)]
        else:
            ones.append(row)
    return ones


def as_one_part(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with the words of two columns of parts, which had no heads, in one: 生徒 高校生."""
    at = next((col for col in range(len(headers)) if headers[col : col + 2] == ["内訳", ""]), -1)
    behind = [plain(row.cell(at + 1)) for row in rows if row.is_row]
    if at < 0 or any(is_figure(text) and not AGE.match(text) for text in behind):
        return rows
    parted = []
    for row in rows:
        words = [row.cell(col) or row.merged.get(col, "") for col in (at, at + 1)]
        cells = [*row.at(range(at)).cells, " ".join(filter(None, words)), "", *row.cells[at + 2 :]]
        merged = {col: text for col, text in row.merged.items() if col not in (at, at + 1)}
        parted.append(replace(row, cells=tuple(cells), merged=merged) if row.is_row else row)
    return parted
