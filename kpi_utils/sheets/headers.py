"""The head of a column, from the rows of heads above it, or from what stands below."""

import re

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import plain
from kpi_utils.cells.years import leading_year
from kpi_utils.sheets.column import is_figure
from kpi_utils.sheets.columns import LABEL
from kpi_utils.sheets.lines import Line

# A year under a head of several years, as a bare number.
BARE_YEAR = re.compile(r"\d{1,2}")


def header_of(heads: list[Line], column: int) -> str:
    """A column's head from its parts; one that is merged across stands for all below it."""
    parts: list[str] = []
    for level, head in enumerate(heads):
        part = head.cell(column)
        if not part and any(below.cell(column) for below in heads[level + 1 :]):
            part = _from_the_left(heads[: level + 1], column)
        if not level and any(head_of(below.cell(column)).year for below in heads[1:]):
            part = re.sub("(?<=.)の?推移$", "", part)
        if part and level and BARE_YEAR.fullmatch(plain(part)):
            era = re.search("平成|令和|昭和", " ".join(head.run_on() for head in heads))
            part = f"{era[0] if era else ''}{part}年度"
        if part and part not in parts:
            parts.append(part)
    return " ".join(parts)


def _from_the_left(heads: list[Line], column: int) -> str:
    """The last of some heads that reaches over a column; it ends where one above it begins."""
    *above, head = heads
    while column >= 0 and not head.cell(column) and not any(of.cell(column) for of in above):
        column -= 1
    return head.cell(column) if column >= 0 else ""


def name_labels(headers: list[str], rows: list[Line]) -> None:
    """Give a head to a column of labels (指標1, ①) or years that has none or shares the names'."""
    for column, header in enumerate(headers):
        texts = [row.cell(column) for row in rows if row.cell(column)]
        if header or not texts:
            continue
        are_labels = all(LABEL.fullmatch(plain(text)) for text in texts)
        if len(texts) < len(rows) / 2:
            # A number stands once for the several lines of its KPI.
            headers[column] = "番号" if are_labels and not column else _part(headers, column, texts)
            continue
        beside = [row.cell(column - 1) for row in rows] if column else []
        is_name = not column and not any(map(is_figure, texts))
        if is_name:
            has_name = any({"name", "thing"} & {*head_of(of).kinds} for of in headers)
            headers[column] = "分野" if has_name else "項目"
        elif all({*head_of(text).kinds} & {*FIGURES, "published"} for text in texts):
            headers[column] = "区分"
        elif "単位" not in headers and all(unit_in(f"({text})") for text in texts):
            headers[column] = "単位"
        elif not any(leading_year(text)[1] for text in texts):
            headers[column] = "年度"
        elif are_labels:
            headers[column] = "番号"
        elif beside and headers[column - 1] and all(LABEL.fullmatch(plain(of)) for of in beside):
            headers[column - 1], headers[column] = "番号", headers[column - 1]
        else:
            headers[column] = _part(headers, column, texts)


def _part(headers: list[str], column: int, texts: list[str]) -> str:
    """The head of a column beside the names with parts of what they count (男性); else blank."""
    beside = head_of(headers[column - 1]).kinds if column else ()
    is_part = {"name", "thing"} & {*beside} and not any(map(is_figure, texts))
    return "内訳" if is_part else ""
