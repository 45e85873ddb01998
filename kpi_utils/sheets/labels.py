"""Heads for columns that have none: labels, years, units, parts; rows that make a group, or one."""

import re
from collections.abc import Mapping
from dataclasses import replace
from string import ascii_uppercase

from kpi_utils.cells.heads import FIGURES, head_of, unit_in, year_said
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.sheets.columns import figure_of, is_figure
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.stacks import ARROW

_LABEL = compiled("label_of_row", re.IGNORECASE)
# 20歳代, 65歳以上, 3歳児: who is counted.
_AGE = re.compile(r"\d{1,2}(?:歳[児代以未]|代|[~〜-]\d{1,2}[歳代])")
# What stands before years as bare numbers: 年度, 平成（年度）.
_OF_YEARS = re.compile(r"(昭和|平成|令和)?\W*年度?\W*")
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
    """Heads as printed, and those of labels and parts beside what plan.toml says that they are."""
    said = [declared.get(identity(header), header) for header in headers]
    named = [*said]
    _name_labels(named, rows)
    printed = dict(zip(said, headers, strict=True))
    # The head of names may have moved on to the column behind its own.
    return [
        headers[of] if text == said[of] else printed[text] if text in said[of - 1 : of] else text
        for of, text in enumerate(named)
    ]


def _name_labels(headers: list[str], rows: list[Line]) -> None:
    """Give a head to a column of labels (指標1, ①) or years that has none or shares the names'."""
    for column, header in enumerate(headers):
        before = headers[column - 1] if column else ""
        is_shared = bool(before) and header.startswith(f"{before} ")
        texts = [row.cell(column) for row in rows if row.cell(column)]
        above = [] if header and not is_shared else _beside(rows, column)
        if is_shared and _are_numbers(before, above, texts):
            # What reaches over both has a head of its own over the names alone.
            is_said = "name" in head_of(header).kinds
            headers[column - 1 : column + 1] = "番号", header if is_said else before
        if header or not texts:
            continue
        are_labels = all(_LABEL.fullmatch(plain(text)) for text in texts)
        is_few = len(texts) < len(rows) / 2
        said = _said_by(texts, headers[:column]) or _way_said(rows, column, headers)
        is_named = bool(column) and not are_labels and _moves_on(before, above, texts)
        if is_named and said not in ("単位", "年度"):
            # What bears the names stands over their labels, or what they are set in by, too.
            headers[column - 1], headers[column] = "番号" if any(above) else "", before
        elif not column and not any(map(is_figure, texts)) and not (is_few and are_labels):
            # A mark (★) before some of the rows is no group of them.
            is_group = not is_few or len(rows[0].first) > 2
            headers[column] = ("分野" if _has_name(headers) else "項目") * is_group
        elif is_few:
            # A number stands once for the several lines of its KPI.
            headers[column] = "番号" if are_labels and not column else _part(headers, rows, column)
        elif said:
            headers[column] = said
        elif before and "when" not in head_of(before).kinds and all(map(year_said, above)):
            headers[column - 1], headers[column] = f"{before} 年度", before
        elif not are_labels and _is_of_both(before, above, texts):
            headers[column - 1], headers[column] = "指標", before
        else:
            # Behind the names a number may be a figure.
            is_behind = any({"name", "thing"} & {*head_of(of).kinds} for of in headers[:column])
            is_behind &= not _has_name(headers[column:])
            are_labels &= not (is_behind and all(map(is_figure, texts)))
            headers[column] = "番号" if are_labels else _part(headers, rows, column)


def _beside(rows: list[Line], column: int) -> list[str]:
    """The texts left of a column; what sums up at the end, merged over both, has no label in it."""
    last = max((of for of, row in enumerate(rows, 1) if row.cell(column)), default=0)
    return [row.cell(column - 1) for row in rows[:last] if any(row.cells[column - 1 :][:2])]


def _said_by(texts: list[str], before: list[str]) -> str:
    """The head of a column that its texts say, behind some heads; blank where they say none."""
    if _are_lines(texts, before):
        return "区分"
    if all(unit_in(f"({text})") == squeezed(text).strip("()") for text in texts):
        return "単位"
    return "年度" if all(map(year_said, texts)) else ""


def as_one_part(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with the words of two columns without heads beside the names as one: 生徒 高校生."""
    at = next((of for of in range(len(headers)) if headers[of : of + 2] == ["内訳", ""]), -1)
    behind = [plain(row.cell(at + 1)) for row in rows if row.is_row]
    if at < 0 or any(is_figure(text) and not _AGE.match(text) for text in behind):
        return rows
    parted = []
    for row in rows:
        words = [row.cell(of) or row.merged.get(of, "") for of in (at, at + 1)]
        cells = [*row.at(range(at)).cells, " ".join(filter(None, words)), "", *row.cells[at + 2 :]]
        merged = {of: text for of, text in row.merged.items() if of not in (at, at + 1)}
        parted.append(replace(row, cells=tuple(cells), merged=merged) if row.is_row else row)
    return parted


def _way_said(rows: list[Line], column: int, headers: list[str]) -> str:
    """The head of 79%→95% beside what was measured, where no other column has a target."""
    lines = [row for row in rows if row.cell(column)]
    kinds = {kind for header in headers for kind in head_of(header).kinds}
    ends = [ARROW.split(row.cell(column)) for row in lines]
    are_ways = {*map(len, ends)} == {2} and 2 * sum(is_figure(of[0]) for of in ends) > len(ends)
    is_alone = not kinds & {"baseline", "target", "yearly_target"} and kinds & {"latest", "actual"}
    # Another column without a head may say it, too.
    is_only = headers.count("") == 1 and "内訳" not in headers
    # What leads to what was measured, in each row, may be the way from the year before.
    last = [read_cell(of[-1]).value for of in ends]
    known = [[read_cell(text).value for text in row.cells] for row in lines]
    is_past = all(of in values for of, values in zip(last, known, strict=True))
    return "当初値→目標値" if are_ways and is_alone and is_only and not is_past else ""


def with_labels(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with figures and the words that stand before each under its head (男性) in one cell."""
    joined = list(rows)
    for column, before in enumerate(headers[:-1], 1):
        lots = enumerate(row.cells[column - 1 : column + 1] for row in rows)
        texts = {of: " ".join(pair) for of, pair in lots if pair[1:] and pair[1]}
        is_over = not headers[column] and {*FIGURES} & {*head_of(before).kinds}
        if is_over and all(map(figure_of, texts.values())):
            for of, text in texts.items():
                cells = list(joined[of].cells)
                cells[column - 1 : column + 1] = [text, ""]
                joined[of] = replace(joined[of], cells=tuple(cells))
    return joined


def name_of_head(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows with the KPI's name, where that stands as a head, merged over its one row of figures."""
    first, *others = rows or [Line(0)]
    down = [of for of, text in first.merged.items() if headers[of : of + 1] == [text]]
    named = [of for of in down if not head_of(headers[of]).kinds]
    kinds = {kind for of in {*range(len(headers))} - {*down} for kind in head_of(headers[of]).kinds}
    is_one = all("yearly_target" in head_of(row.first).kinds for row in others if row.is_row)
    if len(named) != 1 or {"name", "thing"} & kinds or not is_one:
        return rows
    name, cells = headers[named[0]], list(first.cells)
    # 測定指標 before it, merged down as well, is the head of no column.
    for of in down:
        cells[of], headers[of] = (name, "指標") if of in named else ("", "")
    return [replace(first, cells=tuple(cells)), *others]


def _are_lines(texts: list[str], before: list[str]) -> bool:
    """Whether texts, or some before all figures, are words for what a line has: 実績."""
    said = [bool({*head_of(text).kinds} & {*FIGURES, "published"}) for text in texts]
    is_behind = any({*head_of(header).kinds} & {*FIGURES, "year"} for header in before)
    return all(said) or (any(said) and not (is_behind or any(map(is_figure, texts))))


def _moves_on(header: str, above: list[str], texts: list[str]) -> bool:
    """Whether a head of names is that of the column behind its own, which has labels or nothing.

    Over labels it may be one that nobody knows.
    """
    kinds = {*head_of(header).kinds}
    is_named = bool({"name", "thing", "group"} & kinds) and not {*FIGURES} & kinds
    # 活動指標 and 成果指標 say of which kind the KPIs beside them are; 男 and 女 are no KPIs.
    are_names = len({*texts}) == len(texts) and min(map(len, texts)) > 3
    are_labels = all(
        _LABEL.fullmatch(text)
        or text in ascii_uppercase
        or (are_names and "name" in head_of(text).kinds)
        for text in map(plain, above)
    )
    is_bare = not any(above) and not any(map(is_figure, texts))
    # Places of a form that are left empty have their label: D.
    is_most = 2 * len(texts) > len(above) or (is_named and are_names)
    is_over = are_labels and is_most and (is_named or (header and not kinds))
    return bool((is_named and is_bare) or (is_over and any(above)))


def _are_numbers(header: str, above: list[str], texts: list[str]) -> bool:
    """Whether what stands under a head of names are labels, or 1, 2, 3, of the texts beside it."""
    kinds, numbers = {*head_of(header).kinds}, [plain(text) for text in above if text]
    are_labels = all(map(_LABEL.fullmatch, numbers)) and not any(map(str.isdecimal, numbers))
    are_numbers = are_labels or numbers == [str(of + 1) for of in range(len(numbers))]
    is_named = "name" in kinds and not {*FIGURES} & kinds
    return bool(numbers) and is_named and are_numbers and not any(map(is_figure, texts))


def _is_of_both(header: str, above: list[str], texts: list[str]) -> bool:
    """Whether a head is that of names and of the figures behind them: 数値目標, KPI（R6）."""
    head = head_of(header)
    is_both = {*head.kinds} == {"thing", "target"} or (head.kinds == ("name",) and head.year)
    return bool(is_both) and not any(map(is_figure, above)) and all(map(is_figure, texts))


def _has_name(headers: list[str]) -> bool:
    """Whether one of some heads is that of names."""
    kinds = [{*head_of(of).kinds} for of in headers]
    return any({"name", "thing"} & of and not {*FIGURES} & of for of in kinds)


def _part(headers: list[str], rows: list[Line], column: int) -> str:
    """The head of a column beside the names with parts of what they count (男性); else blank."""
    beside = {*head_of(headers[column - 1]).kinds} if column else set()
    texts = [row.cell(column) for row in rows if row.cell(column)]
    named = [row.cell(column - 1) for row in rows] if {*FIGURES} & beside else []
    figures = [of for of in [*texts, *named] if is_figure(of) and not _AGE.match(plain(of))]
    is_over = any("name" in head_of(header).kinds for header in headers[column + 1 :])
    if is_over and {"name", "thing", "group", "target"} & beside and not figures:
        return "分野"
    # Names may stand under a head that nobody knows, or behind what sums them up: 施策.
    is_first = column == 1 and beside <= {"group"} and not _has_name(headers)
    if not figures and ({"name", "thing", "part"} & beside or is_first):
        return "項目" if "group" in beside and is_first and len(texts) == len(rows) else "内訳"
    # Arrows beside figures say how they compare, a mark beside words which of them is meant.
    said = [row.cell(column - 1) for row in rows if column and row.cell(column)]
    signs = "[↑↓→⇒➡⇨↗↘⇧⇩]+" if any(map(is_figure, said)) else "[↑↓→⇒➡⇨↗↘⇧⇩●■☑✓✔]+"
    return "備考" if re.fullmatch(signs, "".join(texts)) else ""


def groups_named(rows: list[Line], kinds: Mapping[int, tuple[str, ...]]) -> list[Line]:
    """The rows of a table, those of a label and a name alone over others as texts: Ⅰ 健康なまち.

    Their labels are not of the shape of those beside figures: 1 over 1-1, (1) or Ⅰ over 1.
    ``kinds`` are what the head of each column can be.
    """
    pair = [next((of for of in kinds if kind in kinds[of]), -1) for kind in ("no", "name")]
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


def as_one(rows: list[Line], kinds: Mapping[int, tuple[str, ...]]) -> list[Line]:
    """Rows of which the name and all figures are merged with those above, put together with them.

    ``kinds`` are what the head of each column can be. What tells parts apart stays a row.
    """
    judged = [of for of in kinds if {"name", "year", *FIGURES} & {*kinds[of]}]
    named = [of for of in judged if "name" in kinds[of]]
    apart = {"part", "thing", "unit", "published"}
    others = [of for of in kinds if apart & {*kinds[of]} and of not in judged]
    ones: list[Line] = []
    for row in rows:
        above = ones[-1] if ones else Line(0)
        filled = {of for of in judged if above.cell(of)}
        own = any(row.cell(of) for of in [*judged, *others])
        if {*named} < filled and filled <= {*row.merged} and named and not own:
            wide = range(max(len(row.cells), len(above.cells)))
            texts = tuple(" ".join(filter(None, (above.cell(of), row.cell(of)))) for of in wide)
            ones[-1:] = [replace(above, cells=texts)]
        else:
            ones.append(row)
    return ones


def _shape(label: str) -> str:
    """The shape of a label, with 1 for each number and A for each word; blank if it has others."""
    is_label = re.fullmatch(r"[\W\dA-Z一二三四五六七八九十]+", plain(label))
    return re.sub(r"\d+", "1", re.sub(r"[^\W\d]+", "A", label)) if is_label else ""
