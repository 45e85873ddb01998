"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, identity, label
from kpi_utils.comparing.counterfactual import published_by_older, status_changed
from kpi_utils.comparing.matching import Pair, likely_renames, meaning, paired, paths
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.words import Message, message


@dataclass(frozen=True, eq=False)
class Changes:
    """Two years' sheets of one plan compared.

    ``changes`` and ``paths`` are frames of the data dictionary; ``same`` are the KPIs that both
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
    def title(self) -> Message:
        """The two years, as a chapter is called after them."""
        years = {"before": self.year_before, "after": self.after.sheet.fiscal_year}
        return message("change-says.title", **years)


def compare(before: Evaluation, after: Evaluation) -> Changes:
    """Compare an earlier year's sheet of a plan with a later one's.

    A KPI is compared once, however many rows list it: see ``matching.paired``.
    """
    pairs = paired(before, after)
    both, cells = [pair for pair in pairs if pair.old and pair.new], paths(before, after, pairs)
    records: list[dict] = []
    for pair in both:
        changes = [
            *status_changed(pair),
            *published_by_older(pair),
            *_cells_changed(cells[cells["kpi"] == pair.new["kpi"]], pair.years["before"]),
            *_renamed(pair),
        ]
        records += [_about(pair.old, pair.new) | change for change in changes]
    changes = typed("changes", [*records, *_unmatched(pairs), *_carried_over(both)])
    same = {pair.new["kpi"]: pair.old["kpi"] for pair in both}
    return Changes(before.sheet.fiscal_year, before, after, changes, cells, same)


def uncompared(year_before: int, after: Evaluation, problems: list[str]) -> Changes:
    """A sheet beside an earlier one that cannot be used, and why."""
    empty = typed("changes", []), typed("paths", [])
    return Changes(year_before, None, after, *empty, problems=tuple(problems))


def _about(old: dict, new: dict) -> dict:
    """What all changes of a KPI have in common; a row is empty where its sheet lacks the KPI."""
    about: dict[str, Any] = {"severity": "warning", "before": "", "after": "", "cause": ""}
    about |= {name: (new or old)[name] for name in ("kpi", "name")}
    for side, row in (("before", old), ("after", new)):
        about[f"rows_{side}"] = row["listings"] if row else ()
        about[f"source_{side}"] = row["source"] if row else ""
    return about


def _coded(code: str, **values) -> dict:
    """A change's code and its message."""
    return {"code": code, "message": message(f"change-says.{code}", **values)}


def _quoted(raw: str) -> Message:
    return message("change-says.cell", raw=raw) if raw else message("change-says.blank")


def _cells_changed(cells: pd.DataFrame, year: int) -> Iterator[dict]:
    """unit-changed, baseline-restated, actual-restated, target-moved and target-year-moved.

    ``cells`` are those of one KPI, ``year`` that of the earlier sheet.
    """
    units: dict[str, dict] = {}
    for cell in cells[cells["differs"] != ""].itertuples():
        differs = cell.differs.split("+")
        # An actual that had not been reported is no older figure.
        if cell.role == "actual" and not meaning(cell.cell_before):
            continue
        record = {"before": cell.raw_before, "after": cell.raw_after}
        record |= {"source_before": cell.source_before, "source_after": cell.source_after}
        values: dict[str, Any] = {"before": _quoted(cell.raw_before)}
        values |= {"after": _quoted(cell.raw_after), "year": year, "column_year": cell.column_year}
        if "unit" in differs:
            units.setdefault(cell.role, record)
        if cell.role == "target" and "value" in differs:
            yield record | _coded("target-moved", **values)
        if cell.role == "target" and "year" in differs:
            years = {"before": cell.year_before, "after": cell.year_after}
            yield record | _coded("target-year-moved", **years)
        if cell.role != "target" and differs != ["unit"]:
            yield record | _coded(f"{cell.role}-restated", **values)
    if units:
        # Of several cells with another unit the first is quoted, and all are named.
        record, roles = next(iter(units.values())), [message(f"role.{role}") for role in units]
        texts = {"before": record["before"], "after": record["after"]}
        yield record | _coded("unit-changed", roles=roles, **texts)


def _renamed(pair: Pair) -> Iterator[dict]:
    old, new = pair.old["name"], pair.new["name"]
    if pair.old["kpi"] in pair.after.sheet.plan.former(pair.new["kpi"]):
        renamed = _coded("renamed", before=label(old), after=label(new))
        yield renamed | {"severity": "note", "before": old, "after": new}


def _unmatched(pairs: list[Pair]) -> Iterator[dict]:
    """new, dropped and rename-proposed."""
    added = [pair for pair in pairs if not pair.old]
    dropped = [pair for pair in pairs if not pair.new]
    for pair in added:
        new = {"severity": "note", "after": pair.new["name"]}
        yield _about({}, pair.new) | new | _coded("new", year=pair.years["before"])
    for pair in dropped:
        gone = {"before": pair.old["name"]} | _coded("dropped", year=pair.years["after"])
        yield _about(pair.old, {}) | gone
    old_rows, new_rows = [pair.old for pair in dropped], [pair.new for pair in added]
    for old, new, same_figures in likely_renames(old_rows, new_rows):
        # As TOML quotes them.
        name, former = (json.dumps(label(row["name"]), ensure_ascii=False) for row in (new, old))
        likeness = message(f"change-says.like-{'figures' if same_figures else 'name'}")
        values = {"before": label(old["name"]), "likeness": likeness, "name": name}
        values |= {"former": former, "year": pairs[0].years["before"]}
        names = {"before": old["name"], "after": new["name"]}
        yield _about(old, new) | names | _coded("rename-proposed", **values)


def _carried_over(both: list[Pair]) -> Iterator[dict]:
    """A block of the commentary with the words of the earlier one, though its figures moved."""
    moved = {pair.new["kpi"]: pair for pair in both if _figure(pair.old) != _figure(pair.new)}
    if not moved:
        return
    old, new = _blocks(both[0].before), _blocks(both[0].after)
    new = new[new["kpi"].isin(moved) & (new["words"] != "")]
    former = {kpi: pair.old["kpi"] for kpi, pair in moved.items()}
    new["former"] = new["kpi"].map(former).astype("str")
    old = old.drop_duplicates(["kpi", "words"], keep="last").rename(columns={"kpi": "former"})
    same = new.merge(old, on=["former", "words"], suffixes=("", "_before"))
    for block in same.drop_duplicates("block").itertuples():
        pair = moved[block.kpi]
        quoted = {"old": _quoted(pair.old["actual_raw"]), "new": _quoted(pair.new["actual_raw"])}
        blocks = {"before": block.heading_before, "after": block.heading}
        blocks |= {"source_before": block.source_before, "source_after": block.source}
        text = _coded("commentary-carried-over", **quoted, **pair.years)
        yield _about(pair.old, pair.new) | blocks | text


def _figure(row: dict) -> tuple:
    """What the newest actual of a row says, and of which year."""
    has_words = row["actual_reason"] not in ("", BLANK, NOT_REPORTED)
    return row["actual"], row["actual_year"], identity(row["actual_raw"]) if has_words else ""


def _blocks(evaluation: Evaluation) -> pd.DataFrame:
    """Each block of the commentary with each KPI that it refers to."""
    sheet, rows = evaluation.sheet, evaluation.rows.reset_index(drop=True)
    blocks = sheet.commentary.merge(sheet.references).merge(rows[["section", "no", "kpi"]])
    return blocks.assign(words=blocks["text"].map(identity))
