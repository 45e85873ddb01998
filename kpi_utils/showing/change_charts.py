"""The KPIs whose figures moved from one year's sheet to another's, each a small picture."""

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import identity
from kpi_utils.comparing.changes import Changes
from kpi_utils.showing.by_year import Mark, draw_by_year
from kpi_utils.showing.drawing import FAINT, INK, Picture, drawing, shortened, wrapped
from kpi_utils.showing.sentences import cell_text
from kpi_utils.words import Words, in_sentence

# KPIs in a row of a picture, and its rows: small enough not to leave half a page empty.
ACROSS, DOWN = 3, 2
WIDTH, HEIGHT = 6.85, 1.95


def paths(changes: Changes, words: Words) -> list[Figure]:
    """Baseline, actuals and target of each KPI whose figures moved, by year, in its own unit.

    The line and the black mark are the later sheet's; a grey mark is a different figure of the
    earlier sheet in the same unit. A picture holds six KPIs; those without numbers are left out.
    """
    moved = [(kpi, marks) for kpi in changes.same if (marks := _marks(changes, kpi, words))]
    starts = range(0, len(moved), ACROSS * DOWN)
    return [_page(changes, moved[start : start + ACROSS * DOWN], words) for start in starts]


def _page(changes: Changes, moved: list[tuple[str, list[Mark]]], words: Words) -> Picture:
    """A picture of some KPIs with their marks."""
    rows = -(-len(moved) // ACROSS)
    each = []
    with drawing(WIDTH, HEIGHT * rows) as figure:
        for number, (kpi, marks) in enumerate(moved):
            left = (number % ACROSS) / ACROSS
            bottom = 1 - (number // ACROSS + 1) / rows
            axes = figure.add_axes((left + 0.055, bottom + 0.19 / rows, 0.22, 0.62 / rows))
            status, label = changes.after.kpis.loc[kpi, ["status", "label"]]
            line, _ = draw_by_year(axes, marks, status=status, size=5, room=(0.9, 0.9), words=words)
            for mark in marks:
                if mark in line:
                    continue
                # Beside the line: a target, or a number of the earlier sheet.
                axes.plot(
                    mark.year, mark.value, marker="D" if mark.kind == "target" else "o",
                    markersize=6, markerfacecolor="none" if mark.is_old else "white",
                    markeredgecolor=FAINT if mark.is_old else INK, markeredgewidth=1.4,
                    clip_on=False,
                )  # fmt: skip
            name = wrapped(shortened(label, 32), 17)
            figure.text(left, bottom + 0.98 / rows, name, va="top", weight="bold", linespacing=1.1)
            figures = _in_words(marks, changes, words)
            each.append(words.say("alt.paths_each", label=label, marks=figures))
    figure.alt = words.say("alt.paths", title=changes.title, n=len(moved), each=tuple(each))
    return figure


def _marks(changes: Changes, kpi: str, words: Words) -> list[Mark]:
    """The later sheet's numbers by year, and the earlier sheet's that differ, in the same unit.

    Empty if the later sheet has two units or fewer than two numbers, or if no figure moved.
    """
    cells = changes.paths[changes.paths["kpi"] == kpi]
    later = _numbers(cells, "after")
    # A number without a unit has its row's; others stand in it, and are labelled as printed.
    units = set(later["own_unit"])
    both = pd.concat([_numbers(cells, "before"), later])
    marks = [
        Mark(cell.role, cell.year, value, cell_text(cell.cell, words), cell.is_old)
        for cell in both[both["own_unit"].isin(units)].itertuples()
        for value in (cell.value, cell.upper)
        if not pd.isna(value)
    ]
    marks.sort(key=lambda mark: (mark.year, mark.value))
    old = [mark[:3] for mark in marks if mark.is_old]
    new = [mark[:3] for mark in marks if not mark.is_old]
    if len(units) != 1 or len(new) < 2 or old == new:
        return []
    return [mark for mark in marks if not mark.is_old or mark[:3] not in new]


def _numbers(cells: pd.DataFrame, side: str) -> pd.DataFrame:
    """The cells of one sheet ("before" or "after") of ``paths`` that have a number and a year."""
    columns = {f"{name}_{side}": name for name in ("year", "value", "upper", "unit", "cell")}
    numbers = cells.rename(columns=columns).dropna(subset=["year", "value"])
    units = numbers["cell"].map(lambda cell: identity(cell.unit))
    return numbers[["role", *columns.values()]].assign(own_unit=units, is_old=side == "before")


def _in_words(marks: list[Mark], changes: Changes, words: Words) -> str:
    """The marks in words, the earlier sheet's after the later one's."""
    roles = words.of("role")
    # The two ends of a range have one text.
    texts: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for mark in marks:
        role = in_sentence(roles[mark.kind])
        texts[mark.is_old][words.say("alt.mark", role=role, year=mark.year, text=mark.text)] = None
    new = words.listed(texts[False])
    if not texts[True]:
        return new
    old = words.listed(texts[True])
    return words.say("alt.earlier", marks=new, year=changes.year_before, earlier=old)
