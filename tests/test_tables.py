"""The tables of words, and the facts beside a KPI's picture."""

import re

import pandas as pd
import pytest

from kpi_utils import load
from kpi_utils.judging.findings import evaluate
from kpi_utils.report.chapters import kpi_cards
from kpi_utils.showing import tables
from kpi_utils.showing.tables import goals, readings


def facts(sheet):
    entries = kpi_cards(evaluate(sheet), lambda name, chart: None)
    (own,) = (entry for entry in entries if entry["label"] == "架空の指標")
    return dict(own["facts"]), own["sentence"]


@pytest.mark.parametrize("baseline", ["10 件", "2022年度 10 件"], ids=["no year", "same year"])
def test_no_change_a_year_is_no_obstacle(one_row, baseline):
    told, _ = facts(one_row(baseline=baseline))
    assert told["1年当たり"] == "必要 1 件、これまで ―"


def test_time_gone_is_rounded_alike_in_facts_and_sentence(one_row):
    told, sentence = facts(one_row(baseline="2021年度 10 件", target="2029年 20 件"))
    assert told["進み方"].endswith("期間の13%が経過")
    assert "期間の13%が経過" in sentence


def test_card_names_its_entries_and_leaves_their_words_to_the_list(evaluation):
    cards = kpi_cards(evaluation, lambda name, chart: None)
    assert cards[0]["findings"] == ["4 目標年度の相違", "5 古い実績", "8 再掲の表示なし"]


def test_goals_of_the_real_sheet(evaluation):
    table = goals(evaluation).set_index("ゴール")
    assert len(table) == 7
    row = table.loc["9 産業と技術革新の基盤をつくろう"]
    assert (row["ターゲット"], row["達成"], row["達成に至っていない"]) == (
        "9.2、9.4",
        "―",
        "市内総生産額",
    )


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
    assert goals(evaluate(one_row(name=f"架空の指標 {marks}")))["ゴール"].tolist() == found


def test_readings_mark_what_disagrees(evaluation):
    table = readings(evaluation).set_index("指標")
    assert table.loc["市内総生産額", "実績÷目標値"] == "93.9% ※"
    assert table.loc["校区防災連絡会の設立数", "進み方"] == "順調 1.29"
    assert "※" not in "".join(table["別方式"])


@pytest.mark.parametrize("heading", ["の改善", "について", "の大幅な減少", "の減少について"])
def test_heading_of_other_words_is_still_the_kpis(project, edit, heading):
    edit(project / "data/kumamoto/2022.txt", "「市内総生産額」の減少", f"「市内総生産額」{heading}")
    codes = set(evaluate(load("kumamoto", 2022)).findings["code"])
    assert "narrative-dangling" not in codes


def test_published_miss_of_a_target_that_is_met(one_row):
    found = evaluate(one_row(actual="2022年度 22 件", published="未達成")).findings
    (message,) = found.loc[found["code"] == "published-contradicts", "message"]
    assert "公表の「未達成」" in message and "判定を保留" in message


DANGEROUS = "<script>alert(1)</script><b>&amp;$x$"


def test_words_of_a_sheet_are_no_html_in_a_notebook(town):
    """In heads, captions and cells alike; and a pair of dollars is no formula."""
    sheet = town(
        f"## 試験市 試験計画（架空のデータ）\n## (1) {DANGEROUS}\n"
        f"No\t指標名 ※{DANGEROUS}\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n"
        f"1\t{DANGEROUS}\t10 件\t12 件\t20 件\t20%\n"
    )
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "display", lambda html: shown.append(html.data))
        tables.show_listings(sheet)
        tables.show_missed(evaluate(sheet))
    shown.append(tables.results(evaluate(sheet))._repr_html_())
    for html in shown:
        assert "<script" not in html and "<b>" not in html
        assert "&lt;script&gt;" in html and "&amp;amp;" in html
        first = re.search(r"<(?:div|table)[^>]*>", html)[0]
        assert "tex2jax_ignore" in first and "mathjax_ignore" in first


def test_heads_are_escaped_once(town):
    head = "目標値（R12）※A&B"
    html = tables.shown(pd.DataFrame({head: ["A&B"]}))._repr_html_()
    assert html.count("A&amp;B") == 2 and "&amp;amp;" not in html
