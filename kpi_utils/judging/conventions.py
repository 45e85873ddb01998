"""How the published figures were made: the sheet's convention, declared or found out (method 3).

Japanese bodies print 達成度, 達成率 or 進捗率 by one of several formulas, and some by one formula
for this kind of row and another for that. Each is tried on every figure that a sheet prints, at
the figure's own precision: so a slip of one row is told from a house rule. Our own judgement is
always by section 3 of the method.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.judging.achievement import SIGN, measure, nearest, towards_target
from kpi_utils.plan import CONVENTIONS, Plan
from kpi_utils.words import Message, message

__all__ = ["House", "by_convention", "house_rule", "is_figure", "prints", "reproduced"]

# A mark by which a sheet may tell some rows from others: a symbol, or what stands in a bracket.
_MARKS = re.compile(
    r"[*＊※☆★◎○●◇◆□■△▲▽▼⇩⇧↓↑†‡§#＃]|(?<=[(\[（［〔〈<【])[^()\[\]（）［］〔〕〈〉<>【】]+"
)
# A rule of its own must give so many more figures than that of the other rows, such a part of
# the figures of its rows, and with it the split such a part of all (method 3: nearly all).
_MORE, _MOST_OF_ROWS, _NEARLY_ALL = 2, 2 / 3, 0.9
_MOST_CONVENTIONS = 3


@dataclass(frozen=True)
class House:
    """A sheet's house rule: by which convention it prints the figures of which rows (method 3).

    ``convention`` is that of all rows (blank where none gives any figure), but for those of
    ``others``: by the group of a row, its convention. ``split`` says what makes the groups: "kind"
    (see ``kind_group``), or else a mark that the name or the figure of a row bears.
    """

    convention: str = ""
    split: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: Mapping) -> str:
        """The convention of a judged row with exact numbers, blank where none is known.

        Without a baseline there is no way to go, and only a ratio can be printed.
        """
        convention = self.others.get(_group(row, self.split), self.convention)
        if row["start"] is None and convention.startswith("linear"):
            return "ratio_inverse" if row["direction"] == "decrease" else "ratio"
        return convention

    @property
    def message(self) -> Message:
        """The rule, with the rows that have a convention of their own; for a sheet that has one."""
        usual = message(f"convention.{self.convention}")
        others = tuple(
            message(
                "house.other",
                rows=message(f"house.{group}", mark=self.split),
                convention=message(f"convention.{convention}"),
            )
            for group, convention in self.others.items()
        )
        return message("house.split", usual=usual, others=others) if others else usual


def reproduced(rows: Iterable[dict]) -> pd.DataFrame:
    """Which convention gives each published figure of judged rows with exact numbers.

    Only rows that print a number and have the numbers to try it on are in the frame; without a
    baseline, those are tried that need none. Columns: section, no, published, and one a convention
    (``plan.CONVENTIONS``), true where it gives the printed figure.
    """
    names = ["section", "no", "published", *CONVENTIONS]
    records = [{name: (row | by)[name] for name in names} for row, by in tried(rows)]
    return pd.DataFrame(records, columns=names)


def tried(rows: Iterable[dict]) -> Iterator[tuple[dict, dict[str, bool]]]:
    """Of judged rows with exact numbers, those with a figure, and the conventions that give it."""
    for row in rows:
        cell = read_cell(row["published"])
        if is_figure(cell) and None not in (row["actual"], row["target_value"]):
            parts = by_convention(row)
            yield row, {name: prints(part, cell) for name, part in parts.items()}


def house_rule(rows: Iterable[dict], plan: Plan) -> House:
    """A sheet's house rule, from judged rows with exact numbers: declared, or of most figures.

    Where one convention does not give nearly all of them, but two or three do that are split by
    a mark or by the kind of target, that split is the house rule.
    """
    if plan.convention:
        return House(plan.convention)
    figures = list(tried(rows))
    counts = Counter(name for _, by in figures for name in CONVENTIONS if by[name])
    if not counts:
        return House()
    house = House(max(CONVENTIONS, key=lambda name: counts[name]))
    best, given = house, counts[house.convention]
    marks = Counter(mark for row, _ in figures for mark in set(_MARKS.findall(_marked(row))))
    for split in ["kind", *(mark for mark, n in marks.items() if _MORE <= n < len(figures))]:
        others, more = _split(figures, house.convention, split)
        is_enough = counts[house.convention] + more >= _NEARLY_ALL * len(figures)
        if is_enough and counts[house.convention] + more > given:
            best, given = House(house.convention, split, others), counts[house.convention] + more
    return best


def _split(figures: list[tuple[dict, dict]], usual: str, split: str) -> tuple[dict[str, str], int]:
    """The conventions of groups that have one of their own, and how many more figures they give."""
    groups: dict[str, list[dict]] = {}
    for row, by in figures:
        groups.setdefault(_group(row, split), []).append(by)
    gains: list[tuple[int, str, str]] = []
    for group, rows in groups.items():
        counts = {name: sum(by[name] for by in rows) for name in CONVENTIONS}
        own = max(CONVENTIONS, key=lambda name: counts[name])
        more = counts[own] - counts[usual]
        if more >= _MORE and counts[own] >= _MOST_OF_ROWS * len(rows):
            gains.append((more, group, own))
    kept: dict[str, str] = {}
    for _, group, own in sorted(gains, reverse=True):
        if len({usual, own, *kept.values()}) <= _MOST_CONVENTIONS:
            kept[group] = own
    return kept, sum(more for more, group, _ in gains if group in kept)


def _group(row: Mapping, split: str) -> str:
    """The group of a row by what splits the rows; one that bears the mark is "marked"."""
    if split == "kind":
        return kind_group(row)
    return "marked" if split and split in _MARKS.findall(_marked(row)) else ""


def _marked(row: Mapping) -> str:
    return f"{row['name']} {row['published']}"


def kind_group(row: Mapping) -> str:
    """What a row's target asks for, by its sides (method 3, by kind of row).

    rising and falling: to a number beyond the baseline; keeping_up and keeping_down: to stay at or
    above, or at or below one; unclear: no direction is known; no_baseline.
    """
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
    """What each convention gives, in parts of one; None where it cannot be formed."""
    start, actual, target = row["start"], row["actual"], row["target_value"]
    if start is None:
        linear = None
    elif row["target_kind"] == "range":
        linear, _, _ = measure("range", 0, row | {"target": target})
    else:
        linear = towards_target(SIGN.get(row["direction"], 0), start, actual, target)
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
    """Whether a published cell is a percentage, or says that it is above or below one."""
    beyond = cell.comparator in ("", "above", "below")
    return beyond and cell.value is not None and identity(cell.unit) in ("", "%")


def prints(part: Fraction | None, cell: Cell) -> bool:
    """Whether a part of one, rounded as the cell is printed, is the printed figure.

    "100%超" and "0%未満" are words for what lies beyond.
    """
    if part is None:
        return False
    if cell.comparator in ("above", "below"):
        beyond = part * 100 > cell.value if cell.comparator == "above" else part * 100 < cell.value
        return bool(beyond)
    step = Decimal(1).scaleb(cell.value.as_tuple().exponent)
    return nearest(part * 100 / Fraction(step)) == Fraction(cell.value) / Fraction(step)
