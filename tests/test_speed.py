"""How fast the command is, as ratios to what it cannot be without, with room for a busy machine."""

import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")
BIN = Path(sys.executable).parent
RUNS = 2


def cpu(folder, *command):
    """Seconds of CPU that a command and what it starts take, the least of some runs."""
    taken = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


@pytest.mark.trial
@pytest.mark.parametrize(
    ("command", "measure", "most"),
    [
        (["--help"], [sys.executable, "-c", "import click"], 3),
        (
            ["report", "kumamoto", "2022"],
            [
                *(BIN / "papermill", "notebooks/evaluate.ipynb", "OUT.ipynb"),
                *("-p", "plan", "kumamoto", "-p", "fiscal_year", "2022"),
            ],
            0.8,
        ),
    ],
)
def test_command_is_quick_beside_what_it_needs(project, command, measure, most):
    assert cpu(project, BIN / "kpi", *command) < most * cpu(project, *measure)
