"""A whole run: what lands in the folder, bad input, nothing lost."""

import builtins
import csv
import io
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import papermill
import pytest
from conftest import FILES, HEAD, contents, findings_of, table_text
from hypothesis import given
from hypothesis import strategies as st
from papermill.exceptions import PapermillExecutionError

from kpi_utils import KpiError, check_parameters, evaluate, load, make_report, write_report
from kpi_utils.running.csv_cells import csv_bytes, guarded, unguarded
from kpi_utils.running.exports import kpis_csv
from kpi_utils.running.inputs import injected_names
from kpi_utils.running.output import (
    NOTEBOOK,
    PORTFOLIO_NOTEBOOK,
    read_record,
    replace_folder,
)
from kpi_utils.running.records import Run, note, read_runs

COLUMNS = (
    "section,no,kpi,name,unit,baseline_year,baseline,actual_year,actual,target_year,target,"
    "target_kind,published,achievement,status,stage,source,direction,direction_by,way,pace_word,"
    "outlook,outlook_status,outlook_achievement,outlook_short,outlook_cut,outlook_reason,"
    "status_by_year,department,next_step"
)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------- what a run leaves


def test_reports_files_are_whole_and_say_what_they_were_made_of(made, evaluation, sheet):
    for name in ("kpis.csv", "findings.csv"):
        assert (made / name).read_bytes().startswith(b"\xef\xbb\xbf")
    lines = (made / "kpis.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    assert lines[0] == COLUMNS
    assert lines[2] == (
        '1,2,市内総生産額,"市内総生産額 【9.2,9.4】",十億円,2018,2620,2020,2529,2023,2692,reach_up,'
        "-126%,-126,regressed,interim,data/kumamoto/2022.txt:9,increase,target,regressed,backwards,"
        "2393,missed,-316,299,,,2020:regressed,,"
    )
    rows = pd.read_csv(made / "kpis.csv", keep_default_na=False)
    assert len(rows) == 22 and rows["target"][20] == "上昇" and rows["achievement"][20] == ""
    found = pd.read_csv(made / "findings.csv")
    names = ["code", "severity", "rows", "kpi", "text", "message", "source", "entry"]
    assert list(found) == names
    for name in ("code", "entry"):
        assert found[name].tolist() == findings_of(evaluation)[name].tolist()
    assert found["source"][0] == "data/kumamoto/2022.txt:9"
    notebook = nbformat.read(made / "evaluation.ipynb", 4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type in ("error", "stream")
                and output.get("name") != "stdout"]  # fmt: skip
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    assert "".join(pages).count("<img") == 10
    injected = next(cell for cell in cells if "injected-parameters" in cell.metadata.tags)
    source = '# Parameters\nplan = "kumamoto"\nfiscal_year = 2022\nlanguage = "ja"\n'
    assert injected.source == source
    record = read_record(made)
    parameters = {"plan": "kumamoto", "fiscal_year": 2022, "language": "ja"}
    assert record["parameters"] == parameters
    names = {"data/kumamoto/2022.txt", "data/kumamoto/plan.toml", NOTEBOOK, "kpi_utils"}
    assert set(record["inputs"]) == names
    assert record["inputs"]["data/kumamoto/2022.txt"] == sheet.sha256
    assert set(record["versions"]) == {"kpi-utils", "pandas", "matplotlib", "papermill", "typst"}
    assert record["files"] == names_in(made) == FILES
    assert (record["municipality"], record["made_up"]) == ("熊本市", False)
    for name, written_bytes in contents(made).items():
        assert str(made.parents[2]).encode() not in written_bytes, name
        assert b"/tmp/" not in written_bytes, name
    assert [path.name for path in made.parent.glob("[!.]*")] == ["2022"]


# ---------------------------------------------------------------- bad input stops early


@pytest.mark.parametrize(
    ("plan", "year", "said"),
    [
        ("kumamotto", 2022, ["kumamotto", "kumamoto"]),
        ("../data/kumamoto", 2022, ["../data/kumamoto"]),
        (5, 2022, ["plan", "5"]),
        ("kumamoto", 2025, ["data/kumamoto/2025.xlsx", "2022"]),
        ("kumamoto", "2022", ["fiscal_year", "'2022'", "整数"]),
        ("kumamoto", True, ["fiscal_year", "True"]),
        ("kuma moto", 2022, ["kuma moto", "半角の英数字"]),
    ],
)
def test_parameter_that_cannot_be(project, plan, year, said):
    # A folder that is no plan's is not offered as one.
    (project / "data/kuma moto").mkdir()
    (project / "data/kuma moto/plan.toml").touch()
    with pytest.raises(KpiError) as error:
        make_report(plan, year)
    assert [word for word in said if word not in str(error.value)] == []
    assert "、kuma moto" not in str(error.value)


CELL = (NOTEBOOK, "sheet.rows()")


@pytest.mark.parametrize(
    ("name", "good", "bad", "said"),
    [
        ("data/kumamoto/plan.toml", "[plan]", "[plam]", "plam"),
        ("data/kumamoto/2022.txt", "## (1)", "## 1", r"2022\.txt"),
        # A message for people that only a cell can give: the message, no cell and no traceback.
        (*CELL, "load('kumamoto', 1999)", r"^data/kumamoto/1999\.xlsx（又は"),
        (*CELL, "open('gone')", r"（FileNotFoundError: 見つかりません: 'gone'）"),
        (*CELL, "1 / 0", r"ZeroDivisionError.*build/kumamoto-2022-failed\.ipynb"),
    ],
)
def test_failing_run_says_why_and_leaves_the_old_report(project, edit, name, good, bad, said):
    old_report = project / "reports/kumamoto/2022"
    old_report.mkdir(parents=True)
    for file in (*FILES, "メモ.txt"):
        (old_report / file).write_text(f"前の {file}", "utf-8")
    before = contents(old_report)
    edit(project / name, good, bad)
    with pytest.raises(KpiError, match=said):
        make_report("kumamoto", 2022)
    assert contents(old_report) == before
    assert names_in(old_report.parent) == ["2022"]
    if "ZeroDivisionError" in said:
        failed = (project / "build/kumamoto-2022-failed.ipynb").read_text("utf-8")
        assert "ZeroDivisionError" in failed


@pytest.mark.trial
@pytest.mark.parametrize(
    ("cell", "instead", "before"),
    [
        ("load(plan, fiscal_year, ", 'load(\\"kakuu\\", 2023, ', "reports/kakuu"),
        ("    write_report(", "    (lambda *_, **__: '')(", ""),
        ("    write_report(", "    (lambda *_, **__: '')(", "reports/kakuu"),
    ],
    ids=["parameters ignored", "nothing written", "nothing written beside others"],
)
def test_notebook_that_makes_no_report_of_its_parameters(project, edit, cell, instead, before):
    """Nor is there a folder that the failed run has made."""
    (project / before).mkdir(parents=True, exist_ok=True)
    there = sorted(project.rglob("*"))
    edit(project / "notebooks/evaluate.ipynb", cell, instead)
    with pytest.raises(KpiError, match="reports/kakuu/2024/ の報告書1件を書き出すもの"):
        make_report("kakuu", 2024)
    assert sorted(project.rglob("*")) == there


@pytest.mark.slow
@pytest.mark.parametrize("notebook", [NOTEBOOK, PORTFOLIO_NOTEBOOK])
def test_wrong_parameter_of_papermill_is_refused(project, notebook):
    names = notebook, "OUT.ipynb", {"fiscal_yaer": 2022}
    with pytest.raises(PapermillExecutionError, match="パラメーター fiscal_yaer は使えません"):
        papermill.execute_notebook(*names, engine_name="kpi", progress_bar=False)
    assert not (project / "reports").exists()


def test_outside_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KpiError, match="プロジェクトのフォルダーではありません"):
        check_parameters("kumamoto", 2022)


OF_R = """{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {},
"outputs": [], "source": "1"}], "metadata": {"kernelspec": {"name": "ir", "language": "R",
"display_name": "R"}}, "nbformat": 4, "nbformat_minor": 5}"""


@pytest.mark.parametrize("text", ["{", "[]", "{}", OF_R])
def test_broken_notebook_is_named(project, text):
    (project / NOTEBOOK).write_text(text, "utf-8")
    with pytest.raises(KpiError, match="ノートブックとして読めません"):
        make_report("kumamoto", 2022)


# ---------------------------------------------------------------- whole or none, and nothing lost


@pytest.mark.trial
def test_export_alone_keeps_a_notebook_only_if_it_tells_of_the_same_inputs(project, made, edit):
    folder = project / "reports/kumamoto/2022"
    shutil.copytree(made, folder)
    for figure, left in (("95 件", FILES), ("94 件", sorted({*FILES} - {"evaluation.ipynb"}))):
        path = project / "data/kumamoto/2022.txt"
        edit(path, "2022年度 95 件", f"2022年度 {figure}")
        one = evaluate(load("kumamoto", 2022))
        write_report(one.sheet, one.rows, one.kpis, one.findings)
        assert names_in(folder) == left
        assert figure in (folder / "evaluation.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("step", "fault"), [("write_bytes", OSError), ("replace", KeyboardInterrupt)]
)
def test_fault_in_the_middle_leaves_all_as_it_was(tmp_path, monkeypatch, step, fault):
    """While a file is written, and between the two renames."""
    folder = tmp_path / "2022"
    folder.mkdir()
    (folder / "a").write_text("old")
    as_ever = getattr(Path, step)

    def faulty(self, *arguments):
        if self.name in ("new", "b"):
            raise fault
        return as_ever(self, *arguments)

    monkeypatch.setattr(Path, step, faulty)
    with pytest.raises(fault):
        replace_folder(folder, {"a": b"new", "b": b""}, {"a"})
    assert contents(folder) == {"a": b"old"}
    assert {path.name for path in tmp_path.iterdir()} <= {".lock", "2022"}


def test_two_runs_at_once_lose_nothing(tmp_path):
    folder = tmp_path / "2022"
    folder.mkdir()
    (folder / "memo").write_text("mine")

    def run(number):
        for turn in range(40):
            replace_folder(folder, {"a": f"{number}-{turn}".encode()}, {"a"})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    assert sorted(path.name for path in folder.iterdir()) == ["a", "memo"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "2022"]


def test_other_files_of_any_kind_stay_in_a_folder_that_may_be_a_link(tmp_path):
    """A copy within another folder, too, though it is named as a report's file is."""
    folder = tmp_path / "share"
    (folder / "sent").mkdir(parents=True)
    (folder / "sent/a").write_text("as sent")
    (folder / "a").write_text("old")
    (folder / ".#lock").symlink_to("nobody@nowhere")
    os.mkfifo(folder / "pipe")
    (tmp_path / "2022").symlink_to(folder)
    replace_folder(tmp_path / "2022", {"a": b"new"}, {"a", "b"})
    assert (tmp_path / "2022").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == [".#lock", "a", "pipe", "sent"]
    assert (folder / "sent/a").read_text() == "as sent"
    assert (folder / "a").read_text() == "new"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError):
        replace_folder(tmp_path / "loop", {"a": b"new"}, {"a"})
    assert (tmp_path / "loop").is_symlink()


@pytest.mark.parametrize("other", ["2022-en", "2022-2023"])
def test_report_that_a_kill_left_aside_does_not_come_back_under_another_name(tmp_path, other):
    """Killed between the two renames; the next run is that of 2022, as the other's name begins."""
    (tmp_path / other).mkdir()
    (tmp_path / other / "note").write_text("mine")
    code = """
import os, pathlib, signal, sys
from kpi_utils.running.output import replace_folder
replace = pathlib.Path.replace
def killed(self, target):
    if self.name == "new":
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
pathlib.Path.replace = killed
replace_folder(pathlib.Path(sys.argv[1]), {}, set())
"""
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / other)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.glob("[!.]*")] == []
    for name in ("2022", other):
        replace_folder(tmp_path / name, {"a": name.encode()}, {"a"})
    assert [path.name for path in (tmp_path / "2022").iterdir()] == ["a"]
    assert sorted(path.name for path in (tmp_path / other).iterdir()) == ["a", "note"]


@pytest.mark.parametrize(
    ("name", "stays"), [(".2022-01234567", False), (".2022-en-01234567", True)]
)
def test_folder_of_a_killed_run_is_cleared_after_a_day_with_its_own_report(tmp_path, name, stays):
    (tmp_path / name).mkdir()
    os.utime(tmp_path / name, (0, 0))
    replace_folder(tmp_path / "2022", {"a": b"new"}, set())
    assert (tmp_path / name).exists() == stays
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["2022"]


# ---------------------------------------------------------------- what papermill injects


PARAMETERS = 'plan = "kumamoto"\nfiscal_year = 2022\nlanguage = "ja"'
OTHERS = "# Parameters\nplan = 'kakuu'"


@pytest.mark.parametrize(
    ("cells", "unknown"),
    [
        ([PARAMETERS, "# Parameters\nfiscal_yaer = 2022\nplan = 'kakuu'"], ["fiscal_yaer"]),
        ([f"{PARAMETERS}\nthreshold: int = 3", "# Parameters\nthreshold = 4"], []),
        ([f"# Parameters\n{PARAMETERS}", OTHERS], []),
        # Cells of the analyst's own, which may look alike.
        (["# Parameters\nthreshold = 3", PARAMETERS], []),
        ([PARAMETERS, "import math", "# Parameters\nthreshold = 3"], []),
        ([PARAMETERS, OTHERS, "# Parameters\nthreshold = 3"], []),
        ([PARAMETERS, "# Parameters\nplam = 1", "# Parameters\nthreshold = 3"], ["plam"]),
        ([PARAMETERS, "# Parameters of mine\na = 1"], []),
        ([PARAMETERS, "# Parameters\na, b = 1, 2"], []),
        ([PARAMETERS, "# Parameters\nfor a in b:\n    c = a"], []),
        ([PARAMETERS, "# Parameters"], []),
    ],
)
def test_name_that_papermill_injects_is_told_from_ones_own(monkeypatch, cells, unknown):
    shell = SimpleNamespace(user_ns={"In": ["", *cells, "check_parameters(plan, fiscal_year)"]})
    monkeypatch.setitem(builtins.__dict__, "get_ipython", lambda: shell)
    injected = injected_names("plan", "fiscal_year", "language")
    assert [name for name, is_parameter in injected.items() if not is_parameter] == unknown


# ---------------------------------------------------- what a spreadsheet must not calculate

# As text, these begin a formula.
FORMULAS = ["=1+1", "+81-3-0000", "-5 件", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "--", "-1+1"]
FORMULAS += [
    *("＝1+1", "＋1+1", "＠A1", "－5 件", "'=1", "''-1 件", '=HYPERLINK("http://example.com")')
]
PLAIN = ["", "－", "−126", "-126", "-126%", "+3.5", "-1,126", "0", "達成", "'98", "a=b", "▲5 件"]
PLAIN += [-126, None]


@pytest.mark.parametrize("cell", [*FORMULAS, *PLAIN])
def test_text_that_a_spreadsheet_would_calculate_stands_behind_an_apostrophe(cell):
    """Numbers and other texts stand as they are."""
    assert guarded(cell) == (f"'{cell}" if cell in FORMULAS else cell)


@given(st.text(alphabet="=+-@'\t\r\n＝－5件 ,.%a"))
def test_guarded_text_is_read_back(text):
    assert unguarded(guarded(text)) == text


def test_tables_of_a_report_and_the_manifest_have_no_formula_and_are_read_back(town, tmp_path):
    row = "1\t=2+3の増減\t2020年度 10 件\t-5 件\t2030年 20 件\t-150%"
    evaluation = evaluate(town(table_text(row, head=HEAD)))
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
    assert (line["name"], line["actual"], line["achievement"]) == ("'=2+3の増減", "-5", "-150")
    run = Run("=plan", 2022, "failed", error="-5 件が読めません。")
    note(tmp_path, [run])
    content = (tmp_path / "manifest.csv").read_text("utf-8-sig")
    assert "'=plan,2022,failed,,,,'-5 件が読めません。" in content
    assert read_runs(tmp_path) == [run]
