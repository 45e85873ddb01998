"""Heads for columns of a table that have none: labels, years, units, parts of what is counted."""

import re

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.years import leading_year
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line

# A label of a row: 1-1, Ⅰ-1, (1), ①, 指標1, KPI3, A-2.
_LABEL = re.compile(r"(?i)(?:指標|No\.)?\(?[A-Z]{0,4}[-IVX\d一二三四五六七八九十ア-ン()]{1,9}\)?")


def name_labels(headers: list[str], rows: list[Line]) -> None:
    """Give a head to a column of labels (指標1, ①) or years that has none or shares the names'."""
    for column, header in enumerate(headers):
        texts = [row.cell(column) for row in rows if row.cell(column)]
        if header or not texts:
            continue
        are_labels = all(_LABEL.fullmatch(plain(text)) for text in texts)
        if len(texts) < len(rows) / 2:
            # A number stands once for the several lines of its KPI.
            headers[column] = "番号" if are_labels and not column else _part(headers, column, texts)
            continue
        before = headers[column - 1] if column else ""
        beside = _said_before(before, [row.cell(column - 1) for row in rows])
        if not column and not any(map(is_figure, texts)):
            kinds = [{*head_of(of).kinds} for of in headers]
            has_name = any({"name", "thing"} & of and not {*FIGURES} & of for of in kinds)
            headers[column] = "分野" if has_name else "項目"
        elif _are_lines(texts, headers[:column]):
            headers[column] = "区分"
        elif all(unit_in(f"({text})") == squeezed(text).strip("()") for text in texts):
            headers[column] = "単位"
        elif _are_years(texts):
            headers[column] = "年度"
        elif are_labels and not beside.endswith("年度"):
            headers[column] = "番号"
        elif beside:
            headers[column - 1], headers[column] = beside, before
        else:
            headers[column] = _part(headers, column, texts)


def _are_lines(texts: list[str], before: list[str]) -> bool:
    """Whether texts, or some before all figures, are words for what a line has: 実績."""
    said = [bool({*head_of(text).kinds} & {*FIGURES, "published"}) for text in texts]
    is_behind = any({*head_of(header).kinds} & {*FIGURES, "year"} for header in before)
    return all(said) or (any(said) and not (is_behind or any(map(is_figure, texts))))


def _are_years(texts: list[str]) -> bool:
    return all(leading_year(text)[0] and not leading_year(text)[1] for text in texts)


def _said_before(header: str, texts: list[str]) -> str:
    """The head of a column whose own is that of what stands behind it: labels, years; or blank."""
    if header and "when" not in head_of(header).kinds and _are_years(texts):
        return f"{header} 年度"
    is_named = {"name", "thing", "group"} & {*head_of(header).kinds}
    return "番号" if is_named and all(map(_LABEL.fullmatch, map(plain, texts))) else ""


def _part(headers: list[str], column: int, texts: list[str]) -> str:
    """The head of a column beside the names with parts of what they count (男性); else blank."""
    beside = {*head_of(headers[column - 1]).kinds} if column else set()
    is_part = {"name", "thing"} & beside and not ({*FIGURES} & beside or any(map(is_figure, texts)))
    # Arrows beside figures say how they compare.
    return "内訳" if is_part else "備考" if re.fullmatch("[↑↓→↗↘⇧⇩]+", "".join(texts)) else ""
