"""Runs of many reports: a small record each, and ``reports/manifest.csv``, read off the records.

A run's record lies in ``reports/.runs``, beside the reports: that of a run that failed leaves the
report of an earlier one as it is.
"""

import re
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from kpi_utils.running.csv_cells import csv_bytes
from kpi_utils.running.output import MANIFEST, RUN, json_bytes, locked, read_json, write_file

__all__ = ["COLUMNS", "Manifest", "Run", "read_runs", "write_runs"]

RUNS = ".runs"
# The manifest of many runs takes long to write: no more than one in so many seconds goes into it.
SHARE = 10


@dataclass(frozen=True)
class Run:
    """A plan and year, how its run stands, and a line of ``reports/manifest.csv``.

    ``status`` is waiting, done or failed, and while a batch is under way also running or unchanged
    (done before, from the same inputs). ``input_hash`` is that of the inputs it is done, failed or
    waiting with. ``cell`` is the number of the notebook's cell that failed, where it is known;
    ``error`` says why, for people.
    """

    plan: str
    fiscal_year: int
    status: str = "waiting"
    input_hash: str = ""
    seconds: float | None = None
    cell: int | None = None
    error: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What tells the run from others: its plan and year."""
        return self.plan, self.fiscal_year


COLUMNS = [field.name for field in fields(Run)]


def read_runs(reports: Path) -> list[Run]:
    """The runs that the records in ``reports`` tell of, in order: of batches, and of reports.

    A report that was made since its run, by itself, counts for it. A record that cannot be read is
    passed over: the next batch writes it anew.
    """
    runs = {}
    for path in reports.glob(f"*/*/{RUN}"):
        plan, year = path.parent.parent.name, path.parent.name
        if plan[0] != "." and re.fullmatch(r"[12]\d{3}", year, re.ASCII):
            run = Run(plan, int(year), "done", str(read_json(path).get("input_hash", "")))
            runs[run.key] = run
    for path in (reports / RUNS).glob("*.json"):
        record = read_json(path)
        if record.keys() != set(COLUMNS):
            continue
        run = Run(**record)
        report = runs.get(run.key, run)
        if run.status != "done" or report.input_hash == run.input_hash:
            runs[run.key] = run
    return [runs[key] for key in sorted(runs)]


def write_runs(reports: Path, runs: list[Run]) -> None:
    """Write the records of runs, each whole or not at all."""
    folder = reports / RUNS
    folder.mkdir(exist_ok=True)
    for run in runs:
        path = folder / f"{run.plan}-{run.fiscal_year}.json"
        write_file(path, json_bytes(asdict(run)))


class Manifest:
    """``manifest.csv`` in a folder of reports while a batch moves: it is behind by moments."""

    def __init__(self, reports: Path):
        self._reports, self._due = reports, 0.0

    def note(self, run: Run) -> None:
        """Write a run's record, and the manifest, if that was not written just now."""
        with locked(self._reports):
            write_runs(self._reports, [run])
        started = time.monotonic()
        if started >= self._due:
            self.write()
            self._due = time.monotonic() + SHARE * (time.monotonic() - started)

    def write(self) -> None:
        """Write the manifest, whole or not at all, from all records that there are now."""
        with locked(self._reports):
            lines = [
                {name: "" if cell is None else str(cell) for name, cell in asdict(run).items()}
                for run in read_runs(self._reports)
            ]
            write_file(self._reports / MANIFEST, csv_bytes(pd.DataFrame(lines, columns=COLUMNS)))
