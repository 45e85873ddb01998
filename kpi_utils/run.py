"""Parameters in, papermill, a whole report out or none."""

import ast
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from kpi_utils.errors import KpiError
from kpi_utils.evaluation import Evaluation
from kpi_utils.files import sheet_file
from kpi_utils.findings import evaluate
from kpi_utils.fingerprint import input_hash
from kpi_utils.judgement import unknown_declarations, unused_declarations
from kpi_utils.output import (
    CSV,
    EXECUTED,
    FOUND,
    HTML,
    NOTEBOOK,
    PDF,
    REPORTS_VARIABLE,
    RUN,
    data_folder,
    project_root,
    read_record,
    whole,
    write_record,
)
from kpi_utils.plan import read_plan
from kpi_utils.sheet import Sheet, read_sheet

__all__ = ["ENGINES", "Report", "check_parameters", "load", "make_report"]


# papermill's default engine, which runs the cells in a kernel, and ours.
ENGINES = ("nbclient", "kpi")


@dataclass(frozen=True)
class Report:
    """A report that was made: its folder in the project, and what it tells."""

    folder: str
    evaluation: Evaluation


def check_parameters(plan: str, fiscal_year: int) -> None:
    """Check a run's parameters, and in a notebook the names that papermill injected.

    ``plan`` is the name of a folder in data/, ``fiscal_year`` a year whose sheet lies in it.
    Raises KpiError with all that is wrong.
    """
    problems = [
        f"パラメーター {name} は使えません。使えるのは plan と fiscal_year です。"
        for name in _injected_names()
        if name not in ("plan", "fiscal_year")
    ]
    is_year = isinstance(fiscal_year, int) and not isinstance(fiscal_year, bool)
    if not is_year or not 1900 < fiscal_year < 2200:
        problems.append(
            f"fiscal_year が {fiscal_year!r} です。"
            "2022 のように、年度を西暦の整数で指定してください。"
        )
    data = data_folder()
    is_name = isinstance(plan, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plan)
    if not is_name or not (data / plan).is_dir():
        plans = "、".join(sorted(path.parent.name for path in data.glob("*/plan.toml")))
        problems.append(
            f"plan が {plan!r} です。{data.name}/ にある計画の名前"
            f"（半角の英数字、_ 及び -）を指定してください（{plans}）。"
        )
    elif not problems:
        sheet_file(data / plan, fiscal_year, f"{data.name}/{plan}")
    if problems:
        raise KpiError(problems)


def load(plan: str, fiscal_year: int) -> Sheet:
    """The sheet of a plan and year from data/. Raises KpiError where it cannot be used."""
    check_parameters(plan, fiscal_year)
    folder = data_folder() / plan
    place = f"{folder.parent.name}/{plan}"
    metadata = read_plan(folder / "plan.toml", f"{place}/plan.toml")
    path = sheet_file(folder, fiscal_year, place)
    source = f"{place}/{path.name}"
    sheet = read_sheet(path, metadata, fiscal_year, source)
    _check_characters(sheet, folder / "plan.toml")
    problems = [
        f"{metadata.source} {declared.line}行目 [[kpi]]: 指標「{name}」は"
        f"{source} にありません。シートの指標名に合わせてください。"
        for declared, name in unknown_declarations(sheet)
    ] + [
        f"{metadata.source} {declared.line}行目 [[kpi]]: 指標「{declared.name}」の宣言は"
        "なくても判定が同じです。消してください。"
        for declared in unused_declarations(sheet)
    ]
    if problems:
        raise KpiError(problems)
    return sheet


def _check_characters(sheet: Sheet, metadata: Path) -> None:
    """Raise where a file has a character that the report's font lacks, before anything starts."""
    texts = [(sheet.source, line.number, line.said()) for line in sheet.lines] + [
        (sheet.plan.source, number, text)
        for number, text in enumerate(metadata.read_text("utf-8-sig").split("\n"), 1)
    ]
    problems = []
    for source, number, text in texts:
        # What Shift_JIS (CP932) has, the font has: to open it for those would take its time.
        rare = {c for c in text.strip() if not c.encode("cp932", "ignore")}
        if not rare:
            continue
        from kpi_utils.drawing import unprintable

        problems += [
            f"{source} {number}行目: 「{character}」（U+{ord(character):04X}）は"
            "報告書の書体にない文字です。別の文字に書き換えてください。"
            for character in sorted(unprintable(rare))
        ]
    if problems:
        raise KpiError(problems)


def make_report(plan: str, fiscal_year: int, engine: str = "nbclient") -> Report:
    """Run the notebook with papermill and put the whole report in place.

    ``engine`` is papermill's: "nbclient" runs the cells in a kernel, "kpi" in this process.

    Raises KpiError where an input cannot be used, before anything starts, and where a cell of the
    notebook fails; the report that was there before is then untouched.
    """
    started = time.perf_counter()
    sheet = load(plan, fiscal_year)
    inputs = input_hash(plan, fiscal_year)
    evaluation = evaluate(sheet)
    root = project_root()
    folder = root / "reports" / plan / str(fiscal_year)
    with whole(folder, {PDF, CSV, FOUND, RUN, EXECUTED, HTML}) as new:
        reports = new.parent / "reports"
        reports.mkdir()
        with _engine(engine, root, reports) as options:
            from kpi_utils import notebook

            executed = notebook.execute(
                root / NOTEBOOK,
                reports / EXECUTED,
                {"plan": plan, "fiscal_year": fiscal_year},
                options,
                kept=root / "build" / f"{plan}-{fiscal_year}-failed.ipynb",
            )
        made = time.perf_counter()
        written = reports / plan / str(fiscal_year)
        record = read_record(written)
        if record.get("parameters") != {"plan": plan, "fiscal_year": fiscal_year}:
            raise KpiError(
                f"{NOTEBOOK} が {plan} の {fiscal_year}年度の報告書を書き出しませんでした。"
                "パラメーターのセルと、それを使うセルを確かめてください。"
            )
        for file in written.iterdir():
            file.rename(new / file.name)
        text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (new / EXECUTED).write_text(text, "utf-8")
        title = f"{sheet.plan.municipality} {sheet.plan.name} {fiscal_year}年度"
        (new / HTML).write_text(notebook.html(executed, title), "utf-8")
        finished = time.perf_counter()
        record["input_hash"] = inputs
        record["seconds"] |= {
            "notebook": round(made - started, 3),
            "html": round(finished - made, 3),
            "total": round(finished - started, 3),
        }
        write_record(record, new)
    return Report(folder.relative_to(root).as_posix(), evaluation)


@contextmanager
def _engine(name: str, root: Path, reports: Path) -> Iterator[dict]:
    """What papermill is told of the engine. ``reports`` stands for reports/ in the cells."""
    if name == "nbclient":
        with _kernel(root, reports) as kernel:
            yield {"km": kernel}
        return
    before = os.environ.get(REPORTS_VARIABLE, "")
    os.environ[REPORTS_VARIABLE] = str(reports)
    try:
        yield {"engine_name": name, "cwd": root}
    finally:
        os.environ[REPORTS_VARIABLE] = before


@contextmanager
def _kernel(root: Path, reports: Path) -> Iterator[AsyncKernelManager]:
    """A kernel that starts, and imports what the notebook needs, while we do other things.

    ``reports`` stands for reports/ in it. It listens on sockets in a folder of its own, so that
    no other run can take its port first.
    """
    with tempfile.TemporaryDirectory(prefix="kpi-") as sockets:
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        preload = "import kpi_utils.report, kpi_utils.tables"
        run_sync(kernel.start_kernel)(
            cwd=str(root),
            env=os.environ | {REPORTS_VARIABLE: str(reports)},
            extra_arguments=[
                f"--InteractiveShellApp.exec_lines={preload}",
                "--HistoryManager.hist_file=:memory:",
            ],
        )
        # papermill closes no client of a kernel that it did not start: it gets ours.
        client = kernel.client()
        kernel.client = lambda: client
        try:
            yield kernel
        finally:
            client.stop_channels()
            run_sync(kernel.shutdown_kernel)(now=True)


def _injected_names() -> list[str]:
    """The names in the cell that papermill injected, which it does not check; else none."""
    try:
        cells = get_ipython().user_ns["In"]
    except NameError:
        return []
    injected = [cell for cell in cells if cell.startswith("# Parameters")]
    if not injected:
        return []
    assigned = [node for node in ast.parse(injected[-1]).body if isinstance(node, ast.Assign)]
    return [target.id for node in assigned for target in node.targets]
