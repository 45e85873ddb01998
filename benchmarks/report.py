"""Time a cold ``kpi report`` and its parts beside a bare ``papermill`` run of the same notebook.

Prints a table of seconds (median of the runs, 7 or as many as the command line says) and of ratios
to the bare run. Runs in a copy of the
project, turn by turn, so that a busy moment of the machine hits both.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
PLAN, YEAR = "kumamoto", "2022"

BARE = [BIN / "papermill", "notebooks/evaluate.ipynb", "OUT.ipynb", "-p", "plan", PLAN]
BARE += ["-p", "fiscal_year", YEAR]
REPORT = [BIN / "kpi", "report", PLAN, YEAR]

# Cold, in a process of its own: imports, then the steps of the notebook one by one.
PARTS = """
import time
laps = [time.perf_counter()]
from kpi_utils import charts, evaluate, load
from kpi_utils.report import build, content, page
laps.append(time.perf_counter())
evaluation = evaluate(load("kumamoto", 2022))
laps.append(time.perf_counter())
sheet, kpis = evaluation.sheet, evaluation.kpis
figures = {kpi: charts.path(sheet, row) for kpi, row in kpis.iterrows()}
figures |= {"overview": charts.overview(kpis), "pace": charts.pace(kpis)}
for figure in figures.values():
    figure.svg()
laps.append(time.perf_counter())
chapters = content(evaluation, None, figures)
build(chapters, sheet.words)
laps.append(time.perf_counter())
page(chapters, sheet.words)
laps.append(time.perf_counter())
print(*[after - before for before, after in zip(laps, laps[1:])])
"""


def seconds(command: list, folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    times: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        times.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, folder / name)
        for _ in range(RUNS):
            note("bare papermill command", seconds(BARE, folder))
            note("kpi report", seconds(REPORT, folder))
            command = [sys.executable, "-c", PARTS]
            run = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            imported, judged, charts, pdf, html = map(float, run.stdout.split())
            note("import of the package", imported)
            note("read, judge, find", judged)
            note("charts (15)", charts)
            note("PDF", pdf)
            note("HTML", html)

    bare = median(times["bare papermill command"])
    print(
        f"{RUNS} runs, {os.cpu_count()} cores; median seconds, and ratio to the bare papermill run"
    )
    print()
    print("| step | seconds | ratio |")
    print("|---|---:|---:|")
    for name, values in times.items():
        print(f"| {name} | {median(values):.2f} | {median(values) / bare:.2f} |")


if __name__ == "__main__":
    main()
