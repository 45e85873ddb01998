"""evaluation.xlsx: the sheet as published, our judgement beside it, each finding at its cell."""

import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pdfplumber
import pytest
from conftest import PLAN, book_of, entries_in, findings_of
from test_form import HEAD, SHEETS, TITLE, reads, same

from kpi_utils import evaluate, judge, load
from kpi_utils.cells.heads import head_of
from kpi_utils.frames import columns_of
from kpi_utils.judging.achievement import percent_text
from kpi_utils.report.book import finding_places
from kpi_utils.running.output import BOOK
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.words import JAPANESE
from kpi_utils.workbooks.layout import layout


@pytest.fixture(scope="module")
def path(tmp_path_factory, evaluation):
    """The workbook of Kumamoto, in a file."""
    path = tmp_path_factory.mktemp("book") / "evaluation.xlsx"
    path.write_bytes(book_of(evaluation))
    return path


@pytest.fixture(scope="module")
def opened(path):
    return openpyxl.load_workbook(path)


@pytest.fixture
def written(tmp_path):
    """A function that writes an evaluation's workbook into a file."""

    def write(evaluation) -> Path:
        path = tmp_path / "evaluation.xlsx"
        path.write_bytes(book_of(evaluation))
        return path

    return write


def own_cells(path, head="算出（本報告書）"):
    """算出 and 判定 of the first worksheet as a program shows them, row by row."""
    page = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    at = next(cell.column for row in page for cell in row if cell.value == head)
    pairs = [(row[at - 1].value, row[at].value) for row in page if row[at].value]
    return [
        (percent_text(round(share * 100)) if isinstance(share, int | float) else share, word)
        for share, word in pairs
        if share != head
    ]


def as_judged(rows, words=JAPANESE):
    """The same by the judgement itself."""
    statuses = words.of("status")
    return [(percent_text(row.achievement), statuses[row.status]) for row in rows.itertuples()]


def comments(path):
    """The text of each comment by its cell, of the first worksheet."""
    page = openpyxl.load_workbook(path).worksheets[0]
    return {cell.coordinate: cell.comment.text for row in page for cell in row if cell.comment}


def place_of(evaluation, code):
    """What stands in the worksheet where each finding of a kind is said."""
    made = layout(evaluation.sheet)
    places = finding_places(evaluation, made)
    return [
        (place, made.text(place))
        for place, found in zip(places, evaluation.findings["code"], strict=True)
        if found == code
    ]


def test_copied_into_data_it_is_the_sheet(project, sheet, evaluation, path):
    (project / "data/kumamoto/2022.txt").unlink()
    path = shutil.copy(path, project / "data/kumamoto/2022.xlsx")
    back = load("kumamoto", 2022)
    assert same(sheet, back) and back.columns.equals(sheet.columns)
    assert judge(back.rows(), back.plan)["status"].equals(evaluation.rows["status"])
    # Saved by a program that does not calculate, it has lost what is ours, and nothing else.
    openpyxl.load_workbook(path).save(path)
    assert same(sheet, load("kumamoto", 2022))


def test_judgement_is_live_and_as_computed(path, opened, evaluation):
    page = opened.worksheets[0]
    shown = [page[place].value for place in ("I6", "K4", "L4", "K29", "L29")]
    # A target in words is judged by no formula.
    assert shown == [-126, "算出（本報告書）", "判定（本報告書）", "―", "達成"]
    assert reads(page["K6"]) == reads(page["L6"]) == {"D6", "E6", "H6"}
    assert own_cells(path) == as_judged(evaluation.rows)
    # The word decides the colour, so that both follow the figures.
    (area,) = page.conditional_formatting
    assert (str(area.sqref), len(area.rules)) == ("L5:L30", 14)
    colours = {rule.formula[0]: rule.dxf.fill.bgColor.rgb for rule in area.rules}
    assert colours['"後退"'] == "FFB3400A"


def test_published_figure_stays_and_one_that_is_to_come_leaves_the_status_to_us(town, written):
    sheet = town(TITLE + HEAD + "1\tア\t10 件\t12 件\t20 件\t30%\n2\tイ\t1 件\t1 件\t2 件\t0%\n")
    path = written(evaluate(sheet))
    page = openpyxl.load_workbook(path).worksheets[0]
    assert (page["F4"].value, page["F4"].number_format) == (30, '0"%"')
    assert own_cells(path) == [("20%", "前進"), ("0%", "横ばい")]
    assert "公表の達成度30%に対し" in comments(path)["F4"]
    # A formula would say 前進 of a final figure that does not reach the target.
    head = HEAD.replace("2030年(目標値)", "2022年(目標値)").replace(
        "2022年\t", "2021年\t2022年\t", 1
    )
    path = written(evaluate(town(TITLE + head + "1\tア\t10 件\t12 件\t集計中\t20 件\t20%\n")))
    assert openpyxl.load_workbook(path).worksheets[0]["J4"].value == "前進"


def test_every_finding_is_said_at_its_cell_in_a_comment_large_enough(path, evaluation, opened):
    said = comments(path)
    assert sum(text.count("\n\n") + 1 for text in said.values()) == len(evaluation.findings)
    assert said["E6"].startswith("参考　古い実績\n2022年の欄の実績が、2年前の2020年度の値")
    for number, rows in enumerate(opened["指摘"]["E"][3:], 4):
        assert opened["指摘"].row_dimensions[number].height >= 15 * len(rows.value.split("\n"))
    kinds = [text.partition("\n")[0] for text in said["H7"].split("\n\n")]
    assert kinds == ["参考　目標年度の相違", "参考　超過した目標"]
    assert said["I7"].startswith("参考　不安定な割合")
    assert said["A33"].startswith("注意　記載との矛盾")
    page = opened.worksheets[0]
    found = [cell.comment for row in page for cell in row if cell.comment]
    assert {comment.author for comment in found} == {"kpi_utils"}
    with zipfile.ZipFile(path) as parts:
        drawn = parts.read("xl/drawings/vmlDrawing1.vml").decode()
    boxes = re.findall(r"width:([\d.]+)pt;height:([\d.]+)pt", drawn)
    for comment, box in zip(found, boxes, strict=True):
        width, height = map(float, box)
        # Letters of 9 points, in lines of 12, within a margin.
        lines = sum(-(-len(line) // ((width - 8) // 9)) for line in comment.text.split("\n"))
        assert 12 * lines + 4 <= height <= 15 * lines + 30, comment.text


@pytest.mark.parametrize(
    ("row", "code", "columns"),
    [
        ("10 件\t12 人\t20 件\t20%", "unit-differs", [1]),
        ("10 位\t9 位\t5位以上\t", "direction-unclear", [4]),
        ("10 件\t－\t20 件\t", "not-judged", [3]),
        ("10 件\t12 件\t\t", "not-judged", [4]),
        ("10 件\t12 件\t20 件\t30%", "published-differs", [5]),
        ("10 件\t12 件（速報値）\t20 件\t20%", "provisional-data", [3]),
        ("0 件\t1200 件\t20 件\t", "figure-jumps", [3]),
        ("10 件\t8 件\t20 件以下\t", "wrong-way-target", [4]),
        # Each of the cells with the same text has its own.
        ("1と2\t1と2\t1と2\t", "unreadable-cell", [2, 4, 3]),
    ],
)
def test_finding_stands_in_the_column_that_it_is_about(town, row, code, columns):
    evaluation = evaluate(town(f"{TITLE}{HEAD}1\tア\t{row}\n"))
    assert [place for place, _ in place_of(evaluation, code)] == [(3, at) for at in columns]


def test_finding_about_a_table_or_the_file_stands_at_its_heading(town, project):
    captioned = TITLE + "## (1) 架空の表\n" + HEAD + "2\tア\t10 件\t12 件\t20 件\t20%\n"
    assert place_of(evaluate(town(captioned)), "row-missing") == [((2, 0), "(1) 架空の表")]
    path = project / "data/shiken/2022.txt"
    path.write_bytes(path.read_text("utf-8").encode("cp932"))
    evaluation = evaluate(load("shiken", 2022))
    ((place, text),) = place_of(evaluation, "encoding")
    assert (place, text) == ((0, 0), evaluation.sheet.title)
    # Of a sheet without any commentary it is said once, and of no row.
    assert place_of(evaluation, "narrative-missing") == [((0, 0), evaluation.sheet.title)]


def test_tidy_rows_are_those_of_kpis_csv_and_a_notebooks_workbook_is_the_same(path, opened, made):
    tidy = pd.read_excel(path, sheet_name="整然データ", header=3)
    published = pd.read_csv(made / "kpis.csv", encoding="utf-8-sig")
    assert list(tidy.columns) == list(published.columns) == list(columns_of("kpis-csv"))
    for name in tidy:
        for ours, theirs in zip(tidy[name], published[name], strict=True):
            number = re.fullmatch(r"-?\d+(\.\d+)?", str(theirs))
            assert (float(ours) == float(theirs)) if number else str(ours) == str(theirs)
    page = opened["整然データ"]
    assert [page.cell(6, at).number_format for at in (6, 7, 14)] == [
        "0",
        "#,##0",
        '#,##0"%";"−"#,##0"%"',
    ]
    assert (page["G5"].value, page["G5"].number_format) == (32.1, "#,##0.0")
    assert (made / BOOK).read_bytes() == path.read_bytes()


def test_findings_lead_to_their_cells_and_worksheets_print_with_heads(path, opened, evaluation):
    page, said = opened["指摘"], comments(path)
    rows = list(page.iter_rows(min_row=4))
    entries, found = entries_in(evaluation), findings_of(evaluation)
    assert len(rows) == len(entries) == 8
    for row, entry in zip(rows, entries.itertuples(), strict=True):
        assert [cell.value for cell in row[:1]] == [entry.entry]
        assert (row[2].value, row[3].value) == (JAPANESE.of("finding")[entry.code], entry.message)
        assert row[5].hyperlink.location == f"'2022年度'!{row[5].value}"
        # Each of its findings has a comment in one of the cells that are named.
        cells = [row[5].value, *filter(None, (row[6].value or "").split("、"))]
        for message in found.loc[found["entry"] == entry.entry, "message"]:
            assert any(message in said[cell] for cell in cells)
    assert opened.sheetnames == ["2022年度", "整然データ", "指摘", "取組別の状況"]
    for page in opened:
        assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert page.oddFooter.left.text == f"{page.title}　熊本市 第2期SDGs未来都市計画"
        assert page.oddFooter.right.text == "&P / &N"
        assert page.oddHeader.center.text is None
    heads = [(page.freeze_panes, page.print_title_rows, page.auto_filter.ref) for page in opened]
    assert heads == [
        ("D1", "$1:$1", None),
        ("E5", "$1:$4", "A4:AD26"),
        ("A4", "$1:$3", "A3:G11"),
        ("B4", "$1:$3", "A3:F10"),
    ]


def test_odd_texts_are_cut_or_stay_as_they_are(town, written):
    """What no cell holds, an ampersand in a footer, and what looks like a formula or an address."""
    title = TITLE.replace("試験計画", "S&P計画") + "## (1) 架空の表\n" + HEAD
    row = "1\t=1+1\t1 件\t2 件\t3 件\thttp://x.jp\n"
    block = f"\n(2) 評価及び課題等\n- 見出し【(1)No.1】\n  - {'長' * 40000}\n"
    sheet = town(title + row + block, PLAN.replace("試験計画", "S&P計画"))
    pages = openpyxl.load_workbook(written(evaluate(sheet))).worksheets
    assert pages[0].oddFooter.left.text == "2022年度　試験市 S&&P計画"
    cells = [cell for page in pages for row in page for cell in row]
    long = next(cell.value for cell in cells if str(cell.value).startswith("長長"))
    assert len(long) == 32_767 and long.endswith("全文は元のシートを参照）")
    for text in ("=1+1", "http://x.jp"):
        found = [cell for cell in cells if cell.value == text]
        assert len(found) > 1
        assert {(cell.data_type, cell.hyperlink) for cell in found} == {("s", None)}


@pytest.mark.trial
@pytest.mark.parametrize(
    ("plan", "year", "language"),
    [("kakuu", 2024, "ja"), ("kakuu", 2024, "en"), ("kumamoto", 2022, "en")],
)
def test_workbook_speaks_the_language_and_reads_back(project, written, plan, year, language):
    evaluation = evaluate(load(plan, year, language))
    path, sheet, words = written(evaluation), evaluation.sheet, evaluation.sheet.words
    pages = openpyxl.load_workbook(path).worksheets
    names = [words.say(key) for key in ("book.rows", "book.findings", "page.initiatives")]
    assert [page.title for page in pages] == [words.say("book.sheet", year=year), *names]
    name = f"{words.translated(sheet.plan.municipality)} {words.translated(sheet.plan.name)}"
    assert all(page.oddFooter.left.text == f"{page.title}　{name}" for page in pages)
    # The sheet itself stays as published, or it could not be read as one.
    titles = [sheet.title, *[words.translated(sheet.title)] * 3]
    assert [page["A1"].value for page in pages] == titles
    links = {cell.hyperlink.location.split("!")[0] for cell in pages[2]["F"][3:]}
    assert links == {f"'{pages[0].title}'"}
    # That figures are made up is said on every worksheet.
    marks = [words.say("cover.made_up") in str(page.oddHeader.center.text) for page in pages]
    assert marks == [sheet.made_up] * 4
    for role in ("achievement", "status"):
        assert head_of(words.say(f"book.{role}")).kinds == (f"own_{role}",)
    said = comments(path).values()
    for message in findings_of(evaluation)["message"]:
        assert any(message in text for text in said)
    shown = own_cells(path, words.say("book.achievement"))
    assert shown == as_judged(evaluation.rows, words)
    assert same(sheet, read_sheet(path, sheet.plan, year))


@pytest.mark.office
@pytest.mark.parametrize(("plan", "year"), [("kumamoto", 2022), ("kakuu", 2023), ("kakuu", 2024)])
def test_libreoffice_computes_judges_and_prints(
    project, written, calculated, converted, plan, year
):
    evaluation = evaluate(load(plan, year))
    path = written(evaluation)
    computed = calculated(path)
    assert own_cells(computed) == as_judged(evaluation.rows)
    assert comments(computed) == comments(path)
    assert same(evaluation.sheet, read_sheet(computed, evaluation.sheet.plan, year))
    with pdfplumber.open(converted(path, "pdf")) as document:
        for page in document.pages:
            assert (round(page.width), round(page.height)) == (842, 595)
            text = page.extract_text()
            assert evaluation.sheet.title[:10] in text and f"/ {len(document.pages)}" in text
            assert ("架空のデータ" in text) == evaluation.sheet.made_up


@pytest.mark.office
@pytest.mark.parametrize("name", SHEETS)
def test_made_up_sheet_reads_back_whole_and_libreoffice_judges_it_as_we_do(
    town, written, calculated, name
):
    evaluation = evaluate(town(SHEETS[name]))
    sheet, path = evaluation.sheet, written(evaluation)
    assert same(sheet, read_sheet(path, sheet.plan, 2022))
    assert own_cells(path) == as_judged(evaluation.rows)
    assert own_cells(calculated(path)) == as_judged(evaluation.rows)
