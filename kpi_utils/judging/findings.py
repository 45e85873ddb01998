"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from kpi_utils.cells.notation import UNREADABLE, identity
from kpi_utils.frames import SEVERITIES, typed
from kpi_utils.judging.achievement import SIGN, exact, exact_rows, percent_text, rounded
from kpi_utils.judging.cell_findings import (
    corrections,
    jumps,
    missing_rows,
    remarks,
    unreadable_cells,
)
from kpi_utils.judging.evaluation import FRAGILE_POINTS, OUTGROWN, Evaluation, about_row
from kpi_utils.judging.figures import PACE_CUTS, readings
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.narrative import narrative_contradicts, narrative_dangling, narrative_missing
from kpi_utils.judging.published import contradicts
from kpi_utils.judging.questions import DIRECTION_UNCLEAR, quoted_name
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
    for row in judged.row_tuples:
        # An unreadable cell is told as one.
        if row.reason in ("", UNREADABLE, "published-contradicts"):
            continue
        if row.reason in DIRECTION_UNCLEAR:
            name = quoted_name(judged.sheet.plan.named(row.kpi, row.name))
            values = {"note": row.note, "name": name, "text": row.target_raw}
            yield about_row("direction-unclear", row, "target", **values)
        elif row.reason == "units-differ":
            yield about_row("unit-differs", row, "name", quote=_cells(row), note=row.note)
        elif row.reason in _OF_TARGET:
            yield about_row("not-judged", row, "target", note=row.note)
        else:
            role = "actual" if row.actual_raw else "baseline"
            yield about_row("not-judged", row, role, note=row.note)


def _published(judged: Evaluation) -> Iterator[dict]:
    """published-contradicts, and published-differs for what the house rule does not give."""
    table = judged.reproduced.set_index(["section", "no"])
    records = exact_rows(judged.rows)
    for row, record in zip(judged.row_tuples, records, strict=True):
        is_judged = row.status != "undetermined"
        is_contrary = is_judged and contradicts(record, row.status == "met")
        if row.reason == "published-contradicts" or is_contrary:
            key = f"published-contradicts-{'declared' if is_judged else 'undetermined'}"
            name = quoted_name(judged.sheet.plan.named(row.kpi, row.name))
            values = {"note": row.note, "name": name, "published": row.published}
            values["status"] = message(f"status.{row.status}")
            yield about_row("published-contradicts", row, "published", key, **values)
        elif is_judged and (row.section, row.no) in table.index:
            own = judged.sheet.plan.declared(row.kpi).convention or judged.house.of(record)
            by = table.loc[(row.section, row.no)]
            if not (own and by[own]):
                yield _differing(row, [name for name in CONVENTIONS if by[name]])


def _differing(row, conventions: list[str]) -> dict:
    """published-differs: what was computed, and which conventions would give what is printed."""
    part = "not-computed" if pd.isna(row.achievement) else "computed"
    formula = message("finding-part.no-formula")
    if conventions:
        by = message(f"convention.{conventions[0]}")
        formula = message("finding-part.formula", convention=by)
    return about_row(
        "published-differs",
        row,
        "published",
        published=row.published,
        computed=message(f"finding-part.{part}", achievement=percent_text(row.achievement)),
        formula=formula,
    )


def _wrong_way(judged: Evaluation) -> Iterator[dict]:
    for row in judged.row_tuples:
        is_limit = row.target_kind in ("at_most", "at_least") and row.status != "undetermined"
        if not is_limit or pd.isna(row.start):
            continue
        target, actual = exact(row.target_value), exact(row.actual)
        if (target - exact(row.start)) * SIGN[row.direction] >= 0:
            continue
        limit = message(f"limit.{row.target_kind}")
        side = "room" if row.status == "met" else f"beyond-{row.target_kind}"
        distance = abs(target - actual)
        margin = f"{distance:,f} {row.unit}".strip()
        if target:
            share = rounded(float(distance / abs(target)) * 100, 1)
            margin = message("finding-part.share", margin=margin, share=share)
        yield about_row(
            "wrong-way-target",
            row,
            "target",
            limit=limit,
            plain=percent_text(-row.achievement),
            side=message(f"finding-part.{side}", limit=limit),
            margin=margin,
        )


def _years(judged: Evaluation) -> Iterator[dict]:
    """target-year-differs, provisional-data and late-data."""
    report_year = judged.sheet.fiscal_year
    for row in judged.row_tuples:
        years = row.target_year, row.target_column_year
        if not any(pd.isna(year) for year in years) and years[0] != years[1]:
            values = {"year": row.target_year, "column_year": row.target_column_year}
            yield about_row("target-year-differs", row, "target", **values)
        if pd.isna(row.actual_year) or pd.isna(row.actual):
            continue
        if row.is_provisional:
            yield about_row("provisional-data", row, "actual")
        values = {"year": row.actual_year, "column_year": row.actual_column_year}
        if row.actual_column_year < report_year:
            yield about_row(
                "late-data", row, "actual", "late-column", **values | {"year": report_year}
            )
        if (late := row.actual_column_year - row.actual_year) > 0:
            yield about_row("late-data", row, "actual", "late-actual", **values, late=late)


def _relistings(judged: Evaluation) -> Iterator[dict]:
    """same-name, relisting-unmarked and relisting-differs."""
    kpis, plan = judged.kpis, judged.sheet.plan
    seen: set[str] = set()
    for row in judged.rows[judged.rows["kpi"].isin(kpis["kpi"])].itertuples():
        namesakes = [
            kpi for kpi in plan.apart if identity(plan.apart[kpi][0]) == identity(row.name)
        ]
        is_declared = any(plan.declared(kpi).apart for kpi in namesakes)
        if row.kpi in plan.apart and row.kpi not in seen and not is_declared:
            others = [kpi for kpi in namesakes if kpi in kpis.index]
            rows = tuple(message("rows", listings=of) for of in kpis.loc[others, "listings"])
            yield about_row("same-name", row, "name", rows=rows)
        if row.kpi in seen:
            listings = kpis.loc[row.kpi, "listings"]
            values = {
                "rows": message("rows", listings=listings),
                "first": message("rows", listings=listings[:1]),
            }
            if not row.relisted:
                yield about_row("relisting-unmarked", row, "name", **values)
            if kpis.loc[row.kpi, "relistings_differ"]:
                yield about_row("relisting-differs", row, "name", quote=_cells(row), **values)
        seen.add(row.kpi)


def _percentages(judged: Evaluation) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    for row in judged.row_tuples:
        if pd.isna(row.achievement):
            continue
        # As floats, 50 points on paper may be less by a hair.
        if row.fragility >= judged.fragile_points - 1e-9:
            way = ""
            if not pd.isna(row.ambition):
                share = rounded(abs(row.ambition) * 100, 1)
                way = message("finding-part.way", share=share)
            role = "published" if row.published else "actual"
            values = {"points": rounded(row.fragility), "way": way}
            values["threshold"] = f"{judged.fragile_points:,}"
            yield about_row("fragile-percentage", row, role, **values)
        if row.status == "met" and row.achievement >= judged.outgrown:
            values = {"achievement": percent_text(row.achievement)}
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


def _cells(row) -> str:
    return "、".join([row.baseline_raw, row.actual_raw, row.target_raw])
