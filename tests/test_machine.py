"""Other machines: settings, folders and kernels of an analyst; Windows, without POSIX."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT, contents, copy_project, run_kpi
from test_batch import faulty  # noqa: F401

from kpi_utils import KpiError, errors
from kpi_utils.errors import reason
from kpi_utils.running import output
from kpi_utils.running.output import replace_folder, write_file

# Each of these would show, or stop the drawing.
MATPLOTLIBRC = """\
backend: TkAgg
axes.formatter.use_locale: True
axes.prop_cycle: cycler("color", ["r"])
font.family: serif
font.size: 24
no.such.key: 1
svg.fonttype: path
text.usetex: True
xtick.labelsize: 30
"""


@pytest.fixture
def machine(tmp_path):
    """The environment of an analyst with settings and kernels that would change all."""
    # No socket has room in it: 107 bytes is the most.
    long_folder = tmp_path / "架空" / ("long" * 25)
    long_folder.mkdir(parents=True)
    kernel = tmp_path / "jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    foreign = {"argv": ["false", "{connection_file}"], "language": "python", "display_name": "?"}
    (kernel / "kernel.json").write_text(json.dumps(foreign))
    (tmp_path / "matplotlibrc").write_text(MATPLOTLIBRC)
    template = tmp_path / "jupyter/nbconvert/templates/base/null.j2"
    template.parent.mkdir(parents=True)
    template.write_text("")
    jupyter = str(tmp_path / "jupyter")
    return os.environ | {
        "IPYTHONDIR": "/dev/null/nowhere",
        "JUPYTER_DATA_DIR": jupyter,
        "JUPYTER_PATH": jupyter,
        "JUPYTER_RUNTIME_DIR": "/dev/null/nowhere",
        "MPLBACKEND": "no such backend",
        "MPLCONFIGDIR": "/dev/null/nowhere",
        "PYTHONWARNINGS": "error",
        "TMPDIR": str(long_folder),
    }


@pytest.mark.trial
@pytest.mark.parametrize(
    ("words", "folder"),
    [("report kumamoto 2023", "2023"), ("compare kumamoto 2022 2023", "2022-2023")],
)
def test_report_is_the_same_byte_for_byte_on_any_machine(
    trial_project, trial_made, machine, words, folder
):
    run = run_kpi(*words.split(), env=machine)
    assert (run.returncode, run.stderr) == (0, "")
    assert contents(trial_project / "reports/kumamoto" / folder) == contents(trial_made / folder)


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("kpi report kumamoto 2022 <&- >&-", 0, ""),
        ("kpi check kumamoto 2022 >/dev/full", 1, "ディスクの空きがありません"),
        ("mkdir x; cd x; rmdir ../x; kpi check kumamoto 2022", 1, "フォルダーがなくなった"),
        ("cd data/kakuu; rm *.toml; mkfifo plan.toml; kpi report kakuu 2024", 1, "がありません"),
        ("KPI_FONTS=/nowhere kpi batch kumamoto", 1, "KPI_FONTS を消してください"),
        ("touch reports; kpi report kumamoto 2022; rm reports", 0, "あるべき場所に、ファイルがあ"),
        ("touch reports; kpi batch; rm reports", 0, "/reports: 同じ名前のファイルが既にあります"),
        (r"printf '\220' >matplotlibrc; kpi check kumamoto 2022", 1, "UTF-8 で保存されていません"),
    ],
)
def test_what_a_shell_leaves_out_or_closes(project, line, code, told):
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    about = {"env": os.environ | {"PATH": paths}, "capture_output": True, "text": True}
    run = subprocess.run(["sh", "-c", line], **about, check=False)
    assert run.returncode == code, run.stderr
    assert told in run.stderr and not {"Traceback", "ignored"} & {*run.stderr.split()}


@pytest.mark.trial
@pytest.mark.parametrize(
    ("words", "counts", "told"),
    [
        ([], "1件: 作成1、", ""),
        # The kernel of that name on this machine ends at once.
        (["--engine", "nbclient"], "1件: 作成0、変更なし0、失敗1", "カーネルが止まりました"),
    ],
    ids=["kpi", "nbclient"],
)
def test_batch_on_any_machine(faulty, machine, words, counts, told):  # noqa: F811
    faulty(a="")
    run = run_kpi("batch", *words, env=machine)
    assert run.stdout.startswith(counts), run.stderr
    assert told in run.stderr and "Traceback" not in run.stderr


# -- Windows, where city halls work: files that cannot be replaced while they are open.

# A Python for Windows: a script that takes "run PROJECT ARGUMENTS…", where this machine has one.
RIG = os.environ.get("KPI_WINDOWS", "")
# Found by each Python at its start: takes away from the package what Windows does not have.
WITHOUT_POSIX = """
import builtins, os, signal

real = builtins.__import__

def imported(name, globals=None, *rest, **named):
    importer = str((globals or {}).get("__name__"))
    if "kpi_utils" in importer and name in ("fcntl", "grp", "pwd", "resource"):
        raise ModuleNotFoundError(name)
    return real(name, globals, *rest, **named)

builtins.__import__ = imported
for module, names in {os: ["fork", "pread", "pwrite"], signal: ["SIGALRM", "setitimer"]}.items():
    for name in names:
        delattr(module, name)
"""


@pytest.fixture
def without_posix(tmp_path, monkeypatch):
    """Commands that are started have nothing that only POSIX systems have."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WITHOUT_POSIX)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)


@pytest.mark.trial
def test_report_without_posix_is_the_same_byte_for_byte(project, made, without_posix):
    assert run_kpi("report", "kumamoto", "2022").returncode == 0
    assert contents(project / "reports/kumamoto/2022") == contents(made)


@pytest.mark.trial
@pytest.mark.parametrize(
    ("code", "limits", "told"),
    [
        ("pass", "--limit 60", ""),
        ("while True: pass", "--limit 6", "6秒以内に終わりませんでした"),
        ("a = []\nwhile True: a.append(b'0' * 10**7)", "--memory 700", "MemoryError"),
    ],
)
def test_batch_without_posix_keeps_its_limits(faulty, without_posix, code, limits, told):  # noqa: F811
    faulty(a=code)
    run = run_kpi("batch", *limits.split())
    assert run.returncode == (1 if told else 0), run.stderr
    assert told in run.stderr


@pytest.fixture
def report(tmp_path):
    """A report's folder with an analyst's own file in it."""
    folder = tmp_path / "kumamoto/2022"
    replace_folder(folder, {"evaluation.pdf": b"old", "run.json": b"{}"}, output.FILES)
    (folder / "memo.txt").write_bytes(b"mine")
    return folder


def in_use(monkeypatch, *names: str) -> None:
    """A folder, or a file, of these names cannot be renamed: a program has it open."""
    replace = Path.replace

    def refuse(path, target):
        if path.name in names:
            raise PermissionError(errno.EACCES, "in use", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(output.time, "sleep", lambda _: None)


def test_a_folder_in_use_gets_its_files_one_by_one(report, monkeypatch):
    in_use(monkeypatch, "2022")
    replace_folder(report, {"evaluation.html": b"new", "run.json": b"new"}, output.FILES)
    assert contents(report) == {"evaluation.html": b"new", "run.json": b"new", "memo.txt": b"mine"}
    assert [path.name for path in report.parent.iterdir() if path.is_dir()] == ["2022"]


def test_an_open_file_is_told_and_nothing_is_lost(report, monkeypatch):
    before = contents(report.parent)
    in_use(monkeypatch, "2022", "evaluation.pdf", "memo.txt")
    with pytest.raises(KpiError, match=r"kumamoto/2022/evaluation\.pdf .*PDF を見るソフト"):
        replace_folder(report, {"evaluation.pdf": b"new", "run.json": b"new"}, output.FILES)
    with pytest.raises(KpiError, match=r"memo\.txt を置き換えられません。"):
        write_file(report / "memo.txt", b"new")
    assert contents(report.parent) == before


def test_a_virus_scanner_is_waited_for(tmp_path, monkeypatch):
    table, tries = tmp_path / "kpis.csv", []
    replace = Path.replace

    def refuse_once(path, target):
        tries.append(path)
        if len(tries) == 1:
            raise PermissionError
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse_once)
    write_file(table, b"new")
    assert table.read_bytes() == b"new" and len(tries) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "C:\\kpi\\a.csv"), "ほかのソフトで"),
        (FileNotFoundError(errno.ENOENT, "No such file", "C:\\" + "長" * 270), "260文字を超えて"),
        (FileNotFoundError(errno.ENOENT, "No such file", "C:\\kpi\\a.csv"), "見つかりません"),
    ],
)
def test_why_a_file_cannot_be_written_on_windows(monkeypatch, error, told):
    monkeypatch.setattr(errors, "os", SimpleNamespace(name="nt"))
    assert told in reason(error)


# What a user of Windows calls, one after the other, and the hashes of what comes out.
CALLS = """
import hashlib, json, pathlib, subprocess, sys
codes = {}
for words in json.loads(sys.argv[1]):
    command = [sys.executable, "-m", *words]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    codes[" ".join(words)] = run.returncode or run.stdout.count(b"Traceback")
    if codes[" ".join(words)]:
        sys.stderr.buffer.write(run.stdout)
hashes = {
    path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in pathlib.Path("reports").glob("k*/*/*.*")
}
print(json.dumps({"codes": codes, "hashes": hashes}))
"""
COMMANDS = [
    "kpi_utils.cli report kumamoto 2022",
    "kpi_utils.cli check kumamoto 2022",
    "kpi_utils.cli form kumamoto 2023",
    "kpi_utils.cli new yatsushiro",
    "kpi_utils.cli compare kakuu 2023 2024",
    "kpi_utils.cli batch kakuu --years 2024",
    "kpi_utils.cli portfolio",
    "papermill notebooks/evaluate.ipynb OUT.ipynb -p plan kumamoto -p fiscal_year 2022",
]


@pytest.mark.windows
@pytest.mark.skipif(not RIG, reason="KPI_WINDOWS names no Python for Windows")
def test_every_command_on_windows_gives_the_same_bytes(tmp_path):
    project = copy_project(tmp_path / "linux")
    shutil.copytree(ROOT / "kpi_utils", project / "kpi_utils")
    shutil.copy(ROOT / "pyproject.toml", project)
    (project / "calls.py").write_text(CALLS, "utf-8")
    calls = json.dumps([command.split() for command in COMMANDS])
    environment = os.environ | {"RIG_SECONDS": "500", "RIG_UTF8": "0"}
    run = subprocess.run(
        [RIG, "run", project, "calls.py", calls],
        capture_output=True,
        check=True,
        env=environment,
    )
    there = json.loads(run.stdout.splitlines()[-1])
    here = subprocess.run(
        [sys.executable, "calls.py", calls], cwd=project, capture_output=True, text=True, check=True
    )
    assert there == json.loads(here.stdout)
    assert set(there["codes"].values()) == {0}
