"""What lies in reports/ -> the frames of a portfolio."""

import hashlib
import re
import shlex
import unicodedata
from io import BytesIO
from pathlib import Path

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.portfolio import KPI, REPORT, Portfolio, portfolio
from kpi_utils.errors import KpiError, reason
from kpi_utils.frames import CHANGES, CSV_COLUMNS, FINDINGS
from kpi_utils.running.csv_cells import unguarded
from kpi_utils.running.injected import unknown
from kpi_utils.running.manifest import MANIFEST, Run, read_manifest
from kpi_utils.running.output import CHANGED, CSV, FOUND, RUN, project_root, read_record
from kpi_utils.words import JAPANESE

__all__ = ["collect", "collected"]

# The columns that the tables of a report must have; older findings have no entry.
COLUMNS = {
    CSV: CSV_COLUMNS,
    FOUND: [name for name in FINDINGS.columns if name != "entry"],
    CHANGED: list(CHANGES.columns),
}
# What says of a KPI by what its achievement is measured.
BASIS = ["unit", "baseline_year", "baseline", "target_year", "target"]


def collected(fiscal_year: int | None = None) -> Portfolio:
    """All reports of the project, to count those of a year; without one, each plan's newest.

    Raises KpiError where there is none to count, where ``manifest.csv`` cannot be read, and in a
    notebook where papermill injected another name.
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
    frames = collect(fiscal_year)
    if not frames.reports["counted"].any():
        named = "" if fiscal_year is None else f"{fiscal_year}年度の"
        raise KpiError(
            f"reports/ に、数えられる{named}報告書が1件もありません。"
            "kpi batch で報告書を作ってから、もう一度実行してください。"
        )
    return frames


def collect(fiscal_year: int | None = None) -> Portfolio:
    """The same where there may be none to count: reports, and runs that gave none.

    A report that cannot be read, or is of a version that told less, is listed as unreadable.
    """
    folder = project_root() / "reports"
    runs = {(run.plan, run.fiscal_year): run for run in read_manifest(folder / MANIFEST)}
    for path in folder.glob(f"*/*/{RUN}"):
        plan, year = path.parent.parent.name, path.parent.name
        if plan[0] != "." and re.fullmatch(r"[12]\d{3}", year, re.ASCII):
            runs.setdefault((plan, int(year)), Run(plan, int(year), "done"))
    reports, tables = [], {name: {} for name in COLUMNS}
    for key in sorted(runs):
        report, read = _read(folder / key[0] / str(key[1]), runs[key])
        reports.append(report)
        for name, table in read.items():
            tables[name][key] = table
    rows, findings, changes = (_together(tables[name], COLUMNS[name]) for name in COLUMNS)
    about = ["plan", "fiscal_year", "municipality", "name", "made_up", "state", "message"]
    listed = pd.DataFrame(reports, columns=[*about, "files", "sha256"]).astype({"made_up": bool})
    findings = findings[[*REPORT, "code", "severity", "kpi"]]
    return portfolio(listed, _kpis(rows, findings), findings, changes, fiscal_year)


def _read(folder: Path, run: Run) -> tuple[dict, dict[str, pd.DataFrame]]:
    """A run's row of the reports, and the tables that its report has, by the files' names."""
    record = read_record(folder)
    report = {
        "plan": run.plan,
        "fiscal_year": run.fiscal_year,
        "municipality": str(record.get("municipality", run.plan)),
        "name": str(record.get("name", "")),
        "made_up": record.get("made_up") is True,
        "state": run.status if run.status in ("failed", "waiting") else "done",
        "message": run.error,
        "files": "/".join(sorted(path.name for path in folder.glob("evaluation.*"))),
        "sha256": "",
    }
    # Since the batch a single run may have made it, from the inputs that the batch had.
    if run.input_hash and run.input_hash == record.get("input_hash"):
        report |= {"state": "done", "message": ""}
    if report["state"] != "done":
        return report, {}
    again = f"kpi batch {shlex.quote(run.plan)} --years {run.fiscal_year} --force"
    try:
        if not {"municipality", "name", "made_up"} <= record.keys():
            raise ValueError(RUN)
        # In a plan's first year there are no changes.
        names = [name for name in COLUMNS if name != CHANGED or (folder / name).exists()]
        contents = {name: (folder / name).read_bytes() for name in names}
        tables = {name: _table(name, content) for name, content in contents.items()}
    except OSError as error:
        problem = f"{Path(error.filename).name}: {reason(error)}。"
    except ValueError as error:
        problem = f"読めないか、以前の版のものです（{error}）。"
    else:
        sha256 = hashlib.sha256(b"".join(contents.values())).hexdigest()
        return report | {"sha256": sha256}, tables
    message = f"{problem}{again} で作り直してください。"
    return report | {"state": "unreadable", "message": message}, {}


def _table(name: str, content: bytes) -> pd.DataFrame:
    """The table in a report's file. Raises ValueError where it is not one of this version."""
    try:
        text = content.decode("utf-8-sig")
        # pandas fills up a line that is cut off.
        if not text.endswith("\n"):
            raise ValueError
        table = pd.read_csv(
            BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except ValueError:
        raise ValueError(name) from None
    lacking = [column for column in COLUMNS[name] if column not in table]
    if lacking:
        raise ValueError(f"{name} に列 {'、'.join(lacking)} がない")
    codes = {CSV: "status", FOUND: "severity"}.get(name)
    strange = set(table[codes]) - JAPANESE.of(codes).keys() if codes else set()
    if strange:
        raise ValueError(f"{name}: {'、'.join(sorted(strange))}")
    if name == CSV and not table["achievement"].str.fullmatch(r"-?\d*").all():
        raise ValueError(name)
    return table[COLUMNS[name]].map(unguarded)


def _together(tables: dict[tuple, pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """The tables of many reports as one, each row with its plan and year."""
    if not tables:
        return pd.DataFrame(columns=[*REPORT, *columns])
    return pd.concat(tables, names=REPORT).reset_index(level=REPORT).reset_index(drop=True)


def _kpis(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """A row a KPI, from the rows of ``kpis.csv``: the first that lists it, and what all name."""
    listings = rows.groupby(KPI, sort=False)
    kpis = rows.drop_duplicates(KPI).set_index(KPI)
    kpis["goals"] = listings["name"].agg("".join).map(_goals)
    kpis["source"] = listings["source"].agg("、".join)
    kpis["basis"] = kpis["unit"].str.cat(kpis[BASIS[1:]], sep="|")
    # As in the report: where its rows do not say the same, none is taken for the right one.
    differing = kpis.index.isin(
        findings.loc[findings["code"] == "relisting-differs"].set_index(KPI).index
    )
    kpis.loc[differing, ["status", "achievement"]] = "undetermined", ""
    achievement = pd.to_numeric(kpis["achievement"].mask(kpis["achievement"] == ""))
    kpis = kpis.assign(achievement=achievement.astype("Int64")).reset_index()
    kpis["label"] = [_label(*of) for of in zip(kpis["name"], kpis["kpi"], strict=True)]
    return kpis


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
    goals = {int(number) for number in re.findall(r"(?<![\d.])\d+", marks)}
    return ",".join(str(goal) for goal in sorted(goals) if str(goal) in JAPANESE.of("goal"))
