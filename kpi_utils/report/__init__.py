"""Results and pictures -> the report in its two editions, PDF and HTML.

``cover`` and ``chapters`` say what stands in it, and ``content`` puts them together; ``report.typ``
and ``page.html`` are the layouts. ``portfolio`` has what many reports say together; ``house.typ``,
``tables.typ`` and ``head.html`` are what its layouts share with these. All numbers in its sentences
are computed. The same input gives the same bytes.
"""

from collections.abc import Mapping

from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import Words, listed, say
from kpi_utils.report.book import book
from kpi_utils.report.chapters import untold
from kpi_utils.report.content import Content, content
from kpi_utils.report.html import page
from kpi_utils.report.pdf import printed, substitutes
from kpi_utils.report.portfolio import build_portfolio, index

__all__ = ["Content", "book", "build", "build_portfolio", "content", "index", "page", "substitutes"]


def build(
    evaluation: Evaluation,
    said: Content | None = None,
    attached: Mapping[str, bytes] | None = None,
) -> bytes:
    """The report of an evaluated sheet as PDF, through typst: PDF/UA-1 and PDF/A-3a in one file.

    ``said`` is its ``content``, where that has been made already. ``attached`` are CSV files by
    name, which travel within the PDF.
    """
    said, attached = said or content(evaluation), attached or {}
    sheet = evaluation.sheet
    missed = [card for card in said.words["cards"] if card["status"] != "met"]
    words = said.words | {
        "missed": missed,
        "missed-introduction": say("pdf.missed", n=len(missed)),
        "others": untold(sheet, missed),
        "provenance": [
            *said.words["provenance"],
            [say("provenance.standard"), say("provenance.standard_is")],
        ],
        "attached": list(attached),
        "attachments": say("pdf.attached", files=listed(attached)) if attached else "",
        "pdf": dict(Words("pdf")),
    }
    return printed("report.typ", words, {**said.pictures, **attached}, sheet.fiscal_year)
