"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity, label, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.comparing.counterfactual import Pair, pairs, published_by_older, status_changed
from kpi_utils.comparing.matching import likely_renames, matched, paired_rows, paths
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import Words, listed, say
from kpi_utils.sheets.tables import in_unit_of

__all__ = ["CHANGE_CODES", "ROLES", "Changes", "compare", "differences", "uncompared"]

# What each code is called in a report.
CHANGE_CODES = Words("change")
ROLES = Words("role")


@dataclass(frozen=True)
class Changes:
    """Two years' sheets of one plan compared.

    ``changes`` is ``frames.CHANGES``, ``paths`` ``frames.PATHS``; ``same`` are the KPIs that both
    sheets list, with their identity in the earlier one. Where the earlier sheet cannot be used,
    ``problems`` say why, ``before`` is None and the frames are empty.
    """

    year_before: int
    before: Evaluation | None
    after: Evaluation
    changes: pd.DataFrame
    paths: pd.DataFrame
    same: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The two years, as a chapter is called after them."""
        return say("change-says.title", before=self.year_before, after=self.after.sheet.fiscal_year)


def compare(before: Evaluation, after: Evaluation) -> Changes:
    """Compare an earlier year's sheet of a plan with a later one's.

    A KPI is compared once, however many rows list it: see ``matching.paired_rows``.
    """
    same = matched(before, after)
    rows = paired_rows(before, after, same)
    path = paths(before, after, rows)
    records: list[dict] = []
    for pair in pairs(before, after, rows):
        found = [
            *status_changed(pair),
            *published_by_older(pair),
            *_cells_changed(path, pair),
            *_renamed(pair),
        ]
        about = _about(before, after, (pair.old_row, pair.new_row))
        records += [about | record for record in found]
    records += _unmatched(before, after, rows)
    records += _carried_over(before, after, same)
    table = frames.frame(frames.CHANGES, records)
    return Changes(before.sheet.fiscal_year, before, after, table, path, same)


def uncompared(year_before: int, after: Evaluation, problems: list[str]) -> Changes:
    """A sheet beside an earlier one that cannot be used, and why."""
    nothing = frames.frame(frames.CHANGES, []), frames.frame(frames.PATHS, [])
    return Changes(year_before, None, after, *nothing, problems=tuple(problems))


def _about(before: Evaluation, after: Evaluation, rows: tuple[dict | None, dict | None]) -> dict:
    """What all changes of a KPI have in common; a row is None where its sheet lacks the KPI."""
    named = {name: (rows[1] or rows[0])[name] for name in ("kpi", "name")}
    about = dict.fromkeys(frames.CHANGES.columns, "") | {"severity": "warning"} | named
    for side, evaluation, row in zip(("before", "after"), (before, after), rows, strict=True):
        if row:
            about[f"rows_{side}"] = evaluation.kpis.set_index("kpi").loc[row["kpi"], "listings"]
            about[f"source_{side}"] = row["source"]
    return about


def _cells_changed(path: pd.DataFrame, pair: Pair) -> Iterator[dict]:
    """unit-changed, baseline-restated, actual-restated, target-moved and target-year-moved."""
    units: dict[str, dict] = {}
    for old, new in _cells(path, pair):
        record = {"before": old.raw, "after": new.raw}
        record |= {"source_before": old.source, "source_after": new.source}
        # An actual that had not been reported is no older figure.
        if old.role == "actual" and not _meaning(read_cell(old.raw)):
            continue
        differs = differences(old, new)
        if "unit" in differs:
            units.setdefault(ROLES[old.role], record)
        said = {"before": _quoted(old.raw), "after": _quoted(new.raw)}
        said |= {"year": pair.before.sheet.fiscal_year, "column_year": old.column_year}
        if old.role == "target" and "value" in differs:
            yield record | _says("target-moved", **said)
        if old.role == "target" and "year" in differs:
            yield record | _says("target-year-moved", before=old.year, after=new.year)
        if old.role != "target" and differs & {"value", "year"}:
            yield record | _says(f"{old.role}-restated", **said)
    for record in list(units.values())[:1]:
        said = {"roles": listed(units), "before": record["before"], "after": record["after"]}
        yield record | _says("unit-changed", **said)


def _says(code: str, **values) -> dict:
    """A change's code and its message."""
    return {"code": code, "message": say(f"change-says.{code}", **values)}


def differences(old, new) -> set[str]:
    """In what two cells (rows of ``frames.PATHS``) differ: unit, value, year; never in spelling.

    Values are compared in one unit; those whose units do not convert are not, nor are years of
    which one is missing.
    """
    before, after = read_cell(old.raw), read_cell(new.raw)
    numbers = None not in (before.value, after.value)
    scale = in_unit(Decimal(1), before.unit, after.unit)
    found = {"unit"} if numbers and scale != 1 else set()
    comparable = not numbers or scale is not None
    if comparable and _meaning(in_unit_of(before, after.unit)) != _meaning(after):
        found.add("value")
    if len({_year(old.year), _year(new.year)} - {None}) > 1:
        found.add("year")
    return found


def _cells(path: pd.DataFrame, pair: Pair) -> list[tuple]:
    """The cells of a KPI that both sheets have, by what they are and the year of their column."""
    cells = path[path["kpi"] == pair.new_row["kpi"]].itertuples()
    old, new = {}, {}
    for cell in cells:
        sheet = old if cell.sheet_year == pair.before.sheet.fiscal_year else new
        sheet[cell.role, _year(cell.column_year)] = cell
    cells = [(old[key], new[key]) for key in old if key in new]
    if not any(cell.role == "target" for cell, _ in cells):
        # The columns of the targets are of other years: the targets that are judged are compared.
        judged = [("target", _year(r["target_column_year"])) for r in (pair.old_row, pair.new_row)]
        cells.append((old[judged[0]], new[judged[1]]))
    return cells


def _year(year) -> int | None:
    return None if pd.isna(year) else int(year)


def _quoted(raw: str) -> str:
    return say("change-says.cell", raw=raw) if raw else say("change-says.blank")


def _meaning(cell: Cell) -> tuple:
    """What a cell says, but for its year, its unit and its spelling.

    >>> _meaning(read_cell("2020年度 32.1 %")) == _meaning(read_cell("３２．１０％"))
    True
    """
    if cell.reason in (BLANK, NOT_REPORTED):
        return ()
    return (identity(cell.text),) if cell.reason else (cell.value, cell.upper, cell.comparator)


def _renamed(pair: Pair) -> Iterator[dict]:
    old, new = pair.old_row["name"], pair.new_row["name"]
    if pair.old_row["kpi"] in pair.after.sheet.plan.former(pair.new_row["kpi"]):
        said = _says("renamed", before=label(old), after=label(new))
        yield said | {"severity": "note", "before": old, "after": new}


def _unmatched(before: Evaluation, after: Evaluation, rows: list[tuple]) -> Iterator[dict]:
    """new, dropped and rename-proposed."""
    year, last = (evaluation.sheet.fiscal_year for evaluation in (before, after))
    added, dropped = [new for old, new in rows if not old], [old for old, new in rows if not new]
    for row in added:
        changed = {"severity": "note", "after": row["name"]} | _says("new", year=year)
        yield _about(before, after, (None, row)) | changed
    for row in dropped:
        changed = {"before": row["name"]} | _says("dropped", year=last)
        yield _about(before, after, (row, None)) | changed
    for old, new, same_figures in likely_renames(dropped, added):
        # As TOML quotes them.
        name, former = (json.dumps(label(row["name"]), ensure_ascii=False) for row in (new, old))
        said = _says(
            "rename-proposed",
            year=year,
            before=label(old["name"]),
            likeness=say(f"change-says.like-{'figures' if same_figures else 'name'}"),
            name=name,
            former=former,
        )
        named = {"before": old["name"], "after": new["name"]}
        yield _about(before, after, (old, new)) | named | said


def _carried_over(before: Evaluation, after: Evaluation, same: dict[str, str]) -> Iterator[dict]:
    """A block of the commentary with the words of the earlier one, though its figures moved."""
    told, said = _blocks(before), _blocks(after)
    told = told.drop_duplicates(["kpi", "words"], keep="last").add_suffix("_before")
    former = said["kpi"].map(lambda kpi: same.get(kpi, ""))
    both = said.assign(kpi_before=former, words_before=said["words"]).merge(told)
    both = both[(both["words"] != "") & (both["figure"] != both["figure_before"])]
    for block in both.drop_duplicates("block").itertuples():
        rows = before.sheet.first_listing(block.kpi_before), after.sheet.first_listing(block.kpi)
        message = _says(
            "commentary-carried-over",
            old=_quoted(block.actual_raw_before),
            new=_quoted(block.actual_raw),
            before=before.sheet.fiscal_year,
            after=after.sheet.fiscal_year,
        )
        blocks = {"before": block.heading_before, "after": block.heading}
        blocks |= {"source_before": block.source_before, "source_after": block.source}
        yield _about(before, after, rows) | blocks | message


def _blocks(evaluation: Evaluation) -> pd.DataFrame:
    """Each block of the commentary with each KPI that it refers to, and the KPI's actual."""
    blocks = evaluation.sheet.commentary.merge(evaluation.sheet.references, on="block")
    blocks = blocks.merge(evaluation.rows[["section", "no", "kpi"]], on=["section", "no"])
    blocks = blocks.merge(evaluation.kpis[["kpi", "actual_raw", "actual_year"]], on="kpi")
    figures = zip(blocks["actual_raw"].map(read_cell), blocks["actual_year"], strict=True)
    figures = [(_meaning(actual), _year(year)) for actual, year in figures]
    return blocks.assign(words=blocks["text"].map(identity), figure=figures)
