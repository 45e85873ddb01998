"""What the percentage does not say: pace, what is needed, fragility, evidence (method 5).

Each figure is computed for all rows of a frame at once, from the years that the cells themselves
name. Shares are fractions (1 is 100 %), years are fiscal years; a figure without meaning for a row
is NaN.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kpi_utils.frames import typed
from kpi_utils.judging.achievement import SIGN, exact, rounded
from kpi_utils.judging.outlook import outlooks
from kpi_utils.judging.second_opinion import CUTS, TOLERANCE, open_sdg_status
from kpi_utils.sheets.long_frame import LISTING
from kpi_utils.sheets.sheet import Sheet

# The codes of a pace, best first, and the least pace of each but the last, which is backwards.
PACES = ("on_track", "slightly_behind", "behind", "backwards")
PACE_CUTS = (1.0, 0.6, 0.0)
# Kinds of target without a numeric distance to go: elapsed time says nothing of them.
WITHOUT_WAY = ("direction_only", "text", "")
# Kinds of target without a pace: a limit, too, is to be kept, and not to be reached.
WITHOUT_PACE = ("at_most", "at_least", *WITHOUT_WAY)
# The achievement and actual ÷ target of a KPI disagree if so many percentage points apart.
APART = 50
# The status of the second opinion that agrees with each word of ours.
_SAME = {**dict(zip(PACES, [*CUTS, "deterioration"], strict=True)), "met": "achieved"}


def readings(
    rows: pd.DataFrame, sheet: Sheet, pace_cuts: Sequence[float] = PACE_CUTS
) -> pd.DataFrame:
    """What the percentage of judged rows does not say: ``[readings]`` of the data dictionary.

    The frame has the index of the rows. ``sheet`` has the other years' actuals, and the fiscal
    year from which the age of an actual is counted. ``pace_cuts`` are the least paces (achievement
    over elapsed time) of 順調, やや遅れ and 遅れ, the greatest first.
    """
    judged = _with_way(rows)
    start, actual, end = judged["start"], judged["actual"], judged["end"]
    elapsed, opinion = _elapsed(judged), _second_opinion(judged)
    pace = _pace(judged, elapsed)
    ratio = (actual / end * 100).where(judged["status"] != "undetermined")
    pace_words = pace_word(pace, pace_cuts)
    # A row that cannot be judged keeps only its evidence (points, age).
    columns = {
        "elapsed": elapsed,
        "pace": pace,
        "pace_word": pace_words,
        "needed_a_year": _needed(judged, sheet.is_plan_only),
        "so_far_a_year": _finite(
            (actual - start) / (judged["actual_year"] - judged["baseline_year"])
        ),
        "actual_to_target": _finite(ratio),
        "fragility": _finite(actual.abs() / judged["way"]),
        "ambition": _finite((end - start) / start.abs()),
        "points": _evidence(judged, sheet),
        "age": sheet.fiscal_year - judged["actual_year"],
        "sdg_status": opinion["status"],
        "sdg_ratio": opinion["ratio"],
        "opinions_differ": _do_opinions_differ(judged, pace_words, opinion["status"]),
        "ratio_differs": (_finite(ratio) - judged["achievement"].astype(float)).abs() >= APART,
        **outlooks(rows, sheet),
    }
    frame = typed("readings", columns).set_index(rows.index)
    frame.attrs = rows.attrs
    return frame


def _with_way(rows: pd.DataFrame) -> pd.DataFrame:
    """Judged rows with ``end``, ``way`` and ``gained``, numbered from 0.

    A row that cannot be judged has no ``start`` here. ``end`` is the target, or the end of a range
    that is nearer to the baseline (NaN from inside of it). ``way`` is the distance from baseline to
    end, ``gained`` what the actual has gone of it, both in the KPI's unit.
    """
    judged = rows.reset_index(drop=True)
    years = ["baseline_year", "actual_year", "target_year"]
    judged[years] = judged[years].astype(float)
    start = judged["start"] = judged["start"].where(judged["status"] != "undetermined")
    lower, upper, is_range = (
        judged["target_value"],
        judged["target_upper"],
        judged["target_kind"] == "range",
    )
    end = lower.mask(start > upper, upper)
    judged["end"] = end.mask(is_range & (_outside(start, lower, upper) == 0))
    way = _difference(lower, start).mask(is_range, judged["end"] - start).abs()
    gained = _difference(judged["actual"], start) * judged["direction"].map(SIGN).astype(float)
    in_range = way - _outside(judged["actual"], lower, upper)
    return judged.assign(way=way, gained=gained.mask(is_range, in_range))


def _elapsed(judged: pd.DataFrame) -> pd.Series:
    """The part of the time from baseline to target that has passed by the actual's year."""
    years = judged["target_year"] - judged["baseline_year"]
    elapsed = (judged["actual_year"] - judged["baseline_year"]) / years
    has_way = ~judged["target_kind"].isin(WITHOUT_WAY) & (judged["status"] != "undetermined")
    # After the target's year all of the time has gone, and not more.
    return elapsed.where(has_way & (years > 0)).clip(upper=1)


def _pace(judged: pd.DataFrame, elapsed: pd.Series) -> pd.Series:
    """Achievement over elapsed time, where a target is still to be reached."""
    is_under_way = (judged["status"] != "met") & (judged["stage"] == "interim")
    has_pace = is_under_way & ~judged["target_kind"].isin(WITHOUT_PACE) & (elapsed > 0)
    return (judged["gained"] / judged["way"] / elapsed).where(has_pace)


def _needed(judged: pd.DataFrame, is_plan_only: bool) -> pd.Series:
    """The change a year that would still reach the target in its year.

    In a plan's own table, which has no actuals, it is that from the baseline on.
    """
    if is_plan_only:
        years = judged["target_year"] - judged["baseline_year"]
        lower, upper = judged["target_value"], judged["target_upper"]
        end = lower.mask(upper.notna(), judged["baseline"].clip(lower, upper))
        way = end - judged["baseline"]
        signs = judged["direction"].map(SIGN).astype(float).fillna(0)
        # A limit that is kept, and a range from inside of it, ask for no change.
        is_kept = judged["target_kind"].isin(["at_least", "at_most", "range"]) & (way * signs <= 0)
        return (way / years).where((years > 0) & ~is_kept)
    has_way = ~judged["target_kind"].isin(WITHOUT_WAY)
    is_open = has_way & ~judged["status"].isin(["met", "undetermined"])
    years_left = judged["target_year"] - judged["actual_year"]
    # The end of a range that is nearer to the actual may not be the one nearer to the baseline.
    nearer = judged["actual"].clip(judged["target_value"], judged["target_upper"])
    end = judged["end"].mask(judged["target_kind"] == "range", nearer)
    return ((end - judged["actual"]) / years_left).where(is_open & (years_left > 0))


def _second_opinion(judged: pd.DataFrame) -> pd.DataFrame:
    """Open SDG's reading; it knows no ranges: there only being inside is achieved."""
    opinion = open_sdg_status(
        baseline_year=judged["baseline_year"],
        baseline=judged["start"],
        actual_year=judged["actual_year"],
        actual=judged["actual"],
        target_year=judged["target_year"],
        target=judged["end"],
        direction=judged["direction"],
    )
    is_range, is_met = judged["target_kind"] == "range", judged["status"] == "met"
    beyond = is_range & ~is_met & (opinion["status"] == "achieved")
    opinion.loc[beyond, ["status", "ratio"]] = ["not_available", np.nan]
    opinion.loc[is_range & is_met, "status"] = "achieved"
    return opinion


def _do_opinions_differ(
    judged: pd.DataFrame, pace_words: np.ndarray, opinion: pd.Series
) -> pd.Series:
    """Whether the second opinion (a status) says something else than our status and pace."""
    is_met = judged["status"] == "met"
    ours = pd.Series(pace_words).mask(is_met, "met")
    is_known = (ours != "") & (opinion != "not_available")
    # Without a number to reach, the other system knows no "achieved": any rise is as much.
    is_rise = judged["end"].isna() & (opinion != "deterioration")
    is_same = (ours.map(_SAME) == opinion) | is_rise
    # A target that must be passed (超, 未満) and is only touched is not met here, but there.
    is_touched = ~is_met & (judged["status"] != "undetermined") & (opinion == "achieved")
    return (is_known & ~is_same) | is_touched


def pace_word(pace, cuts: Sequence[float] = PACE_CUTS) -> np.ndarray:
    """The word of each pace (one of PACES), "" for NaN; ``cuts`` as ``readings`` takes them.

    >>> pace_word([1.37, 1.0, 0.67, 0.0, -0.01, float("nan")]).tolist()
    ['on_track', 'on_track', 'slightly_behind', 'behind', 'backwards', '']
    """
    pace = np.asarray(pace, dtype=float)
    # No tolerance at 0, for the sign of what is gained is exact.
    least = [cut - TOLERANCE if cut else 0 for cut in cuts]
    conditions = [np.isnan(pace), *(pace >= cut for cut in least)]
    return np.select(conditions, ["", *PACES[:-1]], default=PACES[-1]).astype(str)


def pace_text(pace: float, cuts: Sequence[float] = PACE_CUTS) -> str:
    """A pace as a report prints it: two decimals, or as many as leave it with the same word.

    >>> pace_text(1.3747), pace_text(0.998), pace_text(-0.0001)
    ('1.37', '0.998', '−0.0001')
    """
    word = pace_word(pace, cuts)
    for digits in range(2, 9):
        text = rounded(pace, digits)
        if pace_word(float(text.replace("−", "-")), cuts) == word:
            return text
    return rounded(pace, 9)


def _evidence(rows: pd.DataFrame, sheet: Sheet) -> np.ndarray:
    """How many points a row's judgement rests on: the baseline, and actuals of other years."""
    points = sheet.points
    points = points[(points["column_year"] <= sheet.fiscal_year) & points["value"].notna()]
    actuals = points.assign(year=points["year"].fillna(points["column_year"]))
    actuals = actuals.merge(rows[[*LISTING, "baseline_year"]], on=LISTING)
    actuals = actuals[actuals["year"] != actuals["baseline_year"].fillna(0)]
    years = actuals.groupby(LISTING)["year"].nunique()
    counts = years.reindex(pd.MultiIndex.from_frame(rows[LISTING]), fill_value=0)
    return counts.to_numpy() + rows["baseline"].notna().to_numpy()


def _difference(minuends: pd.Series, subtrahends: pd.Series) -> pd.Series:
    """Differences, exact on the decimals: as floats, large numbers would lose them."""
    pairs = ((exact(a), exact(b)) for a, b in zip(minuends, subtrahends, strict=True))
    return pd.Series([np.nan if a is None or b is None else float(a - b) for a, b in pairs])


def _outside(values: pd.Series, lower: pd.Series, upper: pd.Series) -> pd.Series:
    """How far values lie outside of a range; 0 inside, NaN without a range."""
    return np.maximum(np.maximum(lower - values, values - upper), 0)


def _finite(values: pd.Series) -> pd.Series:
    return values.where(np.isfinite(values))
