"""The worked example (method 7), the kinds of target (2), and what must always hold."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from conftest import findings_of
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils.cells.notation import read_cell
from kpi_utils.judging.achievement import achievement, percent
from kpi_utils.judging.judgement import by_status
from kpi_utils.words import JAPANESE

# Method 7, KPI by KPI: rows, computed, status, elapsed and pace as printed there, pace in words.
WORKED = [
    ("(1)No.1、4、8", 13, "progressing", "20 %", "0.67", "slightly_behind"),
    ("(1)No.2、(2)No.6", -126, "regressed", "40 %", "-3.16", "backwards"),
    ("(1)No.3、(2)No.7", 655, "met", "67 %", "", ""),
    ("(1)No.5、(2)No.4", 86, "progressing", "67 %", "1.29", "on_track"),
    ("(1)No.6、(2)No.2", 0, "unchanged", "67 %", "0.00", "behind"),
    ("(1)No.7、(2)No.3", -1, "regressed", "67 %", "-0.01", "backwards"),
    ("(1)No.9、(2)No.9", 34, "progressing", "25 %", "1.37", "on_track"),
    ("(1)No.10、(2)No.12", 120, "met", "67 %", "", ""),
    ("(2)No.1", 17, "progressing", "67 %", "0.26", "behind"),
    ("(2)No.5", 50, "progressing", "67 %", "0.75", "slightly_behind"),
    ("(2)No.8", 116, "met", "67 %", "", ""),
    ("(2)No.10", 116, "met", "33 %", "", ""),
    ("(2)No.11", None, "met", "", "", ""),
]


def printed(number, form):
    return "" if pd.isna(number) else form.format(number)


def none_for_blank(number):
    return None if pd.isna(number) else number


def test_worked_example(kpis, judged):
    found = [
        (
            JAPANESE.rows(kpi.listings),
            none_for_blank(kpi.achievement),
            kpi.status,
            printed(kpi.elapsed * 100, "{:.0f} %"),
            printed(kpi.pace, "{:.2f}"),
            kpi.pace_word,
        )
        for kpi in kpis.itertuples()
    ]
    assert found == WORKED
    assert set(kpis["stage"]) == {"interim"}
    published = judged["published"].map(lambda text: read_cell(text).value)
    is_number = published.notna()
    assert is_number.sum() == 21
    assert published[is_number].astype(int).tolist() == judged["achievement"][is_number].tolist()
    assert judged.loc[~is_number, "published"].tolist() == ["達成"]
    assert (judged["status"] == "met").sum() == 7
    numbers = judged[judged["target_kind"] != "direction_only"]
    plain = (numbers["actual"] - numbers["baseline"]) / (numbers["target"] - numbers["baseline"])
    differing = (plain * 100 - numbers["achievement"]).abs() > 0.5
    assert differing.index[differing].tolist() == [(2, 10)]
    assert round(plain[(2, 10)] * 100) == -116
    kinds = judged["target_kind"]
    odd = {(2, 10): "at_most", (2, 11): "direction_only", (1, 10): "reach_down"}
    assert kinds[list(odd)].tolist() == list(odd.values())
    assert kinds.value_counts()[["reach_up", "reach_down"]].tolist() == [18, 2]
    assert by_status(kpis)["achievement"].tolist()[:8] == [-126, -1, 0, 17, 13, 50, 86, 34]


FALLS = {"name": "架空の事故件数"}
LESS, MORE = {"direction": "decrease"}, {"direction": "increase"}
# Baseline, actual and target (methods 2 and 4) -> kind, achievement, status.
KINDS = [
    ("10", "12", "20 件", {}, "reach_up", 20, "progressing"),
    ("10", "20", "20 件", {}, "reach_up", 100, "met"),
    ("10", "10", "20 件", {}, "reach_up", 0, "unchanged"),
    ("10", "9", "20 件", {}, "reach_up", -10, "regressed"),
    ("10", "12", "5 件", FALLS, "reach_down", -40, "regressed"),
    ("10", "5", "5 件", FALLS, "reach_down", 100, "met"),
    ("10", "12", "0 件", FALLS, "reach_down", -20, "regressed"),
    ("-10", "-5", "20 件", {}, "reach_up", 17, "progressing"),
    # Worded limits.
    ("10", "12", "20 件以上", {}, "at_least", 20, "progressing"),
    ("10", "12", "12 件以上", {}, "at_least", 100, "met"),
    ("10", "12", "12 件超", {}, "at_least", 100, "progressing"),
    ("10", "12", "12 件以下", {}, "at_most", -100, "met"),
    ("10", "12", "12 件未満", {}, "at_most", -100, "regressed"),
    ("10", "12", "5 件以下", {}, "at_most", -40, "regressed"),
    ("10", "11", "10 件以上", {}, "at_least", None, "met"),
    ("10", "9", "10 件以上", {}, "at_least", None, "regressed"),
    # A declared direction: the target is a limit that the baseline respects.
    ("10", "12", "20 件", LESS, "at_most", -20, "met"),
    ("10", "8", "20 件", LESS, "at_most", 20, "met"),
    ("10", "21", "20 件", LESS, "at_most", -110, "regressed"),
    ("10", "12", "10 件", MORE, "at_least", None, "met"),
    ("10", "12", "10 件維持", MORE, "at_least", None, "met"),
    ("10", "12", "20 件", MORE, "reach_up", 20, "progressing"),
    # Ranges: the way to the nearer end.
    ("10", "12", "15～20 件", {}, "range", 40, "progressing"),
    ("10", "15", "15～20 件", {}, "range", 100, "met"),
    ("10", "20", "15～20 件", {}, "range", 100, "met"),
    ("10", "26", "15～20 件", {}, "range", -20, "regressed"),
    ("10", "12", "5～11 件", {}, "range", None, "regressed"),
    ("10", "12", "5～12 件", {}, "range", None, "met"),
    # Directions alone.
    ("10", "12", "上昇", {}, "direction_only", None, "met"),
    ("10", "10", "増加", {}, "direction_only", None, "unchanged"),
    ("10", "12", "減少", {}, "direction_only", None, "regressed"),
    ("10", "10", "維持", {}, "direction_only", None, "met"),
    ("10", "12", "維持", MORE, "direction_only", None, "met"),
    ("10", "12", "維持", LESS, "direction_only", None, "regressed"),
    # Words: only the sheet's own word says.
    ("10", "12", "策定", {"published": "達成"}, "text", None, "met"),
    ("10", "12", "事故ゼロ", {"published": "達成", "actual": "事故なし"}, "text", None, "met"),
    ("10", "12", "事故ゼロ", {"published": "達成", "actual": "なかった"}, "text", None, "met"),
    ("10", "12", "素案作成", {"published": "達成", "actual": "素案作成済"}, "text", None, "met"),
    ("10", "12", "工事着手", {"published": "達成", "actual": "着手"}, "text", None, "met"),
]


@pytest.mark.parametrize(
    ("baseline", "actual", "target", "more", "kind", "computed", "status"), KINDS
)
def test_kind_achievement_and_status(
    judged_row, baseline, actual, target, more, kind, computed, status
):
    cells = {"baseline": f"2020年度 {baseline} 件", "actual": f"2022年度 {actual} 件"}
    row = judged_row(**{**cells, "target": f"2030年 {target}", **more})
    found = row["target_kind"], none_for_blank(row["achievement"]), row["status"]
    assert found == (kind, computed, status)


# Rows that must not be judged, and what the note must name.
UNDETERMINED = [
    ({"actual": ""}, "実績が空白"),
    ({"actual": "集計中"}, "集計中"),
    ({"actual": "2022年度 12件ほか"}, "12件ほか"),
    ({"actual": "設置"}, "設置"),
    ({"actual": "2022年度 12件以上"}, "12件以上"),
    ({"baseline": "", "target": "2030年 上昇"}, "当初値が空白"),
    ({"baseline": "2020年度 4(7) 件"}, "4(7) 件"),
    ({"target": ""}, "目標値なし"),
    ({"target": "検討中 3"}, "検討中 3"),
    ({"target": "2030年 策定"}, "策定"),
    ({"target": "2030年 策定", "published": "未達成"}, "策定"),
    ({"target": "2030年 10 件"}, "direction"),
    ({"target": "維持"}, "direction"),
    ({"target": "2030年 20 人"}, "単位"),
    ({"target": "2030年 300 件 （5年間累計）"}, "累計"),
    ({"actual": "2022年度 12 件 （累計）"}, "累計"),
    ({"actual": "2022年度 12 人"}, "単位"),
    ({"baseline": "", "actual": "669,243", "target": "2030年 70 万人以下"}, "「―」「万人」"),
    ({"name": "廃棄物の削減"}, "direction"),
    ({"target": "2030年 20 件以上", "direction": "decrease"}, "矛盾"),
    # Years that cannot be.
    ({"actual": "2202年度 12 件"}, "2202年度"),
    ({"actual": "2012年度 12 件"}, "当初値の年度より前"),
    ({"target": "2003年 20 件"}, "目標値の年度（2003年度）"),
    # A target in words needs an actual as well.
    ({"target": "策定", "published": "達成", "actual": ""}, "実績が空白"),
    ({"target": "策定", "published": "達成", "actual": "4(7)"}, "4(7)"),
    ({"target": "未定", "published": "達成"}, "目標値なし"),
    ({"target": "策定", "published": "達成", "actual": "2022年度 未策定"}, "「達成」"),
    ({"target": "策定", "published": "達成", "actual": "策定中"}, "「達成」"),
    ({"target": "策定", "published": "達成", "actual": "素案作成"}, "「達成」"),
    ({"target": "有", "published": "達成", "actual": "無"}, "「達成」"),
    ({"target": "無料化の実施", "published": "達成", "actual": "実施なし"}, "「達成」"),
    ({"target": "実施", "published": "達成", "actual": "一部実施"}, "「達成」"),
    ({"target": "実施", "published": "達成※1", "actual": "実施できず"}, "「達成※1」"),
    ({"target": "2030年 上昇", "direction": "decrease"}, "矛盾"),
]


@pytest.mark.parametrize(("cells", "named"), UNDETERMINED)
def test_undetermined_with_its_reason(judged_row, cells, named):
    row = judged_row(**cells)
    assert (row["status"], pd.isna(row["achievement"])) == ("undetermined", True)
    assert named in row["note"]


@pytest.mark.parametrize(
    ("later", "year", "judged_year", "achievement"),
    [
        ("2023年度 15 件", 2022, 2022, 20),
        ("2023年度 15 件", 2023, 2023, 50),
        # An older one does not stand for an unreadable one.
        ("2023年度 15～16 件", 2023, None, None),
    ],
)
def test_newest_actual_up_to_the_fiscal_year(judged_row, later, year, judged_year, achievement):
    row = judged_row(later=later, fiscal_year=year)
    found = none_for_blank(row["actual_year"]), none_for_blank(row["achievement"])
    assert found == (judged_year, achievement)


@pytest.mark.parametrize(
    ("actual", "target", "stage"),
    [
        ("2022年度 12 件", "2023年 20 件", "interim"),
        ("2022年度 12 件", "2022年 20 件", "final"),
        ("2022年度 12 件", "20 件", "interim"),
        ("", "2021年 20 件", ""),
    ],
)
def test_stage_by_the_cells_own_years(judged_row, actual, target, stage):
    assert judged_row(actual=actual, target=target)["stage"] == stage


def test_relisting_with_other_figures_is_undetermined(edited):
    evaluation = edited("2022年度 95 件", "2022年度 94 件")
    (kpi,) = (of for of in evaluation.kpis.itertuples() if of.listings == ((1, 5), (2, 4)))
    assert (kpi.status, pd.isna(kpi.achievement), kpi.pace_word) == ("undetermined", True, "")
    assert "(1)No.5、(2)No.4" in JAPANESE.render(kpi.note)
    assert findings_of(evaluation, "relisting-differs")["rows"].tolist() == ["(2)No.4"]
    # The rows themselves are judged as they stand.
    assert evaluation.rows.loc[[(1, 5), (2, 4)], "achievement"].tolist() == [71, 86]


@pytest.mark.parametrize(("old", "new"), [("2030年 50.0 %", "2030年 50 %"), ("32.1 %", "32.1 ％")])
def test_relisting_in_other_digits_says_the_same(edited, kpis, old, new):
    assert edited(old, new).kpis["status"].tolist() == kpis["status"].tolist()


decimals = st.decimals(-10_000, 10_000, places=2)


@given(decimals, decimals)
def test_zero_at_the_baseline_and_hundred_at_the_target(baseline, target):
    if baseline != target:
        assert percent(achievement(baseline, baseline, target)) == 0
        assert percent(achievement(baseline, target, target)) == 100
    else:
        assert achievement(baseline, target, target) is None


@given(st.integers(-1000, 1000), st.integers(1, 1000))
def test_halves_are_exact(halves, way):
    """Achievement of n + 1/2 percent rounds away from zero, whatever the digits; and only once."""
    assert percent(Fraction("0.124999999999999999999999999999999999999")) == 12
    part = achievement(Decimal(0), Decimal(2 * halves + 1) * way, Decimal(200) * way)
    assert percent(part) == (halves + 1 if halves >= 0 else halves)


@pytest.mark.parametrize("target", ["2030年 10 位以上", "2030年 上昇", "2030年 10 位維持"])
def test_word_of_a_rank_needs_a_declaration(judged_row, target):
    row = {"baseline": "2020年度 13 位", "actual": "2022年度 8 位", "target": target}
    assert judged_row(**row)["status"] == "undetermined"
    assert "direction" in judged_row(**row)["note"]
    assert judged_row(**row, direction="decrease")["status"] == "met"
    worse = row | {"actual": "2022年度 14 位"}
    assert judged_row(**worse, direction="decrease")["status"] == "regressed"


def test_rank_needs_a_declaration_unless_its_target_is_a_number(judged_row):
    row = judged_row(baseline="11位", actual="13位", target="8位")
    assert (row["achievement"], row["status"]) == (-67, "regressed")
