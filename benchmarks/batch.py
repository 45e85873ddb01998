"""Reports a second of four ways to make them: ``python benchmarks/batch.py [PLANS [PLANS …]]``.

On the same made-up plans, in one run: the ``papermill`` command on all cores, papermill's API in a
loop, ``kpi batch``, and the floor, which is the code of the notebook's cells run in warm processes
on all cores, without a notebook. The four run with
the first number of plans (100), and ``kpi batch`` with each (100, 200, 400): twice the plans should
take twice the time. Memory is that of all processes together, shared pages counted once; CPU is
what they used, which a busy machine changes less than the seconds by the clock.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import made_up
import psutil

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CORES = os.cpu_count()
NOTEBOOK = "notebooks/evaluate.ipynb"

LOOP = f"""
import sys, papermill
for plan in sys.argv[1:]:
    parameters = {{"plan": plan, "fiscal_year": {made_up.FIRST}}}
    papermill.execute_notebook("{NOTEBOOK}", "OUT.ipynb", parameters, progress_bar=False)
"""

FLOOR = f"""
import ast, sys
from concurrent.futures import ProcessPoolExecutor
import IPython.display
from IPython.core.formatters import DisplayFormatter

show = DisplayFormatter().format
IPython.display.display = lambda *shown, **_: [show(one) for one in shown]
import nbformat, kpi_utils.report, kpi_utils.showing.tables

cells = nbformat.read("{NOTEBOOK}", 4).cells
code = [cell.source for cell in cells if cell.cell_type == "code"]

def run(plan):
    names = {{}}
    for cell in code:
        *body, last = ast.parse(cell).body
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            show(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
        else:
            exec(compile(ast.Module([last], []), "cell", "exec"), names)
        if "fiscal_year" in cell:
            names.update(plan=plan, fiscal_year={made_up.FIRST})

if __name__ == "__main__":
    with ProcessPoolExecutor({CORES}) as processes:
        list(processes.map(run, sys.argv[1:]))
"""


class Use(NamedTuple):
    """What a command took: seconds by the clock and of CPU, and the most bytes at once."""

    seconds: float
    cpu: float
    memory: int


def now(process: psutil.Process) -> tuple[float, int]:
    """Seconds of CPU so far, and bytes, of a process and all that it started."""
    cpu, memory = 0.0, 0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):
            # With what those used that have ended.
            cpu += sum(one.cpu_times()[:4])
            told = one.memory_full_info()
            memory += getattr(told, "pss", told.uss)
    return cpu, memory


def measured(command: list, folder: Path, words: str = "") -> Use:
    shutil.rmtree(folder / "reports", ignore_errors=True)
    started, cpu, most = time.perf_counter(), 0.0, 0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=output, text=True
        )
        threading.Thread(target=process.communicate, args=(words,)).start()
        while process.poll() is None:
            with suppress(psutil.Error):
                used, memory = now(psutil.Process(process.pid))
                cpu, most = max(cpu, used), max(most, memory)
            time.sleep(0.2)
        output.seek(0)
        if process.returncode:
            sys.exit(f"{command[0]}: {output.read()}")
    return Use(time.perf_counter() - started, cpu, most)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [100, 200, 400]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        made_up.make(folder / "data", max(sizes))
        plans = sorted(path.name for path in (folder / "data").iterdir())
        first = plans[: sizes[0]]
        one = ["-p", "plan", "{}", "-p", "fiscal_year", str(made_up.FIRST), "--no-progress-bar"]
        bare = [BIN / "papermill", NOTEBOOK, "OUT-{}.ipynb", *one]
        ways = {
            f"papermill command, xargs -P {CORES}": (
                ["xargs", "-P", str(CORES), "-I{}", *bare],
                first,
            ),
            "papermill API in a loop": ([sys.executable, "-c", LOOP, *first], first),
            f"floor: no notebook, {CORES} processes": (
                [sys.executable, "-c", FLOOR, *first],
                first,
            ),
        }
        for size in sizes:
            ways[f"kpi batch, {size} plans"] = [BIN / "kpi", "batch", *plans[:size]], plans[:size]
        uses = {
            way: measured(command, folder, "\n".join(made)) for way, (command, made) in ways.items()
        }
    speeds = {way: len(ways[way][1]) / use.seconds for way, use in uses.items()}
    command, _, floor, *_ = speeds.values()
    print(f"{CORES} cores; {sizes[0]} made-up plans where no number is given\n")
    print("| way | seconds | CPU s a report | reports a s | × command | time × floor | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for way, use in uses.items():
        speed = speeds[way]
        print(
            f"| {way} | {use.seconds:.1f} | {use.cpu / len(ways[way][1]):.2f} | {speed:.2f} "
            f"| {speed / command:.1f} | {floor / speed:.2f} | {use.memory / 1e6:.0f} |"
        )


if __name__ == "__main__":
    main()
