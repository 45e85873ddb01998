"""The tables of words, and the facts beside a KPI's picture."""

import re

import pytest
from conftest import report_of

from kpi_utils.judging.findings import evaluate
from kpi_utils.sheets.sheet import sheet_cells
from kpi_utils.showing import tables
from kpi_utils.showing.tables import goals_table, readings_table


def facts(sheet):
    """The facts and the sentence of the card of a sheet's first KPI."""
    cards = report_of(evaluate(sheet)).chapters["cards"]
    (card,) = (card for card in cards if card["label"] == "架空の指標")
    return dict(card["facts"]), card["sentence"]


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
    told, sentence = facts(one_row(**cells))
    assert told[fact].endswith(said)
    assert "%" not in said or said in sentence


def test_card_names_its_entries_and_leaves_their_words_to_the_list(report):
    first = report.chapters["cards"][0]
    assert first["findings"] == ["4 目標年度の相違", "5 古い実績", "8 再掲の表示なし"]


def test_initiatives_stand_in_the_order_of_the_sheet(evaluation):
    names = tables.initiatives_table(evaluation.kpis)["取組"]
    assert [name[0] for name in names] == [*"①②③④⑤⑥", "取"]


def test_goals_of_the_real_sheet(evaluation):
    table = goals_table(evaluation.rows, evaluation.kpis).set_index("ゴール")
    assert len(table) == 7
    of_goal = table.loc["9 産業と技術革新の基盤をつくろう"].to_dict()
    assert of_goal == {"ターゲット": "9.2、9.4", "達成": "―", "達成に至っていない": "市内総生産額"}


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


def test_readings_mark_what_disagrees(kpis):
    table = readings_table(kpis).set_index("指標")
    assert table.loc["市内総生産額", "実績÷目標値"] == "93.9% ※"
    assert table.loc["校区防災連絡会の設立数", "進み方"] == "順調 1.29"
    assert "※" not in "".join(table["別方式"])


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
