"""Rows -> achievement, status and stage, by row and by KPI: section 4 of docs/method.md.

Status puts kind of target and achievement into one word; what cannot be judged is undetermined,
and says why.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, WORD, identity, label
from kpi_utils.frames import STATUSES
from kpi_utils.judging.achievement import (
    Undetermined,
    absent,
    measure,
    must_be_comparable,
    must_be_in_order,
    must_be_sums_alike,
    percent,
)
from kpi_utils.judging.conventions import House, house_rule
from kpi_utils.judging.kind import kind_of
from kpi_utils.judging.published import contradicts, printed_direction, said_direction, says_met
from kpi_utils.language import listed, say
from kpi_utils.plan import Declaration, Plan
from kpi_utils.sheets.sheet import Sheet

__all__ = [
    "by_kpi",
    "by_status",
    "judge",
    "judge_row",
    "newest_points",
    "references",
    "settled_house",
    "unknown_declarations",
    "unused_declarations",
]


def judge(sheet: Sheet) -> pd.DataFrame:
    """Judge each row of a sheet: ``frames.JUDGED``, one row a listing, in the sheet's order.

    The actual is the newest one that the sheet gives up to its fiscal year; a newer cell that
    cannot be read leaves the row undetermined, for an older figure would pass for the new one.
    """
    return frames.frame(frames.JUDGED, _judged(sheet, settled_house(sheet)))


def settled_house(sheet: Sheet) -> House:
    """The house rule of the rows whose direction is known without it (method 2).

    It tells what the printed figure of another row speaks for. A row without a baseline needs no
    direction to try a ratio on.
    """
    rows = _judged(sheet, House())
    settled = [row for row in rows if row["direction_by"] or row["start"] is None]
    return house_rule(settled, sheet.plan)


def _judged(sheet: Sheet, house: House) -> list[dict]:
    newest = newest_points(sheet)
    return [
        judge_row(row, newest[row["section"], row["no"]], sheet.plan.declared(row["kpi"]), house)
        for row in sheet.rows.to_dict("records")
    ]


def newest_points(sheet: Sheet) -> dict[tuple[int, int], dict]:
    """The actual of each listing that is judged, a record of ``frames.POINTS``."""
    points: dict[tuple[int, int], list[dict]] = defaultdict(list)
    for point in sheet.points.to_dict("records"):
        if point["column_year"] <= sheet.fiscal_year:
            points[point["section"], point["no"]].append(point)
    return {listing: _newest(of) for listing, of in points.items()}


def by_kpi(judged: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """One row a KPI, in the order of its first listing: ``frames.KPIS``.

    Labels are in the language that is spoken, as the plan translates them. A KPI whose rows do not
    say the same is undetermined: neither row is taken for the right one.
    """
    kpis = []
    for _, listings in judged.groupby("kpi", sort=False):
        kpi = listings.iloc[0].to_dict()
        kpi["label"] = plan.said(label(plan.named(kpi["kpi"], kpi["name"])))
        kpi["listings"] = references(listings[["section", "no"]].itertuples(index=False))
        kpi["source"] = "、".join(listings["source"])
        kpi["relistings_differ"] = len(listings) > 1 and _differ(listings)
        if kpi["relistings_differ"]:
            note = say("note.relistings-differ", rows=kpi["listings"])
            kpi |= {"status": "undetermined", "achievement": pd.NA, "way": "", "note": note}
        kpis.append(kpi)
    return frames.frame(frames.KPIS, kpis)


def _differ(listings: pd.DataFrame) -> bool:
    """Whether the rows of a KPI (``frames.JUDGED``) do not say the same."""
    facts = ["baseline_year", "baseline", "actual_year", "actual", "target_year", "status"]
    facts += ["target_value", "target_upper"]
    # Numbers are compared as numbers, and words as a KPI's name is.
    words = listings["target"].where(listings["target_value"].isna(), "").map(identity)
    said = listings[facts].assign(words=words, unit=listings["unit"].map(identity))
    return len(said.drop_duplicates()) > 1


def by_status(kpis: pd.DataFrame) -> pd.DataFrame:
    """KPIs (an ``Evaluation.kpi_table``) as a report shows them: worst status first.

    Those that progress from the slowest pace, then and else by achievement.
    """
    order = {status: place for place, status in enumerate(STATUSES)}
    pace = kpis["pace"].where(kpis["status"] == "progressing")
    keys = kpis.assign(_order=kpis["status"].map(order), _pace=pace)
    return kpis.loc[keys.sort_values(["_order", "_pace", "achievement"], kind="stable").index]


def unknown_declarations(sheet: Sheet) -> list[tuple[Declaration, str]]:
    """What plan.toml declares of a KPI that the sheet does not list, and that KPI's name."""
    names = set(sheet.rows["name"].map(identity)) | set(sheet.rows["address"])
    said = [
        (declared, name)
        for declared in sheet.plan.declarations.values()
        for name in (declared.name, declared.same_as, declared.formerly)
    ]
    return [(declared, name) for declared, name in said if name and identity(name) not in names]


def unused_declarations(sheet: Sheet) -> list[Declaration]:
    """What plan.toml declares of a KPI and the judgement of the sheet is the same without.

    Also what it declares of one that the sheet does not list.
    """
    if not sheet.plan.declarations:
        return []
    house = settled_house(sheet)
    newest, listings = newest_points(sheet), defaultdict(list)
    for row in sheet.rows.to_dict("records"):
        key = sheet.plan.keys.get(row["kpi"], row["kpi"])
        listings[key].append((row, newest[row["section"], row["no"]]))
    # The former name of a KPI is that of another year's sheet.
    unused = [d for d, name in unknown_declarations(sheet) if name != d.formerly]
    for kpi, declared in sheet.plan.declarations.items():
        is_apart = declared.apart and kpi in sheet.plan.apart
        if declared.convention or declared.same_as or declared.formerly or is_apart:
            continue
        if declared not in unused and not _is_needed(sheet, kpi, listings[kpi], house):
            unused.append(declared)
    return unused


def _is_needed(sheet: Sheet, kpi: str, listings: list[tuple[dict, dict]], house: House) -> bool:
    """Whether rows, each with its newest point, are judged otherwise without a declaration."""

    def judged(declared: Declaration, house: House) -> list[dict]:
        return [judge_row(*of, declared, house) | {"direction_by": ""} for of in listings]

    plan, nothing = sheet.plan, Declaration(kpi, "")
    said = judged(plan.declarations[kpi], house)
    if said != judged(nothing, house):
        return True
    # It may tell how the sheet prints its figures, and so what the row's own figure means.
    others = {name: other for name, other in plan.declarations.items() if name != kpi}
    without = replace(sheet, plan=replace(plan, declarations=others))
    return said != judged(nothing, settled_house(without))


def references(listings: Iterable[tuple[int, int]]) -> str:
    """Rows as a sheet refers to them, from pairs of section and No., as the language writes that.

    >>> references([(1, 2), (2, 6), (1, 8)])
    '(1)No.2、8、(2)No.6'
    """
    sections: dict[int, list[str]] = {}
    for section, no in sorted(listings):
        sections.setdefault(section, []).append(str(no))
    return say("reference.between").join(
        say("reference.rows", section=section, nos=listed(nos)) for section, nos in sections.items()
    )


def _newest(points: list[dict]) -> dict:
    """The newest point that reports something, read or not; else the last one, which says why."""
    ordered = sorted(points, key=lambda point: point["column_year"])
    reported = [point for point in ordered if point["reason"] not in (BLANK, NOT_REPORTED)]
    return reported[-1] if reported else ordered[-1]


def judge_row(row: dict, point: dict, declared: Declaration, house: House) -> dict:
    """The judgement of a row by an actual and what is declared: a record of ``frames.JUDGED``.

    ``row`` is a record of ``frames.ROWS``, ``point`` one of ``frames.POINTS``, and ``house`` the
    rule by which the sheet's printed figures are read as evidence (``settled_house``).
    """
    row = _as_declared(row, declared)
    target_year = _first(row["target_year"], row["target_column_year"])
    # A cell that names no year is of the year of its column: nothing else says when it was.
    actual = point["value"]
    actual_year = None if actual is None else _first(point["year"], point["column_year"])
    due = None not in (actual_year, target_year) and actual_year >= target_year
    result = {
        **row,
        "actual_year": actual_year,
        "actual": actual,
        "actual_raw": point["raw"],
        "actual_column_year": point["column_year"],
        "target_year": target_year,
        "target": row["target_text"] if row["target"] is None else f"{row['target']:f}",
        "target_value": row["target"],
        "achievement": None,
        "stage": "" if actual_year is None else "final" if due else "interim",
        **dict.fromkeys(("target_kind", "direction", "direction_by", "way", "reason", "note"), ""),
    }
    if row["target_upper"] is not None:
        result["target"] += f"～{row['target_upper']:f}"
    try:
        own = House(declared.convention) if declared.convention else house
        printed, said = printed_direction(row, actual, own), said_direction(row, actual)
        kind, sign, by = kind_of(row, declared, printed, said)
        result |= {"target_kind": kind, "direction_by": by}
        result["direction"] = {1: "increase", -1: "decrease", 0: ""}[sign]
        baseline_year = _first(row["baseline_year"])
        must_be_in_order(baseline_year, actual_year, target_year, point["column_year"])
        if kind == "text":
            return result | _by_the_sheets_word(row, point)
        must_be_comparable(row, point)
        if not (declared.cumulative or declared.running_total):
            must_be_sums_alike(row, point)
        part, improvement, met = measure(kind, sign, row, actual)
        if part is not None and abs(part) >= 10**13:
            # More than a column of whole numbers holds, and than anyone could read.
            raise Undetermined("too-long")
        if by != "declared" and contradicts(result, met):
            raise Undetermined("published-contradicts", published=row["published"])
    except Undetermined as undetermined:
        why = {"reason": undetermined.reason, "note": str(undetermined)}
        return result | {"status": "undetermined"} | why
    way = "" if improvement is None else _way(improvement)
    shown = None if part is None else percent(part)
    status = "met" if met else "missed" if due else way or "not_reached"
    return result | {"achievement": shown, "status": status, "way": way}


def _way(improvement: Decimal) -> str:
    return "progressing" if improvement > 0 else "regressed" if improvement < 0 else "unchanged"


def _as_declared(row: dict, declared: Declaration) -> dict:
    """A row with what the analyst declares of it: a range's ends, a way that begins at zero."""
    if declared.kind == "range":
        ends = {"target": Decimal(declared.lower), "target_upper": Decimal(declared.upper)}
        row = row | ends | {"target_comparator": "range", "target_reason": ""}
        row |= {"target_unit": row["target_unit"] or row["unit"]}
    counted = row["baseline"] is not None or row["baseline_reason"] in (BLANK, NOT_REPORTED)
    begins_at_zero = declared.cumulative and counted
    return row | {"start": Decimal(0) if begins_at_zero else row["baseline"]}


def _by_the_sheets_word(row: dict, point: dict) -> dict:
    """A target in words: only the sheet's own word says whether it is met (method 2)."""
    if point["reason"] not in ("", WORD):
        raise absent("actual", point["raw"], point["reason"])
    if not says_met(row["published"]):
        raise Undetermined("target-in-words", raw=row["target_raw"])
    return {"status": "met", "note": say("note.by-the-sheet")}


def _first(*years):
    return next((int(year) for year in years if not pd.isna(year)), None)
