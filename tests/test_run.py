"""A whole run: what lands in the folder, three ways with one result, bad input, nothing lost."""

import builtins
import csv
import json
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
from conftest import contents
from nbclient import NotebookClient
from papermill.exceptions import PapermillExecutionError

from kpi_utils import KpiError, load, make_report, write_report
from kpi_utils.judging.findings import evaluate
from kpi_utils.report import content, page
from kpi_utils.running.injected import injected_names
from kpi_utils.running.inputs import check_parameters
from kpi_utils.running.output import NOTEBOOK, PORTFOLIO_NOTEBOOK, put_report, replace_folder

ROOT = Path(__file__).parents[1]
FILES = ["evaluation.html", "evaluation.ipynb", "evaluation.pdf", "evaluation.xlsx"]
FILES += ["findings.csv", "kpis.csv", "run.json"]
COLUMNS = (
    "section,no,kpi,name,unit,baseline_year,baseline,actual_year,actual,target_year,target,"
    "target_kind,published,achievement,status,stage,source,direction,direction_by,way,pace_word,"
    "outlook,outlook_status,outlook_achievement,outlook_short,outlook_cut,outlook_reason,"
    "status_by_year,department,next_step"
)
PAPERMILL = str(Path(sys.executable).with_name("papermill"))


@pytest.fixture
def old_report(project):
    """A report that is there already, with a note of the analyst's beside it."""
    folder = project / "reports/kumamoto/2022"
    folder.mkdir(parents=True)
    for name in (*FILES, "メモ.txt"):
        (folder / name).write_text(f"前の {name}", "utf-8")
    (folder / "run.json").write_text("{}", "utf-8")
    return folder


# ---------------------------------------------------------------- what a run leaves


def test_files_of_a_run(made):
    assert sorted(path.name for path in made.iterdir()) == FILES
    assert [path.name for path in made.parent.glob("[!.]*")] == ["2022"]


def test_csv_opens_in_excel_and_has_a_line_a_row(made, judged):
    content = (made / "kpis.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == COLUMNS
    rows = list(csv.DictReader(lines))
    assert len(rows) == 22
    assert lines[2] == (
        '1,2,市内総生産額,"市内総生産額 【9.2,9.4】",十億円,2018,2620,2020,2529,2023,2692,reach_up,'
        "-126%,-126,regressed,interim,data/kumamoto/2022.txt:9,increase,target,regressed,backwards,"
        "2393,missed,-316,299,,,2020:regressed,,"
    )
    assert rows[20]["target"] == "上昇" and rows[20]["achievement"] == ""


def test_findings_beside_the_table(made, evaluation):
    content = (made / "findings.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").split("\r\n")))
    names = ["code", "severity", "rows", "kpi", "text", "message", "source", "entry"]
    assert list(rows[0]) == names
    assert [row["code"] for row in rows] == evaluation.findings["code"].tolist()
    assert rows[0]["source"] == "data/kumamoto/2022.txt:9"


def test_record_of_the_run(made, sheet):
    record = json.loads((made / "run.json").read_text("utf-8"))
    parameters = {"plan": "kumamoto", "fiscal_year": 2022, "language": "ja"}
    assert record["parameters"] == parameters
    assert record["inputs"]["data/kumamoto/2022.txt"] == sheet.sha256
    assert set(record["inputs"]) == {
        "data/kumamoto/2022.txt",
        "data/kumamoto/plan.toml",
        "notebooks/evaluate.ipynb",
        "kpi_utils",
    }
    assert set(record["versions"]) == {"kpi-utils", "pandas", "matplotlib", "papermill", "typst"}
    assert record["files"] == FILES
    assert (record["municipality"], record["made_up"]) == ("熊本市", False)


def test_executed_notebook(made):
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


def test_no_path_of_the_machine_in_any_file(made):
    for name, written_bytes in contents(made).items():
        assert str(made.parents[2]).encode() not in written_bytes, name
        assert b"/tmp/" not in written_bytes, name


# ---------------------------------------------------------------- three ways, one result


def check_same(project, made, names):
    folder = project / "reports/kumamoto/2022"
    for name in names:
        assert (folder / name).read_bytes() == (made / name).read_bytes(), name


# What a notebook writes by itself, but for its record.
WRITTEN = ["evaluation.pdf", "evaluation.html", "evaluation.xlsx", "kpis.csv", "findings.csv"]


@pytest.mark.slow
@pytest.mark.trial
def test_plain_papermill_gives_the_same(project, made):
    command = [PAPERMILL, "notebooks/evaluate.ipynb", "OUT.ipynb"]
    command += ["-p", "plan", "kumamoto", "-p", "fiscal_year", "2022"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    check_same(project, made, WRITTEN)
    record = json.loads((project / "reports/kumamoto/2022/run.json").read_text("utf-8"))
    assert record["parameters"]["plan"] == "kumamoto"


@pytest.mark.slow
@pytest.mark.trial
def test_run_all_cells_gives_the_same(project, made):
    """As JupyterLab does: the notebook as committed, in a kernel whose folder is notebooks/."""
    notebook = nbformat.read(project / "notebooks/evaluate.ipynb", 4)
    NotebookClient(notebook, resources={"metadata": {"path": project / "notebooks"}}).execute()
    check_same(project, made, WRITTEN)


# ---------------------------------------------------------------- bad input stops early


@pytest.mark.parametrize(
    ("plan", "year", "said"),
    [
        ("kumamotto", 2022, ["kumamotto", "kumamoto"]),
        ("../data/kumamoto", 2022, ["../data/kumamoto"]),
        ("", 2022, ["plan"]),
        (5, 2022, ["plan", "5"]),
        ("kumamoto", 2025, ["data/kumamoto/2025.xlsx", "2022"]),
        ("kumamoto", "2022", ["fiscal_year", "'2022'", "整数"]),
        ("kumamoto", 2022.0, ["fiscal_year", "2022.0"]),
        ("kumamoto", True, ["fiscal_year", "True"]),
        ("kumamoto", 9999, ["fiscal_year", "9999"]),
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


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("plan.toml", "[plan]", "[plam]"),
        ("plan.toml", '"decrease"', '"less"'),
        ("2022.txt", "## (1)", "## 1"),
    ],
)
def test_bad_input_leaves_the_old_report(project, old_report, edit, name, good, bad):
    before = contents(old_report)
    edit(project / "data/kumamoto" / name, good, bad)
    with pytest.raises(KpiError):
        make_report("kumamoto", 2022)
    assert contents(old_report) == before
    assert [path.name for path in old_report.parent.iterdir()] == ["2022"]


def test_failing_cell_is_named_and_leaves_the_old_report(project, old_report, edit):
    before = contents(old_report)
    edit(project / "notebooks/evaluate.ipynb", "rows = sheet.rows()", "rows = 1 / 0")
    with pytest.raises(KpiError, match=r"ZeroDivisionError.*build/kumamoto-2022-failed\.ipynb"):
        make_report("kumamoto", 2022)
    failed = (project / "build/kumamoto-2022-failed.ipynb").read_text("utf-8")
    assert "ZeroDivisionError" in failed
    assert contents(old_report) == before
    assert [path.name for path in old_report.parent.iterdir()] == ["2022"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        # A message for people that only a cell can give: the message, no cell and no traceback.
        ("load('kumamoto', 1999)", r"^data/kumamoto/1999\.xlsx（又は"),
        ("open('gone')", r"（FileNotFoundError: 見つかりません: 'gone'）"),
    ],
)
def test_error_of_a_cell_is_told_in_japanese(project, edit, cell, said):
    edit(project / "notebooks/evaluate.ipynb", "rows = sheet.rows()", f"rows = {cell}")
    with pytest.raises(KpiError, match=said):
        make_report("kumamoto", 2022)


def test_character_outside_the_fonts_is_named_and_the_report_is_made(project, edit):
    edit(project / "data/kumamoto/2022.txt", "地域経済が回復", "地域経済が\U0001f600回復")
    edit(project / "data/kumamoto/plan.toml", "採取量は少ない", "採取量は\U00020000少ない")
    found = pd.read_csv(Path(make_report("kumamoto", 2022), "findings.csv"))
    told = found[found["code"] == "glyph-substituted"]
    assert told["source"].tolist() == ["data/kumamoto/plan.toml:11", "data/kumamoto/2022.txt:41"]
    assert (project / "reports/kumamoto/2022/evaluation.pdf").is_file()


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
    with pytest.raises(KpiError, match="reports/kakuu/2024/ の報告書を書き出しませんでした"):
        make_report("kakuu", 2024)
    assert sorted(project.rglob("*")) == there


@pytest.mark.slow
@pytest.mark.parametrize(
    ("notebook", "name", "value", "said"),
    [
        (NOTEBOOK, "fiscal_yaer", 2022, "パラメーター fiscal_yaer は使えません"),
        (PORTFOLIO_NOTEBOOK, "fiscal_yaer", 2022, "パラメーター fiscal_yaer は使えません"),
        (NOTEBOOK, "fiscal_year", "令和4年度", "fiscal_year が '令和4年度' です"),
        (NOTEBOOK, "plan", "kumamotto", "plan が 'kumamotto' です"),
    ],
)
def test_wrong_parameter_of_papermill_is_refused(project, notebook, name, value, said):
    names = notebook, "OUT.ipynb", {name: value}
    with pytest.raises(PapermillExecutionError, match=said):
        papermill.execute_notebook(*names, engine_name="kpi", progress_bar=False)
    assert not (project / "reports").exists()


def test_outside_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KpiError, match="プロジェクトのフォルダーではありません"):
        check_parameters("kumamoto", 2022)


# ---------------------------------------------------------------- whole or none, and nothing lost


def test_new_report_takes_the_old_ones_place_and_keeps_notes(project, old_report):
    make_report("kumamoto", 2022)
    assert sorted(path.name for path in old_report.iterdir()) == sorted([*FILES, "メモ.txt"])
    assert (old_report / "メモ.txt").read_text("utf-8") == "前の メモ.txt"
    assert (old_report / "evaluation.pdf").read_bytes().startswith(b"%PDF")


def written(evaluation):
    """Write the report of an evaluation as a notebook does, alone."""
    return write_report(evaluation.sheet, evaluation.rows, evaluation.kpis, evaluation.findings)


@pytest.mark.trial
def test_export_alone_keeps_a_notebook_only_if_it_tells_of_the_same_inputs(
    project, made, evaluation, edit
):
    folder = project / "reports/kumamoto/2022"
    shutil.copytree(made, folder)
    written(evaluation)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    edit(project / "data/kumamoto/2022.txt", "2022年度 95 件", "2022年度 94 件")
    written(evaluate(load("kumamoto", 2022)))
    left = sorted(path.name for path in folder.iterdir())
    assert left == [name for name in FILES if name != "evaluation.ipynb"]
    assert "94 件" in (folder / "evaluation.html").read_text("utf-8")


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


@pytest.mark.parametrize(("name", "stays"), [(".2022-killed", False), (".2022-en-killed", True)])
def test_folder_of_a_killed_run_is_cleared_after_a_day_with_its_own_report(tmp_path, name, stays):
    (tmp_path / name).mkdir()
    os.utime(tmp_path / name, (0, 0))
    replace_folder(tmp_path / "2022", {"a": b"new"}, set())
    assert (tmp_path / name).exists() == stays
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["2022"]


def test_report_of_a_part_of_a_plan_stands_beside_that_of_all(project, edit):
    """A notebook may write into a folder of its own, by further parameters."""
    own = "def write_report(*_, **__): return put_report('kumamoto/2022-part', files, record)"
    record = "{'parameters': {'plan': plan, 'fiscal_year': 2022, 'language': 'ja'}, 'inputs': {}}"
    path = project / "notebooks/evaluate.ipynb"
    edit(path, 'language = \\"ja\\"', 'language = \\"ja\\"\\npart = 1')
    lines = [f"part == 7 or 1 / 0; files = {{'part.csv': b'x'}}; record = {record}"]
    lines += [
        "from kpi_utils.running.output import NOTEBOOK, PORTFOLIO_NOTEBOOK, put_report",
        own,
        "rows = sheet.rows()",
    ]
    edit(path, "rows = sheet.rows()", "\\n".join(lines))
    folder = project / make_report("kumamoto", 2022, parameters={"part": 7})
    assert folder.name == "2022-part"
    files = ["evaluation.ipynb", "part.csv", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == files
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["parameters"]["part"] == 7 and record["files"] == files
    assert [path.name for path in folder.parent.glob("[!.]*")] == ["2022-part"]


def test_report_is_put_in_place_with_its_record_though_the_old_one_is_broken(project):
    record, folder = {"parameters": {}, "inputs": {"a": "1"}}, project / "reports/kumamoto/2022"
    folder.mkdir(parents=True)
    for broken in ("{", "[]", ""):
        (folder / "run.json").write_text(broken)
        said = put_report("kumamoto/2022", {"kpis.csv": b"x"}, record)
        assert said == "reports/kumamoto/2022/ に kpis.csv、run.json を書き出しました。"
        assert json.loads((folder / "run.json").read_text("utf-8")) == record
        assert sorted(path.name for path in folder.parent.iterdir()) == [".lock", "2022"]


def test_markup_in_the_sheet_is_text_in_the_page(project, edit):
    path = project / "data/kumamoto/2022.txt"
    edit(path, "大型蓄電池設置箇所数", "大型<b>太</b><script>alert(1)</script>")
    edit(path, "・市町村民経済計算", "・<img src=x onerror=alert(2)>市町村民経済計算")
    evaluation = evaluate(load("kumamoto", 2022))
    text = page(content(evaluation, None, {}), evaluation.sheet.words)
    assert "<script>alert(1)" not in text and "<img src=x" not in text
    assert "大型&lt;b&gt;太&lt;/b&gt;&lt;script&gt;alert(1)" in text
    assert "&lt;img src=x onerror=alert(2)&gt;市町村民" in text


def test_broken_notebook_is_named(project):
    (project / "notebooks/evaluate.ipynb").write_text("{", "utf-8")
    with pytest.raises(KpiError, match="ノートブックとして読めません"):
        make_report("kumamoto", 2022)


# ---------------------------------------------------------------- what papermill injects


PARAMETERS = 'plan = "kumamoto"\nfiscal_year = 2022\nlanguage = "ja"'
CHECK = "check_parameters(plan, fiscal_year, language)"


@pytest.fixture
def in_notebook(monkeypatch):
    """A function that says which names are taken for injected after some cells have run."""

    def names(*cells):
        shell = SimpleNamespace(user_ns={"In": ["", *cells, CHECK]})
        monkeypatch.setitem(builtins.__dict__, "get_ipython", lambda: shell)
        return injected_names("plan", "fiscal_year", "language")

    return names


@pytest.mark.parametrize(
    "own",
    [
        "# Parameters\na, b = 1, 2",
        "# Parameters\na = b = 1",
        "# Parameters\na: int = 1",
        "# Parameters\na['b'] = 1",
        "# Parameters\nfor a in b:\n    c = a",
        "# Parameters of mine\na = 1",
        "# Parameters\na = = 1",
        "# Parameters",
        "",
    ],
)
@pytest.mark.parametrize("place", ["beside", "later"])
def test_own_cell_is_not_taken_for_the_injected_one(in_notebook, own, place):
    assert in_notebook(*["1"] * (place == "later"), PARAMETERS, own) == []
    assert in_notebook(own, PARAMETERS) == []
    # Nor does it hide what papermill injected.
    wrong = "# Parameters\nfiscal_yaer = 2022"
    assert in_notebook(PARAMETERS, wrong, own) == ["fiscal_yaer"]


def test_own_cell_elsewhere_may_look_just_like_the_injected_one(in_notebook):
    own = "# Parameters\nthreshold = 3"
    assert in_notebook("import math", own, PARAMETERS) == []
    assert in_notebook(PARAMETERS, "import math", own) == []
    assert in_notebook(PARAMETERS, "# Parameters\nplan = 'kakuu'", own) == []
    assert in_notebook(f"# Parameters\n{PARAMETERS}", "# Parameters\nplan = 'kakuu'", own) == []
    assert in_notebook(PARAMETERS, "# Parameters\nplam = 'kakuu'", own) == ["plam"]


def test_parameter_of_ones_own_beside_the_others_is_known(in_notebook):
    own = f"{PARAMETERS}\nlow, high = 1, 2\nthreshold: int = 3"
    assert in_notebook(own, "# Parameters\nthreshold = 4\nhigh = 3\nplan = 'kakuu'") == []
    assert in_notebook(own, "# Parameters\nthreshhold = 4") == ["threshhold"]
