"""Texts of a sheet in the CSV files that a report leaves: no spreadsheet calculates them."""

import csv
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import evaluate, load
from kpi_utils.frames import CSV_COLUMNS
from kpi_utils.report import book
from kpi_utils.running.collection import _table
from kpi_utils.running.csv_cells import csv_bytes, guarded, unguarded
from kpi_utils.running.manifest import Manifest, Run, read_runs, write_runs

# As text, these begin a formula.
FORMULAS = ["=1+1", "+81-3-0000", "-5 件", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "--", "-1+1"]
FORMULAS += [
    "＝1+1",
    "＋1+1",
    "＠A1",
    "－5 件",
    "'=1",
    "''-1 件",
    '=HYPERLINK("http://example.com")',
]
PLAIN = ["", "－", "−126", "-126", "-126%", "+3.5", "-1,126", "0", "達成", "'98", "a=b", "▲5 件"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_calculate_stands_behind_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("cell", [*PLAIN, -126, 1.5, None])
def test_numbers_and_other_texts_stand_as_they_are(cell):
    assert guarded(cell) == cell


@given(st.text(alphabet="=+-@'\t\r\n＝－5件 ,.%a"))
def test_guarded_text_is_read_back(text):
    assert unguarded(guarded(text)) == text


def test_tables_of_a_report_have_no_formula_and_are_read_back(town, tmp_path):
    row = "1\t=2+3\t2020年度 10 件\t-5 件\t2030年 20 件\t-150%"
    sheet = town(
        "## 試験市 試験計画（架空のデータ）\n"
        f"No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n{row}\n"
    )
    evaluation = evaluate(sheet)
    tables = {"kpis": evaluation.listings(), "findings": evaluation.findings}
    for name, table in tables.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(csv_bytes(table))
        assert csv_bytes(table) == path.read_bytes()
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [cell for cell in cells if cell[:1] in tuple("=+@\t\r")]
        assert {cell for cell in cells if cell[:1] == "-"} <= {"-5", "-150", "-150%"}
        read, _ = _table(path, list(table))
        text = [name for name in table if table[name].dtype == "str"]
        assert [[line[name] for name in text] for line in read] == table[text].values.tolist()
    (kpi,) = _table(tmp_path / "kpis.csv", CSV_COLUMNS)[0]
    assert (kpi["name"], kpi["actual"], kpi["achievement"]) == ("=2+3", "-5", "-150")


def test_workbook_of_a_report_has_the_sheets_words_as_text(town):
    row = "1\t=2+3\t2020年度 10 件\t12 件\t2030年 20 件\t20%"
    head = "No\t指標名 ※=1+1\t当初値\t2022年\t2030年(目標値)\t達成度 (%)"
    evaluation = evaluate(town(f"## 試験市 試験計画（架空のデータ）\n{head}\n{row}\n"))
    book_of = openpyxl.load_workbook(io.BytesIO(book(evaluation)))
    cells = [cell for sheet in book_of for line in sheet.iter_rows() for cell in line]
    texts = [cell for cell in cells if cell.value == "=2+3"]
    assert texts and {cell.data_type for cell in texts} == {"s"}


def test_manifest_is_guarded_too(tmp_path):
    run = Run("=plan", 2022, "failed", error="-5 件が読めません。")
    write_runs(tmp_path, [run])
    Manifest(tmp_path).write()
    content = (tmp_path / "manifest.csv").read_text("utf-8-sig")
    assert "'=plan,2022,failed,,,,'-5 件が読めません。" in content
    assert read_runs(tmp_path) == [run]


def test_kumamoto_has_no_guard():
    evaluation = evaluate(load("kumamoto", 2022))
    assert b",'" not in csv_bytes(evaluation.listings()) + csv_bytes(evaluation.findings)
