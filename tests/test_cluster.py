"""Batches on a Dask cluster: real schedulers and workers on this machine, killed in the middle."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from conftest import FILES, KPI, ROOT
from test_batch import WAIT, check_whole_and_true, kpi, manifest, statuses, until
from test_batch import faulty as faulty

from kpi_utils import KpiError
from kpi_utils.running.cluster import workers

DASK = str(Path(sys.executable).with_name("dask"))
MAY_HAVE_CHILDREN = {"DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
# The worker is the parent of the process that the run's own is forked from.
KILL_WORKER = "import psutil\npsutil.Process().parent().parent().kill()\nos._exit(0)"


def end(process: subprocess.Popen) -> None:
    """End a process that a test started, with all that it has started."""
    if process.poll() is None:
        started = [*psutil.Process(process.pid).children(recursive=True), process]
        for one in started:
            one.kill()
    process.wait()


@contextmanager
def cluster(folder: Path, workers: int = 2, *options: str, **environment: str):
    """A scheduler and workers of one thread, apart from the project: its address and processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    place = folder / f"dask-{port}"
    place.mkdir()
    log = (place / "log").open("w")
    about = {"cwd": place, "stdout": log, "stderr": log}
    names = ["--host", "127.0.0.1"]
    own = ["--port", str(port), "--no-dashboard", *names]
    about["env"] = os.environ | MAY_HAVE_CHILDREN | environment
    processes = [subprocess.Popen([DASK, "scheduler", *own], **about)]
    for _ in range(workers):
        command = [DASK, "worker", address, "--nthreads", "1", "--no-dashboard", *names, *options]
        processes.append(subprocess.Popen(command, **about))
    try:
        until(lambda: (place / "log").read_text().count("Registered to") >= workers)
        yield address, processes
    finally:
        for process in processes:
            end(process)
        log.close()


# ---------------------------------------------------------------- what cannot be


@pytest.mark.trial
def test_without_dask_it_is_said_what_to_install(project, monkeypatch):
    (project / "none/distributed").mkdir(parents=True)
    (project / "none/distributed/__init__.py").write_text("raise ImportError('架空の理由')")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(project / "none"), os.environ.get("PYTHONPATH", "")])
    )
    run = kpi("--scheduler", "local")
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert "Dask（distributed）が必要です" in run.stderr and ".[cluster]" in run.stderr
    # Whoever asks for none needs none.
    assert subprocess.run([KPI, "check", "kumamoto", "2022"], check=False).returncode == 0


@pytest.mark.trial
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://nowhere.invalid:8786", "silent"])
def test_scheduler_that_cannot_be_reached(project, address):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # What listens there does not answer.
        address = address.replace("silent", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        run = kpi("--scheduler", address)
        assert time.monotonic() - started < 30
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert f"エラー: Dask のスケジューラー {address} に接続できません" in run.stderr
    assert not list((project / "reports").glob("*"))


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("address", ["", "tcp://", "tcp://host", "here", "http://127.0.0.1:80"])
def test_address_that_is_none(address):
    with pytest.raises(KpiError, match="tcp://ホスト:ポート 又は local を"), workers(address, None):
        pass


@pytest.mark.trial
@pytest.mark.parametrize(
    ("workers", "daemon", "said"),
    [
        (2, "False", " など2件: kpi_utils の内容がこちらと異なります"),
        (1, "True", "環境変数 DASK_DISTRIBUTED__WORKER__DAEMON=False を付けて"),
        (0, "False", "ワーカーが1つも動いていません"),
    ],
    ids=["another version of the package", "no children", "no workers"],
)
def test_workers_that_cannot_do_it_are_told(project, tmp_path_factory, workers, daemon, said):
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "kpi_utils", other / "kpi_utils")
    with (other / "kpi_utils/cells/units.py").open("a") as file:
        file.write("# other\n")
    settings = {"PYTHONPATH": str(other), "DASK_DISTRIBUTED__WORKER__DAEMON": daemon}
    with cluster(project, workers, **settings) as (address, _):
        started = time.monotonic()
        run = kpi("--scheduler", address)
        assert workers or time.monotonic() - started < 30
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert said in run.stderr
    assert not list((project / "reports").glob("[!.]*"))


def batch_on(where: str, project: Path) -> subprocess.CompletedProcess:
    """``kpi batch`` on a cluster of its own, or on one that runs already."""
    if where == "local":
        return kpi("--scheduler", "local", "--jobs", "2")
    with cluster(project) as (address, _):
        return kpi("--scheduler", address)


@pytest.mark.trial
@pytest.mark.parametrize("where", ["local", "tcp"])
def test_reports_are_those_of_a_single_run_byte_for_byte(project, made, where):
    shutil.rmtree(project / "data/kakuu")
    run = batch_on(where, project)
    assert (run.returncode, run.stderr) == (0, "")
    assert "1件: 作成1、変更なし0、失敗0" in run.stdout
    check_whole_and_true(project)
    for name in FILES[:-1]:
        ours = (project / "reports/kumamoto/2022" / name).read_bytes()
        assert ours == (made / name).read_bytes(), name
    names = {path.name for path in (project / "reports").glob("[!.]*")}
    assert names == {"index.html", "kumamoto", "manifest.csv"}
    assert "変更なし1" in kpi().stdout


# ---------------------------------------------------------------- what dies


@pytest.mark.trial
@pytest.mark.parametrize("where", ["local", "tcp"])
def test_killed_worker_costs_nothing_where_the_second_try_goes_well(faulty, where):
    once = "if not os.path.exists('b.once'):\n  open('b.once', 'w')\n  "
    once += KILL_WORKER.replace("\n", "\n  ")
    project = faulty(a="", b=once, c="", d="", e="")
    run = batch_on(where, project)
    assert (project / "b.once").exists()
    assert run.returncode == 0 and "Traceback" not in run.stderr
    assert statuses(project) == dict.fromkeys("abcde", "done")
    check_whole_and_true(project)


@pytest.mark.trial
def test_run_that_kills_every_worker_is_failed_and_a_rerun_goes_on(faulty):
    project = faulty(a="", b=KILL_WORKER, c="", d="", e="")
    run = batch_on("tcp", project)
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert statuses(project)["b"] == "failed"
    assert "ワーカーが何度も途中で止まりました" in manifest(project)["b"]["error"]
    check_whole_and_true(project)
    path = project / "notebooks/evaluate.ipynb"
    path.write_text(path.read_text("utf-8").replace("psutil.Process()", "None"), "utf-8")
    kpi()
    assert statuses(project) == dict.fromkeys("acde", "done") | {"b": "failed"}


@pytest.mark.trial
@pytest.mark.parametrize(
    ("options", "killed", "words"),
    [
        (["--no-nanny"], 1, "ワーカーが1つも動いていません"),
        ([], 0, "スケジューラーとの接続が切れた"),
    ],
    ids=["no worker is left", "the scheduler is killed"],
)
def test_batch_ends_where_nobody_can_go_on(faulty, options, killed, words):
    project = faulty(a=WAIT, b="")
    patient = "from kpi_utils import cli; from kpi_utils.running import cluster; "
    patient += "cluster.IDLE_SECONDS = 3; cli.main()"
    with cluster(project, 1, *options) as (address, processes):
        command = [sys.executable, "-c", patient, "batch", "--scheduler", address]
        batch = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        until((project / "a.pid").exists)
        end(processes[killed])
        _, said = batch.communicate(timeout=100)
    assert batch.returncode == 1 and "Traceback" not in said
    assert words in said
    assert statuses(project) == {"a": "failed", "b": "failed"}
    check_whole_and_true(project)


@pytest.mark.trial
@pytest.mark.parametrize("where", ["local", "tcp"])
def test_interrupted_batch_gives_its_runs_up(faulty, where):
    project = faulty(a=WAIT, b=WAIT, c=WAIT)
    with cluster(project, 1) as (address, _):
        place = "local" if where == "local" else address
        command = [KPI, "batch", "--scheduler", place, "--jobs", "1"]
        batch = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        until((project / "a.pid").exists)
        os.killpg(batch.pid, signal.SIGINT)
        _, said = batch.communicate(timeout=30)
    assert batch.returncode == 130
    assert said.strip() == "中止しました。途中まで作られた報告書が残ることはありません。"
    assert statuses(project) == dict.fromkeys("abc", "waiting")
    check_whole_and_true(project)
