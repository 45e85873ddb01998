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
from kpi_utils.frames import columns_of, typed
from kpi_utils.running.csv_cells import unguarded
from kpi_utils.running.injected import unknown_parameters
from kpi_utils.running.manifest import Run, read_runs
from kpi_utils.running.output import (
    CHANGES_CSV,
    FINDINGS_CSV,
    KPIS_CSV,
    RECORD,
    project_root,
    read_record,
)
from kpi_utils.words import JAPANESE

KPI_COLUMNS = list(columns_of("kpis-csv"))
# The columns that a report's tables must have; older ones lack what follows, or ``entry``.
REQUIRED_COLUMNS = {
    KPIS_CSV: KPI_COLUMNS[: KPI_COLUMNS.index("pace_word") + 1],
    FINDINGS_CSV: list(columns_of("findings-csv"))[:-1],
    CHANGES_CSV: list(columns_of("changes-csv")),
}
# The columns, beside the unit, by which two achievements of a KPI can be compared.
BASIS = ["baseline_year", "baseline", "target_year", "target"]
# The columns of these that a portfolio reads.
READ_COLUMNS = {
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
    return reports, *frames


def collect(fiscal_year: int | None = None) -> tuple[pd.DataFrame, ...]:
    """All reports of the project, and the KPIs, findings and changes of these: four frames.

    The reports of ``fiscal_year`` are marked as counted; without a year, each plan's newest. The
    first frame has a row for each plan and year, also for a run that made no report; the others
    have those whose state is done (``portfolio-*`` in ``frames.toml``, and the tables of a
    report). A report that cannot be read, or that an older version made, is listed as unreadable.
    """
    folder = project_root() / "reports"
    runs = {run.key: run for run in read_runs(folder)}
    for path in folder.glob(f"[!.]*/[12][0-9][0-9][0-9]/{RECORD}"):
        plan, year = path.parent.parent.name, int(path.parent.name)
        runs.setdefault((plan, year), Run(plan, year, "done"))
    read = {key: _read(folder / key[0] / str(key[1]), runs[key]) for key in sorted(runs)}
    rows, findings, changes = (
        _concatenate(
            name, {key: tables[name] for key, (_, tables) in read.items() if name in tables}
        )
        for name in REQUIRED_COLUMNS
    )
    reports = typed("report-as-read", [report for report, _ in read.values()])
    kpis = kpis_of_rows(rows, findings)
    return with_counts(reports, kpis, findings, fiscal_year), kpis, findings, changes


def _read(folder: Path, run: Run) -> tuple[dict, dict[str, pd.DataFrame]]:
    """A run's row in the frame of the reports, and its report's tables by the files' names."""
    record, sha256 = read_record(folder), ""
    tables: dict[str, pd.DataFrame] = {}
    state, message = run.status, run.error
    # A single run after the batch may have made the report, from the inputs that the batch had.
    is_newer = run.input_hash != "" and run.input_hash == record.get("input_hash")
    if is_newer or state not in ("failed", "waiting"):
        try:
            tables, sha256 = _tables(folder, record)
            state, message = "done", ""
        except ValueError as error:
            again = mistake("portfolio.again", plan=shlex.quote(run.plan), year=run.fiscal_year)
            state, message = "unreadable", f"{error}{again}"
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


def _tables(folder: Path, record: dict) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables of a report by their files' names, and the SHA-256 of all together.

    Raises ValueError if one cannot be read, or another version of the package made the report.
    """
    try:
        if not {"municipality", "name", "made_up"} <= record.keys():
            raise ValueError(RECORD)
        # In a plan's first year there are no changes.
        names = [
            name for name in REQUIRED_COLUMNS if name != CHANGES_CSV or (folder / name).exists()
        ]
        contents = {name: (folder / name).read_bytes() for name in names}
        tables = {name: _table(name, content) for name, content in contents.items()}
    except OSError as error:
        raise ValueError(f"{Path(error.filename).name}: {reason(error)}。") from None
    except ValueError as error:
        raise ValueError(mistake("portfolio.unreadable", problem=error)) from None
    return tables, hashlib.sha256(b"".join(contents.values())).hexdigest()


def _table(name: str, content: bytes) -> pd.DataFrame:
    """The table in a report's file. Raises ValueError if another version of the package made it."""
    try:
        # A file that was cut off: pandas would fill up its last line.
        if not content.endswith(b"\n"):
            raise ValueError
        table = pd.read_csv(
            BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except ValueError:
        raise ValueError(name) from None
    if lacking := [column for column in REQUIRED_COLUMNS[name] if column not in table]:
        raise ValueError(mistake("portfolio.column-missing", name=name, columns="、".join(lacking)))
    if name == KPIS_CSV and not table["achievement"].str.fullmatch("-?[0-9]+|").all():
        raise ValueError(name)
    for codes in table.columns.intersection(["status", "severity"]):
        if unknown := set(table[codes]) - JAPANESE.of(codes).keys():
            raise ValueError(f"{name}: {'、'.join(sorted(unknown))}")
    return table[READ_COLUMNS[name]]


def _concatenate(name: str, tables: dict[tuple, pd.DataFrame]) -> pd.DataFrame:
    """One table out of those of many reports; each row has its plan and year."""
    if not tables:
        return pd.DataFrame(columns=[*REPORT, *READ_COLUMNS[name]])
    table = pd.concat(tables, names=REPORT).map(unguarded)
    return table.reset_index(REPORT).reset_index(drop=True)


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
