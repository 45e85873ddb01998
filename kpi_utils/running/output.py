"""What a run leaves in ``reports/PLAN/YEAR``, and how it gets there: a whole report or none.

A report takes the place of the one that is there once all of it is on the disk: a run that fails
leaves what was there before. The names of the files are decided here.
"""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from kpi_utils.errors import KpiError, mistake

__all__ = [
    "data_folder",
    "json_bytes",
    "keep_sockets_short",
    "locked",
    "project_root",
    "put_report",
    "read_json",
    "read_record",
    "replace_folder",
    "report_folder",
    "versions",
    "write_file",
]

NOTEBOOK = "notebooks/evaluate.ipynb"
PDF, CSV, FOUND, RUN = "evaluation.pdf", "kpis.csv", "findings.csv", "run.json"
CHANGED = "changes.csv"
HTML, BOOK = "evaluation.html", "evaluation.xlsx"
# The notebook that compares two years, and its page.
COMPARISON, COMPARED = "notebooks/compare_years.ipynb", "compare_years.html"
# The notebook over all reports, its folder in reports/ and its page there; and the list of reports.
PORTFOLIO, COLLECTED = "notebooks/portfolio.ipynb", "portfolio"
PORTFOLIO_PDF, INDEX = "portfolio.pdf", "index.html"
# What a notebook is called once it is executed.
EXECUTED = {
    NOTEBOOK: "evaluation.ipynb",
    COMPARISON: "compare_years.ipynb",
    PORTFOLIO: "portfolio.ipynb",
}
# What only ``kpi`` can add to what a notebook writes: itself executed, and its page.
ADDED = {*EXECUTED.values(), COMPARED}
FILES = {PDF, HTML, BOOK, CSV, FOUND, CHANGED, PORTFOLIO_PDF, RUN} | ADDED
# A line a plan and year: how its run stands.
MANIFEST = "manifest.csv"
# papermill's default engine, which runs the cells in a kernel, and ours.
ENGINES = ("nbclient", "kpi")
# Tells a notebook which folder stands for reports/ while ``kpi`` runs it.
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
    raise KpiError(mistake("run.no-project", folder=here, notebook=NOTEBOOK))


def data_folder() -> Path:
    """The folder of the plans: ``data/`` in the project, or the one that KPI_DATA names."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named).absolute() if named else project_root() / "data"


def keep_sockets_short() -> None:
    """Have temporary files in /tmp where TMPDIR is too long for the name of a socket in it."""
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"


def report_folder(fiscal_year: int, language: str = "ja") -> str:
    """The name of a report's folder: its year, and its language, if that is not Japanese.

    >>> report_folder(2022), report_folder(2022, "en")
    ('2022', '2022-en')
    """
    return str(fiscal_year) if language == "ja" else f"{fiscal_year}-{language}"


def put_report(folder_name: str, files: dict[str, bytes], record: dict) -> str:
    """Put a report in place, whole or not at all; says what was written, in Japanese.

    ``folder_name`` is that of its folder in reports/, such as "kumamoto/2022"; while ``kpi`` runs
    the notebook, the folder that KPI_REPORTS names stands for reports/. ``files`` are the contents
    of the report's files by their names, and ``record`` is what ``run.json`` says, with
    ``parameters`` and ``inputs`` (the SHA-256 of each by its name) at least. An earlier report
    goes, an analyst's own files stay. The executed notebook cannot be made from within: ``kpi``
    adds it, and that of an earlier run stays only if it tells of the same inputs.
    """
    folder = Path(os.environ.get(REPORTS_VARIABLE) or project_root() / "reports") / folder_name
    is_same = read_record(folder).get("inputs") == record["inputs"]
    files = files | {RUN: json_bytes(record)}
    replace_folder(folder, files, FILES - ADDED if is_same else FILES)
    return f"reports/{folder_name}/ に {'、'.join(files)} を書き出しました。"


def replace_folder(folder: Path, files: dict[str, bytes], ours: set[str]) -> None:
    """Make a folder anew with these files (contents by name), or leave it as it was.

    Files of the old folder that are not ``ours`` (an analyst's notes, say) go along.
    """
    # A link to a folder elsewhere stays one.
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)

    # A copy that an analyst keeps in a folder within is not ours, whatever its name.
    def left_out(within: str, names: list[str]) -> set[str]:
        return ours.intersection(names) if Path(within) == folder else set()

    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        with locked(folder.parent):
            _recover(folder)
            try:
                if folder.exists():
                    shutil.copytree(
                        folder,
                        new,
                        ignore=left_out,
                        symlinks=True,
                        copy_function=_keep,
                        dirs_exist_ok=True,
                    )
                    folder.rename(old)
                new.rename(folder)
            except BaseException:
                if old.exists() and not folder.exists():
                    old.rename(folder)
                raise


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as beside:
        new = Path(beside, path.name)
        new.write_bytes(content)
        new.replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone with a folder: another run that would change it waits."""
    # The folder itself is locked, so that no file lies about in it.
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
    return read_json(folder / RUN)


def read_json(path: Path) -> dict:
    """The object in a file of JSON; empty where there is none that can be read."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def json_bytes(record: dict) -> bytes:
    """A record as the content of a file of JSON."""
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def versions() -> dict[str, str]:
    """The versions of what the reports depend on; not of Python, under any they are the same."""
    return {name: version(name) for name in VERSIONS}
