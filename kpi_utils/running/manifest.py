"""``reports/manifest.csv``: a line a run, written whole or not at all."""

import csv
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from kpi_utils.errors import KpiError
from kpi_utils.running.csv_cells import guarded, unguarded
from kpi_utils.running.output import locked

__all__ = ["COLUMNS", "MANIFEST", "Run", "note", "read_manifest", "write_manifest"]

MANIFEST = "manifest.csv"


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


COLUMNS = [field.name for field in fields(Run)]


def note(manifest: Path, run: Run) -> None:
    """Put a run's line into the manifest, in place of the one that it has there."""
    with locked(manifest.parent):
        write_manifest(manifest, read_manifest(manifest), [run])


def read_manifest(manifest: Path) -> list[Run]:
    """The lines of a manifest, none without a file. Raises KpiError where it cannot be read."""
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if table.fieldnames != COLUMNS:
                raise ValueError(table.fieldnames)
            return [
                Run(
                    plan=line["plan"],
                    fiscal_year=int(line["fiscal_year"]),
                    status=line["status"],
                    input_hash=line["input_hash"],
                    seconds=float(line["seconds"]) if line["seconds"] else None,
                    cell=int(line["cell"]) if line["cell"] else None,
                    error=line["error"],
                )
                for line in ({name: unguarded(cell) for name, cell in row.items()} for row in table)
            ]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, csv.Error):
        raise KpiError(
            f"reports/{manifest.name} が一覧として読めません。元に戻すか、削除してから、"
            "もう一度実行してください（削除しても、報告書は作り直されません）。"
        ) from None


def write_manifest(manifest: Path, before: list[Run], now: list[Run]) -> None:
    """Write the manifest, whole or not at all; ``now`` takes the place of what was ``before``."""
    lines = {(run.plan, run.fiscal_year): asdict(run) for run in [*before, *now]}
    for run in before:
        # How long it took is known of a report that still stands; its record does not say.
        line = lines[run.plan, run.fiscal_year]
        if line == asdict(replace(run, seconds=None)):
            line["seconds"] = run.seconds
    new = manifest.with_name(f".{manifest.name}")
    try:
        with new.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            for key in sorted(lines):
                table.writerow({name: guarded(cell) for name, cell in lines[key].items()})
        new.replace(manifest)
    except OSError:
        new.unlink(missing_ok=True)
        raise
