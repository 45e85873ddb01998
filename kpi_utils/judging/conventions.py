"""How the published figures were made: the sheet's convention, declared or found out (method 3).

Japanese bodies compute 達成度, 達成率 or 進捗率 by one of several formulas (conventions); some use
one for some kinds of rows and another for the rest. Each is tried on every figure that a sheet
prints, at the figure's own precision, so that a slip in one row is not taken for a house rule. Our
own judgement is always by section 3 of the method.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from kpi_utils.cells.letters import compiled
from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.judging.achievement import SIGN, achievement, measure, round_half_away
from kpi_utils.plan import Plan
from kpi_utils.words import Message, message

# A group of rows gets its own convention if that reproduces at least two figures more than the
# usual one, and two thirds of the group's. The split must reproduce 90 % of the sheet's figures.
MIN_GAIN, MIN_SHARE_OF_GROUP, MIN_SHARE_OF_SHEET = 2, 2 / 3, 0.9
MAX_CONVENTIONS = 3
# A number without a percent sign may be a fraction (1 is 100 %) if it is at most this.
MAX_FRACTION = 10


@dataclass(frozen=True)
class House:
    """A sheet's house rule: by which convention it prints the figures of which rows (method 3).

    ``convention`` holds for all rows (blank if none reproduces any figure), except for the groups
    in ``others``, which maps a group of rows to its convention. ``split`` says what makes groups:
    "kind" (of target), or else a mark in the name or the figure of a row.
    """

    convention: str = ""
    split: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    def convention_of(self, row: Mapping) -> str:
        """The convention of a judged row with exact numbers, blank where none is known.

        Without a baseline there is no way to go, and only a ratio can be printed.
        """
        convention = self.others.get(_group(row, self.split), self.convention)
        if row["start"] is None and convention.startswith("linear"):
            return "ratio_inverse" if row["direction"] == "decrease" else "ratio"
        return convention

    @property
    def message(self) -> Message:
        """The rule in words, with the groups that differ from it; needs a ``convention``."""
        usual = message(f"convention.{self.convention}")
        others = []
        for group, convention in self.others.items():
            rows = message(f"house.{group}", mark=self.split)
            own = message(f"convention.{convention}")
            others.append(message("house.other", rows=rows, convention=own))
        return message("house.split", usual=usual, others=others) if others else usual


def given_by(row: Mapping) -> dict[str, bool]:
    """For each of ``CONVENTIONS``, whether it reproduces the printed figure of a judged row.

    ``row`` has exact numbers. Empty if it prints no number, or has no actual or no numeric target.
    Without a baseline, only the conventions that need none can reproduce the figure.
    """
    cell = read_cell(row["published"])
    if not is_figure(cell) or None in (row["actual"], row["target_value"]):
        return {}
    results = by_convention(row)
    return {name: prints(results[name], cell) for name in CONVENTIONS}


def reproduced(rows: Iterable[dict]) -> list[tuple[dict, dict[str, bool]]]:
    """Those judged rows (exact numbers) that print a figure, each with its ``given_by``."""
    return [(row, gives) for row in rows if (gives := given_by(row))]


def house_rule(rows: Iterable[dict], plan: Plan) -> House:
    """A sheet's house rule: declared, or the convention that reproduces most printed figures.

    ``rows`` are judged rows with exact numbers. If two or three conventions, split by a mark or the
    kind of target, reproduce nearly all figures, and more than a single one, the split is the rule.
    """
    if plan.convention:
        return House(plan.convention)
    figures = reproduced(rows)
    usual, most_explained = _most_given([gives for _, gives in figures])
    if not most_explained:
        return House()
    best = House(usual)
    marks = Counter(mark for row, _ in figures for mark in _marks(row))
    splitting = (mark for mark, n in marks.items() if MIN_GAIN <= n < len(figures))
    for split in ["kind", *splitting]:
        others, explained = _split(figures, usual, split)
        if explained >= MIN_SHARE_OF_SHEET * len(figures) and explained > most_explained:
            best, most_explained = House(usual, split, others), explained
    return best


def _most_given(gives: list[dict[str, bool]]) -> tuple[str, int]:
    """The convention that reproduces the most figures, and how many."""
    counts = {name: sum(of[name] for of in gives) for name in CONVENTIONS}
    best = max(CONVENTIONS, key=counts.__getitem__)
    return best, counts[best]


def _split(figures: list[tuple[dict, dict]], usual: str, split: str) -> tuple[dict[str, str], int]:
    """The groups with a convention of their own, and how many figures this split reproduces."""
    groups: dict[str, list[dict]] = {}
    for row, gives in figures:
        groups.setdefault(_group(row, split), []).append(gives)
    gains = []
    for group, members in groups.items():
        convention, given = _most_given(members)
        gain = given - sum(gives[usual] for gives in members)
        if gain >= MIN_GAIN and given >= MIN_SHARE_OF_GROUP * len(members):
            gains.append((gain, group, convention))
    others: dict[str, str] = {}
    for _, group, convention in sorted(gains, reverse=True):
        if len({usual, convention, *others.values()}) <= MAX_CONVENTIONS:
            others[group] = convention
    return others, sum(gives[others.get(_group(row, split), usual)] for row, gives in figures)


def _marks(row: Mapping) -> Iterable[str]:
    return dict.fromkeys(compiled("marks_of_names").findall(f"{row['name']} {row['published']}"))


def _group(row: Mapping, split: str) -> str:
    """The group of a row under a split (method 3); with a mark, "marked" or blank.

    The kind of target makes six groups: rising and falling, to a number beyond the baseline;
    keeping_up and keeping_down, to stay at or above, or at or below, a number; unclear, if no
    direction is known; no_baseline.
    """
    if split != "kind":
        return "marked" if split and split in _marks(row) else ""
    start, target, sign = row["start"], row["target_value"], SIGN.get(row["direction"], 0)
    if start is None:
        return "no_baseline"
    if target > start and sign >= 0:
        return "rising"
    if not sign:
        return "unclear"
    if target < start and sign < 0:
        return "falling"
    return "keeping_up" if sign > 0 else "keeping_down"


def by_convention(row: Mapping) -> dict[str, Fraction | None]:
    """A row's achievement by each convention, as a fraction (1 is 100 %); None if it has none."""
    start, actual, target = row["start"], row["actual"], row["target_value"]
    if start is None:
        linear = None
    elif row["target_kind"] == "range":
        linear, _, _ = measure("range", 0, {**row, "target": target})
    else:
        linear = achievement(start, actual, target, SIGN.get(row["direction"], 0))
    floor = None if linear is None else max(linear, Fraction(0))
    ratio = Fraction(actual) / Fraction(target) if target else None
    return {
        "linear": linear,
        "linear_floor": floor,
        "linear_clipped": None if floor is None else min(floor, Fraction(1)),
        "ratio": ratio,
        "ratio_lower": None if ratio is None else 2 - ratio,
        "ratio_inverse": 1 / ratio if ratio else None,
    }


def is_figure(cell: Cell) -> bool:
    """True for a percentage, also 100%超 or 0%未満."""
    is_percentage = cell.comparator in ("", "above", "below")
    return is_percentage and cell.value is not None and identity(cell.unit) in ("", "%")


@lru_cache(10_000)
def prints(fraction: Fraction | None, cell: Cell) -> bool:
    """Whether a fraction (1 is 100 %), rounded as the cell is printed, is the printed figure.

    100%超 and 0%未満 stand for any figure above or below.
    """
    if fraction is None or cell.value is None:
        return False
    if cell.comparator == "above":
        return fraction * 100 > cell.value
    if cell.comparator == "below":
        return fraction * 100 < cell.value
    step = Fraction(Decimal(1).scaleb(int(cell.value.as_tuple().exponent)))
    # Without a percent sign, 1.03 may be 103 %.
    may_be_fraction = not cell.unit and abs(cell.value) <= MAX_FRACTION
    is_shown = step < 1 or Fraction(fraction).denominator == 1
    scales = (100, 1) if may_be_fraction and is_shown else (100,)
    printed = Fraction(cell.value) / step
    return any(round_half_away(fraction * scale / step) == printed for scale in scales)
