"""Batches: what is chosen, skipped and written down; and what is left when something breaks.

Processes are really killed. Most of their notebooks are made up, and write made-up files in the
place of a report's, so that a run takes no time.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from conftest import FILES, KPI, run_kpi
from nbformat.v4 import new_code_cell, new_notebook

from kpi_utils import KpiError, changes_since_last_year, evaluate, load
from kpi_utils.running import batch as batches
from kpi_utils.running.batch import run_batch, runs
from kpi_utils.running.records import Run, hash_of_inputs, note, read_runs
from kpi_utils.terminal import parsed_years

WRITE = """
import json, os, pathlib
folder = pathlib.Path(os.environ["KPI_REPORTS"], plan, str(fiscal_year))
folder.mkdir(parents=True)
for name in ("evaluation.pdf", "evaluation.html", "evaluation.xlsx", "kpis.csv", "findings.csv"):
    (folder / name).write_text("架空のデータ" * 6000)
parameters = {"plan": plan, "fiscal_year": fiscal_year, "language": "ja"}
told = {"parameters": parameters}
(folder / "run.json").write_text(json.dumps(told))
"""
WAIT = "open(f'{plan}.pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"


def plans(project: Path, *names: str) -> None:
    """Put plans into a project in place of its own, copies of one of them."""
    before = list((project / "data").glob("*/"))
    for name in names:
        shutil.copytree(project / "data/kumamoto", project / "data" / name)
    for folder in before:
        shutil.rmtree(folder)


@pytest.fixture
def faulty(project):
    """Make a project whose notebook does at each plan what the plan's code says."""

    def make(**codes: str) -> Path:
        plans(project, *codes)
        source = "plan = ''\nfiscal_year = 0\nlanguage = ''"
        parameters = new_code_cell(source, metadata={"tags": ["parameters"]}, id="parameters")
        fault = f"import os, sys, time\nexec({codes!r}[plan])"
        cells = [parameters, new_code_cell(fault, id="fault"), new_code_cell(WRITE, id="write")]
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, project / "notebooks/evaluate.ipynb")
        return project

    return make


def kpi(*words: str) -> subprocess.CompletedProcess:
    return run_kpi("batch", *words)


def manifest(project: Path) -> dict[str, dict]:
    """The lines of the manifest, by plan."""
    with (project / "reports/manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["plan"]: line for line in csv.DictReader(file)}


def statuses(project: Path) -> dict[str, str]:
    return {plan: line["status"] for plan, line in manifest(project).items()}


def check_whole_and_true(project: Path) -> None:
    """Each report is whole, and the manifest says of each what is there."""
    for folder in (project / "reports").glob("*/[0-9]*"):
        assert sorted(path.name for path in folder.iterdir()) == FILES
    for plan, line in manifest(project).items():
        assert line["status"] in ("waiting", "done", "failed")
        assert bool(line["error"]) == (line["status"] == "failed")
        if line["status"] == "done":
            folder = project / "reports" / plan / line["fiscal_year"]
            record = json.loads((folder / "run.json").read_text("utf-8"))
            assert record["input_hash"] == line["input_hash"]


def until(condition, seconds: float = 100) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# ---------------------------------------------------------------- what is chosen


def test_every_plan_and_year_is_chosen(project, monkeypatch):
    plans(project, "b", "a", ".hidden")
    for name in ("2023.xlsx", "2024.xls", "2022a.txt", "~$2025.xlsx", "メモ.txt"):
        (project / "data/a" / name).write_bytes(b"x")
    chosen = [(run.plan, run.fiscal_year) for run in runs()]
    assert chosen == [("a", 2022), ("a", 2023), ("a", 2024), ("b", 2022)]
    assert [run.plan for run in runs(["b"])] == ["b"]
    assert [run.fiscal_year for run in runs(["a"], {2023, 2030})] == [2023]

    with pytest.raises(KpiError, match="計画 kumamotto がありません。data/ にある計画は a、b です"):
        runs(["a", "kumamotto"])
    with pytest.raises(KpiError, match="指定された計画と年度のシートがありません"):
        runs([], {1999})

    # A folder that cannot be opened is one run, which fails and says so.
    listed = Path.iterdir
    lose = {"b": "gone"}
    monkeypatch.setattr(Path, "iterdir", lambda path: listed(path / lose.get(path.name, "")))
    assert [(run.plan, run.fiscal_year) for run in runs()][-2:] == [("a", 2024), ("b", 2024)]


def test_years_of_a_batch():
    said = ["", "２０２２，2024", "2020, 2022-2023"]
    assert list(map(parsed_years, said)) == [set(), {2022, 2024}, {2020, 2022, 2023}]


@pytest.mark.parametrize("words", ["令和4", "2024-2022", "2022-", "22", "2022;2023", "-2022", ","])
def test_years_that_a_batch_cannot_have(words):
    with pytest.raises(KpiError, match="--years が"):
        parsed_years(words)


# ---------------------------------------------------------------- what is up to date


def test_hash_follows_every_input_and_nothing_else(project):
    (project / "requirements.lock").write_text("a==1")
    hashes = [hash_of_inputs("kumamoto", 2022)]
    for name in ("2023.txt", "メモ.txt", ".~lock.2022.xlsx#"):
        (project / "data/kumamoto" / name).write_text("x")
    assert hash_of_inputs("kumamoto", 2022) == hashes[0]
    names = ["data/kumamoto/2022.txt", "data/kumamoto/2021.csv", "data/kumamoto/plan.toml"]
    for name in (*names, "notebooks/evaluate.ipynb", "requirements.lock"):
        with (project / name).open("a") as file:
            file.write(" ")
        hashes.append(hash_of_inputs("kumamoto", 2022))
    hashes.append(hash_of_inputs("kumamoto", 2023))
    (project / "requirements.lock").unlink()
    hashes.append(hash_of_inputs("kumamoto", 2022))
    assert len(set(hashes)) == len(hashes)


# ---------------------------------------------------------------- the loop, without processes


@pytest.fixture
def quick(project, monkeypatch):
    """A project of plans a to e whose reports are made in no time; counts those at work."""
    plans(project, *"abcde")
    fault = KpiError(["1件目。", "2件目。"], cell=7)
    at_work = {"now": 0, "most": 0, "calls": [], "fault": fault}

    def in_child(function, run, **limits):
        at_work["now"] += 1
        at_work["most"] = max(at_work["most"], at_work["now"])
        at_work["calls"].append(run.plan)
        time.sleep(0.02)
        at_work["now"] -= 1
        if run.plan == "c":
            raise at_work["fault"]
        folder = project / "reports" / run.plan / "2022"
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).write_text("架空")
        record = {"input_hash": hash_of_inputs(run.plan, 2022), "files": FILES}
        (folder / "run.json").write_text(json.dumps(record))
        return record["input_hash"]

    monkeypatch.setattr(batches, "in_child", in_child)
    return project, at_work


def ended(**options) -> dict[str, str]:
    with ThreadPoolExecutor(2) as threads:
        stands = list(run_batch(runs(), threads, 2, **options))
    return {run.plan: run.status for run in stands if run.status != "running"}


def test_failing_run_stops_no_other_and_what_is_done_is_skipped(quick):
    project, at_work = quick
    done = dict.fromkeys("abde", "done")
    assert ended() == statuses(project) == done | {"c": "failed"}
    line = manifest(project)["c"]
    assert (line["cell"], line["error"]) == ("7", "1件目。2件目。")
    assert 0.02 < float(manifest(project)["a"]["seconds"]) < 5
    check_whole_and_true(project)
    assert at_work["most"] == 2
    assert ended() == dict.fromkeys("abde", "unchanged") | {"c": "failed"}
    assert sorted(at_work["calls"]) == [*"abccde"]
    (project / "data/c/2022.txt").unlink()  # which would fail again, in a time of its own
    before = (project / "reports/manifest.csv").read_bytes()
    assert ended() == dict.fromkeys("abde", "unchanged")
    assert (project / "reports/manifest.csv").read_bytes() == before
    assert ended(force=True) == done


def test_disk_that_is_full_is_told_of_the_run_that_met_it(quick):
    project, at_work = quick
    at_work["fault"] = OSError(28, "No space left on device", "evaluation.pdf")
    assert ended() == statuses(project) == dict.fromkeys("abde", "done") | {"c": "failed"}
    assert manifest(project)["c"]["error"] == "evaluation.pdf: ディスクの空きがありません。"
    check_whole_and_true(project)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evaluation.pdf", None),
        ("run.json", None),
        ("run.json", "{}"),
        ("run.json", '{"files": 3}'),
        ("run.json", "["),
        ("run.json", "[" * 100_000),
    ],
)
def test_report_that_has_lost_something_is_made_again(quick, name, content):
    project, _ = quick
    ended()
    path = project / "reports/a/2022" / name
    path.unlink() if content is None else path.write_text(content)
    assert ended()["a"] == "done"


def test_batch_that_is_given_up_leaves_a_true_manifest(quick):
    """As after Ctrl-C: what was not looked at is waiting."""
    project, _ = quick
    with ThreadPoolExecutor(1) as threads:
        stands = run_batch(runs(), threads, 1)
        while next(stands).status != "done":
            pass
        stands.close()
    assert statuses(project) == {"a": "done"} | dict.fromkeys("bcde", "waiting")
    assert ended()["a"] == "unchanged"


def test_report_that_another_batch_has_made_meanwhile_is_done(quick):
    """Two batches in turns: the second finds what the first has made since both began."""
    project, _ = quick
    with ThreadPoolExecutor(1) as threads:
        both = [run_batch(runs(), threads, 1) for _ in range(2)]
        for stands in both:
            next(stands)
        made = [run.status for stands in both for run in stands]
    assert made.count("unchanged") >= 3
    assert statuses(project) == dict.fromkeys("abde", "done") | {"c": "failed"}


def test_report_that_was_not_written_down_or_was_made_since_is_the_one_in_the_manifest(quick):
    project, _ = quick
    ended()
    note(project / "reports", [Run("a", 2022)])
    assert ended()["a"] == "unchanged" and statuses(project)["a"] == "done"
    # And the time that another took is not that of this one.
    path = project / "reports/a/2022/run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"input_hash": "x"}))
    (run,) = [run for run in read_runs(project / "reports") if run.plan == "a"]
    assert run == Run("a", 2022, "done", "x")


def test_executor_that_loses_a_run_costs_only_that(quick, monkeypatch):
    class Losing(ThreadPoolExecutor):
        def submit(self, function, run, *rest):
            if run.plan == "b":
                return super().submit(lambda: 1 / 0)
            return super().submit(function, run, *rest)

    with Losing(2) as threads:
        stands = list(run_batch(runs(), threads, 2))
    failed = {run.plan: run.error for run in stands if run.status == "failed"}
    assert failed.keys() == {"b", "c"} and "ZeroDivisionError" in failed["b"]


@pytest.mark.parametrize("content", [None, b"", b"plan,error\r\n", "計画".encode("cp932")])
def test_manifest_that_is_lost_or_cannot_be_read_is_made_of_the_reports(quick, content):
    """Those of a colleague's, say, or a manifest that a spreadsheet program has saved."""
    project, _ = quick
    ended()
    path = project / "reports/manifest.csv"
    path.unlink() if content is None else path.write_bytes(content)
    with ThreadPoolExecutor(1) as threads:
        list(run_batch([Run("b", 2022)], threads, 1))
    assert statuses(project) == dict.fromkeys("abde", "done")
    check_whole_and_true(project)


def test_manifest_that_cannot_be_written_stays_whole(quick, monkeypatch):
    project, _ = quick
    ended()
    before = (project / "reports/manifest.csv").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        ended(force=True)
    assert (project / "reports/manifest.csv").read_bytes() == before
    assert not list((project / "reports").glob(".manifest*"))


# ---------------------------------------------------------------- the command


@pytest.mark.trial
def test_batch_gives_what_single_reports_give(project, made):
    """Beside a plan whose sheet is broken; the reports byte for byte as kpi report makes them."""
    shutil.copytree(project / "data/kumamoto", project / "data/broken")
    path = project / "data/broken/2022.txt"
    path.write_text(path.read_text("utf-8").replace("## (1)", "## 1"), "utf-8")
    run = kpi("broken", "kumamoto")
    assert run.returncode == 1
    assert run.stdout == (
        "2件: 作成1、変更なし0、失敗1（一覧は reports/manifest.csv）\n"
        "全ての報告書へは、reports/index.html をブラウザーで開いてください。\n"
    )
    lines = run.stderr.split("\n")
    assert lines[0] == "計画\t年度\tセル\t失敗の内容"
    assert lines[1].startswith("broken\t2022\t4\tdata/broken/2022.txt")
    assert len(lines) == 3
    check_whole_and_true(project)
    for name in FILES[:-1]:
        theirs = (project / "reports/kumamoto/2022" / name).read_bytes()
        assert theirs == (made / name).read_bytes(), name
    assert "変更なし1、失敗1" in kpi("broken", "kumamoto").stdout


# ---------------------------------------------------------------- faults


@pytest.mark.trial
def test_failing_notebooks_cost_only_their_own_runs(faulty):
    never_ends = "while True:\n  try: time.sleep(9)\n  except BaseException: pass"
    project = faulty(
        ends="os._exit(3)",
        exits="sys.exit(3)",
        fails="1 / 0",
        good="",
        hangs="time.sleep(500)",
        never_ends=never_ends,
        returns="sys.exit()",
        segfaults="os.kill(os.getpid(), 11)",
        too_big="x = bytearray(10**11)",
    )
    run = kpi("--limit", "20", "--memory", "20000")
    assert run.returncode == 1 and "Traceback" not in run.stderr
    lines = manifest(project)
    good = lines.pop("good")
    assert good["status"] == "done"
    assert {line["status"] for line in lines.values()} == {"failed"}
    stopped = "プロセスが途中で止まりました"
    said = {
        "ends": stopped,
        "exits": "SystemExit: 3",
        "fails": "ZeroDivisionError: division by zero",
        "hangs": "TimeLimit: 時間の上限に達しました",
        "never_ends": f"20秒以内に終わりませんでした。{stopped}",
        "returns": "報告書1件を書き出すもの",
        "segfaults": stopped,
        "too_big": "MemoryError",
    }
    for plan, words in said.items():
        assert words in lines[plan]["error"], plan
        assert f"{plan}\t2022\t" in run.stderr
    named = {plan for plan, line in lines.items() if line["cell"] == "3"}
    assert named == {"exits", "fails", "hangs", "too_big"}
    check_whole_and_true(project)
    assert sorted(path.name for path in (project / "reports").glob("*/2022")) == ["2022"]


@pytest.mark.trial
def test_killed_worker_costs_only_its_own_run(faulty):
    project = faulty(a="", b=WAIT, c="", d="")
    process = subprocess.Popen([KPI, "batch"], stderr=subprocess.PIPE, text=True)
    pid = project / "b.pid"
    until(lambda: pid.exists() and pid.read_text())
    os.kill(int(pid.read_text()), signal.SIGKILL)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 1 and "b\t2022\t\tプロセスが途中で止まりました" in said
    assert statuses(project) == {"a": "done", "b": "failed", "c": "done", "d": "done"}
    check_whole_and_true(project)


@pytest.mark.trial
@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["the batch alone", "all its processes"])
def test_killed_batch_goes_on_from_there(faulty, kill):
    project = faulty(**dict.fromkeys("abcdefghijklmnop", ""))
    process = subprocess.Popen([KPI, "batch"], start_new_session=True)
    path = project / "reports/manifest.csv"
    until(lambda: path.exists() and list(statuses(project).values()).count("done") >= 2)
    kill(process.pid, signal.SIGKILL)
    process.wait()
    check_whole_and_true(project)
    assert set(statuses(project).values()) == {"done", "waiting"}
    times = {file: file.stat().st_mtime_ns for file in project.glob("reports/*/2022/run.json")}
    run = kpi()
    assert run.returncode == 0
    assert statuses(project) == dict.fromkeys("abcdefghijklmnop", "done")
    check_whole_and_true(project)
    assert len(times) >= 2 and all(file.stat().st_mtime_ns == at for file, at in times.items())


# ---------------------------------------------------------------- a year before, another folder


def test_sheets_of_another_folder_are_compared_with_its_own_years(
    trial_project, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "prefecture"
    shutil.copytree(trial_project / "data", elsewhere)
    (trial_project / "data/kumamoto/2022.txt").unlink()
    monkeypatch.setenv("KPI_DATA", str(elsewhere))
    evaluation = evaluate(load("kumamoto", 2023))
    changes = changes_since_last_year(evaluation.sheet, evaluation.rows)
    assert evaluation.sheet.source == "prefecture/kumamoto/2023.txt"
    assert changes.before.sheet.source == "prefecture/kumamoto/2022.txt"
    with pytest.raises(KpiError, match="plan が 'x' です。prefecture/ にある計画の名前"):
        load("x", 2023)
    with pytest.raises(KpiError, match=r"prefecture/kumamoto/2021\.xlsx"):
        load("kumamoto", 2021)
