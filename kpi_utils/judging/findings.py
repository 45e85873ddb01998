"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import UNREADABLE, identity, read_cell
from kpi_utils.frames import LIMITS, SEVERITIES, STATUSES
from kpi_utils.judging.achievement import SIGN, percent_text, rounded
from kpi_utils.judging.cell_findings import jumps, missing_rows, remarks, unreadable_cells
from kpi_utils.judging.conventions import NAMES, house_rule, reproduced
from kpi_utils.judging.evaluation import Evaluation, about_row
from kpi_utils.judging.figures import figures
from kpi_utils.judging.judgement import by_kpi, judge
from kpi_utils.judging.narrative import (
    narrative_contradicts,
    narrative_dangling,
    narrative_missing,
)
from kpi_utils.judging.published import contradicts
from kpi_utils.judging.questions import DIRECTION_UNCLEAR, quoted_name
from kpi_utils.language import Words, listed, say
from kpi_utils.plan import Plan
from kpi_utils.sheets.sheet import Sheet, line_of

__all__ = ["CODES", "FRAGILE", "OUTGROWN", "evaluate"]

# What each code is called in a report.
CODES = Words("finding")
# Points of achievement for 1 % of the actual, and percent of achievement.
FRAGILE, OUTGROWN = 50, 200
# Why a row is undetermined because of its target.
_OF_TARGET = ("no-target", "target-in-words", "declared-against-target", "target-before-baseline")


def evaluate(sheet: Sheet) -> Evaluation:
    """Judge a sheet, compute its figures and find what a reviewer should know.

    >>> from kpi_utils import load
    >>> found = evaluate(load("kumamoto", 2022)).findings
    >>> int((found["code"] == "target-year-differs").sum())
    18
    """
    rows = judge(sheet)
    numbers = figures(rows, sheet.points, sheet.fiscal_year)
    nothing = frames.frame(frames.FINDINGS, [])
    judged = Evaluation(
        sheet,
        rows,
        by_kpi(rows, sheet.plan),
        numbers,
        reproduced(rows),
        nothing,
        house_rule(rows.to_dict("records"), sheet.plan),
    )
    table = frames.frame(frames.FINDINGS, [record for find in FINDINGS for record in find(judged)])
    order = {
        "line": table["source"].map(line_of).astype(int),
        "severity": table["severity"].map(list(SEVERITIES).index),
    }
    by_line = pd.DataFrame(order).sort_values(["line", "severity"], kind="stable").index
    return replace(judged, findings=table.loc[by_line].reset_index(drop=True))


def _undetermined(judged: Evaluation) -> Iterator[dict]:
    """direction-unclear, unit-differs, and what else keeps a row from being judged."""
    for row in judged.joined().itertuples():
        # An unreadable cell is told as one.
        if row.reason in ("", UNREADABLE, "published-contradicts"):
            continue
        if row.reason in DIRECTION_UNCLEAR:
            named = judged.sheet.plan.named(row.kpi, row.name)
            said = {"note": row.note, "name": quoted_name(named)}
            message = say("finding-says.direction-unclear", **said)
            yield about_row("direction-unclear", "error", row, row.target_raw, message)
        elif row.reason == "units-differ":
            message = say("finding-says.unit-differs", note=row.note)
            yield about_row("unit-differs", "error", row, _cells(row), message)
        else:
            text = row.actual_raw or row.baseline_raw
            message = say("finding-says.not-judged", note=row.note)
            said = row.target_raw if row.reason in _OF_TARGET else text
            yield about_row("not-judged", "warning", row, said, message)


def _published(judged: Evaluation) -> Iterator[dict]:
    """published-contradicts, and published-differs for what the house rule does not give."""
    table = judged.reproduced.set_index(["section", "no"])
    for row in judged.joined().itertuples():
        record = row._asdict()
        is_met = row.status == "met"
        is_judged = row.status != "undetermined"
        if row.reason == "published-contradicts" or (is_judged and contradicts(record, is_met)):
            yield _contradiction(row, judged.sheet.plan)
            continue
        if not is_judged or (row.section, row.no) not in table.index:
            continue
        own = judged.sheet.plan.declared(row.kpi).convention or judged.house.of(record)
        by = table.loc[(row.section, row.no)]
        if own and by[own]:
            continue
        others = [NAMES[name] for name in NAMES if by[name]]
        part = "not-computed" if pd.isna(row.achievement) else "computed"
        said = {
            "published": row.published,
            "computed": say(f"finding-part.{part}", achievement=percent_text(row.achievement)),
            "formula": say("finding-part.formula", convention=others[0])
            if others
            else say("finding-part.no-formula"),
        }
        message = say("finding-says.published-differs", **said)
        yield about_row("published-differs", "warning", row, row.published, message)


def _contradiction(row, plan: Plan) -> dict:
    """published-contradicts: what the sheet prints, and what its figures say."""
    if row.status == "undetermined":
        named = quoted_name(plan.named(row.kpi, row.name))
        key, said = "undetermined", {"note": row.note, "name": named}
    else:
        key, said = "declared", {"published": row.published, "status": STATUSES[row.status]}
    message = say(f"finding-says.published-contradicts-{key}", **said)
    return about_row("published-contradicts", "error", row, row.published, message)


def _wrong_way(judged: Evaluation) -> Iterator[dict]:
    for row in judged.joined().itertuples():
        if row.target_kind not in ("at_most", "at_least") or row.status == "undetermined":
            continue
        if row.start is None:
            continue
        gap = (row.target_value - row.start) * SIGN[row.direction]
        if gap >= 0:
            continue
        limit = LIMITS[row.target_kind]
        side = "room" if row.status == "met" else f"beyond-{row.target_kind}"
        distance = abs(row.target_value - row.actual)
        margin = f"{distance:,f} {row.unit}".strip()
        if row.target_value:
            share = rounded(float(distance / abs(row.target_value)) * 100, 1)
            margin = say("finding-part.share", margin=margin, share=share)
        said = {
            "limit": limit,
            "plain": percent_text(-row.achievement),
            "side": say(f"finding-part.{side}", limit=limit),
            "margin": margin,
        }
        message = say("finding-says.wrong-way-target", **said)
        yield about_row("wrong-way-target", "warning", row, row.target_raw, message)


def _years(judged: Evaluation) -> Iterator[dict]:
    """target-year-differs, provisional-data and late-data."""
    for row in judged.joined().itertuples():
        column_year = row.target_column_year
        years = (row.target_year, column_year)
        if not any(pd.isna(year) for year in years) and row.target_year != column_year:
            said = {"year": row.target_year, "column_year": column_year}
            message = say("finding-says.target-year-differs", **said)
            yield about_row("target-year-differs", "note", row, row.target_raw, message)
        if pd.isna(row.actual_year) or row.actual is None:
            continue
        if read_cell(row.actual_raw).provisional:
            message = say("finding-says.provisional-data")
            yield about_row("provisional-data", "note", row, row.actual_raw, message)
        year, column_year = judged.sheet.fiscal_year, row.actual_column_year
        if column_year < year:
            message = say("finding-says.late-column", year=year, column_year=column_year)
            yield about_row("late-data", "note", row, row.actual_raw, message)
        if (late := column_year - row.actual_year) > 0:
            said = {"column_year": column_year, "late": late, "year": row.actual_year}
            message = say("finding-says.late-actual", **said)
            yield about_row("late-data", "note", row, row.actual_raw, message)


def _relistings(judged: Evaluation) -> Iterator[dict]:
    kpis = judged.kpis.set_index("kpi")
    seen: set[str] = set()
    plan = judged.sheet.plan
    for row in judged.joined().itertuples():
        namesakes = [
            kpi for kpi in plan.apart if identity(plan.apart[kpi][0]) == identity(row.name)
        ]
        declared = any(plan.declared(kpi).apart for kpi in namesakes)
        if row.kpi in plan.apart and row.kpi not in seen and not declared:
            message = say("finding-says.same-name", rows=listed(kpis.loc[namesakes, "listings"]))
            yield about_row("same-name", "note", row, row.name, message)
        if row.kpi in seen and not row.relisted:
            message = say("finding-says.relisting-unmarked", rows=kpis.loc[row.kpi, "listings"])
            yield about_row("relisting-unmarked", "note", row, row.name, message)
        if row.kpi in seen and kpis.loc[row.kpi, "relistings_differ"]:
            message = say("finding-says.relisting-differs", rows=kpis.loc[row.kpi, "listings"])
            yield about_row("relisting-differs", "error", row, _cells(row), message)
        seen.add(row.kpi)


def _percentages(judged: Evaluation) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    for row in judged.joined().itertuples():
        # As floats, 50 points on paper may be less by a hair.
        if row.fragility >= FRAGILE - 1e-9 and not pd.isna(row.achievement):
            way = ""
            if not pd.isna(row.ambition):
                way = say("finding-part.way", share=rounded(abs(row.ambition) * 100, 1))
            said = {"points": rounded(row.fragility), "way": way}
            message = say("finding-says.fragile-percentage", **said)
            text = row.published or row.actual_raw
            yield about_row("fragile-percentage", "note", row, text, message)
        if row.status == "met" and not pd.isna(row.achievement) and row.achievement >= OUTGROWN:
            achievement = percent_text(row.achievement)
            message = say("finding-says.target-outgrown", achievement=achievement)
            yield about_row("target-outgrown", "note", row, row.target_raw, message)


FINDINGS: list[Callable[[Evaluation], Iterator[dict]]] = [
    unreadable_cells,
    _undetermined,
    _published,
    _wrong_way,
    _years,
    _relistings,
    _percentages,
    narrative_dangling,
    narrative_contradicts,
    narrative_missing,
    jumps,
    missing_rows,
    remarks,
]


def _cells(row) -> str:
    return listed([row.baseline_raw, row.actual_raw, row.target_raw])
