"""Puts a report's files into ``reports/PLAN/YEAR``: all of them or none. Names the files.

A new report replaces the earlier one only when all of it is on the disk: a run that fails leaves
the earlier one as it was. Windows neither renames a folder nor replaces a file that a program has
open: a folder's files are then put in place one by one, and a file that is open is told.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from kpi_utils.errors import KpiError, mistake

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
    """The folder of the plans: ``data/``, or that of KPI_DATA. KpiError where there is none."""
    folder = Path(os.environ.get(DATA_VARIABLE) or project_root() / "data").absolute()
    if not folder.is_dir():
        raise KpiError(mistake("batch.no-data", data=folder))
    return folder


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
    folder = Path(os.path.realpath(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)

    # A file in a subfolder is an analyst's copy, also if it has one of our names.
    def ignored_names(subfolder: str, names: list[str]) -> set[str]:
        return ours.intersection(names) if Path(subfolder) == folder else set()

    with working_folder(folder) as working:
        new, old = working / "new", working / "old"
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
                    move(folder, old)
                move(new, folder)
            except BaseException as error:
                if old.exists() and not folder.exists():
                    move(old, folder)
                if not isinstance(error, PermissionError) or not folder.exists():
                    raise
                _exchange(folder, new, old, [*files], ours)


def _exchange(folder: Path, new: Path, old: Path, names: list[str], ours: set[str]) -> None:
    """Puts the files of ``new`` into a folder that cannot be renamed, one by one: all or none.

    The record leaves first and comes last: a report without it is made again.
    """
    old.mkdir()
    former = sorted((ours & {path.name for path in folder.iterdir()}), key=RECORD.__ne__)
    moves = [(folder / name, old / name) for name in former]
    moves += [(new / name, folder / name) for name in sorted(names, key=RECORD.__eq__)]
    for count, (source, target) in enumerate(moves):
        try:
            move(source, target)
        except BaseException as error:
            for moved_from, moved_to in reversed(moves[:count]):
                move(moved_to, moved_from)
            if isinstance(error, PermissionError):
                raise KpiError(_in_use(folder / source.name)) from None
            raise


def _recover(folder: Path) -> None:
    """Puts an earlier report back if the run that was replacing it was killed meanwhile."""
    # 2022-en has working folders .2022-en-…, whose names have more characters.
    for working in folder.parent.glob(f".{folder.name}-????????"):
        if (working / "old").exists() and not folder.exists():
            move(working / "old", folder)
        # A run that is still alive may remove its working folder meanwhile.
        with suppress(FileNotFoundError):
            if time.time() - working.stat().st_mtime > MAX_AGE:
                shutil.rmtree(working, ignore_errors=True)


def _link_or_copy(source: str, target: str) -> None:
    """Gives a file a second name (a hard link), or copies it if the disk has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def move(source: Path, target: Path) -> None:
    """Renames a file or a folder. One that a virus scanner reads can be renamed a moment later."""
    for seconds in (0.1, 0.3, 0.6):
        with suppress(PermissionError):
            source.replace(target)
            return
        time.sleep(seconds)
    source.replace(target)


def _in_use(path: Path) -> str:
    """A Japanese sentence: which file cannot be replaced, and by what it is likely to be open."""
    program = mistake("program.other")
    with suppress(KeyError):
        program = mistake(f"program.{path.suffix[1:]}")
    return mistake("output.in-use", file="/".join(path.parts[-3:]), program=program)


def write_file(path: Path, content: bytes) -> None:
    """Writes all of a file, or leaves it as it was. Raises KpiError where it is open elsewhere."""
    with working_folder(path) as working:
        new = working / path.name
        new.write_bytes(content)
        try:
            move(new, path)
        except PermissionError:
            raise KpiError(_in_use(path)) from None


@contextmanager
def working_folder(path: Path, mode: int = 0o777) -> Iterator[Path]:
    """A hidden folder beside a file or folder that is to be made in it; removed after the block.

    It is removed also if the block is interrupted before it begins. It has the access rights of the
    folder around it, and so has what is moved out of it: on Windows, what comes from a temporary
    folder can be read only by its maker.
    """
    folder = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        try:
            folder.mkdir(mode)
        except OSError as error:
            # The message names the folder that cannot be written to, not the one to be made there.
            error.filename = f"{folder.parent}"
            raise
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def locked(folder: Path):
    """Locks a folder for a ``with`` block, by a file in it: another run that changes it waits."""
    # Imported here: kpi --help and kpi check lock nothing.
    from filelock import FileLock

    return FileLock(folder / ".lock")


def read_record(folder: Path) -> dict:
    """The content of ``run.json`` in a report's folder; empty if it is missing or unreadable."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    # Brackets thousands deep have no end for json.
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def json_bytes(record: dict) -> bytes:
    """A record as the bytes of a JSON file."""
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


@cache
def versions() -> dict[str, str]:
    """The versions of the packages on which a report's bytes depend; not Python's."""
    # importlib.metadata imports email and socket, which is slow: only a report needs versions.
    from importlib.metadata import version

    return {name: version(name) for name in PACKAGES}
