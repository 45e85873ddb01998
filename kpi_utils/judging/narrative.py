"""Findings on the commentary: what its headings say, and which rows they refer to (method 6)."""

import difflib
import re
from collections.abc import Iterator

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.evaluation import Evaluation, finding
from kpi_utils.words import message

__all__ = ["alike", "narrative_contradicts", "narrative_dangling", "narrative_missing"]

# How alike a block's heading and a row's name must be to be about the same KPI (0 to 1): a
# particle more or less is, another KPI is not.
ALIKE = 0.8


def narrative_dangling(judged: Evaluation) -> Iterator[dict]:
    """A reference to a row that does not exist, or whose name is not the heading's."""
    names = judged.sheet.rows()["name"]
    for block, listings in _blocks(judged):
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


def narrative_contradicts(judged: Evaluation) -> Iterator[dict]:
    """The heading says 増加 or 減少, and the figures say otherwise."""
    rows = judged.rows
    for block, listings in _blocks(judged):
        _, says = _heading(block.heading)
        known = [listing for listing in listings if listing in rows.index]
        if not says or not known:
            continue
        row = rows.loc[known[0]]
        # A rank rises when its number falls: its words say nothing of the number.
        if row[["start", "actual"]].isna().any() or identity(row["unit"]) == RANK:
            continue
        change = row["actual"] - row["start"]
        if change * says <= 0:
            went = "increased" if change > 0 else "decreased" if change else "unchanged"
            yield _about_block(
                "narrative-contradicts",
                block,
                known,
                "narrative-contradicts",
                row["kpi"],
                said=message(f"finding-part.says-{'increase' if says > 0 else 'decrease'}"),
                went=message(f"finding-part.{went}"),
                baseline=row["baseline_raw"],
                actual=row["actual_raw"],
            )


def narrative_missing(judged: Evaluation) -> Iterator[dict]:
    """A KPI that is not met has no block; of a sheet without any commentary it is said once."""
    sheet, missed = judged.sheet, judged.kpis[judged.kpis["status"] != "met"]
    # It may stand in a text box, and that is told.
    if sheet.commentary.empty and any(remark.place == "drawing" for remark in sheet.remarks):
        return
    if sheet.commentary.empty:
        if not missed.empty:
            text = message("finding-says.narrative-missing-all", n=len(missed))
            yield finding("narrative-missing", [], sheet.title, sheet.title_source, message=text)
        return
    referred = sheet.references.merge(sheet.rows()[["section", "no", "kpi"]].reset_index(drop=True))
    for kpi in missed[~missed["kpi"].isin(referred["kpi"])].itertuples():
        key = "narrative-missing" + "-undetermined" * (kpi.status == "undetermined")
        yield finding(
            "narrative-missing",
            kpi.listings,
            kpi.name,
            kpi.sources[0],
            kpi=kpi.kpi,
            message=message(f"finding-says.{key}"),
            differs=message("name", text=label(sheet.plan.named(kpi.kpi, kpi.name))),
        )


def _blocks(judged: Evaluation) -> Iterator[tuple[pd.Series, list[tuple[int, int]]]]:
    """Each block of the commentary with the rows that it refers to."""
    named = judged.sheet.references
    for block in judged.sheet.commentary.itertuples():
        rows = named.loc[named["block"] == block.block, ["section", "no"]]
        yield block, list(rows.itertuples(index=False, name=None))


def _about_block(code: str, block, rows: list, key: str, kpi: str = "", **values) -> dict:
    text = message(f"finding-says.{key}", **values)
    return finding(code, rows, block.heading, block.source, kpi=kpi, message=text)


def alike(one: str, other: str) -> bool:
    """Whether two names, as identities, are alike enough to be those of one KPI."""
    return difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def _heading(heading: str) -> tuple[str, int]:
    """The KPI that a block's heading names, and the way it says that it went (1, -1 or 0).

    >>> _heading("「市内総生産額」の減少")
    ('市内総生産額', -1)
    """
    match = re.fullmatch(
        r"(.*?)(?:の?(?:大幅な|若干の|微)?(増加|減少|上昇|低下|向上)(?:について|等)?)?",
        identity(heading),
    )
    subject = re.sub(r"^「([^「」]*)」$", r"\1", match[1].removesuffix("の"))
    up, down = ("増加", "上昇", "向上"), ("減少", "低下")
    return subject, 1 if match[2] in up else -1 if match[2] in down else 0
