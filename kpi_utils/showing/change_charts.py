"""The KPIs whose figures moved from one year's sheet to another's, each a small picture."""

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.changes import Changes
from kpi_utils.showing.drawing import FAINT, INK, Picture, by_year, drawing, shortened, wrapped
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
    moved = [marks for kpi in changes.same if (marks := _marks(changes, kpi, words))]
    pages = [moved[start : start + ACROSS * DOWN] for start in range(0, len(moved), ACROSS * DOWN)]
    return [_page(changes, kpis, words) for kpis in pages]


def _page(changes: Changes, kpis: list[list[dict]], words: Words) -> Picture:
    rows = -(-len(kpis) // ACROSS)
    with drawing(WIDTH, HEIGHT * rows) as figure:
        for number, marks in enumerate(kpis):
            left = (number % ACROSS) / ACROSS
            bottom = 1 - (number // ACROSS + 1) / rows
            axes = figure.add_axes((left + 0.055, bottom + 0.19 / rows, 0.22, 0.62 / rows))
            _draw(axes, marks, words)
            name = wrapped(shortened(marks[0]["name"], 32), 17)
            figure.text(left, bottom + 0.98 / rows, name, va="top", weight="bold", linespacing=1.1)
    each = tuple(
        words.say("alt.paths_each", label=marks[0]["name"], marks=_in_words(marks, changes, words))
        for marks in kpis
    )
    figure.alt = words.say("alt.paths", title=changes.title, n=len(kpis), each=each)
    return figure


def _draw(axes, marks: list[dict], words: Words) -> None:
    new = [mark for mark in marks if not mark["is_old"]]
    known = [mark for mark in new if mark["kind"] != "target"]
    targets = [mark for mark in new if mark["kind"] == "target"][-1:]
    by_year(axes, marks, known, targets, marks[0]["status"], size=5, room=(0.9, 0.9), words=words)
    for mark in (mark for mark in marks if mark not in known):
        axes.plot(
            mark["year"], mark["value"], marker="D" if mark["kind"] == "target" else "o",
            markersize=6, markerfacecolor="none" if mark["is_old"] else "white",
            markeredgecolor=FAINT if mark["is_old"] else INK, markeredgewidth=1.4, clip_on=False,
        )  # fmt: skip


def _marks(changes: Changes, kpi: str, words: Words) -> list[dict]:
    """The numbers of the later sheet in its unit, by year, and the earlier one's that are others.

    None where the later sheet prints two units or no two numbers, or where no figure moved.
    """
    cells = changes.paths[changes.paths["kpi"] == kpi]
    later = _side(cells, "after")
    units = {_unit(mark) for mark in later.itertuples()}
    both = pd.concat([_side(cells, "before"), later])
    marks = [
        {
            "kind": mark.role,
            "year": mark.year,
            "value": value,
            "text": cell_text(mark.cell, words),
            "is_old": mark.is_old,
            "name": words.translated(label(mark.name)),
            "status": changes.after.kpis.loc[kpi, "status"],
        }
        for mark in both.itertuples(index=False)
        if _unit(mark) in units
        for value in (mark.value, mark.upper)
        if not pd.isna(value)
    ]
    marks.sort(key=lambda mark: (mark["year"], mark["value"]))
    old, new = ([_figure(mark) for mark in marks if mark["is_old"] == is_old] for is_old in (1, 0))
    if len(units) != 1 or len(new) < 2 or old == new:
        return []
    return [mark for mark in marks if not mark["is_old"] or _figure(mark) not in new]


def _side(cells: pd.DataFrame, side: str) -> pd.DataFrame:
    """Of rows of ``paths``, the numbers with a year of one sheet ("before" or "after")."""
    columns = {f"{name}_{side}": name for name in ("year", "value", "upper", "unit", "cell")}
    numbers = cells.rename(columns=columns).dropna(subset=["year", "value"])
    return numbers[["role", "name", *columns.values()]].assign(is_old=side == "before")


def _unit(mark) -> str:
    # A number without a unit has its row's; others stand in it, and are labelled as printed.
    return identity(mark.cell.unit or mark.unit)


def _figure(mark: dict) -> tuple:
    return mark["kind"], mark["year"], mark["value"]


def _in_words(marks: list[dict], changes: Changes, words: Words) -> str:
    """The marks in words, the earlier sheet's after the later one's."""
    roles, texts = words.of("role"), {False: {}, True: {}}
    for mark in marks:
        values = {
            "role": in_sentence(roles[mark["kind"]]),
            "year": mark["year"],
            "text": mark["text"],
        }
        # The two ends of a range have one text.
        texts[mark["is_old"]][words.say("alt.mark", **values)] = None
    new, old = words.listed(texts[False]), words.listed(texts[True])
    year = changes.year_before
    return words.say("alt.earlier", marks=new, year=year, earlier=old) if old else new
