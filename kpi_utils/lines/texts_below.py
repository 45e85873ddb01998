"""Which rows below a table's heads are texts: notes, legends, and rows that number its columns."""

import re

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.lines.columns import is_figure, is_grade
from kpi_utils.lines.line import Line

_NOTE = re.compile(r"[※*]|\(?注|出典|資料[:;]")
_LETTERS = re.compile(r"[A-ZＡ-Ｚa-zａ-ｚ①-⑳()（）=＝＋+－−×＊*÷／/・%％\s]+(?:100)?")
# A goal's number (基本目標1), which has its text in the next cell.
GROUP = re.compile(r"\D{0,4}(?:目標|施策|政策|戦略|方針|柱|分野|[章節])[-.\dIVX]+|第\d+[章節]")


def is_note(row: Line) -> bool:
    """Whether a row is a text without figures: ※1, 出典, 総合評価, 課題 before a sentence."""
    filled = row.filled()
    first, *others = row.texts
    kinds = head_of(first).kinds
    is_word = bool({"grade", "next_step", "department"} & {*kinds})
    is_word |= len(first) < 8 and kinds == ("carried",)
    is_text = bool(_NOTE.match(plain(first))) or (is_word and len(others) < 3)
    is_pair = filled == [filled[0], filled[0] + 1]
    is_text |= is_pair and ("。" in others[0] or bool(GROUP.fullmatch(squeezed(first))))
    # Letters or numbers below the heads: (A), (B/A); 1, 2, 3.
    are_letters = all(map(_LETTERS.fullmatch, row.texts))
    are_letters |= [*map(squeezed, row.texts)] == [*map(str, range(1, len(row.texts) + 1))]
    return are_letters or (is_text and not any(map(is_figure, others)))


def legends(rows: list[Line], rated: list[int]) -> set[int]:
    """The numbers of the rows that say what a grade (◎) means, or count how many KPIs have it.

    The columns ``rated`` hold grades. If a row that begins with a grade has another form, or begins
    where no other row does, there is no legend: a mark may stand before the name of a KPI.
    """
    graded = [row for row in rows if is_grade(row.first)]
    begins = {row.filled()[0] for row in rows if row.filled() and row not in graded}
    for row in graded:
        column, *others = row.filled()
        are_counts = len(others) == 2 and all(is_figure(row.cells[col]) for col in others)
        if column not in begins or not (len(others) == 1 or are_counts):
            return set()
    has_grades = any(is_grade(row.cell(col)) for row in rows for col in rated)
    return {row.number for row in graded} if has_grades else set()
