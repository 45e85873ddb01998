"""Puts a report's files into ``reports/PLAN/YEAR``: all of them or none. Names the files.

A new report replaces the earlier one only when all of it is on the disk: a run that fails leaves
the earlier one as it was.
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
PDF, KPIS_CSV, FINDINGS_CSV, RECORD = "evaluation.pdf", "kpis.csv", "findings.csv", "run.json"
CHANGES_CSV = "changes.csv"
HTML, BOOK = "evaluation.html", "evaluation.xlsx"
# The notebook that compares two years, and its page.
COMPARISON_NOTEBOOK, COMPARISON_PAGE = "notebooks/compare_years.ipynb", "compare_years.html"
# The notebook over all reports, its folder in reports/ and its page there; and the list of reports.
PORTFOLIO_NOTEBOOK, PORTFOLIO_FOLDER = "notebooks/portfolio.ipynb", "portfolio"
PORTFOLIO_PDF, INDEX = "portfolio.pdf", "index.html"
# The names of the notebooks with their outputs, in a report's folder.
EXECUTED = {
    NOTEBOOK: "evaluation.ipynb",
    COMPARISON_NOTEBOOK: "compare_years.ipynb",
    PORTFOLIO_NOTEBOOK: "portfolio.ipynb",
}
# A notebook cannot write these itself: ``kpi`` adds the notebook with its outputs, and its page.
FILES_ADDED_BY_KPI = {*EXECUTED.values(), COMPARISON_PAGE}
FILES_BY_NOTEBOOK = {PDF, HTML, BOOK, KPIS_CSV, FINDINGS_CSV, CHANGES_CSV, PORTFOLIO_PDF, RECORD}
FILES = FILES_BY_NOTEBOOK | FILES_ADDED_BY_KPI
# The table of all runs of batches: a line for each plan and year.
MANIFEST = "manifest.csv"
# papermill's default engine, which runs the cells in a kernel, and ours.
ENGINES = ("nbclient", "kpi")
# Environment variable: the folder that a notebook writes to in place of reports/ (set by ``kpi``).
REPORTS_VARIABLE = "KPI_REPORTS"
# Environment variable: the folder of plans that is read in place of data/.
DATA_VARIABLE = "KPI_DATA"
# A working folder older than this was left by a run that was killed (seconds).
MAX_AGE = 24 * 3600
# In bytes: some systems allow 103 for a socket's path, and the names in the folder need the rest.
MAX_FOLDER_BYTES = 65
# The packages whose versions a record has.
PACKAGES = ("kpi-utils", "pandas", "matplotlib", "papermill", "typst")


def project_root() -> Path:
    """The project's folder: the nearest one around the current folder that has data and notebook.

    Raises KpiError where there is none.
    """
    current = Path.cwd()
    for folder in (current, *current.parents):
        if (folder / "data").is_dir() and (folder / NOTEBOOK).is_file():
            return folder
    raise KpiError(mistake("run.no-project", folder=current, notebook=NOTEBOOK))


def data_folder() -> Path:
    """The folder of the plans: ``data/`` in the project, or the one that KPI_DATA names."""
    folder = os.environ.get(DATA_VARIABLE)
    return Path(folder).absolute() if folder else project_root() / "data"


def keep_sockets_short() -> None:
    """Moves temporary files to /tmp if the path of TMPDIR is too long for a socket in it."""
    if len(os.fsencode(tempfile.gettempdir())) > MAX_FOLDER_BYTES:
        tempfile.tempdir = "/tmp"


def report_folder(fiscal_year: int, language: str = "ja") -> str:
    """The name of a report's folder: its year, and its language, if that is not Japanese.

    >>> report_folder(2022), report_folder(2022, "en")
    ('2022', '2022-en')
    """
    return str(fiscal_year) if language == "ja" else f"{fiscal_year}-{language}"


def put_report(folder_name: str, files: dict[str, bytes], record: dict) -> str:
    """Puts all files of a report in place, or none; returns a Japanese sentence that names them.

    ``folder_name`` is that of its folder in reports/, such as "kumamoto/2022"; while ``kpi`` runs
    the notebook, the folder that KPI_REPORTS names stands for reports/. ``files`` are the contents
    of the report's files by their names, and ``record`` is the content of ``run.json``, with
    ``parameters`` and ``inputs`` (the SHA-256 of each by its name) at least. An earlier report is
    removed, an analyst's own files stay. The notebook with its outputs cannot be made from within
    the notebook: ``kpi`` adds it, and an earlier one stays only if its inputs were the same.
    """
    folder = Path(os.environ.get(REPORTS_VARIABLE) or project_root() / "reports") / folder_name
    has_same_inputs = read_record(folder).get("inputs") == record["inputs"]
    files = files | {RECORD: json_bytes(record)}
    replace_folder(folder, files, FILES_BY_NOTEBOOK if has_same_inputs else FILES)
    return f"reports/{folder_name}/ に {'、'.join(files)} を書き出しました。"


def replace_folder(folder: Path, files: dict[str, bytes], ours: set[str]) -> None:
    """Replaces a folder by one with these files (contents by name), or leaves it as it was.

    Files of the old folder whose names are not ``ours`` (an analyst's notes, say) are kept.
    """
    # If the folder is a link, its target is replaced and the link stays.
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)

    # A file in a subfolder is an analyst's copy, also if it has one of our names.
    def ignored_names(subfolder: str, names: list[str]) -> set[str]:
        return ours.intersection(names) if Path(subfolder) == folder else set()

    with tempfile.TemporaryDirectory(
        prefix=f".{folder.name}-", dir=folder.parent
    ) as working_folder:
        new, old = Path(working_folder, "new"), Path(working_folder, "old")
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
                        ignore=ignored_names,
                        symlinks=True,
                        copy_function=_link_or_copy,
                        dirs_exist_ok=True,
                    )
                    folder.rename(old)
                new.rename(folder)
            except BaseException:
                if old.exists() and not folder.exists():
                    old.rename(folder)
                raise


def write_file(path: Path, content: bytes) -> None:
    """Writes all of a file, or leaves it as it was."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as working_folder:
        new = Path(working_folder, path.name)
        new.write_bytes(content)
        new.replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder in the block: another run that would change it waits."""
    # The folder itself is locked, so that no lock file is left in it.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _recover(folder: Path) -> None:
    """Puts an earlier report back if the run that was replacing it was killed meanwhile."""
    for working_folder in folder.parent.glob(f".{folder.name}-*"):
        # 2022-en has working folders .2022-en-…, which the pattern of 2022 finds too.
        if "-" in working_folder.name.removeprefix(f".{folder.name}-"):
            continue
        if (working_folder / "old").exists() and not folder.exists():
            (working_folder / "old").rename(folder)
        # A run that is still alive may remove its working folder meanwhile.
        with suppress(FileNotFoundError):
            if time.time() - working_folder.stat().st_mtime > MAX_AGE:
                shutil.rmtree(working_folder, ignore_errors=True)


def _link_or_copy(source: str, target: str) -> None:
    """Gives a file a second name (a hard link), or copies it if the disk has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def read_record(folder: Path) -> dict:
    """The content of ``run.json`` in a report's folder; empty if it is missing or unreadable."""
    return read_json(folder / RECORD)


def read_json(path: Path) -> dict:
    """The object in a JSON file; empty if the file is missing, unreadable or no object."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def json_bytes(record: dict) -> bytes:
    """A record as the bytes of a JSON file."""
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def versions() -> dict[str, str]:
    """The versions of the packages that shape a report; that of Python makes no difference."""
    return {name: version(name) for name in PACKAGES}
