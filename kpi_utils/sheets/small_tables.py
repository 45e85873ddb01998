"""Small tables, one a KPI -> one table with a line a KPI."""

import re
from dataclasses import replace
from itertools import pairwise, takewhile

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.kpi_lines import Printed, Record, line_kind
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.stacks import as_lines, is_year, lines_for

# What stands over the name of a KPI in a small table of its own.
_LEADS = {"group", "thing", "department"}
_NO_NAME = compiled("no_name").search


def small_tables(grid: list[Line]) -> list[Line]:
    """Small tables, one a KPI, as one table; no lines where there are none.

    Such a table begins with the KPI's name behind a head for it, or alone as its caption, and goes
    on with lines that say what they are (目標値, 実績値), under a line of years.
    """
    grid = _captioned(grid)
    starts = _with_leads(grid, [index for index, row in enumerate(grid) if _starts(row)])
    records, taken, texts = [], [], []
    for start, end in pairwise([*starts, len(grid)]):
        first, *others = grid[start:end]
        rows = _said_below(others)
        if any(line_kind(row.first) for row in rows):
            records.append((first, _record(first, rows)))
            below = _text_below([first, *rows][-1], others[len(rows) :])
            texts += [Line(row.number, row.run_on(), place=row.place) for row in below]
            taken += [first, *rows, *below]
    if not records:
        return []
    headers, lines = as_lines(records)
    top = records[0][0]
    left = [row for row in grid if row not in taken]
    head = Line(top.number, cells=tuple(headers), head=True, place=top.place)
    above = [row for row in left if row.number < top.number]
    # A text right over a small table is its KPI's group.
    over = [grid[start - 1] for start in starts[1:] if grid[start - 1] in left]
    lines = sorted([*lines, *over], key=lambda line: line.number)
    below = [row for row in left if row.number > top.number and row not in over]
    return [*above, head, *lines, *texts, *below]


def _text_below(last: Line, rows: list[Line]) -> list[Line]:
    """The rows right below a small table without a figure (要因分析), which are none of a table."""
    close = takewhile(lambda row: row[0] == row[1].number, enumerate(rows, last.number + 1))
    told = (row for _, row in close)
    return [*takewhile(lambda of: of.is_row and not any(map(is_figure, of.cells)), told)]


def _starts(row: Line) -> bool:
    """Whether a row has the head of a name, and a name behind it; no figures side by side."""
    cells = row.texts
    is_one = len(cells) > 1 and "name" in {*head_of(row.first).kinds} and not _is_head(cells[1])
    return is_one and not any(is_figure(a) and is_figure(b) for a, b in pairwise(cells))


def _is_head(text: str) -> bool:
    """Whether a text is a head; 全国大会の出場者数 may as well be a name."""
    return bool({*head_of(text).kinds} - {"carried"})


def _record(first: Line, rows: list[Line]) -> Record:
    """The cells of a small table."""
    record: Record = {}
    years: dict[int, str] = {}
    words = min(row.filled()[0] for row in rows if line_kind(row.first))
    for row in [first, *rows]:
        word = row.first
        over = [of for of in row.filled() if of > words]
        are_heads = len(over) > 1 and all(_is_head(row.cells[of]) for of in over)
        if row is not first and (are_heads or {"when", "year"} & {*head_of(row.first).kinds}):
            years = {of: row.cells[of] for of in over}
            continue
        if row is first or not line_kind(word):
            for key, printed in _pairs(row):
                record.setdefault(key, printed)
            continue
        for of in row.filled()[1:]:
            head, text = years.get(of, ""), row.cells[of]
            key = 0, f"{head} {word}".strip()
            if head and not is_year(head):
                key = 0, head
                if key in record and line_kind(word) not in lines_for(head):
                    continue
            record[key] = text, row.position_of(of)
    return record


def _pairs(row: Line) -> list[tuple[tuple[int, str], Printed]]:
    """Heads with what stands behind each: 成果指標, its name, 単位, 人, 最終目標, 70.0."""
    return [
        ((0, re.sub(r"[\d①-⑳]+$", "", label)), (value, row.position))
        for label, value in pairwise(row.texts)
        if head_of(label).kinds
        and not is_figure(label)
        and (is_figure(value) or not _is_head(plain(value)))
    ]


def _with_leads(grid: list[Line], starts: list[int]) -> list[int]:
    """Where small tables begin that ``starts`` have the names of.

    Rows right above the first name (事業名, 担当課) are the first ones of each table.
    """
    above = [[row.first for row in reversed(grid[:start])] for start in starts]
    first = {*takewhile(lambda word: {*head_of(word).kinds} & _LEADS, [*above, []][0])}
    leads = [[*takewhile(first.__contains__, words)] for words in above]
    return [start - len(words) for start, words in zip(starts, leads, strict=True)]


def _said_below(rows: list[Line]) -> list[Line]:
    """The first of some rows that begin with a head or with what a line has, each word once."""
    said = [*takewhile(lambda row: row.is_row and head_of(row.first).kinds, rows)]
    words = [row.first * bool(line_kind(row.first)) for row in said]
    again = (of for of, word in enumerate(words) if word and word in words[:of])
    return said[: next(again, None)]


def named_by_caption(part: list[Line], deep: int, above: list[Line]) -> list[Line]:
    """The lines of a table of one row of figures, its name from the text above it; or none.

    ``deep`` are its heads, none of which is that of names. The first line of a file is its title.
    """
    rows = [row for row in part[deep:] if row.is_row]
    kinds = [{*head_of(cell).kinds} for head in part[:deep] for cell in head.cells]
    has_name = any(of & {"name", "thing"} and not of & {*FIGURES} for of in kinds)
    caption = above[-1].run_on().strip("#* ") if len(above) > 1 and not above[-1].is_row else ""
    is_one = len(rows) == 1 and all(map(is_figure, rows[0].texts))
    if not (is_one and caption) or has_name or _NO_NAME(caption):
        return []
    named = {part[0].number: "指標", rows[0].number: caption}
    return [replace(of, cells=(*of.cells, named.get(of.number, ""))) for of in part if of.is_row]


def _captioned(grid: list[Line]) -> list[Line]:
    """The rows with 指標 before each caption right over lines of a KPI that have no name.

    As they are where one of the captions comes again, or may say something else than a name: the
    first line of a file is its title.
    """
    names = {}
    for index, row in enumerate(grid):
        lines = _said_below(grid[index + 1 :]) if not row.is_row else []
        has_lines = any(line_kind(of.first) and any(map(is_figure, of.cells)) for of in lines)
        kinds = {kind for line in lines for cell in line.cells for kind in head_of(cell).kinds}
        if has_lines and "name" not in kinds:
            names[index] = row.run_on().strip("#* ")
    said = {*names.values()}
    if len(said) < max(2, len(names)) or 0 in names or any(map(_NO_NAME, said)):
        return grid
    return [
        replace(row, text="", cells=("指標", names[index])) if index in names else row
        for index, row in enumerate(grid)
    ]
