"""A sheet with all that was computed of it, and the form of a finding."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kpi_utils import frames
from kpi_utils.judging.conventions import House
from kpi_utils.judging.judgement import references
from kpi_utils.language import Words, say
from kpi_utils.sheets.sheet import Sheet

__all__ = ["SEVERITIES_OF", "Evaluation", "about_row", "finding", "worded"]

# How severe each code is, of ``findings`` and of the ``remarks`` that a reader has on a file.
SEVERITIES_OF = tomllib.loads(Path(__file__).with_name("severities.toml").read_text("utf-8"))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A sheet with all that was computed of it; frames as in ``frames``.

    ``rows`` is JUDGED, ``kpis`` KPIS, ``figures`` FIGURES, ``reproduced`` REPRODUCED, ``findings``
    FINDINGS and ``entries`` ENTRIES; ``house`` is the rule by which the sheet prints its figures.
    """

    sheet: Sheet
    rows: pd.DataFrame
    kpis: pd.DataFrame
    figures: pd.DataFrame
    reproduced: pd.DataFrame
    findings: pd.DataFrame
    entries: pd.DataFrame
    house: House

    def joined(self) -> pd.DataFrame:
        """The sheet's rows with their judgement and their figures, one row a listing."""
        return self._joined.copy()

    def listings(self) -> pd.DataFrame:
        """What ``kpis.csv`` has: ``frames.CSV_COLUMNS``, one row a listing."""
        return self.rows.assign(pace_word=self.figures["pace_word"])[frames.CSV_COLUMNS]

    def kpi_table(self) -> pd.DataFrame:
        """KPIS with the figures of each KPI's first listing, one row a KPI."""
        return self._kpi_table.copy()

    def entries_of(self, kpi: str) -> pd.DataFrame:
        """The entries that have a finding about a KPI."""
        found = self.findings.loc[self.findings["kpi"] == kpi, "entry"]
        return self.entries[self.entries["entry"].isin(found)]

    @cached_property
    def _joined(self) -> pd.DataFrame:
        listing = ["section", "no"]
        # The target as it was judged, which may be declared, and not as the cell has it.
        rows = self.sheet.rows.drop(columns=["target", "target_upper"])
        extra = [name for name in self.rows if name not in rows or name in listing]
        joined = rows.merge(self.rows[extra], on=listing)
        return joined.merge(self.figures, on=listing)

    @cached_property
    def _kpi_table(self) -> pd.DataFrame:
        first = self.rows.drop_duplicates("kpi")[["kpi", "section", "no"]]
        numbers = first.merge(self.figures, on=["section", "no"]).drop(columns=["section", "no"])
        table = self.kpis.merge(numbers, on="kpi")
        # Rows that do not say the same have no figures in common.
        differ = table["relistings_differ"]
        for name in numbers.select_dtypes("float"):
            table.loc[differ, name] = float("nan")
        table.loc[differ, ["opinions_differ", "ratio_differs"]] = False
        table.loc[differ, ["pace_word", "sdg_status"]] = ["", "not_available"]
        return table


def finding(
    code: str, listings: Iterable[tuple[int, int]], text: str, source: str, kpi: str = "", **words
) -> dict:
    """A finding (a record for ``entries.entries_of``); ``words`` are those of ``worded``."""
    return {
        "code": code,
        "severity": (SEVERITIES_OF["findings"] | SEVERITIES_OF["remarks"])[code],
        "rows": references(listings) or "―",
        "kpi": kpi,
        "text": text,
        "source": source,
        **words,
    }


def about_row(code: str, row, text: str, said: Mapping, key: str = "") -> dict:
    """A finding about one row of a sheet; ``key`` is that of its words where it is not the code."""
    listing = (row.section, row.no)
    return finding(code, [listing], text, row.source, row.kpi, **worded(key or code, said))


def worded(key: str, said: Mapping) -> dict[str, str]:
    """What a finding says in a sentence of its own; and in an entry's, where there is one."""
    differs = {"differs": say(f"entry-part.{key}", **said)} if key in Words("entry-part") else {}
    return {"message": say(f"finding-says.{key}", **said), **differs}
