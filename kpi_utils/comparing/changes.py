"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from kpi_utils.cells.notation import Cell, identity, label
from kpi_utils.comparing.counterfactual import Pair, pairs, published_by_older, status_changed
from kpi_utils.comparing.matching import (
    SIDES,
    differences,
    likely_renames,
    matched,
    meaning,
    name_of,
    paired_rows,
    paths,
)
from kpi_utils.frames import columns_of, typed
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.words import Message, message

__all__ = ["Changes", "compare", "uncompared"]

# What a difference between two cells of a role is called.
_CODES = {
    ("target", "value"): "target-moved",
    ("target", "year"): "target-year-moved",
    ("baseline", "value"): "baseline-restated",
    ("baseline", "year"): "baseline-restated",
    ("actual", "value"): "actual-restated",
    ("actual", "year"): "actual-restated",
}


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

    def cell(self, path, side: str) -> Cell | None:
        """What a row of ``paths`` says in the sheet "before" or "after"; None where it has none."""
        evaluation = self.before if side == "before" else self.after
        listing = getattr(path, f"listing_{side}")
        return listing and evaluation.sheet.cell(listing, path.role, path.column_year)


def compare(before: Evaluation, after: Evaluation) -> Changes:
    """Compare an earlier year's sheet of a plan with a later one's.

    A KPI is compared once, however many rows list it: see ``matching.paired_rows``.
    """
    matches = matched(before, after)
    rows = paired_rows(before, after, matches)
    path = paths(before, after, rows)
    records: list[dict] = []
    for pair in pairs(before, after, rows):
        about = _about(before, after, pair.old, pair.new)
        changes = [
            *status_changed(pair),
            *published_by_older(pair),
            *_cells_changed(path[path["kpi"] == pair.new["kpi"]], pair),
            *_renamed(pair),
        ]
        records += [about | change for change in changes]
    same = {new["kpi"]: old["kpi"] for old, new in rows if old and new}
    records += _unmatched(before, after, rows)
    records += _carried_over(before, after, same)
    changes = typed("changes", records)
    return Changes(before.sheet.fiscal_year, before, after, changes, path, same)


def uncompared(year_before: int, after: Evaluation, problems: list[str]) -> Changes:
    """A sheet beside an earlier one that cannot be used, and why."""
    empty = typed("changes", []), typed("paths", [])
    return Changes(year_before, None, after, *empty, problems=tuple(problems))


def _about(before: Evaluation, after: Evaluation, old: dict | None, new: dict | None) -> dict:
    """What all changes of a KPI have in common; a row is None where its sheet lacks the KPI."""
    about = dict.fromkeys(columns_of("changes"), "") | {"severity": "warning"}
    for side, evaluation, row in zip(SIDES, (before, after), (old, new), strict=True):
        about[f"rows_{side}"] = ()
        if row:
            kpi = row["kpi"]
            about |= {"kpi": kpi, "name": name_of(evaluation, kpi)}
            about[f"rows_{side}"] = evaluation.kpis.loc[kpi, "listings"]
            about[f"source_{side}"] = row["source"]
    return about


def _says(code: str, **values) -> dict:
    """A change's code and its message."""
    return {"code": code, "message": message(f"change-says.{code}", **values)}


def _quoted(raw: str) -> Message:
    return message("change-says.cell", raw=raw) if raw else message("change-says.blank")


def _cells_changed(cells: pd.DataFrame, pair: Pair) -> Iterator[dict]:
    """unit-changed, baseline-restated, actual-restated, target-moved and target-year-moved.

    ``cells`` are those of one KPI.
    """
    units: dict[str, dict] = {}
    for cell in _in_both(cells, pair).itertuples():
        differs = cell.differs.split("+")
        record = {"before": cell.raw_before, "after": cell.raw_after}
        record |= {f"source_{side}": getattr(cell, f"source_{side}") for side in SIDES}
        if "unit" in differs:
            units.setdefault(cell.role, record)
        values = {"before": _quoted(cell.raw_before), "after": _quoted(cell.raw_after)}
        values |= {"year": pair.before.sheet.fiscal_year, "column_year": cell.column_year}
        for code in dict.fromkeys(_CODES.get((cell.role, part)) for part in differs):
            if code == "target-year-moved":
                yield record | _says(code, before=cell.year_before, after=cell.year_after)
            elif code:
                yield record | _says(code, **values)
    if units:
        roles, first = [message(f"role.{role}") for role in units], next(iter(units.values()))
        values = {"roles": roles, "before": first["before"], "after": first["after"]}
        yield first | _says("unit-changed", **values)


def _in_both(cells: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """The cells of a KPI that both sheets have, by what they are and the year of their column.

    An actual that had not been reported is no older figure, and left out.
    """
    old, new = pair.before.sheet, pair.after.sheet
    both = cells[cells["listing_before"].notna() & cells["listing_after"].notna()]
    if not (both["role"] == "target").any():
        # The columns of the targets are of other years: the targets that are judged are compared.
        targets = cells[cells["role"] == "target"]
        years = pair.old["target_column_year"], pair.new["target_column_year"]
        earlier, later = (
            targets[targets["column_year"].fillna(0) == (year or 0)] for year in years
        )
        judged = earlier.assign(
            **{name: later[name].to_list() for name in later if name.endswith("_after")}
        )
        judged["differs"] = [
            "+".join(
                differences(
                    old.cell(of.listing_before, "target", years[0]),
                    new.cell(of.listing_after, "target", years[1]),
                    of.year_before,
                    of.year_after,
                )
            )
            for of in judged.itertuples()
        ]
        both = pd.concat([both, judged])
    is_older = [
        of.role != "actual" or bool(meaning(old.cell(of.listing_before, of.role, of.column_year)))
        for of in both.itertuples()
    ]
    return both[is_older]


def _renamed(pair: Pair) -> Iterator[dict]:
    old, new = (
        name_of(pair.before, pair.old["kpi"]),
        name_of(pair.after, pair.new["kpi"]),
    )
    if pair.old["kpi"] in pair.after.sheet.plan.former(pair.new["kpi"]):
        renamed = _says("renamed", before=label(old), after=label(new))
        yield renamed | {"severity": "note", "before": old, "after": new}


def _unmatched(before: Evaluation, after: Evaluation, rows: list[tuple]) -> Iterator[dict]:
    """new, dropped and rename-proposed."""
    year, last = before.sheet.fiscal_year, after.sheet.fiscal_year
    added, dropped = [new for old, new in rows if not old], [old for old, new in rows if not new]
    for row in added:
        about = _about(before, after, None, row)
        yield about | {"severity": "note", "after": about["name"]} | _says("new", year=year)
    for row in dropped:
        about = _about(before, after, row, None)
        yield about | {"before": about["name"]} | _says("dropped", year=last)
    for old, new, same_figures in likely_renames(dropped, added):
        names = {"before": name_of(before, old["kpi"]), "after": name_of(after, new["kpi"])}
        # As TOML quotes them.
        former, name = (json.dumps(label(text), ensure_ascii=False) for text in names.values())
        proposed = _says(
            "rename-proposed",
            year=year,
            before=label(names["before"]),
            likeness=message(f"change-says.like-{'figures' if same_figures else 'name'}"),
            name=name,
            former=former,
        )
        yield _about(before, after, old, new) | names | proposed


def _carried_over(before: Evaluation, after: Evaluation, same: dict[str, str]) -> Iterator[dict]:
    """A block of the commentary with the words of the earlier one, though its figures moved."""
    old = _blocks(before).drop_duplicates(["kpi", "words"], keep="last").add_suffix("_before")
    new = _blocks(after)
    new = new.assign(kpi_before=new["kpi"].map(same), words_before=new["words"])
    both = new.merge(old, on=["kpi_before", "words_before"])
    both = both[(both["words"] != "") & (both["figure"] != both["figure_before"])]
    for block in both.drop_duplicates("block").itertuples():
        carried_over = _says(
            "commentary-carried-over",
            old=_quoted(block.actual_raw_before),
            new=_quoted(block.actual_raw),
            before=before.sheet.fiscal_year,
            after=after.sheet.fiscal_year,
        )
        carried_over |= {"before": block.heading_before, "after": block.heading}
        carried_over |= {"source_before": block.source_before, "source_after": block.source}
        rows = {"kpi": block.kpi_before, "source": ""}, {"kpi": block.kpi, "source": ""}
        yield _about(before, after, *rows) | carried_over


def _blocks(evaluation: Evaluation) -> pd.DataFrame:
    """Each block of the commentary with each KPI that it refers to, and the KPI's actual."""
    sheet, listing = evaluation.sheet, ["section", "no"]
    figures = ["actual_raw", "actual_year", "actual_column_year"]
    kpis = evaluation.kpis[["kpi", *listing, *figures]].reset_index(drop=True)
    actuals = zip(kpis["section"], kpis["no"], kpis["actual_column_year"], strict=True)
    kpis["figure"] = [
        (
            *meaning(sheet.cell((section, no), "actual", column_year)),
            None if pd.isna(year) else year,
        )
        for (section, no, column_year), year in zip(actuals, kpis["actual_year"], strict=True)
    ]
    listings = evaluation.rows[[*listing, "kpi"]].reset_index(drop=True)
    blocks = sheet.commentary.merge(sheet.references, on="block").merge(listings, on=listing)
    blocks = blocks.drop(columns=listing).merge(kpis, on="kpi")
    return blocks.assign(words=blocks["text"].map(identity))
