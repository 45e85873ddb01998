"""The worked example (method 7), the kinds of target (2), and what must always hold."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import load
from kpi_utils.cells.notation import read_cell
from kpi_utils.judging.achievement import achievement, percent
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import by_kpi, by_status, judge, references

# Method 7, KPI by KPI: rows, computed, status.
WORKED = {
    "(1)No.1、4、8": (13, "progressing"),
    "(1)No.2、(2)No.6": (-126, "regressed"),
    "(1)No.3、(2)No.7": (655, "met"),
    "(1)No.5、(2)No.4": (86, "progressing"),
    "(1)No.6、(2)No.2": (0, "unchanged"),
    "(1)No.7、(2)No.3": (-1, "regressed"),
    "(1)No.9、(2)No.9": (34, "progressing"),
    "(1)No.10、(2)No.12": (120, "met"),
    "(2)No.1": (17, "progressing"),
    "(2)No.5": (50, "progressing"),
    "(2)No.8": (116, "met"),
    "(2)No.10": (116, "met"),
    "(2)No.11": (None, "met"),
}


def test_worked_example_kpi_by_kpi(kpis):
    found = {
        kpi.listings: (None if pd.isna(kpi.achievement) else kpi.achievement, kpi.status)
        for kpi in kpis.itertuples()
    }
    assert found == WORKED
    assert kpis["status"].value_counts().to_dict() == {
        "met": 5,
        "progressing": 5,
        "unchanged": 1,
        "regressed": 2,
    }
    assert set(kpis["stage"]) == {"interim"}


def test_every_published_percentage_comes_out(judged):
    published = judged["published"].map(lambda text: read_cell(text).value)
    printed = published.notna()
    assert printed.sum() == 21
    assert published[printed].astype(int).tolist() == judged["achievement"][printed].tolist()
    assert judged.loc[~printed, "published"].tolist() == ["達成"]
    assert (judged["status"] == "met").sum() == 7


def test_plain_formula_differs_in_groundwater_alone(sheet, judged):
    plain = [
        percent(achievement(row["baseline"], row["actual"], Decimal(row["target"])))
        if row["target_kind"] != "direction_only"
        else None
        for row in judged.to_dict("records")
    ]
    differing = [
        (row.section, row.no, ours)
        for row, ours in zip(judged.itertuples(), plain, strict=True)
        if ours is not None and ours != row.achievement
    ]
    assert differing == [(2, 10, -116)]


def test_kinds_of_target_in_the_sheet(judged):
    kinds = judged.set_index(["section", "no"])["target_kind"]
    assert kinds[2, 10] == "at_most"
    assert kinds[2, 11] == "direction_only"
    assert kinds[1, 10] == "reach_down"
    assert kinds.value_counts().to_dict() == {
        "reach_up": 18,
        "reach_down": 2,
        "at_most": 1,
        "direction_only": 1,
    }


def test_without_a_declared_direction_nothing_is_assumed(project):
    plan = project / "data/kumamoto/plan.toml"
    plan.write_text(plan.read_text("utf-8").split("[[kpi]]")[0], "utf-8")
    sheet = load("kumamoto", 2022)
    judged = judge(sheet)
    row = judged.set_index(["section", "no"]).loc[(2, 10)]
    assert (row["status"], row["target_kind"]) == ("undetermined", "")
    assert pd.isna(row["achievement"])
    assert "plan.toml" in row["note"] and "direction" in row["note"]
    found = evaluate(sheet).findings.set_index("code")
    assert found.loc["direction-unclear", "rows"] == "(2)No.10"
    assert (by_kpi(judged, sheet.plan)["status"] == "met").sum() == 4


@pytest.mark.parametrize(
    ("digits", "rounded"),
    [
        ("0.1746", 17),
        ("0.125", 13),
        ("-0.125", -13),
        ("0.124999999999999999999999999999999999999", 12),
        ("-0.004", 0),
        ("0.005", 1),
        ("-0.005", -1),
        ("6.545", 655),
        ("1.005", 101),
    ],
)
def test_rounded_once_halves_away_from_zero(digits, rounded):
    assert percent(Fraction(digits)) == rounded


# What stands in a row (method 2 and 4): cells -> kind, achievement, status.
KINDS = [
    ({}, "reach_up", 20, "progressing"),
    ({"actual": "2022年度 20 件"}, "reach_up", 100, "met"),
    ({"actual": "2022年度 10 件"}, "reach_up", 0, "unchanged"),
    ({"actual": "2022年度 9 件"}, "reach_up", -10, "regressed"),
    ({"name": "架空の事故件数", "target": "2030年 5 件"}, "reach_down", -40, "regressed"),
    (
        {"name": "架空の事故件数", "target": "2030年 5 件", "actual": "2022年度 5 件"},
        "reach_down",
        100,
        "met",
    ),
    ({"baseline": "2020年度 0 件"}, "reach_up", 60, "progressing"),
    ({"name": "架空の事故件数", "target": "2030年 0 件"}, "reach_down", -20, "regressed"),
    ({"baseline": "2020年度 -10 件", "actual": "2022年度 -5 件"}, "reach_up", 17, "progressing"),
    # Worded limits.
    ({"target": "2030年 20 件以上"}, "at_least", 20, "progressing"),
    ({"target": "2030年 12 件以上"}, "at_least", 100, "met"),
    ({"target": "2030年 12 件超"}, "at_least", 100, "progressing"),
    ({"target": "2030年 12 件以下"}, "at_most", -100, "met"),
    ({"target": "2030年 12 件未満"}, "at_most", -100, "regressed"),
    ({"target": "2030年 5 件以下"}, "at_most", -40, "regressed"),
    ({"target": "2030年 10 件以上", "actual": "2022年度 11 件"}, "at_least", None, "met"),
    ({"target": "2030年 10 件以上", "actual": "2022年度 9 件"}, "at_least", None, "regressed"),
    # A declared direction: the target is a limit that the baseline respects.
    ({"target": "2030年 20 件", "direction": "decrease"}, "at_most", -20, "met"),
    (
        {"target": "2030年 20 件", "actual": "2022年度 8 件", "direction": "decrease"},
        "at_most",
        20,
        "met",
    ),
    (
        {"target": "2030年 20 件", "actual": "2022年度 21 件", "direction": "decrease"},
        "at_most",
        -110,
        "regressed",
    ),
    ({"target": "2030年 10 件", "direction": "increase"}, "at_least", None, "met"),
    ({"target": "2030年 10 件維持", "direction": "increase"}, "at_least", None, "met"),
    ({"direction": "increase"}, "reach_up", 20, "progressing"),
    # Ranges: the way to the nearer end.
    ({"target": "2030年 15～20 件"}, "range", 40, "progressing"),
    ({"target": "2030年 15～20 件", "actual": "2022年度 15 件"}, "range", 100, "met"),
    ({"target": "2030年 15～20 件", "actual": "2022年度 20 件"}, "range", 100, "met"),
    ({"target": "2030年 15～20 件", "actual": "2022年度 26 件"}, "range", -20, "regressed"),
    ({"target": "2030年 5～11 件"}, "range", None, "regressed"),
    ({"target": "2030年 5～12 件"}, "range", None, "met"),
    # Directions alone.
    ({"target": "2030年 上昇"}, "direction_only", None, "met"),
    ({"target": "2030年 増加", "actual": "2022年度 10 件"}, "direction_only", None, "unchanged"),
    ({"target": "2030年 減少"}, "direction_only", None, "regressed"),
    ({"target": "維持", "actual": "2022年度 10 件"}, "direction_only", None, "met"),
    ({"target": "維持", "direction": "increase"}, "direction_only", None, "met"),
    ({"target": "維持", "direction": "decrease"}, "direction_only", None, "regressed"),
    # Words: only the sheet's own word says.
    ({"target": "2030年 策定", "published": "達成"}, "text", None, "met"),
]


@pytest.mark.parametrize(("cells", "kind", "computed", "status"), KINDS)
def test_kind_achievement_and_status(judged_row, cells, kind, computed, status):
    row = judged_row(**cells)
    found = None if pd.isna(row["achievement"]) else row["achievement"]
    assert (row["target_kind"], found, row["status"]) == (kind, computed, status)


# Rows that must not be judged, and what the note must name.
UNDETERMINED = [
    ({"actual": ""}, "実績が空白"),
    ({"actual": "集計中"}, "集計中"),
    ({"actual": "2022年度 12件ほか"}, "12件ほか"),
    ({"actual": "設置"}, "設置"),
    ({"actual": "2022年度 12件以上"}, "12件以上"),
    ({"baseline": ""}, "向きを示すものがない"),
    ({"baseline": "", "target": "2030年 上昇"}, "当初値が空白"),
    ({"baseline": "2020年度 10～12 件"}, "10～12 件"),
    ({"baseline": "2020年度 4(7) 件"}, "4(7) 件"),
    ({"target": ""}, "目標値なし"),
    ({"target": "検討中 3"}, "検討中 3"),
    ({"target": "2030年 策定"}, "策定"),
    ({"target": "2030年 策定", "published": "未達成"}, "策定"),
    ({"target": "2030年 10 件"}, "direction"),
    ({"target": "2030年 10 件維持"}, "direction"),
    ({"target": "維持"}, "direction"),
    ({"target": "2030年 20 人"}, "単位"),
    ({"target": "2030年 300 件 （5年間累計）"}, "累計"),
    ({"actual": "2022年度 12 件 （累計）"}, "累計"),
    ({"actual": "2022年度 12 人"}, "単位"),
    ({"name": "廃棄物の削減"}, "direction"),
    ({"name": "参加者の増加数", "target": "2030年 5 件"}, "direction"),
    ({"target": "2030年 20 件以上", "direction": "decrease"}, "矛盾"),
    # Years that cannot be.
    ({"actual": "2202年度 12 件"}, "2202年度"),
    ({"actual": "2012年度 12 件"}, "当初値の年度より前"),
    ({"target": "2003年 20 件"}, "目標値の年度（2003年度）"),
    # A target in words needs an actual as well.
    ({"target": "策定", "published": "達成", "actual": ""}, "実績が空白"),
    ({"target": "策定", "published": "達成", "actual": "4(7)"}, "4(7)"),
    ({"target": "未定", "published": "達成"}, "目標値なし"),
    ({"target": "2030年 上昇", "direction": "decrease"}, "矛盾"),
]


@pytest.mark.parametrize(("cells", "named"), UNDETERMINED)
def test_undetermined_with_its_reason(judged_row, cells, named):
    row = judged_row(**cells)
    assert (row["status"], pd.isna(row["achievement"])) == ("undetermined", True)
    assert named in row["note"]


def test_newest_actual_up_to_the_fiscal_year(judged_row):
    later = {"later": "2023年度 15 件"}
    assert judged_row(**later)["achievement"] == 20
    assert judged_row(**later, fiscal_year=2023)["achievement"] == 50


def test_older_actual_stands_while_the_new_one_is_not_out(judged_row):
    row = judged_row(later="集計中", fiscal_year=2023)
    assert (row["actual_year"], row["achievement"]) == (2022, 20)


def test_older_actual_does_not_pass_for_an_unreadable_new_one(judged_row):
    row = judged_row(later="2023年度 15～16 件", fiscal_year=2023)
    assert (row["status"], row["actual_raw"]) == ("undetermined", "2023年度 15～16 件")


@pytest.mark.parametrize(
    ("actual", "target", "stage"),
    [
        ("2022年度 12 件", "2023年 20 件", "interim"),
        ("2022年度 12 件", "2022年 20 件", "final"),
        ("2022年度 12 件", "2021年 20 件", "final"),
        ("2022年度 12 件", "20 件", "interim"),
        ("", "2021年 20 件", ""),
    ],
)
def test_stage_by_the_cells_own_years(judged_row, actual, target, stage):
    assert judged_row(actual=actual, target=target)["stage"] == stage


def test_relisting_with_other_figures_is_undetermined(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2022年度 95 件", "2022年度 94 件")
    sheet = load("kumamoto", 2022)
    judged = judge(sheet)
    kpi = by_kpi(judged, sheet.plan).set_index("listings").loc["(1)No.5、(2)No.4"]
    assert (kpi["status"], pd.isna(kpi["achievement"])) == ("undetermined", True)
    assert "(1)No.5、(2)No.4" in kpi["note"]
    found = evaluate(sheet).findings.set_index("code")
    assert found.loc["relisting-differs", "rows"] == "(2)No.4"
    # The rows themselves are judged as they stand.
    assert set(judged.loc[judged["kpi"] == kpi["kpi"], "achievement"]) == {71, 86}


@pytest.mark.parametrize(("old", "new"), [("2030年 50.0 %", "2030年 50 %"), ("32.1 %", "32.1 ％")])
def test_relisting_in_other_digits_says_the_same(project, edit, kpis, old, new):
    edit(project / "data/kumamoto/2022.txt", old, new)
    sheet = load("kumamoto", 2022)
    again = by_kpi(judge(sheet), sheet.plan)
    assert again["status"].tolist() == kpis["status"].tolist()


def test_worst_first(kpis):
    assert by_status(kpis)["achievement"].tolist()[:8] == [-126, -1, 0, 17, 13, 50, 86, 34]


def test_references_are_written_as_the_sheet_does():
    assert references([(2, 6), (1, 8), (1, 2)]) == "(1)No.2、8、(2)No.6"


decimals = st.decimals(-10_000, 10_000, places=2)
scales = st.decimals("0.01", 1000, places=2)


@given(decimals, decimals)
def test_zero_at_the_baseline_and_hundred_at_the_target(baseline, target):
    if baseline != target:
        assert percent(achievement(baseline, baseline, target)) == 0
        assert percent(achievement(baseline, target, target)) == 100
    else:
        assert achievement(baseline, target, target) is None


@given(decimals, decimals, decimals, scales)
def test_another_unit_changes_no_percentage(baseline, actual, target, scale):
    scaled = [Decimal(value) * scale for value in (baseline, actual, target)]
    assert achievement(*scaled) == achievement(baseline, actual, target)


@given(decimals, decimals, decimals)
def test_a_falling_kpi_is_judged_as_its_mirror_image(baseline, actual, target):
    assert achievement(-baseline, -actual, -target) == achievement(baseline, actual, target)


@given(st.integers(-1000, 1000), st.integers(1, 1000))
def test_halves_are_exact(halves, way):
    """Achievement of n + 1/2 percent rounds away from zero, whatever the digits."""
    part = achievement(Decimal(0), Decimal(2 * halves + 1) * way, Decimal(200) * way)
    expected = halves + 1 if halves >= 0 else halves
    assert percent(part) == expected


@pytest.mark.parametrize("target", ["2030年 10 位以上", "2030年 上昇", "2030年 10 位維持"])
def test_word_of_a_rank_needs_a_declaration(judged_row, target):
    row = {"baseline": "2020年度 13 位", "actual": "2022年度 8 位", "target": target}
    assert judged_row(**row)["status"] == "undetermined"
    assert "direction" in judged_row(**row)["note"]
    assert judged_row(**row, direction="decrease")["status"] == "met"
    worse = row | {"actual": "2022年度 14 位"}
    assert judged_row(**worse, direction="decrease")["status"] == "regressed"


def test_rank_towards_a_number_has_the_direction_of_its_target(judged_row):
    row = judged_row(baseline="11位", actual="13位", target="8位")
    assert (row["achievement"], row["status"]) == (-67, "regressed")
