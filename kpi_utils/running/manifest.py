"""The records of a batch's runs, and ``reports/manifest.csv``, which is made from the records.

The records are in ``reports/.runs``, not in the reports' folders: a run that fails has a record
too, and leaves the report of an earlier run as it is.
"""

import re
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from kpi_utils.running.csv_cells import csv_bytes
from kpi_utils.running.output import MANIFEST, RECORD, json_bytes, locked, read_json, write_file

RUNS_FOLDER = ".runs"
# Writing the manifest may take at most a tenth of the batch's time.
INTERVAL_FACTOR = 10


@dataclass(frozen=True)
class Run:
    """A plan and year with the status of its run: a line of ``reports/manifest.csv``.

    ``status`` is waiting, done or failed, and during a batch also running or unchanged (done
    before, from the same inputs). ``input_hash`` is that of the inputs with which the run is done,
    failed or waiting. ``cell`` is the number of the notebook's cell that failed, if it is known;
    ``error`` is the reason, for people.
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
        """The plan and year, which identify the run."""
        return self.plan, self.fiscal_year


COLUMNS = [field.name for field in fields(Run)]


def read_runs(reports: Path) -> list[Run]:
    """The runs of all records in ``reports``, those of batches and those of reports, in order.

    If a report was made by a single run after the batch, its record counts. A record that cannot be
    read is skipped: the next batch writes it again.
    """
    runs = {}
    for path in reports.glob(f"*/*/{RECORD}"):
        plan, year = path.parent.parent.name, path.parent.name
        if plan[0] != "." and re.fullmatch(r"[12]\d{3}", year, re.ASCII):
            run = Run(plan, int(year), "done", str(read_json(path).get("input_hash", "")))
            runs[run.key] = run
    for path in (reports / RUNS_FOLDER).glob("*.json"):
        record = read_json(path)
        if record.keys() != set(COLUMNS):
            continue
        run = Run(**record)
        report = runs.get(run.key, run)
        if run.status != "done" or report.input_hash == run.input_hash:
            runs[run.key] = run
    return [runs[key] for key in sorted(runs)]


def write_runs(reports: Path, runs: list[Run]) -> None:
    """Writes the records of runs."""
    folder = reports / RUNS_FOLDER
    folder.mkdir(exist_ok=True)
    for run in runs:
        path = folder / f"{run.plan}-{run.fiscal_year}.json"
        write_file(path, json_bytes(asdict(run)))


class Manifest:
    """``manifest.csv`` during a batch. The file may lag a few seconds behind the runs."""

    def __init__(self, reports: Path):
        self._reports, self._next_write = reports, 0.0

    def note(self, run: Run) -> None:
        """Writes a run's record, and the manifest, unless that was written a moment ago."""
        with locked(self._reports):
            write_runs(self._reports, [run])
        started = time.monotonic()
        if started >= self._next_write:
            self.write()
            self._next_write = time.monotonic() + INTERVAL_FACTOR * (time.monotonic() - started)

    def write(self) -> None:
        """Writes the manifest from all records that there are now."""
        with locked(self._reports):
            lines = [
                {name: "" if cell is None else str(cell) for name, cell in asdict(run).items()}
                for run in read_runs(self._reports)
            ]
            write_file(self._reports / MANIFEST, csv_bytes(pd.DataFrame(lines, columns=COLUMNS)))
