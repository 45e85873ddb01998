"""Where a KPI would stand in its target year, and how it stood each year (method 5)."""

import pandas as pd
import pytest
from conftest import page_texts, plan_of, report_of

from kpi_utils import evaluate, load
from kpi_utils.report import build, page
from kpi_utils.running.exports import kpis_csv
from kpi_utils.showing.sentences import outlook_cell, outlook_text
from kpi_utils.showing.tables import by_year
from kpi_utils.words import Words

# By hand: 2,616 + (2,616 - 2,415) / 1 × 3 = 3,219, and 804 of 585 are 137 % …
KUMAMOTO = {
    (1, 9): (3219, 137, -219, "met"),
    (1, 1): (44.1, 67, 5.9, "missed"),
    (1, 2): (2392.5, -316, 299.5, "missed"),
    (1, 6): (68, 0, 24, "missed"),
    (1, 10): (5447, 180, -1205, "met"),
    (2, 5): (5, 75, 1, "missed"),
    # 10,268 - 178 × 2 under a ceiling of 10,600, by the formula for limits: 534 of 154.
    (2, 10): (9912, 347, -688, "met"),
}


def test_worked_example(judged):
    """A direction has no outlook, and a relisting has that of its KPI."""
    names = ["outlook", "outlook_achievement", "outlook_short", "outlook_status"]
    for listing, told in KUMAMOTO.items():
        assert tuple(judged.loc[listing, names]) == told
    assert set(judged.loc[list(KUMAMOTO), "outlook_reason"]) == {""}
    assert judged.loc[(2, 11), "outlook_reason"] == "no_number"
    columns = ["kpi", "outlook", "outlook_short", "outlook_decimals", "outlook_reason"]
    assert len(judged[columns].drop_duplicates()) == 13


def cells(baseline="2020年度 10 件", actual="2022年度 12 件", target="2030年 20 件", **more):
    return {"baseline": baseline, "actual": actual, "target": target, **more}


SHARE = cells("2020年度 60 %", "2022年度 80 %", "2030年 90 %")
FALLS = cells("2020年度 30 件", "2022年度 20 件", "2030年 10 件", direction="decrease")
RANKS = cells("2020年度 30 位", "2022年度 20 位", "2030年 10 位", direction="decrease")
# Cells of a row, and its outlook: value, where it was cut, status, achievement.
ODD = {
    "at the target": (cells(), 20, None, "met", 100),
    "touches what must be passed": (cells(target="2030年 20 件超"), 20, None, "missed", 100),
    "a share ends at 100": (SHARE, 100, 100, "met", 133),
    "a share ends at 0": (SHARE | {"actual": "2022年度 40 %"}, 0, 0, "missed", -200),
    "more than 100 %": (SHARE | {"target": "2030年 120 %"}, 160, None, "met", 167),
    "a rate of growth": (SHARE | {"name": "架空の伸び率"}, 160, None, "met", 333),
    "a count ends at 0": (FALLS, 0, 0, "met", 150),
    "a part of 34": (
        cells("2020年度 24／34組織", "2022年度 29／34組織", "2030年 34／34組織"), 34, 34, "met", 100
    ),
    "may be negative": (FALLS | {"target": "2030年 ▲10 件"}, -20, None, "met", 125),
    "may be negative by its name": (FALLS | {"name": "架空の増減数"}, -20, None, "met", 250),
    "no rank before the first": (RANKS, 1, 1, "met", 145),
    "a range, from below": (cells(target="2030年 15～18 件"), 20, None, "missed", 60),
    "a limit that will be crossed": (
        cells("2020年度 10 件", "2022年度 12 件", "2030年 15 件以下"), 20, None, "missed", -200
    ),
    "the target is the baseline": (cells(target="2030年 10 件以上"), 20, None, "met", None),
}  # fmt: skip


@pytest.mark.trial
@pytest.mark.parametrize("case", ODD)
def test_odd_row(one_row, case):
    texts, value, cut, status, achievement = ODD[case]
    row = evaluate(one_row(**texts)).rows.iloc[0]
    found = [row["outlook"], row["outlook_cut"], row["outlook_status"], row["outlook_achievement"]]
    found = [None if pd.isna(item) else item for item in found]
    assert found == [value, cut, status, achievement]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (cells(actual="2030年度 12 件", target="2022年 20 件"), "undetermined"),
        (cells(target="2022年 20 件"), "final"),
        (cells(actual=""), "undetermined"),
        (cells(actual="2022年度 12 人"), "undetermined"),
        (cells(target="2030年 20 件以上", baseline=""), "no_baseline"),
        (cells(actual="2020年度 12 件"), "no_years"),
        (cells(target="2030年 上昇"), "no_number"),
        (cells("2020年度 10 件（3か年平均）"), "averaged"),
    ],
)
def test_no_outlook_and_why(one_row, texts, reason):
    row = evaluate(one_row(published="", **texts)).rows.iloc[0]
    assert pd.isna(row["outlook"]) and row["outlook_status"] == ""
    assert row["outlook_reason"] == reason
    assert outlook_cell(row, Words("ja")).startswith("―（")


@pytest.mark.parametrize(
    ("baseline", "actual", "outlook"),
    [
        # 30 in the two years 2021 and 2022, whatever one year's baseline was.
        ("2018年度 9 件", "30 件（2021～2022年度累計）", 150),
        # A baseline of nothing says when the sum began.
        ("2020年度 0 件", "2022年度 30 件", 150),
        ("2018年度 9 件", "2022年度 30 件（累計）", None),
    ],
)
def test_sum_is_drawn_on_from_the_year_in_which_it_began(evaluated, baseline, actual, outlook):
    plan = plan_of({"架空の指標": {"cumulative": True}})
    target = "200 件（2021～2030年度累計）" if "～" in actual else "2030年度 200 件（累計）"
    row = evaluated(("架空の指標", baseline, actual, target, ""), plan=plan).rows.iloc[0]
    assert row["outlook_reason"] == ("" if outlook else "sum")
    assert (None if pd.isna(row["outlook"]) else row["outlook"]) == outlook


def test_words_speak_of_two_points_of_no_trend_and_of_a_limit_to_be_crossed(one_row):
    kpi = evaluate(one_row(**SHARE)).kpis.iloc[0]
    japanese = outlook_text(kpi, Words("ja"))
    assert japanese == "100 %（133%、達成。目標値を10ポイント上回る）、100 %で切った値"
    assert outlook_text(kpi, Words("en")).endswith("points above the target), cut at 100%")
    for language in ("ja", "en"):
        words = Words(language)
        told = [words.of("reading")["outlook"], words.say("pdf.missed", n=1)]
        assert all("予測ではない" in text or "no forecast" in text for text in told)
        told += words.of("outlook").values()
        assert not any(word in " ".join(told) for word in ("傾向", "見込", "trend"))
    # 91 + 8 / 3 = 93.67: 94 would be the target.
    evaluation = evaluate(one_row(**cells("2019年度 90 件", "2022年度 91 件", "2030年 94 件")))
    row = kpis_csv(evaluation.rows).iloc[0]
    assert [str(row[name]) for name in ("outlook", "outlook_short")] == ["93.7", "0.3"]
    texts, *_ = ODD["a limit that will be crossed"]
    kpi = evaluate(one_row(**texts)).kpis.iloc[0]
    assert kpi["status"] == "met"
    assert outlook_cell(kpi, Words("ja")) == "未達（20 件）。目標値を5 件上回る ※"


def test_every_edition_has_the_outlook_and_one_year_no_table_of_years(evaluation, report, pdf):
    text = "3,219 万㎡（137%、達成。目標値を219 万㎡上回る）"
    assert text in page(report)
    printed = "".join(page_texts(pdf))
    assert text.replace(" ", "") in printed and "2時点からの延長であり、予測ではない" in printed
    row = kpis_csv(evaluation.rows).set_index(["section", "no"]).loc[(1, 9)]
    assert (str(row["outlook"]), str(row["outlook_short"])) == ("3219", "-219")
    assert report.chapters["by-year"] is None


# -- How it stood each year.

YEARS = "No\t指標名\t当初値\t2020年 実績\t2021年 実績\t2022年 実績\t2024年 目標値\t達成度 (%)"
TARGETS = YEARS.replace("2024年 目標値", "2021年 目標値\t2024年 目標値")


@pytest.mark.parametrize(
    ("row", "years"),
    [
        ("2019年度10件|9件|12件|20件|20件|100%", "2020:regressed/2021:progressing/2022:met"),
        # The year is that of the cell; a year without an actual has no mark.
        ("2018年度9件|2019年度9件|未公表|2020年度11件|20件|", "2019:unchanged/2020:progressing"),
        ("2019年度10件|4(7)|12件|未公表|20件|", "2020:undetermined/2021:progressing"),
        # What is printed today says which way is better, and nothing of another year's status.
        ("2019年度20件|22件|10件|15件|10件|未達成", "2020:regressed/2021:met/2022:progressing"),
        # Whose direction is unknown today, was not judged then.
        ("2019年度20件|22件|未公表|15件|10件|", "2020:undetermined/2022:undetermined"),
    ],
)  # fmt: skip
def test_years(evaluated, row, years):
    evaluation = evaluated(f"1\t架空の指標\t{row.replace('|', chr(9))}", head=YEARS)
    assert evaluation.kpis["status_by_year"].tolist() == [years]


def test_earlier_year_is_judged_by_the_target_that_was_due_then(evaluated):
    row = "1\t架空の指標\t2019年度 10 件\t11 件\t12 件\t18 件\t15 件\t20 件\t80%"
    evaluation = evaluated(row, head=TARGETS)
    years = "2020:progressing/2021:missed/2022:progressing"
    assert evaluation.kpis["status_by_year"].tolist() == [years]


@pytest.mark.parametrize(
    ("last", "years"),
    [
        # Each year's own plan, of which the newest is judged.
        ("2022年 目標値", "2020:missed/2021:met/2022:missed"),
        # Steps on the way to a later target.
        ("2024年 最終目標値", "2020:progressing/2021:progressing/2022:progressing"),
    ],
)
def test_plan_of_each_year_judges_its_own(evaluated, last, years):
    pairs = "".join(f"{year}年 目標値\t{year}年 実績\t" for year in (2020, 2021))
    steps = "" if last.startswith("2022") else "2022年 目標値\t"
    head = f"No\t指標名\t当初値\t{pairs}{steps}2022年 実績\t{last}"
    step = "30 件\t" if steps else ""
    row = f"1\t架空の指標\t2019年度 10 件\t15 件\t12 件\t20 件\t25 件\t{step}28 件\t50 件"
    assert evaluated(row, head=head).kpis["status_by_year"].tolist() == [years]


@pytest.mark.parametrize("year", [2023, 2024])
def test_newest_year_has_the_status_of_the_kpi(own_project, year):
    rows = evaluate(load("kakuu", year)).rows
    rows = rows[rows["status_by_year"] != ""]
    last = rows["status_by_year"].str.rpartition(":")[2]
    assert len(rows) > 10 and (last == rows["status"]).all()


@pytest.mark.trial
@pytest.mark.parametrize(("language", "marks"), [("ja", "◎ 達成"), ("en", "◎ Met")])
def test_marks_have_words_and_a_legend(own_project, language, marks):
    evaluation = evaluate(load("kakuu", 2024, language))
    table = by_year(evaluation.kpis)
    assert table.iloc[:, 1:].columns.str[:4].tolist() == ["2020", "2021", "2023", "2024"]
    report = report_of(evaluation)
    words = evaluation.sheet.words
    texts = [page(report), "".join(page_texts(build(report)))]
    heading = words.say("page.by_year")
    assert marks in texts[0] and marks.replace(" ", "") in texts[1]
    assert heading in texts[0] and heading.replace(" ", "") in texts[1]
    assert all(mark in report.chapters["by-year"]["introduction"] for mark in "×▼△○◇?◎")
