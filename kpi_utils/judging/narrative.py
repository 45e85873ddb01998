"""Findings on the commentary: what its headings say, and which rows they refer to (method 6)."""

import difflib
import re
from collections.abc import Iterator

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


def narrative_of_blocks(evaluation: Evaluation) -> Iterator[dict]:
    """narrative-dangling and narrative-contradicts, block by block."""
    listings_of: dict[int, list] = {}
    for reference in evaluation.sheet.references.itertuples():
        listings_of.setdefault(reference.block, []).append((reference.section, reference.no))
    names = {*evaluation.sheet.rows()["kpi"]}
    judged = {(row["section"], row["no"]): row for row in evaluation.records}
    for block in evaluation.sheet.commentary.itertuples():
        listings = listings_of.get(block.block, [])
        heading = identity(block.heading)
        # 放置自転車の減少 may be a KPI's name, and then does not say how the KPI went.
        subject, sign = (heading, 0) if heading in names else _heading(block.heading)
        yield from _dangling(evaluation, block, listings, subject)
        known = [listing for listing in listings if listing in judged]
        if sign and known:
            yield from _contradiction(judged[known[0]], block, known, sign)


def _dangling(evaluation: Evaluation, block, listings: list, subject: str) -> Iterator[dict]:
    """A reference to a row that does not exist, or that has another name than the heading."""
    names = evaluation.sheet.rows()["name"]
    quoted = re.match(r"「([^「」]+)」", identity(block.heading))
    subjects = [subject, quoted[1] if quoted else subject]
    if not listings:
        yield _about_block("narrative-dangling", block, [], "narrative-unreferenced")
    for listing in listings:
        name = names.get(listing)
        likeness = [
            difflib.SequenceMatcher(None, one, identity(name or "")).ratio() for one in subjects
        ]
        if name is None or max(likeness) < ALIKE:
            key = "narrative-dangling" if name is None else "narrative-elsewhere"
            row = message("rows", listings=(listing,))
            yield _about_block("narrative-dangling", block, [listing], key, row=row, name=name)


def _contradiction(row: dict, block, listings: list, sign: int) -> Iterator[dict]:
    """A heading that says 増加 or 減少 although the figures of its row say otherwise."""
    # A rank rises when its number falls: a heading's 上昇 may mean the one or the other.
    if None in (row["actual"], row["start"]) or identity(row["unit"]) == RANK:
        return
    change = row["actual"] - row["start"]
    if change * sign > 0:
        return
    went = ("unchanged", "increased", "decreased")[(change > 0) - (change < 0)]
    yield _about_block(
        "narrative-contradicts",
        block=block,
        rows=listings,
        key="narrative-contradicts",
        kpi=row["kpi"],
        said=message(f"finding-part.says-{'increase' if sign > 0 else 'decrease'}"),
        went=message(f"finding-part.{went}"),
        baseline=row["baseline_raw"],
        actual=row["actual_raw"],
    )


def narrative_missing(evaluation: Evaluation) -> Iterator[dict]:
    """A KPI that is not met and has no block; a single finding if the sheet has no commentary."""
    sheet = evaluation.sheet
    kpis = evaluation.kpis[["kpi", "name", "status", "listings", "sources"]]
    not_met = kpis[kpis["status"] != "met"]
    if sheet.is_plan_only:
        return
    if sheet.commentary.empty:
        # The commentary may stand in a text box, which has its own finding.
        is_drawn = any(remark.place == "drawing" for remark in sheet.remarks)
        if not not_met.empty and not is_drawn:
            text = message("finding-says.narrative-missing-all", n=len(not_met))
            yield finding("narrative-missing", [], sheet.title, sheet.title_source, message=text)
        return
    listed = {*zip(sheet.references["section"], sheet.references["no"], strict=True)}
    referred = {kpi for row, kpi in sheet.rows()["kpi"].items() if row in listed}
    for kpi in not_met.itertuples():
        if kpi.kpi in referred:
            continue
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


def _about_block(code: str, block, rows: list, key: str, kpi: str = "", **values) -> dict:
    sentence = message(f"finding-says.{key}", **values)
    return finding(code, rows, block.heading, block.source, kpi=kpi, message=sentence)


def _heading(heading: str) -> tuple[str, int]:
    """The KPI that a block's heading names, and the way that the KPI went: 1, -1, or 0 if unsaid.

    >>> _heading("「市内総生産額」の減少")
    ('市内総生産額', -1)
    """
    match = _HEADING.fullmatch(identity(heading))
    assert match, "each part may be blank"
    subject = re.sub(r"^「([^「」]*)」$", r"\1", match[1].removesuffix("の"))
    return subject, _CHANGES.get(match[2], 0)
