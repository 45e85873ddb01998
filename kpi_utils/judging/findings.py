"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one sentence
what is off and what to do.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pandas as pd

from kpi_utils.cells.notation import BLANK, UNREADABLE, identity, label
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.frames import LIMITS, SEVERITIES, typed
from kpi_utils.judging.achievement import SIGN, percent_text, rounded
from kpi_utils.judging.cell_findings import (
    corrections,
    jumps,
    missing_rows,
    remarks,
    targets_only,
    unreadable_cells,
)
from kpi_utils.judging.conventions import figures_with_conventions
from kpi_utils.judging.evaluation import (
    FRAGILE_POINTS,
    OUTGROWN,
    Evaluation,
    about_row,
    thresholds_of,
)
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.narrative import narrative_missing, narrative_of_blocks
from kpi_utils.judging.published import is_contradicted, is_of_step
from kpi_utils.judging.readings import readings
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Message, message

# The reasons of rows whose direction only a person can tell, in plan.toml.
DIRECTION_UNCLEAR = (
    "direction-unclear",
    "rank-without-direction",
    "target-without-direction",
    "published-contradicts",
)
# The statuses that say that a target's year has not come.
_ON_THE_WAY = ("progressing", "unchanged", "regressed", "not_reached")
# The reasons that lie in a row's target.
_OF_TARGET = ("no-target", "target-in-words", "declared-against-target", "target-before-baseline")


def find(
    sheet: Sheet,
    rows: pd.DataFrame,
    kpis: pd.DataFrame,
    fragile_points: float = FRAGILE_POINTS,
    outgrown: float = OUTGROWN,
) -> pd.DataFrame:
    """What a reviewer should know of judged rows and KPIs: ``[findings]`` of the data dictionary.

    One row for each place in the sheet, in the order of the file's lines. ``rows`` and ``kpis`` may
    be a part of the sheet: then only findings on these are returned. ``fragile_points`` are the
    points of achievement from which on a change of the actual by 1 % makes it fragile, ``outgrown``
    the achievement in percent from which on a target is no measure any more.
    """
    none_yet = typed("findings", [])
    evaluation = Evaluation(
        sheet, rows, kpis, none_yet, fragile_points=fragile_points, outgrown=outgrown
    )
    # A row without a KPI is one that is missing in the sheet.
    kept, kpi_by_listing = {*kpis["kpi"], None}, sheet.rows()["kpi"].to_dict()
    records = [
        record
        for kind in FINDINGS
        for record in kind(evaluation)
        if not record["rows"] or any(kpi_by_listing.get(row) in kept for row in record["rows"])
    ]
    records.sort(
        key=lambda record: (
            sheet.line_number(record["source"]),
            SEVERITIES.index(record["severity"]),
        )
    )
    return typed("findings", records)


def evaluate(sheet: Sheet, pace_cuts: Sequence[float] | None = None) -> Evaluation:
    """The steps of the evaluation notebook, for what needs all of them.

    With the thresholds of plan.toml, else the usual ones; given ``pace_cuts`` go before these.

    >>> from kpi_utils import load
    >>> findings = evaluate(load("kumamoto", 2022)).findings
    >>> int((findings["code"] == "target-year-differs").sum())
    18
    """
    thresholds = thresholds_of(sheet)
    pace_cuts = pace_cuts or thresholds.pop("pace_cuts")
    rows = judge(sheet.rows(), sheet.plan)
    rows = rows.join(readings(rows, sheet, pace_cuts))
    kpis = per_kpi(rows)
    return Evaluation(
        sheet, rows, kpis, find(sheet, rows, kpis, **thresholds), pace_cuts, **thresholds
    )


def _undetermined(evaluation: Evaluation) -> Iterator[dict]:
    """direction-unclear, unit-differs and not-judged: why a row is undetermined."""
    for row in evaluation.records:
        reason, note = row["reason"], row["note"]
        # These have findings of their own.
        if reason in ("", UNREADABLE, "published-contradicts"):
            continue
        if reason in DIRECTION_UNCLEAR:
            name, text = _quoted_name(evaluation, row), row["target_raw"]
            yield about_row("direction-unclear", row, "target", note=note, name=name, text=text)
        elif reason == "units-differ":
            yield about_row("unit-differs", row, "name", quote=_cells(row), note=note)
        elif not evaluation.sheet.is_plan_only or row["actual_reason"] != BLANK:
            role = "actual" if row["actual_raw"] else "baseline"
            yield about_row(
                "not-judged", row, "target" if reason in _OF_TARGET else role, note=note
            )


def _published(evaluation: Evaluation) -> Iterator[dict]:
    """published-contradicts, and published-differs for what the house rule does not give."""
    figures = figures_with_conventions(evaluation.records)
    conventions = {(row["section"], row["no"]): gives for row, gives in figures}
    for row in evaluation.records:
        is_judged = row["status"] != "undetermined"
        gives = conventions.get((row["section"], row["no"]))
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
        elif is_judged and gives:
            declared = evaluation.sheet.plan.declared(row["kpi"]).convention
            convention = declared or evaluation.house.convention_of(row)
            if not (convention and gives[convention]) and not is_of_step(row):
                yield _differing(row, [name for name in CONVENTIONS if gives[name]])


def _differing(row: dict, conventions: list[str]) -> dict:
    """published-differs: what was computed, and which convention gives the printed figure."""
    key = "not-computed" if row["achievement"] is None else "computed"
    computed = message(f"finding-part.{key}", achievement=percent_text(row["achievement"]))
    formula = message("finding-part.no-formula")
    if conventions:
        convention = message(f"convention.{conventions[0]}")
        formula = message("finding-part.formula", convention=convention)
    values = {"published": row["published"], "computed": computed, "formula": formula}
    return about_row("published-differs", row, "published", **values)


def _wrong_way(evaluation: Evaluation) -> Iterator[dict]:
    """wrong-way-target: the plain formula has the wrong sign, for the baseline respects a limit."""
    for row in evaluation.records:
        kind, target, start = row["target_kind"], row["target_value"], row["start"]
        is_limit = kind in LIMITS and row["status"] != "undetermined" and start is not None
        if not is_limit or (target - start) * SIGN[row["direction"]] >= 0:
            continue
        limit = message(f"limit.{kind}")
        side = "room" if row["status"] == "met" else f"beyond-{kind}"
        distance = abs(target - row["actual"])
        margin: str | Message = f"{distance:,f} {row['unit']}".strip()
        if target:
            share = rounded(float(distance / abs(target)) * 100, 1)
            margin = message("finding-part.share", margin=margin, share=share)
        plain, on_side = percent_text(-row["achievement"]), f"finding-part.{side}"
        values: dict[str, Any] = {"limit": limit, "plain": plain, "margin": margin}
        values["side"] = message(on_side, limit=limit)
        yield about_row("wrong-way-target", row, "target", **values)


def _years(evaluation: Evaluation) -> Iterator[dict]:
    """target-year-differs, target-without-year, provisional-data and late-data."""
    report_year = evaluation.sheet.fiscal_year
    for row in evaluation.records:
        year, column_year = row["target_year"], row["target_column_year"]
        years = {"year": year, "column_year": column_year}
        if None not in (year, column_year) and year != column_year:
            yield about_row("target-year-differs", row, "target", **years)
        if year is None and row["status"] in _ON_THE_WAY:
            yield about_row("target-without-year", row, "target")
        year, column_year = row["actual_year"], row["actual_column_year"]
        if year is None or row["actual"] is None:
            continue
        if row["is_provisional"]:
            yield about_row("provisional-data", row, "actual")
        late = {"year": report_year, "column_year": column_year}
        if column_year < report_year:
            yield about_row("late-data", row, "actual", "late-column", **late)
        if column_year > year:
            late |= {"year": year, "late": column_year - year}
            yield about_row("late-data", row, "actual", "late-actual", **late)


def _same_names(evaluation: Evaluation) -> Iterator[dict]:
    """same-name: rows of one name that are read as several KPIs, without a declaration."""
    kpis, plan = evaluation.kpis, evaluation.sheet.plan
    first_rows = {row["kpi"]: row for row in reversed(evaluation.records)}
    for kpi, row in first_rows.items():
        if kpi not in plan.apart or kpi not in kpis.index:
            continue
        name = identity(row["name"])
        namesakes = [other for other, (text, _) in plan.apart.items() if identity(text) == name]
        if not any(plan.declared(other).apart for other in namesakes):
            listings = kpis.reindex(namesakes)["listings"].dropna()
            rows = tuple(message("rows", listings=pairs) for pairs in listings)
            yield about_row("same-name", row, "name", rows=rows)


def _relistings(evaluation: Evaluation) -> Iterator[dict]:
    """relisting-unmarked and relisting-differs, on each row of a KPI but the first."""
    kpis = evaluation.kpis
    seen: set[str] = set()
    for row in evaluation.records:
        kpi = row["kpi"]
        if kpi in seen and kpi in kpis.index:
            listings = kpis.at[kpi, "listings"]
            rows, first = (message("rows", listings=of) for of in (listings, listings[:1]))
            values: dict[str, Any] = {"rows": rows, "first": first}
            if not row["relisted"]:
                yield about_row("relisting-unmarked", row, "name", **values)
            if kpis.at[kpi, "relistings_differ"]:
                yield about_row("relisting-differs", row, "name", quote=_cells(row), **values)
        seen.add(kpi)


def _percentages(evaluation: Evaluation) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    # A threshold is None only where it is not known what made the findings.
    fragile, outgrown = cast(float, evaluation.fragile_points), cast(float, evaluation.outgrown)
    for row in evaluation.records:
        if row["achievement"] is None:
            continue
        # Computed from floats, 50 points can come out as 49.999….
        if row["fragility"] >= fragile - 1e-9:
            way: str | Message = ""
            if not pd.isna(row["ambition"]):
                share = rounded(abs(row["ambition"]) * 100, 1)
                way = message("finding-part.way", share=share)
            role, points = "published" if row["published"] else "actual", rounded(row["fragility"])
            values: dict[str, Any] = {"points": points, "way": way, "threshold": f"{fragile:,}"}
            yield about_row("fragile-percentage", row, role, **values)
        if row["status"] == "met" and row["achievement"] >= outgrown:
            values = {"achievement": percent_text(row["achievement"]), "threshold": f"{outgrown:,}"}
            yield about_row("target-outgrown", row, "target", **values)


FINDINGS: list[Callable[[Evaluation], Iterator[dict]]] = [
    unreadable_cells,
    corrections,
    _undetermined,
    _published,
    _wrong_way,
    _years,
    _same_names,
    _relistings,
    _percentages,
    narrative_of_blocks,
    narrative_missing,
    jumps,
    missing_rows,
    targets_only,
    remarks,
]


def _cells(row: dict) -> str:
    return "、".join(row[f"{role}_raw"] for role in ("baseline", "actual", "target"))


def _quoted_name(evaluation: Evaluation, row: dict) -> str:
    return quoted_name(evaluation.sheet.plan.named(row["kpi"], row["name"]))


def quoted_name(name: str) -> str:
    """A KPI's name as plan.toml has it, without its goals.

    >>> quoted_name("市内総生産額 【9.2,9.4】")
    '"市内総生産額"'
    """
    return json.dumps(label(name), ensure_ascii=False)
