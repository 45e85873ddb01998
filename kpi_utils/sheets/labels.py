"""Heads for columns that have none: labels, years, units, parts; and rows that labels group."""

import re
from collections.abc import Mapping

from kpi_utils.cells.heads import FIGURES, head_of, unit_in, year_said
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line

# A label of a row: 1-1, Ⅰ-1, (1), ①, 指標1, KPI3, A-2.
_LABEL = re.compile(
    r"(?i)(?:(?:基本)?(?:指標|施策|目標|方針)|No\.)?\(?[A-Z]{0,4}[-IVX\d一二三四五六七八九十ア-ン()]{1,9}\)?"
)
_OF_GROUP = re.compile("基本|施策|目標|方針")

# 20歳代, 65歳以上, 3歳児: who is counted.
_AGE = re.compile(r"\d{1,2}(?:歳[児代以未]|代|[~〜-]\d{1,2}[歳代])")


def name_labels(headers: list[str], rows: list[Line]) -> None:
    """Give a head to a column of labels (指標1, ①) or years that has none or shares the names'."""
    for column, header in enumerate(headers):
        texts = [row.cell(column) for row in rows if row.cell(column)]
        if header or not texts:
            continue
        are_labels = all(_LABEL.fullmatch(plain(text)) for text in texts)
        if len(texts) < len(rows) / 2:
            # A number stands once for the several lines of its KPI.
            headers[column] = "番号" if are_labels and not column else _part(headers, rows, column)
            continue
        before = headers[column - 1] if column else ""
        beside = _said_before(before, [row.cell(column - 1) for row in rows], texts)
        if not column and not any(map(is_figure, texts)):
            kinds = [{*head_of(of).kinds} for of in headers]
            has_name = any({"name", "thing"} & of and not {*FIGURES} & of for of in kinds)
            headers[column] = "分野" if has_name else "項目"
        elif beside != "番号" and _are_lines(texts, headers[:column]):
            headers[column] = "区分"
        elif all(unit_in(f"({text})") == squeezed(text).strip("()") for text in texts):
            headers[column] = "単位"
        elif all(map(year_said, texts)):
            headers[column] = "年度"
        elif are_labels and not beside.endswith("年度"):
            headers[column] = "番号"
        elif beside:
            headers[column - 1], headers[column] = beside, before
        else:
            headers[column] = _part(headers, rows, column)


def _are_lines(texts: list[str], before: list[str]) -> bool:
    """Whether texts, or some before all figures, are words for what a line has: 実績."""
    said = [bool({*head_of(text).kinds} & {*FIGURES, "published"}) for text in texts]
    is_behind = any({*head_of(header).kinds} & {*FIGURES, "year"} for header in before)
    return all(said) or (any(said) and not (is_behind or any(map(is_figure, texts))))


def _said_before(header: str, texts: list[str], behind: list[str]) -> str:
    """The head of a column whose own is that of what stands behind it: labels, years; or blank.

    数値目標 or KPI（R6） over names and their targets is that of both.
    """
    head = head_of(header)
    if header and "when" not in head.kinds and all(map(year_said, texts)):
        return f"{header} 年度"
    is_named = {"name", "thing", "group"} & {*head.kinds}
    labels = [re.sub("^[A-Z]$", "1", plain(text)) for text in texts if text]
    if is_named and labels and all(map(_LABEL.fullmatch, labels)):
        return "番号"
    is_both = {*head.kinds} == {"thing", "target"} or (head.kinds == ("name",) and head.year)
    are_names = not any(map(is_figure, texts)) and all(map(is_figure, behind))
    return "指標" if is_both and are_names else ""


def _part(headers: list[str], rows: list[Line], column: int) -> str:
    """The head of a column beside the names with parts of what they count (男性); else blank."""
    beside = {*head_of(headers[column - 1]).kinds} if column else set()
    texts = [row.cell(column) for row in rows if row.cell(column)]
    named = [row.cell(column - 1) for row in rows] if {*FIGURES} & beside else []
    figures = [of for of in [*texts, *named] if is_figure(of) and not _AGE.match(plain(of))]
    is_over = any("name" in head_of(header).kinds for header in headers[column + 1 :])
    if is_over and {"name", "thing", "group", "target"} & beside and not figures:
        return "分野"
    is_part = {"name", "thing"} & beside and not figures
    # Arrows beside figures say how they compare.
    return "内訳" if is_part else "備考" if re.fullmatch("[↑↓→↗↘⇧⇩]+", "".join(texts)) else ""


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


def _shape(label: str) -> str:
    """The shape of a label, with 1 for each number and A for each word; blank if it has others."""
    is_label = re.fullmatch(r"[\W\dA-Z一二三四五六七八九十]+", plain(label))
    return re.sub(r"\d+", "1", re.sub(r"[^\W\d]+", "A", label)) if is_label else ""
