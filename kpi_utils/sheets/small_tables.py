"""Small tables, one a KPI -> one table with a line a KPI."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, takewhile

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import identity
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.kpi_lines import Printed, Record, Records, line_kind
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.stacks import as_lines, is_year, lines_for

# What stands over the name of a KPI in a small table of its own.
_LEADS = {"group", "thing", "department"}
_OF_FIGURES = re.compile("(?:現況|現状|目標|実績)値")
_NO_NAME = compiled("no_name").search
_TARGETS = re.compile("(?:計画|目標)値?")
_VALUE = re.compile("数?値|数値")
# What may stand before a caption: 【1-1】, ①.
_LABEL = re.compile(r"[\[【(]?\d{1,2}(?:-\d{1,2})*[\]】)]?|[①-⑳]")


def _word(text: str) -> str:
    """What of a KPI a line says, or that it has the values of all heads over it: 数値."""
    return line_kind(text) or (_VALUE.fullmatch(text) and text) or ""


def named_by_captions(grid: list[Line]) -> list[Line]:
    """The rows with the text over each table of one row without a name as the name of its KPI.

    Not a text of figures (現況値及び目標値), but the one over it.
    """
    names: dict[int, str] = {}
    put: dict[int, str] = {}
    for at, (head, row) in enumerate(pairwise(grid)):
        kinds = [{*head_of(cell).kinds} for cell in head.texts]
        is_alone = head.is_row and row.is_row and not any(of.is_row for of in grid[at + 2 : at + 3])
        if is_alone and all(of & {*FIGURES, "year", "published", "grade"} for of in kinds):
            above = takewhile(lambda of: not grid[of].is_row, range(at - 1, -1, -1))
            over = next((of for of in above if not _OF_FIGURES.search(grid[of].run_on())), 0)
            names[over] = grid[over].run_on().strip("#* ")
            put |= {at: "指標", at + 1: names[over]}
    if not _are_names(names):
        return grid
    rows = ((of, row) for of, row in enumerate(grid) if of not in names)
    return [replace(row, cells=(*row.cells, put[of])) if of in put else row for of, row in rows]


def _are_names(texts: Mapping[int, str]) -> bool:
    """Whether texts, by their row, can be names of several KPIs; a file begins with its title."""
    said = {*texts.values()}
    is_each = len(said) >= max(2, len(texts)) and 0 not in texts
    return is_each and not any(map(_NO_NAME, said))


def small_tables(grid: list[Line]) -> list[Line]:
    """Small tables, one a KPI, as one table; no lines where there are none.

    Such a table begins with the KPI's name behind a head for it, or alone as its caption, and goes
    on with lines that say what they are (目標値, 実績値), under a line of years.
    """
    grid = _captioned(_without_empty(grid))
    starts = _with_leads(grid, [index for index, row in enumerate(grid) if _starts(row)])
    records, taken, texts = [], [], []
    for start, end in pairwise([*starts, len(grid)]):
        first, *others = grid[start:end]
        rows = _said_below(others)
        # Words side by side (実績, 計画) are heads of another table.
        said = [[*filter(_word, row.texts)] for row in rows]
        if any(words == [row.first] for row, words in zip(rows, said, strict=True)):
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
    """Records with one head over their names, where each has one of several: 成果指標, 活動指標."""
    named = [[key for key in of if "name" in head_of(key[1]).kinds] for _, of in records]
    if any(len(keys) != 1 for keys in named) or len({*map(tuple, named)}) == 1:
        return records
    return [
        (row, {(0, "指標") if key in keys else key: record[key] for key in record})
        for (row, record), keys in zip(records, named, strict=True)
    ]


def _without_empty(grid: list[Line]) -> list[Line]:
    """The rows without small tables that are left empty: they have heads, and nothing else."""
    empty: list[Line] = []
    for at in [at for at, row in enumerate(grid) if "name" in head_of(row.first).kinds]:
        heads = [*takewhile(lambda of: of.texts and all(map(_is_head, of.texts)), grid[at:])]
        if any(of.texts == [of.first] and _word(of.first) for of in heads):
            empty += heads
    return [row for row in grid if row not in empty]


def with_names(grid: list[Line]) -> list[Line]:
    """Rows with the name of a KPI in its one row of figures, where it stands over their heads.

    What says that it is a name stands before it: 数値目標① 婚姻率.
    """
    named = list(grid)
    for at, (over, head, row) in enumerate(zip(grid, grid[1:], grid[2:], strict=False)):
        kinds = [{*head_of(cell).kinds} for cell in head.texts]
        has_names = any(of and of <= {"name", "thing", "group"} for of in kinds)
        is_table = all(kinds) and "target" in set().union(*kinds) and any(map(is_figure, row.cells))
        goes_on = any(of.is_row and not _name_said(of) for of in grid[at + 3 : at + 4])
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


def with_corner(grid: list[Line]) -> list[Line]:
    """Rows with 指標 over the names where a row of years, and maybe 単位, is blank there.

    The rows below it say that they are of targets and of actuals.
    """
    named = list(grid)
    for at, head in enumerate(grid):
        kinds = [head_of(cell).kinds for cell in head.texts]
        below = grid[at + 1 : at + 5]
        if not below or kinds.count(("year",)) < 2 or {*kinds} - {("year",), ("unit",)}:
            continue
        said = [(of, line_kind(row.cells[of])) for row in below for of in row.filled()]
        words = {of for of, kind in said if kind and not head.cell(of)}
        names = [of for of in below[0].filled() if of < head.filled()[0] and of not in words]
        if names and {kind for of, kind in said if of in words} >= {"target", "actual"}:
            cells = ["指標" * (of == names[-1]) or cell for of, cell in enumerate(head.cells)]
            named[at] = replace(head, cells=tuple(cells))
    return named


def _name_said(row: Line) -> str:
    """The name of a KPI behind what says that it is one (成果指標1); blank where nothing does."""
    first, *others = row.texts or [row.text]
    parts = [*re.split(r"[\s:：]+", first.strip("#* "), maxsplit=1), *others]
    kinds, name = {*head_of(parts[0]).kinds}, parts[-1]
    is_said = ("name" in kinds or kinds == {"thing", "target"}) and len(parts) == 2
    return name if is_said and not (_is_head(name) or is_figure(name) or _NO_NAME(name)) else ""


def _without_years(rows: list[Line]) -> list[Line]:
    """Rows with those of tables under nothing but years (事業費) as texts: no lines of a KPI."""
    others: list[Line] = []
    for at, row in enumerate(rows):
        table = [*takewhile(lambda of: of.is_row, rows[at:])]
        if row.is_row and _has_years(row) and not any(_word(of.first) for of in table):
            others += table
    return [replace(of, text=of.run_on(), cells=()) if of in others else of for of in rows]


def _has_years(row: Line) -> bool:
    """Whether a row has years, and nothing else: the head of a table of what was spent."""
    return all({"year", "when"} & {*head_of(cell).kinds} for cell in row.texts)


def _text_below(last: Line, rows: list[Line]) -> list[Line]:
    """The rows right below a small table without a figure (要因分析), which are none of a table."""
    close = takewhile(lambda row: row[0] == row[1].number, enumerate(rows, last.number + 1))
    told = (row for _, row in close)
    texts = takewhile(lambda of: of.is_row and not _has_years(of), told)
    return [*takewhile(lambda of: not any(map(is_figure, of.cells)), texts)]


def _starts(row: Line) -> bool:
    """Whether a row has the head of a name, and a name behind it; no figures side by side."""
    cells = row.texts
    # 活動指標, 指標名称, and the name.
    while len(cells) > 2 and all("name" in head_of(cell).kinds for cell in cells[:2]):
        cells = cells[1:]
    is_one = len(cells) > 1 and "name" in head_of(cells[0]).kinds and not _is_head(cells[1])
    return is_one and not any(is_figure(a) and is_figure(b) for a, b in pairwise(cells))


def _is_head(text: str) -> bool:
    """Whether a text is a head; 全国大会の出場者数 may as well be a name."""
    return bool({*head_of(text).kinds} - {"carried"})


def _record(first: Line, rows: list[Line]) -> Record:
    """The cells of a small table."""
    record: Record = {}
    years: dict[int, str] = {}
    keys: dict[int, tuple[int, str]] = {}
    words = min(row.filled()[0] for row in rows if _word(row.first))
    # The one line of targets is 計画 in some tables, 目標 in others.
    targets = [row.first for row in rows if _TARGETS.fullmatch(row.first)]
    for row in [first, *rows]:
        word = row.first
        over = [of for of in row.filled() if of > words]
        are_heads = len(over) > 1 and all(head_of(row.cells[of]).kinds for of in over)
        are_heads = are_heads and _is_head(row.cells[over[0]])
        if keys and head_of(word).kinds == ("when",):
            # 時点 below 数値 has the years of its figures.
            for of in keys.keys() & {*over}:
                text, at = record[keys[of]]
                record[keys[of]] = f"{text} ({row.cells[of]})", at
            continue
        if row is not first and (are_heads or {"when", "year"} & {*head_of(row.first).kinds}):
            # 時点 below 基準値 and 目標値 says their years.
            kept = {of: head for of, head in years.items() if head_of(word).kinds == ("when",)}
            kept = {of: f"{head} " for of, head in kept.items() if not is_year(head)}
            years = {of: kept.get(of, "") + row.cells[of] for of in over}
            continue
        if row is first or not _word(word):
            for key, printed in _pairs(row):
                record.setdefault(key, printed)
            continue
        for of in row.filled()[1:]:
            head, text = years.get(of, ""), row.cells[of]
            key = 0, f"{head} {'目標値' if targets == [word] else word}".strip()
            if head and not is_year(head):
                key = 0, head
                if key in record and _word(word) not in lines_for(head):
                    continue
            record[key] = text, row.position_of(of)
            keys |= {of: key} if _VALUE.fullmatch(word) else {}
    return record


def _pairs(row: Line) -> list[tuple[tuple[int, str], Printed]]:
    """Heads with what stands behind each: 成果指標, its name, 単位, 人, 最終目標, 70.0."""
    texts = [part for text in row.texts for part in re.split(r"(?<=^単位)\s*[:：]\s*", text)]
    return [
        ((0, re.sub(r"[\d①-⑳]+$", "", label)), (value, row.position))
        for label, value in pairwise(texts)
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
    words = [row.first * bool(_word(row.first)) for row in said]
    again = (of for of, word in enumerate(words) if word and word in words[:of])
    # A table of what was spent, under years of its own, is none of its lines.
    last = max((of for of, word in enumerate(words, 1) if word), default=0)
    last += bool(_VALUE.fullmatch(words[last - 1])) if last else 0
    end = last if any(map(_has_years, said[last:])) else None
    return said[: next(again, end)]


def _captioned(grid: list[Line]) -> list[Line]:
    """The rows with 指標 before each caption right over lines of a KPI that have no name.

    As they are where one of the captions comes again, or may say something else than a name: the
    first line of a file is its title.
    """
    names = {}
    for index, row in enumerate(grid):
        begin = bool(_LABEL.fullmatch(plain(row.first)))
        is_caption = all(of.startswith(("（単位", "(単位")) for of in row.texts[begin + 1 :])
        lines = _said_below(grid[index + 1 :]) if is_caption else []
        has_lines = any(_word(of.first) and any(map(is_figure, of.cells)) for of in lines)
        kinds = {kind for line in lines for cell in line.cells for kind in head_of(cell).kinds}
        if has_lines and "name" not in kinds:
            names[index] = row.run_on().strip("#* ")
    if not _are_names(names):
        return grid
    return [
        replace(row, text="", cells=("指標", names[index])) if index in names else row
        for index, row in enumerate(grid)
    ]
