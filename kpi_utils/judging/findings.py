"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pandas as pd

from kpi_utils.cells.notation import BLANK, UNREADABLE, identity, label, read_cell
from kpi_utils.declaration import CONVENTIONS, must_be_thresholds
from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import LIMITS, SEVERITIES, must_have, typed
from kpi_utils.judging.achievement import SIGN, percent_text, rounded
from kpi_utils.judging.cell_findings import (
    corrections,
    jumps,
    missing_rows,
    remarks,
    targets_only,
    unreadable_cells,
)
from kpi_utils.judging.conventions import given_by
from kpi_utils.judging.evaluation import (
    DIRECTION_UNCLEAR,
    FRAGILE_POINTS,
    OUTGROWN,
    Evaluation,
    about_row,
    amount,
    thresholds_of,
)
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.narrative import narrative_missing, narrative_of_blocks
from kpi_utils.judging.published import is_contradicted, is_of_step
from kpi_utils.judging.readings import must_be_of, readings
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Message, message

# The statuses that a row can have only before its target's year.
_ON_THE_WAY = ("progressing", "unchanged", "regressed", "not_reached")
# The reasons that concern a row's target.
_OF_TARGET = ("no-target", "target-in-words", "declared-against-target", "target-before-baseline")


def find(
    sheet: Sheet,
    rows: pd.DataFrame,
    kpis: pd.DataFrame,
    fragile_points: float = FRAGILE_POINTS,
    outgrown: float = OUTGROWN,
) -> pd.DataFrame:
    """Find what a reviewer should know of judged rows and KPIs (method 6).

    Returns ``[findings]`` of the data dictionary, a row for each place in the sheet, in the order
    of the file's lines. ``rows`` (from ``judge`` and ``readings``) and ``kpis`` (``per_kpi``) may
    be a part of the sheet: then only findings on these KPIs are returned. An achievement is fragile
    if a change of the actual by 1 % moves it by ``fragile_points`` or more; a target is outgrown if
    it is met with ``outgrown`` percent or more. Raises KpiError if frames lack columns or disagree.
    """
    must_be_of(sheet, rows, "judgement", "readings")
    must_have(kpis, "judgement", "readings", "kpis")
    if [*dict.fromkeys(kpis["kpi"])] != [*kpis.index]:
        raise KpiError(mistake("order.stale-kpis"))
    thresholds: dict[str, Any] = {"fragile_points": fragile_points, "outgrown": outgrown}
    must_be_thresholds(**thresholds)
    evaluation = Evaluation(sheet, rows, kpis, typed("findings", []), **thresholds)
    # A listing without a KPI is a row that the sheet lacks.
    kept, kpi_by_listing = {*kpis["kpi"], None}, sheet.rows()["kpi"].to_dict()
    records = [
        record
        for finder in FINDINGS
        for record in finder(evaluation)
        if not record["rows"] or any(kpi_by_listing.get(row) in kept for row in record["rows"])
    ]
    records.sort(
        key=lambda record: (
            sheet.line_number(record["source"]),
            SEVERITIES.index(record["severity"]),
        )
    )
    findings = typed("findings", records)
    findings.attrs = thresholds
    return findings


def evaluate(sheet: Sheet, pace_cuts: Sequence[float] | None = None) -> Evaluation:
    """Evaluate a sheet (``load``) by all steps of the notebook; returns an ``Evaluation``.

    Thresholds are those of plan.toml, else the usual ones (method 5); ``pace_cuts`` replace both.

    >>> from kpi_utils import load
    >>> findings = evaluate(load("kumamoto", 2022)).findings
    >>> int((findings["code"] == "target-year-differs").sum())
    18
    """
    thresholds = thresholds_of(sheet)
    usual = thresholds.pop("pace_cuts")
    pace_cuts = usual if pace_cuts is None else pace_cuts
    rows = judge(sheet.rows(), sheet.plan)
    rows = rows.join(readings(rows, sheet, pace_cuts))
    kpis = per_kpi(rows)
    findings = find(sheet, rows, kpis, **thresholds)
    return Evaluation(sheet, rows, kpis, findings, pace_cuts, **thresholds)


def _undetermined(evaluation: Evaluation, row: dict) -> Iterator[dict]:
    """direction-unclear, unit-differs and not-judged: why a row is undetermined."""
    reason, note = row["reason"], row["note"]
    # These have findings of their own.
    if reason in ("", UNREADABLE, "published-contradicts"):
        return
    if reason in DIRECTION_UNCLEAR:
        name, text = _quoted_name(evaluation, row), row["target_raw"]
        yield about_row("direction-unclear", row, "target", note=note, name=name, text=text)
    elif reason == "units-differ":
        yield about_row("unit-differs", row, "name", quote=_cells(row), note=note)
    elif not evaluation.sheet.is_plan_only or row["actual_reason"] != BLANK:
        role = "actual" if row["actual_raw"] else "baseline"
        yield about_row("not-judged", row, "target" if reason in _OF_TARGET else role, note=note)


def _published(evaluation: Evaluation, row: dict) -> Iterator[dict]:
    """published-contradicts, and published-differs for what the house rule does not reproduce."""
    is_judged = row["status"] != "undetermined"
    is_contrary = is_judged and is_contradicted(row, row["status"] == "met")
    if row["reason"] == "published-contradicts" or is_contrary:
        yield about_row(
            "published-contradicts",
            row,
            "published",
            f"published-contradicts-{'declared' if is_judged else 'undetermined'}",
            name=_quoted_name(evaluation, row),
            published=row["published"],
            note=row["note"],
            status=message(f"status.{row['status']}"),
        )
    elif is_judged and (gives := given_by(row)):
        declared = evaluation.sheet.plan.declared(row["kpi"]).convention
        convention = declared or evaluation.house.convention_of(row)
        if (convention and gives[convention]) or is_of_step(row):
            return
        key = "not-computed" if row["achievement"] is None else "computed"
        computed = message(f"finding-part.{key}", achievement=percent_text(row["achievement"]))
        formula = message("finding-part.no-formula")
        if given := next((name for name in CONVENTIONS if gives[name]), ""):
            formulas = {"convention": message(f"convention.{given}")}
            formula = message("finding-part.formula", **formulas)
            if declared or evaluation.sheet.plan.convention:
                formulas["declared"] = message(f"convention.{convention}")
                formula = message("finding-part.formula-not-declared", **formulas)
        values = {"published": row["published"], "computed": computed, "formula": formula}
        yield about_row("published-differs", row, "published", **values)


def is_wrong_way(row: dict) -> bool:
    """Whether the plain formula has the wrong sign because the baseline respects a row's limit."""
    target, start = row["target_value"], row["start"]
    is_limit = row["target_kind"] in LIMITS and row["status"] != "undetermined"
    return is_limit and start is not None and (target - start) * SIGN[row["direction"]] < 0


def _wrong_way(_: Evaluation, row: dict) -> Iterator[dict]:
    """wrong-way-target: what the formula gives and what is left to the limit."""
    if not is_wrong_way(row):
        return
    kind, target = row["target_kind"], row["target_value"]
    distance = abs(target - row["actual"])
    margin = amount(distance, row["unit"])
    if target:
        share = rounded(float(distance / abs(target)) * 100, 1)
        margin = message("finding-part.share", margin=margin, share=share)
    limit, side = message(f"limit.{kind}"), "room" if row["status"] == "met" else f"beyond-{kind}"
    values: dict[str, Any] = {"limit": limit, "plain": percent_text(-row["achievement"])}
    values |= {"margin": margin, "side": message(f"finding-part.{side}", limit=limit)}
    yield about_row("wrong-way-target", row, "target", **values)


def _years(evaluation: Evaluation, row: dict) -> Iterator[dict]:
    """target-year-differs, target-without-year, provisional-data and late-data."""
    report_year = evaluation.sheet.fiscal_year
    year, column_year = row["target_year"], row["target_column_year"]
    if None not in (year, column_year) and year != column_year:
        years = {"year": year, "column_year": column_year}
        yield about_row("target-year-differs", row, "target", **years)
    if year is None and row["status"] in _ON_THE_WAY:
        heads = evaluation.sheet.columns.query("role == 'target' and year.isna()")
        header = heads.loc[heads["section"] == row["section"], "header"].iloc[0]
        yield about_row("target-without-year", row, "target", header=header)
    year, column_year = row["actual_year"], row["actual_column_year"]
    if year is None or row["actual"] is None:
        return
    if row["is_provisional"]:
        yield about_row("provisional-data", row, "actual")
    elif read_cell(row["actual_raw"]).says("approximate"):
        yield about_row("provisional-data", row, "actual", "approximate-actual")
    late = {"year": report_year, "column_year": column_year}
    if column_year < report_year:
        yield about_row("late-data", row, "actual", "late-column", **late)
    if column_year > year:
        late |= {"year": year, "late": column_year - year}
        yield about_row("late-data", row, "actual", "late-actual", **late)


def _listed(evaluation: Evaluation, row: dict) -> Iterator[dict]:
    """same-name on the first row of a KPI, relisting-unmarked and relisting-differs on the others.

    Rows of one name that are read as several KPIs are reported unless a declaration says so.
    """
    kpi, kpis, plan = row["kpi"], evaluation.kpis, evaluation.sheet.plan
    if kpi not in kpis.index:
        return
    listings = kpis.at[kpi, "listings"]
    if (row["section"], row["no"]) != listings[0]:
        values: dict[str, Any] = {"rows": message("rows", listings=listings)}
        values |= {"first": message("rows", listings=listings[:1])}
        if not row["relisted"]:
            yield about_row("relisting-unmarked", row, "name", **values)
        if kpis.at[kpi, "relistings_differ"]:
            yield about_row("relisting-differs", row, "name", quote=_cells(row), **values)
    elif kpi in plan.namesakes:
        name = identity(row["name"])
        namesakes = [other for other, (text, _) in plan.namesakes.items() if identity(text) == name]
        if not any(plan.declared(other).apart for other in namesakes):
            listings = kpis.reindex(namesakes)["listings"].dropna()
            rows = tuple(message("rows", listings=pairs) for pairs in listings)
            # A declaration without an initiative is for all KPIs of the name.
            used = [plan.keys.get(other) for other in namesakes]
            key = "same-name-declared" if used.count(name) > 1 else ""
            yield about_row("same-name", row, "name", key, rows=rows)


def _percentages(evaluation: Evaluation, row: dict) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    if row["achievement"] is None:
        return
    # They are never None here: that stands for findings made by unknown thresholds.
    fragile, outgrown = cast(float, evaluation.fragile_points), cast(float, evaluation.outgrown)
    # Computed from floats, 50 points can come out as 49.999….
    if row["fragility"] >= fragile - 1e-9:
        way: str | Message = ""
        if not pd.isna(row["ambition"]):
            way = message("finding-part.way", share=rounded(abs(row["ambition"]) * 100, 1))
        role, points = "published" if row["published"] else "actual", rounded(row["fragility"])
        values: dict[str, Any] = {"points": points, "way": way, "threshold": f"{fragile:,}"}
        yield about_row("fragile-percentage", row, role, **values)
    if row["status"] == "met" and row["achievement"] >= outgrown:
        values = {"achievement": percent_text(row["achievement"]), "threshold": f"{outgrown:,}"}
        yield about_row("target-outgrown", row, "target", **values)


def _of_rows(evaluation: Evaluation) -> Iterator[dict]:
    """The findings on one row, by itself or beside the others of its KPI."""
    for row in evaluation.records:
        for finder in (_undetermined, _published, _wrong_way, _years, _listed, _percentages):
            yield from finder(evaluation, row)


FINDINGS: list[Callable[[Evaluation], Iterator[dict]]] = [
    unreadable_cells,
    corrections,
    _of_rows,
    narrative_of_blocks,
    narrative_missing,
    jumps,
    missing_rows,
    targets_only,
    remarks,
]


def _cells(row: dict) -> str:
    return "、".join(row[f"{role}_raw"] or "―" for role in ("baseline", "actual", "target"))


def _quoted_name(evaluation: Evaluation, row: dict) -> str:
    return quoted_name(evaluation.sheet.plan.named(row["kpi"], row["name"]))


def quoted_name(name: str) -> str:
    """A KPI's name as plan.toml has it, without its goals."""
    return json.dumps(label(name), ensure_ascii=False)
