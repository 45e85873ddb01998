"""The second opinion: how Open SDG and Eurostat would read the same figures (method 5).

They compare growth rates: the yearly rate observed since the baseline with the rate that would
reach the target in its year. Where this reading and ours agree, the judgement is strong.
"""

import numpy as np
import pandas as pd

from kpi_utils.judging.achievement import SIGN

# The least ratio of each status and, without a numeric target, the least yearly rate. Below the
# last one the status is deterioration.
CUTS = {"substantial": (0.95, 0.015), "moderate": (0.60, 0.005), "limited": (0.0, 0.0)}
LEAST_YEARS = 1
# 0.6 computed from floats can come out as 0.5999….
TOLERANCE = 1e-12


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
    floats = (_series(values).to_numpy(float, na_value=np.nan) for values in numbers)
    columns = np.broadcast_arrays(*floats, signs.to_numpy(float))
    baseline_year, baseline, actual_year, actual, target_year, target, signs = columns

    with np.errstate(all="ignore"):
        observed = _rate(baseline, actual, actual_year - baseline_year)
        required = _rate(baseline, target, target_year - baseline_year)
        towards = np.where(baseline < 0, -1.0, 1.0) * signs
        has_target = ~np.isnan(target)
        ratio = towards * np.where(has_target, observed / np.abs(required), observed)
        met = has_target & ((actual - target) * signs >= 0)
    ratio = np.where(np.isfinite(ratio), ratio, np.nan)
    known = (actual_year - baseline_year >= LEAST_YEARS) & ~np.isnan(ratio)
    status = np.full(len(ratio), "not_available", dtype=object)
    status[known] = "deterioration"
    for word, (least_ratio, least_rate) in reversed(CUTS.items()):
        least = np.where(has_target, least_ratio, least_rate)
        status[known & (ratio >= least - np.where(least, TOLERANCE, 0))] = word
    # A target that is met now is achieved, whatever the trend.
    status[met] = "achieved"
    ratio = np.where(status == "not_available", np.nan, ratio)
    return pd.DataFrame({"status": status.astype(str), "ratio": ratio})


def _series(values) -> pd.Series:
    return pd.Series(values if pd.api.types.is_list_like(values) else [values])


def _rate(first: np.ndarray, last: np.ndarray, years: np.ndarray) -> np.ndarray:
    """The yearly growth rate (0.01 is 1 %); NaN across zero and where no time has passed."""
    growth = np.where((first != 0) & (first * last >= 0), last / first, np.nan)
    return np.where(years > 0, growth ** (1 / years) - 1, np.nan)
