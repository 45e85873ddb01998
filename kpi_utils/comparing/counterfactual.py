"""What a KPI's judgement would be, had a part of its row not changed since an earlier sheet.

A judgement rests on four parts: the actual, the target, the baseline, and what the KPI is called
and declared to be. Put back to what the earlier sheet has, one by one, and judged by the same code,
they tell what made a status change, and whose figures a published percentage was made with
(method 8).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from kpi_utils import frames
from kpi_utils.frames import CAUSES, STATUSES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.conventions import NAMES, House, reproduced
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import judge_row, newest_points, settled_house
from kpi_utils.language import say

__all__ = ["Pair", "pairs", "published_by_older", "status_changed", "verdict"]

# The columns of ``frames.ROWS`` that hold each part. To the data belongs, beside the actual, the
# sheet's own word on a target that has no number.
PARTS = {
    "data": ["published"],
    "target": list(frames.TARGET),
    "baseline": [*(name for name in frames.ROWS.columns if name.startswith("baseline")), "unit"],
    "declaration": ["kpi", "name"],
}


@dataclass(frozen=True)
class Pair:
    """A KPI's row in an earlier and a later sheet, each with the actual that is judged.

    ``old_row`` and ``new_row`` are records of ``frames.ROWS``, the points of ``frames.POINTS``.
    """

    before: Evaluation
    after: Evaluation
    old_row: dict
    new_row: dict
    old_point: dict
    new_point: dict
    old_house: House
    new_house: House

    def judged(self, *undone: str) -> dict:
        """The later row's judgement, with some ``PARTS`` as the earlier sheet has them."""
        parts = {name: self.old_row[name] for part in undone for name in PARTS[part]}
        row = self.new_row | parts
        if undone and set(undone) < set(PARTS) and row["target"] is not None:
            # No sheet prints a figure of numbers that stand in two.
            row["published"] = ""
        plan = (self.before if "declaration" in undone else self.after).sheet.plan
        point = self.old_point if "data" in undone else self.new_point
        # What printed figures are evidence of goes with them.
        house = self.old_house if "data" in undone else self.new_house
        return judge_row(row, point, plan.declared(row["kpi"]), house)


def pairs(before: Evaluation, after: Evaluation, rows: list[tuple]) -> Iterator[Pair]:
    """The KPIs that both sheets list, in the later one's order, from ``paired_rows``."""
    old, new = newest_points(before.sheet), newest_points(after.sheet)
    houses = settled_house(before.sheet), settled_house(after.sheet)
    for old_row, new_row in (both for both in rows if None not in both):
        points = old[old_row["section"], old_row["no"]], new[new_row["section"], new_row["no"]]
        yield Pair(before, after, old_row, new_row, *points, *houses)


def status_changed(pair: Pair) -> Iterator[dict]:
    """The change of a KPI's status, with what made it."""
    old, new = (
        evaluation.kpis.set_index("kpi").loc[row["kpi"]]
        for evaluation, row in ((pair.before, pair.old_row), (pair.after, pair.new_row))
    )
    if old["status"] == new["status"]:
        return
    year = pair.before.sheet.fiscal_year
    if old["relistings_differ"] or new["relistings_differ"]:
        causes, by = ["relisting"], "relisting"
    else:
        causes = _causes(pair, old["status"])
        if new["status"] == "undetermined":
            by = "note"
        elif "data" in causes:
            by = "data" if causes == ["data"] else "both"
            # What had not got there when it was due need not have moved since.
            if by == "data" and (new["status"], new["way"]) == ("missed", old["status"]):
                by = "due"
        else:
            by = "others"
    others = say("list.and").join(CAUSES[cause] for cause in causes if cause != "data")
    why = say(f"change-says.status-by-{by}", note=new["note"], causes=others, year=year)
    words = [STATUSES[kpi["status"]].lower() for kpi in (old, new)]
    message = say("change-says.status-changed", before=words[0], after=words[1], why=why)
    yield {
        "code": "status-changed",
        "severity": "note" if by in ("data", "due") else "warning",
        "before": verdict(old),
        "after": verdict(new),
        "cause": "+".join(causes),
        "message": message,
    }


def _causes(pair: Pair, status: str) -> list[str]:
    """Without which changes a status would be the old one: the least number of parts that do.

    All four parts put back are the earlier row, so that some number always does.
    """
    by_size = (
        [parts for parts in combinations(PARTS, size) if pair.judged(*parts)["status"] == status]
        for size in range(1, len(PARTS) + 1)
    )
    undone = next(filter(None, by_size))
    return [part for part in PARTS if any(part in parts for parts in undone)]


def verdict(kpi: pd.Series) -> str:
    """Status and achievement of a KPI (a row of ``frames.KPIS``): 前進（13%）."""
    figure = percent_text(kpi["achievement"])
    status = STATUSES[kpi["status"]]
    said = say("change-says.verdict", status=status, achievement=figure)
    return status if figure == "―" else said


def published_by_older(pair: Pair) -> Iterator[dict]:
    """A published figure that no convention gives, but the sheet's own with an older figure."""
    listing = (pair.new_row["section"], pair.new_row["no"])
    table = pair.after.reproduced.set_index(["section", "no"])
    if listing not in table.index or table.loc[listing, list(NAMES)].any():
        return
    declared = pair.after.sheet.plan.declared(pair.new_row["kpi"]).convention
    house = declared or pair.after.house.of(pair.judged())
    tried = [house] if house else list(NAMES)
    published = pair.new_row["published"]
    older = {
        "target": pair.old_row["target_raw"],
        "baseline": pair.old_row["baseline_raw"],
        "data": pair.old_point["raw"],
    }
    for part, raw in older.items():
        judged = pair.judged(part) | {"published": published}
        again = reproduced(frames.frame(frames.JUDGED, [judged]))
        if judged["status"] == "undetermined" or not again[tried].any(axis=None):
            continue
        said = {"published": published, "cause": CAUSES[part], "raw": raw}
        said |= {"before": pair.before.sheet.fiscal_year, "after": pair.after.sheet.fiscal_year}
        yield {
            "code": "published-by-older-figure",
            "before": raw,
            "after": published,
            "message": say("change-says.published-by-older-figure", **said),
        }
        return
