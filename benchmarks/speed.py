"""How fast ``kpi`` is, as ratios of one run: ``python benchmarks/speed.py [PLANS [BEFORE]]``.

Runs the commands turn by turn beside what each cannot be without, and ``kpi batch`` over so many
made-up plans (200) beside the ``papermill`` command on all cores, over a tenth of them. ``BEFORE``
is the folder of another checkout, which is measured in the same run. Seconds are those of the CPU,
which a busy machine changes less than those of the clock: the least of the runs (of one, if there
are fewer than 20 plans). Memory is that of all processes together, shared pages counted once.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import made_up
import psutil

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CORES = os.cpu_count()
RUNS = 5
NOTEBOOK = "notebooks/evaluate.ipynb"
BARE = [BIN / "papermill", NOTEBOOK, "OUT.ipynb", "-p", "plan", "kumamoto"]
BARE += ["-p", "fiscal_year", "2022"]
# Each command, and what it is measured by.
PAIRS = {
    "`kpi --help` / `import click`": (["--help"], [sys.executable, "-c", "import click"], 3),
    "`kpi check` / `import pandas`": (
        ["check", "kumamoto", "2022"],
        [sys.executable, "-c", "import pandas"],
        2,
    ),
    "`kpi report` / bare `papermill`": (["report", "kumamoto", "2022"], BARE, 0.5),
}
# A report in a fresh child of the process that has all loaded, as a batch makes it.
WARM = """
import os, sys
import kpi_utils.running.warm
from kpi_utils.running.run import make_report
least = 99
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        make_report("kumamoto", 2022)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    least = min(least, used.ru_utime + used.ru_stime + 99 * status)
print(least)
"""


class Use(NamedTuple):
    """Seconds by the clock and of CPU, and the most bytes at once in each half of the time."""

    seconds: float
    cpu: float
    memory: tuple[int, int]


def of(package: Path, folder: Path) -> dict[str, str]:
    """An environment in which a folder's commands are a package's, with the notebooks of these."""
    shutil.copytree(package / "notebooks", folder / "notebooks", dirs_exist_ok=True)
    return os.environ | {"PYTHONPATH": str(package)}


def used(command: list, folder: Path, package: Path) -> tuple[float, float]:
    """Seconds of CPU and of the clock that a command takes."""
    environment = of(package, folder)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds


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


def many(command: list, folder: Path, package: Path, words: str = "") -> Use:
    """What a command takes that starts many processes."""
    started, cpu, told = time.perf_counter(), 0.0, []
    with tempfile.TemporaryFile("w+") as output:
        about = {"cwd": folder, "env": of(package, folder), "stdout": output, "stderr": output}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, **about)
        threading.Thread(target=process.communicate, args=(words,)).start()
        while process.poll() is None:
            with suppress(psutil.Error):
                so_far, memory = now(psutil.Process(process.pid))
                cpu = max(cpu, so_far)
                told.append(memory)
            time.sleep(0.2)
        output.seek(0)
        if process.returncode:
            sys.exit(f"{command[0]}: {output.read()}")
    half = len(told) // 2
    memory = max(told[:half], default=0), max(told[half:], default=0)
    return Use(time.perf_counter() - started, cpu, memory)


def rows(folder: Path, plans: list[str], packages: list[Path]) -> Iterator[list[str]]:
    """Yields the table's rows: what is measured, with each package, and what is wanted."""
    for what, (words, base, wanted) in PAIRS.items():
        least = {}
        for _ in range(RUNS if len(plans) >= 20 else 1):
            for name, command, package in [
                ("base", base, ROOT),
                *((package, [BIN / "kpi", *words], package) for package in packages),
            ]:
                taken = used(command, folder, package)
                least[name] = tuple(map(min, taken, least.get(name, taken)))
        base_cpu, base_seconds = least["base"]
        ratios = [
            f"{least[package][0] / base_cpu:.2f} ({least[package][1] / base_seconds:.2f})"
            for package in packages
        ]
        yield [what, *ratios, f"≤ {wanted}"]
    few = plans[: max(len(plans) // 10, CORES)]
    one = [*BARE[:2], "OUT-{}.ipynb", "-p", "plan", "{}", "-p", "fiscal_year", str(made_up.FIRST)]
    xargs = ["xargs", "-P", str(CORES), "-I{}", *one, "--no-progress-bar"]
    bare = many(xargs, folder, ROOT, "\n".join(few))
    batches = []
    for package in packages:
        shutil.rmtree(folder / "reports", ignore_errors=True)
        batches.append(many([BIN / "kpi", "batch", *plans], folder, package))
    # How many reports the one makes in the time in which the other makes one.
    share = len(plans) / len(few)
    speeds = [
        f"{share * bare.cpu / batch.cpu:.1f} ({share * bare.seconds / batch.seconds:.1f})"
        for batch in batches
    ]
    yield [f"`kpi batch`, {len(plans)} plans / `xargs -P` papermill", *speeds, "≥ 6"]
    warm = []
    for package in packages:
        command = [sys.executable, "-c", WARM, str(RUNS)]
        about = {"cwd": folder, "env": of(package, folder), "capture_output": True}
        warm.append(float(subprocess.run(command, check=True, **about).stdout))
    yield ["CPU of a warm report", *(f"{cpu:.2f} s" for cpu in warm), "≤ 0.7 s"]
    each = [f"{batch.cpu / len(plans):.2f} s" for batch in batches]
    yield ["CPU of a batch, each report", *each, ""]
    memory = ["{:.0f} → {:.0f} MB".format(*(most / 1e6 for most in b.memory)) for b in batches]
    yield [f"memory of a batch, {CORES} cores, first → second half", *memory, "≤ 600 MB"]


def main() -> None:
    # As Python is by default: what it has compiled once is kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    packages = [*map(Path.absolute, map(Path, sys.argv[2:])), ROOT]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, folder / name)
        made_up.make(folder / "data", size)
        plans = sorted(path.name for path in (folder / "data").glob("made*"))
        print(f"{CORES} cores; CPU (clock in brackets), the least of {RUNS} runs\n")
        heads = ["what", *(["before"] if len(packages) > 1 else []), "now", "wanted"]
        lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
        for row in chain(lines, rows(folder, plans, packages)):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
