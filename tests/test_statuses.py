"""Seven statuses: what was missed, what fell back and how fast the rest goes, wherever it shows."""

import openpyxl
import pytest
from conftest import HEAD, PLAN, book_of, page_texts, report_of, table_text
from test_charts import words

from kpi_utils import evaluate, load
from kpi_utils.frames import STATUSES
from kpi_utils.judging.judgement import by_status
from kpi_utils.report import build, page
from kpi_utils.showing.charts import overview
from kpi_utils.showing.sentences import sentence
from kpi_utils.showing.tables import counts, readings_table
from kpi_utils.words import JAPANESE

WORDS = JAPANESE.of("status")
# Of ten years two have gone; the targets of the first three are of the report's own year.
ROWS = [
    ("架空の甲", "2020年度 10 件", "2022年度 12 件", "2022年 20 件", "20%"),
    ("架空の甲で後退", "2020年度 10 件", "2022年度 9 件", "2022年 20 件", "-10%"),
    ("架空の甲の向き", "2020年度 10 件", "2022年度 10 件", "2022年 増加", "―"),
    ("架空の後退", "2020年度 10 件", "2022年度 9 件", "2030年 20 件", "-10%"),
    ("架空の横ばい", "2020年度 10 件", "2022年度 10 件", "2030年 20 件", "0%"),
    ("架空の遅れ", "2020年度 10 件", "2022年度 11 件", "2030年 20 件", "10%"),
    ("架空のやや遅れ", "2020年度 100 件", "2022年度 115 件", "2030年 200 件", "15%"),
    ("架空の順調", "2020年度 10 件", "2022年度 15 件", "2030年 20 件", "50%"),
    ("架空の上限", "2020年度 20 件", "2022年度 19 件", "2030年 10 件以下", "10%"),
    ("架空の当初値なし", "", "2022年度 2 件", "2030年 20 件", "10%"),
    ("架空の保留", "2020年度 10 件", "", "2030年 20 件", "―"),
    ("架空の達成", "2020年度 10 件", "2022年度 20 件", "2030年 20 件", "100%"),
]


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """The evaluation of these rows, in Japanese and in English."""
    root = tmp_path_factory.mktemp("seven")
    for name, text in (
        ("data/shiken/plan.toml", PLAN),
        ("data/shiken/2022.txt", table_text(*ROWS)),
        ("notebooks/evaluate.ipynb", "{}"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        return {language: evaluate(load("shiken", 2022, language)) for language in ("ja", "en")}


@pytest.fixture(scope="module")
def reports(seven):
    return {language: report_of(of) for language, of in seven.items()}


# -- The judgement.


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


def test_worst_first_and_progress_from_the_slowest_also_in_a_notebook(seven):
    kpis = seven["ja"].kpis
    assert set(kpis["status"]) == set(STATUSES)
    shown = by_status(kpis)["kpi"].str.removeprefix("架空の").tolist()
    assert shown == [
        *("甲で後退", "甲", "甲の向き", "後退", "横ばい", "遅れ", "やや遅れ", "順調"),
        *("上限", "当初値なし", "保留", "達成"),
    ]
    assert readings_table(kpis).iloc[:, 0].str.removeprefix("架空の").tolist() == shown
    evaluation = seven["ja"]
    table = counts(evaluation.rows, evaluation.kpis).data.set_index("判定")["指標の数"]
    assert table.to_dict() == {
        **{"未達": 3, "後退": 1, "横ばい": 1, "前進": 4},
        **{"　遅れ": 1, "　やや遅れ": 1, "　順調": 1, "　進み方対象外": 1},
        **{"未到達": 1, "判定保留": 1, "達成": 1, "計": 12},
    }


# -- The report.


def test_cover_leads_with_what_was_missed_and_both_editions_have_all_seven(reports):
    cover = reports["ja"].chapters
    assert cover["summary"].startswith(
        "12指標のうち、未達が3（うち当初値より後退1）、後退が1、横ばいが1、"
        "前進が4（遅れ1、やや遅れ1、順調1、進み方対象外1）、"
        "未到達が1、判定保留が1、達成が1である。"
    )
    assert [count["status"] for count in cover["counts"]] == list(STATUSES)
    assert [group["heading"].partition("（")[0] for group in cover["groups"]] == [
        *("未達", "後退", "横ばい", "前進のうち遅れ", "前進のうちやや遅れ", "前進のうち順調"),
        *("前進のうち進み方対象外", "未到達", "判定保留", "達成"),
    ]
    assert sum(len(group["kpis"]) for group in cover["groups"]) == 12
    english = reports["en"].chapters["summary"]
    assert english.startswith(
        "12 KPIs: 3 missed (1 of them fallen back), 1 regressed, 1 unchanged, 4 progressing "
        "(1 behind, 1 slightly behind, 1 on track, 1 without a pace), 1 not reached, "
        "1 undetermined, 1 met."
    )
    first = page_texts(build(reports["ja"]))[0]
    html = page(reports["ja"])
    for status, word in WORDS.items():
        assert word in first
        assert f'id="mark-{status}"' in html and f'class="badge {status}"' in html
    assert first.index("未達（") < first.index("後退（目標から") < first.index("前進のうち遅れ")
    summary = html[html.index('id="summary"') : html.index('id="overview"')]
    linked = [row[0] for row in ROWS if f">{row[0]}</a>" in summary]
    assert {"架空の甲", "架空の後退", "架空の遅れ", "架空の保留"} <= set(linked)
    assert not {"架空の順調", "架空のやや遅れ", "架空の達成"} & set(linked)


def test_only_usual_statuses_are_counted_where_there_is_none_and_no_way_without_a_baseline(
    evaluated, one_row
):
    cover = report_of(evaluated(ROWS[-1])).chapters
    assert [count["status"] for count in cover["counts"]] == [
        *("regressed", "unchanged", "progressing", "met")
    ]
    assert "前進が0、達成が1である。" in cover["summary"]
    for year, text in (
        (2022, "判定は未達である（目標の年度までに達しなかった）。"),
        (2030, "判定は未到達である（当初値がないため、どこまで進んだかは算出しない、"),
    ):
        evaluation = evaluate(one_row(**WITHOUT_BASELINE, target=f"{year}年 20 件"))
        assert text in sentence(evaluation.sheet, evaluation.kpis.iloc[0])


def test_bars_say_status_and_pace_and_the_missed_are_hatched(seven):
    kpis = seven["ja"].kpis
    figure = overview(kpis)
    text = words(figure)
    for word in ("20%未達", "−10%後退", "10%前進（遅れ）", "50%前進（順調）", "未到達（割合なし）"):
        assert word in text
    assert "未達3、後退1、横ばい1、前進4、未到達1、判定保留1、達成1" in figure.alt
    hatched = kpis[kpis["status"].isin(["missed", "regressed"])]
    patterns = [overview(part).pages()[0][0].count(b"<pattern") for part in (hatched, kpis)]
    assert patterns == [2, 2]


# -- The workbook.


def words_in(path):
    """The words of 判定 of the first worksheet as a program shows them, row by row."""
    lines = openpyxl.load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True)
    column = next(list(line).index("算出（本報告書）") + 1 for line in lines if "No" in line)
    return [line[column] for line in lines if line[column]]


@pytest.mark.office
def test_libreoffice_follows_what_is_entered(evaluated, tmp_path, calculated):
    # Actuals of 2021 and 2022, the target's year -> its word, and that once figures are in.
    figures = ("未公表", 13, 20, 10, 9)
    live = [
        ("", "2022年度 12 件", 2022, ["未達"] * 5),
        ("", "2022年度 12 件", 2030, ["前進"] * 5),
        # What is missed once the year's figure is in stays as it was judged.
        ("2021年度 12 件", "未公表", 2022, ["前進"] * 5),
        ("2021年度 12 件", "未公表", 2023, ["前進", "前進", "達成", "横ばい", "後退"]),
        # The column is that of the target, its cell a year behind.
        ("", "2021年度 12 件", 2022, ["前進"] * 5),
    ]
    rows = [
        (f"架空の指標{no}", "2020年度 10 件", before, actual, f"{year}年 20 件", "")
        for no, (before, actual, year, _) in enumerate(live)
    ]
    head = HEAD.replace("2022年", "2021年\t2022年")
    path = tmp_path / "evaluation.xlsx"
    path.write_bytes(book_of(evaluated(*rows, head=head)))
    opened = openpyxl.load_workbook(path)
    cells = [cell for line in opened.worksheets[0] for cell in line if cell.value == "未公表"]
    for place, number in enumerate(figures):
        for cell in cells:
            cell.value = number
        opened.save(path)
        assert words_in(calculated(path)) == [of[place] for *_, of in live]
