"""A sheet with all that was computed from it, and the record of a finding."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.judging.achievement import exact_rows
from kpi_utils.judging.conventions import House, house_rule, reproduced
from kpi_utils.judging.judgement import settled_house
from kpi_utils.judging.readings import PACE_CUTS
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Message, message

# The usual thresholds: points of achievement per 1 % of the actual; percent of achievement.
FRAGILE_POINTS, OUTGROWN = 50, 200
USUAL_THRESHOLDS: dict[str, Any] = {
    "pace_cuts": PACE_CUTS,
    "fragile_points": FRAGILE_POINTS,
    "outgrown": OUTGROWN,
}
# The severity of each code: of the findings, and of the remarks that ``sheets`` makes on a file.
_SEVERITIES = tomllib.loads(Path(__file__).with_name("severities.toml").read_text("utf-8"))
SEVERITY_BY_CODE = _SEVERITIES["findings"] | _SEVERITIES["remarks"]
# The reasons of rows whose direction only the analyst can tell, in plan.toml.
DIRECTION_UNCLEAR = _SEVERITIES["direction_unclear"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A sheet with all that was computed from it.

    ``rows`` come from ``judge`` and ``readings``, ``kpis`` from ``per_kpi``, ``findings`` from
    ``find``: of the whole sheet, or of the part that a notebook has kept; ``left_out`` is how many
    findings on these KPIs it has dropped. The thresholds are those by which the frames were made,
    None if unknown.
    """

    sheet: Sheet
    rows: pd.DataFrame
    kpis: pd.DataFrame
    findings: pd.DataFrame
    pace_cuts: Sequence[float] = PACE_CUTS
    fragile_points: float | None = FRAGILE_POINTS
    outgrown: float | None = OUTGROWN
    left_out: int = 0

    @cached_property
    def records(self) -> list[dict]:
        """The rows as dictionaries with exact numbers (``exact_rows``)."""
        return exact_rows(self.rows)

    @cached_property
    def is_part(self) -> bool:
        """Whether some of the sheet's KPIs are left out."""
        return set(self.kpis["kpi"]) != set(self.sheet.rows()["kpi"])

    @cached_property
    def house(self) -> House:
        """The rule by which the sheet prints its figures."""
        return house_rule(self.records, self.sheet.plan)

    @cached_property
    def evidence(self) -> House:
        """The rule by which printed figures are read as evidence of the better direction."""
        return settled_house(self.records, self.sheet.plan)

    @cached_property
    def reproduced(self) -> list[tuple[dict, dict[str, bool]]]:
        """The rows that print a figure, each with the conventions that reproduce it."""
        return reproduced(self.records)


def thresholds_of(sheet: Sheet) -> dict:
    """The thresholds of a sheet's report by name: plan.toml's, or else the usual ones."""
    return USUAL_THRESHOLDS | sheet.plan.document(sheet.fiscal_year).thresholds


def finding(code: str, rows: Iterable[tuple[int, int]], text: str, source: str, **more) -> dict:
    """A finding: a record of ``[findings]`` in the data dictionary, with ``more`` of its items."""
    usual = {"kpi": "", "role": "", "column_year": None, "message": None, "differs": None}
    items = {"code": code, "severity": SEVERITY_BY_CODE[code], "rows": tuple(rows), "text": text}
    return items | {"source": source} | usual | more


def amount(number: Decimal, unit: str) -> Message:
    """A figure with its unit, in the words of the language in which a finding is shown."""
    return message("amount", number=f"{number:,f}", unit=unit, known=identity(unit))


def about_row(code: str, row: Mapping, role: str, key: str = "", quote: str = "", **values) -> dict:
    """A finding about one row of a sheet, at the row's cell of a role.

    ``key`` is the key of its message if that is not the code; ``quote`` is the sheet's text if that
    is not the cell's. ``values`` are those of the message.
    """
    return finding(
        code=code,
        rows=[(row["section"], row["no"])],
        text=quote or row.get(f"{role}_raw", row.get(role)),
        source=row["source"],
        kpi=row["kpi"],
        role=role,
        column_year=row.get(f"{role}_column_year"),
        message=message(f"finding-says.{key or code}", **values),
    )
