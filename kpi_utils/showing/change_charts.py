"""The KPIs whose figures moved from one year's sheet to another's, each a small picture."""

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.changes import Changes
from kpi_utils.comparing.matching import SIDES
from kpi_utils.showing.drawing import FAINT, INK, by_year, drawing, shortened, wrapped
from kpi_utils.showing.sentences import cell_text
from kpi_utils.words import Words, in_sentence

__all__ = ["paths"]

# KPIs in a row of a picture, and its rows: small enough not to leave half a page empty.
ACROSS, DOWN = 3, 2
WIDTH, HEIGHT = 6.85, 1.95


def paths(changes: Changes, words: Words) -> list[Figure]:
    """Baseline, actuals and target of each KPI whose figures moved, by year, in its own unit.

    The line and the black mark are the later sheet's. Where the earlier one had another figure in
    the same unit, it stands beside as a grey mark. A picture holds six; KPIs without numbers are
    left out.
    """
    marks = [_marks(changes, kpi, words) for kpi in changes.same]
    moved = [of_kpi for of_kpi in marks if not of_kpi.empty]
    on_page = ACROSS * DOWN
    return [
        _page(changes, moved[start : start + on_page], words)
        for start in range(0, len(moved), on_page)
    ]


def _page(changes: Changes, kpis: list[pd.DataFrame], words: Words) -> Figure:
    rows = -(-len(kpis) // ACROSS)
    with drawing(WIDTH, HEIGHT * rows) as figure:
        for number, marks in enumerate(kpis):
            left = (number % ACROSS) / ACROSS
            bottom = 1 - (number // ACROSS + 1) / rows
            axes = figure.add_axes((left + 0.055, bottom + 0.19 / rows, 0.22, 0.62 / rows))
            _draw(axes, marks, words)
            name = wrapped(shortened(marks["name"].iloc[0], 32), 17)
            figure.text(left, bottom + 0.98 / rows, name, va="top", weight="bold", linespacing=1.1)
    each = tuple(
        words.say("alt.paths_each", label=marks["name"].iloc[0], marks=_alt(marks, changes, words))
        for marks in kpis
    )
    figure.alt = words.say("alt.paths", title=changes.title, n=len(kpis), each=each)
    return figure


def _draw(axes, marks: pd.DataFrame, words: Words) -> None:
    is_target = marks["kind"] == "target"
    everything, known, targets, beside = (
        of.to_dict("records")
        for of in (
            marks,
            marks[~marks["is_old"] & ~is_target],
            marks[~marks["is_old"] & is_target][-1:],
            marks[marks["is_old"] | is_target],
        )
    )
    status = marks["status"].iloc[0]
    by_year(axes, everything, known, targets, status, size=5, room=(0.9, 0.9), words=words)
    for mark in beside:
        axes.plot(
            mark["year"], mark["value"], marker="D" if mark["kind"] == "target" else "o",
            markersize=6, markerfacecolor="none" if mark["is_old"] else "white",
            markeredgecolor=FAINT if mark["is_old"] else INK, markeredgewidth=1.4, clip_on=False,
        )  # fmt: skip


def _marks(changes: Changes, kpi: str, words: Words) -> pd.DataFrame:
    """The numbers of the later sheet in its unit, by year, and the earlier one's that are others.

    Empty where the later sheet has two units or no two numbers, or where no figure moved.
    """
    paths = changes.paths[changes.paths["kpi"] == kpi]
    known = paths.loc[paths["value_after"].notna(), "unit_after"].map(identity).unique()
    records = [
        {
            "kind": path.role,
            "year": int(getattr(path, f"year_{side}")),
            "value": float(value),
            "unit": identity(cell.unit),
            "text": cell_text(cell, words),
            "is_old": side == "before",
            "name": words.translated(label(path.name)),
            "status": changes.after.kpis.loc[kpi, "status"],
        }
        for path in paths.itertuples(index=False)
        for side in SIDES
        if (cell := changes.cell(path, side)) and not pd.isna(getattr(path, f"year_{side}"))
        for value in (cell.value, cell.upper)
        if value is not None
    ]
    names = ["kind", "year", "value", "unit", "text", "is_old", "name", "status"]
    marks = pd.DataFrame(records, columns=names)
    marks = marks[marks["unit"].isin(known)].sort_values(["year", "value"], kind="stable")
    figures = marks[["kind", "year", "value"]].apply(tuple, axis=1)
    old, new = figures[marks["is_old"]], figures[~marks["is_old"]]
    if len(known) != 1 or len(new) < 2 or list(old) == list(new):
        return marks[:0]
    return marks[~marks["is_old"] | ~figures.isin(new)]


def _alt(marks: pd.DataFrame, changes: Changes, words: Words) -> str:
    """The marks in words, the earlier sheet's after the later one's."""
    roles = words.of("role")
    texts = [
        words.say("alt.mark", role=in_sentence(roles[of.kind]), year=of.year, text=of.text)
        for of in marks.itertuples()
    ]
    # The two ends of a range have one text.
    new, old = (
        words.listed(
            dict.fromkeys(text for text, of in zip(texts, marks["is_old"]) if of == is_old)
        )
        for is_old in (False, True)
    )
    year = changes.year_before
    return words.say("alt.earlier", marks=new, year=year, earlier=old) if old else new
