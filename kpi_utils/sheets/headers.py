"""The head of a column, from the rows of heads above it, or from what stands below."""

import re

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import plain
from kpi_utils.cells.years import leading_year
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line

# A year under a head of several years, as a bare number.
BARE_YEAR = re.compile(r"\d{1,2}")
# A label of a row: 1-1, Ⅰ-1, (1), ①, 指標1, KPI3, A-2.
_LABEL = re.compile(
    r"(?:指標|KPI|No\.?)?\(?[A-Z]{0,4}[-IVX\d一二三四五六七八九十ア-ン()]{1,9}\)?", re.I
)


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
        if header or not texts or len(texts) < len(rows) / 2:
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
        elif all(_LABEL.fullmatch(plain(text)) for text in texts):
            headers[column] = "番号"
        elif beside and headers[column - 1] and all(_LABEL.fullmatch(plain(of)) for of in beside):
            headers[column - 1], headers[column] = "番号", headers[column - 1]
