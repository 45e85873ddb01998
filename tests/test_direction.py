"""Which way is better (method 2): evidence of every kind, its contradictions, and what is asked."""

import re
import tomllib

import pandas as pd
import pytest
from conftest import PLAN, findings_of, plan_of, table_text
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import KpiError, evaluate, load
from kpi_utils.judging.direction import LESS_IS_BETTER, RISES, named_direction
from kpi_utils.showing.entries import questions


@pytest.fixture
def judged(evaluated):
    """A made-up sheet of rows: name, baseline, actual, target, published; numbers of persons."""

    def evaluate_it(*rows, plan=None):
        lines = []
        for name, *figures, published in rows:
            cells = [re.sub(r"(?<=\d)(?=$|以|超|未)", " 人", cell) or "－" for cell in figures]
            lines.append((name, *cells, published))
        return evaluated(*lines, plan=plan)

    return evaluate_it


def errors(evaluation):
    found = findings_of(evaluation)
    found = found[found["severity"] == "error"]
    return set(zip(found["code"], found["rows"], strict=True))


def direction_of(evaluation, listing=(1, 3)):
    row = evaluation.rows.loc[listing]
    return row["status"], row["direction"], row["direction_by"]


# Rows that settle the sheet's own convention: (actual - baseline) / (target - baseline).
LINEAR = [("架空の講座の数", "10", "12", "20", "20%"), ("架空の会員数", "10", "16", "20", "60%")]


def test_word_says_which_way_is_better_where_it_names_what_is_counted():
    assert [word for word, name in LESS_IS_BETTER.items() if named_direction(name) != -1] == []
    assert [word for word, name in RISES.items() if named_direction(name) != 1] == []
    assert [name for name in SAY_NOTHING if named_direction(name) != 0] == []
    assert named_direction("件数" * 20_000 + "事故件数の会") == 0


# A word in these does not name what is counted.
SAY_NOTHING = [
    *("交通事故防止教室の参加者数", "喫煙防止教育を行う学校の数", "空き家の利活用件数"),
    *("むし歯のない3歳児の割合", "災害協定の締結数", "非喫煙者の割合", "苦情の解決率"),
    *("リサイクルごみの量", "3歳未満児の数", "失業者の雇用", "撤去した遊具の数"),
    *("参加者数（小学生以下）", "減農薬農地の面積", "低CO2住宅の戸数", "施設型給付費"),
    *("育児休職者数", "補助の上限額", "人口減少地域の人口", "詐欺の未然防止件数"),
    # Of an enterprise it is income by cost, of a town its fixed expenses by income.
    "経常収支比率",
]


# What may be negative by its name, and what never is.
MAY_FALL = ["純転入数", "人口増", "社会動態", "農業所得", "スコア", "資金過不足", "現状比"]
NEVER_NEGATIVE = ["受益者数", "女性比率", "段差の数", "財政力指数", "黒字企業の数", "水位計の数"]
# One row beside LINEAR: cells -> status, direction, what it rests on.
EVIDENCE = [
    (("架空の指標", "10", "12", "20", ""), "progressing", "increase", "target"),
    (("架空の指標", "10", "12", "R9までに20以上を達成", ""), "progressing", "increase", "words"),
    (("架空の指標", "10", "12", "20人に抑える", ""), "met", "decrease", "words"),
    (("架空の指標", "10", "12", "8以上", ""), "met", "increase", "words"),
    (("架空の指標", "10", "12", "減少", ""), "regressed", "decrease", "words"),
    (("架空の事故件数", "10", "12", "5", ""), "regressed", "decrease", "name"),
    # The sheet's convention gives the figure with one direction alone.
    (("架空の乗客数", "10", "9", "5", "20%"), "progressing", "decrease", "published"),
    (("架空の乗客数", "10", "4", "5", "-120%"), "regressed", "increase", "published"),
    # Its word is right with one direction alone.
    (("架空の乗客数", "10", "4", "5", "達成"), "met", "decrease", "published"),
    (("架空の乗客数", "10", "4", "5", "未達成"), "regressed", "increase", "published"),
    (("架空の順位（高いほど良い）", "20位", "15位", "10位", ""), "progressing", "decrease", "name"),
    (("架空の順位", "20位", "8位", "10位以内", ""), "met", "decrease", "words"),
    (("架空の人数（人以内）", "20", "15", "10", ""), "progressing", "decrease", "name"),
    (("架空の待ち時間を10分以内", "20分", "15分", "10分", ""), "progressing", "decrease", "name"),
    (("架空の件数（少ないほど良い）", "10", "12", "10", ""), "regressed", "decrease", "words"),
    (("架空の待機児童数", "0", "2", "0 人", ""), "regressed", "decrease", "name"),
    (("高齢化地区の未解消件数", "", "12", "20", ""), "met", "decrease", "name"),
    # No limit of the share that is counted, and no place.
    (("徒歩で架空の10分以内", "60%", "65%", "70%", ""), "progressing", "increase", "target"),
    (("架空のランキング", "20点", "25点", "30点", ""), "progressing", "increase", "target"),
    (("架空の指標", "10", "8", "5人まで引き下げる", ""), "progressing", "decrease", "words"),
    (("架空の経費の削減金額", "", "12", "10", ""), "met", "increase", "name"),
    (("太陽光発電（CO2抑制）", "10", "12", "20", ""), "progressing", "increase", "target"),
    *(((of, "10", "▲5", "20", ""), "regressed", "increase", "target") for of in MAY_FALL),
    (("架空の人数", "+10", "▲5", "20", ""), "regressed", "increase", "target"),
    # Of a cut more is better, whatever is cut.
    (("架空の排出量", "10%削減", "12%削減", "46%削減", ""), "progressing", "increase", "target"),
    (("架空の排出量", "10%削減", "12%削減", "46%削減以上", ""), "progressing", "increase", "words"),
]
CUT_TO_LESS = (("30%以下", ""), ("30%", "50%"), ("30%", "未達成"))
# Sold as met or as fallen back, each would be a guess.
UNCLEAR = [
    # Nothing but a target below the baseline: to hold a level, or to fall?
    *((("架空の乗客数", "37.9", "0.0", "34.0", of), "direction-unclear") for of in ("", "0.0%")),
    (("上場企業が望ましい", "500", "430", "480", ""), "direction-unclear"),
    (("架空の会員の増加数", "10", "12", "5", ""), "direction-unclear"),
    (("架空の件数⇩", "10", "12", "20", ""), "direction-unclear"),
    # Nothing gained is no evidence: 0 % comes out both ways.
    (("架空の乗客数", "10", "10", "5", "0%"), "direction-unclear"),
    # Evidence that contradicts itself.
    *(((of, "10", "12", "20", ""), "direction-unclear") for of in ("削減", "活用された農薬の数")),
    (("架空の指標", "10", "12", "20", "-20%"), "direction-unclear"),
    (("架空の事故件数", "10", "9", "5", "-20%"), "direction-unclear"),
    (("架空の事故件数", "10", "9", "5以上", ""), "direction-unclear"),
    (("架空の順位", "10位", "12位", "20位", ""), "direction-unclear"),
    (("徒歩で架空の10分以内", "70%", "60%", "65%", ""), "direction-unclear"),
    *(((of, "10", "12", "20", ""), "direction-unclear") for of in ("甲（以下）", "費用（抑制）")),
    (("架空の苦情件数", "10", "9", "増加", ""), "direction-unclear"),
    *((("架空の削減率", "40%", "35%", *of), "direction-unclear") for of in CUT_TO_LESS),
    *((("甲", "10", "12", of, ""), "direction-unclear") for of in ("20人に減少", "8人に増やす")),
    # Five fewer, or five below zero? A cut of 20 or more?
    (("架空の削減率", "", "▲25%", "▲20%", ""), "direction-unclear"),
    (("架空の排出量", "", "▲25%削減", "▲20%削減", ""), "direction-unclear"),
    (("架空の削減率", "▲10%", "▲25%", "▲20%以上", ""), "direction-unclear"),
    *(((of, "10", "▲5", "20", ""), "direction-unclear") for of in NEVER_NEGATIVE),
    # A target at the baseline; fewer than none.
    (("架空の指標", "10", "12", "10", ""), "direction-unclear"),
    (("架空の待機児童数", "0", "▲1", "0", ""), "direction-unclear"),
    # What is printed and what would be the status.
    (("架空の指標", "10", "20", "20", "0%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "83%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "0%未満"), "direction-unclear"),
    (("架空の指標", "10", "12", "20", "達成"), "published-contradicts"),
    (("架空の指標", "10", "9", "上昇", "達成"), "published-contradicts"),
    # Grades that no row of that status has.
    *(
        (("架空の指標", "10", "25", "20", grade), "published-contradicts")
        for grade in (
            *("△", "C", "遅れ", "Ｃ：未達成", "達成困難", "未達成（92％）", "92％（未達成）"),
            *("目標に達していない", "達成せず", "✗", "E", "C評価", "判定：D", "悪化", "0.92"),
            *("未達成※1", "【未達成】", "（×）", "R4 未達成", "達成に至らず", "（△）"),
            *("目標に届かず", "目標には及ばない", "▼", "要改善", "目標を下回った"),
        )
    ),
    *(
        (("架空の指標", "10", "9", "20", grade), "published-contradicts")
        for grade in (
            *("◎", "A", "A評価", "判定：◎", "Ａ（達成）", "目標を達成した。", "100％（達成）"),
            *("達成※", "（達成）◎", "100％以上", "前倒しで達成", "目標達成（前倒し）", "既達成"),
            *("やや改善", "改善している"),
        )
    ),
    (("架空の指標", "10", "12", "20", "大きく悪化した"), "published-contradicts"),
    (("架空の指標", "10", "20", "20", "目標を下回った"), "published-contradicts"),
    # Without a baseline, nothing says which way.
    *(((of, "", "12", "20", ""), "direction-unclear") for of in ("架空の指標", "介護給付費")),
    (("架空の事故件数", "", "12", "20", "60%"), "direction-unclear"),
]


@pytest.mark.parametrize(("cells", "status", "direction", "by"), EVIDENCE)
def test_direction_and_what_it_rests_on(judged, cells, status, direction, by):
    assert direction_of(judged(*LINEAR, cells)) == (status, direction, by)


@pytest.mark.parametrize(("cells", "code"), UNCLEAR)
def test_without_evidence_or_against_it_nothing_is_met_or_fallen_back(judged, cells, code):
    evaluation = judged(*LINEAR, cells)
    row = evaluation.rows.loc[(1, 3)]
    assert row["status"] == "undetermined"
    assert row["target_kind"] == "" or code != "direction-unclear"
    assert errors(evaluation) == {(code, "(1)No.3")}


@pytest.mark.trial
@pytest.mark.parametrize(
    "cells",
    [
        # 107 % by actual / target: emissions that have not come down to their target.
        ("架空の排出量", "120", "107", "100", "107%"),
        # 93 % by actual / target: they have.
        ("架空の排出量", "120", "93", "100", "93%"),
        ("架空の指標", "10", "9", "20", "0%"),
        ("架空の指標", "10", "25", "20", "100%超"),
        # A grade that may be for the pace, or that is 達成 here and 概ね順調 there.
        *(("架空の指標", "10", "12", "20", grade) for grade in ("◎", "A", "△", "達成見込み")),
        # Said of the way, or of a yearly target that is not printed.
        *(("架空の指標", "10", "12", "20", of) for of in ("改善", "目標を上回る", "目標を下回る")),
        *(("架空の指標", "10", "9", "20", grade) for grade in ("○", "B", "概ね達成")),
        *(("架空の指標", "10", "25", "20", grade) for grade in ("○", "B", "達成（125％）")),
        ("架空の指標", "10", "25", "20", "達成し、遅れはない"),
        *(("架空の指標", "10", "25", "20", grade) for grade in ("達成（A）", "100％以上")),
    ],
)
def test_figure_of_a_known_convention_contradicts_nothing(judged, cells):
    assert errors(judged(*LINEAR, cells)) == set()


def test_declared_direction_keeps_its_status_and_the_contradiction_is_told(judged):
    plan = plan_of({"架空の空港の乗客数": {"direction": "decrease"}})
    evaluation = judged(*LINEAR, ("架空の空港の乗客数", "37.9", "0.0", "34.0", "未達成"), plan=plan)
    assert direction_of(evaluation) == ("met", "decrease", "declared")
    assert errors(evaluation) == {("published-contradicts", "(1)No.3")}


# Without a baseline: met by the target alone, and never a percentage of ours.
WITHOUT = [
    (("架空の相談者数", "", "36", "60", "60.0%"), "not_reached", "increase", "published"),
    (("架空の相談者数", "", "72", "60", "120.0%"), "met", "increase", "published"),
    (("架空の相談者数", "", "36", "60以上", ""), "not_reached", "increase", "words"),
    (("架空の待機児童数", "", "12", "8", "67%"), "not_reached", "decrease", "name"),
    (("架空の利用者数", "", "12", "8", "66.7%"), "not_reached", "decrease", "published"),
    (("架空の指標", "", "12", "10～15", ""), "met", "", "words"),
    (("架空の指標", "", "16", "10～15", ""), "not_reached", "", "words"),
    # Final, and not met.
    (("架空の相談者数", "", "36", "2022年 60 人以上", ""), "missed", "increase", "words"),
]
RATIO = [("架空の講座の数", "", "12", "48", "25%"), ("架空の会員数", "", "16", "20", "80%")]


@pytest.mark.parametrize(("cells", "status", "direction", "by"), WITHOUT)
def test_without_a_baseline_the_target_alone_judges(judged, cells, status, direction, by):
    evaluation = judged(*RATIO, cells)
    assert direction_of(evaluation) == (status, direction, by)
    assert pd.isna(evaluation.rows.loc[(1, 3), "achievement"])
    assert errors(evaluation) == set()
    tried = [row["no"] for row, _ in evaluation.reproduced]
    assert (3 in tried) == cells[4].endswith("%")


def slips(evaluation):
    """House rule: convention, split, others; and the rows that it does not give."""
    house = evaluation.house
    rows = findings_of(evaluation, "published-differs")["rows"].tolist()
    return house.convention, house.split, dict(house.others), rows


numbers = st.integers(-999, 999)


@pytest.mark.trial
@given(
    name=st.sampled_from(["架空の指標", "架空の事故件数", "架空の削減量", "架空の順位"]),
    baseline=st.one_of(st.just(""), numbers.map(str)),
    actual=numbers,
    target=numbers,
    word=st.sampled_from(["", "以上", "以下", "超", "未満", "維持"]),
    published=st.integers(-200, 0).map("{}%".format),
)
def test_undeclared_row_is_never_met_beside_nothing_or_less(
    judged, name, baseline, actual, target, word, published
):
    row = (name, baseline, str(actual), f"{target} 人{word}", published)
    assert direction_of(judged(*LINEAR, row))[0] != "met"


# House rules that are split: by a mark, and by the kind of target.
PLAIN = [(f"架空の数{n}", "10", str(10 + n), "20", f"{n * 10}%") for n in range(1, 6)]


@pytest.mark.parametrize(
    ("rows", "row", "convention", "told"),
    [
        (PLAIN, ("架空の率＊", "40", "42", "50", "84%"), "linear", ["(1)No.6"]),
        # Without a baseline a row can but print a ratio.
        (RATIO, ("架空の相談者数", "", "36", "60以上", "66%"), "ratio", ["(1)No.3"]),
        (LINEAR, ("架空の相談者数", "", "36", "60", "60.0%"), "linear", []),
    ],
)
def test_one_odd_row_is_a_slip_and_no_house_rule(judged, rows, row, convention, told):
    assert slips(judged(*rows, row)) == (convention, "", {}, told)


def test_house_rule_split_by_a_mark_or_by_the_kind_of_target(judged):
    fallen = [(f"架空の数{n}", "10", str(10 - n), "20", "0%") for n in range(6, 9)]
    marked = [(f"架空の率{n}＊", "40", str(40 + n), "50", f"{80 + 2 * n}%") for n in range(1, 5)]
    evaluation = judged(*PLAIN, *fallen, *marked)
    assert slips(evaluation) == ("linear_floor", "＊", {"marked": "ratio"}, [])
    assert "「＊」の付いた行" in evaluation.sheet.words.render(evaluation.house.message)
    kept = [(2, 102), (3, 103), (4, 104), (7, 108)]
    kept = [(f"架空の率{n}", "90", str(90 + n), "90以上", f"{x}%") for n, x in kept]
    held = [(f"架空の件数{n}", "50", str(50 - n), "50以下", f"{100 + 2 * n}%") for n in (1, 2, 3)]
    slip = ("架空の率9", "90", "96", "90以上", "117%")
    others = {"keeping_up": "ratio", "keeping_down": "ratio_lower"}
    assert slips(judged(*PLAIN, *kept, *held, slip)) == ("linear", "kind", others, ["(1)No.13"])


# What is asked: the lines to paste, refused until a person has filled in both.
def test_lines_to_paste_settle_all_rows_and_one_is_added_to_a_declaration_that_is_there(
    town, project
):
    rows = [
        ("架空の空港の乗客数", "37.9 万人", "0.0 万人", "34.0 万人", "0.0%"),
        ('架空の"団員"数', "500 人", "430 人", "480 人", ""),
        ("架空の講座数", "10 回", "12 回", "20 回", "20%"),
    ]
    lines = list(questions(evaluate(town(table_text(*rows)))))
    assert [line for line in lines if line.startswith("name")] == [
        'name = "架空の空港の乗客数"',
        'name = "架空の\\"団員\\"数"',
    ]
    plan = project / "data/shiken/plan.toml"
    pasted = plan.read_text("utf-8") + "\n".join(lines)
    assert len(tomllib.loads(pasted)["kpi"]) == 2
    half = pasted.replace('direction = ""', 'direction = "increase"')
    for text, missing in ((pasted, "direction"), (half, "reason")):
        plan.write_text(text, "utf-8")
        with pytest.raises(KpiError, match=missing):
            load("shiken", 2022)
    plan.write_text(half.replace('reason = ""', 'reason = "架空の理由"'), "utf-8")
    evaluation = evaluate(load("shiken", 2022))
    assert evaluation.rows["status"].tolist() == ["regressed", "regressed", "progressing"]
    assert list(questions(evaluation)) == []
    declared = '\n[[kpi]]\nname = "架空の団員数"\nconvention = "linear"\nreason = "架空の理由"\n'
    sheet = town(table_text(("架空の団員数", "500 人", "430 人", "480 人", "")), PLAN + declared)
    lines = list(questions(evaluate(sheet)))
    assert "5行目" in lines[-2] and lines[-1] == 'direction = ""'
    assert "[[kpi]]" not in lines
