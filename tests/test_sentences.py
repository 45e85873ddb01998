"""The sentence of each KPI: word for word, and nothing in it that the numbers do not carry."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from kpi_utils import evaluate
from kpi_utils.plan import Declaration
from kpi_utils.showing.sentences import number, sentence

# A change between two points is no trend (method 5).
TREND = re.compile(
    "傾向|推移|伸び|続|改善|悪化|順調|堅調|好調|低迷|横ばいで推|着実|見込|回復|トレンド"
)
NO_NUMBER = re.compile("nan|None|<NA>|inf|NaT|NaN|Decimal|―")

# The real sheet, by the first row that lists the KPI. 約 stands only before what was rounded.
REAL = {
    "(1)No.1、4、8": (
        "地域活動（自治会等の活動、ボランティア・NPOの活動など）に参加した市民の割合は、"
        "2022年度の実績が34.5 %で、2020年度の当初値32.1 %から2.4ポイント増加し、"
        "2030年度の目標値50.0 %に対する達成度は13%、判定は前進である"
        "（当初値から目標値までの期間の20%が経過、達成には1年当たり約1.9ポイントの増加が必要）。"
    ),
    "(1)No.2、(2)No.6": (
        "市内総生産額は、2020年度の実績が2,529 十億円で、"
        "2018年度の当初値2,620 十億円から91 十億円減少し、"
        "2023年度の目標値2,692 十億円に対する達成度は−126%、判定は後退である"
        "（当初値から目標値までの期間の40%が経過、達成には1年当たり約54.3 十億円の増加が必要）。"
    ),
    "(1)No.3、(2)No.7": (
        "販売農家 1 戸あたりの出荷額（推計）は、2022年度の実績が1,145 万円で、"
        "2020年度の当初値1,073 万円から72 万円増加し、"
        "2023年度の目標値1,084 万円に対する達成度は655%、判定は達成である"
        "（当初値から目標値までの期間の67%が経過）。"
    ),
    "(1)No.5、(2)No.4": (
        "校区防災連絡会の設立数は、2022年度の実績が95 件で、"
        "2020年度の当初値89 件から6 件増加し、"
        "2023年度の目標値96 件に対する達成度は86%、判定は前進である"
        "（当初値から目標値までの期間の67%が経過、達成には1年当たり1 件の増加が必要）。"
    ),
    "(1)No.6、(2)No.2": (
        "市民と協働で健康をテーマとしたまちづくりを実施する校区数は、2022年度の実績が68 校区で、"
        "2020年度の当初値68 校区から変わらず、"
        "2023年度の目標値92 校区に対する達成度は0%、判定は横ばいである"
        "（当初値から目標値までの期間の67%が経過、達成には1年当たり24 校区の増加が必要）。"
    ),
    "(1)No.7、(2)No.3": (
        "小中学校の学校支援ボランティアにおける延べ活動者数は、2022年度の実績が20,108 人で、"
        "2020年度の当初値20,324 人から216 人減少し、"
        "2023年度の目標値45,000 人に対する達成度は−1%、判定は後退である"
        "（当初値から目標値までの期間の67%が経過、達成には1年当たり24,892 人の増加が必要）。"
    ),
    "(1)No.9、(2)No.9": (
        "本市が関与した年間の地下水かん養量は、2021年度の実績が2,616 万㎡で、"
        "2020年度の当初値2,415 万㎡から201 万㎡増加し、"
        "2024年度の目標値3,000 万㎡に対する達成度は34%、判定は前進である"
        "（当初値から目標値までの期間の25%が経過、達成には1年当たり128 万㎡の増加が必要）。"
    ),
    "(1)No.10、(2)No.12": (
        "温室効果ガス排出量（熊本連携中枢都市圏）は、2022年度の実績が6,352 千トンで、"
        "2016年度の当初値8,162 千トンから1,810 千トン減少し、"
        "2025年度の目標値6,652 千トンに対する達成度は120%、判定は達成である"
        "（当初値から目標値までの期間の67%が経過）。"
    ),
    "(2)No.1": (
        "自ら健康づくりに取り組んでいる市民の割合は、2022年度の実績が66.4 %で、"
        "2020年度の当初値63.1 %から3.3ポイント増加し、"
        "2023年度の目標値82.0 %に対する達成度は17%、判定は前進である"
        "（当初値から目標値までの期間の67%が経過、達成には1年当たり15.6ポイントの増加が必要）。"
    ),
    "(2)No.5": (
        "大型蓄電池設置箇所数は、2022年度の実績が4 箇所で、"
        "2020年度の当初値2 箇所から2 箇所増加し、"
        "2023年度の目標値6 箇所に対する達成度は50%、判定は前進である"
        "（当初値から目標値までの期間の67%が経過、達成には1年当たり2 箇所の増加が必要）。"
    ),
    "(2)No.8": (
        "「熊本県SDGs登録制度」登録団体数（市内）は、2022年度の実績が988 団体で、"
        "2020年度の当初値0 団体から988 団体増加し、"
        "2023年度の目標値850 団体に対する達成度は116%、判定は達成である"
        "（当初値から目標値までの期間の67%が経過）。"
    ),
    "(2)No.10": (
        "地下水採取量の削減は、2021年度の実績が10,268 万㎡で、"
        "2020年度の当初値10,446 万㎡から178 万㎡減少し、"
        "2023年度の目標値10,600 万㎡（上限）を守っており、達成度は116%、判定は達成である"
        "（当初値から目標値までの期間の33%が経過）。"
    ),
    "(2)No.11": (
        "硝酸性窒素濃度の傾向が横ばい又は低減した井戸（指標井戸19本）の本数は、"
        "2022年度の実績が9 本で、2020年度の当初値8 本から1 本増加し、"
        "2023年度の目標「上昇」に対し、判定は達成である。"
    ),
}


@pytest.fixture(scope="module")
def real(sheet):
    evaluation = evaluate(sheet)
    kpis = evaluation.kpi_table()
    told = {kpi["listings"]: sentence(evaluation, kpi) for _, kpi in kpis.iterrows()}
    return kpis.set_index("listings"), told


def test_every_kpi_of_the_real_sheet_is_here(real):
    assert list(real[1]) == list(REAL)


@pytest.mark.parametrize("listings", REAL)
def test_real_sentence_word_for_word(real, listings):
    assert real[1][listings] == REAL[listings]


@pytest.mark.parametrize("listings", REAL)
def test_real_sentence_says_no_more_than_the_numbers(real, listings):
    kpis, told = real
    must_be_plain(told[listings], kpis.loc[listings, "label"])


def must_be_plain(told, label):
    assert told.startswith(f"{label}は、")
    said = told.removeprefix(label)
    assert said.count("。") == 1 and said.endswith("。")
    assert not TREND.search(said)
    assert not NO_NUMBER.search(said)
    assert "、、" not in said and "は、、" not in said and "()" not in said and "（）" not in said
    assert said.count("（") == said.count("）")
    assert not re.search(r"約?[^\d.,]−?0(\.0)? ?\S*の(増加|減少)", said)


@pytest.fixture
def told(one_row):
    """The sentence of a made-up row, without the KPI's name; target year 2025 in its cell."""

    def tell(declared=None, name="架空の指標", **cells):
        read = one_row(name=name, **({"target": "2025年 20 件"} | cells))
        declarations = {name: Declaration(name, "架空の理由", **declared)} if declared else {}
        read = replace(read, plan=replace(read.plan, declarations=declarations))
        evaluation = evaluate(read)
        text = sentence(evaluation, evaluation.kpi_table().iloc[0])
        must_be_plain(text, name)
        return text.removeprefix(f"{name}は、")

    return tell


UP2 = "2022年度の実績が12 件で、2020年度の当初値10 件から2 件増加し、"
UP1 = "2022年度の実績が11 件で、2020年度の当初値10 件から1 件増加し、"
SAME = "2022年度の実績が10 件で、2020年度の当初値10 件から変わらず、"
DOWN1 = "2022年度の実績が9 件で、2020年度の当初値10 件から1 件減少し、"
GONE = "当初値から目標値までの期間の40%が経過"


def need(figure):
    return f"（{GONE}、達成には1年当たり約{figure}が必要）。"


ONLY_GONE = f"（{GONE}）。"
# Made-up rows: cells, what plan.toml declares, the sentence.
MADE_UP = {
    "reach_up": (
        {},
        None,
        f"{UP2}2025年度の目標値20 件に対する達成度は20%、判定は前進である" + need("2.7 件の増加"),
    ),
    "reach_up, met": (
        {"actual": "2022年度 20 件"},
        None,
        "2022年度の実績が20 件で、2020年度の当初値10 件から10 件増加し、"
        "2025年度の目標値20 件に対する達成度は100%、判定は達成である" + ONLY_GONE,
    ),
    "reach_up, no change": (
        {"actual": "2022年度 10 件"},
        None,
        f"{SAME}2025年度の目標値20 件に対する達成度は0%、判定は横ばいである" + need("3.3 件の増加"),
    ),
    "reach_up, fallen": (
        {"actual": "2022年度 9 件"},
        None,
        f"{DOWN1}2025年度の目標値20 件に対する達成度は−10%、判定は後退である"
        + need("3.7 件の増加"),
    ),
    "reach_down": (
        {"actual": "2022年度 9 件", "target": "2025年 5 件"},
        {"direction": "decrease"},
        f"{DOWN1}2025年度の目標値5 件に対する達成度は20%、判定は前進である" + need("1.3 件の減少"),
    ),
    "reach_down, risen": (
        {"target": "2025年 5 件"},
        {"direction": "decrease"},
        f"{UP2}2025年度の目標値5 件に対する達成度は−40%、判定は後退である" + need("2.3 件の減少"),
    ),
    "at_least, worded, met": (
        {"target": "2025年 12 件以上"},
        None,
        f"{UP2}2025年度の目標値12 件以上を満たしており、達成度は100%、判定は達成である" + ONLY_GONE,
    ),
    "at_least, worded, not reached yet": (
        {"target": "2025年 20 件以上"},
        None,
        f"{UP2}2025年度の目標値20 件以上を満たしておらず、達成度は20%、判定は前進である"
        + need("2.7 件の増加"),
    ),
    "at_least, target = baseline": (
        {"actual": "2022年度 11 件", "target": "2025年 10 件以上"},
        None,
        f"{UP1}2025年度の目標値10 件以上を満たしており、判定は達成である" + ONLY_GONE,
    ),
    "at_least, target = baseline, fallen": (
        {"actual": "2022年度 9 件", "target": "2025年 10 件以上"},
        None,
        f"{DOWN1}2025年度の目標値10 件以上を満たしておらず、判定は後退である"
        + need("0.33 件の増加"),
    ),
    "at_least, declared, fallen": (
        {"actual": "2022年度 9 件", "target": "2025年 10 件"},
        {"direction": "increase"},
        f"{DOWN1}2025年度の目標値10 件（下限）を守っておらず、判定は後退である"
        + need("0.33 件の増加"),
    ),
    "at_most, worded, not reached yet": (
        {"actual": "2022年度 9 件", "target": "2025年 8 件以下"},
        None,
        f"{DOWN1}2025年度の目標値8 件以下を満たしておらず、達成度は50%、判定は前進である"
        + need("0.33 件の減少"),
    ),
    "at_most, declared, met": (
        {"direction": None, "target": "2025年 20 件"},
        {"direction": "decrease"},
        f"{UP2}2025年度の目標値20 件（上限）を守っており、達成度は−20%、判定は達成である"
        + ONLY_GONE,
    ),
    "range, outside": (
        {"actual": "2022年度 11 件", "target": "2025年 15～20 件"},
        None,
        f"{UP1}2025年度の目標値15～20 件に対する達成度は20%、判定は前進である"
        + need("1.3 件の増加"),
    ),
    "range, inside": (
        {"target": "2025年 12～20 件"},
        None,
        f"{UP2}2025年度の目標値12～20 件に対する達成度は100%、判定は達成である" + ONLY_GONE,
    ),
    "range, left upwards: to its nearer end": (
        {"target": "2025年 5～11 件"},
        None,
        f"{UP2}2025年度の目標値5～11 件に対する判定は後退である" + need("0.33 件の減少"),
    ),
    "range, overshot: to its nearer end": (
        {"actual": "2022年度 27 件", "target": "2025年 15～20 件"},
        None,
        "2022年度の実績が27 件で、2020年度の当初値10 件から17 件増加し、"
        "2025年度の目標値15～20 件に対する達成度は−40%、判定は後退である" + need("2.3 件の減少"),
    ),
    "direction_only, up": (
        {"target": "2025年 上昇"},
        None,
        f"{UP2}2025年度の目標「上昇」に対し、判定は達成である。",
    ),
    "direction_only, down, risen": (
        {"target": "2025年 減少"},
        None,
        f"{UP2}2025年度の目標「減少」に対し、判定は後退である。",
    ),
    "direction_only, keep, no year in the cell": (
        {"actual": "2022年度 10 件", "target": "維持"},
        None,
        f"{SAME}2030年度の目標「維持」に対し、判定は達成である。",
    ),
    "direction_only, no change": (
        {"actual": "2022年度 10 件", "target": "2025年 増加"},
        None,
        f"{SAME}2025年度の目標「増加」に対し、判定は横ばいである。",
    ),
    "final, missed": (
        {"target": "2022年 20 件"},
        None,
        f"{UP2}2022年度の目標値20 件に対する達成度は20%、判定は未達である"
        "（目標の年度までに達しなかったが、当初値からは目標に近づいた）。",
    ),
    "final, missed, where it was": (
        {"actual": "2022年度 10 件", "target": "2022年 20 件"},
        None,
        f"{SAME}2022年度の目標値20 件に対する達成度は0%、判定は未達である"
        "（目標の年度までに達せず、当初値から変わっていない）。",
    ),
    "final, missed and fallen back": (
        {"actual": "2022年度 9 件", "target": "2022年 20 件"},
        None,
        f"{DOWN1}2022年度の目標値20 件に対する達成度は−10%、判定は未達である"
        "（目標の年度までに達せず、当初値より後退した）。",
    ),
    "final, missed in words": (
        {"actual": "2022年度 9 件", "target": "2022年 増加"},
        None,
        f"{DOWN1}2022年度の目標「増加」に対し、判定は未達である"
        "（目標の年度までに達せず、当初値より後退した）。",
    ),
    "undetermined, no actual": ({"actual": ""}, None, "実績が空白のため、判定を保留する。"),
    "undetermined, words": (
        {"target": "2025年 策定"},
        None,
        "目標値「2025年 策定」が数値でなく算出不可のため、判定を保留する。",
    ),
    "percent": (
        {
            "baseline": "2020年度 10.0 ％",
            "actual": "2022年度 12.4 ％",
            "target": "2025年 20.0 ％",
        },
        None,
        "2022年度の実績が12.4 ％で、2020年度の当初値10.0 ％から2.4ポイント増加し、"
        "2025年度の目標値20.0 ％に対する達成度は24%、判定は前進である" + need("2.5ポイントの増加"),
    ),
    "negative": (
        {"baseline": "2020年度 -10 件", "actual": "2022年度 -5 件"},
        None,
        "2022年度の実績が-5 件で、2020年度の当初値-10 件から5 件増加し、"
        "2025年度の目標値20 件に対する達成度は17%、判定は前進である" + need("8.3 件の増加"),
    ),
    "cells without years": (
        {"baseline": "10 件", "actual": "12 件", "target": "21 件"},
        None,
        "2022年度の実績が12 件で、当初値10 件から2 件増加し、"
        "2030年度の目標値21 件に対する達成度は18%、判定は前進である"
        "（達成には1年当たり約1.1 件の増加が必要）。",
    ),
    "no unit": (
        {"baseline": "2020年度 10", "actual": "2022年度 12", "target": "2025年 20"},
        None,
        "2022年度の実績が12で、2020年度の当初値10から2増加し、"
        "2025年度の目標値20に対する達成度は20%、判定は前進である" + need("2.7の増加"),
    ),
}


@pytest.mark.parametrize("case", MADE_UP)
def test_made_up_sentence_word_for_word(told, case):
    cells, declared, expected = MADE_UP[case]
    assert told(declared, **cells) == expected


# Odd cases, each for what it must not say.


def test_what_is_needed_exactly_is_not_said_to_be_about_so_much(told):
    assert "1年当たり3 件の増加" in told(actual="2022年度 11 件")


def test_target_in_words_and_actual_in_words(told):
    text = told(actual="2022年度 策定済", target="2025年 策定", published="達成")
    assert text.startswith("2025年度の目標「策定」に対し、判定は達成である")


def test_target_in_words_is_said_not_to_be_computed(told):
    """Method 2: we repeat the sheet's word and say that it is not computed."""
    text = told(target="2025年 策定", published="達成")
    assert "算出" in text and "達成度は" not in text


def test_target_declared_as_text_keeps_its_unit(told):
    text = told({"kind": "text"}, target="2025年 2,000 件", published="達成")
    assert "目標「2,000 件」" in text


def test_sum_since_the_plan_began_is_not_held_against_the_baseline(told):
    text = told({"cumulative": True}, baseline="2020年度 100 件", target="2025年 500 件")
    assert "達成度は2%、判定は前進" in text
    assert "減少" not in text and "100 件から" not in text


def test_strict_limit_touched_needs_no_change_of_nothing(told):
    text = told(target="2025年 12 件超")
    assert "達成度は100%、判定は前進" in text
    assert "必要" not in text


def test_no_more_than_all_of_the_time_goes(told):
    assert "200%" not in told(target="2021年 20 件")


def test_least_that_is_needed_is_not_nothing(told):
    cells = {"baseline": "2020年度 1.00 件", "actual": "2022年度 1.02 件"}
    assert "1年当たり0.01 件の増加" in told(**cells, target="2025年 1.05 件")


def test_figures_are_those_of_the_exact_digits(told):
    """As floats 4.1 - 1.1 and (1.2 - 0.9) / 2 miss what they are on paper."""
    cells = {"baseline": "2020年度 1.0 件", "actual": "2022年度 1.1 件"}
    assert "1年当たり3 件の増加" in told(**cells, target="2023年 4.1 件")
    cells = {"baseline": "2020年度 0.8 件", "actual": "2022年度 0.9 件"}
    assert "0.15 件の増加" in told(**cells, target="2024年 1.2 件")


def test_unreadable_cell_is_told_with_one_topic(told):
    assert told(actual="2022年度 12 件ほか").startswith(
        "実績「2022年度 12 件ほか」が読み取れない表記"
    )


def test_name_is_left_as_it_is(told):
    assert told(name="苦情に対する、架空の対応")


def test_text_of_the_sheet_is_told_without_its_marks(one_row):
    evaluation = evaluate(one_row(name="架空の指標 【3.3】【再掲】"))
    text = sentence(evaluation, evaluation.kpi_table().iloc[0])
    assert text.startswith("架空の指標は、")


DONE = [
    {"actual": "2022年度 20 件"},
    {"target": "2022年 20 件"},
    {"target": "2022年 20 件", "actual": "2022年度 9 件"},
    {"target": "2022年 20～30 件"},
    {"target": "2022年 20 件以上"},
    {"actual": ""},
    {"target": "2025年 10 件"},
    {"target": "2025年 20 人"},
    {"target": "2025年 上昇", "actual": "2022年度 9 件"},
    {"target": "2025年 12 件以上"},
]


@pytest.mark.parametrize("cells", DONE)
def test_nothing_is_needed_once_met_final_or_undetermined(told, cells):
    assert "1年当たり" not in told(**cells)


def test_nothing_is_needed_of_the_real_kpis_that_are_met(real):
    kpis, told = real
    met = set(kpis.index[kpis["status"] == "met"])
    assert {listings for listings in told if "1年当たり" not in told[listings]} == met


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (24892, "人", "24,892 人"),
        (1234567.5, "円", "1,234,568 円"),
        (100.5, "件", "101 件"),
        (99.5, "件", "99.5 件"),
        (0.25, "件", "0.25 件"),
        (-0.25, "件", "−0.25 件"),
        (0.05, "件", "0.05 件"),
        (-0.05, "件", "−0.05 件"),
        (0.05625, "倍", "0.056 倍"),
        (1.25, "件", "1.3 件"),
        (-1.25, "件", "−1.3 件"),
        (2.0, "件", "2 件"),
        (0.0, "件", "0 件"),
        (-0.0, "件", "0 件"),
        (-54.333, "十億円", "−54.3 十億円"),
        (2.5, "", "2.5"),
        (1.9375, "%", "1.9ポイント"),
        (1.9375, "％", "1.9ポイント"),
    ],
)
def test_number_rounds_halves_away_from_zero(value, unit, text):
    assert number(value, unit) == text


@pytest.mark.parametrize("tenths", range(15, 1000, 70))
def test_number_rounds_every_half_up(tenths):
    half = Decimal(tenths) / 10 + Decimal("0.05")
    assert number(float(half)) == f"{half + Decimal('0.05'):.1f}"


def test_number_is_never_minus_nothing():
    assert not number(-0.04).startswith("−0.0") or number(-0.04) == "−0.04"
