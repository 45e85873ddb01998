"""Results and pictures -> the report in its two editions, PDF and HTML.

``cover`` and ``chapters`` say what stands in it, ``words`` what is explained, and ``content`` puts
them together; ``report.typ`` and ``page.html`` are the layouts. All numbers in its sentences are
computed. The same input gives the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import typst

from kpi_utils.drawing import COLOURS, FONT, FONT_FILES, INK
from kpi_utils.errors import KpiError
from kpi_utils.evaluation import Evaluation
from kpi_utils.language import Words, listed, say
from kpi_utils.report.chapters import untold
from kpi_utils.report.content import Content, content
from kpi_utils.report.html import page

__all__ = ["Content", "build", "content", "page"]

STANDARDS = ["ua-1", "a-3a"]


def build(
    evaluation: Evaluation,
    said: Content | None = None,
    attached: Mapping[str, bytes] | None = None,
) -> bytes:
    """The report of an evaluated sheet as PDF, through typst: PDF/UA-1 and PDF/A-3a in one file.

    ``said`` is its ``content``, where that has been made already. ``attached`` are CSV files by
    name, which travel within the PDF. Raises KpiError where a text has a character that the fonts
    lack.
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
        "colours": COLOURS,
        "ink": INK,
        "font": FONT,
    }
    files = {
        "main.typ": Path(__file__).with_name("report.typ").read_bytes(),
        "data.json": json.dumps(words, ensure_ascii=False).encode(),
        **said.pictures,
        **attached,
    }
    for nudge in range(5):
        pdf = _compile(files, sheet.fiscal_year, nudge)
        # A compressed stream may end in a carriage return; with the line feed that follows, it
        # reads to validators as one byte shorter than its /Length (ISO 19005-3, 6.1.7.1). A page
        # that begins a hair lower is compressed otherwise.
        if b"\r\nendstream" not in pdf:
            break
    return pdf


def _compile(files: dict[str, bytes], fiscal_year: int, nudge: int) -> bytes:
    try:
        pdf, warnings = typst.compile_with_warnings(
            files,
            format="pdf",
            font_paths=[str(Path(file).parent) for file in FONT_FILES],
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
            sys_inputs={"nudge": str(nudge)},
            # The last day of the fiscal year: a date that a rerun does not change.
            timestamp=datetime(fiscal_year + 1, 3, 31, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise KpiError(f"PDF を作成できません（{error.message}）。") from None
    if warnings:
        raise KpiError([f"PDF を作成できません（{warning}）。" for warning in warnings])
    return pdf
