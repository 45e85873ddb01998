"""Heads for columns without one (labels, years, units, parts); rows that are groups, or merged."""

import re
from collections.abc import Mapping
from dataclasses import replace
from string import ascii_uppercase

from kpi_utils.cells.heads import FIGURES, head_of, unit_in, year_said
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.lines.columns import figure_of, is_figure
from kpi_utils.lines.kpi_lines import line_kind
from kpi_utils.lines.line import Line
from kpi_utils.lines.stacks import ARROW

_LABEL = compiled("label_of_row", re.IGNORECASE)
# 20歳代, 65歳以上, 3歳児: who is counted.
AGE = re.compile(r"\d{1,2}(?:歳[児代以未]|代|[~〜-]\d{1,2}[歳代])")
# The cell before years that are bare numbers: 年度, 平成（年度）.
_OF_YEARS = re.compile(r"(昭和|平成|令和)?\W*年度?\W*")
# What a KPI counts, at the end of its name: 率, 件数.
_MEASURE = re.compile(r"(?:[数率量額比値費]|割合|面積)\W*(?:[(（].*)?$")
_BARE_TARGET = re.compile(r"^(\d\d)年?\s*(目標値?|$)$")


def dated(row: Line) -> Line:
    """A row of heads with years without their era, one after the other, with 年度: 21, 22, 25目標.

    25目標 or 26年 among heads says so, or 年度 before them of which plan.toml says more.
    """
    said = [cell for cell in row.texts if _BARE_TARGET.match(cell)]
    bare = [int(cell[:2]) for cell in said if "目標" not in cell]
    is_dated = len(bare) > 1 and bare == [*range(bare[0], bare[-1] + 1)]
    are_months = any(re.fullmatch(r"\d", cell) for cell in row.cells)
    lead = _OF_YEARS.fullmatch(plain(row.first)) if row.declared and not are_months else None
    are_heads = all(cell in said or head_of(cell).kinds for cell in row.texts)
    if not is_dated or not (lead or (are_heads and any(cell[2:] for cell in said))):
        return row
    era = (lead and lead[1]) or ""
    cells = (_BARE_TARGET.sub(rf"{era}\1年度\2", cell) for cell in row.cells)
    return replace(row, cells=tuple(cells))


def labelled(headers: list[str], rows: list[Line], declared: Mapping[str, str]) -> list[str]:
    """The headers, and new ones for labels and parts; declared ones are read as plan.toml says."""
    meant = [declared.get(identity(header), header) for header in headers]
    named = [*meant]
    _name_labels(named, rows)
    printed = dict(zip(meant, headers, strict=True))
    # The head of names may have moved to the next column.
    return [
        headers[col] if new == meant[col] else printed[new] if new in meant[col - 1 : col] else new
        for col, new in enumerate(named)
    ]


def _name_labels(headers: list[str], rows: list[Line]) -> None:
    """Put heads over columns of labels (指標1, ①) or years with none, or only the names' head."""
    for column, header in enumerate(headers):
        before = headers[column - 1] if column else ""
        is_shared = bool(before) and header.startswith(f"{before} ")
        texts = [row.cell(column) for row in rows if row.cell(column)]
        left = [] if header and not is_shared else _beside(rows, column)
        if is_shared and _are_numbers(before, left, texts):
            # A head over both goes to the names, with the head below it if the two say a name.
            is_said = "name" in head_of(header).kinds
            headers[column - 1 : column + 1] = "番号", header if is_said else before
        if header or not texts:
            continue
        are_labels = all(_LABEL.fullmatch(plain(text)) for text in texts)
        is_few = len(texts) < len(rows) / 2
        implied = _head_by_texts(texts, headers[:column]) or _head_of_way(rows, column, headers)
        is_named = bool(column) and not are_labels and _moves_on(before, left, texts, len(rows))
        if is_named and implied not in ("単位", "年度"):
            # The head of the names stands over the column of their labels, groups or indent.
            over = "番号" if _are_labels(left) else "分野"
            headers[column - 1], headers[column] = over * any(left), before
        elif not column and not any(map(is_figure, texts)) and not (is_few and are_labels):
            # A mark (★) before some of the rows is not the name of a group.
            is_group = not is_few or len(rows[0].first) > 2
            headers[column] = ("分野" if _has_name(headers) else "項目") * is_group
        elif is_few:
            # The number of a KPI stands once, in the first of its lines.
            headers[column] = "番号" if are_labels and not column else _part(headers, rows, column)
        elif implied:
            headers[column] = implied
        elif before and "when" not in head_of(before).kinds and all(map(year_said, left)):
            headers[column - 1], headers[column] = f"{before} 年度", before
        elif not are_labels and _is_of_both(before, left, texts):
            headers[column - 1], headers[column] = "指標", before
        else:
            # In a column behind the names, a bare number may be a figure.
            is_behind = _has_name(headers[:column]) and not _has_name(headers[column:])
            are_labels &= not (is_behind and all(map(is_figure, texts)))
            headers[column] = "番号" if are_labels else _part(headers, rows, column)


def _beside(rows: list[Line], column: int) -> list[str]:
    """The texts left of a column, without rows at the end (sums) that are merged over both."""
    last = max((end for end, row in enumerate(rows, 1) if row.cell(column)), default=0)
    return [row.cell(column - 1) for row in rows[:last] if any(row.cells[column - 1 :][:2])]


def _head_by_texts(texts: list[str], before: list[str]) -> str:
    """The head that fits the texts of a column behind the heads ``before``; blank if none fits."""
    if _are_lines(texts, before):
        return "区分"
    if all(unit_in(f"({text})") == squeezed(text).strip("()") for text in texts):
        return "単位"
    return "年度" if all(map(year_said, texts)) else ""


def _head_of_way(rows: list[Line], column: int, headers: list[str]) -> str:
    """The head of a column of ways to the target (79%→95%), if no other column has it; or blank."""
    lines = [row for row in rows if row.cell(column)]
    kinds = {kind for header in headers for kind in head_of(header).kinds}
    ways = [ARROW.split(row.cell(column)) for row in lines]
    are_ways = {*map(len, ways)} == {2} and 2 * sum(is_figure(way[0]) for way in ways) > len(ways)
    is_alone = not kinds & {"baseline", "target", "yearly_target"} and kinds & {"latest", "actual"}
    # Another column without a head may be that of the targets.
    is_only = headers.count("") == 1 and "内訳" not in headers
    # A way that ends at an actual in each row may be the change since the year before.
    last = [read_cell(way[-1]).value for way in ways]
    known = [[read_cell(text).value for text in row.cells] for row in lines]
    is_past = all(value in values for value, values in zip(last, known, strict=True))
    return "当初値→目標値" if are_ways and is_alone and is_only and not is_past else ""


def with_labels(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with each figure and the word before it (男性) in one cell, if they share a head."""
    joined = list(rows)
    for column, before in enumerate(headers[:-1], 1):
        pairs = enumerate(row.cells[column - 1 : column + 1] for row in rows)
        texts = {index: " ".join(pair) for index, pair in pairs if pair[1:] and pair[1]}
        is_over = not headers[column] and {*FIGURES} & {*head_of(before).kinds}
        if is_over and all(map(figure_of, texts.values())):
            for index, text in texts.items():
                cells = list(joined[index].cells)
                cells[column - 1 : column + 1] = [text, ""]
                joined[index] = replace(joined[index], cells=tuple(cells))
    return joined


def name_of_head(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with the KPI's name in a cell, if it stands as a head merged down over its only row."""
    first, *others = rows or [Line(0)]
    down = [col for col, text in first.merged.items() if headers[col : col + 1] == [text]]
    named = [col for col in down if not head_of(headers[col]).kinds]
    kinds = {k for col in {*range(len(headers))} - {*down} for k in head_of(headers[col]).kinds}
    is_one = all("yearly_target" in head_of(row.first).kinds for row in others if row.is_row)
    if len(named) != 1 or {"name", "thing"} & kinds or not is_one:
        return rows
    name, cells = headers[named[0]], list(first.cells)
    # 測定指標 before the name, merged down as well, is the head of no column.
    for col in down:
        cells[col], headers[col] = (name, "指標") if col in named else ("", "")
    return [replace(first, cells=tuple(cells)), *others]


def _are_lines(texts: list[str], before: list[str]) -> bool:
    """Whether texts say the kinds of lines (実績): all of them, or some, if before all figures."""
    are_kinds = [bool({*head_of(text).kinds} & {*FIGURES, "published"}) for text in texts]
    is_behind = any({*head_of(header).kinds} & {*FIGURES, "year"} for header in before)
    return all(are_kinds) or (any(are_kinds) and not (is_behind or any(map(is_figure, texts))))


def _moves_on(header: str, left: list[str], texts: list[str], rows: int) -> bool:
    """Whether the head of a column of labels, or of a blank column, is that of names in the next.

    Over labels, an unknown head is taken for that of the names, too; of ``rows`` there are so many.
    """
    kinds = {*head_of(header).kinds}
    is_named = bool({"name", "thing", "group"} & kinds) and not {*FIGURES} & kinds
    is_bare = not any(left) and not any(map(is_figure, texts))
    # A form may have labels (D) without a KPI beside them.
    is_most = 2 * len(texts) > len(left) and (is_named or (header and not kinds))
    is_over = is_most and _are_labels(left)
    # Behind groups each row has a name of its own, called what is measured (事故の件数): a KPI's
    # parts (男性, 家庭) are called otherwise.
    are_own = len({*texts}) == len(texts) == rows > 1 and not any(map(is_figure, texts))
    both = [[*filter(None, left)], texts]
    measured = [2 * sum(map(bool, map(_MEASURE.search, of))) > len(of) for of in both]
    are_groups = are_own and measured == [False, True] and is_named and kinds != {"group"}
    return bool((is_named and is_bare) or ((is_over or are_groups) and any(left)))


def _are_labels(texts: list[str]) -> bool:
    """Whether texts are numbers or letters of KPIs, or blank: 指標1, ①, A."""
    return all(_LABEL.fullmatch(text) or text in ascii_uppercase for text in map(plain, texts))


def _are_numbers(header: str, left: list[str], texts: list[str]) -> bool:
    """Whether the column under a head of names only labels or numbers the names in the next one."""
    kinds, numbers = {*head_of(header).kinds}, [plain(text) for text in left if text]
    are_labels = all(map(_LABEL.fullmatch, numbers)) and not any(map(str.isdecimal, numbers))
    are_numbers = are_labels or numbers == [str(index + 1) for index in range(len(numbers))]
    is_named = "name" in kinds and not {*FIGURES} & kinds
    return bool(numbers) and is_named and are_numbers and not any(map(is_figure, texts))


def _is_of_both(header: str, left: list[str], texts: list[str]) -> bool:
    """Whether a head is that of names and of figures in the next column: 数値目標, KPI（R6）."""
    head = head_of(header)
    is_both = {*head.kinds} == {"thing", "target"} or (head.kinds == ("name",) and head.year)
    return bool(is_both) and not any(map(is_figure, left)) and all(map(is_figure, texts))


def _has_name(headers: list[str]) -> bool:
    """Whether one of the headers is that of names."""
    kinds_of = [{*head_of(header).kinds} for header in headers]
    return any({"name", "thing"} & kinds and not {*FIGURES} & kinds for kinds in kinds_of)


def _part(headers: list[str], rows: list[Line], column: int) -> str:
    """The head of a column of parts of what KPIs count (男性), of areas or of marks; else blank."""
    beside = {*head_of(headers[column - 1]).kinds} if column else set()
    texts = [row.cell(column) for row in rows if row.cell(column)]
    named = [row.cell(column - 1) for row in rows] if {*FIGURES} & beside else []
    figures = [text for text in [*texts, *named] if is_figure(text) and not AGE.match(plain(text))]
    is_over = any("name" in head_of(header).kinds for header in headers[column + 1 :])
    if is_over and {"name", "thing", "group", "target"} & beside and not figures:
        return "分野"
    # The names may stand under an unknown head, or behind that of a group (施策).
    is_first = column == 1 and beside <= {"group"} and not _has_name(headers)
    if not figures and ({"name", "thing", "part"} & beside or is_first):
        return "項目" if "group" in beside and is_first and len(texts) == len(rows) else "内訳"
    # Arrows beside figures say how these compare; a mark (新) beside words picks some of them.
    left = [row.cell(column - 1) for row in rows if column and row.cell(column)]
    arrows = "↑↓→⇒➡⇨↗↘⇧⇩"
    signs = arrows if any(map(is_figure, left)) else f"{arrows}●■☑✓✔★・新再"
    return "備考" if re.fullmatch(f"[{signs}]+", "".join(texts)) else ""


def groups_named(rows: list[Line], kinds: Mapping[int, tuple[str, ...]]) -> list[Line]:
    """The rows of a table; one with only a label and a name, over others, is a text: Ⅰ 健康なまち.

    Such labels have another shape than the labels beside figures: 1 over 1-1, (1) or Ⅰ over 1.
    ``kinds`` has what the head of each column can be.
    """
    pair = [next((col for col in kinds if kind in kinds[col]), -1) for kind in ("no", "name")]
    ends = [end for end, row in enumerate(rows) if len(row.filled()) > 2]
    if -1 in pair or not ends:
        return rows
    shapes = {_shape(rows[end].cell(pair[0])) for end in ends}
    deepest = min(len(re.findall("[A1]", shape)) for shape in shapes)
    texts = []
    for row in rows[: ends[-1]]:
        shape = _shape(row.cell(pair[0])) if row.filled() == pair else ""
        is_over = shape not in shapes and 0 < len(re.findall("[A1]", shape)) < max(deepest, 2)
        texts.append(Line(row.number, row.cell(pair[1]), place=row.place) if is_over else row)
    return [*texts, *rows[ends[-1] :]]


def _shape(label: str) -> str:
    """The shape of a label: 1 for each number, A for each word; blank if it has other letters."""
    is_label = re.fullmatch(r"[\W\dA-Z一二三四五六七八九十]+", plain(label))
    return re.sub(r"\d+", "1", re.sub(r"[^\W\d]+", "A", label)) if is_label else ""


def with_corner(grid: list[Line]) -> list[Line]:
    """Rows with 指標 over the names, where a row of years, and maybe 単位, is blank over them.

    The rows below such a row say that they have targets and actuals.
    """
    named = list(grid)
    for at, head in enumerate(grid):
        kinds = [head_of(cell).kinds for cell in head.texts]
        below = grid[at + 1 : at + 5]
        if not below or kinds.count(("year",)) < 2 or {*kinds} - {("year",), ("unit",)}:
            continue
        kinds_said = [(col, line_kind(row.cells[col])) for row in below for col in row.filled()]
        words = {col for col, kind in kinds_said if kind and not head.cell(col)}
        words |= {col for col, text in head.merged.items() if "unit" in head_of(text).kinds}
        names = [col for col in below[0].filled() if col < head.filled()[0] and col not in words]
        if names and {kind for col, kind in kinds_said if col in words} >= {"target", "actual"}:
            cells = ["指標" * (col == names[-1]) or cell for col, cell in enumerate(head.cells)]
            named[at] = replace(head, cells=tuple(cells))
    return named
