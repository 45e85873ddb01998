"""What lies in reports/ -> the frames of a portfolio."""

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
from kpi_utils.running.injected import unknown
from kpi_utils.running.manifest import Run, read_runs
from kpi_utils.running.output import CHANGED, CSV, FOUND, RUN, project_root, read_record
from kpi_utils.words import JAPANESE

__all__ = ["collect", "collected"]

# The columns that a report's tables must have; an entry, the last, is not in older findings.
COLUMNS = {
    CSV: list(columns_of("kpis-csv")),
    FOUND: list(columns_of("findings-csv"))[:-1],
    CHANGED: list(columns_of("changes-csv")),
}
# What says of a KPI by what its achievement is measured, beside its unit.
BASIS = ["baseline_year", "baseline", "target_year", "target"]
# What a portfolio takes of them.
TAKEN = {
    CSV: ["kpi", "name", "unit", *BASIS, "achievement", "status", "pace_word", "source"],
    FOUND: ["code", "severity", "kpi"],
    CHANGED: ["code", "kpi", "before", "cause"],
}


def collected(fiscal_year: int | None = None) -> tuple[pd.DataFrame, ...]:
    """All reports of the project, to count those of a year; without one, each plan's newest.

    Raises KpiError where there is none to count, where ``manifest.csv`` cannot be read, and in a
    notebook where papermill injected another name.
    """
    problems = unknown("fiscal_year")
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
    """The same where there may be none to count: reports, their KPIs, findings and changes.

    The reports have a row a plan and year, runs that gave none too; the others are of those whose
    state is done (``portfolio-*`` in ``frames.toml``, and the tables of a report). A report that
    cannot be read, or is of a version that told less, is listed as unreadable.
    """
    folder = project_root() / "reports"
    runs = {run.key: run for run in read_runs(folder)}
    for path in folder.glob(f"[!.]*/[12][0-9][0-9][0-9]/{RUN}"):
        plan, year = path.parent.parent.name, int(path.parent.name)
        runs.setdefault((plan, year), Run(plan, year, "done"))
    read = {key: _read(folder / key[0] / str(key[1]), runs[key]) for key in sorted(runs)}
    rows, findings, changes = (
        _together(name, {key: tables[name] for key, (_, tables) in read.items() if name in tables})
        for name in COLUMNS
    )
    reports = typed("report-as-read", [report for report, _ in read.values()])
    kpis = _kpis(rows, findings)
    return with_counts(reports, kpis, findings, fiscal_year), kpis, findings, changes


def _read(folder: Path, run: Run) -> tuple[dict, dict[str, pd.DataFrame]]:
    """A run's row of the reports, and the tables that its report has, by the files' names."""
    record, tables, sha256 = read_record(folder), {}, ""
    state, message = run.status, run.error
    # Since the batch a single run may have made it, from the inputs that the batch had.
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
    """The tables of a report by their files' names, and the SHA-256 of these.

    Raises ValueError where one cannot be read, or a report is not of this version.
    """
    try:
        if not {"municipality", "name", "made_up"} <= record.keys():
            raise ValueError(RUN)
        # In a plan's first year there are no changes.
        names = [name for name in COLUMNS if name != CHANGED or (folder / name).exists()]
        contents = {name: (folder / name).read_bytes() for name in names}
        tables = {name: _table(name, content) for name, content in contents.items()}
    except OSError as error:
        raise ValueError(f"{Path(error.filename).name}: {reason(error)}。") from None
    except ValueError as error:
        raise ValueError(mistake("portfolio.unreadable", problem=error)) from None
    return tables, hashlib.sha256(b"".join(contents.values())).hexdigest()


def _table(name: str, content: bytes) -> pd.DataFrame:
    """The table in a report's file. Raises ValueError where it is not one of this version."""
    try:
        # pandas fills up a line that is cut off.
        if not content.endswith(b"\n"):
            raise ValueError
        table = pd.read_csv(
            BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except ValueError:
        raise ValueError(name) from None
    if lacking := [column for column in COLUMNS[name] if column not in table]:
        raise ValueError(f"{name} に列 {'、'.join(lacking)} がない")
    if name == CSV and not table["achievement"].str.fullmatch("-?[0-9]+|").all():
        raise ValueError(name)
    for codes in {"status", "severity"}.intersection(table):
        if strange := set(table[codes]) - JAPANESE.of(codes).keys():
            raise ValueError(f"{name}: {'、'.join(sorted(strange))}")
    return table[TAKEN[name]]


def _together(name: str, tables: dict[tuple, pd.DataFrame]) -> pd.DataFrame:
    """The tables of many reports as one, each row with its plan and year."""
    if not tables:
        return pd.DataFrame(columns=[*REPORT, *TAKEN[name]])
    table = pd.concat(tables, names=REPORT).map(unguarded)
    return table.reset_index(REPORT).reset_index(drop=True)


def _kpis(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """A row a KPI, from the rows of ``kpis.csv``: the first that lists it, and what all name."""
    listings = rows.groupby(KPI, sort=False)
    kpis = rows.drop_duplicates(KPI).set_index(KPI)
    kpis["goals"] = listings["name"].agg("".join).map(_goals)
    kpis["source"] = listings["source"].agg("、".join)
    kpis["basis"] = kpis["unit"].str.cat(kpis[BASIS], sep="|")
    # As in the report: where its rows do not say the same, none is taken for the right one.
    differing = findings[findings["code"] == "relisting-differs"].set_index(KPI).index
    kpis.loc[kpis.index.isin(differing), ["status", "achievement"]] = "undetermined", ""
    kpis["achievement"] = pd.to_numeric(kpis["achievement"].mask(kpis["achievement"] == ""))
    kpis = kpis.reset_index()
    kpis["label"] = [_label(*names) for names in zip(kpis["name"], kpis["kpi"], strict=True)]
    return typed("portfolio-kpis", dict(kpis))


def _label(name: str, kpi: str) -> str:
    # The identity of one of several of a name ends in the initiative of each.
    begin = identity(name)
    return label(name) + (kpi[len(begin) :] if kpi.startswith(f"{begin}(") else "")


def _goals(names: str) -> str:
    """The SDGs that names of a KPI name in 【…】.

    >>> _goals("架空の指標 【３.1,11.b】【再掲】架空の指標【3.2】")
    '3,11'
    """
    marks = unicodedata.normalize("NFKC", "、".join(re.findall(r"【([^】]*)】", names)))
    numbers = {str(int(number)) for number in re.findall(r"(?<![\d.])\d+", marks)}
    return ",".join(goal for goal in JAPANESE.of("goal") if goal in numbers)
