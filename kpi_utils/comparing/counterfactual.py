"""What a KPI's judgement would be, had a part of its row not changed since an earlier sheet.

A judgement rests on four parts: the actual, the target, the baseline, and what the KPI is called
and declared to be. Each part is put back to what the earlier sheet has, and the row is judged again
by the same code. That tells what made a status change, and from which sheet's figures a published
percentage was computed (method 8).
"""

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.comparing.matching import Pair
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.conventions import given_by
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import judge_row
from kpi_utils.judging.outlook import years_of
from kpi_utils.words import Message, joined, message

# The prefixes of the columns that hold each part. What the sheet itself says of the result goes
# with the actual: it is the only evidence if a target has no number.
PARTS = {
    "data": ("actual", "published", "grade", "step", "is_circle_best"),
    "target": ("target",),
    "baseline": ("baseline", "unit"),
    "declaration": ("kpi", "name", "sheet_direction"),
}
_OF_NUMBERS = PARTS.keys() - {"declaration"}
# Suffixes of columns that do not change what a part says, and of those that hold its spelling.
_NO_MATTER = ("_decimals", "_column_year", "_kind", "name")
_SPELLING = ("_raw", "_text")


def judged_with(pair: Pair, *undone: str) -> dict:
    """The later row of a pair, judged with some ``PARTS`` as the earlier sheet has them."""
    beginnings = tuple(beginning for part in undone for beginning in PARTS[part])
    old = {name: value for name, value in pair.old.items() if name.startswith(beginnings)}
    row = pair.new | old
    is_mixed = 0 < len(_OF_NUMBERS.intersection(undone)) < len(_OF_NUMBERS)
    if is_mixed and row["target"] is not None:
        # Neither sheet prints a figure that is computed from numbers of both.
        row["published"] = row["grade"] = ""
    plan = (pair.before if "declaration" in undone else pair.after).sheet.plan
    # The rule by which printed figures are evidence goes with them.
    evidence = (pair.before if "data" in undone else pair.after).evidence
    return row | judge_row(row, plan.declared(row["kpi"]), evidence)


def status_changed(pair: Pair) -> Iterator[dict]:
    """The change of a KPI's status, with what made it."""
    old = pair.before.kpis.loc[pair.old["kpi"]]
    new = pair.after.kpis.loc[pair.new["kpi"]]
    if old["status"] == new["status"]:
        return
    differ = old["relistings_differ"] or new["relistings_differ"]
    causes = ["relisting"] if differ else _causes(pair, old["status"])
    # By the later sheet, the KPI had its new status already in the earlier sheet's newest year.
    then = max(years_of(old["status_by_year"]), default=0)
    stood = years_of(new["status_by_year"]).get(then)
    if causes == ["data"] and stood == new["status"] and old["status"] != "undetermined":
        causes = ["restated"]
    by = "relisting" if differ else _by(causes, old, new)
    others = [message(f"cause.{cause}") for cause in causes if cause != "data"]
    note = (old if by == "settled" else new)["note"]
    values = {"note": note, "causes": joined(others, "and"), "year": pair.years["before"]}
    words = [message("in_sentence", word=message(f"status.{kpi['status']}")) for kpi in (old, new)]
    why = message(f"change-says.status-by-{by}", **values)
    yield {
        "code": "status-changed",
        "severity": "note" if causes == ["data"] and by != "note" else "warning",
        "before": verdict(old),
        "after": verdict(new),
        "cause": "+".join(causes),
        "message": message("change-says.status-changed", before=words[0], after=words[1], why=why),
    }


def _by(causes: list[str], old: pd.Series, new: pd.Series) -> str:
    """Which of the messages ``status-by-…`` explains the change of a status."""
    if new["status"] == "undetermined":
        return "note"
    if old["status"] == "undetermined":
        return "settled"
    if "data" not in causes:
        return "others"
    if len(causes) > 1:
        return "both"
    # A KPI that is missed because its target fell due need not have moved.
    return "due" if (new["status"], new["way"]) == ("missed", old["status"]) else "data"


def _causes(pair: Pair, status: str) -> list[str]:
    """The smallest set of ``PARTS`` that, put back, restores the old status; ties are combined.

    A part that says the same in both sheets is no cause. There always is a cause: with all four
    parts put back, the row is the earlier one.
    """
    sides = (pair.before, pair.old), (pair.after, pair.new)
    old, new = ({part: _said(side, row, part) for part in PARTS} for side, row in sides)
    same = [part for part in PARTS if part != "data" and old[part] == new[part]]
    changed = [part for part in PARTS if part not in same]
    for size in range(1, len(changed) + 1):
        undone: set[str] = set()
        for parts in combinations(changed, size):
            if judged_with(pair, *parts, *same)["status"] == status:
                undone.update(parts)
        if undone:
            break
    return [part for part in PARTS if part in undone]


def _said(side: Evaluation, row: dict, part: str) -> dict:
    """What a part of a sheet's row says, in any spelling; the words, if it has no number."""
    ends = _NO_MATTER if row.get(part, "") is None else _NO_MATTER + _SPELLING
    declared = side.sheet.plan.declared(row["kpi"]) if part == "declaration" else None
    return {"declared": declared} | {
        name: identity(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name.startswith(PARTS[part]) and not name.endswith(ends)
    }


def verdict(kpi: pd.Series) -> Message:
    """Status and achievement of a KPI (a row of ``Evaluation.kpis``): 前進（13%）."""
    status = message(f"status.{kpi['status']}")
    if pd.isna(kpi["achievement"]):
        return status
    figure = percent_text(kpi["achievement"])
    return message("change-says.verdict", status=status, achievement=figure)


def published_by_older(pair: Pair) -> Iterator[dict]:
    """A published figure that is reproduced only with one figure from the earlier sheet."""
    row = judged_with(pair)
    published = pair.new["published"]
    given = given_by(row)
    if not given or any(given.values()):
        return
    declared = pair.after.sheet.plan.declared(row["kpi"]).convention
    house = declared or pair.after.house.convention_of(row)
    for part in ("target", "baseline", "data"):
        judged = judged_with(pair, part) | {"published": published}
        given = given_by(judged)
        is_given = given.get(house) if house else any(given.values())
        if is_given and judged["status"] != "undetermined":
            code = "published-by-older-figure"
            # A part is quoted by the cell of its first column.
            raw = pair.old[f"{PARTS[part][0]}_raw"]
            values = {"published": published, "cause": message(f"cause.{part}"), "raw": raw}
            text = message(f"change-says.{code}", **values, **pair.years)
            yield {"code": code, "before": raw, "after": published, "message": text}
            return
