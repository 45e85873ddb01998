"""Which way is better (method 2): evidence of every kind, its contradictions, and what is asked."""

import re
import tomllib
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_utils import KpiError, evaluate, load
from kpi_utils.judging.direction import LESS_IS_BETTER, RISES, named_direction
from kpi_utils.showing.questions import questions
from kpi_utils.plan import Declaration, Plan
from kpi_utils.sheets.sheet import read_sheet

HEAD = "No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)"


@pytest.fixture
def rows_of(tmp_path):
    """The judged rows of a made-up sheet: (name, baseline, actual, target, published) a row."""

    def judge_it(*rows, plan=None, evaluated=False, unit=" 人"):
        lines = ["## 試験市 試験計画（架空のデータ）", "", "## (1) 架空の表", "", HEAD]
        for no, (name, *figures, published) in enumerate(rows, 1):
            cells = [re.sub(r"(?<=\d)(?=$|以|超|未)", unit, cell) or "－" for cell in figures]
            lines.append("\t".join([str(no), name, *cells, published]))
        path = tmp_path / "sheet.txt"
        path.write_text("\n".join(lines), "utf-8")
        found = evaluate(read_sheet(path, plan or Plan("shiken", "試験市", "試験計画"), 2022))
        return found if evaluated else found.rows.set_index("no").to_dict("index")

    return judge_it


def codes(evaluated):
    return {(f.code, f.rows) for f in evaluated.findings.itertuples() if f.severity == "error"}


# Rows that settle the sheet's own convention: (actual - baseline) / (target - baseline).
LINEAR = [("架空の講座の数", "10", "12", "20", "20%"), ("架空の会員数", "10", "16", "20", "60%")]


@pytest.mark.parametrize(("word", "name"), LESS_IS_BETTER.items())
def test_word_that_less_is_better_says_so_of_what_is_counted(word, name):
    assert named_direction(name) == -1, word


@pytest.mark.parametrize("name", RISES.values())
def test_rate_or_amount_of_a_reduction_rises(name):
    assert named_direction(name) == 1


@pytest.mark.parametrize(
    "name",
    [
        "交通事故防止教室の参加者数",
        "喫煙防止教育を行う学校の数",
        "空き家の利活用件数",
        "むし歯のない3歳児の割合",
        "災害協定の締結数",
        "非喫煙者の割合",
        "犯罪の少ないまちと感じる人の割合",
        "苦情の解決率",
        "3歳未満児の数",
    ],
)
def test_word_that_does_not_name_what_is_counted_says_nothing(name):
    assert named_direction(name) == 0


def test_name_of_many_letters_is_read_at_once():
    assert named_direction("件数" * 20_000 + "事故件数の会") == 0


# One row beside LINEAR: cells -> status, direction, what it rests on.
EVIDENCE = [
    (("架空の指標", "10", "12", "20", ""), "progressing", "increase", "target"),
    (("架空の指標", "10", "12", "20以上", ""), "progressing", "increase", "words"),
    (("架空の指標", "10", "12", "20以下", ""), "met", "decrease", "words"),
    (("架空の指標", "10", "12", "8以上", ""), "met", "increase", "words"),
    (("架空の指標", "10", "12", "10以上", ""), "met", "increase", "words"),
    (("架空の指標", "10", "12", "減少", ""), "regressed", "decrease", "words"),
    (("架空の事故件数", "10", "12", "5", ""), "regressed", "decrease", "name"),
    (("架空の事故件数", "10", "9", "5", "20%"), "progressing", "decrease", "name"),
    # The sheet's convention gives the figure with one direction alone.
    (("架空の乗客数", "10", "9", "5", "20%"), "progressing", "decrease", "published"),
    (("架空の乗客数", "10", "4", "5", "-120%"), "regressed", "increase", "published"),
    # Its word is right with one direction alone.
    (("架空の乗客数", "10", "4", "5", "達成"), "met", "decrease", "published"),
    (("架空の乗客数", "10", "4", "5", "未達成"), "regressed", "increase", "published"),
    (("架空の順位", "20位", "15位", "10位", ""), "progressing", "decrease", "name"),
]
# Sold as met or as fallen back, each would be a guess.
UNCLEAR = [
    # Nothing but a target below the baseline: to hold a level, or to fall?
    (("架空の空港の乗客数", "37.9", "0.0", "34.0", ""), "direction-unclear"),
    (("架空の空港の乗客数", "37.9", "0.0", "34.0", "0.0%"), "direction-unclear"),
    (("架空の消防団員数", "500", "430", "480", ""), "direction-unclear"),
    (("架空の会員の増加数", "10", "12", "5", ""), "direction-unclear"),
    # Nothing gained is no evidence: 0 % comes out both ways.
    (("架空の乗客数", "10", "10", "5", "0%"), "direction-unclear"),
    # Evidence that contradicts itself.
    (("架空の採取量の削減", "10", "12", "20", ""), "direction-unclear"),
    (("架空の事故件数", "10", "12", "20", "-20%"), "direction-unclear"),
    (("架空の指標", "10", "12", "20", "-20%"), "direction-unclear"),
    (("架空の事故件数", "10", "9", "5", "-20%"), "direction-unclear"),
    (("架空の事故件数", "10", "9", "5以上", ""), "direction-unclear"),
    (("架空の順位", "10位", "12位", "20位", ""), "direction-unclear"),
    # A target at the baseline.
    (("架空の指標", "10", "12", "10", ""), "direction-unclear"),
    (("架空の待機児童数", "0", "0", "0", "達成"), "direction-unclear"),
    # What is printed and what would be the status.
    (("架空の指標", "10", "20", "20", "0%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "未達成"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "×"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "-3%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "83%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20", "0%未満"), "direction-unclear"),
    (("架空の指標", "10", "12", "20", "達成"), "published-contradicts"),
    (("架空の指標", "10", "12", "20", "155%"), "published-contradicts"),
    (("架空の指標", "10", "25", "20以上", "未達"), "published-contradicts"),
    (("架空の指標", "10", "9", "上昇", "達成"), "published-contradicts"),
    # Without a baseline, nothing says which way.
    (("架空の指標", "", "12", "20", ""), "direction-unclear"),
    (("架空の事故件数", "", "12", "20", "60%"), "direction-unclear"),
]


@pytest.mark.parametrize(("cells", "status", "direction", "by"), EVIDENCE)
def test_direction_and_what_it_rests_on(rows_of, cells, status, direction, by):
    row = rows_of(*LINEAR, cells)[3]
    assert (row["status"], row["direction"], row["direction_by"]) == (status, direction, by)


@pytest.mark.parametrize(("cells", "code"), UNCLEAR)
def test_without_evidence_or_against_it_nothing_is_said_to_be_met_or_fallen_back(
    rows_of, cells, code
):
    found = rows_of(*LINEAR, cells, evaluated=True)
    row = found.rows.set_index("no").loc[3]
    assert (row["status"], row["target_kind"] == "" or code != "direction-unclear") == (
        "undetermined",
        True,
    )
    assert codes(found) == {(code, "(1)No.3")}


@pytest.mark.parametrize(
    "cells",
    [
        # 107 % by actual / target: emissions that have not come down to their target.
        ("架空の排出量", "120", "107", "100", "107%"),
        # 93 % by actual / target: they have.
        ("架空の排出量", "120", "93", "100", "93%"),
        ("架空の指標", "10", "25", "20", "100%"),
        ("架空の指標", "10", "9", "20", "0%"),
        ("架空の指標", "10", "25", "20", "100%超"),
    ],
)
def test_figure_of_a_known_convention_contradicts_nothing(rows_of, cells):
    assert codes(rows_of(*LINEAR, cells, evaluated=True)) == set()


def test_declared_direction_keeps_its_status_and_the_contradiction_is_told(rows_of):
    name = "架空の空港の乗客数"
    plan = Plan(
        "shiken", "試験市", "試験計画", {name: Declaration(name, "理由", direction="decrease")}
    )
    cells = (name, "37.9", "0.0", "34.0", "未達成")
    found = rows_of(*LINEAR, cells, plan=plan, evaluated=True)
    row = found.rows.set_index("no").loc[3]
    assert (row["status"], row["direction_by"]) == ("met", "declared")
    assert codes(found) == {("published-contradicts", "(1)No.3")}


# Without a baseline: met by the target alone, and never a percentage of ours.
WITHOUT = [
    (("架空の相談者数", "", "36", "60", "60.0%"), "not_reached", "increase", "published"),
    (("架空の相談者数", "", "72", "60", "120.0%"), "met", "increase", "published"),
    (("架空の相談者数", "", "60", "60", "100%"), "met", "increase", "published"),
    (("架空の相談者数", "", "36", "60以上", ""), "not_reached", "increase", "words"),
    (("架空の待機児童数", "", "12", "8", ""), "not_reached", "decrease", "name"),
    (("架空の待機児童数", "", "12", "8", "67%"), "not_reached", "decrease", "name"),
    (("架空の利用者数", "", "12", "8", "66.7%"), "not_reached", "decrease", "published"),
    (("架空の指標", "", "12", "10～15", ""), "met", "", "words"),
    (("架空の指標", "", "16", "10～15", ""), "not_reached", "", "words"),
]
RATIO = [("架空の講座の数", "", "12", "48", "25%"), ("架空の会員数", "", "16", "20", "80%")]


@pytest.mark.parametrize(("cells", "status", "direction", "by"), WITHOUT)
def test_without_a_baseline_the_target_alone_judges(rows_of, cells, status, direction, by):
    found = rows_of(*RATIO, cells, evaluated=True)
    row = found.rows.set_index("no").loc[3]
    assert (row["status"], row["direction"], row["direction_by"]) == (status, direction, by)
    assert pd.isna(row["achievement"])
    assert codes(found) == set()
    tried = found.reproduced.set_index("no")
    assert (3 in tried.index) == cells[4].endswith("%")


def test_figure_without_a_baseline_that_no_ratio_gives_is_told(rows_of):
    rows = [*RATIO, ("架空の相談者数", "", "36", "60以上", "66%")]
    found = rows_of(*rows, evaluated=True).findings
    differs = found[found["code"] == "published-differs"]
    assert differs["rows"].tolist() == ["(1)No.3"]


def test_ratio_of_a_row_without_a_baseline_is_no_slip_among_others(rows_of):
    found = rows_of(*LINEAR, ("架空の相談者数", "", "36", "60", "60.0%"), evaluated=True)
    assert found.house.convention == "linear"
    assert not (found.findings["code"] == "published-differs").any()


def test_final_row_that_is_not_met_is_missed_without_a_baseline_too(rows_of):
    row = rows_of(*RATIO, ("架空の相談者数", "", "36", "2022年 60 人以上", ""))[3]
    assert row["status"] == "missed"


numbers = st.integers(-999, 999).map(str)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(baseline=numbers, actual=numbers, target=numbers, word=st.sampled_from(["", "以上", "以下"]))
def test_declared_row_and_its_mirror_image_are_judged_alike(
    rows_of, baseline, actual, target, word
):
    """All numbers negated, the direction and the words turned."""

    def judged(figures, direction, limit):
        name = "架空の指標"
        declared = {name: Declaration(name, "理由", direction=direction)}
        plan = Plan("shiken", "試験市", "試験計画", declared)
        *start, end = figures
        row = rows_of((name, *start, f"{end} 人{limit}", ""), plan=plan)[1]
        return row["status"], row["achievement"]

    turned = {"": "", "以上": "以下", "以下": "以上"}
    direction = "decrease" if word == "以下" else "increase"
    other = "increase" if word == "以下" else "decrease"
    mirrored = [f"{-Decimal(figure):f}" for figure in (baseline, actual, target)]
    one, two = (
        judged((baseline, actual, target), direction, word),
        judged(mirrored, other, turned[word]),
    )
    assert str(one) == str(two)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["架空の指標", "架空の事故件数", "架空の削減量", "架空の順位"]),
    baseline=st.one_of(st.just(""), numbers),
    actual=numbers,
    target=numbers,
    word=st.sampled_from(["", "以上", "以下", "超", "未満", "維持"]),
    published=st.integers(-200, 0).map("{}%".format),
)
def test_undeclared_row_is_never_met_beside_nothing_or_less(
    rows_of, name, baseline, actual, target, word, published
):
    row = rows_of(*LINEAR, (name, baseline, actual, f"{target} 人{word}", published))[3]
    assert row["status"] != "met"


# House rules that are split: by a mark, and by the kind of target.
def test_house_rule_split_by_a_mark_in_the_name(rows_of):
    plain = [(f"架空の数{n}", "10", str(10 + n), "20", f"{n * 10}%") for n in range(1, 6)]
    fallen = [(f"架空の数{n}", "10", str(10 - n), "20", "0%") for n in range(6, 9)]
    marked = [(f"架空の率{n}＊", "40", str(40 + n), "50", f"{80 + 2 * n}%") for n in range(1, 5)]
    found = rows_of(*plain, *fallen, *marked, evaluated=True)
    assert (found.house.convention, found.house.split) == ("linear_floor", "＊")
    assert dict(found.house.others) == {"marked": "ratio"}
    assert "「＊」の付いた行" in found.house.words
    assert not (found.findings["code"] == "published-differs").any()


def test_house_rule_split_by_the_kind_of_target(rows_of):
    rising = [(f"架空の数{n}", "10", str(10 + n), "20", f"{n * 10}%") for n in range(1, 6)]
    kept = [(f"架空の率{n}", "90", str(90 + n), "90以上", f"{x}%") for n, x in KEPT]
    held = [(f"架空の件数{n}", "50", str(50 - n), "50以下", f"{100 + 2 * n}%") for n in (1, 2, 3)]
    slip = ("架空の率9", "90", "96", "90以上", "117%")
    found = rows_of(*rising, *kept, *held, slip, evaluated=True)
    assert (found.house.convention, found.house.split) == ("linear", "kind")
    assert dict(found.house.others) == {"keeping_up": "ratio", "keeping_down": "ratio_lower"}
    differs = found.findings[found.findings["code"] == "published-differs"]
    assert differs["rows"].tolist() == [f"(1)No.{len(rising) + len(kept) + len(held) + 1}"]


KEPT = [(2, 102), (3, 103), (4, 104), (7, 108)]


def test_one_odd_row_is_a_slip_and_no_house_rule(rows_of):
    plain = [(f"架空の数{n}", "10", str(10 + n), "20", f"{n * 10}%") for n in range(1, 6)]
    found = rows_of(*plain, ("架空の率＊", "40", "42", "50", "84%"), evaluated=True)
    assert (found.house.convention, found.house.split) == ("linear", "")
    assert (found.findings["code"] == "published-differs").sum() == 1


# What is asked: the lines to paste, refused until a person has filled in both.
def test_lines_to_paste_settle_all_rows_in_one_sitting(town, project):
    rows = [
        "1\t架空の空港の乗客数\t37.9 万人\t0.0 万人\t34.0 万人\t0.0%",
        '2\t架空の"団員"数\t500 人\t430 人\t480 人\t',
        "3\t架空の講座数\t10 回\t12 回\t20 回\t20%",
    ]
    title = "## 試験市 試験計画（架空のデータ）\n\n## (1) 架空の表\n"
    sheet = town("\n".join([title, HEAD, *rows]))
    lines = list(questions(evaluate(sheet)))
    assert [line for line in lines if line.startswith("name")] == [
        'name = "架空の空港の乗客数"',
        'name = "架空の\\"団員\\"数"',
    ]
    plan = project / "data/shiken/plan.toml"
    pasted = plan.read_text("utf-8") + "\n".join(lines)
    assert len(tomllib.loads(pasted)["kpi"]) == 2
    plan.write_text(pasted, "utf-8")
    with pytest.raises(KpiError, match="direction"):
        load("shiken", 2022)
    half = pasted.replace('direction = ""', 'direction = "increase"')
    plan.write_text(half, "utf-8")
    with pytest.raises(KpiError, match="reason"):
        load("shiken", 2022)
    plan.write_text(half.replace('reason = ""', 'reason = "架空の理由"'), "utf-8")
    judged = evaluate(load("shiken", 2022))
    assert judged.rows["status"].tolist() == ["regressed", "regressed", "progressing"]
    assert list(questions(judged)) == []


def test_line_to_add_to_a_declaration_that_is_there(town):
    metadata = (
        '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n\n'
        '[[kpi]]\nname = "架空の団員数"\nconvention = "linear"\nreason = "架空の理由"\n'
    )
    title = "## 試験市 試験計画（架空のデータ）\n\n## (1) 架空の表\n"
    sheet = town("\n".join([title, HEAD, "1\t架空の団員数\t500 人\t430 人\t480 人\t"]), metadata)
    lines = list(questions(evaluate(sheet)))
    assert "5行目" in lines[-2] and lines[-1] == 'direction = ""'
    assert "[[kpi]]" not in lines
