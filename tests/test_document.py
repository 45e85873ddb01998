"""What an office says of its report in [report], and of its KPIs: who, when, what is done next."""

import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdf
import pytest
from conftest import (
    HEAD,
    PLAN,
    book_of,
    must_be_valid,
    page_texts,
    report_of,
    table_text,
    text_of_html,
)

from kpi_utils import KpiError, evaluate, load, make_report
from kpi_utils.preparing.form import make_form
from kpi_utils.report import build, page
from kpi_utils.running.exports import kpis_csv

BEHIND = ("橋の数", "2020年度 2 件", "2022年度 1 件", "2030年 6 件", "-25%")
MET = ("道の数", "2020年度 2 件", "2022年度 7 件", "2030年 6 件", "125%")
REPORT = """
[report]
department = "企画課"
[report.2022]
date = 2023-06-30
release = "draft"
sheet_url = "https://example.jp/sheet.txt"
sheet_published = 2023-06-01
appraisal = \"\"\"
おおむね順調である。

橋は見直す。\"\"\"
"""
SAID = ["担当課：企画課", "報告書の日付：2023年6月30日", "報告書の段階：案（下書き）"]
SAID += ["シートの公表日：2023年6月1日", "シートのアドレス：https://example.jp/sheet.txt"]
SAID += ["総合評価（試験市の記載）", "おおむね順調である。", "橋は見直す。"]
MARK = "案（下書き）、架空のデータ"


@pytest.mark.parametrize(
    ("items", "where", "named"),
    [
        ("[report]\ndate = '2023-06-30'", "6行目 [report]", ["date", "2023-06-30 のように"]),
        ("[report]\ndate = 2023-06-30T12:00:00", "6行目 [report]", ["date", "引用符を付けない"]),
        ("[report]\nrelease = 'final'", "6行目 [report]", ["release", "draft、published"]),
        ("[report]\nstate = 'draft'", "6行目 [report]", ["state", "release"]),
        ("[report]\ndepartment = ''", "6行目 [report]", ["department"]),
        ("[report]\nsheet_url = 'javascript:x'", "6行目 [report]", ["sheet_url", "https://"]),
        ("[report]\npace_cuts = [0, 1, 2]", "6行目 [report]", ["pace_cuts", "大きいものから"]),
        ("[report]\nfragile_points = true", "6行目 [report]", ["fragile_points"]),
        ("[report]\ncards = '備考'", "6行目 [report]", ["cards", "備考"]),
        (
            "[report]\ncards = ['備考']",
            "[report]",
            ["備考", "2022年度のシートにありません", "指標名"],
        ),
        ("[report.2022]\ndate = 1\n[report]\n", "6行目 [report.2022]", ["date"]),
        ("[report.R4]\n", "6行目 [report.R4]", ["R4", "西暦の4桁"]),
        (
            "[published]\nstate = {2022 = 'draft'}\n[report.2022]\nsheet_published = 2023-06-01",
            "8行目 [report.2022]",
            ["sheet_published", "2022年度のシートが draft"],
        ),
        (
            "[[kpi]]\nname = '橋の数'\ndepartment = '土木課'\nkind = 'text'",
            "6行目 [[kpi]]",
            ["reason"],
        ),
    ],
)
def test_mistake_is_named_with_its_line(town, items, where, named):
    with pytest.raises(KpiError) as error:
        town(table_text(BEHIND), f"{PLAN}\n\n{items}\n")
    (problem,) = error.value.problems
    assert problem.startswith(f"data/shiken/plan.toml {where}")
    assert [word for word in named if word not in problem] == []


def test_what_is_of_one_year_says_of_which_once_there_are_two(town):
    sheet = town(table_text(BEHIND), f"{PLAN}[report]\ndate = 2023-06-30\n")
    assert "報告書の日付：2023年6月30日" in report_of(evaluate(sheet)).chapters["document"]
    Path("data/shiken/2023.txt").write_text(table_text(BEHIND), "utf-8")
    with pytest.raises(KpiError, match=r"date は年度によって異なる.*\[report.2023\]"):
        load("shiken", 2022)


def test_document_stands_on_the_first_page_and_in_the_provenance_of_every_edition(town):
    sheet = town(table_text(BEHIND, MET), PLAN + REPORT)
    evaluation = evaluate(sheet)
    report = report_of(evaluation)
    pages = page_texts(build(report))
    assert [said for said in SAID if said not in pages[0]] == []
    assert [number for number, text in enumerate(pages) if MARK not in text] == []
    html = text_of_html(page(report))
    assert [said for said in [*SAID, MARK] if said not in html] == []
    assert "https://example.jp/sheet.txt" in pages[-1] and "企画課" in pages[-1]
    opened = openpyxl.load_workbook(BytesIO(book_of(evaluation)))
    assert {sheet.oddHeader.center.text for sheet in opened} == {f"&B{MARK}"}
    assert SAID[1] in opened.worksheets[1]["A2"].value
    assert opened.properties.created.year == 2023


def test_what_nobody_has_said_is_not_invented(evaluation, pdf):
    """No date, no department; and properties that no one takes for the report's date."""
    pages = "".join(page_texts(pdf))
    assert not re.search(r"担当課：|20\d\d年\d+月\d+日|総合評価", pages)
    metadata = pypdf.PdfReader(BytesIO(pdf)).metadata
    assert metadata.creation_date.date().isoformat() == "1970-01-01"


def test_sheet_of_any_format_travels_in_the_pdf(report, tmp_path):
    files = {f"2022.{end}": bytes(range(256)) for end in ("txt", "md", "csv", "xlsx", "pdf", "ods")}
    path = tmp_path / "report.pdf"
    path.write_bytes(build(report, {}, files))
    reader = pypdf.PdfReader(path)
    assert {name: contents[0] for name, contents in reader.attachments.items()} == files
    kinds = {file.get_object()["/AFRelationship"] for file in reader.root_object["/AF"]}
    assert kinds == {"/Source"}
    must_be_valid(path, "3a")


@pytest.mark.trial
@pytest.mark.parametrize(
    ("given", "whose", "command"),
    [
        ({}, "不安定な割合 30ポイント（plan.toml）", "kpi report kumamoto 2022"),
        (
            {"fragile_points": 50},
            "不安定な割合 50ポイント（標準）",
            "kpi report kumamoto 2022 -p fragile_points 50",
        ),
        (
            {"pace_cuts": [2.0, 1.0, 0.5], "fragile_points": 30},
            "進み方の境 2、1、0.5（この実行での指定）",
            'kpi report kumamoto 2022 -p pace_cuts "[2, 1, 0.5]"',
        ),
    ],
)
def test_threshold_is_the_runs_else_the_plans(project, given, whose, command):
    path = project / "data/kumamoto/plan.toml"
    path.write_text(path.read_text("utf-8") + "\n[report]\nfragile_points = 30\n", "utf-8")
    folder = Path(make_report("kumamoto", 2022, parameters=given))
    html = (folder / "evaluation.html").read_text("utf-8").replace("&#34;", '"')
    assert whose in html and f"<td>{command}</td>" in html


HEADS = f"{HEAD}\t所管課\t今後の対応"
ROWS = [(*BEHIND, "土木課", "点検を増やす"), (*MET, "道路課", "続ける")]


@pytest.mark.parametrize(
    ("declared", "printed"),
    [
        ("", ("土木課", "点検を増やす")),
        ('[[kpi]]\nname = "橋の数"\ndepartment = "橋課"\nnext_step = "直す"\n', ("橋課", "直す")),
    ],
)
def test_card_of_a_kpi_that_is_behind_says_who_does_what_next(town, declared, printed):
    sheet = town(table_text(*ROWS, head=HEADS), PLAN + declared)
    assert [remark.code for remark in sheet.remarks] == []
    evaluation = evaluate(sheet)
    report = report_of(evaluation)
    behind, met = (dict(card["facts"]) for card in report.chapters["cards"])
    assert (behind["担当課"], behind["今後の対応"]) == printed
    assert not {"担当課", "今後の対応"} & met.keys()
    assert all(text in text_of_html(page(report)) for text in printed)
    assert kpis_csv(evaluation.rows)["department"].tolist() == [printed[0], "道路課"]


def test_columns_are_printed_that_are_filled_in_or_asked_for(town):
    sheet = town(table_text((*BEHIND, "", ""), (*MET, "道路課", ""), head=HEADS))
    (table,) = report_of(evaluate(sheet)).chapters["tables"]
    assert [column["header"] for column in table["columns"]][-2:] == ["達成度\n(%)", "所管課"]
    sheet = town(table_text(BEHIND, MET), f'{PLAN}[report]\ncards = ["達成度 (%)"]\n')
    cards = report_of(evaluate(sheet)).chapters["cards"]
    assert [dict(card["facts"])["達成度 (%)"] for card in cards] == ["-25%", "125%"]


@pytest.mark.parametrize("head", [HEAD, HEADS], ids=["new", "there"])
def test_form_asks_who_is_in_charge_and_what_is_done_next(town, head):
    declared = '[[kpi]]\nname = "橋の数"\ndepartment = "土木課"\n'
    rows = [row[: head.count("\t")] for row in ROWS]
    town(table_text(*rows, head=head), PLAN + declared)
    path = Path(make_form("shiken", 2023).path)
    opened = openpyxl.load_workbook(path)
    cells = opened["2023年度"]
    heads = {cell.value: cell.column for row in cells for cell in row if cell.value}
    (first,) = (row[0].row for row in cells if "橋の数" in [cell.value for cell in row])
    department, step = heads.get("担当課") or heads["所管課"], heads["今後の対応"]
    assert [cells.cell(first, at).value for at in (department, step)] == ["土木課", None]
    cells.cell(first, department).value = "橋課"
    cells.cell(first, step).value = "架け替える"
    cells.cell(first, heads["2023年の実績がない理由"]).value = "集計中"
    opened.save(path)
    Path("data/shiken/plan.toml").write_text(PLAN, "utf-8")
    row = load("shiken", 2023).rows().loc[(1, 1)]
    assert (row["department"], row["next_step"]) == ("橋課", "架け替える")


@pytest.mark.trial
@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("ja", "2,620（2018年度）→2,529十億円（2020年度）"),
        ("en", "2,620(FY2018)→2,529billionyen(FY2020)"),
    ],
)
def test_year_stands_beside_its_own_value(own_project, language, printed):
    evaluation = evaluate(load("kumamoto", 2022, language))
    report = report_of(evaluation)
    assert printed in text_of_html(page(report))
    assert printed in page_texts(build(report))[0]
