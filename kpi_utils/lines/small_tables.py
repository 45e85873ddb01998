"""Small tables, one a KPI -> one table with a line a KPI."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, takewhile

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.kpi_lines import Printed, Record, Records, figures_of, line_kind
from kpi_utils.lines.line import Line
from kpi_utils.lines.stacks import as_lines, is_year, lines_for

# The kinds of heads that may stand over the name of a KPI in a small table.
_LEADS = {"group", "thing", "department"}
_OF_FIGURES = re.compile("(?:現況|現状|目標|実績)値")
_NO_NAME = compiled("no_name").search
_TARGETS = re.compile("(?:計画|目標)値?")
_VALUE = re.compile("数?値|数値")
# What may stand before a caption: 【1-1】, ①, KPI番号 56.
_LABEL = re.compile(r"(?:(?:KPI|指標)(?:番号|No\.)?)?\s*[\[【(]?\d{1,2}(?:-\d{1,2})*[\]】)]?|[①-⑳]")


def _word(text: str) -> str:
    """The kind of a KPI's line; 数値 for a line with the values under all heads; else blank."""
    return line_kind(text) or (_VALUE.fullmatch(text) and text) or ""


def named_by_captions(grid: list[Line]) -> list[Line]:
    """The rows, where a table of one row without a name takes the text over it as the KPI's name.

    Where that text is only about figures (現況値及び目標値), the name is the text over it.
    """
    names: dict[int, str] = {}
    added: dict[int, str] = {}
    for at, (head, row) in enumerate(pairwise(grid)):
        kinds = [{*head_of(cell).kinds} for cell in head.texts]
        is_alone = head.is_row and row.is_row and not any(r.is_row for r in grid[at + 2 : at + 3])
        if is_alone and all(each & {*FIGURES, "year", "published", "grade"} for each in kinds):
            above = takewhile(lambda up: not grid[up].is_row, range(at - 1, -1, -1))
            caption = next((up for up in above if not _OF_FIGURES.search(grid[up].run_on())), 0)
            names[caption] = grid[caption].run_on().strip("#* ")
            added |= {at: "指標", at + 1: names[caption]}
    if not _are_names(names):
        return grid
    rows = ((at, row) for at, row in enumerate(grid) if at not in names)
    return [replace(row, cells=(*row.cells, added[at])) if at in added else row for at, row in rows]


def _are_names(texts: Mapping[int, str]) -> bool:
    """Whether texts, by row, can be the names of several KPIs: none in row 0, which is a title."""
    names = {*texts.values()}
    is_each = len(names) >= max(2, len(texts)) and 0 not in texts
    return is_each and not any(map(_NO_NAME, names))


def small_tables(grid: list[Line]) -> list[Line]:
    """The rows with small tables, one a KPI, put into one table; [] where there is no such table.

    A small table begins with the KPI's name, behind a head for it, or alone as its caption; then
    come lines that say their kind (目標値, 実績値), under a line of years.
    """
    grid = _captioned(_without_empty(grid))
    starts = _with_leads(grid, [index for index, row in enumerate(grid) if _starts(row)])
    records, taken, texts = [], [], []
    for start, end in pairwise([*starts, len(grid)]):
        first, *others = grid[start:end]
        rows = _said_below(others)
        # Kinds of lines side by side (実績, 計画) are heads of another table.
        row_words = [[*filter(_word, row.texts)] for row in rows]
        if any(words == [row.first] for row, words in zip(rows, row_words, strict=True)):
            records.append((first, _record(first, rows)))
            below = _text_below([first, *rows][-1], others[len(rows) :])
            texts += [Line(row.number, row.run_on(), place=row.place) for row in below]
            taken += [first, *rows, *below]
    if not records:
        return []
    headers, lines = as_lines(_named_alike(records))
    top = records[0][0]
    left = [row for row in grid if row not in taken]
    head = Line(top.number, cells=tuple(headers), head=True, place=top.place)
    above = [row for row in left if row.number < top.number]
    # A text right over a small table is its KPI's group.
    over = [grid[start - 1] for start in starts[1:] if grid[start - 1] in left]
    over = [row for row in over if not any(map(is_figure, row.cells))]
    lines = sorted([*lines, *over], key=lambda line: line.number)
    below = [row for row in left if row.number > top.number and row not in over]
    return [*above, head, *lines, *texts, *_without_years(below)]


def _named_alike(records: Records) -> Records:
    """Records with the head 指標 over each name, where the heads of names differ: 活動指標."""
    named = [[key for key in record if "name" in head_of(key[1]).kinds] for _, record in records]
    if any(len(keys) != 1 for keys in named) or len({*map(tuple, named)}) == 1:
        return records
    return [
        (row, {(0, "指標") if key in keys else key: record[key] for key in record})
        for (row, record), keys in zip(records, named, strict=True)
    ]


def _without_empty(grid: list[Line]) -> list[Line]:
    """The rows without empty small tables, which have heads and nothing else."""
    empty: list[Line] = []
    for at in [at for at, row in enumerate(grid) if "name" in head_of(row.first).kinds]:
        heads = [*takewhile(lambda row: row.texts and all(map(_is_head, row.texts)), grid[at:])]
        if any(row.texts == [row.first] and _word(row.first) for row in heads):
            empty += heads
    return [row for row in grid if row not in empty]


def with_names(grid: list[Line]) -> list[Line]:
    """Rows with the KPI's name in the one row of figures, where the name stands over their heads.

    A head before the name says that it is one: 数値目標① 婚姻率.
    """
    named = list(grid)
    for at, (over, head, row) in enumerate(zip(grid, grid[1:], grid[2:], strict=False)):
        kinds = [{*head_of(cell).kinds} for cell in head.texts]
        has_names = any(each and each <= {"name", "thing", "group"} for each in kinds)
        is_table = all(kinds) and "target" in set().union(*kinds) and any(map(is_figure, row.cells))
        goes_on = any(line.is_row and not _name_said(line) for line in grid[at + 3 : at + 4])
        name = _name_said(over)
        is_again = has_names and over.is_row and identity(name) in map(identity, row.cells)
        if name and is_table and not goes_on and is_again:
            named[at] = Line(over.number)
        elif name and is_table and not (has_names or goes_on):
            wide = range(max(len(head.cells), len(row.cells)))
            named[at] = Line(over.number) if over.is_row else over
            named[at + 1] = replace(head, cells=(*head.at(wide).cells, "指標"))
            named[at + 2] = replace(row, cells=(*row.at(wide).cells, name))
    return [row for row in named if row.cells or row.text]


def _name_said(row: Line) -> str:
    """The name of a KPI that stands behind a head of names (成果指標1); blank if there is none."""
    first, *others = row.texts or [row.text]
    parts = [*re.split(r"[\s:：]+", first.strip("#* "), maxsplit=1), *others]
    kinds, name = {*head_of(parts[0]).kinds}, parts[-1]
    is_said = ("name" in kinds or kinds == {"thing", "target"}) and len(parts) == 2
    return name if is_said and not (_is_head(name) or is_figure(name) or _NO_NAME(name)) else ""


def _without_years(rows: list[Line]) -> list[Line]:
    """Rows, where those of a table under nothing but years (事業費) become texts: it has no KPI."""
    others: list[Line] = []
    for at, row in enumerate(rows):
        table = [*takewhile(lambda line: line.is_row, rows[at:])]
        if row.is_row and _has_years(row) and not any(_word(line.first) for line in table):
            others += table
    return [replace(row, text=row.run_on(), cells=()) if row in others else row for row in rows]


def _has_years(row: Line) -> bool:
    """Whether a row has nothing but years, as the head of a table of costs has."""
    return all({"year", "when"} & {*head_of(cell).kinds} for cell in row.texts)


def _text_below(last: Line, rows: list[Line]) -> list[Line]:
    """The rows right below a small table that are texts, without a figure: 要因分析."""
    close = takewhile(lambda row: row[0] == row[1].number, enumerate(rows, last.number + 1))
    texts = takewhile(lambda row: row.is_row and not _has_years(row), (row for _, row in close))
    return [*takewhile(lambda row: not any(map(is_figure, row.cells)), texts)]


def _starts(row: Line) -> bool:
    """Whether a row starts a small table: a head of names, a name, no two figures side by side."""
    cells = row.texts
    # Two heads may stand before the name: 活動指標, 指標名称.
    while len(cells) > 2 and all("name" in head_of(cell).kinds for cell in cells[:2]):
        cells = cells[1:]
    is_one = len(cells) > 1 and "name" in head_of(cells[0]).kinds and not _is_head(cells[1])
    return is_one and not any(is_figure(a) and is_figure(b) for a, b in pairwise(cells))


def _is_head(text: str) -> bool:
    """Whether a text is a head; one that is carried along (全国大会の出場者数) may be a name."""
    return bool({*head_of(text).kinds} - {"carried"})


def _record(first: Line, rows: list[Line]) -> Record:
    """The record of a small table: its cells by their heads; ``first`` is the row of the name."""
    record: Record = {}
    over: dict[int, str] = {}
    keys: dict[int, tuple[int, str]] = {}
    word_col = min(row.filled()[0] for row in rows if _word(row.first))
    # If one line has the targets, its head is 目標値: some tables call it 計画, others 目標.
    targets = [row.first for row in rows if _TARGETS.fullmatch(squeezed(row.first))]
    for row in [first, *rows]:
        word = row.first
        filled = [col for col in row.filled() if col > word_col]
        are_heads = len(filled) > 1 and all(head_of(row.cells[col]).kinds for col in filled)
        # Behind a word 2000 is no year but a figure.
        is_said = bool(_word(word)) and any(map(str.isdigit, row.texts))
        are_heads = are_heads and _is_head(row.cells[filled[0]]) and not is_said
        if keys and head_of(word).kinds == ("when",):
            # A line 時点 below 数値 has the years of the figures in 数値.
            for col in keys.keys() & {*filled}:
                text, place = record[keys[col]]
                record[keys[col]] = f"{text} ({row.cells[col]})", place
            continue
        if row is not first and (are_heads or {"when", "year"} & {*head_of(row.first).kinds}):
            # A line 時点 below the heads 基準値 and 目標値 has their years.
            kept = {col: head for col, head in over.items() if head_of(word).kinds == ("when",)}
            kept = {col: f"{head} " for col, head in kept.items() if not is_year(head)}
            over = {col: kept.get(col, "") + row.cells[col] for col in filled}
            continue
        if row is first or not _word(word):
            for key, printed in _pairs(row):
                record.setdefault(key, printed)
            continue
        for col, head, text in figures_of(row, over):
            key = 0, f"{head} {'目標値' if targets == [word] else word}".strip()
            if head and not is_year(head):
                key = 0, head
                if key in record and _word(word) not in lines_for(head):
                    continue
            record[key] = text, row.position_of(col)
            keys |= {col: key} if _VALUE.fullmatch(word) else {}
    return record


def _pairs(row: Line) -> list[tuple[tuple[int, str], Printed]]:
    """The heads in a row, each with the cell behind it: 成果指標 and the name, 単位 and 人."""
    texts = [part for text in row.texts for part in re.split(r"(?<=^単位)\s*[:：]\s*", text)]
    return [
        ((0, re.sub(r"[\d①-⑳]+$", "", label)), (_with_figures(value, texts[at:]), row.position))
        for at, (label, value) in enumerate(pairwise(texts), 2)
        if head_of(label).kinds
        and not is_figure(label)
        and (is_figure(value) or not _is_head(plain(value)))
    ]


def _with_figures(value: str, others: list[str]) -> str:
    """A figure with those behind it, for which of them is meant is not said, and with their years.

    ``value`` stays as it is where it is none, as the name behind a head of names.
    """
    behind = takewhile(lambda text: is_figure(text) or is_year(text), others)
    return " ".join([value, *behind]) if is_figure(value) else value


def _with_leads(grid: list[Line], starts: list[int]) -> list[int]:
    """The indices where small tables begin; ``starts`` are the indices of their names.

    Rows right above a name begin its table, if such rows (事業名, 担当課) are above the first.
    """
    above = [[row.first for row in reversed(grid[:start])] for start in starts]
    first = {*takewhile(lambda word: {*head_of(word).kinds} & _LEADS, [*above, []][0])}
    leads = [[*takewhile(first.__contains__, words)] for words in above]
    return [start - len(words) for start, words in zip(starts, leads, strict=True)]


def _said_below(rows: list[Line]) -> list[Line]:
    """The first rows, as long as each begins with a head, and no kind of line is repeated."""
    lines = [*takewhile(lambda row: head_of(row.first or row.text).kinds, rows)]
    words = [row.first * bool(_word(row.first)) for row in lines]
    again = (index for index, word in enumerate(words) if word and word in words[:index])
    # A table of costs, under a row of years of its own, does not belong to the KPI.
    last = max((index for index, word in enumerate(words, 1) if word), default=0)
    last += bool(_VALUE.fullmatch(words[last - 1])) if last else 0
    end = last if any(map(_has_years, lines[last:])) else None
    return lines[: next(again, end)]


def _captioned(grid: list[Line]) -> list[Line]:
    """The rows, with 指標 before each caption right over the lines of a KPI that have no name.

    The rows stay as they are if a caption is repeated, or may be no name: the first is a title.
    """
    names = {}
    for index, row in enumerate(grid):
        begin = bool(_LABEL.fullmatch(plain(row.first)))
        name, *others = [*row.texts[begin:], ""]
        is_caption = not is_figure(name) and all(re.match("[（(]単位|$", text) for text in others)
        lines = _said_below(grid[index + 1 :]) if is_caption else []
        has_lines = any(_word(line.first) and any(map(is_figure, line.cells)) for line in lines)
        kinds = {kind for line in lines for cell in line.cells for kind in head_of(cell).kinds}
        if has_lines and "name" not in kinds:
            names[index] = row.run_on().strip("#* ")
    if not _are_names(names):
        return grid
    return [
        replace(row, text="", cells=("指標", names[index])) if index in names else row
        for index, row in enumerate(grid)
    ]
