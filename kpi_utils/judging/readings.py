"""What the percentage does not say: pace, what is needed, fragility, evidence (method 5).

Each figure is computed for all rows of a frame at once, from the years that the cells themselves
name. Shares are fractions (1 is 100 %), years are fiscal years; a figure without meaning for a row
is NaN. The second opinion is how Open SDG and Eurostat would read the same figures: where their
reading and ours agree, the judgement is strong.
"""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pandas as pd

from kpi_utils.declaration import must_be_thresholds
from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import LIMITS, must_be_rows, typed
from kpi_utils.judging.achievement import SIGN, exact_rows, rounded
from kpi_utils.judging.outlook import cells_by_row, outlooks
from kpi_utils.sheets.sheet import Sheet

# The codes of a pace, best first, and the least pace of each but the last, which is backwards.
PACES = ("on_track", "slightly_behind", "behind", "backwards")
PACE_CUTS = (1.0, 0.6, 0.0)
# Kinds of target without a numeric distance to go: elapsed time says nothing about them.
WITHOUT_WAY = ["direction_only", "text", ""]
# Achievement and actual ÷ target of a KPI disagree if they are so many percentage points apart.
APART = 50
# The least ratio for each status of the second opinion and, without a numeric target, the least
# yearly rate. Below the last one the status is deterioration.
CUTS = {"substantial": (0.95, 0.015), "moderate": (0.60, 0.005), "limited": (0.0, 0.0)}
LEAST_YEARS = 1
# 0.6 computed from floats can come out as 0.5999….
TOLERANCE = 1e-12
# The status of the second opinion that agrees with each word of ours.
_SAME = {**dict(zip(PACES, [*CUTS, "deterioration"], strict=True)), "met": "achieved"}
_NUMBERS = ["start", "baseline", "actual", "target_value", "target_upper", "achievement"]
_NUMBERS += ["baseline_year", "actual_year", "target_year"]


def readings(
    rows: pd.DataFrame, sheet: Sheet, pace_cuts: Sequence[float] = PACE_CUTS
) -> pd.DataFrame:
    """Compute what the percentage of judged rows does not say: pace, fragility … (method 5).

    Returns ``[readings]`` of the data dictionary, which has the unit of each column, with the index
    of ``rows`` (from ``judge``). ``sheet`` has the other years' actuals, and the fiscal year from
    which the age of an actual is counted. ``pace_cuts`` are the least paces (achievement over
    elapsed time) of 順調, やや遅れ and 遅れ, the greatest first.
    """
    must_be_rows(rows, "rows", "judgement")
    must_be_thresholds(pace_cuts=pace_cuts)
    records = exact_rows(rows)
    points = cells_by_row(sheet.points.sort_values("column_year", kind="stable"), "actual")
    with np.errstate(all="ignore"):
        columns = _computed(records, sheet, pace_cuts)
    columns["points"] = [
        _evidence(row, points[row["section"], row["no"]], sheet.fiscal_year) for row in records
    ]
    frame = typed("readings", columns | outlooks(records, points, sheet)).set_index(rows.index)
    frame.attrs = rows.attrs
    return frame


def must_be_of(sheet: Sheet, rows: pd.DataFrame, *sections: str) -> None:
    """Raises KpiError if rows are not a sheet's, each once, with the columns of sections."""
    must_be_rows(rows, "rows", *sections)
    said = [*rows["source"].items()]
    if len({*said}) < len(said) or not {*said} <= {*sheet.rows()["source"].items()}:
        raise KpiError(mistake("order.rows-of-other-sheet", source=sheet.source))


def _computed(records: list[dict], sheet: Sheet, pace_cuts: Sequence[float]) -> dict:
    """The columns of readings that are computed from numbers; those of the outlook are not.

    A row that cannot be judged keeps only the age of its evidence.
    """
    of = _figures(records)
    time, gone = of.target_year - of.baseline_year, of.actual_year - of.baseline_year
    # After the target's year all of the time has gone, and not more.
    elapsed = np.where(of.has_way & (time > 0), np.minimum(gone / time, 1), np.nan)
    # A limit is to be kept, and not to be reached.
    has_pace = ~of.is_met & (of.stage == "interim") & ~np.isin(of.target_kind, LIMITS)
    pace = np.where(has_pace & (elapsed > 0), of.gained / of.way / elapsed, np.nan)
    pace_words = pace_word(pace, pace_cuts)
    ratio = _finite(np.where(of.is_judged, of.actual / of.end * 100, np.nan))
    opinion = open_sdg_status(
        of.baseline_year, of.start, of.actual_year, of.actual, of.target_year, of.end, of.direction
    )
    status, sdg_ratio = opinion["status"].to_numpy(object), opinion["ratio"].to_numpy(copy=True)
    # Open SDG knows no ranges: a range is achieved only from inside.
    beyond = of.is_range & ~of.is_met & (status == "achieved")
    sdg_ratio[beyond] = np.nan
    status = np.where(beyond, "not_available", status)
    status = np.where(of.is_range & of.is_met, "achieved", status)
    return {
        "elapsed": elapsed,
        "pace": pace,
        "pace_word": pace_words,
        "needed_a_year": _needed(of, sheet.is_plan_only),
        "so_far_a_year": _finite((of.actual - of.start) / gone),
        "actual_to_target": ratio,
        "fragility": _finite(np.abs(of.actual) / of.way),
        "ambition": _finite((of.end - of.start) / np.abs(of.start)),
        "age": sheet.fiscal_year - of.actual_year,
        "sdg_status": status,
        "sdg_ratio": sdg_ratio,
        "opinions_differ": _do_opinions_differ(of, pace_words, status),
        "ratio_differs": np.abs(ratio - of.achievement) >= APART,
    }


def _figures(records: list[dict]) -> SimpleNamespace:
    """The figures of judged rows as arrays, with ``end``, ``way`` and ``gained``.

    A row that cannot be judged has no ``start`` here. ``end`` is the target, or the end of a range
    that is nearer to the baseline (NaN for a baseline inside). ``way`` is the distance from
    baseline to end, ``gained`` how much of it the actual has covered, both in the KPI's unit.
    """
    of = SimpleNamespace()
    for name in _NUMBERS:
        setattr(of, name, np.array([row[name] for row in records], float))
    for name in ("target_kind", "status", "stage", "direction"):
        setattr(of, name, np.array([row[name] for row in records], object))
    of.is_judged, of.is_met = of.status != "undetermined", of.status == "met"
    of.is_range = of.target_kind == "range"
    of.has_way = ~np.isin(of.target_kind, WITHOUT_WAY) & of.is_judged
    of.sign = np.array([SIGN.get(direction, np.nan) for direction in of.direction])
    of.start = np.where(of.is_judged, of.start, np.nan)
    of.end = np.where(of.start > of.target_upper, of.target_upper, of.target_value)
    of.end[of.is_range & (_outside(of, of.start) == 0)] = np.nan
    way = np.where(of.is_range, of.end - of.start, _from_start(records, "target_value"))
    of.way = np.where(of.is_judged, np.abs(way), np.nan)
    in_range = of.way - _outside(of, of.actual)
    of.gained = np.where(of.is_range, in_range, _from_start(records, "actual") * of.sign)
    return of


def _from_start(records: list[dict], name: str) -> np.ndarray:
    """A column minus the start, by exact decimals: floats of large numbers lose digits."""
    pairs = ((row[name], row["start"]) for row in records)
    return np.array([None if None in pair else pair[0] - pair[1] for pair in pairs], float)


def _outside(of: SimpleNamespace, values: np.ndarray) -> np.ndarray:
    """How far values lie outside of a range; 0 inside, NaN without a range."""
    return np.maximum(np.maximum(of.target_value - values, values - of.target_upper), 0)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _needed(of: SimpleNamespace, is_plan_only: bool) -> np.ndarray:
    """The change per year that would still reach the target in its year, in the KPI's unit.

    In a plan's own table, which has no actuals, it is counted from the baseline.
    """
    value, year = (of.baseline, of.baseline_year) if is_plan_only else (of.actual, of.actual_year)
    # The end of a range that is nearer to the actual may not be the one nearer to the baseline.
    nearer = np.clip(value, of.target_value, of.target_upper)
    change = np.where(np.isnan(of.target_upper), of.target_value, nearer) - value
    # A limit that is kept, and a range that the value lies in, ask for no change.
    is_kept = np.isin(of.target_kind, [*LIMITS, "range"]) & ~(change * of.sign > 0)
    is_open = ~is_kept if is_plan_only else of.has_way & ~of.is_met
    years = of.target_year - year
    return np.where(is_open & (years > 0), change / years, np.nan)


def _do_opinions_differ(
    of: SimpleNamespace, pace_words: np.ndarray, opinion: np.ndarray
) -> np.ndarray:
    """Whether the second opinion (a status) says something else than our status and pace."""
    ours = np.where(of.is_met, "met", pace_words)
    is_known = (ours != "") & (opinion != "not_available")
    # Without a number to reach, Open SDG has no "achieved": any improvement agrees with ours.
    is_rise = np.isnan(of.end) & (opinion != "deterioration")
    is_same = (np.array([_SAME.get(word) for word in ours], object) == opinion) | is_rise
    # A target that must be passed (超, 未満) and is only reached is met there, but not here.
    is_touched = ~of.is_met & of.is_judged & (opinion == "achieved")
    return (is_known & ~is_same) | is_touched


def _evidence(row: dict, points: list[dict], fiscal_year: int) -> int:
    """How many points a row's judgement rests on: the baseline, and actuals of other years."""
    years = {
        point["actual_year"] or point["actual_column_year"]
        for point in points
        if point["actual_column_year"] <= fiscal_year and point["actual"] is not None
    }
    return len(years - {row["baseline_year"]}) + (row["baseline"] is not None)


def pace_word(pace, cuts: Sequence[float] = PACE_CUTS) -> np.ndarray:
    """The word of each pace (one of PACES), "" for NaN; ``cuts`` as ``readings`` takes them.

    >>> pace_word([1.37, 1.0, 0.67, 0.0, -0.01, float("nan")]).tolist()
    ['on_track', 'on_track', 'slightly_behind', 'behind', 'backwards', '']
    """
    pace = np.asarray(pace, dtype=float)
    # No tolerance at 0, because the sign of ``gained`` is exact.
    least = [cut - TOLERANCE if cut else 0 for cut in cuts]
    conditions = [np.isnan(pace), *(pace >= cut for cut in least)]
    return np.select(conditions, ["", *PACES[:-1]], default=PACES[-1]).astype(str)


def pace_text(pace: float, cuts: Sequence[float] = PACE_CUTS) -> str:
    """A pace as a report prints it: two decimals, or as many as leave it with the same word.

    >>> pace_text(1.3747), pace_text(0.998), pace_text(-0.0001)
    ('1.37', '0.998', '−0.0001')
    """
    texts = [rounded(pace, digits) for digits in range(2, 10)]
    numbers = [float(text.replace("−", "-").replace(",", "")) for text in texts]
    word, *words = pace_word([pace, *numbers], cuts)
    return texts[words.index(word)] if word in words else texts[-1]


def open_sdg_status(
    baseline_year, baseline, actual_year, actual, target_year, target, direction
) -> pd.DataFrame:
    """Status and ratio of each row; takes columns (or single values) of numbers, NaN for none.

    ``direction`` is "increase" or "decrease", the way that is better; anything else gives no
    opinion. Returns a frame of ``status`` (achieved, substantial, moderate, limited,
    deterioration, not_available) and ``ratio``: the observed over the required growth rate, or,
    without a numeric target, the observed yearly rate (0.01 is 1 %). Source: method 5, after the
    progress calculation of Open SDG and Eurostat's "Monitoring report on progress towards the
    SDGs"; unlike Open SDG, a zero baseline has no growth rate here, and so no opinion.

    >>> open_sdg_status(2020, [32.1, 0], 2022, [34.5, 10], 2030, [50.0, 850], "increase")
              status     ratio
    0       moderate  0.810123
    1  not_available       NaN
    """
    numbers = (baseline_year, baseline, actual_year, actual, target_year, target)
    signs = _series(direction).map(SIGN)
    floats = (_series(values).to_numpy(float, na_value=np.nan) for values in (*numbers, signs))
    baseline_year, baseline, actual_year, actual, target_year, target, signs = np.broadcast_arrays(
        *floats
    )
    with np.errstate(all="ignore"):
        observed = _rate(baseline, actual, actual_year - baseline_year)
        required = _rate(baseline, target, target_year - baseline_year)
        has_target = ~np.isnan(target)
        ratio = np.where(has_target, observed / np.abs(required), observed)
        ratio = _finite(np.where(baseline < 0, -1.0, 1.0) * signs * ratio)
        met = has_target & ((actual - target) * signs >= 0)
    known = (actual_year - baseline_year >= LEAST_YEARS) & ~np.isnan(ratio)
    least = [np.where(has_target, *cuts) for cuts in CUTS.values()]
    reached = [ratio >= cut - np.where(cut, TOLERANCE, 0) for cut in least]
    # A target that is met now is achieved, whatever the trend.
    words = ["achieved", "not_available", *CUTS]
    status = np.select([met, ~known, *reached], words, default="deterioration")
    ratio = np.where(status == "not_available", np.nan, ratio)
    return pd.DataFrame({"status": status.astype(str), "ratio": ratio})


def _series(values) -> pd.Series:
    return pd.Series(values if pd.api.types.is_list_like(values) else [values])


def _rate(first: np.ndarray, last: np.ndarray, years: np.ndarray) -> np.ndarray:
    """The yearly growth rate (0.01 is 1 %); NaN across zero and where no time has passed."""
    growth = np.where((first != 0) & (first * last >= 0), last / first, np.nan)
    return np.where(years > 0, growth ** (1 / years) - 1, np.nan)
