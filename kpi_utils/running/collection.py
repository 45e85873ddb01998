"""What lies in reports/ -> a Portfolio; and what is written of it there."""

import csv
import hashlib
import re
import shlex
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.portfolio import CHANGES, FINDINGS, INDICATORS, REPORTS, Portfolio
from kpi_utils.errors import KpiError, reason
from kpi_utils.frames import CHANGES as CHANGED_COLUMNS
from kpi_utils.frames import CSV_COLUMNS, SEVERITIES, STATUSES, frame
from kpi_utils.frames import FINDINGS as FOUND_COLUMNS
from kpi_utils.language import Words
from kpi_utils.running.csv_cells import unguarded
from kpi_utils.running.injected import unknown
from kpi_utils.running.manifest import Run, read_runs
from kpi_utils.running.output import CHANGED, CSV, FOUND, RUN, project_root, read_record

__all__ = ["collect", "collected"]

# What says of a KPI by what its achievement is measured.
BASIS = ["unit", "baseline_year", "baseline", "target_year", "target"]


def collected(fiscal_year: int | None = None) -> Portfolio:
    """All reports of the project, to count those of a year; without one, each plan's newest.

    Raises KpiError where there is none to count, and in a notebook where papermill injected another
    name.
    """
    problems = unknown("fiscal_year")
    is_year = isinstance(fiscal_year, int) and not isinstance(fiscal_year, bool)
    if fiscal_year is not None and not is_year:
        problems.append(
            f"fiscal_year が {fiscal_year!r} です。2022 のように、年度を西暦の整数で指定するか、"
            "各計画の最も新しい年度を数えるときは None としてください。"
        )
    if problems:
        raise KpiError(problems)
    portfolio = collect(fiscal_year)
    if portfolio.counted.empty:
        named = "" if fiscal_year is None else f"{fiscal_year}年度の"
        raise KpiError(
            f"reports/ に、数えられる{named}報告書が1件もありません。"
            "kpi batch で報告書を作ってから、もう一度実行してください。"
        )
    return portfolio


def collect(fiscal_year: int | None = None) -> Portfolio:
    """The same where there may be none to count: reports, and runs that gave none.

    A report that cannot be read, or is of a version that told less, is listed as unreadable.
    """
    folder = project_root() / "reports"
    runs = {(run.plan, run.fiscal_year): run for run in read_runs(folder)}
    for path in folder.glob(f"*/*/{RUN}"):
        plan, year = path.parent.parent.name, path.parent.name
        if plan[0] != "." and re.fullmatch(r"[12]\d{3}", year, re.ASCII):
            runs.setdefault((plan, int(year)), Run(plan, int(year), "done"))
    read = [_read(folder, runs[key]) for key in sorted(runs)]
    frames = [
        frame(schema, [record for report in read for record in report[place]])
        for place, schema in enumerate((REPORTS, INDICATORS, FINDINGS, CHANGES))
    ]
    told = "".join(text for report in read for text in report[-1])
    return Portfolio(fiscal_year, *frames, hashlib.sha256(told.encode()).hexdigest())


def _read(reports: Path, run: Run) -> tuple[list[dict], ...]:
    """A run's records of the four frames, and the texts that they were read from."""
    folder = reports / run.plan / str(run.fiscal_year)
    key = {"plan": run.plan, "fiscal_year": run.fiscal_year}
    record = read_record(folder)
    about = key | {
        "municipality": str(record.get("municipality", run.plan)),
        "name": str(record.get("name", "")),
        "made_up": record.get("made_up") is True,
        "status": run.status if run.status in ("failed", "waiting") else "done",
        "error": run.error,
        "files": "/".join(sorted(path.name for path in folder.glob("evaluation.*"))),
    }
    # Since the batch a single run may have made it, from the inputs that the batch had.
    if run.input_hash and run.input_hash == record.get("input_hash"):
        about |= {"status": "done", "error": ""}
    if about["status"] != "done":
        return [about], [], [], [], [str(about)]
    try:
        if not {"municipality", "name", "made_up"} <= record.keys():
            raise ValueError(RUN)
        rows, told = _table(folder / CSV, CSV_COLUMNS)
        # Older reports have no entry, the last column.
        found, told_found = _table(folder / FOUND, list(FOUND_COLUMNS.columns)[:-1])
        changes, told_changes = [], ""
        if (folder / CHANGED).exists():
            changes, told_changes = _table(folder / CHANGED, list(CHANGED_COLUMNS.columns))
        kpis = _kpis(rows, {row["kpi"] for row in found if row["code"] == "relisting-differs"})
        if not {finding["severity"] for finding in found} <= SEVERITIES.keys():
            raise ValueError(FOUND)
    except OSError as error:
        about["error"] = f"{Path(error.filename).name}: {reason(error)}。{_again(run)}"
    except (ValueError, csv.Error) as error:
        about["error"] = f"読めないか、以前の版のものです（{error}）。{_again(run)}"
    else:
        tables = ([key | row for row in rows] for rows in (kpis, found, changes))
        return [about], *tables, [str(about), told, told_found, told_changes]
    about["status"] = "unreadable"
    return [about], [], [], [], [str(about)]


def _again(run: Run) -> str:
    plan = shlex.quote(run.plan)
    return f"kpi batch {plan} --years {run.fiscal_year} --force で作り直してください。"


def _table(path: Path, columns: Sequence[str]) -> tuple[list[dict], str]:
    """The lines of a table of a report, and its text. Raises ValueError where it lacks a column."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(path.name) from None
    table = csv.DictReader(text.splitlines(keepends=True), strict=True)
    rows = list(table)
    lacking = [name for name in columns if name not in (table.fieldnames or [])]
    if lacking:
        raise ValueError(f"{path.name} に列 {'、'.join(lacking)} がない")
    if any(None in row or None in row.values() for row in rows):
        raise ValueError(path.name)
    return [{name: unguarded(cell) for name, cell in row.items()} for row in rows], text


def _kpis(rows: list[dict], differing: set[str]) -> list[dict]:
    """Records of INDICATORS without plan and year, from the lines of ``kpis.csv``."""
    listings: dict[str, list[dict]] = {}
    for row in rows:
        listings.setdefault(row["kpi"], []).append(row)
    kpis = []
    for kpi, own in listings.items():
        first = own[0]
        if first["status"] not in STATUSES:
            raise ValueError(f"{CSV}: {first['status']}")
        goals = {goal for row in own for goal in _goals(row["name"])}
        name = identity(first["name"])
        # As in the report: where its rows do not say the same, none is taken for the right one.
        differs = kpi in differing
        kpis.append(
            {
                "kpi": kpi,
                # The identity of one of several of a name ends in the initiative of each.
                "label": label(first["name"]) + kpi[len(name) :] * kpi.startswith(f"{name}("),
                "unit": first["unit"],
                "goals": ",".join(map(str, sorted(goals))),
                "basis": "|".join(first[name] for name in BASIS),
                "achievement": None
                if differs or not first["achievement"]
                else int(first["achievement"]),
                "status": "undetermined" if differs else first["status"],
                "pace_word": first["pace_word"],
                "source": "、".join(row["source"] for row in own),
            }
        )
    return kpis


def _goals(name: str) -> set[int]:
    """The SDGs that a KPI's name names in 【…】.

    >>> sorted(_goals("架空の指標 【３.1,11.b】【再掲】"))
    [3, 11]
    """
    marks = unicodedata.normalize("NFKC", "、".join(re.findall(r"【([^】]*)】", name)))
    found = map(int, re.findall(r"(?<![\d.])\d+", marks))
    return {goal for goal in found if str(goal) in Words("goal")}
