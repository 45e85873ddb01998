"""The second opinion (method 5): each status, its cuts, and where there is none."""

import io
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import evaluate, open_sdg_status
from kpi_utils.judging.readings import CUTS

# Year and value of the baseline, the actual and the target; the better way; the status, and the
# ratio where it is looked at.
OPINIONS = """
2020  10  2022  20       2030  20   increase  achieved
2020  10  2022  12       2030  20   increase  substantial
2020  10  2022  11       2030  20   increase  moderate
2020  10  2022  10.1     2030  20   increase  limited
2020  10  2022  10       2030  20   increase  limited
2020  10  2022  9.9      2030  20   increase  deterioration
2020  20  2022  10       2030  10   decrease  achieved
2020  20  2022  17       2030  10   decrease  substantial
2020  20  2022  18       2030  10   decrease  moderate
2020  20  2022  20.1     2030  10   decrease  deterioration
# To nothing: the required rate is -100 %.
2020  20  2022  2        2030  0    decrease  moderate
2020  20  2022  0        2030  0    decrease  achieved
# Rates that are exact on paper: 10 % a year is required, and 9.5 or 6 % are the cuts.
2020  100  2022  119.9025  2022  121  increase  substantial
2020  100  2022  119.9024  2022  121  increase  moderate
2020  100  2022  112.36    2022  121  increase  moderate
2020  100  2022  112.3599  2022  121  increase  limited
# Without a target, 1.5 and 0.5 % a year are the cuts.
2020  100   2022  103.0225   2030  -  increase  substantial
2020  100   2022  103.0224   2030  -  increase  moderate
2020  100   2022  101.0025   2030  -  increase  moderate
2020  100   2022  101.0024   2030  -  increase  limited
2020  100   2022  99.9999    2030  -  increase  deterioration
2020  100   2022  97.0225    2030  -  decrease  substantial
2020  100   2022  99.0025    2030  -  decrease  moderate
2020  -100  2022  -97.0225   2030  -  increase  substantial
2020  -100  2022  -103.0225  2030  -  increase  deterioration
2020  8     2022  9          2030  -  increase  substantial  0.0606601717798
# A loss of 100 is to be 81 after two years, 10 % less each year; or 10 % more, if that is better.
2020  -100  2022  -81       2022  -81   increase  achieved       1
2020  -100  2022  -85.5625  2022  -81   increase  moderate       0.75
2020  -100  2022  -100      2022  -81   increase  limited        0
2020  -100  2022  -121      2022  -81   increase  deterioration  -1
2020  -100  2022  -110.25   2022  -121  decrease  limited        0.5
# One year apart there is an opinion: g is 20 %, r a ninth root of two less one, 8 %.
2021  10  2022  12  2030  20  increase  substantial
2021  10  2022  12  2030  -   increase  substantial
# Achieved, whatever the trend: falling, and still above it; rising, and still under it.
2020  30   2022  25  2030  20  increase  achieved
2020  10   2022  12  2030  20  decrease  achieved
2021  10   2022  20  2030  20  increase  achieved
2020  0    2022  20  2030  20  increase  achieved
2020  10   2022  10  2030  10  increase  achieved
-     -    2022  20  2030  20  increase  achieved
# Less than a year; no time to reach it; across zero or from it.
2021.5  10   2022  12  2030  20   increase  not_available
2022    10   2022  12  2030  20   increase  not_available
2020    10   2022  12  2020  20   increase  not_available
2020    10   2022  -1  2030  20   increase  not_available
2020    -10  2022  1   2030  20   increase  not_available
2020    0    2022  10  2030  850  increase  not_available
2020    0    2022  0   2030  850  increase  not_available
# Nothing is required, and not met.
2020    10   2022  9   2030  10   increase  not_available
# Something is not known.
2020    10   2022  12  2030  20   -         not_available
2020    10   2022  12  2030  20   sideways  not_available
2020    -    2022  12  2030  20   increase  not_available
2020    10   2022  -   2030  20   increase  not_available
-       10   2022  12  2030  20   increase  not_available
2020    10   -     12  2030  20   increase  not_available
2020    10   2022  12  -     20   increase  not_available
# And the same without a target.
2020    0    2022  10  2030  -    increase  not_available
2020    10   2022  -1  2030  -    increase  not_available
2022    10   2022  12  2030  -    increase  not_available
2020    10   2022  12  2030  -    -         not_available
"""


@pytest.mark.parametrize("dtype", ["Int64", "float64", "object"])
@pytest.mark.parametrize("number", [Decimal, float])
def test_opinions(dtype, number):
    """Years and numbers of any kind, in series with any index, or in lists."""
    columns = [*("first", "baseline", "now", "actual", "last", "target", "direction")]
    names = [*columns, "status", "ratio"]
    text = io.StringIO(OPINIONS)
    table = pd.read_csv(text, sep=r"\s+", comment="#", names=names, na_values="-", dtype=str)
    if dtype == "Int64":
        table = table[table["first"] != "2021.5"]
    given = {name: table[name] for name in columns}
    for name in ("baseline", "actual", "target"):
        given[name] = table[name].map(number, na_action="ignore").astype(object)
    for name in ("first", "now", "last"):
        given[name] = table[name].astype(float).astype(dtype)
    found = open_sdg_status(*given.values())
    assert found["status"].tolist() == table["status"].tolist()
    assert found.index.tolist() == list(range(len(table)))
    assert open_sdg_status(*map(list, given.values())).equals(found)
    table = table.assign(ratio=table["ratio"].astype(float)).reset_index(drop=True)
    assert found["ratio"][found["status"] == "not_available"].isna().all()
    is_given = table["ratio"].notna()
    assert found["ratio"][is_given].tolist() == pytest.approx(table["ratio"][is_given].tolist())


def opinion(baseline, actual, target, years=(2020, 2022, 2030), direction="increase"):
    first, now, last = years
    (row,) = open_sdg_status(first, baseline, now, actual, last, target, direction).itertuples()
    return row.status, row.ratio


def test_worked_example_and_no_rows_at_all(judged):
    """市内総生産額: 2,620 (2018) → 2,529 (2020), to be 2,692 in 2023; and 地下水かん養量."""
    # sqrt(2529/2620) = 0.982480; (2692/2620)^(1/5) = 1.005437; -0.017520 / 0.005437 = -3.22
    word, ratio = opinion(2620, 2529, 2692, years=(2018, 2020, 2023))
    assert (word, round(ratio, 2)) == ("deterioration", -3.22)
    row = judged.loc[(1, 2)]
    assert (row["sdg_status"], row["sdg_ratio"]) == (word, pytest.approx(ratio))
    row = judged.loc[(1, 9)]
    assert (row["actual_year"] - row["baseline_year"], row["pace_word"]) == (1, "on_track")
    assert (row["sdg_status"], row["opinions_differ"]) == ("substantial", False)
    found = open_sdg_status([], [], [], [], [], [], [])
    assert (len(found), list(found)) == (0, ["status", "ratio"])


@pytest.mark.parametrize(
    ("cells", "status", "opinion", "pace"),
    [
        # Without a direction nothing is assumed.
        ({"name": "架空の採取量の削減"}, "undetermined", "not_available", ""),
        ({"target": "2030年 10 件"}, "undetermined", "not_available", ""),
        ({"name": "架空の採取量の削減", "direction": "decrease"}, "met", "achieved", ""),
        # Another unit, no actual, a target in words.
        ({"actual": "2022年度 12 人"}, "undetermined", "not_available", ""),
        ({"actual": ""}, "undetermined", "not_available", ""),
        ({"target": "2030年 策定", "published": "達成"}, "met", "not_available", ""),
        # No time has passed.
        ({"baseline": "2022年度 10 件"}, "progressing", "not_available", ""),
        # Some of 850 from zero.
        (
            {"baseline": "2020年度 0 件", "target": "2023年 850 件"},
            *("progressing", "not_available", "behind"),
        ),
    ],
)
def test_opinion_on_a_row(one_row, cells, status, opinion, pace):
    row = evaluate(one_row(**cells)).rows.iloc[0]
    assert (row["status"], row["sdg_status"], row["pace_word"]) == (status, opinion, pace)
    assert not row["opinions_differ"]


numbers = st.one_of(st.none(), st.integers(-50, 50), st.decimals(-50, 50, places=1))
some_years = st.one_of(st.none(), st.integers(2015, 2030))


@given(
    st.tuples(some_years, numbers, some_years, numbers, some_years, numbers),
    st.sampled_from(["increase", "decrease", "", None]),
)
def test_always_a_known_word_and_never_an_infinite_ratio(cells, direction):
    (row,) = open_sdg_status(*cells, direction).itertuples()
    assert row.status in {*CUTS, "achieved", "deterioration", "not_available"}
    assert not np.isinf(row.ratio)
    if row.status == "not_available":
        assert np.isnan(row.ratio)
    if direction not in ("increase", "decrease"):
        assert row.status == "not_available"
