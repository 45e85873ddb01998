"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.counterfactual import Pair, pairs, published_by_older, status_changed
from kpi_utils.comparing.matching import SIDES, likely_renames, meaning, paired_rows, paths
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.words import Message, message

__all__ = ["Changes", "compare", "uncompared"]


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

    A KPI is compared once, however many rows list it: see ``matching.paired_rows``.
    """
    rows = paired_rows(before, after)
    path = paths(before, after, rows)
    records: list[dict] = []
    for pair in pairs(before, after, rows):
        changes = [
            *status_changed(pair),
            *published_by_older(pair),
            *_cells_changed(path[path["kpi"] == pair.new["kpi"]], before.sheet.fiscal_year),
            *_renamed(pair),
        ]
        records += [_about(pair.old, pair.new) | change for change in changes]
    records += _unmatched(before, after, rows)
    records += _carried_over(before, after, rows)
    same = {new["kpi"]: old["kpi"] for old, new in rows if old and new}
    changes = typed("changes", records)
    return Changes(before.sheet.fiscal_year, before, after, changes, path, same)


def uncompared(year_before: int, after: Evaluation, problems: list[str]) -> Changes:
    """A sheet beside an earlier one that cannot be used, and why."""
    empty = typed("changes", []), typed("paths", [])
    return Changes(year_before, None, after, *empty, problems=tuple(problems))


def _about(old: dict | None, new: dict | None) -> dict:
    """What all changes of a KPI have in common; a row is None where its sheet lacks the KPI."""
    about = {"severity": "warning", "before": "", "after": "", "cause": ""}
    about |= {name: (new or old)[name] for name in ("kpi", "name")}
    for side, row in zip(SIDES, (old, new), strict=True):
        about[f"rows_{side}"] = row["listings"] if row else ()
        about[f"source_{side}"] = row["source"] if row else ""
    return about


def _says(code: str, **values) -> dict:
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
        values = {"before": _quoted(cell.raw_before), "after": _quoted(cell.raw_after)}
        values |= {"year": year, "column_year": cell.column_year}
        if "unit" in differs:
            units.setdefault(cell.role, record)
        if cell.role == "target" and "value" in differs:
            yield record | _says("target-moved", **values)
        if cell.role == "target" and "year" in differs:
            years = {"before": cell.year_before, "after": cell.year_after}
            yield record | _says("target-year-moved", **years)
        if cell.role != "target" and differs != ["unit"]:
            yield record | _says(f"{cell.role}-restated", **values)
    for record in list(units.values())[:1]:
        roles = [message(f"role.{role}") for role in units]
        texts = {"before": record["before"], "after": record["after"]}
        yield record | _says("unit-changed", roles=roles, **texts)


def _renamed(pair: Pair) -> Iterator[dict]:
    old, new = pair.old["name"], pair.new["name"]
    if pair.old["kpi"] in pair.after.sheet.plan.former(pair.new["kpi"]):
        renamed = _says("renamed", before=label(old), after=label(new))
        yield renamed | {"severity": "note", "before": old, "after": new}


def _unmatched(before: Evaluation, after: Evaluation, rows: list[tuple]) -> Iterator[dict]:
    """new, dropped and rename-proposed."""
    year, last = before.sheet.fiscal_year, after.sheet.fiscal_year
    added, dropped = [new for old, new in rows if not old], [old for old, new in rows if not new]
    for row in added:
        new = {"severity": "note", "after": row["name"]} | _says("new", year=year)
        yield _about(None, row) | new
    for row in dropped:
        yield _about(row, None) | {"before": row["name"]} | _says("dropped", year=last)
    for old, new, same_figures in likely_renames(dropped, added):
        # As TOML quotes them.
        name, former = (json.dumps(label(row["name"]), ensure_ascii=False) for row in (new, old))
        proposed = _says(
            "rename-proposed",
            year=year,
            before=label(old["name"]),
            likeness=message(f"change-says.like-{'figures' if same_figures else 'name'}"),
            name=name,
            former=former,
        )
        yield _about(old, new) | {"before": old["name"], "after": new["name"]} | proposed


def _carried_over(before: Evaluation, after: Evaluation, rows: list[tuple]) -> Iterator[dict]:
    """A block of the commentary with the words of the earlier one, though its figures moved."""
    pair_of = {new["kpi"]: (old, new) for old, new in rows if old and new}
    old = _blocks(before).drop_duplicates(["kpi", "words"], keep="last").add_suffix("_before")
    new = _blocks(after)
    new["kpi_before"] = new["kpi"].map({kpi: old["kpi"] for kpi, (old, _) in pair_of.items()})
    both = new.merge(old, left_on=["kpi_before", "words"], right_on=["kpi_before", "words_before"])
    both = both[(both["words"] != "") & (both["figure"] != both["figure_before"])]
    for block in both.drop_duplicates("block").itertuples():
        carried_over = _says(
            "commentary-carried-over",
            old=_quoted(block.actual_raw_before),
            new=_quoted(block.actual_raw),
            before=before.sheet.fiscal_year,
            after=after.sheet.fiscal_year,
        )
        blocks = {"before": block.heading_before, "after": block.heading}
        blocks |= {"source_before": block.source_before, "source_after": block.source}
        yield _about(*pair_of[block.kpi]) | blocks | carried_over


def _blocks(evaluation: Evaluation) -> pd.DataFrame:
    """Each block of the commentary with each KPI that it refers to, and the KPI's actual."""
    sheet = evaluation.sheet
    listed = evaluation.rows[["section", "no", "kpi"]].reset_index(drop=True)
    blocks = sheet.commentary.merge(sheet.references, on="block").merge(listed)
    blocks = blocks[["block", "heading", "text", "source", "kpi"]]
    kpis = evaluation.kpis.reset_index(drop=True)
    kpis["figure"] = [
        (
            meaning(sheet.cell((of.section, of.no), "actual", of.actual_column_year)),
            str(of.actual_year),
        )
        for of in kpis.itertuples()
    ]
    blocks = blocks.merge(kpis[["kpi", "actual_raw", "figure"]], on="kpi")
    return blocks.assign(words=blocks["text"].map(identity))
