"""Reads the reports in reports/ into the frames of a portfolio."""

import hashlib
import re
import shlex
import unicodedata
from io import BytesIO
from pathlib import Path

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.portfolio import KPI, REPORT, with_counts
from kpi_utils.errors import KpiError, mistake, reason
from kpi_utils.frames import typed
from kpi_utils.running.csv_cells import unguarded
from kpi_utils.running.inputs import prepare_notebook, unknown_parameters
from kpi_utils.running.output import (
    CHANGES_CSV,
    FINDINGS_CSV,
    KPIS_CSV,
    RECORD,
    project_root,
    read_record,
)
from kpi_utils.running.records import Run, read_runs
from kpi_utils.words import JAPANESE

# The columns, beside the unit, by which two achievements of a KPI can be compared.
BASIS = ["baseline_year", "baseline", "target_year", "target"]
# The columns of a report's tables that a portfolio reads.
COLUMNS = {
    KPIS_CSV: ["kpi", "name", "unit", *BASIS, "achievement", "status", "pace_word", "source"],
    FINDINGS_CSV: ["code", "severity", "kpi"],
    CHANGES_CSV: ["code", "kpi", "before", "cause"],
}


def collected(fiscal_year: int | None = None) -> tuple[pd.DataFrame, ...]:
    """The frames of ``collect``, with at least one report to count.

    Raises KpiError if no report is to be counted, if ``fiscal_year`` is no year, and in a notebook
    if papermill injected a name that is no parameter.
    """
    problems = unknown_parameters("fiscal_year")
    if fiscal_year is not None and type(fiscal_year) is not int:
        problems.append(mistake("portfolio.year", year=fiscal_year))
    if problems:
        raise KpiError(problems)
    reports, *frames = collect(fiscal_year)
    if not reports["counted"].any():
        named = "" if fiscal_year is None else f"{fiscal_year}年度の"
        raise KpiError(mistake("portfolio.no-report", named=named))
    prepare_notebook()
    return reports, *frames


def collect(fiscal_year: int | None = None) -> tuple[pd.DataFrame, ...]:
    """All reports of the project, and the KPIs, findings and changes of these: four frames.

    The reports of ``fiscal_year`` are marked as counted; without a year, each plan's newest. The
    first frame has a row for each plan and year, also for a run that made no report; the others
    have those whose state is done (``portfolio-*`` in ``frames.toml``, and the tables of a
    report). A report that cannot be read, or that an older version made, is listed as unreadable.
    """
    folder = project_root() / "reports"
    read = {
        run.key: _read(folder / run.plan / f"{run.fiscal_year}", run) for run in read_runs(folder)
    }
    frames = []
    for name, columns in COLUMNS.items():
        tables = {key: tables[name] for key, (_, tables) in read.items() if name in tables}
        frame = pd.DataFrame(columns=[*REPORT, *columns])
        if tables:
            frame = pd.concat(tables, names=REPORT).map(unguarded).droplevel(-1).reset_index()
        frames.append(frame)
    rows, findings, changes = frames
    reports = typed("report-as-read", [report for report, _ in read.values()])
    # The plans of one town are told apart by their names.
    is_one = reports.groupby("municipality")["plan"].transform("nunique") == 1
    named = reports["municipality"] + " " + reports["name"]
    reports["municipality"] = reports["municipality"].where(is_one, named)
    kpis = kpis_of_rows(rows, findings)
    return with_counts(reports, kpis, findings, fiscal_year), kpis, findings, changes


def _read(folder: Path, run: Run) -> tuple[dict, dict[str, pd.DataFrame]]:
    """A run's row in the frame of the reports, and its report's tables by the files' names."""
    record = read_record(folder)
    sha256 = ""
    tables: dict[str, pd.DataFrame] = {}
    state, message = run.status, run.error
    if state == "done":
        try:
            # Another version of the package made it.
            if not {"municipality", "name", "made_up"} <= record.keys():
                raise ValueError(RECORD)
            # In a plan's first year there are no changes.
            names = [name for name in COLUMNS if name != CHANGES_CSV or (folder / name).exists()]
            contents = {name: (folder / name).read_bytes() for name in names}
            tables = {name: _table(name, content) for name, content in contents.items()}
            # Of all tables together.
            sha256 = hashlib.sha256(b"".join(contents.values())).hexdigest()
        except (OSError, ValueError) as error:
            problem = mistake("portfolio.unreadable", problem=error)
            if isinstance(error, OSError):
                problem = f"{Path(error.filename).name}: {reason(error)}。"
            again = mistake("portfolio.again", plan=shlex.quote(run.plan), year=run.fiscal_year)
            state, message = "unreadable", f"{problem}{again}"
    return {
        "plan": run.plan,
        "fiscal_year": run.fiscal_year,
        "municipality": str(record.get("municipality", run.plan)),
        "name": str(record.get("name", "")),
        "made_up": record.get("made_up") is True,
        "state": state,
        "message": message,
        "files": "/".join(sorted(path.name for path in folder.glob("evaluation.*"))),
        "sha256": sha256,
    }, tables


def _table(name: str, content: bytes) -> pd.DataFrame:
    """The columns that are read of a report's file. Raises ValueError, with what is wrong in it."""
    try:
        table = pd.read_csv(
            BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except ValueError:
        raise ValueError(name) from None
    # Of a file that was cut off, pandas fills up the last line.
    if not content.endswith(b"\n"):
        raise ValueError(name)
    if lacking := [column for column in COLUMNS[name] if column not in table]:
        raise ValueError(mistake("portfolio.column-missing", name=name, columns="、".join(lacking)))
    if name == KPIS_CSV and not table["achievement"].str.fullmatch("-?[0-9]+|").all():
        raise ValueError(name)
    for codes in table.columns.intersection(["status", "severity"]):
        if unknown := set(table[codes]) - JAPANESE.of(codes).keys():
            raise ValueError(f"{name}: {'、'.join(sorted(unknown))}")
    return table[COLUMNS[name]]


def kpis_of_rows(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """One row for each KPI: the first that lists it, with the goals and sources of all its rows."""
    listings = rows.groupby(KPI, sort=False)
    kpis = rows.drop_duplicates(KPI).set_index(KPI)
    kpis["goals"] = listings["name"].agg("".join).map(_goals)
    kpis["source"] = listings["source"].agg("、".join)
    kpis["basis"] = kpis["unit"].str.cat(kpis[BASIS], sep="|")
    # As in the report: a KPI whose rows differ is undetermined, for any of them may be wrong.
    differing = findings[findings["code"] == "relisting-differs"].set_index(KPI).index
    kpis.loc[kpis.index.isin(differing), ["status", "achievement"]] = "undetermined", ""
    kpis["achievement"] = pd.to_numeric(kpis["achievement"].mask(kpis["achievement"] == ""))
    kpis = kpis.reset_index()
    kpis["label"] = [_label(*names) for names in zip(kpis["name"], kpis["kpi"], strict=True)]
    return typed("portfolio-kpis", dict(kpis))


def _label(name: str, kpi: str) -> str:
    # If several KPIs have a name, the identity of each ends in its initiative in brackets.
    beginning = identity(name)
    return label(name) + (kpi[len(beginning) :] if kpi.startswith(f"{beginning}(") else "")


def _goals(names: str) -> str:
    """The numbers of the SDGs that stand in 【…】 in a KPI's names, in order.

    >>> _goals("架空の指標 【３.1,11.b】【再掲】架空の指標【3.2】")
    '3,11'
    """
    marks = unicodedata.normalize("NFKC", "、".join(re.findall(r"【([^】]*)】", names)))
    numbers = {str(int(number)) for number in re.findall(r"(?<![\d.])\d+", marks)}
    return ",".join(goal for goal in JAPANESE.of("goal") if goal in numbers)
