"""Findings that can be taken in (method 6): what says the same of many rows is one entry."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pdfplumber
import pytest
from conftest import PLAN
from test_findings import check
from test_portfolio import by_hand

from kpi_utils import load, tables
from kpi_utils.errors import KpiError
from kpi_utils.frames import FINDINGS
from kpi_utils.judging.entries import entries_of
from kpi_utils.judging.findings import evaluate
from kpi_utils.language import speaking
from kpi_utils.plan import read_plan
from kpi_utils.report import book, build, content, page
from kpi_utils.report.cover import cover
from kpi_utils.running.collection import collect
from kpi_utils.running.form import make_form
from kpi_utils.running.run import make_report

TITLE = "## 試験市 試験計画（架空のデータ）\n\n"
HEAD = "No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n"
TABLE = TITLE + "## (1) 架空の表\n" + HEAD
# The codes of the real sheet, by severity and then by the first line (method 7).
REAL = ["narrative-missing", "wrong-way-target", "narrative-contradicts", "target-year-differs"]
REAL += ["late-data", "fragile-percentage", "target-outgrown", "relisting-unmarked"]


def squeezed(text):
    return re.sub(r"\s", "", text)


def text_of(pdf):
    with pdfplumber.open(BytesIO(pdf)) as document:
        return [squeezed(page.extract_text()) for page in document.pages]


def entry(evaluation, code):
    (found,) = evaluation.entries[evaluation.entries["code"] == code].to_dict("records")
    return found


# ---------------------------------------------------------------- entries


def test_forty_findings_are_eight_entries_the_gravest_first(evaluation):
    assert evaluation.entries["code"].tolist() == REAL
    assert evaluation.entries["entry"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert evaluation.entries["severity"].tolist() == ["warning"] * 3 + ["note"] * 5
    assert len(evaluation.findings) == 40
    for finding in evaluation.findings.itertuples():
        assert REAL[finding.entry - 1] == finding.code


def test_entry_says_once_what_is_off_and_lists_what_differs_with_its_rows(evaluation):
    years = entry(evaluation, "target-year-differs")
    assert years["message"].count("。") == 1
    assert years["details"].split("\n") == [
        "2030年の列に2023年: (1)No.2、3、5、6、7",
        "2030年の列に2024年: (1)No.9",
        "2030年の列に2025年: (1)No.10",
        "2024年の列に2023年: (2)No.1、2、3、4、5、6、7、8、10、11",
        "2024年の列に2025年: (2)No.12",
    ]
    assert years["rows"].startswith("(1)No.2、3、5、6、7、9、10、(2)No.1、2、3")


def test_entry_about_one_kpi_names_it(evaluation):
    assert entry(evaluation, "wrong-way-target")["details"] == "(2)No.10 地下水採取量の削減"
    assert entry(evaluation, "target-outgrown")["details"].startswith("(1)No.3、(2)No.7 販売農家")


def test_entries_are_the_same_in_english(evaluation):
    with speaking("en"):
        other = evaluate(load("kumamoto", 2022)).entries
    for column in ("entry", "code", "severity", "source"):
        assert other[column].equals(evaluation.entries[column])
    assert (
        other["details"].iloc[3].split("\n")[0]
        == "2023 in the column for 2030: (1) No. 2, 3, 5, 6, 7"
    )
    assert not any(re.search("[ぁ-んァ-ヶ]", text) for text in other["message"])


def test_errors_come_first_and_each_of_their_cells_is_seen(town):
    rows = [
        "1\tア\t10 件\t1と2\t20 件\t\n",
        "2\tイ\t10 件\t12 件\t20 件\t20%\n",
        "3\tウ\t3と4\t12 件\t20 件\t\n",
        "4\tエ\t10 件\t12 人\t20 件\t\n",
    ]
    evaluation = evaluate(town(TABLE + "".join(rows)))
    assert evaluation.entries["severity"].tolist() == ["error", "error", "warning"]
    cells = entry(evaluation, "unreadable-cell")["details"].split("\n")
    assert [cell.partition("（")[0] for cell in cells] == [
        "(1)No.1 列「2022年 実績」の「1と2」",
        "(1)No.3 列「当初値」の「3と4」",
    ]
    # The sentence of a single one names the units: its cells are seen all the same.
    assert entry(evaluation, "unit-differs")["details"] == "(1)No.4 「10 件、12 人、20 件」"


def test_one_finding_keeps_its_own_sentence(town):
    evaluation = evaluate(town(TABLE + "1\tア\t10 件\t1と2\t20 件\t\n"))
    found = entry(evaluation, "unreadable-cell")
    assert "列「2022年 実績」の「1と2」が読み取れない表記" in found["message"]
    assert found["details"] == "(1)No.1 ア"


def test_code_without_words_for_several_rows_tells_each_in_full():
    """A kind of finding that is new, or rare: no row loses its sentence."""
    blank = {"code": "encoding", "severity": "note", "kpi": "", "text": "架空", "source": "架空:1"}
    records = [blank | {"rows": f"(1)No.{no}", "message": f"架空の{no}番目の文。"} for no in (1, 2)]
    _, entries = entries_of(records, {})
    assert entries["details"].tolist() == ["架空の1番目の文。: (1)No.1\n架空の2番目の文。: (1)No.2"]


def test_one_code_of_two_severities_is_two_entries():
    blank = {"code": "late-data", "kpi": "", "text": "架空", "source": "架空:1", "rows": "(1)No.1"}
    records = [blank | {"severity": name, "message": "架空。"} for name in ("note", "error")]
    findings, entries = entries_of(records, {})
    assert entries["severity"].tolist() == ["error", "note"]
    assert findings.sort_values("severity")["entry"].tolist() == [1, 2]


# ---------------------------------------------------------------- the commentary


def test_sheet_without_any_commentary_is_told_once(town):
    rows = [f"{no}\t架空の{no}番目の件数\t10 件\t12 件\t20 件\t20%\n" for no in range(1, 31)]
    evaluation = evaluate(town(TABLE + "".join(rows)))
    (found,) = evaluation.findings.to_dict("records")
    assert (found["code"], found["rows"], found["kpi"]) == ("narrative-missing", "―", "")
    assert "記載が1件もない" in found["message"] and "30件" in found["message"]
    assert found["text"] == evaluation.sheet.title and found["source"].endswith("2022.txt:1")


def test_caption_of_a_commentary_without_a_block_is_none(town):
    sheet = town(TABLE + "1\tア\t10 件\t12 件\t20 件\t20%\n\n(2) 評価及び課題等\n")
    assert evaluate(sheet).findings["rows"].tolist() == ["―"]


def test_sheet_without_commentary_whose_kpis_are_met_lacks_nothing(town):
    assert evaluate(town(TABLE + "1\tア\t10 件\t20 件\t20 件\t100%\n")).findings.empty


def test_kpis_without_a_block_beside_others_are_one_entry(town):
    rows = [f"{no}\t架空の{no}番目の件数\t10 件\t12 件\t20 件\t20%\n" for no in (1, 2, 3)]
    blocks = "\n(2) 評価及び課題等\n- 「架空の1番目の件数」【(1)No.1】\n  - ・架空の記載\n"
    found = entry(evaluate(town(TABLE + "".join(rows) + blocks)), "narrative-missing")
    assert found["details"].split("\n") == [
        "架空の2番目の件数: (1)No.2",
        "架空の3番目の件数: (1)No.3",
    ]


# ---------------------------------------------------------------- every edition


def test_every_edition_lists_the_same_eight(project, evaluation, made):
    html = page(evaluation)
    assert len(re.findall('<tr id="finding-', html)) == 8
    listed = openpyxl.load_workbook(BytesIO(book(evaluation)))["指摘"]
    assert [row[0].value for row in listed.iter_rows(min_row=4)] == list(range(1, 9))
    assert len(tables.findings(evaluation)) == 8
    printed = check().stdout.splitlines()
    assert [line[0] for line in printed[:-2] if line[0] != " "] == list("12345678")
    pdf = "".join(text_of((made / "evaluation.pdf").read_bytes()))
    text = squeezed(re.sub("<[^>]*>", "", html))
    for one in evaluation.entries.itertuples():
        for said in (one.message, *one.details.split("\n")):
            assert squeezed(said) in pdf and squeezed(said) in text


def test_csv_keeps_a_line_a_row_with_the_entrys_number_last(evaluation, made):
    text = (made / "findings.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert list(rows[0]) == list(FINDINGS.columns)
    before = ["code", "severity", "rows", "kpi", "text", "message", "source"]
    assert list(rows[0]) == [*before, "entry"]
    assert [int(row["entry"]) for row in rows] == evaluation.findings["entry"].tolist()
    assert len(rows) == 40


def test_report_has_ten_pages_and_half_of_one_lists_the_findings(evaluation):
    with pdfplumber.open(BytesIO(build(evaluation))) as document:
        assert len(document.pages) <= 10
        heads = {
            word["text"]: (number, word["top"])
            for number, sheet in enumerate(document.pages)
            for word in sheet.extract_words()
            if word["text"] in ("指摘の一覧", "判定の方法") and word["bottom"] - word["top"] > 14
        }
        begins, ends = heads["指摘の一覧"], heads["判定の方法"]
        assert begins[0] == ends[0]
        assert ends[1] - begins[1] < document.pages[0].height / 2


def test_english_report_has_twelve_pages_and_its_contents_on_the_first():
    with speaking("en"):
        pages = text_of(build(evaluate(load("kumamoto", 2022))))
    assert len(pages) <= 12
    assert "Sourcesandreproduction" in pages[0]


def test_nothing_is_told_twice_in_card_and_list(evaluation):
    text = "".join(text_of(build(evaluation)))
    for one in evaluation.entries.itertuples():
        assert text.count(squeezed(one.message)) == 1
    html = squeezed(page(evaluation))
    for one in evaluation.entries.itertuples():
        assert html.count(squeezed(one.message)) == 1
    # A card names the entries, by number and kind.
    assert "指摘4目標年度の相違、5古い実績、8再掲の表示なし" in text


def test_first_page_tells_one_cell_of_many_and_where_the_others_are(town):
    rows = [f"{no}\t架空の{no}番目の件数\t10 件\t{no}と2\t20 件\t\n" for no in range(1, 41)]
    (said,) = cover(evaluate(town(TABLE + "".join(rows))))["errors"]
    assert "(1)No.1 列「2022年 実績」の「1と2」" in said and len(said) < 200
    assert "「指摘の一覧」の1に示す。" in said


def test_check_gives_each_cell_in_error_a_line_of_its_own(project, edit):
    path = project / "data/kumamoto/2022.txt"
    edit(path, "2022年度 4 箇所", "2022年度 4ほか 箇所")
    edit(path, "2022年度 66.4 %", "2022年度 66.4ほか %")
    first, *cells, warning = check().stdout.splitlines()[:4]
    assert first.startswith("1 誤り unreadable-cell") and warning.startswith("2 注意")
    assert [cell[4:12] for cell in cells] == ["(2)No.1 ", "(2)No.5 "]


def test_portfolio_counts_the_entries_of_a_report(project):
    make_report("kumamoto", 2022)
    reports = collect()[0]
    assert reports[["error", "warning", "note"]].to_numpy().tolist() == [[0, 3, 5]]


def test_portfolio_reads_findings_of_a_report_without_entries(project):
    folder = Path(make_report("kumamoto", 2022).folder)
    path = project / folder / "findings.csv"
    rows = list(csv.reader(StringIO(path.read_text("utf-8-sig"))))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(row[:-1] for row in rows)
    reports, _, findings, _ = collect()
    assert reports["state"].tolist() == ["done"] and len(findings) == 40


def test_findings_of_one_kind_count_once_in_the_list_of_reports():
    key = {"plan": "a", "fiscal_year": 2022}
    found = [key | {"severity": "note", "code": code} for code in ("late-data", "late-data", "x")]
    assert by_hand([key], findings=found)[0]["note"].tolist() == [2]


# ---------------------------------------------------------------- published, or a draft


LIMIT = "3\t架空の上限\t10 件\t8 件\t20 件以下\t{published}\n"


def test_figure_of_a_limit_is_not_said_to_follow_from_the_plain_formula(town):
    rows = "1\tア\t10 件\t12 件\t20 件\t20%\n2\tイ\t10 件\t13 件\t20 件\t30%\n"
    told = cover(evaluate(town(TABLE + rows + LIMIT.format(published="20%"))))["reconciled"]
    assert "3件のうち、2件が、" in told and "1件（(1)No.3）が、上限・下限の目標の式" in told
    # The other sign is what the plain formula gives, and is said so.
    told = cover(evaluate(town(TABLE + rows + LIMIT.format(published="-20%"))))["reconciled"]
    assert "3件のうち、3件が、" in told and "上限・下限" not in told


def test_sheet_without_limits_says_nothing_of_their_formula(town):
    told = cover(evaluate(town(TABLE + "1\tア\t10 件\t12 件\t20 件\t20%\n")))["reconciled"]
    assert "上限" not in told and "1件のうち、1件が、" in told


def test_sheet_that_is_declared_a_draft_reproduces_nothing(town):
    rows = TABLE + "1\tア\t10 件\t12 件\t20 件\t20%\n"
    drafted = town(rows, PLAN + "[published]\nstate = { 2022 = 'draft' }\n")
    evaluation = evaluate(drafted)
    words = content(evaluation).words
    assert words["reconciled"] == "シートは公表前のものであり、達成度は公表値でない。"
    assert "公表前の進捗評価シート" in words["basis"] and "再現" not in words["reconciled"]
    assert dict(words["provenance"])["　達成度"] == words["reconciled"]
    assert "公表「" not in str(words["cards"])
    # What it prints stays in the table.
    assert evaluation.rows["published"].tolist() == ["20%"]
    # Another year's sheet is none.
    assert not evaluate(town(rows, PLAN + "[published.state]\n2021 = 'draft'\n")).sheet.is_draft


def filled_by_a_program(fiscal_year):
    """The form of Kumamoto with figures put in by openpyxl, which stores no formula's result."""
    path = Path(make_form("kumamoto", fiscal_year).path)
    opened = openpyxl.load_workbook(path)
    for row in opened.worksheets[0].iter_rows(min_row=5):
        for cell in row:
            if cell.fill.fill_type and cell.alignment.horizontal == "right" and cell.value is None:
                before = opened.worksheets[0].cell(cell.row, cell.column - 1).value
                cell.value = before if isinstance(before, int | float) else 9
    opened.save(path)
    return path


def test_form_filled_by_a_program_is_told_once_and_prints_no_formula(project):
    filled_by_a_program(2023)
    evaluation = evaluate(load("kumamoto", 2023))
    assert (evaluation.findings["code"] == "formula-without-result").sum() == 22
    found = entry(evaluation, "formula-without-result")
    assert found["details"] == found["rows"] and "=IF" not in found["message"]
    pages = text_of(build(evaluation))
    assert len(pages) <= 12 and not any("ISNUMBER" in text for text in pages)
    for sheet in openpyxl.load_workbook(BytesIO(book(evaluation))).worksheets:
        texts = [cell for row in sheet for cell in row if cell.comment or cell.data_type == "s"]
        assert not any("ISNUMBER" in str(cell.value) for cell in texts)
        assert not any("ISNUMBER" in cell.comment.text for cell in texts if cell.comment)


def test_figures_of_our_own_form_are_not_published_ones(project):
    filled_by_a_program(2023)
    sheet = load("kumamoto", 2023)
    assert sheet.is_form and sheet.is_draft
    words = content(evaluate(sheet)).words
    assert words["reconciled"] == "達成度は記入用のシートの式による算出であり、公表値でない。"
    assert dict(words["provenance"])["　達成度"] == words["reconciled"]
    with speaking("en"):
        assert "no published figure" in content(evaluate(sheet)).words["reconciled"]


def test_form_that_was_published_can_be_declared_so(project):
    filled_by_a_program(2023)
    with (project / "data/kumamoto/plan.toml").open("a", encoding="utf-8") as file:
        file.write("\n[published.state]\n2023 = 'published'\n")
    sheet = load("kumamoto", 2023)
    assert sheet.is_form and not sheet.is_draft


def test_published_sheet_and_our_workbook_of_it_are_no_drafts(project, evaluation):
    assert not evaluation.sheet.is_draft
    assert ["　達成度", "公表値"] in content(evaluation).words["provenance"]
    (project / "data/kumamoto/2022.txt").unlink()
    (project / "data/kumamoto/2022.xlsx").write_bytes(book(evaluation))
    assert not load("kumamoto", 2022).is_draft


@pytest.mark.parametrize(
    "state",
    [
        "state = 'draft'",
        "state = 3",
        "state = {2023 = 'drafted'}",
        "state = {２０２３ = 'draft'}",
        "state = {'23' = 'draft'}",
        "state = {2023 = ['draft']}",
        "state = {2023 = true}",
        "state = {}\nreason = '架空'",
    ],
)
def test_state_that_is_none_is_named_with_its_line(tmp_path, state):
    path = tmp_path / "plan.toml"
    path.write_text(f"{PLAN}[published]\n{state}\n", "utf-8")
    with pytest.raises(KpiError, match=r"plan\.toml"):
        read_plan(path)


def test_state_stands_beside_a_convention(tmp_path):
    path = tmp_path / "plan.toml"
    declared = "convention = 'ratio'\nreason = '架空'\nstate = {2023 = 'draft', 2022 = 'published'}"
    path.write_text(f"{PLAN}[published]\n{declared}\n", "utf-8")
    assert read_plan(path).states == {"2023": "draft", "2022": "published"}
