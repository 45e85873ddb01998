"""A plan's sheet of one fiscal year, as it was read: frames, and where each cell stands."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.letters import plain
from kpi_utils.cells.notation import UNREADABLE, WORD, Cell, label, read_cell
from kpi_utils.lines.columns import CARRIED, YEARLY
from kpi_utils.lines.line import Remark, line_of, row_of
from kpi_utils.plan import Plan
from kpi_utils.sheets.long_frame import LISTING, rows_of
from kpi_utils.words import Message, Words, joined, message

# The frames of a sheet as it was read.
_AS_READ = ("columns", "cells", "row_facts", "commentary", "references")


class UnreadableCell(NamedTuple):
    """A cell that cannot be read: where it stands, its text, and why.

    ``role`` is baseline, actual, target, yearly_target or published; ``year`` is that of the column
    of an actual or a target.
    """

    section: int
    no: int
    role: str
    year: int | None
    raw: str
    source: str
    why: Message


@dataclass(frozen=True)
class Sheet:
    """A plan's sheet (進捗評価シート) as reported in one fiscal year; frames as in ``frames``.

    ``cells`` are the cells of its tables (``frames.CELLS``), of which ``rows``, ``points`` and
    ``targets`` are pivots; ``row_facts`` is what all cells of a row share. ``captions`` are the
    headings of the tables by section, and of the commentary under 0. ``is_form``: it was filled in
    on a form of ``kpi form``, whose formulas compute 達成度. ``notes`` are the lines of the file
    that are neither heading, table nor commentary, each as section (0 outside of the tables),
    number of the line, and text. ``remarks`` are those of the reader on the file; ``texts`` is all
    that was read, as source, line and text. ``line_numbers`` has the number of a line by its place,
    ``content`` the bytes of the file. ``language`` is that of ``words``, "ja" or "en".
    """

    plan: Plan
    fiscal_year: int
    source: str
    sha256: str
    title: str
    captions: dict[int, str]
    columns: pd.DataFrame
    cells: pd.DataFrame
    row_facts: pd.DataFrame
    commentary: pd.DataFrame
    references: pd.DataFrame
    notes: list[tuple[int, int, str]]
    remarks: list[Remark]
    texts: list[tuple[str, int | str, str]]
    line_numbers: dict[str, int]
    content: bytes = field(repr=False)
    is_form: bool
    language: str = "ja"

    def __post_init__(self) -> None:
        # pandas copies what is then written to.
        as_read = {name: getattr(self, name).copy(deep=False) for name in _AS_READ}
        object.__setattr__(self, "_as_read", as_read)

    def changed(self) -> list[str]:
        """The names of its frames that were written to since it was read; columns may be added."""
        as_read: dict[str, pd.DataFrame] = self.__dict__["_as_read"]
        pairs = ((name, of, getattr(self, name)) for name, of in as_read.items())
        return [name for name, of, now in pairs if not of.equals(now.reindex(columns=of.columns))]

    @property
    def is_draft(self) -> bool:
        """Whether its 達成度 is not published yet: as plan.toml says, else if it is a form."""
        declared = self.plan.states.get(str(self.fiscal_year))
        return declared == "draft" if declared else self.is_form

    @property
    def is_plan_only(self) -> bool:
        """Whether it is a plan's own table, which has no column of actuals."""
        return "actual" not in set(self.columns["role"])

    @property
    def made_up(self) -> bool:
        """Whether the sheet's title or a note says that its figures are made up (架空のデータ)."""
        texts = [self.title, *(text for *_, text in self.notes)]
        return any("架空のデータ" in text for text in texts)

    def table_mark(self, section: int) -> str:
        """The number by which rows name a table, (2), if its caption does not begin with it."""
        is_said = plain(self.captions[section]).startswith(f"({section})")
        return "" if is_said or self.captions.keys() <= {0, section} else f"({section}) "

    @property
    def title_source(self) -> str:
        """The source of the title."""
        lines = (line for _, line, text in self.texts if self.title in text)
        return f"{self.source}:{next(lines, 1)}"

    def line_number(self, source: str) -> int:
        """The number of the line at a source of a line or cell, in the order of the file."""
        row = row_of(line_of(source))
        return self.line_numbers.get(row) or int(re.findall(r"\d+(?=頁|行?$)", row)[0])

    def source_of_line(self, number: int) -> str:
        """The source of the line with a number."""
        places = (place for place, known in self.line_numbers.items() if known == number)
        return f"{self.source}:{next(places, number)}"

    @cached_property
    def words(self) -> Words:
        """The words of the sheet's language."""
        return Words(self.language, self.plan)

    def rows(self) -> pd.DataFrame:
        """A new frame with one row for each row of the sheet: ``frames.ROWS``, index (表, No).

        The actual is the newest one up to the fiscal year that reports something, readable or not;
        else the last one, which says why there is none. Of several targets, it is the one that is
        judged (method 2).
        """
        # pandas copies what is then written to.
        return self._rows.copy(deep=False)

    @cached_property
    def _rows(self) -> pd.DataFrame:
        rows = rows_of(self.cells, self.row_facts, self.fiscal_year)
        names = map(self.plan.named, rows["kpi"], rows["name"])
        rows["label"] = [self.words.translated(label(name)) for name in names]
        rows.attrs["words"] = self.words
        return rows

    @cached_property
    def carried(self) -> pd.DataFrame:
        """The texts that are not judged (備考, 見込み …), by row and head."""
        columns = self.columns[self.columns["role"].isin(CARRIED)]
        table = self.cells.merge(columns[["section", "column", "header"]], on=["section", "column"])
        wide = table.pivot_table("raw", LISTING, "header", aggfunc=" ".join, sort=False)
        return wide.reindex(columns=columns["header"].unique()).reindex(self._rows.index).fillna("")

    @cached_property
    def figures(self) -> dict[tuple[int, int], dict[str, float]]:
        """The baseline, actual and target of each row, as ``rows`` has them."""
        return self._rows[["baseline", "actual", "target"]].to_dict("index")

    @cached_property
    def points(self) -> pd.DataFrame:
        """The actuals, one row for each listing and column of a year: ``frames.POINTS``."""
        return frames.typed("points", self.cells[self.cells["role"] == "actual"])

    def points_before(self, listing: tuple[int, int], year: int | None) -> list:
        """The actuals of a row in the columns of earlier years, as records of ``points``."""
        points = [] if pd.isna(year) else self._points_by_row[listing]
        return [point for point in points if point.column_year < year]

    @cached_property
    def _points_by_row(self) -> dict[tuple[int, int], list]:
        by_row = defaultdict(list)
        for point in self.points.dropna(subset="column_year").itertuples():
            by_row[point.section, point.no].append(point)
        return by_row

    @cached_property
    def targets(self) -> pd.DataFrame:
        """The targets, one row for each listing and column of 目標値: ``frames.TARGETS``."""
        targets = self.cells[self.cells["role"] == "target"]
        named = targets.add_prefix("target_").rename(columns={"target_value": "target"})
        return frames.typed("targets", targets.join(named))

    def cell(self, listing: tuple[int, int], role: str, column_year: int | None = None) -> Cell:
        """The cell read by itself, in its own unit; ``cells`` adds what row and sheet say.

        ``role`` is baseline, actual, target or published. An actual or a target also needs the year
        of its column, <NA> or None if that has none. Raises KeyError if there is no such cell.
        """
        return read_cell(self._raw[(*listing, role, _year_of(role, column_year))])

    @cached_property
    def _raw(self) -> dict[tuple, str]:
        """The text of each cell by its listing, role and column's year."""
        return {
            (cell.section, cell.no, cell.role, _year_of(cell.role, cell.column_year)): cell.raw
            for cell in self.cells.itertuples()
        }

    @cached_property
    def first_listings(self) -> dict[str, dict]:
        """The first row (``frames.ROWS``) that lists each KPI, with the name that is its own."""
        return {
            row["kpi"]: row | {"name": self.plan.named(row["kpi"], row["name"])}
            for row in reversed(self._rows.to_dict("records"))
        }

    def unreadable(self) -> list[UnreadableCell]:
        """The cells that no rule of the notation reads, in the sheet's order.

        A word is one of them if its row's target asks for a number.
        """
        rows = self._rows
        is_text = rows["kpi"].map(lambda kpi: self.plan.declared(kpi).kind == "text")
        in_words = set(rows.index[(rows["target_reason"] == WORD) | is_text])
        unreadable = []
        for cell in self.cells[self.cells["reason"].isin([UNREADABLE, WORD])].itertuples():
            listing = (cell.section, cell.no)
            is_asked = cell.role in ("baseline", "actual") and listing not in in_words
            if cell.reason == UNREADABLE or is_asked:
                part = joined(cell.part.split("\n"), "quoted")
                why = message(f"unreadable.{cell.cause or WORD}", part=part)
                year = _year_of(cell.role, cell.column_year)
                found = UnreadableCell(*listing, cell.role, year, cell.raw, cell.source, why)
                unreadable.append(found)
        order = ["baseline", "published", "target", "yearly_target", "actual"]
        return sorted(unreadable, key=lambda cell: (*cell[:2], order.index(cell.role)))


def _year_of(role: str, column_year) -> int | None:
    """The year that tells a cell's column from others of its role; None if it has none."""
    return None if role not in YEARLY or pd.isna(column_year) else int(column_year)


def sheet_cells(sheet: Sheet, section: int) -> pd.DataFrame:
    """A table of the sheet as printed: its heads, rows and columns in the sheet's order.

    The index is the listing, (section, no). A repeated head gets a count: 年度（2）.
    """
    headers = sheet.columns.loc[sheet.columns["section"] == section, "header"].tolist()
    again = [headers[: place + 1].count(head) for place, head in enumerate(headers)]
    cells = sheet.cells[[*LISTING, "column", "raw"]]
    cells = cells[(cells["section"] == section) & cells["column"].notna()]
    rows = cells.groupby(LISTING, sort=False)["raw"].agg(list)
    names = [head if n == 1 else f"{head}（{n}）" for head, n in zip(headers, again, strict=True)]
    return pd.DataFrame([*rows], rows.index, names, "str")
