"""The KPIs whose figures moved from one year's sheet to another's, each a small picture."""

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import identity, label, read_cell
from kpi_utils.comparing.changes import ROLES, Changes
from kpi_utils.language import in_sentence, listed, say
from kpi_utils.showing.drawing import FAINT, INK, Chart, by_year, chart, shortened, wrapped
from kpi_utils.showing.sentences import cell_text

__all__ = ["paths"]

# KPIs in a row of a picture, and its rows: small enough not to leave half a page empty.
ACROSS, DOWN = 3, 2
WIDTH, HEIGHT = 6.85, 1.95


def paths(changes: Changes) -> list[Chart]:
    """Baseline, actuals and target of each KPI whose figures moved, by year, in its own unit.

    The line and the black mark are the later sheet's. Where the earlier one had another figure in
    the same unit, it stands beside as a grey mark. A picture holds six; KPIs without numbers are
    left out.
    """
    moved = [marks for kpi in changes.same if (marks := _marks(changes, kpi))]
    pages = [moved[start : start + ACROSS * DOWN] for start in range(0, len(moved), ACROSS * DOWN)]
    return [_page(changes, kpis) for kpis in pages]


def _page(changes: Changes, kpis: list[list[dict]]) -> Chart:
    rows = -(-len(kpis) // ACROSS)

    def draw(figure: Figure) -> None:
        for place, marks in enumerate(kpis):
            left = (place % ACROSS) / ACROSS
            bottom = 1 - (place // ACROSS + 1) / rows
            axes = figure.add_axes((left + 0.055, bottom + 0.19 / rows, 0.22, 0.62 / rows))
            _draw(axes, marks)
            name = wrapped(shortened(marks[0]["name"], 32), 17)
            figure.text(left, bottom + 0.98 / rows, name, va="top", weight="bold", linespacing=1.1)

    each = listed(
        say("alt.paths_each", label=marks[0]["name"], marks=_told(marks, changes)) for marks in kpis
    )
    alt = say("alt.paths", title=changes.title, n=len(kpis), each=each)
    return chart(WIDTH, HEIGHT * rows, draw, alt)


def _draw(axes, marks: list[dict]) -> None:
    new = [mark for mark in marks if not mark["is_old"]]
    known = [mark for mark in new if mark["kind"] != "target"]
    targets = [mark for mark in new if mark not in known][-1:]
    by_year(axes, marks, known, targets, marks[0]["status"], size=5, room=(0.9, 0.9))
    for mark in (mark for mark in marks if mark not in known):
        axes.plot(
            mark["year"], mark["value"], marker="D" if mark["kind"] == "target" else "o",
            markersize=6, markerfacecolor="none" if mark["is_old"] else "white",
            markeredgecolor=FAINT if mark["is_old"] else INK, markeredgewidth=1.4, clip_on=False,
        )  # fmt: skip


def _marks(changes: Changes, kpi: str) -> list[dict]:
    """The numbers of the later sheet in its unit, by year, and the earlier one's that are others.

    None where the later sheet has two units or no two numbers, or where no figure moved.
    """
    cells = changes.paths[changes.paths["kpi"] == kpi]
    after = cells["sheet_year"] == changes.after.sheet.fiscal_year
    units = set(cells.loc[after & cells["value"].notna(), "unit"].map(identity))
    status = changes.after.kpis.set_index("kpi").loc[kpi, "status"]
    marks = []
    for cell, is_new in zip(cells.itertuples(index=False), after, strict=True):
        read, role = read_cell(cell.raw), in_sentence(ROLES[cell.role])
        for value in (read.value, read.upper):
            if value is not None and not pd.isna(cell.year) and identity(cell.unit) in units:
                marks.append(
                    {
                        "kind": cell.role,
                        "year": int(cell.year),
                        "value": float(value),
                        "figure": (cell.role, int(cell.year), float(value)),
                        "text": cell_text(read),
                        "said": say("alt.mark", role=role, year=cell.year, text=cell_text(read)),
                        "is_old": not is_new,
                        "name": changes.after.sheet.plan.said(label(cell.name)),
                        "status": status,
                    }
                )
    marks.sort(key=lambda mark: (mark["year"], mark["value"]))
    old = [mark["figure"] for mark in marks if mark["is_old"]]
    new = [mark["figure"] for mark in marks if not mark["is_old"]]
    if len(units) != 1 or len(new) < 2 or old == new:
        return []
    return [mark for mark in marks if not mark["is_old"] or mark["figure"] not in new]


def _told(marks: list[dict], changes: Changes) -> str:
    """The marks in words, the earlier sheet's after the later one's."""
    # The two ends of a range have one text.
    new, old = (
        listed(dict.fromkeys(mark["said"] for mark in marks if mark["is_old"] == is_old))
        for is_old in (False, True)
    )
    return say("alt.earlier", marks=new, year=changes.year_before, earlier=old) if old else new
