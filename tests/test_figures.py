"""What the percentage does not say (method 5): the worked example, odd rows, what always holds."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from conftest import table_text
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_utils import evaluate, judge, readings
from kpi_utils.judging.readings import PACES, pace_text, pace_word

# A figure that compares numbers, and so has no meaning where they cannot be compared.
NUMBERS = ["pace", "needed_a_year", "so_far_a_year", "actual_to_target", "fragility", "ambition"]


@pytest.fixture
def figures_row(one_row):
    """The judgement and figures of a made-up sheet's one row; all findings are made as well."""
    return lambda **cells: evaluate(one_row(**cells)).rows.iloc[0].to_dict()


def test_worked_example(judged, kpis):
    # By hand: 23 % points in 8 years; 163 in 3; 27.3 in 8 …
    rows = judged.loc[[(1, 1), (1, 2), (1, 5), (1, 6), (1, 9), (2, 1)]]
    needed, so_far = [15.5 / 8, 163 / 3, 1, 24, 384 / 3, 15.6], [1.2, -91 / 2, 3, 0, 201, 1.65]
    assert rows["needed_a_year"].tolist() == pytest.approx(needed)
    assert rows["so_far_a_year"].tolist() == pytest.approx(so_far)
    assert kpis.loc[kpis["status"] == "met", "needed_a_year"].isna().all()
    # 93.9 % beside -126 %; 99.0 % beside 86 %, and 116 % beside 116 %, mislead no reader.
    row = judged.loc[(1, 2)]
    assert (round(row["actual_to_target"], 1), row["achievement"]) == (93.9, -126)
    assert judged.loc[[(1, 2), (1, 5), (2, 8)], "ratio_differs"].tolist() == [True, False, False]
    assert judged.loc[[(1, 3), (2, 10)], "fragility"].round().tolist() == [104, 67]
    assert judged.index[judged["fragility"] >= 50].tolist() == [(1, 3), (2, 7), (2, 10)]
    ambition = judged.loc[[(1, 3), (2, 5), (1, 10)], "ambition"].tolist()
    assert ambition == pytest.approx([11 / 1073, 2.0, -1510 / 8162])
    assert set(judged["points"]) == {2}
    ages = judged.loc[[(1, 1), (1, 2), (1, 9), (2, 6), (2, 10)], "age"]
    assert ages.tolist() == [0, 2, 1, 2, 1]
    assert not judged["opinions_differ"].any()
    assert judged["sdg_status"].value_counts().to_dict() == {
        "achieved": 6,
        "moderate": 4,
        "deterioration": 4,
        "limited": 3,
        "substantial": 5,
    }


@pytest.mark.parametrize(
    ("cells", "points", "age"),
    [
        ({}, 2, 0),
        ({"later": "2023年度 13 件"}, 2, 0),
        ({"later": "2023年度 13 件", "fiscal_year": 2023}, 3, 0),
        # The same old figure twice is one point; so is an actual of the baseline's own year.
        ({"later": "2022年度 12 件", "fiscal_year": 2023}, 2, 1),
        ({"later": "集計中", "fiscal_year": 2023}, 2, 1),
        ({"actual": "2020年度 10 件"}, 1, 2),
        ({"actual": "12 件"}, 2, 0),
        ({"baseline": ""}, 1, 0),
        ({"actual": ""}, 1, None),
        ({"actual": "2022年度 12件ほか"}, 1, None),
    ],
)
def test_evidence(figures_row, cells, points, age):
    row = figures_row(**cells)
    assert (row["points"], None if pd.isna(row["age"]) else row["age"]) == (points, age)


def test_second_opinion_differs_where_growth_and_line_do_and_knows_no_range(figures_row):
    # 5 to 25 of 100 in half the time: behind on a line, ahead as growth.
    row = figures_row(baseline="2018年度 5 件", actual="2022年度 25 件", target="2026年 100 件")
    assert row["pace"] == pytest.approx(20 / 95 / 0.5)
    assert (row["pace_word"], row["sdg_status"]) == ("behind", "substantial")
    assert row["opinions_differ"]
    row = figures_row(target="2030年 15～20 件", actual="2022年度 26 件")
    assert row["status"] == "regressed" and row["sdg_status"] != "achieved"


# -- Odd rows: what has no meaning is blank, and nothing is raised or warned of.


def cells(baseline="10", actual="12", target="20", **more):
    """The cells of a row; a number alone has its year and unit added."""
    texts = {"baseline": (2020, baseline), "actual": (2022, actual), "target": (2030, target)}
    return more | {
        role: f"{year}年度 {text} 件" if re.fullmatch(r"[-▲]?\d+", text) else text
        for role, (year, text) in texts.items()
    }


FALLS, WITHIN = {"name": "架空の事故件数"}, "2030年 5～11 件"
RANGE, LIMIT = "2030年 15～20 件", "2030年 20 件以下"

# cells -> elapsed (not looked at where the row is undetermined), pace, its word, needed a year
EDGES = {
    "plain": (cells(), 0.2, 1.0, "on_track", 1.0),
    "target = baseline": (cells(target="10"), None, None, "", None),
    "target = baseline, worded": (cells(target="2030年 10 件以上"), 0.2, None, "", None),
    "the same, missed": (cells(actual="9", target="2030年 10 件以上"), 0.2, None, "", 0.125),
    "zero baseline": (cells("0"), 0.2, 3.0, "on_track", 1.0),
    "zero target": (cells(target="0", **FALLS), 0.2, -1.0, "backwards", -1.5),
    "zero actual": (cells(actual="0"), 0.2, -5.0, "backwards", 2.5),
    "all zero": (cells("0", "0", "0"), None, None, "", None),
    "negative": (cells("-20", "-18", "-10"), 0.2, 1.0, "on_track", 1.0),
    "negative, worse": (cells("-20", "-21", "-10"), 0.2, -0.5, "backwards", 11 / 8),
    "across zero": (cells("▲10", "▲7", "5"), 0.2, 1.0, "on_track", 1.5),
    "target year = baseline year": (cells(target="2020年 20 件"), None, None, "", None),
    "target year before the baseline": (cells(target="2018年 20 件"), None, None, "", None),
    "actual before the baseline": (cells(actual="2018年度 12 件"), None, None, "", None),
    "actual of the baseline's year": (cells(actual="2020年度 12 件"), 0.0, None, "", 0.8),
    "due and missed": (cells(target="2022年 20 件"), 1.0, None, "", None),
    "overdue": (cells(target="2021年 20 件"), 1.0, None, "", None),
    "due and met": (cells(target="2022年 12 件"), 1.0, None, "", None),
    "met early": (cells(target="11"), 0.2, None, "", None),
    "no actual": (cells(actual=""), None, None, "", None),
    "no actual yet": (cells(actual="集計中"), None, None, "", None),
    "actual unreadable": (cells(actual="2022年度 12件ほか"), None, None, "", None),
    "no baseline": (cells(""), None, None, "", None),
    "no baseline, worded": (cells("", target="2030年 20 件以上"), None, None, "", 1.0),
    "baseline without a year": (cells("10 件"), None, None, "", 1.0),
    "no target": (cells(target=""), None, None, "", None),
    "range": (cells(target=RANGE), 0.2, 2.0, "on_track", 3 / 8),
    "range from above": (cells(actual="9", target="2030年 4～5 件"), 0.2, 1.0, "on_track", -0.5),
    "range from within": (cells(target=WITHIN), 0.2, None, "", -1 / 8),
    "range, shot beyond": (cells(actual="26", target=RANGE), 0.2, -1.0, "backwards", -0.75),
    "limit kept": (cells(target=LIMIT), 0.2, None, "", None),
    "limit broken": (cells(actual="28", target=LIMIT), 0.2, None, "", -1.0),
    "direction": (cells(target="2030年 上昇"), None, None, "", None),
    "direction, missed": (cells(target="2030年 減少"), None, None, "", None),
    "keep": (cells(target="維持"), None, None, "", None),
    "text": (cells(target="2030年 策定", published="達成"), None, None, "", None),
    "text, not met": (cells(target="2030年 策定"), None, None, "", None),
    "other unit": (cells(actual="2022年度 12 人"), None, None, "", None),
    "name against numbers": (cells(name="架空の廃棄物の削減"), None, None, "", None),
    # Years are the cells' own; the columns say 2022 and 2030.
    "target's year": (cells(target="2025年 20 件"), 0.4, 0.5, "behind", 8 / 3),
    "actual's year": (cells(actual="2021年度 12 件"), 0.1, 2.0, "on_track", 8 / 9),
    "baseline's year": (cells("2018年度 10 件"), 1 / 3, 0.6, "slightly_behind", 1.0),
    # A cell that names no year is of its column's.
    "no years": (cells(actual="12 件", target="20 件"), 0.2, 1.0, "on_track", 1.0),
}


# And which figures have no meaning there; of what cannot be judged nothing is said.
BLANK = {
    "zero baseline": {"ambition"},
    "zero target": {"actual_to_target"},
    "target = baseline, worded": {"pace", "needed_a_year", "fragility"},
    "actual of the baseline's year": {"pace", "so_far_a_year"},
    "direction": {*NUMBERS} - {"so_far_a_year"},
}
NOT_JUDGED = ["no actual", "no baseline", "text, not met", "other unit"]
BLANK |= {edge: {*NUMBERS} for edge in NOT_JUDGED}


@pytest.mark.trial
@pytest.mark.parametrize("edge", EDGES)
def test_odd_row(figures_row, edge):
    texts, elapsed, pace, word, needed = EDGES[edge]
    row = figures_row(**texts)
    found = [row["pace"], row["needed_a_year"]]
    if row["status"] != "undetermined":
        found.append(row["elapsed"])
    expected = [np.nan if number is None else number for number in (pace, needed, elapsed)]
    assert found == pytest.approx(expected[: len(found)], nan_ok=True)
    assert row["pace_word"] == word
    assert (word == "backwards") <= (row["status"] == "regressed")
    assert not np.isinf([row[name] for name in [*NUMBERS, "elapsed", "sdg_ratio"]]).any()
    if edge in BLANK:
        assert {name for name in NUMBERS if pd.isna(row[name])} == BLANK[edge]


# -- Many made-up rows at once.


@pytest.fixture
def made_up(read_file):
    """Judgement and figures of rows: baseline, actual, target, years of the three, word."""

    def evaluate_it(rows):
        lines = []
        for no, (baseline, actual, target, years, word) in enumerate(rows, 1):
            # What is to fall says so by its name.
            name = f"架空の{'転出超過数' if target < baseline and not word else '収支'}{no}"
            numbers = (f"{baseline:f} 件", f"{actual:f} 件", f"{target:f} 件{word}")
            cells = [f"{year}年度 {number}" for year, number in zip(years, numbers, strict=True)]
            lines.append((name, *cells, ""))
        sheet = read_file("sheet.txt", table_text(*lines))
        judged = judge(sheet.rows(), sheet.plan)
        return judged.join(readings(judged, sheet))

    return evaluate_it


TIES = [
    ("0", "2", "10", (2020, 2022, 2030), "on_track"),
    ("0", "0.3", "0.9", (2020, 2021, 2023), "on_track"),
    # As floats a hair below the cut.
    ("0", "0.3", "1.5", (2020, 2022, 2030), "on_track"),
    ("0.1", "0.3", "1.1", (2020, 2022, 2030), "on_track"),
    ("0.1", "0.7", "1.9", (2020, 2021, 2024), "on_track"),
    ("0.7", "0.1", "-1.1", (2020, 2021, 2024), "on_track"),
    ("0", "1.2", "10", (2020, 2022, 2030), "slightly_behind"),
    ("0", "0.3", "1.5", (2020, 2021, 2023), "slightly_behind"),
    ("0.3", "0.6", "1.8", (2020, 2021, 2023), "slightly_behind"),
    ("33.3", "33.6", "34.8", (2020, 2021, 2023), "slightly_behind"),
    ("-0.1", "-0.7", "-3.1", (2020, 2021, 2023), "slightly_behind"),
    ("0.1", "0.1", "1.1", (2020, 2022, 2030), "behind"),
    # A hair below a cut.
    ("0", "1.999999", "10", (2020, 2022, 2030), "slightly_behind"),
    ("0", "1.199999", "10", (2020, 2022, 2030), "behind"),
    ("0", "-0.000001", "10", (2020, 2022, 2030), "backwards"),
    # Many digits before a small way: nothing may be lost between them.
    ("100000.1", "100000.3", "100001.1", (2020, 2022, 2030), "on_track"),
    ("1234567.1", "1234567.4", "1234568.6", (2020, 2021, 2023), "slightly_behind"),
    ("987654321.2", "987654321.3", "987654321.5", (2020, 2021, 2023), "on_track"),
    # One yen back of ten trillion is back.
    ("0", "-1", "10000000000000", (2020, 2022, 2030), "backwards"),
]


def test_pace_at_a_cut_and_by_other_cuts(made_up):
    rows = [(*map(Decimal, numbers), years, "") for *numbers, years, _ in TIES]
    assert made_up(rows)["pace_word"].tolist() == [word for *_, word in TIES]
    # What is printed says what its word says.
    texts = [pace_text(pace) for pace in (0.998, -0.0001, 0.0, -1263.5)]
    assert texts == ["0.998", "−0.0001", "0.00", "−1,263.50"]
    assert pace_word([0.9, 0.8, 0.5, -0.1], (0.9, 0.5, 0.0)).tolist() == [
        *("on_track", "slightly_behind", "slightly_behind", "backwards")
    ]


# -- What must always hold.

values = st.decimals(-10_000, 10_000, places=1)
years = st.tuples(st.integers(2015, 2019), st.integers(2020, 2022), st.integers(2023, 2030))
plain = st.lists(st.tuples(values, values, values, years, st.just("")), min_size=1, max_size=40)
worded = st.lists(
    st.tuples(values, values, values, years, st.sampled_from(["", "以上", "以下", "超", "未満"])),
    min_size=1, max_size=40,
)  # fmt: skip
ours = settings(max_examples=7, deadline=None)


def blanks(table, *names):
    return [table[name].astype(object).where(table[name].notna(), None).tolist() for name in names]


@pytest.mark.trial
@ours
@given(rows=worded, scale=st.sampled_from(["0.001", "0.3", "7", "12", "1000"]))
def test_another_unit_changes_nothing_but_the_amounts(made_up, rows, scale):
    by = Decimal(scale)
    before = made_up(rows)
    after = made_up([(b * by, a * by, t * by, *rest) for b, a, t, *rest in rows])
    same = ["achievement", "status", "stage", "target_kind", "pace_word"]
    same += ["sdg_status", "opinions_differ", "points"]
    assert blanks(after, *same) == blanks(before, *same)
    for name in ("elapsed", "pace", "actual_to_target", "fragility", "ambition", "sdg_ratio"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-6, atol=1e-6)
    for name in ("needed_a_year", "so_far_a_year"):
        np.testing.assert_allclose(after[name], before[name] * float(by), rtol=1e-9, atol=1e-9)


@pytest.mark.trial
@ours
@given(rows=plain)
def test_mirror_image_is_judged_alike(made_up, rows):
    """All numbers negated; and a way that falls from the baseline where the other rises."""
    before = made_up(rows)
    negated = made_up([(-b, -a, -t, *rest) for b, a, t, *rest in rows])
    turned = made_up([(b, 2 * b - a, 2 * b - t, *rest) for b, a, t, *rest in rows])
    same = ["achievement", "status", "stage", "pace_word"]
    assert blanks(negated, *same) == blanks(turned, *same) == blanks(before, *same)
    for after in (negated, turned):
        np.testing.assert_allclose(after["pace"], before["pace"], rtol=1e-9)
    same = ["sdg_status", "opinions_differ"]
    assert blanks(negated, *same) == blanks(before, *same)
    for name in ("fragility", "sdg_ratio"):
        np.testing.assert_allclose(negated[name], before[name], rtol=1e-9)
    swapped = {"reach_up": "reach_down", "reach_down": "reach_up", "": ""}
    assert negated["target_kind"].tolist() == before["target_kind"].map(swapped).tolist()


@ours
@given(rows=plain)
def test_pace_is_the_exact_quotients(made_up, rows):
    table = made_up(rows)
    for (b, a, t, (first, now, last), _), row in zip(rows, table.itertuples(), strict=True):
        if row.status in ("met", "undetermined"):
            assert (row.pace_word, pd.isna(row.pace)) == ("", True)
            continue
        exact = Fraction(a - b) / Fraction(t - b) / Fraction(now - first, last - first)
        assert row.pace == pytest.approx(float(exact), rel=1e-9)
        cuts = zip(PACES, (1, Fraction(3, 5), 0), strict=False)
        assert row.pace_word == next((word for word, cut in cuts if exact >= cut), "backwards")
