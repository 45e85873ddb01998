"""Texts of a sheet in the CSV files that a report leaves: no spreadsheet calculates them."""

import csv
import io

import pandas as pd
import pytest
from conftest import findings_of
from hypothesis import given
from hypothesis import strategies as st

from kpi_utils import evaluate
from kpi_utils.running.csv_cells import csv_bytes, guarded, unguarded
from kpi_utils.running.exports import kpis_csv
from kpi_utils.running.records import Run, note, read_runs

TITLE = "## 試験市 試験計画（架空のデータ）\n"
HEAD = "No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n"
# As text, these begin a formula.
FORMULAS = ["=1+1", "+81-3-0000", "-5 件", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "--", "-1+1"]
FORMULAS += [
    *("＝1+1", "＋1+1", "＠A1", "－5 件", "'=1", "''-1 件", '=HYPERLINK("http://example.com")')
]
PLAIN = ["", "－", "−126", "-126", "-126%", "+3.5", "-1,126", "0", "達成", "'98", "a=b", "▲5 件"]
PLAIN += [-126, 1.5, None]


@pytest.mark.parametrize("cell", [*FORMULAS, *PLAIN])
def test_text_that_a_spreadsheet_would_calculate_stands_behind_an_apostrophe(cell):
    """Numbers and other texts stand as they are."""
    assert guarded(cell) == (f"'{cell}" if cell in FORMULAS else cell)


@given(st.text(alphabet="=+-@'\t\r\n＝－5件 ,.%a"))
def test_guarded_text_is_read_back(text):
    assert unguarded(guarded(text)) == text


def test_tables_of_a_report_have_no_formula_and_are_read_back(town):
    row = "1\t=2+3\t2020年度 10 件\t-5 件\t2030年 20 件\t-150%"
    evaluation = evaluate(town(f"{TITLE}{HEAD}{row}\n"))
    # What is drawn on to the target's year has signs of its own.
    figures = kpis_csv(evaluation.rows).loc[:, :"pace_word"]
    for table in (figures, findings_of(evaluation)):
        written = csv_bytes(table).decode("utf-8-sig")
        cells = [cell for line in csv.reader(io.StringIO(written, "")) for cell in line]
        assert not [cell for cell in cells if cell[:1] in tuple("=+@\t\r")]
        assert {cell for cell in cells if cell[:1] == "-"} <= {"-5", "-150", "-150%"}
        back = pd.read_csv(io.StringIO(written), dtype=str, keep_default_na=False).map(unguarded)
        texts = table.select_dtypes("str")
        assert back[list(texts)].to_numpy().tolist() == texts.to_numpy().tolist()
    (line,) = csv.DictReader(csv_bytes(kpis_csv(evaluation.rows)).decode("utf-8-sig").splitlines())
    assert (line["name"], line["actual"], line["achievement"]) == ("'=2+3", "-5", "-150")


def test_manifest_is_guarded_too(tmp_path):
    run = Run("=plan", 2022, "failed", error="-5 件が読めません。")
    note(tmp_path, [run])
    content = (tmp_path / "manifest.csv").read_text("utf-8-sig")
    assert "'=plan,2022,failed,,,,'-5 件が読めません。" in content
    assert read_runs(tmp_path) == [run]
