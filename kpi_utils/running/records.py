"""The record of a run: from what a report is made (SHA-256), and how its last run ended.

``reports/manifest.csv`` has a line for each plan and year. A batch writes it as it goes on: if it
is killed, a run whose end it has not written is still waiting there. A run that fails has a line
too, and leaves the report of an earlier run as it is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from kpi_utils.running import output
from kpi_utils.running.csv_cells import csv_bytes, unguarded


@dataclass(frozen=True)
class Run:
    """A plan and year with the status of its run: a line of ``reports/manifest.csv``.

    ``status`` is waiting, done or failed, and during a batch also running or unchanged (done
    before, from the same inputs). ``input_hash`` is that of the inputs with which the run is done,
    failed or waiting. ``cell`` is the number of the notebook's cell that failed, if it is known;
    ``error`` is the reason, for people. Numbers are texts, blank where there is none.
    """

    plan: str
    fiscal_year: int
    status: str = "waiting"
    input_hash: str = ""
    seconds: str = ""
    cell: str = ""
    error: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """The plan and year, which identify the run."""
        return self.plan, self.fiscal_year


COLUMNS = [field.name for field in fields(Run)]


def read_runs(reports: Path) -> list[Run]:
    """The runs of the manifest, and those of the reports that lie in ``reports``, in order.

    If a single run has made a report after the batch, its record counts: it names other inputs than
    those with which the batch was done, or the very ones with which it failed or was waiting. What
    a manifest said of failures is forgotten if it is not as a batch has written it.
    """
    try:
        path = reports / output.MANIFEST
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        lines = table[COLUMNS].map(unguarded).to_dict("records")
        listed_runs = [Run(**line | {"fiscal_year": int(line["fiscal_year"])}) for line in lines]
    except (OSError, ValueError, KeyError):
        listed_runs = []
    runs = {run.key: run for run in listed_runs}
    for path in reports.glob(f"[!.]*/[12][0-9][0-9][0-9]/{output.RECORD}"):
        folder = path.parent
        made_from = str(output.read_record(folder).get("input_hash", ""))
        recorded = Run(folder.parent.name, int(folder.name), "done", made_from)
        listed = runs.setdefault(recorded.key, recorded)
        has_its_inputs = made_from != "" and listed.input_hash == made_from
        if (listed.status == "done") != has_its_inputs:
            runs[recorded.key] = recorded
    return [runs[key] for key in sorted(runs)]


def note(reports: Path, runs: Iterable[Run]) -> None:
    """Writes the lines of some runs into the manifest; the others are those of ``read_runs``."""
    with output.locked(reports):
        lines = {run.key: run for run in [*read_runs(reports), *runs]}
        table = pd.DataFrame([vars(lines[key]) for key in sorted(lines)], columns=COLUMNS)
        output.write_file(reports / output.MANIFEST, csv_bytes(table))


def hash_by_input(notebook: str, hash_by_file: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each input: of files, of the notebook, and of this package as imported.

    ``hash_by_file`` has the hashes of the files that the notebook reads, by their names.
    """
    own = {notebook: _sha256(output.project_root() / notebook), "kpi_utils": PACKAGE}
    return {**hash_by_file, **own}


def hash_of_inputs(
    plan: str, fiscal_year: int, language: str = "ja", parameters: Mapping | None = None
) -> str:
    """The SHA-256 of all inputs of a plan's report: if two runs have the same, so are the reports.

    The inputs are the parameters, further ones included, ``plan.toml``, the sheets up to the year
    (last year's is compared), the notebook, this package and the lock file. One that is missing or
    cannot be read is no error here.
    """
    folder = output.data_folder() / plan
    files = [folder / "plan.toml", output.project_root() / "requirements.lock"]
    sheets = folder.glob("[0-9][0-9][0-9][0-9].*")
    files += [path for path in sheets if path.stem.isdecimal() and path.stem <= str(fiscal_year)]
    hashes = hash_by_input(output.NOTEBOOK, {path.name: _sha256(path) for path in files})
    inputs = [folder.parent.name, plan, fiscal_year, language, dict(parameters or {}), hashes]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; blank if it cannot be read or is no ordinary file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError:
        return ""


def _hash_of_package() -> str:
    """The SHA-256 of the package's files, without what Python compiles."""
    folder = Path(__file__).parents[1]
    files = [path for path in folder.rglob("*.*") if "__pycache__" not in path.parts]
    hashes = sorted((path.relative_to(folder).as_posix(), _sha256(path)) for path in files)
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


# Computed at import: the files may change while the imported code runs on.
PACKAGE = _hash_of_package()
