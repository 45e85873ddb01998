"""Frames -> ordinary matplotlib figures: all KPIs on one axis, time against achievement, one KPI.

A figure has its alt text as ``figure.alt``. Its words are of the language in which the sheet was
loaded, which the frames carry (``attrs["words"]``).
"""

import pandas as pd

from kpi_utils.frames import LIMITS
from kpi_utils.judging.achievement import exact, percent_text, rounded
from kpi_utils.judging.judgement import by_status
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.by_year import Mark, draw_by_year
from kpi_utils.showing.drawing import (
    COLOURS,
    FAINT,
    INK,
    Picture,
    drawing,
    free_offset,
    shortened,
    stacked,
    wrapped,
)
from kpi_utils.showing.sentences import cell_of, cell_text, sentence, with_row_unit, words_of
from kpi_utils.words import Words

# The overview's axis, in percent: a bar that goes on is cut, and says so.
AXIS = (-150, 150)
# Up to so many bars are one picture; more are parted into pages.
BARS = 22
# The height of a page's bars in inches: of the first, below its chapter's words, and of others.
# Above them is room for a title that an analyst may set.
PAGE_HEIGHTS = (7.8, 8.9)
# The steps from bar to bar in inches: of a picture, and of pages.
STEP, DENSE_STEP = 0.31, 0.215
# The axis of achievement in the chart of time against achievement, in percent.
PACE_AXIS = (-50, 150)
# So many KPIs have a number there; a list of more would be longer than a page.
NUMBERED = 30
# These tell bars that may lie on one side apart without their colours.
HATCHES = {"missed": "xxxx", "regressed": "////"}


def overview(kpis: pd.DataFrame) -> Picture:
    """All KPIs by status, worst first, on one axis of achievement in percent.

    ``kpis`` come from ``per_kpi`` with their readings, all or some of them. More than ``BARS`` are
    divided among several axes, each of which fills a page.
    """
    words = words_of(kpis)
    bars = by_status(kpis)
    # Six lines at most: the report's tables have all of a name.
    labels = [wrapped(shortened(label, 6 * 19), 19) for label in bars["label"]]
    step = STEP if len(bars) <= BARS else DENSE_STEP
    places = pd.DataFrame(stacked(labels, step, PAGE_HEIGHTS), bars.index, ["page", "depth"])
    bars = bars.assign(label_lines=labels, level=places["depth"] / STEP)
    pages = [page for _, page in bars.groupby(places["page"])] or [bars]
    heights = [STEP * (page["level"].max() + 1) + 0.3 if len(page) else 0.6 for page in pages]
    every = sum(heights)
    below = every
    with drawing(6.85, every, "overview") as figure:
        for page, height in zip(pages, heights, strict=True):
            below -= height
            box = (0.345, (below + 0.24) / every, 0.655, (height - 0.26) / every)
            axes = figure.add_axes(box)
            for bar in page.itertuples():
                _bar(axes, bar, words)
            # The lines of baseline and target, and the room around the bars down to the last one.
            last = page["level"].max() if len(page) else 0
            for name, x, zorder in (("baseline", 0, 3), ("target", 100, 0)):
                axes.axvline(x, color=INK, linewidth=0.8, zorder=zorder)
                axes.text(x, last + 0.65, words.say(f"chart.{name}"), ha="center", va="top")
            axes.set_xlim(AXIS[0] - 5, AXIS[1] + 170)
            axes.set_ylim(last + 0.6, -0.6)
            axes.set_axis_off()
    if len(pages) > 1:
        alts = [_overview_alt(page, words, every=len(bars)) for page in pages]
        figure.page_alts = dict(zip(figure.axes, alts, strict=True))
    figure.alt = _overview_alt(bars, words)
    figure.kpis = kpis.copy(deep=False)
    return figure


def _overview_alt(bars: pd.DataFrame, words: Words, every: int = 0) -> str:
    """The bars as text to be read aloud; on one page of several, ``every`` is the number of all."""
    counts = bars["status"].value_counts()
    by_status = words.listed(
        words.say("alt.overview_count", word=word, n=counts[status])
        for status, word in words.of("status").items()
        if status in counts
    )
    each = words.listed(f"{bar.label} {_verdict(bar, words)}" for bar in bars.itertuples())
    key = "alt.overview_page" if every else "alt.overview"
    return words.say(key, n=len(bars), all=every, counts=by_status, each=each)


def _bar(axes, bar, words: Words) -> None:
    """A KPI's bar with its label and its verdict."""
    left, right = AXIS
    status = bar.status
    level = bar.level
    verdict = _verdict(bar, words)
    value = 0 if pd.isna(bar.achievement) else int(bar.achievement)
    end = min(max(value, left), right)
    axes.barh(
        level, end, height=0.55, color=COLOURS[status], hatch=HATCHES.get(status), linewidth=0,
        edgecolor="white" if status in HATCHES else COLOURS[status],
    )  # fmt: skip
    if pd.isna(bar.achievement):
        verdict = words.say("chart.no_percentage", word=words.of("status")[status])
    elif end != value:
        verdict = words.say("chart.cut", verdict=verdict)
        # Two white strokes through the bar near its end: it goes on beyond the axis.
        for step in (10, 16):
            middle = end - step if end > 0 else end + step
            across = [middle - 3, middle + 3]
            down = [level + 0.36, level - 0.36]
            axes.plot(across, down, color="white", linewidth=2.2)
    # The words of a bar to the left stand right of the zero, where nothing else is.
    axes.text(
        max(end, 0) + 4, level, verdict, va="center", ha="left", weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip
    axes.text(
        -0.01, level, bar.label_lines, va="center", ha="right", linespacing=1.15,
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip


def path(sheet: Sheet, kpi: pd.Series) -> Picture | None:
    """One KPI (a row of ``kpis``) in its own unit, by year: baseline, actuals and target.

    A dashed line leads to a target that is still to be reached. None if no cell has a number.
    """
    marks = _marks(sheet, kpi)
    words = sheet.words
    if not marks:
        return None
    with drawing(2.76, 1.6, kpi.kpi) as figure:
        axes = figure.add_axes((0.13, 0.19, 0.74, 0.8))
        line, target = draw_by_year(
            axes, marks, status=kpi.status, size=6, room=(0.65, 0.6), words=words
        )
        if target:
            axes.plot(
                target.year, target.value, marker="D", markersize=7, markerfacecolor="white",
                markeredgecolor=INK, markeredgewidth=1.4, linestyle="none", clip_on=False,
            )  # fmt: skip
        if target and len(line) > 1 and not pd.isna(kpi.needed_a_year):
            axes.plot(
                [line[-1].year, target.year], [line[-1].value, target.value],
                color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1,
            )  # fmt: skip
        if target and kpi.target_kind in (*LIMITS, "range"):
            axes.axhline(target.value, color=INK, linewidth=0.8, linestyle="--", zorder=1)
        if kpi.target_kind == "range":
            axes.axhspan(kpi.target_value, kpi.target_upper, color="#e4e4e4", zorder=0)
    figure.alt = words.say("alt.progress", label=kpi.label, sentence=sentence(sheet, kpi))
    figure.kpis = kpi.to_frame().T
    return figure


def pace(kpis: pd.DataFrame) -> Picture | None:
    """Elapsed time against achievement: which KPIs are ahead of pace 1, and which behind.

    It shows KPIs that have both figures, worst first, the first ``NUMBERED`` with their number in
    the list beside the chart; values beyond the axis are cut and marked. None if no KPI has both.
    """
    shown = by_status(kpis[kpis["elapsed"].notna() & kpis["achievement"].notna()])
    if shown.empty:
        return None
    words = words_of(kpis)
    low, high = PACE_AXIS
    # All of what is final stands at 100, and the words beyond.
    wide = 124
    numbered = shown.head(NUMBERED)
    others = shown.iloc[NUMBERED:]
    height = max(2.6, 0.22 * (len(numbered) + bool(len(others))) + 0.5)
    with drawing(6.85, height, "pace") as figure:
        axes = figure.add_axes((0.1, 0.48 / height, 0.39, 1 - 0.78 / height))
        axes.plot([0, high], [0, high], color=INK, linewidth=1, zorder=1)
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=1)
        # In the corners, where hardly a mark comes.
        axes.text(2, high, words.say("chart.ahead"), ha="left", va="top")
        axes.text(wide - 1, low / 2, words.say("chart.behind"), ha="right", va="center")
        # The length of a unit of each axis in points.
        points = 72 * 0.39 * 6.85 / wide, 72 * (height - 0.78) / (high - low + 10)
        taken: list[tuple[float, float, float]] = []
        each = []
        for kpi in others.itertuples():
            _mark(axes, kpi)
        if len(others):
            figure.text(0.58, 0.2 / height, words.say("chart.unnumbered", n=len(others)))
        for number, kpi in enumerate(numbered.itertuples(), 1):
            _numbered(axes, kpi, number, points, taken)
            level = 1 - (0.2 + 0.22 * number) / height
            value = percent_text(kpi.achievement)
            about = {"label": kpi.label, "elapsed": rounded(kpi.elapsed * 100)}
            each.append(words.say("alt.pace_each", achievement=value, **about))
            room = 20
            if not low <= kpi.achievement <= high:
                value = words.say("chart.off", value=value)
                room = 17
            figure.text(0.58, level, str(number), va="center", ha="right", weight="bold")
            figure.text(0.595, level, shortened(kpi.label, room), va="center")
            figure.text(0.995, level, value, va="center", ha="right")
        axes.set_xlim(0, wide)
        axes.set_ylim(low - 5, high + 5)
        axes.set_xticks([0, 50, 100], ["0%", "50%", "100%"])
        lowest = words.say("chart.low", value=percent_text(low))
        highest = words.say("chart.high", value=percent_text(high))
        axes.set_yticks([low, 0, 50, 100, high], [lowest, "0%", "50%", "100%", highest])
        axes.set_xlabel(words.say("chart.elapsed"), labelpad=2)
        axes.set_title(words.say("chart.achievement"), loc="left", fontsize=8)
    if len(others):
        each.append(words.say("chart.unnumbered", n=len(others)))
    figure.alt = words.say("alt.pace", n=len(shown), each=words.listed(each))
    figure.kpis = kpis.copy(deep=False)
    return figure


def _numbered(axes, kpi, number: int, points: tuple[float, float], taken: list) -> None:
    """A KPI's mark with its number beside it; ``points`` are those of a unit of each axis."""
    x, y = _mark(axes, kpi)
    along = x * points[0]
    level = y * points[1]
    offset = free_offset(along, level, 5 * len(str(number)), taken)
    # A line to the mark would go through a number between them, or look like its minus sign.
    is_clear = all(
        abs(other - level) > 4 or not 0 < (start - along) / offset < 1
        for start, _, other in taken[:-1]
    )
    axes.annotate(
        str(number), (x, y), xytext=(offset, 0), textcoords="offset points",
        ha="left" if offset > 0 else "right", va="center", weight="bold",
        arrowprops={"arrowstyle": "-", "lw": 0.4} if abs(offset) > 6 and is_clear else None,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3}, zorder=1.5,
    )  # fmt: skip


def _mark(axes, kpi) -> tuple[float, float]:
    """Draws a KPI's mark; returns where it stands."""
    low, high = PACE_AXIS
    x = kpi.elapsed * 100
    value = int(kpi.achievement)
    y = min(max(value, low), high)
    inside = "X" if kpi.status == "missed" else "o"
    marker = "^" if value > high else "v" if value < low else inside
    axes.plot(x, y, marker=marker, markersize=6, color=COLOURS[kpi.status], clip_on=False)
    return x, y


def _verdict(bar, words: Words) -> str:
    text = f"{percent_text(bar.achievement)} {words.of('status')[bar.status]}"
    if bar.status == "progressing" and bar.pace_word:
        text += words.say("bracketed", text=words.of("pace")[bar.pace_word])
    return text


def _marks(sheet: Sheet, kpi: pd.Series) -> list[Mark]:
    """The numbers of the row that lists the KPI first, by year."""
    listing = kpi.section, kpi.no
    cells = {role: cell_of(sheet, kpi, role) for role in ("baseline", "actual", "target")}
    numbers = [("baseline", kpi.baseline_year, kpi.baseline, cells["baseline"])]
    for point in sheet.points_before(listing, kpi.actual_column_year):
        year = point.column_year if pd.isna(point.year) else point.year
        cell = sheet.cell(listing, "actual", point.column_year)
        cell = with_row_unit(cell, exact(point.value), point.unit)
        numbers.append(("actual", year, point.value, cell))
    numbers += [
        ("actual", kpi.actual_year, kpi.actual, cells["actual"]),
        ("target", kpi.target_year, kpi.target_value, cells["target"]),
        ("target", kpi.target_year, kpi.target_upper, cells["target"]),
    ]
    marks = [
        Mark(role, int(year), float(value), cell_text(cell, sheet.words))
        for role, year, value, cell in numbers
        if not pd.isna(value) and not pd.isna(year)
    ]
    return sorted(marks, key=lambda mark: mark.year)
