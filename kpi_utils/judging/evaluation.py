"""A sheet with all that was computed of it, and the form of a finding."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kpi_utils.judging.achievement import exact_rows
from kpi_utils.judging.conventions import House, house_rule, reproduced
from kpi_utils.judging.readings import PACE_CUTS
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import message

__all__ = ["FRAGILE_POINTS", "OUTGROWN", "SEVERITIES_OF", "Evaluation", "about_row", "finding"]

# Points of achievement for 1 % of the actual, and percent of achievement: the usual thresholds.
FRAGILE_POINTS, OUTGROWN = 50, 200
# How severe each code is, of ``findings`` and of the ``remarks`` that a reader has on a file.
SEVERITIES_OF = tomllib.loads(Path(__file__).with_name("severities.toml").read_text("utf-8"))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A sheet with all that was computed of it.

    ``rows`` are judged and read (``judge``, ``readings``), ``kpis`` from ``per_kpi``, ``findings``
    from ``find``: of the whole sheet, or of the part that a notebook has kept. The thresholds are
    those that these were made with.
    """

    sheet: Sheet
    rows: pd.DataFrame
    kpis: pd.DataFrame
    findings: pd.DataFrame
    pace_cuts: Sequence[float] = PACE_CUTS
    fragile_points: float = FRAGILE_POINTS
    outgrown: float = OUTGROWN

    @cached_property
    def records(self) -> list[dict]:
        """The rows as dictionaries with exact numbers (``exact_rows``)."""
        return exact_rows(self.rows)

    @cached_property
    def house(self) -> House:
        """The rule by which the sheet prints its figures."""
        return house_rule(self.records, self.sheet.plan)

    @cached_property
    def reproduced(self) -> pd.DataFrame:
        """By which convention each published figure comes out."""
        return reproduced(self.records)


def finding(code: str, rows: Iterable[tuple[int, int]], text: str, source: str, **more) -> dict:
    """A finding: a record of ``[findings]`` in the data dictionary, with ``more`` of its items."""
    severity = (SEVERITIES_OF["findings"] | SEVERITIES_OF["remarks"])[code]
    items = {"code": code, "severity": severity, "rows": tuple(rows), "text": text}
    items |= {"source": source, "kpi": "", "role": "", "column_year": None, "message": None}
    return items | {"differs": None} | more


def about_row(code: str, row: Mapping, role: str, key: str = "", quote: str = "", **values) -> dict:
    """A finding about one row of a sheet, at its cell of a role.

    ``key`` is that of its message where it is not the code; ``quote`` is the sheet's own text,
    where that is not the cell's. ``values`` are those of the message.
    """
    return finding(
        code,
        [(row["section"], row["no"])],
        quote or row.get(f"{role}_raw", row.get(role)),
        row["source"],
        kpi=row["kpi"],
        role=role,
        column_year=row.get(f"{role}_column_year"),
        message=message(f"finding-says.{key or code}", **values),
    )
