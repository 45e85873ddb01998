"""The items that plan.toml may have, with their types, and what is wrong with a table of it."""

import datetime
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeGuard

from kpi_utils.cells.notation import identity
from kpi_utils.cells.years import RECKONINGS
from kpi_utils.errors import mistake

__all__ = [
    "ABOUT",
    "CONVENTIONS",
    "OF_ONE_YEAR",
    "PUBLISHED",
    "REPORT",
    "STATES",
    "THRESHOLDS",
    "Declaration",
    "Document",
    "is_threshold",
    "misdeclared",
    "misfits",
    "misnamed",
    "repeated",
    "sentences",
]

# How published figures may have been made (method 3); the formulas are in ``conventions``.
CONVENTIONS = ("linear", "linear_floor", "linear_clipped", "ratio", "ratio_lower", "ratio_inverse")
# The items of [report] that are parameters of the notebook, and those that differ year by year.
THRESHOLDS = ("pace_cuts", "fragile_points", "outgrown")
OF_ONE_YEAR = ("date", "release", "sheet_url", "sheet_published", "appraisal")


@dataclass(frozen=True)
class Declaration:
    """What the analyst knows of one KPI and the sheet does not say, and why (method 2 and 3).

    ``direction`` is the way that is better: "increase" or "decrease". ``kind`` is a kind of target
    that the cell does not tell: at_least, at_most, text, or range with ``lower`` and ``upper`` in
    the KPI's unit. ``cumulative``: actual and target are sums since the plan began, so that the
    way begins at zero and not at the baseline; ``running_total``: so is the baseline. ``same_as``
    is the name under which another row lists the same KPI, and ``formerly`` the one that it had in
    an earlier year's sheet (method 8). ``convention`` is how its published figure was made.
    ``apart``: it is another KPI than those of its name, which has its initiative in it.
    ``department`` and ``next_step`` go before what the sheet says; they change no judgement, and
    need no reason. ``line`` is that of the declaration in plan.toml.
    """

    name: str
    reason: str = ""
    direction: str = ""
    kind: str = ""
    lower: int | Decimal | None = None
    upper: int | Decimal | None = None
    cumulative: bool = False
    running_total: bool = False
    same_as: str = ""
    formerly: str = ""
    convention: str = ""
    apart: bool = False
    department: str = ""
    next_step: str = ""
    line: int = 0


@dataclass(frozen=True)
class Document:
    """A table [report]: what an office says of its report of a fiscal year.

    ``release`` is that of the report itself; whether the sheet's figures are published is said in
    [published]. ``date`` is the report's, ``sheet_published`` the sheet's. The thresholds are those
    of the notebook. ``appraisal`` is printed as it is, a paragraph a line. ``cards`` are heads of
    the sheet's columns whose cells the cards print.
    """

    department: str = ""
    date: datetime.date | None = None
    release: str = ""
    sheet_url: str = ""
    sheet_published: datetime.date | None = None
    pace_cuts: Sequence[float] = ()
    fragile_points: float = 0
    outgrown: float = 0
    appraisal: str = ""
    cards: Sequence[str] = ()

    @property
    def thresholds(self) -> dict:
        """The thresholds that are declared, by the names of the notebook's parameters."""
        declared = {name: value for name in THRESHOLDS if (value := getattr(self, name))}
        return {
            name: tuple(map(float, value)) if name == "pace_cuts" else float(value)
            for name, value in declared.items()
        }

    @property
    def timestamp(self) -> datetime.date:
        """The date in the properties of the report's files.

        PDF/A-3 asks for one. Of a report that nobody has dated it is the first day that computers
        count: no day that one takes for the report's, and the same in every run.
        """
        return self.date or datetime.date(1970, 1, 1)


class Item(NamedTuple):
    """What an item may be: whether a value fits, what to say if not, and of which words it is."""

    fits: Callable[[Any], object]
    problem: str = "other-type"
    choices: tuple[str, ...] = ()
    is_required: bool = False


def _one_of(*choices: str) -> Item:
    """One of these; blank where nothing is declared, which nobody can declare."""
    return Item(lambda value: isinstance(value, str) and value in choices, "other-value", choices)


def _is_text(value: object) -> bool:
    """Whether a value is a text that says something."""
    return isinstance(value, str) and bool(identity(value))


def _is_by_year(value: object) -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch("[12][0-9]{3}", year) and state in ("draft", "published")
        for year, state in value.items()
    )


def is_threshold(name: str, value: object) -> bool:
    """Whether a threshold can have a value: ``pace_cuts`` three falling numbers, others one > 0.

    >>> is_threshold("pace_cuts", [1.2, 0.8, 0]), is_threshold("outgrown", float("nan"))
    (True, False)
    """
    if name == "pace_cuts":
        if not isinstance(value, list | tuple) or len(value) != 3:
            return False
        return all(map(_is_finite, value)) and value[0] > value[1] > value[2]
    return _is_finite(value) and value > 0


def _is_finite(number: object) -> TypeGuard[float | Decimal]:
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return False
    return math.isfinite(number)


_TEXT = Item(_is_text, "no-text")
_REQUIRED = _TEXT._replace(is_required=True)
# By the very type: for Python true is a number, and a day with an hour a day.
_STRING = Item(lambda value: type(value) is str)
_FLAG = Item(lambda value: type(value) is bool)
_NUMBER = Item(lambda value: type(value) in (int, Decimal))
_DAY = Item(lambda value: type(value) is datetime.date, "day")
# The tables of plan.toml, each with all of its items.
ABOUT = {"municipality": _REQUIRED, "name": _REQUIRED, "era": _one_of(*RECKONINGS)}
STATES = {"state": Item(_is_by_year, "state")}
PUBLISHED = {
    "convention": _one_of(*CONVENTIONS)._replace(is_required=True),
    "reason": _REQUIRED,
    **STATES,
}
REPORT = {
    "department": _TEXT,
    "date": _DAY,
    "release": _one_of("draft", "published"),
    "sheet_url": Item(
        lambda value: isinstance(value, str) and re.fullmatch(r'https?://[^\s<>"]+', value),
        "address",
    ),
    "sheet_published": _DAY,
    **{name: Item(partial(is_threshold, name), name) for name in THRESHOLDS},
    "appraisal": _TEXT,
    "cards": Item(lambda value: isinstance(value, list) and all(map(_is_text, value)), "heads"),
}
_DECLARED = {
    "direction": _one_of("increase", "decrease"),
    "kind": _one_of("at_least", "at_most", "range", "text"),
    "lower": _NUMBER,
    "upper": _NUMBER,
    "cumulative": _FLAG,
    "running_total": _FLAG,
    "same_as": _STRING,
    "formerly": _STRING,
    "convention": _one_of(*CONVENTIONS),
    "apart": _FLAG,
    "department": _TEXT,
    "next_step": _TEXT,
    # Once it is read, a part of the name.
    "initiative": _STRING,
}
_ENTRY = {"name": _REQUIRED, "reason": _REQUIRED, **_DECLARED}
# What changes no judgement needs no reason.
_IN_CHARGE = {"department", "next_step"}
_ENTRY_IN_CHARGE = _ENTRY | {"reason": _STRING}


def misfits(items: Mapping[str, Item], table: dict, where: str) -> list[str]:
    """What is wrong with a table's items: missing, unknown, of another type, of another value."""
    problems = []
    for key in dict.fromkeys([*items, *table]):
        item, value = items.get(key), table.get(key)
        if not item:
            problem = "key-unknown"
        elif key in table:
            problem = "" if item.fits(value) else item.problem
        else:
            problem = "no-text" if item.is_required else ""
        if problem:
            about = {"where": where, "key": key, "value": value, "known": "、".join(items)}
            choices = "、".join(item.choices) if item else ""
            problems.append(mistake(f"plan.{problem}", **about, choices=choices))
    return problems


def misnamed(worksheets: dict, where: str) -> list[str]:
    """What is wrong with the table [worksheet]: an item that is no year, or its value no name."""
    return [
        mistake("plan.worksheet", where=where, key=key, value=name)
        for key, name in worksheets.items()
        if not re.fullmatch("[12][0-9]{3}", key) or not isinstance(name, str) or not name.strip()
    ]


def misdeclared(entries: list[dict], places: list[str]) -> list[str]:
    """What is wrong with declarations, each at its place: by itself, or beside the others."""
    problems = []
    relisted = {_identity(entry, "name") for entry in entries if "same_as" in entry}
    for entry, where in zip(entries, places, strict=True):
        declared = entry.keys() & _DECLARED.keys()
        is_in_charge = declared and declared <= _IN_CHARGE
        problems += misfits(_ENTRY_IN_CHARGE if is_in_charge else _ENTRY, entry, where)
        problems += _contradictions(entry, relisted, where)
    for key in ("name", "formerly"):
        names = [_identity(entry, key) for entry in entries]
        problems += [
            mistake("plan.repeated", where=places[index], key=key, value=names[index])
            for index in repeated(names)
        ]
    return problems


def _contradictions(entry: dict, relisted: set[str], where: str) -> list[str]:
    """What in a declaration cannot hold together, or with the KPIs that are ``relisted``."""
    declared, kind = entry.keys() & _DECLARED.keys(), entry.get("kind")
    ends = [entry.get("lower"), entry.get("upper")]
    numbers = [Decimal(end) for end in ends if kind == "range" and isinstance(end, int | Decimal)]
    are_finite = all(number.is_finite() for number in numbers)
    contrary = [("at_least", "decrease"), ("at_most", "increase")]
    name, same_as = _identity(entry, "name"), _identity(entry, "same_as")
    wrong = {
        "nothing-declared": not declared,
        "range-ends": ends.count(None) != (0 if kind == "range" else 2),
        "range-numbers": not are_finite,
        "range-order": are_finite and numbers != sorted(numbers),
        "limit-direction": (kind, entry.get("direction")) in contrary,
        "two-sums": entry.get("cumulative") and entry.get("running_total"),
        "same-and-more": "same_as" in declared and declared != {"same_as"},
        "same-as-itself": "same_as" in entry and same_as == name,
        "formerly-itself": "formerly" in entry and _identity(entry, "formerly") == name,
        "same-of-same": "same_as" in entry and same_as in relisted - {name},
    }
    known, said = "、".join(_DECLARED), {key: entry.get(key) for key in ("same_as", "formerly")}
    return sentences(wrong, where=where, known=known, **said)


def _identity(entry: dict, key: str) -> str:
    return identity(str(entry.get(key, "")))


def sentences(wrong: Mapping[str, object], **values) -> list[str]:
    """The sentences of errors.toml whose key in ``wrong`` is true, filled in with the values."""
    return [mistake(f"plan.{key}", **values) for key, is_wrong in wrong.items() if is_wrong]


def repeated(names: list[str]) -> list[int]:
    """The indexes of names that occur earlier in the list; blank names do not count."""
    return [index for index, name in enumerate(names) if name and name in names[:index]]
