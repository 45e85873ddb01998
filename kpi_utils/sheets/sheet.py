"""One file -> Sheet: the two tables, the commentary, and for each row the line where it stands."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import UNREADABLE, WORD, identity, read_cell
from kpi_utils.errors import KpiError
from kpi_utils.plan import Plan
from kpi_utils.sheets.columns import entry_year
from kpi_utils.sheets.delimited import from_csv
from kpi_utils.sheets.excel import from_workbook
from kpi_utils.sheets.files import content_of, decoded
from kpi_utils.sheets.lines import Line, Remark, from_text
from kpi_utils.sheets.same_name import told_apart
from kpi_utils.sheets.table_reader import TableReader

__all__ = ["Sheet", "UnreadableCell", "line_of", "place", "read_sheet", "sheet_cells"]


class UnreadableCell(NamedTuple):
    """Where a cell stands that cannot be read, and its text.

    ``role`` is baseline, actual, target or published; ``year`` that of an actual's column.
    """

    section: int
    no: int
    role: str
    year: int | None
    raw: str
    source: str


@dataclass(frozen=True)
class Sheet:
    """A plan's sheet (進捗評価シート) as reported in one fiscal year; frames as in ``frames``.

    ``captions`` are the headings of the tables by section, and of the commentary under 0.
    ``is_form``: it was filled in on what ``kpi form`` made, whose formulas compute 達成度.
    ``notes`` are lines of the file that are neither heading, table nor commentary, each with its
    section (0 outside of them) and line. ``remarks`` are what the reader has to say of the file,
    and ``lines`` all that it has read.
    """

    plan: Plan
    fiscal_year: int
    source: str
    sha256: str
    title: str
    captions: dict[int, str]
    columns: pd.DataFrame
    listed: pd.DataFrame
    points: pd.DataFrame
    targets: pd.DataFrame
    commentary: pd.DataFrame
    references: pd.DataFrame
    notes: list[tuple[int, int, str]]
    remarks: list[Remark]
    lines: list[Line]
    is_form: bool
    language: str = "ja"

    def rows(self):
        listed = self.listed.copy()
        points = self.points[self.points["column_year"] <= self.fiscal_year].sort_values("column_year")
        newest = []
        for row in listed.itertuples():
            own = points[(points["section"] == row.section) & (points["no"] == row.no)].to_dict("records")
            reported = [p for p in own if p["reason"] not in ("blank", "not_reported")]
            p = (reported or own)[-1]
            newest.append({"actual": p["value"], "actual_raw": p["raw"], "actual_year": p["year"], "actual_column_year": p["column_year"], "actual_unit": p["unit"], "actual_over": p["over"], "actual_reason": p["reason"], "is_provisional": read_cell(p["raw"]).says("provisional")})
        new = pd.DataFrame(newest)
        new["actual"] = new["actual"].astype(float)
        for n in ("actual_year", "actual_column_year"):
            new[n] = new[n].astype("Int64")
        out = pd.concat([listed, new], axis=1)
        from kpi_utils.cells.notation import label
        out["label"] = [self.words.translated(label(self.plan.named(k, n))) for k, n in zip(out["kpi"], out["name"])]
        out.index = pd.MultiIndex.from_frame(out[["section", "no"]], names=["表", "No"])
        out.attrs["words"] = self.words
        return out

    @property
    def words(self):
        from kpi_utils.words import Words
        return Words(self.language, self.plan)

    def cell(self, listing, role, year=None):
        if role in ("baseline", "published", "name", "initiative"):
            row = self.listed.set_index(["section", "no"]).loc[listing]
            return read_cell(row[role + "_raw"] if role == "baseline" else row[role])
        t = self.points if role == "actual" else self.targets
        t = t[(t["section"] == listing[0]) & (t["no"] == listing[1])]
        for c in t.to_dict("records"):
            if (pd.isna(year) and pd.isna(c["column_year"])) or (not pd.isna(year) and c["column_year"] == year):
                return read_cell(c["raw"])
        row = self.listed.set_index(["section", "no"]).loc[listing]
        return read_cell(row["target_raw"])

    @property
    def texts(self):
        return [(self.source, line.number, line.said()) for line in self.lines]

    @property
    def title_source(self):
        n = next((line.number for line in self.lines if self.title in line.said()), 1)
        return f"{self.source}:{n}"

    @property
    def is_draft(self) -> bool:
        """Whether its 達成度 is no published figure: as plan.toml says; else where it is a form."""
        declared = self.plan.states.get(str(self.fiscal_year))
        return declared == "draft" if declared else self.is_form

    @property
    def made_up(self) -> bool:
        """Whether the sheet's title says that its figures are made up (架空のデータ)."""
        return "架空のデータ" in self.title

    def first_listing(self, kpi: str) -> dict:
        """The first row (``frames.ROWS``) that lists a KPI, with the name that is its own."""
        return dict(self._first_listings[kpi])

    @cached_property
    def _first_listings(self) -> dict[str, dict]:
        return {
            row["kpi"]: row | {"name": self.plan.named(row["kpi"], row["name"])}
            for row in reversed(self.rows().to_dict("records"))
        }

    def unreadable(self) -> list[UnreadableCell]:
        """The cells that no rule of the notation reads, in the sheet's order.

        A word counts as one where its row's target asks for a number.
        """
        rows = list(self.rows().itertuples())
        in_words = {
            (row.section, row.no)
            for row in rows
            if row.target_reason == WORD or self.plan.declared(row.kpi).kind == "text"
        }
        cells = [
            *((row, "baseline", None, row.baseline_raw, row.baseline_reason) for row in rows),
            *(
                (row, "published", None, row.published, read_cell(row.published).reason)
                for row in rows
            ),
            *((of, "target", None, of.raw, of.target_reason) for of in self.targets.itertuples()),
            *((of, "actual", of.column_year, of.raw, of.reason) for of in self.points.itertuples()),
        ]
        found = []
        for cell, role, year, raw, reason in cells:
            asked = role in ("baseline", "actual") and (cell.section, cell.no) not in in_words
            if reason == UNREADABLE or (reason == WORD and asked):
                found.append(UnreadableCell(cell.section, cell.no, role, year, raw, cell.source))
        return sorted(found, key=lambda cell: (cell.section, cell.no))


def line_of(source: str) -> str:
    """The line of a file and line.

    >>> line_of("data/kumamoto/2022.txt:9")
    '9'
    """
    return source.rsplit(":", 1)[1]


def place(source: str) -> str:
    """A file and line as messages name them.

    >>> place("data/kumamoto/2022.txt:9")
    'data/kumamoto/2022.txt 9行目'
    """
    file, _, line = source.rpartition(":")
    return f"{file} {line}行目"


def read_sheet(path: Path, plan: Plan, fiscal_year: int, source: str = "", language: str = "ja") -> Sheet:
    """Read a plan's sheet of one fiscal year: published text, workbook or CSV, by its ending.

    ``source`` is the name that rows carry, the path where it is not given. Raises KpiError where
    the file is none of these, and with every problem of the sheet's form at once: a missing table
    or column, a row with too many or too few cells, a number that is missing or doubled, another
    plan's sheet, a year that the sheet does not report. A cell that cannot be read is not among
    them: see ``Sheet.unreadable``.
    """
    source = source or path.as_posix()
    content = content_of(path, source)
    lines, remarks, worksheet = _lines(content, path.suffix, fiscal_year, source)
    source_read = f"{source}#{worksheet}" if worksheet else source
    reader = TableReader(source_read, fiscal_year, plan.era)
    reader.read(lines)
    _find_title(reader, plan, lines)
    try:
        _check(reader, plan, fiscal_year)
    except KpiError as error:
        # What was left out may be what is missing.
        told = [f"{source} {at.number}行目: {at.message}" for at in remarks if at.place]
        raise KpiError([*error.problems, *told]) from None
    plan = told_apart(reader.rows, reader.points, plan, fiscal_year)
    added = ("entry_", "own_")
    columns = [column for column in reader.columns if not column["role"].startswith(added)]
    if any(column["role"].startswith("own_") for column in reader.columns):
        # A workbook that was made here has our comments, whoever saved it last.
        remarks = [remark for remark in remarks if remark.place != "comment"]
    return Sheet(
        plan=plan,
        fiscal_year=fiscal_year,
        source=source,
        sha256=hashlib.sha256(content).hexdigest(),
        title=reader.title,
        captions=reader.captions,
        columns=frames.frame(frames.COLUMNS, columns),
        listed=frames.frame(frames.ROWS, reader.rows),
        points=frames.frame(frames.POINTS, reader.points),
        targets=frames.frame(frames.TARGETS, reader.targets),
        commentary=frames.frame(frames.COMMENTARY, reader.blocks),
        references=frames.frame(frames.REFERENCES, reader.references),
        notes=reader.notes,
        remarks=[*remarks, *reader.remarks],
        lines=lines,
        is_form=entry_year(reader.columns) == fiscal_year,
        language=language,
    )


def sheet_cells(sheet: Sheet, section: int) -> pd.DataFrame:
    """A table of the sheet as printed: its headers, its rows and columns in their order.

    The index is the listing, (section, no).
    """
    columns = sheet.columns[sheet.columns["section"] == section]
    rows = sheet.rows()[sheet.rows()["section"] == section]
    yearly = {
        role: frame.set_index(["section", "no", "column_year"])["raw"].to_dict()
        for role, frame in (("actual", sheet.points), ("target", sheet.targets))
    }
    raw = {"initiative": "initiative_raw", "baseline": "baseline_raw"}
    cells = [
        [
            yearly[column.role][row["section"], row["no"], column.year]
            if column.role in yearly
            else str(row[raw.get(column.role, column.role)])
            for column in columns.itertuples()
        ]
        for row in rows.to_dict("records")
    ]
    index = pd.MultiIndex.from_frame(rows[["section", "no"]])
    return pd.DataFrame(cells, columns=columns["header"].tolist(), index=index)


def _lines(
    content: bytes, suffix: str, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a file, remarks on it, and the worksheet's name if there are several."""
    if suffix == ".xlsx":
        return from_workbook(content, fiscal_year, source)
    text, encoding = decoded(content, source)
    lines = from_csv(text, source) if suffix == ".csv" else from_text(text)
    told = [Remark("encoding", 1, source.rpartition("/")[2], exact=encoding)] if encoding else []
    return lines, told, ""


def _is_title(text: str, plan: Plan) -> bool:
    title = identity(text)
    return identity(plan.municipality) in title and identity(plan.name) in title


def _find_title(reader: TableReader, plan: Plan, lines: list[Line]) -> None:
    """Take a later line above the tables as the title, where the first is none: 別紙１."""
    first = min((int(line_of(row["source"])) for row in reader.rows), default=0)
    for place, (section, number, text) in enumerate(list(reader.notes)):
        if number < first and not _is_title(reader.title, plan) and _is_title(text, plan):
            above = next(line.number for line in lines if reader.title in line.text)
            note = [(section, above, reader.title)] if reader.title else []
            reader.notes[place : place + 1] = note
            for caption, said in reader.captions.items():
                if said == reader.title:
                    reader.captions[caption] = text
            reader.title = text


def _check(reader: TableReader, plan: Plan, fiscal_year: int) -> None:
    """Raise what is wrong with the form of the sheet; then, if it is another plan's or year's."""
    problems = list(reader.problems)
    if not reader.columns and not problems:
        problems.append(
            f"{reader.source}: 表がありません。「## (1) …」という見出しと、その下に"
            "「No」「指標名」などの列のある表が必要です。"
        )
    for section in sorted(set(reader.captions) - {0}):
        told = any(f"表({section})" in problem for problem in problems)
        if not told and not any(row["section"] == section for row in reader.rows):
            caption = reader.captions[section]
            below = any(above == section for above, _, _ in reader.notes)
            asked = f"「{caption}」が評価及び課題等の見出しであれば、そう書いてください。"
            problems.append(
                f"{reader.source}: 見出し({section})の下に、表の行がありません。"
                f"{asked if below or re.search('評価|課題|成果|分析|所見', caption) else ''}"
                "列の見出しと指標の行を、タブで区切って置いてください。"
            )
    if problems:
        raise KpiError(problems)
    if not _is_title(reader.title, plan):
        problems.append(
            f"{reader.source}: 表題が「{reader.title}」で、"
            f"計画「{plan.municipality} {plan.name}」のシートではないようです。"
            "ファイルと plan.toml を確かめてください。"
        )
    years = sorted({point["column_year"] for point in reader.points})
    reported = [point["raw"] for point in reader.points if point["column_year"] == fiscal_year]
    if fiscal_year not in years:
        found = "、".join(f"{year}年" for year in years)
        problems.append(
            f"{reader.source}: {fiscal_year}年の実績の列がありません。実績の列は {found} です。"
            "年度又はファイルを確かめてください。"
        )
    elif not any(reported):
        problems.append(
            f"{reader.source}: 列「{fiscal_year}年」の実績が全て空白です。"
            "実績を書き入れてください。"
        )
    told = {point["section"] for point in reader.points if point["column_year"] <= fiscal_year}
    problems += [
        f"{reader.source}: 表({section}) に、{fiscal_year}年までの実績の列がありません。"
        "見出しの年度を確かめてください。"
        for section in sorted({row["section"] for row in reader.rows} - told)
        if told
    ]
    if problems:
        raise KpiError(problems)
