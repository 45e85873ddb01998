"""The second opinion (method 5): each status, its cuts, and where there is none."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import evaluate, open_sdg_status
from kpi_utils.judging.second_opinion import CUTS

NAN = float("nan")


def opinion(baseline, actual, target, years=(2020, 2022, 2030), direction="increase"):
    first, now, last = years
    (row,) = open_sdg_status(first, baseline, now, actual, last, target, direction).itertuples()
    return row.status, row.ratio


def status(*args, **cells):
    return opinion(*args, **cells)[0]


# baseline, actual after two years, target after ten.
@pytest.mark.parametrize(
    ("baseline", "actual", "target", "direction", "word"),
    [
        (10, 20, 20, "increase", "achieved"),
        (10, 21, 20, "increase", "achieved"),
        (10, 12, 20, "increase", "substantial"),
        (10, 11, 20, "increase", "moderate"),
        (10, 10.1, 20, "increase", "limited"),
        (10, 10, 20, "increase", "limited"),
        (10, 9.9, 20, "increase", "deterioration"),
        (10, 0, 20, "increase", "deterioration"),
        (20, 10, 10, "decrease", "achieved"),
        (20, 9, 10, "decrease", "achieved"),
        (20, 17, 10, "decrease", "substantial"),
        (20, 18, 10, "decrease", "moderate"),
        (20, 19.9, 10, "decrease", "limited"),
        (20, 20.1, 10, "decrease", "deterioration"),
        # To nothing: the required rate is -100 %.
        (20, 2, 0, "decrease", "moderate"),
        (20, 0, 0, "decrease", "achieved"),
    ],
)
def test_status(baseline, actual, target, direction, word):
    assert status(baseline, actual, target, direction=direction) == word


# Rates that are exact on paper: 10 % a year is required, g a year was seen.
@pytest.mark.parametrize(
    ("actual", "word"),
    [
        ("119.9025", "substantial"),  # 9.5 %
        ("119.9024", "moderate"),
        ("112.36", "moderate"),  # 6 %
        ("112.3599", "limited"),
        ("100", "limited"),
        ("99.9999", "deterioration"),
    ],
)
def test_cut_with_a_target(actual, word):
    assert status(Decimal(100), Decimal(actual), Decimal(121), years=(2020, 2022, 2022)) == word


# The same on other figures, where a float may miss the cut: the shares of the required rate are
# 0.95 or 0.6 on paper.
@pytest.mark.parametrize("baseline", ["8", "37", "100", "1000"])
@pytest.mark.parametrize("required", ["0.02", "0.1", "0.2", "0.3", "-0.05", "-0.1"])
@pytest.mark.parametrize(("share", "word"), [("0.95", "substantial"), ("0.6", "moderate")])
def test_tie_is_on_the_better_side(baseline, required, share, word):
    baseline, required, share = Decimal(baseline), Decimal(required), Decimal(share)
    direction = "increase" if required > 0 else "decrease"
    actual, target = baseline * (1 + required * share) ** 3, baseline * (1 + required) ** 3
    assert status(baseline, actual, target, (2020, 2023, 2023), direction) == word


@pytest.mark.parametrize(
    ("baseline", "actual", "direction", "word"),
    [
        ("100", "103.0225", "increase", "substantial"),  # 1.5 %
        ("100", "103.0224", "increase", "moderate"),
        ("100", "101.0025", "increase", "moderate"),  # 0.5 %
        ("100", "101.0024", "increase", "limited"),
        ("100", "100", "increase", "limited"),
        ("100", "99.9999", "increase", "deterioration"),
        ("100", "97.0225", "decrease", "substantial"),
        ("100", "97.0226", "decrease", "moderate"),
        ("100", "99.0025", "decrease", "moderate"),
        ("100", "99.0026", "decrease", "limited"),
        ("100", "100.0001", "decrease", "deterioration"),
        ("-100", "-97.0225", "increase", "substantial"),
        ("-100", "-103.0225", "increase", "deterioration"),
    ],
)
def test_cut_without_a_target(baseline, actual, direction, word):
    assert status(Decimal(baseline), Decimal(actual), None, direction=direction) == word


def test_without_a_target_the_ratio_is_the_rate():
    assert opinion(8, 9, None)[1] == pytest.approx((9 / 8) ** 0.5 - 1)


def test_gross_city_product_by_hand(judged):
    """市内総生産額: 2,620 (2018) → 2,529 (2020), to be 2,692 in 2023."""
    # sqrt(2529/2620) = 0.982480; (2692/2620)^(1/5) = 1.005437; -0.017520 / 0.005437 = -3.22
    word, ratio = opinion(2620, 2529, 2692, years=(2018, 2020, 2023))
    assert (word, round(ratio, 2)) == ("deterioration", -3.22)
    row = judged.loc[(1, 2)]
    assert (row["sdg_status"], row["sdg_ratio"]) == (word, pytest.approx(ratio))


# A loss of 100 is to be 81 after two years, 10 % less each year; or 10 % more, if that is better.
@pytest.mark.parametrize(
    ("actual", "target", "direction", "word", "ratio"),
    [
        (-81, -81, "increase", "achieved", 1),
        (-85.5625, -81, "increase", "moderate", 0.75),
        (-100, -81, "increase", "limited", 0),
        (-121, -81, "increase", "deterioration", -1),
        (-110.25, -121, "decrease", "limited", 0.5),
    ],
)
def test_negative_baseline(actual, target, direction, word, ratio):
    found = opinion(-100, actual, target, years=(2020, 2022, 2022), direction=direction)
    assert found == (word, pytest.approx(ratio))


@pytest.mark.parametrize(
    ("cells", "years", "direction"),
    [
        ((10, 12, 20), (2021.5, 2022, 2030), "increase"),  # less than a year
        ((10, 12, 20), (2022, 2022, 2030), "increase"),
        ((10, 12, 20), (2023, 2022, 2030), "increase"),
        ((10, 12, 20), (2020, 2022, 2020), "increase"),  # no time to reach it
        ((10, 12, 20), (2020, 2022, 2019), "increase"),
        ((10, -1, 20), (2020, 2022, 2030), "increase"),  # across zero
        ((-10, 1, 20), (2020, 2022, 2030), "increase"),
        ((-10, -9, 5), (2020, 2022, 2030), "increase"),
        ((0, 10, 850), (2020, 2022, 2030), "increase"),
        ((0, 0, 850), (2020, 2022, 2030), "increase"),
        ((0, -1, 850), (2020, 2022, 2030), "increase"),
        ((10, 9, 10), (2020, 2022, 2030), "increase"),  # r = 0 and not met
        ((10, 11, 10), (2020, 2022, 2030), "decrease"),
        ((10, 12, 20), (2020, 2022, 2030), ""),
        ((10, 12, 20), (2020, 2022, 2030), None),
        ((10, 12, 20), (2020, 2022, 2030), "sideways"),
        ((10, 25, 20), (2020, 2022, 2030), ""),
        *(((none, 12, 20), (2020, 2022, 2030), "increase") for none in (NAN, None, pd.NA)),
        *(((10, none, 20), (2020, 2022, 2030), "increase") for none in (NAN, None, pd.NA)),
        ((10, 12, 20), (None, 2022, 2030), "increase"),
        ((10, 12, 20), (2020, NAN, 2030), "increase"),
        ((10, 12, 20), (2020, 2022, pd.NA), "increase"),
        ((0, 10, None), (2020, 2022, 2030), "increase"),  # and the same without a target
        ((10, -1, None), (2020, 2022, 2030), "increase"),
        ((10, 12, None), (2022, 2022, 2030), "increase"),
        ((10, 12, None), (2020, 2022, 2030), ""),
    ],
)
def test_not_available(cells, years, direction):
    found = opinion(*cells, years=years, direction=direction)
    assert found == ("not_available", pytest.approx(NAN, nan_ok=True))


@pytest.mark.parametrize(
    ("cells", "years", "direction"),
    [
        ((30, 25, 20), (2020, 2022, 2030), "increase"),  # falling, and still above it
        ((10, 12, 20), (2020, 2022, 2030), "decrease"),  # rising, and still under it
        ((10, 20, 20), (2021, 2022, 2030), "increase"),  # one year
        ((10, 20, 20), (2022, 2022, 2022), "increase"),
        ((0, 20, 20), (2020, 2022, 2030), "increase"),
        ((-10, 20, 20), (2020, 2022, 2030), "increase"),
        ((10, 10, 10), (2020, 2022, 2030), "increase"),
        ((10, 10, 10), (2020, 2022, 2030), "decrease"),
        ((None, 20, 20), (None, 2022, 2030), "increase"),
    ],
)
def test_achieved_whatever_the_trend(cells, years, direction):
    assert status(*cells, years=years, direction=direction) == "achieved"


def test_one_year_apart_there_is_an_opinion():
    """g is 20 %, r a ninth root of two less one: 8 %."""
    assert status(10, 12, 20, years=(2021, 2022, 2030), direction="increase") == "substantial"
    assert status(10, 12, None, years=(2021, 2022, 2030), direction="increase") == "substantial"
    assert status(10, 9, 20, years=(2021, 2022, 2030), direction="increase") == "deterioration"


def test_groundwater_recharge_one_year_after_its_baseline_is_substantial(judged):
    row = judged.loc[(1, 9)]
    assert (row["actual_year"] - row["baseline_year"], row["pace_word"]) == (1, "on_track")
    assert (row["sdg_status"], row["opinions_differ"]) == ("substantial", False)


def test_ten_of_850_from_zero_is_not_on_track(one_row):
    assert opinion(0, 10, 850)[0] == "not_available"
    sheet = one_row(baseline="2020年度 0 団体", actual="2022年度 10 団体", target="2023年 850 団体")
    row = evaluate(sheet).rows.iloc[0]
    assert (row["sdg_status"], row["pace_word"]) == ("not_available", "behind")


@pytest.mark.parametrize(
    ("cells", "status", "opinion"),
    [
        # Without a direction nothing is assumed.
        ({"name": "架空の採取量の削減"}, "undetermined", "not_available"),
        ({"target": "2030年 10 件"}, "undetermined", "not_available"),
        ({"target": "維持"}, "undetermined", "not_available"),
        ({"name": "架空の採取量の削減", "direction": "decrease"}, "met", "achieved"),
    ],
)
def test_declared_direction_gives_an_opinion(one_row, cells, status, opinion):
    row = evaluate(one_row(**cells)).rows.iloc[0]
    assert (row["status"], row["sdg_status"], row["pace_word"]) == (status, opinion, "")
    assert not row["opinions_differ"]


ROWS = [
    (2020, "10", 2022, "12", 2030, "20", "increase"),
    (2020, "20", 2022, "18", 2030, "10", "decrease"),
    (2020, "10", 2022, "12", 2030, None, "increase"),
    (2020, "0", 2022, "12", 2030, "20", "increase"),
    (None, "10", 2022, "12", 2030, "20", "increase"),
    (2020, "10", 2022, None, 2030, "20", None),
]
FOUND = ["substantial", "moderate", "substantial", *["not_available"] * 3]


@pytest.mark.parametrize("years", ["Int64", "float64", "object"])
@pytest.mark.parametrize("number", [Decimal, float])
def test_columns_of_any_kind(years, number):
    index, columns = [5, 3, 3, 1, 0, 9], []
    for place, column in enumerate(zip(*ROWS, strict=True)):
        if place in (1, 3, 5):
            column = [None if value is None else number(value) for value in column]
        columns.append(pd.Series(column, dtype=years if place in (0, 2, 4) else None, index=index))
    found = open_sdg_status(*columns)
    assert found["status"].tolist() == FOUND and found.index.tolist() == list(range(6))
    assert open_sdg_status(*map(list, columns))["status"].tolist() == FOUND


def test_one_value_stands_for_all_rows():
    found = open_sdg_status(2020, [10, 10, 10], 2022, [12, 11, 9], 2030, 20, "increase")
    assert found["status"].tolist() == ["substantial", "moderate", "deterioration"]


def test_no_rows():
    found = open_sdg_status([], [], [], [], [], [], [])
    assert (len(found), list(found)) == (0, ["status", "ratio"])


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


@given(*[st.integers(-50, 50)] * 3, st.sampled_from(["increase", "decrease"]))
def test_mirror_image_has_the_same_opinion(baseline, actual, target, direction):
    other = {"increase": "decrease", "decrease": "increase"}[direction]
    here = opinion(baseline, actual, target, direction=direction)
    there = opinion(-baseline, -actual, -target, direction=other)
    assert there == (here[0], pytest.approx(here[1], nan_ok=True))
