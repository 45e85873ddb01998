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

from kpi_utils.comparing.changes import Changes
from kpi_utils.errors import KpiError
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import spoken
from kpi_utils.running.csv_cells import guarded
from kpi_utils.sheets.sheet import Sheet

__all__ = [
    "data_folder",
    "export",
    "export_changes",
    "keep_sockets_short",
    "locked",
    "project_root",
    "read_record",
    "report_folder",
    "versions",
    "whole",
    "write_index",
    "write_portfolio",
    "write_record",
]

NOTEBOOK = "notebooks/evaluate.ipynb"
PDF, CSV, FOUND, RUN = "evaluation.pdf", "kpis.csv", "findings.csv", "run.json"
CHANGED = "changes.csv"
# The notebook that compares two years; and what an executed notebook and its page are called.
COMPARISON = "notebooks/compare_years.ipynb"
PAGE, COMPARED = "evaluation", "compare_years"
HTML, BOOK = f"{PAGE}.html", f"{PAGE}.xlsx"
# The notebook over all reports, its folder in reports/ and its page there; and the list of reports.
PORTFOLIO, COLLECTED = "notebooks/portfolio.ipynb", "portfolio"
PORTFOLIO_PDF, INDEX = f"{COLLECTED}.pdf", "index.html"
# What only ``kpi`` can add to what a notebook writes: itself executed, and its page.
ADDED = {f"{name}.ipynb" for name in (PAGE, COMPARED, COLLECTED)} | {f"{COMPARED}.html"}
FILES = {PDF, HTML, BOOK, CSV, FOUND, CHANGED, PORTFOLIO_PDF, RUN} | ADDED
# Tells the notebook's kernel which folder stands for reports/ while kpi report is under way.
REPORTS_VARIABLE = "KPI_REPORTS"
# Names a folder of plans that stands for data/.
DATA_VARIABLE = "KPI_DATA"
# How long a run's working folder may lie before it is taken for that of a killed one (seconds).
A_DAY = 24 * 3600
# What a system takes as a socket's name (103 bytes or more), without the names in the folder.
LONGEST_FOLDER = 65
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
    named = os.environ.get(DATA_VARIABLE)
    return Path(named).absolute() if named else project_root() / "data"


def keep_sockets_short() -> None:
    """Have temporary files in /tmp where TMPDIR is too long for the name of a socket in it."""
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"


def report_folder(fiscal_year: int) -> str:
    """The name of a report's folder: its year, and the language that is spoken, if not Japanese."""
    return str(fiscal_year) if spoken() == "ja" else f"{fiscal_year}-{spoken()}"


def export(evaluation: Evaluation, changes: Changes | None = None) -> str:
    """Write the report, its tables and its record into reports/; say what was written (Japanese).

    ``changes`` are those since last year, if there is a sheet of it: a chapter and a table. The
    executed notebook cannot be made from within: ``kpi report`` adds it. That of an earlier run
    stays only if it tells of the same inputs.
    """
    # typst, the pictures and the workbook are needed only here.
    from kpi_utils.report import book, build, content, page

    sheet = evaluation.sheet
    sheets = [sheet]
    tables = {CSV: _csv(evaluation.listings()), FOUND: _csv(evaluation.findings)}
    if changes and changes.before:
        tables[CHANGED] = _csv(changes.changes)
        sheets.append(changes.before.sheet)
    said = content(evaluation, changes)
    pdf, html = build(evaluation, said, tables), page(evaluation, said).encode()
    files = {PDF: pdf, HTML: html, BOOK: book(evaluation), **tables}
    record = {
        "parameters": {
            "plan": sheet.plan.id,
            "fiscal_year": sheet.fiscal_year,
            "language": spoken(),
        },
        # What a portfolio calls it.
        "municipality": sheet.plan.municipality,
        "name": sheet.plan.name,
        "made_up": any(shown.made_up for shown in sheets),
        "inputs": _inputs(NOTEBOOK, _of_sheets(*sheets)),
        "versions": _locked_versions(),
    }
    return _put(f"{sheet.plan.id}/{report_folder(sheet.fiscal_year)}", files, record)


def export_changes(changes: Changes) -> str:
    """Write the table of two years' changes and the record into reports/, as ``export`` does."""
    sheets = changes.after.sheet, changes.before.sheet
    years = {"fiscal_year_before": changes.year_before, "fiscal_year_after": sheets[0].fiscal_year}
    record = {
        "parameters": {"plan": sheets[0].plan.id} | years,
        "inputs": _inputs(COMPARISON, _of_sheets(*sheets)),
        "versions": _locked_versions(),
    }
    name = "-".join(map(str, years.values()))
    return _put(f"{sheets[0].plan.id}/{name}", {CHANGED: _csv(changes.changes)}, record)


def write_portfolio(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    fiscal_year: int | None = None,
) -> str:
    """Write the PDF, the table and the record of a portfolio into reports/, as ``export`` does.

    ``reports`` and ``kpis`` are the notebook's frames, and ``tables`` its counts by the names that
    they have there: by_status, by_pace, by_goal, transitions, by_plan, common, second_look, kinds.
    Raises KpiError where no KPI is to be counted.
    """
    from kpi_utils.report import build_portfolio

    files = {CSV: _csv(kpis)}
    # A row of the reports has the SHA-256 of what was read of each.
    sha256 = hashlib.sha256(reports.to_csv(index=False).encode()).hexdigest()
    record = {
        "parameters": {"fiscal_year": fiscal_year},
        "inputs": _inputs(PORTFOLIO, {"reports": sha256}),
        "versions": _locked_versions(),
    }
    pdf = build_portfolio(reports, kpis, tables, record, files)
    return _put(COLLECTED, {PORTFOLIO_PDF: pdf, **files}, record)


def write_index(reports: pd.DataFrame) -> str:
    """Write ``reports/index.html``, whole or not at all; its name in the project."""
    from kpi_utils.report import index

    folder = project_root() / "reports"
    folder.mkdir(exist_ok=True)
    pdf = f"{COLLECTED}/{PORTFOLIO_PDF}"
    text = index(reports, pdf if (folder / pdf).is_file() else "")
    with locked(folder), tempfile.TemporaryDirectory(prefix=".index-", dir=folder) as beside:
        (Path(beside) / INDEX).write_text(text, "utf-8")
        (Path(beside) / INDEX).replace(folder / INDEX)
    return f"reports/{INDEX}"


def _put(place: str, files: dict[str, bytes], record: dict) -> str:
    """Put files and a record in place of those of an earlier run; say what was written."""
    root = Path(os.environ.get(REPORTS_VARIABLE) or project_root() / "reports")
    folder = root / place
    is_same = read_record(folder).get("inputs") == record["inputs"]
    with whole(folder, FILES - ADDED if is_same else FILES) as new:
        for file, content in files.items():
            (new / file).write_bytes(content)
        write_record(record, new)
    return f"reports/{place}/ に {'、'.join([*files, RUN])} を書き出しました。"


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

            # A copy that an analyst keeps in a folder within is not ours, whatever its name.
            def left_out(within: str, names: list[str]) -> set[str]:
                return ours.intersection(names) if Path(within) == folder else set()

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
        # That of another report, whose name begins with this one's, ends with more than a word.
        if "-" in left.name.removeprefix(f".{folder.name}-"):
            continue
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


def _csv(table: pd.DataFrame) -> bytes:
    """A table with a byte order mark, by which Excel knows that it is UTF-8."""
    # Never 1E-7, which a spreadsheet would read as it likes.
    plain = table.map(lambda v: f"{v:f}" if isinstance(v, Decimal) else guarded(v))
    return plain.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def versions() -> dict[str, str]:
    """The versions of what the reports depend on."""
    return {"python": platform.python_version()} | _locked_versions()


def _locked_versions() -> dict[str, str]:
    # Those of the lock file: a report is the same under any Python, and so is its record.
    return {name: version(name) for name in VERSIONS}


def _of_sheets(*sheets: Sheet) -> dict[str, str]:
    """The SHA-256 of some sheets of one plan, and of its ``plan.toml``."""
    plan = sheets[0].plan
    return {sheet.source: sheet.sha256 for sheet in sheets} | {plan.source: plan.sha256}


def _inputs(notebook: str, read: dict[str, str]) -> dict[str, str]:
    """The SHA-256 of all that a report is made from: what was ``read``, notebook and package."""
    package = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*")):
        if file.suffix in (".py", ".typ", ".html", ".css", ".js", ".txt", ".toml"):
            package.update(file.read_bytes())
    return {
        **read,
        notebook: hashlib.sha256((project_root() / notebook).read_bytes()).hexdigest(),
        "kpi_utils": package.hexdigest(),
    }
