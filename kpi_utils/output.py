"""What a run leaves in ``reports/PLAN/YEAR``, and how it gets there: a whole report or none.

A report is made beside the one that is there and takes its place when it is whole: a run that
fails leaves what was there before. The names of the files are decided here.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from kpi_utils import frames
from kpi_utils.errors import KpiError
from kpi_utils.evaluation import Evaluation
from kpi_utils.sheet import Sheet

__all__ = [
    "data_folder",
    "export",
    "locked",
    "project_root",
    "read_record",
    "whole",
    "write_record",
]

NOTEBOOK = "notebooks/evaluate.ipynb"
PDF, CSV, FOUND, RUN = "evaluation.pdf", "kpis.csv", "findings.csv", "run.json"
EXECUTED, HTML = "evaluation.ipynb", "evaluation.html"
# Tells the notebook's kernel which folder stands for reports/ while kpi report is under way.
REPORTS_VARIABLE = "KPI_REPORTS"
# Names a folder of plans that stands for data/.
DATA_VARIABLE = "KPI_DATA"
# How long a run's working folder may lie before it is taken for that of a killed one (seconds).
A_DAY = 24 * 3600
VERSIONS = ("kpi-utils", "pandas", "matplotlib", "papermill", "typst")


def project_root() -> Path:
    """The project's folder: the nearest one around the current folder that has data and notebook.

    Raises KpiError where there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data").is_dir() and (folder / NOTEBOOK).is_file():
            return folder
    raise KpiError(
        f"{here}: プロジェクトのフォルダーではありません。"
        f"data/ と {NOTEBOOK} のあるフォルダーの中で実行してください。"
    )


def data_folder() -> Path:
    """The folder of the plans: ``data/`` in the project, or the one that KPI_DATA names."""
    return Path(os.environ.get(DATA_VARIABLE) or project_root() / "data")


def export(evaluation: Evaluation) -> str:
    """Write the report's PDF, tables and record into reports/; say what was written (Japanese).

    The executed notebook and its HTML cannot be made from within: ``kpi report`` adds them. Those
    of an earlier run stay only if they tell of the same inputs.
    """
    # typst and the pictures are needed only here.
    from kpi_utils.report import build

    sheet = evaluation.sheet
    started = time.perf_counter()
    pdf = build(evaluation)
    record = {
        "parameters": {"plan": sheet.plan.id, "fiscal_year": sheet.fiscal_year},
        "inputs": _inputs(sheet),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in VERSIONS},
        "seconds": {"charts_and_pdf": round(time.perf_counter() - started, 3)},
    }
    root = Path(os.environ.get(REPORTS_VARIABLE) or project_root() / "reports")
    folder = root / sheet.plan.id / str(sheet.fiscal_year)
    before = read_record(folder).get("inputs")
    stale = {EXECUTED, HTML} if before != record["inputs"] else set()
    with whole(folder, {PDF, CSV, FOUND, RUN} | stale) as new:
        (new / PDF).write_bytes(pdf)
        _write_csv(evaluation.rows[frames.CSV_COLUMNS], new / CSV)
        _write_csv(evaluation.findings, new / FOUND)
        write_record(record, new)
    place = f"reports/{sheet.plan.id}/{sheet.fiscal_year}/"
    return f"{place} に {PDF}、{CSV}、{FOUND}、{RUN} を書き出しました。"


@contextmanager
def whole(folder: Path, ours: set[str]) -> Iterator[Path]:
    """A new folder that takes the place of ``folder`` once the block has ended well.

    Files of the old folder that are not ``ours`` (an analyst's notes, say) go along.
    """
    # A link to a folder elsewhere stays one.
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        new.mkdir()
        yield new
        with locked(folder.parent):
            _recover(folder)
            if not folder.exists():
                new.rename(folder)
                return
            left_out = shutil.ignore_patterns(*ours)
            shutil.copytree(
                folder, new, ignore=left_out, symlinks=True, copy_function=_keep, dirs_exist_ok=True
            )
            try:
                folder.rename(old)
                new.rename(folder)
            except BaseException:
                if not folder.exists():
                    old.rename(folder)
                raise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone with a folder: another run that would change it waits."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _recover(folder: Path) -> None:
    """Put back what a run left that was killed while it put its report in place."""
    for left in folder.parent.glob(f".{folder.name}-*"):
        if (left / "old").exists() and not folder.exists():
            (left / "old").rename(folder)
        # Another run's folder may go while we look at it.
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > A_DAY:
                shutil.rmtree(left, ignore_errors=True)


def _keep(source: str, target: str) -> None:
    """The same file under a second name; a copy where the disk knows no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def read_record(folder: Path) -> dict:
    """``run.json`` of a report's folder; empty where there is none that can be read."""
    try:
        record = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(record: dict, folder: Path) -> None:
    """Write ``run.json`` into a report's folder."""
    (folder / RUN).write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table with a byte order mark, by which Excel knows that it is UTF-8."""
    # Never 1E-7, which a spreadsheet would read as it likes.
    plain = table.map(lambda v: f"{v:f}" if isinstance(v, Decimal) else v)
    plain.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _inputs(sheet: Sheet) -> dict[str, str]:
    """The SHA-256 of all that a report is made from."""
    package = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in (".py", ".typ"):
            package.update(file.read_bytes())
    return {
        sheet.source: sheet.sha256,
        sheet.plan.source: sheet.plan.sha256,
        NOTEBOOK: hashlib.sha256((project_root() / NOTEBOOK).read_bytes()).hexdigest(),
        "kpi_utils": package.hexdigest(),
    }
