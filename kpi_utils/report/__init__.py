"""A notebook's frames and figures -> the report in its editions: PDF, page, workbook, tables.

``cover`` and ``chapters`` say what stands in it, and ``content`` puts them together; ``report.typ``
and ``page.html`` are the layouts. ``portfolio`` has what many reports say together; ``house.typ``,
``tables.typ`` and ``head.html`` are what its layouts share with these. All numbers in its sentences
are computed. The same input gives the same bytes.
"""

from collections.abc import Mapping

from kpi_utils.report.book import book
from kpi_utils.report.content import Content, content
from kpi_utils.report.cover import part_of
from kpi_utils.report.html import page
from kpi_utils.report.pdf import printed, substitutes
from kpi_utils.report.portfolio import build_portfolio, index
from kpi_utils.words import Words

__all__ = [
    "Content",
    "book",
    "build",
    "build_portfolio",
    "content",
    "index",
    "page",
    "part_of",
    "substitutes",
]


def build(
    report: Content, words: Words, fiscal_year: int, tables: Mapping[str, bytes] | None = None
) -> bytes:
    """The report as PDF, through typst: PDF/UA-1 and PDF/A-3a in one file.

    ``report`` is its content; ``tables`` are CSV files by name, which travel within the PDF.
    """
    tables = tables or {}
    standard = [words.say("provenance.standard"), words.say("provenance.standard_is")]
    files = words.listed(tables)
    # What the page alone has would only take memory.
    words_of_pdf = {key: value for key, value in report.words.items() if key != "cards"}
    chapters = words_of_pdf | {
        "provenance": [*report.words["provenance"], standard],
        "attached": list(tables),
        "attachments": words.say("pdf.attached", files=files) if tables else "",
    }
    return printed("report.typ", chapters, {**report.pictures, **tables}, fiscal_year)
