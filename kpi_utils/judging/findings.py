"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from kpi_utils.cells.notation import UNREADABLE, identity, read_cell
from kpi_utils.frames import LIMITS, STATUSES
from kpi_utils.judging.achievement import SIGN, percent_text, rounded
from kpi_utils.judging.cell_findings import jumps, missing_rows, remarks, unreadable_cells
from kpi_utils.judging.conventions import NAMES, house_rule, reproduced
from kpi_utils.judging.entries import entries_of
from kpi_utils.judging.evaluation import Evaluation, about_row
from kpi_utils.judging.figures import figures
from kpi_utils.judging.judgement import by_kpi, judge, references
from kpi_utils.judging.narrative import narrative_contradicts, narrative_dangling, narrative_missing
from kpi_utils.judging.published import contradicts
from kpi_utils.judging.questions import DIRECTION_UNCLEAR, quoted_name
from kpi_utils.language import Words, listed, say
from kpi_utils.plan import Plan
from kpi_utils.sheets.sheet import Sheet

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
    kpis, nothing = by_kpi(rows, sheet.plan), entries_of([], {})
    house = house_rule(rows.to_dict("records"), sheet.plan)
    judged = Evaluation(sheet, rows, kpis, numbers, reproduced(rows), *nothing, house)
    labels = dict(zip(kpis["kpi"], kpis["label"], strict=True))
    findings, entries = entries_of([one for find in FINDINGS for one in find(judged)], labels)
    return replace(judged, findings=findings, entries=entries)


def _undetermined(judged: Evaluation) -> Iterator[dict]:
    """direction-unclear, unit-differs, and what else keeps a row from being judged."""
    for row in judged.joined().itertuples():
        # An unreadable cell is told as one.
        if row.reason in ("", UNREADABLE, "published-contradicts"):
            continue
        if row.reason in DIRECTION_UNCLEAR:
            named = judged.sheet.plan.named(row.kpi, row.name)
            said = {"note": row.note, "name": quoted_name(named), "text": row.target_raw}
            yield about_row("direction-unclear", row, row.target_raw, said)
        elif row.reason == "units-differ":
            yield about_row("unit-differs", row, _cells(row), {"note": row.note})
        else:
            is_of_target = row.reason in _OF_TARGET
            text = row.target_raw if is_of_target else row.actual_raw or row.baseline_raw
            yield about_row("not-judged", row, text, {"note": row.note})


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
        yield about_row("published-differs", row, row.published, said)


def _contradiction(row, plan: Plan) -> dict:
    """published-contradicts: what the sheet prints, and what its figures say."""
    code = "published-contradicts"
    key = f"{code}-{'undetermined' if row.status == 'undetermined' else 'declared'}"
    named = quoted_name(plan.named(row.kpi, row.name))
    said = {"note": row.note, "name": named, "published": row.published}
    return about_row(code, row, row.published, said | {"status": STATUSES[row.status]}, key)


def _wrong_way(judged: Evaluation) -> Iterator[dict]:
    for row in judged.joined().itertuples():
        is_limit = row.target_kind in ("at_most", "at_least") and row.status != "undetermined"
        if not is_limit or row.start is None:
            continue
        if (row.target_value - row.start) * SIGN[row.direction] >= 0:
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
        yield about_row("wrong-way-target", row, row.target_raw, said)


def _years(judged: Evaluation) -> Iterator[dict]:
    """target-year-differs, provisional-data and late-data."""
    for row in judged.joined().itertuples():
        column_year = row.target_column_year
        years = (row.target_year, column_year)
        if not any(pd.isna(year) for year in years) and row.target_year != column_year:
            said = {"year": row.target_year, "column_year": column_year}
            yield about_row("target-year-differs", row, row.target_raw, said)
        if pd.isna(row.actual_year) or row.actual is None:
            continue
        if read_cell(row.actual_raw).says("provisional"):
            yield about_row("provisional-data", row, row.actual_raw, {})
        year, column_year = judged.sheet.fiscal_year, row.actual_column_year
        if column_year < year:
            said = {"year": year, "column_year": column_year}
            yield about_row("late-data", row, row.actual_raw, said, "late-column")
        if (late := column_year - row.actual_year) > 0:
            said = {"column_year": column_year, "late": late, "year": row.actual_year}
            yield about_row("late-data", row, row.actual_raw, said, "late-actual")


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
            said = {"rows": listed(kpis.loc[namesakes, "listings"])}
            yield about_row("same-name", row, row.name, said)
        first = judged.sheet.first_listing(row.kpi)
        said = {"rows": kpis.loc[row.kpi, "listings"]}
        said["first"] = references([(first["section"], first["no"])])
        if row.kpi in seen and not row.relisted:
            yield about_row("relisting-unmarked", row, row.name, said)
        if row.kpi in seen and kpis.loc[row.kpi, "relistings_differ"]:
            yield about_row("relisting-differs", row, _cells(row), said)
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
            yield about_row("fragile-percentage", row, row.published or row.actual_raw, said)
        if row.status == "met" and not pd.isna(row.achievement) and row.achievement >= OUTGROWN:
            said = {"achievement": percent_text(row.achievement)}
            yield about_row("target-outgrown", row, row.target_raw, said)


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
