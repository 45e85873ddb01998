"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, identity, label
from kpi_utils.comparing.counterfactual import published_by_older, status_changed
from kpi_utils.comparing.matching import (
    Pair,
    cells_by_listing,
    likely_renames,
    meaning,
    paired,
    paths_of,
)
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import quoted_name
from kpi_utils.words import Message, message


@dataclass(frozen=True, eq=False)
class Changes:
    """Two years' sheets of one plan compared.

    ``changes`` and ``paths`` are frames of the data dictionary; ``same`` maps each KPI that both
    sheets list to its identity in the earlier one. If the earlier sheet cannot be used,
    ``problems`` say why, ``before`` is None and the frames are empty.
    """

    year_before: int
    before: Evaluation | None
    after: Evaluation
    changes: pd.DataFrame = field(default_factory=lambda: typed("changes", []))
    paths: pd.DataFrame = field(default_factory=lambda: typed("paths", []))
    same: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> Message:
        """The title of a chapter about these changes: the two years."""
        year = self.after.sheet.fiscal_year
        return message("change-says.title", before=self.year_before, after=year)

    def of(self, kpis: pd.DataFrame) -> "Changes":
        """The changes of some KPIs of the later sheet, and of KPIs dropped from their initiatives.

        These are the initiatives whose KPIs are all kept, for a KPI may be listed under several.
        Returns all changes if ``kpis`` are all KPIs of the sheet, or if nothing was compared.
        """
        if not self.before or {*kpis["kpi"]} == {*self.after.kpis["kpi"]}:
            return self
        kept = {*kpis["kpi"]}
        named = self.after.sheet.rows().groupby("initiative")["kpi"]
        complete = [initiative for initiative, listed in named if kept.issuperset(listed)]
        earlier = self.before.sheet.rows()
        lost = earlier.loc[earlier["initiative"].isin(complete), "kpi"]
        kept |= {*lost} - {*self.same.values()}
        return replace(
            self,
            changes=self.changes[self.changes["kpi"].isin(kept)],
            paths=self.paths[self.paths["kpi"].isin(kept)],
            same={new: old for new, old in self.same.items() if new in kept},
        )


def compare(before: Evaluation, after: Evaluation) -> Changes:
    """Compare two years' sheets of a plan, both evaluated (``evaluate``); method 8.

    Returns ``Changes`` with two frames of the data dictionary: ``[changes]``, a row per change, and
    ``[paths]``, a row per cell. A KPI is compared once (``matching.paired`` says by which rows).
    """
    pairs = paired(before, after)
    both = [pair for pair in pairs if pair.old and pair.new]
    year = before.sheet.fiscal_year
    old_cells = cells_by_listing(before.sheet)
    new_cells = cells_by_listing(after.sheet)
    paths = []
    records = []
    for pair in pairs:
        cells = paths_of(pair, old_cells, new_cells)
        paths += cells
        if pair.old and pair.new:
            about = _about(pair.old, pair.new)
            found = [*status_changed(pair), *_direction_changed(pair), *published_by_older(pair)]
            found += _cells_changed(cells, year)
            if pair.old["kpi"] != pair.new["kpi"]:
                names = {"before": pair.old["name"], "after": pair.new["name"]}
                shown = {side: label(name) for side, name in names.items()}
                is_declared = pair.old["kpi"] in after.sheet.plan.former(pair.new["kpi"])
                paired_by = _coded("renamed" if is_declared else "paired-by-initiative", **shown)
                found.append(paired_by | {"severity": "note", **names})
            records += [about | change for change in found]
    changes = typed("changes", [*records, *_unmatched(pairs), *_carried_over(both)])
    same = {pair.new["kpi"]: pair.old["kpi"] for pair in both}
    return Changes(year, before, after, changes, typed("paths", paths), same)


def _about(old: dict, new: dict) -> dict:
    """What all changes of a KPI have in common; a row is empty where its sheet lacks the KPI."""
    about: dict[str, Any] = {"severity": "warning", "before": "", "after": "", "cause": ""}
    about |= {name: (new or old)[name] for name in ("kpi", "name")}
    about |= {"rows_before": old.get("listings", ()), "source_before": old.get("source", "")}
    return about | {"rows_after": new.get("listings", ()), "source_after": new.get("source", "")}


def _coded(code: str, **values) -> dict:
    """A change's code and its message."""
    return {"code": code, "message": message(f"change-says.{code}", **values)}


def _direction_changed(pair: Pair) -> Iterator[dict]:
    """The better direction that has turned round, unless a declaration turned it."""
    ways = {"before": pair.old["direction"], "after": pair.new["direction"]}
    by = pair.new["direction_by"]
    if len({*ways.values()} - {""}) == 2 and by != "declared":
        shown = {side: message(f"declared.{way}") for side, way in ways.items()}
        yield shown | _coded("direction-changed", **shown, by=message(f"direction-by.{by}"))


def _quoted(raw: str) -> Message:
    return message("change-says.cell", raw=raw) if raw else message("change-says.blank")


def _quoted_cell(cell: dict, side: str) -> Message:
    """A cell of a path as printed; its unit is added if the units differ and it prints none."""
    quote, shown = _quoted(cell[side]), cell[f"cell_{side}"]
    if "unit" not in cell["differs"] or shown.raw == cell[side]:
        return quote
    return message("change-says.cell-in-unit", cell=quote, unit=shown.unit)


def _cells_changed(cells: list[dict], year: int) -> Iterator[dict]:
    """unit-changed, baseline-restated, actual-restated, target-moved and target-year-moved.

    ``cells`` are those of one KPI, ``year`` that of the earlier sheet.
    """
    other_units: dict[str, dict] = {}
    for cell in cells:
        role = cell["role"]
        differs = cell["differs"]
        # An actual that had not been reported before was not restated.
        if not differs or (role == "actual" and not meaning(cell["cell_before"])):
            continue
        new = cell["cell_after"]
        is_open = new.reason or new.says("provisional")
        is_final = cell["cell_before"].says("provisional") and not is_open
        quoted = {side: _quoted_cell(cell, side) for side in ("before", "after")}
        values = {**quoted, "year": year, "column_year": cell["column_year"]}
        if "unit" in differs:
            other_units.setdefault(role, cell | {"quoted": quoted})
        if role == "target":
            if "value" in differs:
                yield cell | _coded("target-moved", **values)
            if "year" in differs:
                years = {"before": cell["year_before"], "after": cell["year_after"]}
                yield cell | _coded("target-year-moved", **years)
        # A provisional figure was replaced by one that is not marked as provisional.
        elif role == "actual" and differs == "value" and is_final:
            # The finding ``provisional-data`` asks for this.
            final = _coded("actual-final", **values)
            yield cell | final | {"code": "actual-restated", "severity": "note"}
        elif differs != "unit":
            yield cell | _coded(f"{role}-restated", **values)
    if other_units:
        # The first cell with another unit is quoted, and all are named.
        first = next(iter(other_units.values()))
        roles = [message(f"role.{role}") for role in other_units]
        yield first | _coded("unit-changed", roles=roles, **first["quoted"])


def _unmatched(pairs: list[Pair]) -> Iterator[dict]:
    """new, dropped and rename-proposed.

    Two rows of one name may be one KPI in one sheet and two KPIs in the other: a warning.
    """
    for pair in pairs:
        if not pair.old:
            is_known = pair.new["address"] in set(pair.before.sheet.rows()["address"])
            change = _coded("new-apart" if is_known else "new", year=pair.years["before"])
            change |= {"code": "new", "severity": "warning" if is_known else "note"}
            yield _about({}, pair.new) | change | {"after": pair.new["name"]}
        elif not pair.new:
            is_known = pair.old["address"] in set(pair.after.sheet.rows()["address"])
            change = _coded("dropped-as-same" if is_known else "dropped", year=pair.years["after"])
            yield _about(pair.old, {}) | change | {"code": "dropped", "before": pair.old["name"]}
    added = [pair.new for pair in pairs if not pair.old]
    dropped = [pair.old for pair in pairs if not pair.new]
    for old, new, has_same_figures in likely_renames(dropped, added):
        likeness = message(f"change-says.like-{'figures' if has_same_figures else 'name'}")
        names = {"name": quoted_name(new["name"]), "former": quoted_name(old["name"])}
        values = {"before": label(old["name"]), "likeness": likeness, **names}
        proposed = _coded("rename-proposed", **values, year=pairs[0].years["before"])
        yield _about(old, new) | proposed | {"before": old["name"], "after": new["name"]}


def _carried_over(both: list[Pair]) -> Iterator[dict]:
    """Blocks of the commentary repeated word for word although the KPI's figure changed."""
    moved = {pair.new["kpi"]: pair for pair in both if _figure(pair.old) != _figure(pair.new)}
    if not moved:
        return
    later_names = {pair.old["kpi"]: kpi for kpi, pair in moved.items()}
    earlier = _blocks(both[0].before)
    earlier["kpi"] = earlier["kpi"].map(later_names).astype(str)
    later = _blocks(both[0].after)
    same = later.merge(earlier, on=["kpi", "words"], suffixes=("_after", "_before"))
    same = same.rename(columns={"heading_after": "after", "heading_before": "before"})
    for block in same.drop_duplicates("block_after").to_dict("records"):
        pair = moved[block["kpi"]]
        quoted = {"old": _quoted(pair.old["actual_raw"]), "new": _quoted(pair.new["actual_raw"])}
        text = _coded("commentary-carried-over", **quoted, **pair.years)
        yield _about(pair.old, pair.new) | block | text


def _figure(row: dict) -> tuple:
    """What the newest actual of a row says, and of which year."""
    has_words = row["actual_reason"] not in ("", BLANK, NOT_REPORTED)
    return row["actual"], row["actual_year"], identity(row["actual_raw"]) if has_words else ""


def _blocks(evaluation: Evaluation) -> pd.DataFrame:
    """A row for each block of the commentary that has text, and each KPI that it refers to."""
    kpis = evaluation.rows[["section", "no", "kpi"]].reset_index(drop=True)
    blocks = evaluation.sheet.commentary.merge(evaluation.sheet.references).merge(kpis)
    blocks["words"] = blocks["text"].map(identity)
    return blocks[blocks["words"] != ""]
