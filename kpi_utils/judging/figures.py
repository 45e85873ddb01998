"""What the percentage does not say: pace, what is needed, fragility, evidence (method 5).

Each figure is computed for all rows of a frame at once, from the years that the cells themselves
name. Shares are parts of one, years are fiscal years; a figure without meaning for a row is NaN.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kpi_utils.frames import typed
from kpi_utils.judging.achievement import SIGN, exact, rounded
from kpi_utils.judging.second_opinion import CUTS, open_sdg_status
from kpi_utils.sheets.sheet import Sheet

__all__ = ["APART", "PACES", "PACE_CUTS", "pace_text", "pace_word", "readings"]

# The codes of a pace, best first, and the least pace of each but the last, which is backwards.
PACES = ("on_track", "slightly_behind", "behind", "backwards")
PACE_CUTS = (1.0, 0.6, 0.0)
# Kinds of target that have no pace: keeping a limit is no way to go, and words have no length.
WITHOUT_PACE = ("at_most", "at_least", "direction_only", "text", "")
# Kinds that have no way in numbers, so that elapsed time says nothing of it.
WITHOUT_WAY = ("direction_only", "text", "")
# Points of percent by which two readings of one KPI must lie apart to be said to disagree.
APART = 50
# Of two numbers that are equal on paper, the quotient as a float may miss 1 or 0.6 by less.
_TIE = 1e-12

# What both readings would say of a KPI, where they agree.
_SAME = {**dict(zip(PACES, [*CUTS, "deterioration"], strict=True)), "met": "achieved"}


def readings(
    rows: pd.DataFrame, sheet: Sheet, pace_cuts: Sequence[float] = PACE_CUTS
) -> pd.DataFrame:
    """What the percentage of judged rows does not say: ``[readings]`` of the data dictionary.

    The frame has the index of the rows. ``sheet`` tells the other years' actuals, and the fiscal
    year from which the age of one is counted. ``pace_cuts`` are the least paces (achievement over
    elapsed time) of 順調, やや遅れ and 遅れ, the greatest first.
    """
    judged = rows.reset_index(drop=True)
    judgeable = judged["status"] != "undetermined"
    # Of a row that cannot be judged nothing is said but what it rests on.
    start = judged["start"].where(judgeable)
    baseline_year, actual_year, target_year = (
        judged[f"{role}_year"].to_numpy(float, na_value=np.nan)
        for role in ("baseline", "actual", "target")
    )
    baseline, actual, lower, upper = (
        column.to_numpy(float)
        for column in (
            start,
            *(judged[name] for name in ("actual", "target_value", "target_upper")),
        )
    )
    kind, status = judged["target_kind"], judged["status"]
    is_range = (kind == "range").to_numpy()
    # The way to a range is the way to its nearer end.
    target = np.where(baseline > upper, upper, lower)
    # From inside of it there is none.
    target[is_range & (_outside(baseline, lower, upper) == 0)] = np.nan
    sign = judged["direction"].map(SIGN).to_numpy(float)
    with np.errstate(all="ignore"):
        numbers = _minus(judged["target_value"], start)
        way = np.abs(np.where(is_range, target - baseline, numbers))
        gained = _minus(judged["actual"], start) * sign
        gained = np.where(is_range, way - _outside(actual, lower, upper), gained)
        part = gained / way
        elapsed = (actual_year - baseline_year) / (target_year - baseline_year)
        elapsed = np.where(target_year > baseline_year, elapsed, np.nan)
        elapsed[kind.isin(WITHOUT_WAY) | ~judgeable] = np.nan
        # After the target's year all of the time has gone, and not more.
        elapsed = np.minimum(elapsed, 1)
        paced = ~kind.isin(WITHOUT_PACE) & (status != "met") & (judged["stage"] == "interim")
        pace = np.where(paced & (elapsed > 0), part / elapsed, np.nan)
        left = target_year - actual_year
        wanting = (status != "met") & ~kind.isin(WITHOUT_WAY) & judgeable
        # The nearer end from where the actual is, which may not be the baseline's.
        end = np.where(is_range, np.clip(actual, lower, upper), target)
        needed = np.where(wanting & (left > 0), (end - actual) / left, np.nan)
        so_far = (actual - baseline) / (actual_year - baseline_year)
        ratio = np.where(judgeable, actual / target * 100, np.nan)
        fragility = np.abs(actual) / way
        ambition = (target - baseline) / np.abs(baseline)
    read = (baseline_year, baseline, actual_year, actual, target_year, target)
    opinion = _second_opinion(judged, read)
    pace_words = pace_word(pace, pace_cuts)
    ours = np.where(status == "met", "met", pace_words)
    known = (ours != "") & (opinion["status"] != "not_available").to_numpy()
    agreed = pd.Series(ours).map(_SAME).to_numpy() == opinion["status"].to_numpy()
    # Without a number to reach, the other system knows no "achieved": any rise is as much.
    agreed |= np.isnan(target) & (opinion["status"] != "deterioration").to_numpy()
    # A target that must be passed (超, 未満) and is only touched is not met here, but there.
    contradicts = judgeable & (status != "met") & (opinion["status"] == "achieved")
    achievement = judged["achievement"].to_numpy(float, na_value=np.nan)
    columns = {
        "elapsed": elapsed,
        "pace": pace,
        "pace_word": pace_words,
        "needed_a_year": needed,
        "so_far_a_year": _finite(so_far),
        "actual_to_target": _finite(ratio),
        "fragility": _finite(fragility),
        "ambition": _finite(ambition),
        "points": _evidence(judged, sheet),
        "age": sheet.fiscal_year - judged["actual_year"],
        "sdg_status": opinion["status"],
        "sdg_ratio": opinion["ratio"],
        "opinions_differ": (known & ~agreed) | contradicts.to_numpy(),
        "ratio_differs": np.abs(_finite(ratio) - achievement) >= APART,
    }
    figures = typed("readings", columns).set_index(rows.index)
    figures.attrs = rows.attrs
    return figures


def _second_opinion(judged: pd.DataFrame, numbers: tuple) -> pd.DataFrame:
    """Open SDG's reading; it knows no ranges: there only being inside is achieved."""
    opinion = open_sdg_status(*numbers, judged["direction"])
    is_range, is_met = judged["target_kind"] == "range", judged["status"] == "met"
    beyond = is_range & ~is_met & (opinion["status"] == "achieved")
    opinion.loc[beyond, ["status", "ratio"]] = ["not_available", np.nan]
    opinion.loc[is_range & is_met, "status"] = "achieved"
    return opinion


def pace_word(pace, cuts: Sequence[float] = PACE_CUTS) -> np.ndarray:
    """The word of each pace (one of PACES), "" for NaN; ``cuts`` as ``readings`` takes them.

    >>> pace_word([1.37, 1.0, 0.67, 0.0, -0.01, float("nan")]).tolist()
    ['on_track', 'on_track', 'slightly_behind', 'behind', 'backwards', '']
    """
    pace = np.asarray(pace, dtype=float)
    # Of nothing gained the sign is exact.
    least = [cut - _TIE if cut else 0 for cut in cuts]
    conditions = [np.isnan(pace), *(pace >= cut for cut in least)]
    return np.select(conditions, ["", *PACES[:-1]], default=PACES[-1]).astype(str)


def pace_text(pace: float, cuts: Sequence[float] = PACE_CUTS) -> str:
    """A pace as a report prints it: with as many decimals as its word needs, two at the least.

    >>> pace_text(1.3747), pace_text(0.998), pace_text(-0.0001)
    ('1.37', '0.998', '−0.0001')
    """
    texts = (rounded(pace, digits) for digits in range(2, 9))
    (word,) = pace_word([pace], cuts)
    same = (text for text in texts if pace_word([float(text.replace("−", "-"))], cuts)[0] == word)
    return next(same, rounded(pace, 9))


def _evidence(rows: pd.DataFrame, sheet: Sheet) -> np.ndarray:
    """How many points a row's judgement rests on: the baseline, and actuals of other years."""
    listing, points = ["section", "no"], sheet.points
    read = points[(points["column_year"] <= sheet.fiscal_year) & points["value"].notna()]
    counted = read.assign(year=read["year"].fillna(read["column_year"]))
    counted = counted.merge(rows[[*listing, "baseline_year"]], on=listing)
    counted = counted[counted["year"] != counted["baseline_year"].fillna(0)]
    years = counted.groupby(listing)["year"].nunique()
    actuals = years.reindex(pd.MultiIndex.from_frame(rows[listing]), fill_value=0)
    return actuals.to_numpy() + rows["baseline"].notna().to_numpy()


def _minus(one: pd.Series, other: pd.Series) -> np.ndarray:
    """A difference, exact on the decimals: as floats, large numbers would lose it."""
    pairs = ((exact(a), exact(b)) for a, b in zip(one, other, strict=True))
    return np.array([np.nan if None in pair else float(pair[0] - pair[1]) for pair in pairs])


def _outside(values: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """How far values lie outside of a range; 0 inside."""
    return np.maximum(np.maximum(lower - values, values - upper), 0)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)
