"""The tables of words, and the facts beside a KPI's picture."""

import pytest

from kpi_utils import load
from kpi_utils.judging.findings import evaluate
from kpi_utils.report.chapters import kpi_cards
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


def test_finding_of_two_rows_stands_once_in_the_margin(evaluation):
    entries = kpi_cards(evaluation, lambda name, chart: None)
    late = [f for f in entries[0]["findings"] if f["code"] == "古い実績"]
    assert [f["rows"] for f in late] == ["(1)No.2、(2)No.6"]


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
    (message,) = found.loc[found["code"] == "published-differs", "message"]
    assert "目標の条件を満たしている" in message
