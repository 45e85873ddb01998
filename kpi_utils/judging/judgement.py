"""Rows -> achievement, status and stage: section 4 of docs/method.md.

A status sums up the kind of target and the achievement in one word; a row that cannot be judged is
undetermined, and its note says why.
"""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from kpi_utils.cells.letters import compiled
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, WORD, identity, read_cell
from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import STATUSES, columns_of, must_be_rows, must_have, typed
from kpi_utils.judging.achievement import exact_rows, measure, percent
from kpi_utils.judging.conventions import House, house_rule
from kpi_utils.judging.direction import Kind, kind_of, may_be_range
from kpi_utils.judging.published import is_contradicted, says_met, says_otherwise
from kpi_utils.judging.undetermined import (
    absent,
    incomparable,
    sum_goes_on,
    unlike_sums,
    years_out_of_order,
)
from kpi_utils.plan import Declaration, Plan
from kpi_utils.words import Message, message

# From so many times the way on, the percentage is too large for a column of whole numbers.
_TOO_LONG = 10**13
_NOT_YET = compiled("not_yet")
_NONE = re.compile(".*(?:ゼロ|無(?:し|$)|なし|0)")
_DIRECTIONS = {1: "increase", -1: "decrease", 0: ""}
# The columns that must be equal in all rows of a KPI, besides unit and words.
_FACTS = ["baseline_year", "baseline", "actual_year", "actual", "target_year", "status"]
_FACTS += ["target_value", "target_upper", "direction"]
# The readings of a KPI whose rows differ, besides the numbers, which are missing.
_NO_READINGS = {
    **dict.fromkeys(["pace_word", "status_by_year", "outlook_status"], ""),
    **dict.fromkeys(["opinions_differ", "ratio_differs"], False),
    **dict.fromkeys(["outlook_achievement", "outlook_cut", "outlook_decimals"], pd.NA),
    "sdg_status": "not_available",
    "outlook_reason": "undetermined",
}


def judge(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Judge rows of a sheet (``Sheet.rows``) by sections 2 to 4 of the method.

    Figures that were changed in the frame are judged as they stand there. Returns the rows with the
    columns of ``[judgement]`` in the data dictionary: ``start``, ``target_value``, ``target_kind``,
    ``direction`` and what it rests on (``direction_by``), ``achievement`` in whole percent,
    ``status``, ``stage``, ``way``, and for an undetermined row ``reason`` and ``note`` (a message).
    Raises KpiError if the frame lacks columns.
    """
    must_be_rows(rows, "rows")
    records = exact_rows(rows)
    house = settled_house(records, plan)
    judged = [judge_row(row, plan.declared(row["kpi"]), house) for row in records]
    columns = typed("judgement", judged).set_index(rows.index)
    result = rows.drop(columns=columns.columns.intersection(rows.columns)).join(columns)
    result.attrs = rows.attrs
    return result


def settled_house(rows: list[dict], plan: Plan) -> House:
    """Finds the house rule from the rows (with exact numbers) whose direction is known without it.

    The printed figures of the other rows are then read by that rule (method 2). A row without a
    baseline counts, too: a ratio can be tried on it without a direction.
    """
    judged = [row | judge_row(row, plan.declared(row["kpi"]), House()) for row in rows]
    settled = [row for row in judged if row["direction_by"] or row["start"] is None]
    return house_rule(settled, plan)


def judge_row(row: dict, declared: Declaration, house: House) -> dict:
    """The new columns of ``judge`` for a row with exact numbers, under the analyst's declaration.

    ``house`` is the rule by which the sheet's printed figures are read as evidence.
    """
    row = _as_declared(row, declared)
    target_year = row["target_year"] or row["target_column_year"]
    # A cell that names no year has the year of its column: nothing else says when it was.
    actual_year = row["actual_year"] or row["actual_column_year"]
    actual_year = None if row["actual"] is None else actual_year
    is_due = bool(actual_year and target_year and actual_year >= target_year)
    stage = "final" if is_due else "interim"
    kind = kind_of(row, declared, House(declared.convention) if declared.convention else house)
    judged = {
        "start": row["start"],
        "actual_year": actual_year,
        "target_year": target_year,
        "target_value": row["target"],
        "target_upper": row["target_upper"],
        "target_kind": kind.kind,
        "direction": _DIRECTIONS[kind.sign],
        "direction_by": kind.by,
        "achievement": None,
        "status": "undetermined",
        "stage": "" if actual_year is None else stage,
        "way": "",
        "reason": "",
        "note": None,
    }
    measured = row | judged
    note = kind.note or years_out_of_order(measured)
    if kind.kind == "text" and not note:
        return judged | _by_the_sheets_word(row)
    # Different units come before an unclear direction: they may be what makes it unclear.
    if not note or None not in (row["actual"], row["target"]):
        note = incomparable(row) or note
    note = note or unlike_sums(row, declared)
    return judged | (_undetermined(note) if note else _measured(measured, kind, is_due, declared))


def _as_declared(row: dict, declared: Declaration) -> dict:
    """A row with what is declared of it: the ends of a range, and the ``start`` of its way."""
    if declared.kind == "range" and may_be_range(row, *declared.ends):
        lower, upper = declared.ends
        row = row | {
            "target": lower,
            "target_upper": upper,
            "target_comparator": "range",
            "target_reason": "",
            "target_unit": row["target_unit"] or row["unit"],
        }
    is_readable = row["baseline"] is not None or row["baseline_reason"] in (BLANK, NOT_REPORTED)
    begins_at_zero = declared.cumulative and is_readable
    return row | {"start": Decimal(0) if begins_at_zero else row["baseline"]}


def _measured(row: dict, kind: Kind, is_due: bool, declared: Declaration) -> dict:
    """Achievement, status and way of a row whose figures can be compared."""
    if kind.kind == "direction_only" and not kind.sign and row["actual"] != row["start"]:
        return _undetermined(message("note.target-without-direction", raw=row["target_raw"]))
    fraction, improvement, is_met = measure(kind.kind, kind.sign, row)
    if fraction is not None and abs(fraction) >= _TOO_LONG:
        return _undetermined(message("note.too-long"))
    if is_met and (note := sum_goes_on(row, kind.sign, declared)):
        return _undetermined(note)
    way = ""
    if improvement is not None:
        way = ("unchanged", "progressing", "regressed")[(improvement > 0) - (improvement < 0)]
    measured = row | {"way": way}
    if kind.by != "declared" and is_contradicted(measured, is_met):
        is_by_grade = says_otherwise(row["grade"], measured, is_met)
        printed = row["grade" if is_by_grade else "published"]
        return _undetermined(message("note.published-contradicts", published=printed))
    status = "missed" if is_due else way or "not_reached"
    return {
        "achievement": None if fraction is None else percent(Fraction(fraction)),
        "status": "met" if is_met else status,
        "way": way,
    }


def _by_the_sheets_word(row: dict) -> dict:
    """A target in words: only the sheet's own word says whether it is met (method 2)."""
    if row["actual_reason"] not in ("", WORD):
        return _undetermined(absent("actual", row))
    if not (says_met(row["published"]) or says_met(row["grade"])):
        return _undetermined(message("note.target-in-words", raw=row["target_raw"]))
    said, wanted = (identity(read_cell(row[f"{role}_raw"]).text) for role in ("actual", "target"))
    is_none = said.endswith(("なし", "無", "なかった")) and _NONE.match(wanted)
    if not (is_none or wanted.endswith(said)) and _NOT_YET.match(said.replace(wanted, "")):
        # 未策定 and 策定中 contradict a printed 達成; 素案作成済 may not.
        return _undetermined(message("note.published-contradicts", published=row["published"]))
    return {"status": "met", "note": message("note.by-the-sheet")}


def _undetermined(note: Message) -> dict:
    return {"note": note, "reason": note.key.removeprefix("note.")}


def per_kpi(rows: pd.DataFrame) -> pd.DataFrame:
    """Reduce judged rows to one row per KPI (指標), its first listing; in the order of ``rows``.

    The index is ``kpi``, the KPI's identity (method 1). ``initiative``, ``department`` and
    ``next_step`` are the first that any of its rows names. New columns are ``listings`` (pairs of
    section and No. of its rows), ``sources`` (where each stands) and ``relistings_differ``. A KPI
    whose rows (再掲) differ in what they say is undetermined, without achievement and readings:
    neither row is known to be the right one.
    """
    must_be_rows(rows, "rows", "judgement")
    places: dict[str, list[int]] = {kpi: [] for kpi in rows["kpi"]}
    rows = rows.sort_index()
    for place, kpi in enumerate(rows["kpi"]):
        places[kpi].append(place)

    def of_each(values) -> list[tuple]:
        values = list(values)
        return [tuple(values[place] for place in of) for of in places.values()]

    firsts = rows.iloc[[first for first, *_ in places.values()]]
    kpis = firsts.set_index("kpi", drop=False).rename_axis(None)
    kpis["listings"] = of_each(zip(rows["section"], rows["no"], strict=True))
    kpis["sources"] = of_each(rows["source"])
    for column in ("initiative", "department", "next_step"):
        kpis[column] = [next(filter(None, named), "") for named in of_each(rows[column])]
    # Words are compared by their identity.
    words = rows["target_text"].where(rows["target_value"].isna(), "").map(identity)
    facts = rows[["kpi", *_FACTS]].assign(words=words, unit=rows["unit"].map(identity))
    kpis["relistings_differ"] = facts.drop_duplicates()["kpi"].value_counts() > 1
    kpis.attrs = rows.attrs
    differ = kpis["relistings_differ"]
    for kpi in kpis.index[differ]:
        listings = message("rows", listings=kpis.at[kpi, "listings"])
        kpis.at[kpi, "note"] = message("note.relistings-differ", rows=listings)
    if differ.any():
        unset = {"status": "undetermined", "achievement": pd.NA, "way": ""}
        # Before ``readings`` the rows have no such columns.
        if "pace" in kpis:
            numbers = kpis[list(columns_of("readings"))].select_dtypes("float")
            unset |= dict.fromkeys(numbers, float("nan")) | _NO_READINGS
        for name, value in unset.items():
            kpis.loc[differ, name] = value
    return kpis


def by_status(kpis: pd.DataFrame) -> pd.DataFrame:
    """KPIs as a report shows them: worst status first.

    Progressing KPIs are sorted by pace (slowest first), ties and all others by achievement.
    """
    must_have(kpis, "rows", "judgement", "readings", "kpis")
    if not kpis["status"].isin(STATUSES).all():
        raise KpiError(mistake("order.stale-kpis"))
    status = kpis["status"].map(STATUSES.index)
    pace = kpis["pace"].where(kpis["status"] == "progressing")
    return kpis.iloc[np.lexsort((kpis["achievement"].astype(float), pace, status))]
