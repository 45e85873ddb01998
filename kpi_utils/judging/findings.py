"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from kpi_utils.cells.notation import UNREADABLE, identity
from kpi_utils.frames import LIMITS, SEVERITIES, typed
from kpi_utils.judging.achievement import SIGN, percent_text, rounded
from kpi_utils.judging.cell_findings import (
    corrections,
    jumps,
    missing_rows,
    remarks,
    unreadable_cells,
)
from kpi_utils.judging.conventions import figures_with_conventions
from kpi_utils.judging.direction import DIRECTION_UNCLEAR, quoted_name
from kpi_utils.judging.evaluation import FRAGILE_POINTS, OUTGROWN, Evaluation, about_row
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.narrative import narrative_contradicts, narrative_dangling, narrative_missing
from kpi_utils.judging.published import is_contradicted
from kpi_utils.judging.readings import PACE_CUTS, readings
from kpi_utils.plan import CONVENTIONS
from kpi_utils.sheets.sheet import Sheet, line_of
from kpi_utils.words import message

__all__ = ["evaluate", "find"]

# Why a row is undetermined because of its target.
_OF_TARGET = ("no-target", "target-in-words", "declared-against-target", "target-before-baseline")


def find(
    sheet: Sheet,
    rows: pd.DataFrame,
    kpis: pd.DataFrame,
    fragile_points: float = FRAGILE_POINTS,
    outgrown: float = OUTGROWN,
) -> pd.DataFrame:
    """What a reviewer should know of judged rows and KPIs: ``[findings]`` of the data dictionary.

    A row a place, in the order of the file's lines. ``rows`` and ``kpis`` may be a part of the
    sheet: then only what concerns these is found. ``fragile_points`` are the points of achievement
    from which on a change of the actual by 1 % makes it fragile, ``outgrown`` the achievement in
    percent from which on a target is no measure any more.
    """
    judged = Evaluation(
        sheet, rows, kpis, typed("findings", []), fragile_points=fragile_points, outgrown=outgrown
    )
    records = [record for kind in FINDINGS for record in kind(judged)]
    kept, all_rows = set(kpis["kpi"]), sheet.rows()
    listed = {listing: row["kpi"] for listing, row in all_rows.iterrows()}
    # Of a part of the plan, what is about other KPIs' rows is not told.
    records = [
        record
        for record in records
        if not record["rows"] or any(listed.get(row) in kept | {None} for row in record["rows"])
    ]
    rank = SEVERITIES.index
    records.sort(key=lambda one: (int(line_of(one["source"])), rank(one["severity"])))
    return typed("findings", records)


def evaluate(sheet: Sheet, pace_cuts: Sequence[float] = PACE_CUTS) -> Evaluation:
    """The steps of the evaluation notebook with the usual thresholds, for what needs all of them.

    >>> from kpi_utils import load
    >>> found = evaluate(load("kumamoto", 2022)).findings
    >>> int((found["code"] == "target-year-differs").sum())
    18
    """
    rows = judge(sheet.rows(), sheet.plan)
    rows = rows.join(readings(rows, sheet, pace_cuts))
    kpis = per_kpi(rows)
    return Evaluation(sheet, rows, kpis, find(sheet, rows, kpis), pace_cuts)


def _undetermined(judged: Evaluation) -> Iterator[dict]:
    """direction-unclear, unit-differs, and what else keeps a row from being judged."""
    for row in judged.records:
        reason, note = row["reason"], row["note"]
        # An unreadable cell is told as one.
        if reason in ("", UNREADABLE, "published-contradicts"):
            continue
        if reason in DIRECTION_UNCLEAR:
            values = {"name": _quoted_name(judged, row), "text": row["target_raw"]}
            yield about_row("direction-unclear", row, "target", note=note, **values)
        elif reason == "units-differ":
            yield about_row("unit-differs", row, "name", quote=_cells(row), note=note)
        else:
            role = "actual" if row["actual_raw"] else "baseline"
            yield about_row(
                "not-judged", row, "target" if reason in _OF_TARGET else role, note=note
            )


def _published(judged: Evaluation) -> Iterator[dict]:
    """published-contradicts, and published-differs for what the house rule does not give."""
    conventions = {
        (row["section"], row["no"]): by for row, by in figures_with_conventions(judged.records)
    }
    for row in judged.records:
        is_judged = row["status"] != "undetermined"
        by = conventions.get((row["section"], row["no"]))
        is_contrary = is_judged and is_contradicted(row, row["status"] == "met")
        if row["reason"] == "published-contradicts" or is_contrary:
            key = f"published-contradicts-{'declared' if is_judged else 'undetermined'}"
            values = {"name": _quoted_name(judged, row), "published": row["published"]}
            values |= {"note": row["note"], "status": message(f"status.{row['status']}")}
            yield about_row("published-contradicts", row, "published", key, **values)
        elif is_judged and by:
            own = judged.sheet.plan.declared(row["kpi"]).convention or judged.house.convention_of(
                row
            )
            if not (own and by[own]):
                yield _differing(row, [name for name in CONVENTIONS if by[name]])


def _differing(row: dict, conventions: list[str]) -> dict:
    """published-differs: what was computed, and which conventions would give what is printed."""
    part = "not-computed" if row["achievement"] is None else "computed"
    computed = message(f"finding-part.{part}", achievement=percent_text(row["achievement"]))
    formula = message("finding-part.no-formula")
    if conventions:
        by = message(f"convention.{conventions[0]}")
        formula = message("finding-part.formula", convention=by)
    values = {"published": row["published"], "computed": computed, "formula": formula}
    return about_row("published-differs", row, "published", **values)


def _wrong_way(judged: Evaluation) -> Iterator[dict]:
    """wrong-way-target: a limit that the baseline respects already."""
    for row in judged.records:
        kind, target, start = row["target_kind"], row["target_value"], row["start"]
        is_limit = kind in LIMITS and row["status"] != "undetermined" and start is not None
        if not is_limit or (target - start) * SIGN[row["direction"]] >= 0:
            continue
        limit = message(f"limit.{kind}")
        side = "room" if row["status"] == "met" else f"beyond-{kind}"
        distance = abs(target - row["actual"])
        margin = f"{distance:,f} {row['unit']}".strip()
        if target:
            share = rounded(float(distance / abs(target)) * 100, 1)
            margin = message("finding-part.share", margin=margin, share=share)
        values = {"limit": limit, "plain": percent_text(-row["achievement"]), "margin": margin}
        values["side"] = message(f"finding-part.{side}", limit=limit)
        yield about_row("wrong-way-target", row, "target", **values)


def _years(judged: Evaluation) -> Iterator[dict]:
    """target-year-differs, provisional-data and late-data."""
    report_year = judged.sheet.fiscal_year
    for row in judged.records:
        year, column_year = row["target_year"], row["target_column_year"]
        if None not in (year, column_year) and year != column_year:
            values = {"year": year, "column_year": column_year}
            yield about_row("target-year-differs", row, "target", **values)
        year, column_year = row["actual_year"], row["actual_column_year"]
        if year is None or row["actual"] is None:
            continue
        if row["is_provisional"]:
            yield about_row("provisional-data", row, "actual")
        if column_year < report_year:
            values = {"year": report_year, "column_year": column_year}
            yield about_row("late-data", row, "actual", "late-column", **values)
        if (late := column_year - year) > 0:
            values = {"year": year, "column_year": column_year, "late": late}
            yield about_row("late-data", row, "actual", "late-actual", **values)


def _relistings(judged: Evaluation) -> Iterator[dict]:
    """same-name, relisting-unmarked and relisting-differs."""
    kpis, plan = judged.kpis, judged.sheet.plan
    seen: set[str] = set()
    for row in judged.records:
        kpi = row["kpi"]
        if kpi not in kpis.index:
            continue
        listings = kpis.at[kpi, "listings"]
        if kpi in plan.apart and kpi not in seen:
            namesakes = [
                other
                for other, (name, _) in plan.apart.items()
                if identity(name) == identity(row["name"])
            ]
            if not any(plan.declared(other).apart for other in namesakes):
                others = kpis.reindex(namesakes)["listings"].dropna()
                rows = tuple(message("rows", listings=of) for of in others)
                yield about_row("same-name", row, "name", rows=rows)
        if kpi in seen:
            values = {
                "rows": message("rows", listings=listings),
                "first": message("rows", listings=listings[:1]),
            }
            if not row["relisted"]:
                yield about_row("relisting-unmarked", row, "name", **values)
            if kpis.at[kpi, "relistings_differ"]:
                yield about_row("relisting-differs", row, "name", quote=_cells(row), **values)
        seen.add(kpi)


def _percentages(judged: Evaluation) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    for row in judged.records:
        if row["achievement"] is None:
            continue
        # As floats, 50 points on paper may be less by a hair.
        if row["fragility"] >= judged.fragile_points - 1e-9:
            way = ""
            if not pd.isna(row["ambition"]):
                share = rounded(abs(row["ambition"]) * 100, 1)
                way = message("finding-part.way", share=share)
            role = "published" if row["published"] else "actual"
            values = {"points": rounded(row["fragility"]), "way": way}
            values["threshold"] = f"{judged.fragile_points:,}"
            yield about_row("fragile-percentage", row, role, **values)
        if row["status"] == "met" and row["achievement"] >= judged.outgrown:
            values = {"achievement": percent_text(row["achievement"])}
            values["threshold"] = f"{judged.outgrown:,}"
            yield about_row("target-outgrown", row, "target", **values)


FINDINGS: list[Callable[[Evaluation], Iterator[dict]]] = [
    unreadable_cells,
    corrections,
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


def _cells(row: dict) -> str:
    return "、".join(row[f"{role}_raw"] for role in ("baseline", "actual", "target"))


def _quoted_name(judged: Evaluation, row: dict) -> str:
    return quoted_name(judged.sheet.plan.named(row["kpi"], row["name"]))
