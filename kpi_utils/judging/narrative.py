"""Findings on the commentary: what its headings say, and which rows they refer to (method 6)."""

import difflib
import re
from collections.abc import Iterator

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.evaluation import Evaluation, finding, worded
from kpi_utils.judging.judgement import references
from kpi_utils.language import say

__all__ = ["alike", "narrative_contradicts", "narrative_dangling", "narrative_missing"]

# How alike a block's heading and a row's name must be to be about the same KPI (0 to 1): a
# particle more or less is, another KPI is not.
ALIKE = 0.8


def narrative_dangling(judged: Evaluation) -> Iterator[dict]:
    """A reference to a row that does not exist, or whose name is not the heading's."""
    names = judged.sheet.rows.set_index(["section", "no"])["name"]
    for block, listings in _blocks(judged):
        subject, _ = _heading(block.heading)
        quoted = re.match(r"「([^「」]+)」", identity(block.heading))
        subjects = [subject, quoted[1] if quoted else subject]
        if not listings:
            yield _about_block("narrative-dangling", block, [], "narrative-unreferenced", {})
        for listing in listings:
            row, name = references([listing]), names.get(listing)
            if name is None:
                key = "narrative-dangling"
            elif not any(alike(subject, identity(name)) for subject in subjects):
                key = "narrative-elsewhere"
            else:
                continue
            said = {"row": row, "name": name}
            yield _about_block("narrative-dangling", block, [listing], key, said)


def narrative_contradicts(judged: Evaluation) -> Iterator[dict]:
    """The heading says 増加 or 減少, and the figures say otherwise."""
    rows = judged.joined().set_index(["section", "no"], drop=False)
    for block, listings in _blocks(judged):
        _, said = _heading(block.heading)
        known = [listing for listing in listings if listing in rows.index]
        row = rows.loc[known[0]] if known else None
        if not said or row is None or None in (row["start"], row["actual"]):
            continue
        # A rank rises when its number falls: its words say nothing of the number.
        if identity(row["unit"]) == RANK:
            continue
        change = row["actual"] - row["start"]
        if change * said <= 0:
            went = "increased" if change > 0 else "decreased" if change else "unchanged"
            words = {
                "said": say(f"finding-part.says-{'increase' if said > 0 else 'decrease'}"),
                "went": say(f"finding-part.{went}"),
                "baseline": row["baseline_raw"],
                "actual": row["actual_raw"],
            }
            code = "narrative-contradicts"
            yield _about_block(code, block, known, code, words, kpi=row["kpi"])


def narrative_missing(judged: Evaluation) -> Iterator[dict]:
    """A KPI that is not met has no block; of a sheet without any commentary it is said once."""
    sheet, is_missed = judged.sheet, judged.kpis["status"] != "met"
    # It may stand in a text box, and that is told.
    if sheet.commentary.empty and any(remark.place == "drawing" for remark in sheet.remarks):
        return
    if sheet.commentary.empty and is_missed.any():
        line = next((line.number for line in sheet.lines if sheet.title in line.said()), 1)
        words = worded("narrative-missing-all", {"n": int(is_missed.sum())})
        yield finding("narrative-missing", [], sheet.title, f"{sheet.source}:{line}", **words)
        return
    references_of = judged.sheet.references.merge(judged.rows, on=["section", "no"])
    told = set(references_of["kpi"])
    for kpi in judged.kpis.itertuples():
        if kpi.status != "met" and kpi.kpi not in told:
            of = "-undetermined" if kpi.status == "undetermined" else ""
            words = worded(f"narrative-missing{of}", {}) | {"differs": kpi.label}
            source = kpi.source.split("、")[0]
            found = finding("narrative-missing", [], kpi.name, source, kpi.kpi, **words)
            yield found | {"rows": kpi.listings}


def _blocks(judged: Evaluation) -> Iterator[tuple[pd.Series, list[tuple[int, int]]]]:
    """Each block of the commentary with the rows that it refers to."""
    named = judged.sheet.references
    for block in judged.sheet.commentary.itertuples():
        rows = named.loc[named["block"] == block.block, ["section", "no"]]
        yield block, list(rows.itertuples(index=False, name=None))


def _about_block(code: str, block, listings: list, key: str, said: dict, kpi: str = "") -> dict:
    return finding(code, listings, block.heading, block.source, kpi, **worded(key, said))


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
