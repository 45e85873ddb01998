"""Findings that can be taken in (method 6): what says the same of many rows is one entry."""

import re
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from conftest import (
    PLAN,
    book_of,
    entries_in,
    findings_of,
    page_texts,
    pdf_of,
    report_of,
    squeezed,
    table_text,
    text_of_html,
)
from test_findings import check
from test_form import filled as filled

from kpi_utils import evaluate, load, make_report, tables
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import finding
from kpi_utils.report import page
from kpi_utils.running.collection import collect
from kpi_utils.showing.entries import entries_of, findings_csv
from kpi_utils.words import JAPANESE, Message

# The codes of the real sheet, by severity and then by the first line (method 7).
REAL = ["narrative-missing", "wrong-way-target", "narrative-contradicts", "target-year-differs"]
REAL += ["late-data", "fragile-percentage", "target-outgrown", "relisting-unmarked"]
ROW = ("架空の件数", "10 件", "12 件", "20 件", "20%")


NO_KPI = pd.DataFrame({"label": []})


def many(count, actual="12 件", published="20%"):
    return [
        (f"架空の{no}番目の件数", "10 件", actual.format(no), "20 件", published)
        for no in range(1, count + 1)
    ]


def entry(evaluation, code):
    (found,) = entries_in(evaluation).query("code == @code").to_dict("records")
    return found


# -- Entries.


def test_real_sheets_entries_in_both_languages(evaluation, project):
    entries = entries_in(evaluation)
    assert entries["code"].tolist() == REAL
    assert entries["entry"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert entries["severity"].tolist() == ["warning"] * 3 + ["note"] * 5
    found = findings_of(evaluation)
    assert len(found) == 40
    assert [REAL[number - 1] for number in found["entry"]] == found["code"].tolist()
    years = entry(evaluation, "target-year-differs")
    assert years["message"].count("。") == 1
    assert years["details"].split("\n") == [
        "2030年の列に2023年：(1)No.2、3、5、6、7",
        "2030年の列に2024年：(1)No.9",
        "2030年の列に2025年：(1)No.10",
        "2024年の列に2023年：(2)No.1、2、3、4、5、6、7、8、10、11",
        "2024年の列に2025年：(2)No.12",
    ]
    assert years["rows"].startswith("(1)No.2、3、5、6、7、9、10、(2)No.1、2、3")
    # About one KPI, it names it.
    assert entry(evaluation, "wrong-way-target")["details"] == "(2)No.10 地下水採取量の削減"
    assert entry(evaluation, "target-outgrown")["details"].startswith("(1)No.3、(2)No.7 販売農家")
    entries, other = entries_in(evaluation), entries_in(evaluate(load("kumamoto", 2022, "en")))
    same = ["entry", "code", "severity", "source"]
    assert other[same].equals(entries[same])
    line = other["details"].iloc[3].split("\n")[0]
    assert line == "2023 in the column for 2030: (1) No. 2, 3, 5, 6, 7"
    assert not any(re.search("[ぁ-んァ-ヶ]", text) for text in other["message"])


def test_errors_come_first_and_each_of_their_cells_is_seen_and_named(evaluated):
    evaluation = evaluated(
        ("ア", "10 件", "1と2", "20 件", ""),
        ("イ", "10 件", "12 件", "20 件", "20%"),
        ("ウ", "3と4", "12 件", "20 件", ""),
        ("エ", "10 件", "12 人", "20 件", ""),
    )
    assert entries_in(evaluation)["severity"].tolist() == ["error", "error", "warning"]
    cells = entry(evaluation, "unreadable-cell")["details"].split("\n")
    assert [cell.partition("（")[0] for cell in cells] == [
        "(1)No.1 列「2022年 実績」の「1と2」",
        "(1)No.3 列「当初値」の「3と4」",
    ]
    # The sentence of a single one names the units: its cells are seen all the same.
    assert entry(evaluation, "unit-differs")["details"] == "(1)No.4 「10 件、12 人、20 件」"
    found = entry(evaluated(("ア", "10 件", "1と2", "20 件", "")), "unreadable-cell")
    assert "列「2022年 実績」の「1と2」が読み取れない表記" in found["message"]
    assert found["details"] == "(1)No.1 ア"
    cells = ("500 人", "430 人", "480 人", "")
    found = entry(
        evaluated(("架空の団員数", *cells), ("架空の会員数", *cells)), "direction-unclear"
    )
    first, second = found["details"].split("\n")
    assert first.startswith('(1)No.1 「480 人」 name = "架空の団員数"')
    assert second.startswith('(1)No.2 「480 人」 name = "架空の会員数"')


def test_code_of_two_severities_is_two_entries_and_one_without_words_tells_each_in_full():
    """A kind of finding that is new, or rare: no row loses its sentence."""
    says = [Message("unit.points", (("number", no),)) for no in (1, 2)]
    found = [finding("encoding", [(1, 1)], "架空", "架空:1", message=message) for message in says]
    (details,) = entries_of(typed("findings", found), NO_KPI, JAPANESE)["details"]
    assert details == "1ポイント：(1)No.1\n2ポイント：(1)No.1"
    record = finding("late-data", [(1, 1)], "架空", "架空:1", message=Message("role.actual"))
    found = typed("findings", [record | {"severity": name} for name in ("note", "error")])
    assert entries_of(found, NO_KPI, JAPANESE)["severity"].tolist() == ["error", "note"]
    assert findings_csv(found, JAPANESE)["entry"].tolist() == [2, 1]


# -- The commentary.


def test_commentary_that_is_missing_is_told_once_and_kpis_without_a_block_together(evaluated, town):
    evaluation = evaluated(*many(30))
    (found,) = findings_of(evaluation).to_dict("records")
    assert (found["code"], found["rows"], found["kpi"]) == ("narrative-missing", "―", "")
    assert "記載が1件もない" in found["message"] and "30件" in found["message"]
    assert found["text"] == evaluation.sheet.title and found["source"].endswith("sheet.txt:1")
    assert evaluated((*ROW[:2], "20 件", "20 件", "100%")).findings.empty
    found = evaluated(*many(3), blocks=["「架空の1番目の件数」【(1)No.1】"])
    details = entry(found, "narrative-missing")["details"].split("\n")
    assert details == ["架空の2番目の件数：(1)No.2", "架空の3番目の件数：(1)No.3"]
    evaluation = evaluate(town(table_text(ROW) + "\n(2) 評価及び課題等\n"))
    assert findings_of(evaluation)["rows"].tolist() == ["―"]


# -- Every edition.


@pytest.mark.trial
def test_notebook_pdf_and_page_list_the_same_eight_and_each_once(evaluation, report, pdf):
    assert len(tables.findings_table(evaluation.findings, evaluation.kpis)) == 8
    texts = ["".join(page_texts(pdf)), text_of_html(page(report))]
    for one in entries_in(evaluation).itertuples():
        assert [text.count(squeezed(one.message)) for text in texts] == [1, 1]
        assert all(squeezed(line) in text for line in one.details.split("\n") for text in texts)


@pytest.mark.trial
def test_report_has_ten_pages_and_the_english_one_twelve(pdf, project):
    assert len(page_texts(pdf)) <= 10
    pages = page_texts(pdf_of(evaluate(load("kumamoto", 2022, "en"))))
    assert len(pages) <= 12
    assert "Sourcesandreproduction" in pages[0]


def test_first_page_tells_one_cell_of_many_and_where_the_others_are(evaluated):
    (error,) = report_of(evaluated(*many(40, "{}と2", ""))).chapters["errors"]
    assert "(1)No.1 列「2022年 実績」の「1と2」" in error and len(error) < 200
    assert "「指摘の一覧」の1に示す。" in error


def test_check_gives_each_cell_in_error_a_line_of_its_own(project, edit):
    path = project / "data/kumamoto/2022.txt"
    edit(path, "2022年度 4 箇所", "2022年度 4ほか 箇所")
    edit(path, "2022年度 66.4 %", "2022年度 66.4ほか %")
    run = check()
    assert run.returncode == 1 and "Traceback" not in run.stderr
    first, *cells, warning = run.stdout.partition("\n\n")[2].splitlines()[:4]
    assert first.startswith("1 誤り unreadable-cell") and warning.startswith("2 注意")
    assert [cell[4:12] for cell in cells] == ["(2)No.1 ", "(2)No.5 "]


@pytest.mark.trial
def test_portfolio_counts_the_entries_of_a_report(project):
    make_report("kumamoto", 2022)
    reports, _, findings, _ = collect()
    assert reports[["error", "warning", "note"]].to_numpy().tolist() == [[0, 3, 5]]
    assert reports["state"].tolist() == ["done"] and len(findings) == 40


# -- Published, or a draft.


def test_figure_of_a_limit_is_not_said_to_follow_from_the_plain_formula(evaluated):
    def reconciled(*figures):
        rows = [
            ("ア", "10 件", "12 件", "20 件", "20%"),
            ("イ", "10 件", "13 件", "20 件", "30%"),
            *(("架空の上限", "10 件", "8 件", "20 件以下", figure) for figure in figures),
        ]
        return report_of(evaluated(*rows)).chapters["reconciled"]

    told = reconciled("20%")
    assert "3件のうち、2件が、" in told and "1件（(1)No.3）が、上限・下限の目標の式" in told
    # The other sign is what the plain formula gives, and is said so.
    told = reconciled("-20%")
    assert "達成度3件は、算式" in told and "上限・下限" not in told
    told = reconciled()
    assert "上限" not in told and "達成度2件は、算式" in told


def test_draft_reproduces_nothing_and_our_book_is_none(town, project, evaluation, report):
    text = table_text(ROW)
    draft = evaluate(town(text, PLAN + "[published]\nstate = { 2022 = 'draft' }\n"))
    words = report_of(draft).chapters
    assert words["reconciled"] == "シートは公表前のものであり、達成度は公表値でない。"
    assert "公表前の進捗評価シート" in words["basis"] and "再現" not in words["reconciled"]
    assert dict(words["provenance"])["　達成度"] == words["reconciled"]
    assert "公表「" not in str(words["cards"])
    # What it prints stays in the table.
    assert draft.rows["published"].tolist() == ["20%"]
    # Another year's sheet is none.
    assert not town(text, PLAN + "[published.state]\n2021 = 'draft'\n").is_draft
    assert not evaluation.sheet.is_draft
    assert ["　達成度", "公表値"] in report.chapters["provenance"]
    (project / "data/kumamoto/2022.txt").unlink()
    (project / "data/kumamoto/2022.xlsx").write_bytes(book_of(evaluation))
    assert not load("kumamoto", 2022).is_draft


@pytest.mark.trial
@pytest.mark.usefixtures("filled")
def test_form_filled_by_a_program_is_told_once_and_is_a_draft_unless_declared_published(project):
    """openpyxl stores no formula's result."""
    evaluation = evaluate(load("kumamoto", 2023))
    assert len(findings_of(evaluation, "formula-without-result")) == 22
    found = entry(evaluation, "formula-without-result")
    assert found["details"] == found["rows"] and "=IF" not in found["message"]
    pages = page_texts(pdf_of(evaluation))
    assert len(pages) <= 12 and not any("ISNUMBER" in text for text in pages)
    for sheet in openpyxl.load_workbook(BytesIO(book_of(evaluation))).worksheets:
        texts = [cell for row in sheet for cell in row if cell.comment or cell.data_type == "s"]
        assert not any("ISNUMBER" in str(cell.value) for cell in texts)
        assert not any("ISNUMBER" in cell.comment.text for cell in texts if cell.comment)
    evaluation = evaluate(load("kumamoto", 2023))
    assert evaluation.sheet.is_form and evaluation.sheet.is_draft
    words = report_of(evaluation).chapters
    assert words["reconciled"] == "達成度は記入用のシートの式による算出であり、公表値でない。"
    assert dict(words["provenance"])["　達成度"] == words["reconciled"]
    english = evaluate(load("kumamoto", 2023, "en"))
    assert "no published figure" in report_of(english).chapters["reconciled"]
    with (project / "data/kumamoto/plan.toml").open("a", encoding="utf-8") as file:
        file.write("\n[published.state]\n2023 = 'published'\n")
    sheet = load("kumamoto", 2023)
    assert sheet.is_form and not sheet.is_draft
