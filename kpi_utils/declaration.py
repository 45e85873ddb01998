"""The items that plan.toml may have, with their types, and what is wrong with a table of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from kpi_utils.cells.notation import identity
from kpi_utils.cells.years import RECKONINGS
from kpi_utils.errors import mistake

__all__ = [
    "CONVENTIONS",
    "About",
    "Declaration",
    "Published",
    "State",
    "misdeclared",
    "misfits",
    "misnamed",
    "repeated",
    "sentences",
]

# How published figures may have been made (method 3); the formulas are in ``conventions``.
CONVENTIONS = ("linear", "linear_floor", "linear_clipped", "ratio", "ratio_lower", "ratio_inverse")
# Of the models of plan.toml's tables: no item that they do not have, no type but theirs.
_STRICT: ConfigDict = {"strict": True, "extra": "forbid"}


def _must_say_something(text: object) -> object:
    if not isinstance(text, str) or not identity(text):
        raise PydanticCustomError("missing", "")
    return text


Text = Annotated[str, BeforeValidator(_must_say_something)]
Number = int | InstanceOf[Decimal] | None
Year = Annotated[str, Field(pattern="^[12][0-9]{3}$")]


@dataclass(frozen=True)
class Declaration:
    """What the analyst knows of one KPI and the sheet does not say, and why (method 2 and 3).

    ``direction`` is the way that is better: "increase" or "decrease". ``kind`` is a kind of target
    that the cell does not tell: at_least, at_most, text, or range with ``lower`` and ``upper`` in
    the KPI's unit. ``cumulative``: actual and target are sums since the plan began, so that the
    way begins at zero and not at the baseline; ``running_total``: so is the baseline. ``same_as``
    is the name under which another row lists the same KPI, and ``formerly`` the one that it had in
    an earlier year's sheet (method 8). ``convention`` is how its published figure was made.
    ``apart``: it is another KPI than those of its name, which has its initiative in it. ``line``
    is that of the declaration in plan.toml.
    """

    name: Text
    reason: Text
    direction: Literal["increase", "decrease"] = ""
    kind: Literal["at_least", "at_most", "range", "text"] = ""
    lower: Number = None
    upper: Number = None
    cumulative: bool = False
    running_total: bool = False
    same_as: str = ""
    formerly: str = ""
    convention: Literal[CONVENTIONS] = ""
    apart: bool = False
    line: int = 0


class State(BaseModel, **_STRICT):
    """A table [published] that says of each year's sheet alone whether it is a draft."""

    state: dict[Year, Literal["draft", "published"]]


class Published(BaseModel, **_STRICT):
    """A table [published] that says how all published figures were made, and why."""

    convention: Literal[CONVENTIONS]
    reason: Text
    state: dict[Year, Literal["draft", "published"]] = {}


class About(BaseModel, **_STRICT):
    """The table [plan]."""

    municipality: Text
    name: Text
    era: Literal[tuple(RECKONINGS)] = ""


_ITEMS = {item.name: (item.type, item.default) for item in fields(Declaration)[2:-1]}
# A table [[kpi]] has the items of a declaration, and of its name the initiative by itself.
_Entry = create_model(
    "_Entry", __config__=_STRICT, name=Text, reason=Text, **_ITEMS, initiative=(str, "")
)
DECLARABLE = [*_ITEMS, "initiative"]


def misfits(model: type[BaseModel], table: dict, where: str) -> list[str]:
    """What is wrong with a table's items: missing, unknown, of another type, of another value."""
    try:
        model.model_validate(table)
    except ValidationError as invalid:
        # Of a number there is one for each of its types, and of a state one for each of its years.
        errors = {error["loc"][0]: error for error in invalid.errors()}
    else:
        return []
    keys = {"missing": "no-text", "extra_forbidden": "key-unknown", "literal_error": "other-value"}
    problems, items = [], model.model_fields
    for key, error in errors.items():
        value, problem = table.get(key), keys.get(error["type"], "other-type")
        if key == "state" and isinstance(value, dict):
            problem = "state"
        elif problem == "other-value" and not isinstance(value, str):
            problem = "other-value" if items[key].is_required() else "other-type"
        choices = "、".join(re.findall("'(.*?)'", error.get("ctx", {}).get("expected", "")))
        values = {"key": key, "value": value, "known": "、".join(items)}
        problems.append(mistake(f"plan.{problem}", where=where, **values, choices=choices))
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
        problems += misfits(_Entry, entry, where)
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
    declared, kind = entry.keys() & {*DECLARABLE}, entry.get("kind")
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
    known, said = "、".join(DECLARABLE), {key: entry.get(key) for key in ("same_as", "formerly")}
    return sentences(wrong, where=where, known=known, **said)


def _identity(entry: dict, key: str) -> str:
    return identity(str(entry.get(key, "")))


def sentences(wrong: Mapping[str, object], **values) -> list[str]:
    """The sentences of errors.toml whose key in ``wrong`` is true, filled in with the values."""
    return [mistake(f"plan.{key}", **values) for key, is_wrong in wrong.items() if is_wrong]


def repeated(names: list[str]) -> list[int]:
    """The indexes of names that occur earlier in the list; blank names do not count."""
    return [index for index, name in enumerate(names) if name and name in names[:index]]
