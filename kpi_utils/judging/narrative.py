"""Findings on the commentary: what its headings say, and which rows they refer to (method 6)."""

import difflib
import re
from collections.abc import Iterator

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.evaluation import Evaluation, finding
from kpi_utils.words import message

# How alike a block's heading and a row's name must be (0 to 1) to be about the same KPI: one more
# or one less particle is alike enough, the name of another KPI is not.
ALIKE = 0.8
_CHANGES = {"増加": 1, "上昇": 1, "向上": 1, "減少": -1, "低下": -1}
_HEADING = re.compile(
    rf"""
    (.*?)  # the KPI
    (?:
        の?(?:大幅な|若干の|微)?
        ({"|".join(_CHANGES)})  # the way that it went
        (?:について|等)?
    )?
    """,
    re.VERBOSE,
)


def narrative_dangling(evaluation: Evaluation) -> Iterator[dict]:
    """A reference to a row that does not exist, or that has another name than the heading."""
    names = evaluation.sheet.rows()["name"]
    for block, listings in _blocks(evaluation):
        subject, _ = _heading(block.heading)
        quoted = re.match(r"「([^「」]+)」", identity(block.heading))
        subjects = [subject, quoted[1] if quoted else subject]
        if not listings:
            yield _about_block("narrative-dangling", block, [], "narrative-unreferenced")
        for listing in listings:
            name = names.get(listing)
            if name is None:
                key = "narrative-dangling"
            elif not any(alike(subject, identity(name)) for subject in subjects):
                key = "narrative-elsewhere"
            else:
                continue
            row = message("rows", listings=(listing,))
            yield _about_block("narrative-dangling", block, [listing], key, row=row, name=name)


def narrative_contradicts(evaluation: Evaluation) -> Iterator[dict]:
    """A heading that says 増加 or 減少 although the figures say otherwise."""
    rows = evaluation.rows
    for block, listings in _blocks(evaluation):
        _, sign = _heading(block.heading)
        known = [listing for listing in listings if listing in rows.index]
        if not sign or not known:
            continue
        row = rows.loc[known[0]]
        # A rank rises when its number falls: a heading's word does not tell which of them it means.
        if row[["start", "actual"]].isna().any() or identity(row["unit"]) == RANK:
            continue
        change = row["actual"] - row["start"]
        if change * sign <= 0:
            went = "increased" if change > 0 else "decreased"
            yield _about_block(
                "narrative-contradicts",
                block=block,
                rows=known,
                key="narrative-contradicts",
                kpi=row["kpi"],
                said=message(f"finding-part.says-{'increase' if sign > 0 else 'decrease'}"),
                went=message(f"finding-part.{went if change else 'unchanged'}"),
                baseline=row["baseline_raw"],
                actual=row["actual_raw"],
            )


def narrative_missing(evaluation: Evaluation) -> Iterator[dict]:
    """A KPI that is not met and has no block; one finding for a sheet without any commentary."""
    sheet, missed = evaluation.sheet, evaluation.kpis[evaluation.kpis["status"] != "met"]
    if sheet.is_plan_only:
        return
    # The commentary may stand in a text box, which has its own finding.
    if sheet.commentary.empty and any(remark.place == "drawing" for remark in sheet.remarks):
        return
    if sheet.commentary.empty:
        if not missed.empty:
            text = message("finding-says.narrative-missing-all", n=len(missed))
            yield finding("narrative-missing", [], sheet.title, sheet.title_source, message=text)
        return
    referred = sheet.references.merge(sheet.rows()[["section", "no", "kpi"]].reset_index(drop=True))
    unnamed = missed[~missed["kpi"].isin(referred["kpi"])]
    for kpi in unnamed[["kpi", "name", "status", "listings", "sources"]].itertuples():
        suffix = "-undetermined" if kpi.status == "undetermined" else ""
        yield finding(
            "narrative-missing",
            rows=kpi.listings,
            text=kpi.name,
            source=kpi.sources[0],
            kpi=kpi.kpi,
            message=message(f"finding-says.narrative-missing{suffix}"),
            differs=message("name", text=label(sheet.plan.named(kpi.kpi, kpi.name))),
        )


def _blocks(evaluation: Evaluation) -> Iterator[tuple[pd.Series, list[tuple[int, int]]]]:
    """Yields each block of the commentary with the rows that it refers to."""
    references = evaluation.sheet.references
    for block in evaluation.sheet.commentary.itertuples():
        rows = references.loc[references["block"] == block.block, ["section", "no"]]
        yield block, list(rows.itertuples(index=False, name=None))


def _about_block(code: str, block, rows: list, key: str, kpi: str = "", **values) -> dict:
    sentence = message(f"finding-says.{key}", **values)
    return finding(code, rows, block.heading, block.source, kpi=kpi, message=sentence)


def alike(one: str, other: str) -> bool:
    """Whether two names (``identity``) are alike enough to be those of one KPI."""
    return difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def _heading(heading: str) -> tuple[str, int]:
    """The KPI that a block's heading names, and the way that the KPI went: 1, -1, or 0 if unsaid.

    >>> _heading("「市内総生産額」の減少")
    ('市内総生産額', -1)
    """
    match = _HEADING.fullmatch(identity(heading))
    assert match, "each part may be blank"
    subject = re.sub(r"^「([^「」]*)」$", r"\1", match[1].removesuffix("の"))
    return subject, _CHANGES.get(match[2], 0)
