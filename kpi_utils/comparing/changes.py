"""Two years' sheets of a plan -> what was changed from one to the other (method 8).

A KPI's status changes because its figures moved, or because something was changed under it: a
restated baseline or actual (遡及修正), another target, another name. Cells are compared by what
they mean, never by their spelling, and both are quoted as printed.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, Cell, identity, label
from kpi_utils.cells.units import in_unit
from kpi_utils.comparing.counterfactual import published_by_older, status_changed
from kpi_utils.comparing.matching import Pair, likely_renames, paired
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import quoted_name
from kpi_utils.sheets.left_out import in_unit_of
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Message, message

# The cells of a KPI that two sheets are compared by, in the order of a table.
ROLES = ("baseline", "actual", "target")
_NO_CELL = {"raw": "", "unit": "", "source": "", "cell": None}
_NO_CELL |= dict.fromkeys(["year", "value", "upper"])


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

    def of(self, kpis: pd.DataFrame) -> "Changes":
        """What changed for some KPIs of the later sheet, with the KPIs that their initiatives lost.

        All that changed where they are all KPIs, or where nothing is compared.
        """
        if not self.before or {*kpis["kpi"]} == {*self.after.kpis["kpi"]}:
            return self
        earlier = self.before.kpis
        lost = earlier.index[earlier["initiative"].isin(kpis["initiative"])]
        kept = {*kpis["kpi"], *lost.difference(list(self.same.values()))}
        return replace(
            self,
            changes=self.changes[self.changes["kpi"].isin(kept)],
            paths=self.paths[self.paths["kpi"].isin(kept)],
            same={new: old for new, old in self.same.items() if new in kept},
        )


def compare(before: Evaluation, after: Evaluation) -> Changes:
    """Compare an earlier year's sheet of a plan with a later one's.

    A KPI is compared once, however many rows list it: see ``matching.paired``.
    """
    pairs = paired(before, after)
    paths = []
    both = []
    records = []
    old_cells, new_cells = _cells(before.sheet), _cells(after.sheet)
    for pair in pairs:
        cells = _paths(pair, old_cells, new_cells)
        paths += cells
        if pair.old and pair.new:
            both.append(pair)
            changes = (*status_changed(pair), *published_by_older(pair))
            changes += (*_cells_changed(cells, pair.years["before"]), *_renamed(pair))
            records += [_about(pair.old, pair.new) | change for change in changes]
    changes = typed("changes", [*records, *_unmatched(pairs), *_carried_over(both)])
    same = {pair.new["kpi"]: pair.old["kpi"] for pair in both}
    year = before.sheet.fiscal_year
    return Changes(year, before, after, changes, typed("paths", paths), same)


def uncompared(year_before: int, after: Evaluation, problems: list[str]) -> Changes:
    """A sheet beside an earlier one that cannot be used, and why."""
    empty = typed("changes", []), typed("paths", [])
    return Changes(year_before, None, after, *empty, problems=tuple(problems))


def _cells(sheet: Sheet) -> dict[tuple, dict[tuple, dict]]:
    """The baseline, the actuals and the targets of each listing, by role and column's year.

    A row has one baseline, whatever its column is called and on whichever line it stands.
    """
    by_listing: dict[tuple, dict[tuple, dict]] = defaultdict(dict)
    sources = sheet.rows()["source"].to_dict()
    for cell in sheet.cells[sheet.cells["role"].isin(ROLES)].itertuples():
        listing, column_year = (cell.section, cell.no), cell.column_year
        is_baseline = cell.role == "baseline"
        year = None if is_baseline or pd.isna(column_year) else column_year
        about = {name: getattr(cell, name) for name in _NO_CELL if name != "cell"}
        about |= {"year": column_year if pd.isna(cell.year) else cell.year}
        about |= {"source": sources[listing]} if is_baseline else {}
        about |= {"cell": sheet.cell(listing, cell.role, year)}
        by_listing[listing][cell.role, year] = about
    return by_listing


def _paths(pair: Pair, old_cells: dict, new_cells: dict) -> list[dict]:
    """The cells of a KPI in both sheets by role and year: records of ``[paths]``."""
    old, new = (
        dict(cells[row["section"], row["no"]]) if row else {}
        for row, cells in ((pair.old, old_cells), (pair.new, new_cells))
    )
    if pair.old and pair.new and not any(role == "target" for role, _ in old.keys() & new):
        # The sheets have no target of the same year: the two that are judged are compared.
        judged = old.pop(("target", pair.old["target_column_year"]))
        old["target", pair.new["target_column_year"]] = judged
    kpi = pair.new or pair.old
    records = []
    for role, year in sorted(old.keys() | new, key=lambda it: (ROLES.index(it[0]), it[1] or 0)):
        sides = [cells.get((role, year), _NO_CELL) for cells in (old, new)]
        record = {"kpi": kpi["kpi"], "name": kpi["name"], "role": role, "column_year": year}
        for side, cell in zip(("before", "after"), sides, strict=True):
            record |= {f"{name}_{side}": value for name, value in cell.items()}
        records.append(record | {"differs": "+".join(differences(*sides))})
    return records


def differences(before: dict, after: dict) -> list[str]:
    """In what two cells differ: unit, value, year; never in spelling, and not where one is missing.

    Values are compared in one unit; those whose units do not convert are not, nor are years of
    which one is missing.
    """
    old, new, years = before["cell"], after["cell"], {before["year"], after["year"]}
    if not old or not new:
        return []
    ratio = in_unit(Decimal(1), old.unit, new.unit)
    is_comparable = ratio is not None or None in (old.value, new.value)
    differs = {
        "unit": ratio != 1 and None not in (old.value, new.value),
        "value": is_comparable and meaning(in_unit_of(old, new.unit)) != meaning(new),
        "year": len({year for year in years if not pd.isna(year)}) > 1,
    }
    return [name for name, is_other in differs.items() if is_other]


def meaning(cell: Cell) -> tuple:
    """What a cell says, but for its year, its unit and its spelling; empty where it has no figure.

    >>> from kpi_utils.cells.notation import read_cell
    >>> meaning(read_cell("2020年度 32.1 %")) == meaning(read_cell("３２．１０％"))
    True
    """
    if cell.reason in (BLANK, NOT_REPORTED):
        return ()
    return (identity(cell.text),) if cell.reason else (cell.value, cell.upper, cell.comparator)


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


def _cells_changed(cells: list[dict], year: int) -> Iterator[dict]:
    """unit-changed, baseline-restated, actual-restated, target-moved and target-year-moved.

    ``cells`` are those of one KPI, ``year`` that of the earlier sheet.
    """
    units: dict[str, dict] = {}
    for cell in cells:
        role, differs = cell["role"], cell["differs"].split("+")
        # An actual that had not been reported is no older figure.
        if differs == [""] or (role == "actual" and not meaning(cell["cell_before"])):
            continue
        record = {"before": cell["raw_before"], "after": cell["raw_after"]}
        values: dict[str, Any] = {side: _quoted(raw) for side, raw in record.items()}
        values |= {"year": year, "column_year": cell["column_year"]}
        record |= {side: cell[side] for side in ("source_before", "source_after")}
        if "unit" in differs:
            units.setdefault(role, record)
        if role == "target" and "value" in differs:
            yield record | _coded("target-moved", **values)
        if role == "target" and "year" in differs:
            years = {"before": cell["year_before"], "after": cell["year_after"]}
            yield record | _coded("target-year-moved", **years)
        if role == "actual" and differs == ["value"] and _is_final(cell):
            # It is what ``provisional-data`` asks for.
            final = {"message": message("change-says.actual-final", **values)}
            yield record | {"code": "actual-restated", "severity": "note"} | final
        elif role != "target" and differs != ["unit"]:
            yield record | _coded(f"{role}-restated", **values)
    if units:
        # Of several cells with another unit the first is quoted, and all are named.
        record = next(iter(units.values()))
        roles = [message(f"role.{role}") for role in units]
        texts = {"before": record["before"], "after": record["after"]}
        yield record | _coded("unit-changed", roles=roles, **texts)


def _is_final(cell: dict) -> bool:
    """Whether a figure was said to be provisional, and the one in its place is not."""
    old, new = cell["cell_before"], cell["cell_after"]
    return old.says("provisional") and not new.reason and not new.says("provisional")


def _renamed(pair: Pair) -> Iterator[dict]:
    old, new = pair.old["name"], pair.new["name"]
    if pair.old["kpi"] in pair.after.sheet.plan.former(pair.new["kpi"]):
        renamed = _coded("renamed", before=label(old), after=label(new))
        yield renamed | {"severity": "note", "before": old, "after": new}


def _unmatched(pairs: list[Pair]) -> Iterator[dict]:
    """new, dropped and rename-proposed."""
    added = [pair.new for pair in pairs if not pair.old]
    dropped = [pair.old for pair in pairs if not pair.new]
    for row in added:
        new = {"severity": "note", "after": row["name"]}
        yield _about({}, row) | new | _coded("new", year=pairs[0].years["before"])
    for row in dropped:
        gone = _coded("dropped", year=pairs[0].years["after"])
        yield _about(row, {}) | {"before": row["name"]} | gone
    for old, new, same_figures in likely_renames(dropped, added):
        name, former = quoted_name(new["name"]), quoted_name(old["name"])
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
    earlier = {(block.kpi, block.words): block for block in _blocks(both[0].before)}
    told_blocks = set()
    for block in _blocks(both[0].after):
        pair = moved.get(block.kpi)
        same = earlier.get((pair.old["kpi"], block.words)) if pair and block.words else None
        if not pair or not same or block.block in told_blocks:
            continue
        told_blocks.add(block.block)
        quoted = {"old": _quoted(pair.old["actual_raw"]), "new": _quoted(pair.new["actual_raw"])}
        blocks = {"before": same.heading, "after": block.heading}
        blocks |= {"source_before": same.source, "source_after": block.source}
        text = _coded("commentary-carried-over", **quoted, **pair.years)
        yield _about(pair.old, pair.new) | blocks | text


def _figure(row: dict) -> tuple:
    """What the newest actual of a row says, and of which year."""
    has_words = row["actual_reason"] not in ("", BLANK, NOT_REPORTED)
    return row["actual"], row["actual_year"], identity(row["actual_raw"]) if has_words else ""


def _blocks(evaluation: Evaluation) -> Iterator:
    """Each block of the commentary with each KPI that it refers to."""
    sheet, rows = evaluation.sheet, evaluation.rows.reset_index(drop=True)
    blocks = sheet.commentary.merge(sheet.references).merge(rows[["section", "no", "kpi"]])
    return blocks.assign(words=blocks["text"].map(identity)).itertuples()
