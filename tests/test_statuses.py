"""Seven statuses: what was missed, what fell back and how fast the rest goes, wherever it shows."""

import io
import re

import openpyxl
import pdfplumber
import pytest
from test_book import own_cells
from test_charts import words

from kpi_utils import load
from kpi_utils.frames import STATUSES
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import by_status, judge
from kpi_utils.language import speaking
from kpi_utils.report import book, build, page
from kpi_utils.report.cover import cover
from kpi_utils.showing.charts import overview
from kpi_utils.showing.sentences import sentence
from kpi_utils.showing.tables import counts, missed, readings

HEAD = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

No	指標名	当初値	2021年	2022年	2030年(目標値)	達成度 (%)
"""
# Of ten years two have gone; the targets of the first three are of the report's own year.
SHEET = (
    HEAD
    + """\
1	架空の甲	2020年度 10 件		2022年度 12 件	2022年 20 件	20%
2	架空の甲で後退	2020年度 10 件		2022年度 9 件	2022年 20 件	-10%
3	架空の甲の向き	2020年度 10 件		2022年度 10 件	2022年 増加	―
4	架空の後退	2020年度 10 件		2022年度 9 件	2030年 20 件	-10%
5	架空の横ばい	2020年度 10 件		2022年度 10 件	2030年 20 件	0%
6	架空の遅れ	2020年度 10 件		2022年度 11 件	2030年 20 件	10%
7	架空のやや遅れ	2020年度 100 件		2022年度 115 件	2030年 200 件	15%
8	架空の順調	2020年度 10 件		2022年度 15 件	2030年 20 件	50%
9	架空の上限	2020年度 20 件		2022年度 19 件	2030年 10 件以下	10%
10	架空の当初値なし			2022年度 2 件	2030年 20 件	10%
11	架空の保留	2020年度 10 件			2030年 20 件	―
12	架空の達成	2020年度 10 件		2022年度 20 件	2030年 20 件	100%
"""
)


@pytest.fixture
def seven(town):
    return evaluate(town(SHEET))


def test_each_status_has_its_kpi(seven):
    found = seven.kpis.set_index("kpi")["status"]
    assert set(found) == set(STATUSES)
    assert list(found[:3]) == ["missed"] * 3


# ---------------------------------------------------------------- the judgement


WITHOUT_BASELINE = {"baseline": "", "actual": "2022年度 2 件", "published": "10%"}


@pytest.mark.parametrize(
    ("cells", "achievement", "status", "way"),
    [
        ({"actual": "2022年度 12 件", "target": "2022年 20 件"}, 20, "missed", "progressing"),
        ({"actual": "2022年度 19.9 件", "target": "2022年 20 件"}, 99, "missed", "progressing"),
        ({"actual": "2022年度 10 件", "target": "2022年 20 件"}, 0, "missed", "unchanged"),
        ({"actual": "2022年度 9 件", "target": "2022年 20 件"}, -10, "missed", "regressed"),
        # Rounded to 0 %, it fell back all the same.
        ({"actual": "2022年度 9.99 件", "target": "2022年 20 件"}, 0, "missed", "regressed"),
        # The actual is of a later year than the target.
        ({"actual": "2022年度 12 件", "target": "2021年 20 件"}, 20, "missed", "progressing"),
        ({"actual": "2022年度 20 件", "target": "2022年 20 件"}, 100, "met", "progressing"),
        # What keeps a limit is met, though it went the other way.
        ({"actual": "2022年度 9 件", "target": "2022年 8 件以上"}, None, "met", "regressed"),
        ({"actual": "2022年度 16 件", "target": "2022年 15 件以下"}, None, "missed", "regressed"),
        ({"actual": "2022年度 12 件", "target": "2022年 15～20 件"}, 40, "missed", "progressing"),
        ({"actual": "2022年度 9 件", "target": "2022年 増加"}, None, "missed", "regressed"),
        ({"actual": "2022年度 10 件", "target": "2022年 増加"}, None, "missed", "unchanged"),
        # Before the target's year nothing has been missed: the year is the cell's own.
        ({"actual": "2021年度 12 件", "target": "2022年 20 件"}, 20, "progressing", "progressing"),
        ({"actual": "2022年度 9 件", "target": "2030年 20 件"}, -10, "regressed", "regressed"),
        ({"actual": "", "target": "2022年 20 件"}, None, "undetermined", ""),
        # Without a baseline nothing says where it has gone; the printed ratio says what is better.
        (WITHOUT_BASELINE | {"target": "2030年 20 件"}, None, "not_reached", ""),
        (WITHOUT_BASELINE | {"target": "2022年 20 件"}, None, "missed", ""),
    ],
)
def test_what_is_final_and_not_met_is_missed_whatever_the_percentage(
    judged_row, cells, achievement, status, way
):
    row = judged_row(**cells)
    assert (row["status"], row["way"]) == (status, way)
    if achievement is not None:
        assert row["achievement"] == achievement


def test_without_a_baseline_the_sentence_says_no_way(one_row):
    for year, said in (
        (2022, "判定は未達である（目標の年度までに達しなかった）。"),
        (2030, "判定は未到達である（当初値がないため、どこまで進んだかは算出しない、"),
    ):
        evaluation = evaluate(one_row(**WITHOUT_BASELINE, target=f"{year}年 20 件"))
        assert said in sentence(evaluation, evaluation.kpi_table().iloc[0])


def test_rows_that_do_not_agree_say_no_way(town):
    row = "1\t架空の指標\t2020年度 10 件\t\t2022年度 {} 件\t2030年 20 件\t\n"
    kpi = evaluate(town(HEAD + row.format(12) + row.format(13).replace("1", "2", 1))).kpis.iloc[0]
    assert (kpi["status"], kpi["way"]) == ("undetermined", "")


def test_worst_first_and_progress_from_the_slowest(seven):
    shown = by_status(seven.kpi_table())["kpi"].str.removeprefix("架空の").tolist()
    assert shown == [
        *("甲で後退", "甲", "甲の向き", "後退", "横ばい", "遅れ", "やや遅れ", "順調"),
        *("上限", "当初値なし", "保留", "達成"),
    ]
    assert missed(seven)["kpi"].str.removeprefix("架空の").tolist() == shown[:-1]
    assert readings(seven).iloc[:, 0].str.removeprefix("架空の").tolist() == shown


# ---------------------------------------------------------------- the first page


def test_cover_leads_with_what_was_missed_and_parts_progress_by_pace(seven):
    said = cover(seven)
    assert said["summary"].startswith(
        "12指標のうち、未達が3（うち当初値より後退1）、後退が1、横ばいが1、"
        "前進が4（遅れ1、やや遅れ1、順調1、進み方対象外1）、"
        "未到達が1、判定保留が1、達成が1である。"
    )
    assert [count["status"] for count in said["counts"]] == list(STATUSES)
    assert [group["heading"].partition("（")[0] for group in said["groups"]] == [
        *("未達", "後退", "横ばい", "前進のうち遅れ", "前進のうちやや遅れ", "前進のうち順調"),
        *("前進のうち進み方対象外", "未到達", "判定保留", "達成"),
    ]
    assert sum(len(group["kpis"]) for group in said["groups"]) == 12


def test_cover_in_english(seven):
    with speaking("en"):
        said = cover(evaluate(load("shiken", 2022)))
    assert said["summary"].startswith(
        "12 KPIs: 3 missed (1 of them fallen back), 1 regressed, 1 unchanged, 4 progressing "
        "(1 behind, 1 slightly behind, 1 on track, 1 without a pace), 1 not reached, "
        "1 undetermined, 1 met."
    )


def test_of_what_there_is_none_only_the_usual_statuses_are_counted(town):
    said = cover(
        evaluate(town("".join(SHEET.splitlines(keepends=True)[:5]) + SHEET.split("\n")[-2]))
    )
    assert [count["status"] for count in said["counts"]] == [
        *("regressed", "unchanged", "progressing", "met")
    ]
    assert "前進が0、達成が1である。" in said["summary"]


def test_both_editions_have_all_seven(seven):
    with pdfplumber.open(io.BytesIO(build(seven))) as opened:
        first = re.sub(r"\s", "", opened.pages[0].extract_text())
    html = page(seven)
    for status, word in STATUSES.items():
        assert word in first
        assert f'id="mark-{status}"' in html and f'class="badge {status}"' in html
    assert first.index("未達（") < first.index("後退（目標から") < first.index("前進のうち遅れ")
    summary = html[html.index('id="summary"') : html.index('id="overview"')]
    for name in ("架空の甲", "架空の後退", "架空の遅れ", "架空の保留"):
        assert f">{name}</a>" in summary
    for name in ("架空の順調", "架空のやや遅れ", "架空の達成"):
        assert f">{name}</a>" not in summary


def test_bars_say_status_and_pace_and_the_missed_are_hatched(seven):
    kpis = seven.kpi_table()
    text = words(overview(kpis))
    for said in ("20%未達", "−10%後退", "10%前進（遅れ）", "50%前進（順調）", "未到達（割合なし）"):
        assert said in text
    assert "未達3、後退1、横ばい1、前進4、未到達1、判定保留1、達成1" in overview(kpis).alt
    hatched = kpis[kpis["status"].isin(["missed", "regressed"])]
    patterns = [overview(part).svg.count(b"<pattern") for part in (hatched, kpis)]
    assert patterns == [2, 2]


def test_notebook_counts_each_pace(seven):
    table = counts(seven).data.set_index("判定")["指標の数"]
    assert table.to_dict() == {
        **{"未達": 3, "後退": 1, "横ばい": 1, "前進": 4},
        **{"　遅れ": 1, "　やや遅れ": 1, "　順調": 1, "　進み方対象外": 1},
        **{"未到達": 1, "判定保留": 1, "達成": 1, "計": 12},
    }


# ---------------------------------------------------------------- the workbook


def written(evaluation, folder):
    path = folder / "evaluation.xlsx"
    path.write_bytes(book(evaluation))
    return path


def test_workbook_says_what_was_missed(town, tmp_path):
    evaluation = evaluate(town(SHEET))
    shown = [word for _, word in own_cells(written(evaluation, tmp_path))]
    assert shown == [STATUSES[status] for status in judge(evaluation.sheet)["status"]]
    assert shown[:4] == ["未達", "未達", "未達", "後退"]


# baseline 10, target 20: actuals of 2021 and 2022, target's year -> the status's formula.
WAYS = 'CHOOSE(2+SIGN(ROUND({way},10)),"後退","横ばい","前進")'
LIVE = {
    "final, and so for good": ("", "2022年度 12 件", 2022, '"未達"'),
    "interim, and nothing open": ("", "2022年度 12 件", 2030, WAYS.format(way="E6-C6")),
    "final once this year's actual is in": (
        *("2021年度 12 件", "未公表", 2022),
        'IF(COUNT(E6),"未達",' + WAYS.format(way="IF(ISNUMBER(E6),E6,D6)-C6") + ")",
    ),
    "open, but not due": (
        *("2021年度 12 件", "未公表", 2023),
        WAYS.format(way="IF(ISNUMBER(E6),E6,D6)-C6"),
    ),
    # The column is that of the target, its cell a year behind.
    "an older figure in the column that is due": (
        *("", "2021年度 12 件", 2022),
        WAYS.format(way="E6-C6"),
    ),
}


@pytest.mark.parametrize("case", LIVE)
def test_formula_says_missed_as_soon_as_the_actual_is_due(town, tmp_path, case):
    before, actual, year, otherwise = LIVE[case]
    row = f"1\t架空の指標\t2020年度 10 件\t{before}\t{actual}\t{year}年 20 件\t\n"
    sheet = openpyxl.load_workbook(written(evaluate(town(HEAD + row)), tmp_path)).worksheets[0]
    formulas = [str(cell.value) for line in sheet for cell in line]
    (judged,) = (formula for formula in formulas if formula.startswith("=") and "達成" in formula)
    place = re.search(r"[A-Z](\d+)", judged)[1]
    assert re.sub(rf"(?<=[A-Z]){place}", "6", judged).count(otherwise) == 1, judged


@pytest.mark.office
def test_libreoffice_says_missed_once_the_actual_is_in(town, tmp_path, calculated):
    row = "1\t架空の指標\t2020年度 10 件\t2021年度 12 件\t未公表\t2022年 20 件\t\n"
    path = written(evaluate(town(HEAD + row)), tmp_path)
    opened = openpyxl.load_workbook(path)
    (cell,) = (cell for line in opened.worksheets[0] for cell in line if cell.value == "未公表")
    assert [word for _, word in own_cells(calculated(path))] == ["前進"]
    for number, word in ((13, "未達"), (20, "達成")):
        cell.value = number
        opened.save(path)
        assert [word for _, word in own_cells(calculated(path))] == [word]


@pytest.mark.office
def test_libreoffice_judges_all_statuses_as_we_do(town, tmp_path, calculated):
    evaluation = evaluate(town(SHEET))
    shown = [word for _, word in own_cells(calculated(written(evaluation, tmp_path)))]
    assert shown == [STATUSES[status] for status in evaluation.rows["status"]]
