"""What an analyst's machine has of its own must not matter: settings, folders, kernels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import contents
from test_batch import faulty  # noqa: F401

from kpi_utils.running import child

BIN = Path(sys.executable).parent
# Each of these would show, or stop the drawing.
MATPLOTLIBRC = """\
backend: TkAgg
axes.formatter.use_locale: True
axes.linewidth: 4
axes.prop_cycle: cycler("color", ["r"])
figure.dpi: 300
font.family: serif
font.size: 24
lines.linewidth: 9
path.simplify: False
savefig.bbox: tight
savefig.transparent: True
svg.fonttype: path
text.usetex: True
xtick.labelsize: 30
"""


@pytest.fixture
def long_folder(tmp_path):
    """A folder for temporary files in which no socket has room: 107 bytes is the most."""
    folder = tmp_path / "架空" / ("long" * 25)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def machine(tmp_path, long_folder):
    """The environment of an analyst with settings and kernels that would change all."""
    kernel = tmp_path / "jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    foreign = {"argv": ["false", "{connection_file}"], "language": "python", "display_name": "?"}
    (kernel / "kernel.json").write_text(json.dumps(foreign))
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("import pandas\npandas.set_option('display.max_rows', 1)\n1 / 0")
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings/matplotlibrc").write_text(MATPLOTLIBRC)
    jupyter, settings = str(tmp_path / "jupyter"), str(tmp_path / "settings")
    return os.environ | {
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_DATA_DIR": jupyter,
        "JUPYTER_PATH": jupyter,
        "JUPYTER_RUNTIME_DIR": "/dev/null/nowhere",
        "MATPLOTLIBRC": settings,
        "MPLBACKEND": "no such backend",
        "TMPDIR": str(long_folder),
    }


@pytest.mark.trial
def test_report_is_the_same_byte_for_byte_on_any_machine(project, made, machine):
    command = [BIN / "kpi", "report", "kumamoto", "2022"]
    run = subprocess.run(command, env=machine, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert contents(project / "reports/kumamoto/2022") == contents(made)


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
    command = [BIN / "kpi", "batch", *words]
    run = subprocess.run(command, env=machine, capture_output=True, text=True, check=False)
    assert run.stdout.startswith(counts), run.stderr
    assert told in run.stderr and "Traceback" not in run.stderr


@pytest.mark.parametrize(("longer", "kept"), [(0, True), (1, False)])
def test_temporary_folder_is_the_users_as_far_as_sockets_fit(monkeypatch, longer, kept):
    folder = "/" + "x" * (child.MAX_FOLDER_BYTES - 1 + longer)
    monkeypatch.setattr("tempfile.tempdir", folder)
    child.keep_sockets_short()
    assert child.tempfile.tempdir == (folder if kept else "/tmp")
