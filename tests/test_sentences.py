"""The sentence of each KPI, word for word: nothing in it that the numbers do not carry; tables.

The examples are in ``sentences.toml``.
"""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import report_of

from kpi_utils import evaluate
from kpi_utils.plan import Declaration
from kpi_utils.sheets.sheet import sheet_cells
from kpi_utils.showing import tables
from kpi_utils.showing.sentences import computed_text, sentence
from kpi_utils.showing.tables import goals_table, readings_table

EXAMPLES = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))
# A change between two points is no trend (method 5).
TREND = re.compile(
    "傾向|推移|伸び|続|改善|悪化|順調|堅調|好調|低迷|横ばいで推|着実|見込|回復|トレンド"
)
NO_NUMBER = re.compile("nan|None|<NA>|inf|NaT|NaN|Decimal|―")


def must_be_plain(text, label):
    """One sentence about a KPI that says no more than its numbers do."""
    assert text.startswith(f"{label}は、")
    facts = text.removeprefix(label)
    assert facts.count("。") == 1 and facts.endswith("。")
    assert not TREND.search(facts) and not NO_NUMBER.search(facts)
    assert not re.search(r"、、|は、、|\(\)|（）", facts)
    assert facts.count("（") == facts.count("）")
    assert not re.search(r"約?[^\d.,]−?0(\.0)? ?\S*の(増加|減少)", facts)


def test_real_sentences_word_for_word(sheet, kpis):
    real = {sheet.words.rows(kpi["listings"]): kpi for _, kpi in kpis.iterrows()}
    texts = {rows: sentence(sheet, kpi) for rows, kpi in real.items()}
    assert texts == EXAMPLES["real"]
    for rows, kpi in real.items():
        must_be_plain(texts[rows], kpi["label"])
        # Nothing is needed of those that are met, and something of the others.
        assert ("1年当たり" in texts[rows]) == (kpi["status"] != "met")


@pytest.fixture
def told(one_row):
    """The sentence of a made-up row, without the KPI's name; target year 2025 in its cell."""

    def tell(declared=None, name="架空の指標", **cells):
        read = one_row(name=name, **({"target": "2025年 20 件"} | cells))
        declarations = {name: Declaration(name, "架空の理由", **declared)} if declared else {}
        read = replace(read, plan=replace(read.plan, declarations=declarations))
        text = sentence(read, evaluate(read).kpis.iloc[0])
        must_be_plain(text, name)
        return text.removeprefix(f"{name}は、")

    return tell


@pytest.mark.parametrize("example", EXAMPLES["made-up"], ids=lambda example: example["case"])
def test_made_up_sentence_word_for_word(told, example):
    cells = {key: text for key, text in example.items() if key not in ("case", "sentence")}
    assert told(**cells) == example["sentence"]


# Odd cases, each for what it must say, or must not.
FINE = {"baseline": "2020年度 1.00 件", "actual": "2022年度 1.02 件", "target": "2025年 1.05 件"}
TENTHS = {"baseline": "2020年度 1.0 件", "actual": "2022年度 1.1 件", "target": "2023年 4.1 件"}
HALVES = {"baseline": "2020年度 0.8 件", "actual": "2022年度 0.9 件", "target": "2024年 1.2 件"}
SUM = {"declared": {"cumulative": True}, "baseline": "2020年度 100 件", "target": "2025年 500 件"}
WORDS = {"target": "2025年 策定", "published": "達成"}
ODD = {
    "needed exactly, and not about so much": (
        {"actual": "2022年度 11 件"}, "1年当たり3 件の増加", "約",
    ),
    "target and actual in words": (
        WORDS | {"actual": "2022年度 策定済"}, "2025年度の目標「策定」に対し、判定は達成", "実績",
    ),
    # Method 2: the sheet's word is repeated, and is said not to be computed.
    "target in words": (WORDS, "算出", "達成度は"),
    "target declared as text keeps its unit": (
        {"declared": {"kind": "text"}, "target": "2025年 2,000 件", "published": "達成"},
        "目標「2,000 件」", "達成度は",
    ),
    "sum since the plan began, not held against the baseline": (
        SUM, "達成度は2%、判定は前進", "減少|100 件から",
    ),
    "strict limit touched": ({"target": "2025年 12 件超"}, "達成度は100%、判定は前進", "必要"),
    "no more than all of the time goes": ({"target": "2021年 20 件"}, "判定は", "200%"),
    "least that is needed is not nothing": (FINE, "1年当たり0.01 件の増加", "約"),
    # As floats 4.1 - 1.1 and (1.2 - 0.9) / 2 miss what they are on paper.
    "difference of tenths": (TENTHS, "1年当たり3 件の増加", "約"),
    "half of a difference of tenths": (HALVES, "0.15 件の増加", "約"),
    "unreadable actual": (
        {"actual": "2022年度 12 件ほか"}, "実績「2022年度 12 件ほか」が読み取れない表記", "nan",
    ),
    "name with a comma": ({"name": "苦情に対する、架空の対応"}, "2022年度の実績が12 件", "対応"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_case(told, case):
    cells, says, never = ODD[case]
    text = told(**cells)
    assert says in text and not re.search(never, text)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567.5, "円", "1,234,568 円"),
        (100.5, "件", "101 件"),
        (99.5, "件", "99.5 件"),
        (0.25, "件", "0.25 件"),
        (-0.04, "", "−0.04"),
        (0.05625, "倍", "0.056 倍"),
        (1.55, "件", "1.6 件"),
        (-1.25, "件", "−1.3 件"),
        (2.0, "件", "2 件"),
        (-0.0, "件", "0 件"),
        (1.9375, "％", "1.9ポイント"),
    ],
)
def test_number_rounds_halves_away_from_zero(value, unit, text):
    assert computed_text(value, unit) == text


# -- The tables of words, and the facts beside a KPI's picture.


@pytest.mark.parametrize(
    ("cells", "fact", "said"),
    [
        # No change a year is no obstacle.
        ({"baseline": "10 件"}, "1年当たり", "必要 1 件、これまで ―"),
        ({"baseline": "2022年度 10 件"}, "1年当たり", "必要 1 件、これまで ―"),
        ({"baseline": "2021年度 10 件", "target": "2029年 20 件"}, "進み方", "期間の13%が経過"),
    ],
)
def test_facts_beside_a_picture(one_row, cells, fact, said):
    """What is rounded in them is rounded alike in the sentence."""
    cards = report_of(evaluate(one_row(**cells))).chapters["cards"]
    (card,) = (card for card in cards if card["label"] == "架空の指標")
    assert dict(card["facts"])[fact].endswith(said)
    assert "%" not in said or said in card["sentence"]


def test_tables_and_cards_of_the_real_sheet(evaluation, kpis, report):
    names = tables.initiatives_table(evaluation.kpis)["取組"]
    assert [name[0] for name in names] == [*"①②③④⑤⑥", "取"]
    table = goals_table(evaluation.rows, evaluation.kpis).set_index("ゴール")
    assert len(table) == 7
    of_goal = table.loc["9 産業と技術革新の基盤をつくろう"].to_dict()
    assert of_goal == {"ターゲット": "9.2、9.4", "達成": "―", "達成に至っていない": "市内総生産額"}
    table = readings_table(kpis).set_index("指標")
    assert table.loc["市内総生産額", "実績÷目標値"] == "93.9% ※"
    assert table.loc["校区防災連絡会の設立数", "進み方"] == "順調 1.29"
    assert "※" not in "".join(table["別方式"])
    first = report.chapters["cards"][0]
    assert first["findings"] == ["4 目標年度の相違", "5 古い実績", "8 再掲の表示なし"]


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ("【１１.Ｂ、3.3】", ["3 すべての人に健康と福祉を", "11 住み続けられるまちづくりを"]),
        (
            "【ゴール4】【17】",
            ["4 質の高い教育をみんなに", "17 パートナーシップで目標を達成しよう"],
        ),
        ("【0】【99.9】", []),
        ("", []),
    ],
)
def test_goals_of_odd_marks(one_row, marks, found):
    evaluation = evaluate(one_row(name=f"架空の指標 {marks}"))
    assert goals_table(evaluation.rows, evaluation.kpis)["ゴール"].tolist() == found


DANGEROUS = "<script>alert(1)</script><b>&$x$"


def test_words_of_a_sheet_are_no_html_in_a_notebook(town):
    """In heads and cells alike, escaped once; and a pair of dollars is no formula."""
    sheet = town(
        "## 試験市 試験計画（架空のデータ）\n## (1) 架空の表\n"
        f"No\t指標名 ※{DANGEROUS}\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n"
        f"1\t{DANGEROUS}\t10 件\t12 件\t20 件\t20%\n"
    )
    for table in (sheet_cells(sheet, 1), readings_table(evaluate(sheet).kpis)):
        html = tables.shown(table)._repr_html_()
        assert "<script" not in html and "<b>" not in html
        assert "&lt;script&gt;" in html and "&amp;$x$" in html and "&amp;amp;" not in html
        first = re.search(r"<table[^>]*>", html)[0]
        assert "tex2jax_ignore" in first and "mathjax_ignore" in first


@pytest.mark.parametrize("heading", ["の改善", "について", "の大幅な減少", "の減少について"])
def test_heading_of_other_words_is_still_the_kpis(edited, heading):
    evaluation = edited("「市内総生産額」の減少", f"「市内総生産額」{heading}")
    assert "narrative-dangling" not in set(evaluation.findings["code"])
