"""Frames -> pictures: all KPIs on one axis, time against achievement, and one KPI by itself."""

from functools import lru_cache
from itertools import accumulate, count, pairwise

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import read_cell
from kpi_utils.frames import STATUSES
from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.figures import PACES
from kpi_utils.judging.judgement import by_status
from kpi_utils.language import listed, say, spoken
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.drawing import COLOURS, FAINT, INK, Chart, by_year, chart, shortened, wrapped
from kpi_utils.showing.sentences import cell_text, sentence

__all__ = ["overview", "pace", "progress"]

# The overview's axis, in percent: a bar that goes on is cut, and says so.
AXIS = (-150, 150)
# The same of the chart of time against achievement.
PACE_AXIS = (-50, 150)
# What tells bars apart that may lie on one side, without their colours.
HATCHES = {"missed": "xxxx", "regressed": "////"}


def overview(kpis: pd.DataFrame, narrow: bool = False) -> Chart:
    """All KPIs (an ``Evaluation.kpi_table``) by status, worst first, on one axis of achievement.

    ``narrow`` is for the screen of a phone: the labels stand above their bars.
    """
    bars = by_status(kpis)
    left, right = AXIS
    labels = [wrapped(label, 29 if narrow else 19) for label in bars["label"]]
    lines = [label.count("\n") + 1 for label in labels]
    # Labels of three lines push their bars apart.
    steps = [0.5 if narrow else max(0.31, 0.0675 * sum(pair)) for pair in pairwise(lines)]
    unit = 0.5 if narrow else 0.31
    places = [step / unit for step in accumulate(steps, initial=0)]
    height = unit * (places[-1] + 1) + 0.3

    def draw(figure: Figure) -> None:
        across = (0, 1) if narrow else (0.345, 0.655)
        axes = figure.add_axes((across[0], 0.24 / height, across[1], 1 - 0.26 / height))
        for place, label, bar in zip(places, labels, bars.itertuples(), strict=True):
            value = 0 if pd.isna(bar.achievement) else int(bar.achievement)
            shown = min(max(value, left), right)
            axes.barh(
                place,
                shown,
                height=0.3 if narrow else 0.55,
                color=COLOURS[bar.status],
                hatch=HATCHES.get(bar.status),
                edgecolor="white" if bar.status in HATCHES else COLOURS[bar.status],
                linewidth=0,
            )
            if shown != value:
                _cut(axes, place, shown)
            words = _verdict(bar)
            if pd.isna(bar.achievement):
                words = say("chart.no_percentage", word=STATUSES[bar.status])
            elif shown != value:
                words = say("chart.cut", verdict=words)
            # The words of a bar to the left stand right of the zero, where nothing else is.
            axes.text(
                max(shown, 0) + 4, place, words, va="center", ha="left", weight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
            axes.text(
                *((0, place - 0.2) if narrow else (-0.01, place)),
                label,
                va="bottom" if narrow else "center", ha="left" if narrow else "right",
                linespacing=1.15, transform=axes.get_yaxis_transform(),
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1} if narrow else None,
            )  # fmt: skip
        for at, name, side in ((0, "baseline", "right"), (100, "target", "left")):
            words = say(f"chart.{name}")
            axes.axvline(at, color=INK, linewidth=0.8, zorder=0 if at or narrow else 3)
            axes.text(at, places[-1] + 0.65, words, ha=side if narrow else "center", va="top")
        axes.set_xlim(left - 5, right + (270 if narrow else 170))
        axes.set_ylim(places[-1] + 0.6, -0.9 if narrow else -0.6)
        axes.set_axis_off()

    counts = kpis["status"].value_counts()
    told = listed(
        say("alt.overview_count", word=word, n=counts[status])
        for status, word in STATUSES.items()
        if status in counts
    )
    each = listed(f"{bar.label} {_verdict(bar)}" for bar in bars.itertuples())
    alt = say("alt.overview", n=len(kpis), counts=told, each=each)
    return chart(3.4 if narrow else 6.85, height, draw, alt)


def progress(evaluation: Evaluation, kpi: pd.Series) -> Chart | None:
    """One KPI (a row of ``Evaluation.kpi_table``) in its own unit, by year.

    Baseline, actuals and target; where there is a way left to go, the path that would reach the
    target. None where its cells have no number to draw.
    """
    return _all_progress(evaluation, spoken())[kpi["kpi"]]


# A notebook shows what the report prints: neither draws what the other has drawn.
@lru_cache(maxsize=2)
def _all_progress(evaluation: Evaluation, language: str) -> dict[str, Chart | None]:
    """The pictures of all KPIs, in the language that is spoken."""
    return {kpi["kpi"]: _progress(evaluation, kpi) for _, kpi in evaluation.kpi_table().iterrows()}


def _progress(evaluation: Evaluation, kpi: pd.Series) -> Chart | None:
    marks = _marks(evaluation.sheet, kpi)
    if not marks:
        return None
    limit = kpi["target_kind"] in ("at_most", "at_least", "range")

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.13, 0.19, 0.74, 0.8))
        known = [mark for mark in marks if mark["kind"] != "target"]
        targets = [mark for mark in marks if mark["kind"] == "target" and mark["text"]]
        by_year(axes, marks, known, targets, kpi["status"], size=6, room=(0.65, 0.6))
        for mark in targets:
            axes.plot(
                mark["year"], mark["value"], marker="D", markersize=7, markerfacecolor="white",
                markeredgecolor=INK, markeredgewidth=1.4, linestyle="none", clip_on=False,
            )  # fmt: skip
            if len(known) > 1 and not pd.isna(kpi["needed_a_year"]):
                ends = (known[-1], mark)
                axes.plot(
                    [end["year"] for end in ends], [end["value"] for end in ends],
                    color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1,
                )  # fmt: skip
            if limit:
                axes.axhline(mark["value"], color=INK, linewidth=0.8, linestyle="--")
        if kpi["target_kind"] == "range":
            ends = (float(kpi[end]) for end in ("target_value", "target_upper"))
            axes.axhspan(*ends, color="#e4e4e4", zorder=0)

    alt = say("alt.progress", label=kpi["label"], sentence=sentence(evaluation, kpi))
    return chart(2.76, 1.6, draw, alt)


def pace(kpis: pd.DataFrame) -> Chart | None:
    """Time gone against achievement: who is ahead of the line where pace is 1, and who behind.

    The KPIs of an ``Evaluation.kpi_table`` that have both figures, numbered as in the list beside;
    values beyond the axis are cut, and say so. None where no KPI has both.
    """
    shown = by_status(kpis[kpis["elapsed"].notna() & kpis["achievement"].notna()])
    if shown.empty:
        return None
    # All of what is final stands at 100, and the words beyond.
    (low, high), wide = PACE_AXIS, 124
    height = max(2.6, 0.22 * len(shown) + 0.5)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.1, 0.48 / height, 0.39, 1 - 0.78 / height))
        axes.plot([0, high], [0, high], color=INK, linewidth=1)
        axes.axhline(0, color=FAINT, linewidth=0.6)
        # In the corners, where hardly a mark comes.
        axes.text(2, high, say("chart.ahead"), ha="left", va="top")
        axes.text(wide - 1, low / 2, say("chart.behind"), ha="right", va="center")
        across, up = 72 * 0.39 * 6.85 / wide, 72 * (height - 0.78) / (high - low + 10)
        taken: list[tuple[float, float, float]] = []
        for place, kpi in enumerate(shown.itertuples(), 1):
            x, value = kpi.elapsed * 100, int(kpi.achievement)
            y = min(max(value, low), high)
            inside = "X" if kpi.status == "missed" else "o"
            marker = "^" if value > high else "v" if value < low else inside
            axes.plot(x, y, marker=marker, markersize=6, color=COLOURS[kpi.status], clip_on=False)
            aside = _free_place(x * across, y * up, 5 * len(str(place)), taken)
            axes.annotate(
                str(place), (x, y), xytext=(aside, 0), textcoords="offset points",
                ha="left" if aside > 0 else "right", va="center", weight="bold",
                arrowprops={"arrowstyle": "-", "lw": 0.4} if abs(aside) > 6 else None,
            )  # fmt: skip
            level = 1 - (0.2 + 0.22 * place) / height
            figure_text, room = percent_text(value), 20
            if not low <= value <= high:
                figure_text, room = say("chart.off", value=figure_text), 17
            figure.text(0.58, level, str(place), va="center", ha="right", weight="bold")
            figure.text(0.595, level, shortened(kpi.label, room), va="center")
            figure.text(0.995, level, figure_text, va="center", ha="right")
        axes.set_xlim(0, wide)
        axes.set_ylim(low - 5, high + 5)
        axes.set_xticks([0, 50, 100], ["0%", "50%", "100%"])
        lowest = say("chart.low", value=percent_text(low))
        highest = say("chart.high", value=percent_text(high))
        axes.set_yticks([low, 0, 50, 100, high], [lowest, "0%", "50%", "100%", highest])
        axes.set_xlabel(say("chart.elapsed"), labelpad=2)
        axes.set_title(say("chart.achievement"), loc="left", fontsize=8)

    each = listed(
        say(
            "alt.pace_each",
            label=kpi.label,
            elapsed=rounded(kpi.elapsed * 100),
            achievement=percent_text(kpi.achievement),
        )
        for kpi in shown.itertuples()
    )
    return chart(6.85, height, draw, say("alt.pace", n=len(shown), each=each))


def _free_place(x: float, y: float, width: float, taken: list[tuple[float, float, float]]) -> float:
    """How far beside a mark its number stands clear of those before it, all in points.

    To the left, if negative. ``taken`` are the numbers' left and right ends and their heights; the
    place that is found is added to them.
    """
    for aside in (side * step for step in count(6, 6) for side in (1, -1)):
        left = x + aside - (width if aside < 0 else 0)
        right = left + width
        is_free = all(
            right <= start or end <= left or abs(level - y) >= 9 for start, end, level in taken
        )
        if is_free and left > -20:
            break
    taken.append((left, right, y))
    return aside


def _verdict(bar) -> str:
    word, pace = STATUSES[bar.status], PACES.get(bar.pace_word)
    if pace and bar.status == "progressing":
        word += say("bracketed", text=pace)
    return f"{percent_text(bar.achievement)} {word}"


def _marks(sheet: Sheet, kpi: pd.Series) -> list[dict]:
    """The numbers of the row that lists the KPI first, by year, with their words."""
    row = sheet.first_listing(kpi["kpi"])
    points = sheet.points
    points = points[
        (points["section"] == row["section"])
        & (points["no"] == row["no"])
        & (points["column_year"] <= sheet.fiscal_year)
    ]
    numbers = [("baseline", row["baseline_year"], row["baseline"], row["baseline_raw"])]
    numbers += [
        ("actual", point.column_year if pd.isna(point.year) else point.year, point.value, point.raw)
        for point in points.itertuples()
    ]
    year, raw, upper = kpi["target_year"], row["target_raw"], kpi["target_upper"]
    # The words of a range stand at its upper end.
    numbers.append(("target", year, kpi["target_value"], raw if upper is None else ""))
    numbers.append(("target", year, upper, raw))
    marks = [
        {"kind": kind, "year": int(year), "value": float(value), "text": cell_text(read_cell(raw))}
        for kind, year, value, raw in numbers
        if value is not None and not pd.isna(year)
    ]
    return sorted(marks, key=lambda mark: mark["year"])


def _cut(axes, place: int, end: float) -> None:
    """Two white strokes through a bar near its end: the bar goes on beyond the axis."""
    inwards = -1 if end > 0 else 1
    for step in (10, 16):
        middle = end + inwards * step
        across, down = [middle - 3, middle + 3], [place + 0.36, place - 0.36]
        axes.plot(across, down, color="white", linewidth=2.2)
