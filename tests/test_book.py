"""evaluation.xlsx: the sheet as published, its findings where they belong, results beside."""

import io
import re
import shutil
from dataclasses import replace

import openpyxl
import pytest

from kpi_utils import load
from kpi_utils.findings import evaluate
from kpi_utils.frames import CSV_COLUMNS, STATUSES
from kpi_utils.language import speaking
from kpi_utils.output import BOOK
from kpi_utils.report import book
from kpi_utils.sheet import sheet_cells

PLANS = [("kumamoto", 2022), ("kakuu", 2023), ("kakuu", 2024)]


@pytest.fixture(scope="module", params=PLANS, ids=str)
def evaluated(request):
    return evaluate(load(*request.param))


@pytest.fixture(scope="module")
def opened(evaluated):
    content = book(evaluated)
    assert content == book(evaluated)
    return openpyxl.load_workbook(io.BytesIO(content))


def comments(worksheet):
    cells = (cell for row in worksheet.iter_rows() for cell in row if cell.comment)
    return {cell.coordinate: cell.comment.text for cell in cells}


def test_first_worksheet_is_read_as_the_same_sheet(project, evaluated, opened):
    sheet = evaluated.sheet
    folder = project / "data" / sheet.plan.id
    for old in folder.glob(f"{sheet.fiscal_year}.*"):
        old.unlink()
    (folder / f"{sheet.fiscal_year}.xlsx").write_bytes(book(evaluated))
    again = load(sheet.plan.id, sheet.fiscal_year)
    said = "\n".join(comments(opened.worksheets[0]).values())
    for section in sheet.rows["section"].unique():
        read, printed = sheet_cells(again, section), sheet_cells(sheet, section)
        for listing, column in zip(*(read != printed).to_numpy().nonzero(), strict=True):
            # A formula gives something else than was published: a comment says what.
            assert read.columns[column].startswith("達成度")
            assert f"公表値は「{printed.iloc[listing, column]}」" in said
    assert again.commentary["text"].tolist() == sheet.commentary["text"].tolist()
    statuses = evaluate(again).rows["status"].tolist()
    assert statuses == evaluated.rows["status"].tolist()


def test_achievements_are_live_formulas_with_their_results(evaluated, opened):
    content = book(evaluated)
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    formulas = [
        (cell.value, values[cell.coordinate].value)
        for row in opened.worksheets[0].iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(formulas) >= len(evaluated.reproduced) > 0
    assert all(result not in (None, "") for _, result in formulas)


def test_each_finding_is_a_comment_where_its_text_stands(evaluated, opened):
    worksheet = opened.worksheets[0]
    said = comments(worksheet)
    for found in evaluated.findings.itertuples():
        places = [place for place, text in said.items() if found.message in text]
        assert places, found
        if found.text and found.code != "narrative-missing":
            texts = [str(worksheet[place].value) for place in places]
            shown = found.text in texts or any(found.text in text for text in texts)
            # A figure is a number that shows the text; a formula gives it.
            numbers = any(not isinstance(worksheet[place].value, str) for place in places)
            assert shown or numbers or any(text.startswith("=") for text in texts), found
    assert sum(text.count("】") for text in said.values()) >= len(evaluated.findings)


def test_comment_says_what_the_sheet_prints_where_the_formula_differs(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2023年 96 件	86%", "2023年 96 件	80%")
    evaluation = evaluate(load("kumamoto", 2022))
    worksheet = openpyxl.load_workbook(io.BytesIO(book(evaluation))).worksheets[0]
    (told,) = [text for text in comments(worksheet).values() if "公表値は「80%」" in text]
    assert "【注意】公表値の不一致" in told


def test_results_are_numbers_that_show_what_they_are(evaluated, opened):
    worksheet = opened.worksheets[1]
    heads = [cell.value for cell in worksheet[1]]
    assert heads == ["行", "判定", *(name for name in CSV_COLUMNS if name != "kpi")]
    for row, judged in zip(
        worksheet.iter_rows(min_row=2), evaluated.rows.itertuples(), strict=True
    ):
        cells = dict(zip(heads, row, strict=True))
        assert cells["判定"].value == STATUSES[judged.status]
        assert cells["判定"].font.b and cells["判定"].font.color.rgb != "FF000000"
        assert cells["行"].hyperlink.location.startswith(f"'{opened.worksheets[0].title}'!")
        value = cells["achievement"].value
        assert (value is None) == (evaluated.rows.loc[judged.Index, "achievement"] is None) or (
            str(value) == str(judged.achievement).replace("<NA>", "None")
        )
        if judged.actual is not None:
            assert cells["actual"].value == float(judged.actual)
            assert cells["actual"].number_format.startswith("#,##0")
    assert worksheet.freeze_panes == "C2" and worksheet.auto_filter.ref


def test_links_lead_to_the_cells_that_findings_are_about(evaluated, opened):
    first, worksheet = opened.worksheets[0], opened.worksheets[2]
    assert worksheet.max_row == len(evaluated.findings) + 1
    for found, row in zip(
        evaluated.findings.itertuples(), worksheet.iter_rows(min_row=2), strict=True
    ):
        place = row[2].hyperlink.location.rpartition("!")[2]
        assert found.message in first[place].comment.text


def test_each_worksheet_prints_on_a4_with_its_head_on_every_page(opened):
    for worksheet in opened.worksheets:
        setup = worksheet.page_setup
        assert (setup.paperSize, setup.orientation) == (9, "landscape")
        assert worksheet.sheet_properties.pageSetUpPr.fitToPage and not setup.fitToHeight
        assert worksheet.freeze_panes and worksheet.print_title_rows


def test_made_up_data_says_so_in_every_worksheet(evaluated, opened):
    for worksheet in opened.worksheets:
        for text in (worksheet.oddHeader.center.text, worksheet.oddFooter.left.text):
            assert ("架空のデータ" in (text or "")) == evaluated.sheet.made_up
    names = [worksheet.title for worksheet in opened.worksheets[1:]]
    assert all(("架空" in name) == evaluated.sheet.made_up for name in names)


def test_english_workbook_comments_in_english(evaluated):
    sheet = evaluated.sheet
    with speaking("en"):
        content = book(evaluate(load(sheet.plan.id, sheet.fiscal_year)))
    opened = openpyxl.load_workbook(io.BytesIO(content))
    assert opened.worksheets[1].title.startswith("Results by row")
    heads = re.findall(r"^\[(\w+)\] ", "\n".join(comments(opened.worksheets[0]).values()), re.M)
    assert set(heads) <= {"Error", "Warning", "Note"} and len(heads) > 3


def test_texts_that_look_like_formulas_stay_texts(evaluation):
    rows = evaluation.rows.assign(note="=1+1", published="=HYPERLINK(1)")
    opened = openpyxl.load_workbook(io.BytesIO(book(replace(evaluation, rows=rows))))
    cells = [cell for row in opened.worksheets[1].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=HYPERLINK(1)"] == ["s"] * len(rows)


def test_run_leaves_the_workbook(made, evaluation):
    assert (made / BOOK).read_bytes() == book(evaluation)


@pytest.mark.office
def test_libreoffice_computes_what_it_shows_and_keeps_the_comments(evaluated, tmp_path):
    import subprocess

    assert shutil.which("soffice")
    path = tmp_path / "evaluation.xlsx"
    path.write_bytes(book(evaluated))
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, tmp_path / "again", path], check=True, capture_output=True)
    ours, again = (
        openpyxl.load_workbook(file, data_only=True).worksheets[0]
        for file in (path, tmp_path / "again/evaluation.xlsx")
    )
    assert len(comments(again)) == len(comments(ours)) > 0
    for row in ours.iter_rows():
        for cell in row:
            other = again[cell.coordinate].value
            if isinstance(cell.value, int | float):
                assert float(other) == pytest.approx(float(cell.value)), cell.coordinate
