"""A notebook's frames and figures -> the report in its editions: PDF, page, workbook, tables.

``cover``, ``document`` and ``chapters`` say what stands in it, and ``content`` puts them together;
``report.typ`` and ``page.html`` are the layouts. ``portfolio`` has what many reports say together;
``house.typ``, ``tables.typ`` and ``head.html`` are what its layouts share with these. All numbers
in its sentences are computed. The same input gives the same bytes.
"""

import datetime
from collections.abc import Mapping

from kpi_utils.formats.files import MEDIA_TYPES
from kpi_utils.report.book import book
from kpi_utils.report.content import Content, content
from kpi_utils.report.cover import part_of
from kpi_utils.report.html import page
from kpi_utils.report.pdf import printed, substitutes
from kpi_utils.report.portfolio import build_portfolio, index

__all__ = ["book", "build", "build_portfolio", "content", "index", "page", "part_of", "substitutes"]


def build(
    report: Content,
    tables: Mapping[str, bytes] = {},
    sheet: Mapping[str, bytes] = {},
) -> bytes:
    """The report as PDF, through typst: PDF/UA-1 and PDF/A-3a in one file.

    ``report`` is its content; ``tables`` are CSV files by name, and ``sheet`` is the sheet's file
    by its name: both are attached to the PDF unchanged. Raises KpiError if typst cannot set it.
    """
    words = report.words
    sentences = [words.say("pdf.attached", files=words.listed(tables))] if tables else []
    sentences += [words.say("pdf.attached_sheet", file=name) for name in sheet]
    attached = [
        {
            "name": name,
            "mime-type": MEDIA_TYPES[name.rpartition(".")[2]],
            # How it relates to the report, in PDF's terms (AFRelationship).
            "relationship": "source" if name in sheet else "data",
            "description": f"{words.of('page')[key]} {name}",
        }
        for key, files in (("attachment_sheet", sheet), ("attachment_table", tables))
        for name in files
    ]
    standard = [words.say("provenance.standard"), words.say("provenance.standard_is")]
    chapters = report.chapters | {
        # Only the page in HTML has all cards: here they would only take memory.
        "cards": [],
        "provenance": [*report.chapters["provenance"], standard],
        "attached": attached,
        "attachments": words.say("list.sentence").join(sentences),
    }
    date = datetime.date.fromisoformat(report.chapters["timestamp"])
    return printed("report.typ", chapters, {**report.pictures, **tables, **sheet}, date)
