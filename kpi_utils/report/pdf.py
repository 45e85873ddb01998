"""typst -> PDF/UA-1 and PDF/A-3a in one file; the same bytes for the same input."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import typst

from kpi_utils.errors import KpiError
from kpi_utils.showing.drawing import FONT_FILES

__all__ = ["printed"]

HERE = Path(__file__).parent
# What the layouts have in common.
COMMON = ("house.typ", "tables.typ")
STANDARDS = ["ua-1", "a-3a"]


def printed(layout: str, words: str, files: Mapping[str, bytes], fiscal_year: int) -> bytes:
    """The PDF of a layout of this folder, dated at the end of a fiscal year.

    ``words`` is what it says, as JSON, and ``files`` its pictures and attachments by name. Raises
    KpiError where a text has a character that the fonts lack.
    """
    typ = {name: (HERE / name).read_bytes() for name in COMMON}
    typ |= {"main.typ": (HERE / layout).read_bytes(), "data.json": words.encode()}
    for nudge in range(5):
        pdf = _compile({**typ, **files}, fiscal_year, nudge)
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
