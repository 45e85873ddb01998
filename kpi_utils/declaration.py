"""The items that plan.toml may have, with their types, and the check of its tables."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from numbers import Real
from typing import Annotated, Any, Literal, TypeGuard

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    InstanceOf,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic_core import PydanticCustomError

from kpi_utils.cells.notation import identity
from kpi_utils.cells.years import RECKONINGS
from kpi_utils.errors import KpiError, mistake

# How published figures may have been made (method 3); the formulas are in ``conventions``.
CONVENTIONS = ("linear", "linear_floor", "linear_clipped", "ratio", "ratio_lower", "ratio_inverse")
# The items of [report] that are parameters of the notebook, and those that differ year by year.
THRESHOLDS = ("pace_cuts", "fragile_points", "outgrown")
OF_ONE_YEAR = ("date", "release", "sheet_url", "sheet_published", "appraisal")
# The models of plan.toml's tables refuse unknown items and other types.
_STRICT: ConfigDict = {"strict": True, "extra": "forbid"}


def _must_say_something(text: object) -> object:
    if not isinstance(text, str) or not identity(text):
        raise PydanticCustomError("missing", "")
    return text


def _one_of(*choices: str) -> GetPydanticSchema:
    """The type of an item that must be one of these; its default is blank, which is not allowed."""
    return GetPydanticSchema(lambda _, schema_of: schema_of(Literal[choices]))


Text = Annotated[str, BeforeValidator(_must_say_something)]
Number = int | InstanceOf[Decimal] | None
Year = Annotated[str, Field(pattern="^[12][0-9]{3}$")]


@dataclass(frozen=True)
class Declaration:
    """What the analyst knows about one KPI that the sheet does not say, and why (method 2 and 3).

    ``direction`` is the way that is better: "increase" or "decrease". ``kind`` is a kind of target
    that the cell does not tell: at_least, at_most, text, or range with ``lower`` and ``upper`` in
    the KPI's unit. ``cumulative``: actual and target are sums since the plan began, so that the
    way begins at zero and not at the baseline; ``running_total``: so is the baseline. ``same_as``
    is the name under which another row lists the same KPI, and ``formerly`` the one that it had in
    an earlier year's sheet (method 8). ``convention`` is how its published figure was computed.
    ``apart``: the KPI, named with its initiative, is another one than its namesakes.
    ``department`` and ``next_step`` override what the sheet says; they change no judgement, and
    need no reason. ``line`` is the line of the declaration in plan.toml.
    """

    name: Text
    reason: str = ""
    direction: Annotated[str, _one_of("increase", "decrease")] = ""
    kind: Annotated[str, _one_of("at_least", "at_most", "range", "text")] = ""
    lower: Number = None
    upper: Number = None
    cumulative: bool = False
    running_total: bool = False
    same_as: Text = ""
    formerly: Text = ""
    convention: Annotated[str, _one_of(*CONVENTIONS)] = ""
    apart: bool = False
    department: Text = ""
    next_step: Text = ""
    line: int = 0

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        """The ends of a range; plan.toml is refused where one is missing."""
        return Decimal(self.lower or 0), Decimal(self.upper or 0)


NOTHING = Declaration("")


class Published(BaseModel, **_STRICT):
    """The table [published]: how all published figures were computed, and the reason.

    ``state`` says by fiscal year whether a sheet is a draft or published. It may stand alone.
    """

    convention: Annotated[str, _one_of(*CONVENTIONS)] = ""
    reason: Text = ""
    state: dict[Year, Literal["draft", "published"]] = {}


class Document(BaseModel, **_STRICT, frozen=True):
    """A table [report]: what an office says of its report of a fiscal year.

    ``release`` is that of the report itself; whether the sheet's figures are published is said in
    [published]. ``date`` is the report's, ``sheet_published`` the sheet's. The thresholds are those
    of the notebook. ``appraisal`` is printed as it is, one paragraph per line. ``cards`` are heads
    of the sheet's columns whose cells the cards print.
    """

    department: Text = ""
    date: datetime.date | None = None
    release: Annotated[str, _one_of("draft", "published")] = ""
    sheet_url: Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$")] = ""
    sheet_published: datetime.date | None = None
    pace_cuts: tuple[float, ...] = ()
    fragile_points: float = 0
    outgrown: float = 0
    appraisal: Text = ""
    cards: list[Text] = []

    @field_validator(*THRESHOLDS, mode="before")
    @classmethod
    def _must_be_threshold(cls, value: Any, info: ValidationInfo) -> object:
        if not is_threshold(info.field_name or "", value):
            raise PydanticCustomError("threshold", "")
        return tuple(map(float, value)) if isinstance(value, list) else float(value)

    @property
    def thresholds(self) -> dict:
        """The thresholds that are declared, by the names of the notebook's parameters."""
        return {name: value for name in THRESHOLDS if (value := getattr(self, name))}

    @property
    def timestamp(self) -> datetime.date:
        """The date in the properties of the report's files.

        PDF/A-3 asks for one. A report without a date gets 1970-01-01, which nobody takes for the
        date of a report, and which is the same in every run.
        """
        return self.date or datetime.date(1970, 1, 1)


def is_threshold(name: str, value: object) -> bool:
    """Whether a threshold may have a value: ``pace_cuts`` three falling shares, others one > 0.

    >>> is_threshold("pace_cuts", [1.2, 0.8, 0]), is_threshold("outgrown", float("nan"))
    (True, False)
    """
    if name == "pace_cuts":
        value = value.tolist() if isinstance(value, np.ndarray) else value
        if not isinstance(value, list | tuple) or len(value) != 3:
            return False
        return all(map(_is_finite, value)) and 10 > value[0] > value[1] > value[2]
    return _is_finite(value) and value > 0


def threshold_problems(**thresholds) -> list[str]:
    """A sentence for each threshold that cannot have its value."""
    return [
        mistake(f"parameter.{name}", value=value)
        for name, value in thresholds.items()
        if not is_threshold(name, value)
    ]


def must_be_thresholds(**thresholds) -> None:
    """Raises KpiError with ``threshold_problems``, if there are any."""
    if problems := threshold_problems(**thresholds):
        raise KpiError(problems)


def _is_finite(number: object) -> TypeGuard[float | Decimal]:
    if isinstance(number, bool) or not isinstance(number, Real | Decimal):
        return False
    try:
        return math.isfinite(number)
    # A whole number of hundreds of digits.
    except OverflowError:
        return False


class About(BaseModel, **_STRICT):
    """The table [plan]."""

    municipality: Text
    name: Text
    era: Annotated[str, _one_of(*RECKONINGS)] = ""


_ITEMS: dict[str, Any] = {
    item.name: (item.type, item.default) for item in fields(Declaration)[2:-1]
}
# A table [[kpi]] has the items of a declaration, and the initiative apart from the name.
Entry = create_model(
    "Entry", __config__=_STRICT, name=Text, reason=(Text, ""), **_ITEMS, initiative=(str, "")
)
DECLARABLE = [*_ITEMS, "initiative"]
# What changes no judgement needs no reason.
_IN_CHARGE = {"department", "next_step"}
# Items with a message of their own, which says how they are written.
_SENTENCES = dict.fromkeys(["date", "sheet_published"], "day") | {
    "sheet_url": "address",
    "cards": "heads",
    **{name: name for name in ("state", *THRESHOLDS)},
    **dict.fromkeys(["lower", "upper"], "number"),
}
_BY_TYPE = {"missing": "no-text", "literal_error": "other-value", "bool_type": "flag"}


def misfits(
    model: type[BaseModel], table: dict, where: str, required: Iterable[str] = ()
) -> list[str]:
    """What is wrong with a table's items: missing, unknown, of another type, of another value.

    ``required`` are items that the model does not ask for, but this table needs.
    """
    errors: dict[str, Any] = {key: {"type": "missing"} for key in required if key not in table}
    try:
        model.model_validate(table)
    except ValidationError as invalid:
        # A number has an error for each of its types, a state for each year: one of them is kept.
        errors |= {str(error["loc"][0]): error for error in invalid.errors()}
    problems = []
    known = "、".join(model.model_fields)
    for key, error in errors.items():
        problem = _SENTENCES.get(key) or _BY_TYPE.get(error["type"], "other-type")
        problem = "key-unknown" if error["type"] == "extra_forbidden" else problem
        choices = "、".join(re.findall("'(.*?)'", error.get("ctx", {}).get("expected", "")))
        values = {"key": key, "value": table.get(key), "known": known, "choices": choices}
        problems.append(mistake(f"plan.{problem}", where=where, **values))
    return problems


def misdeclared(entries: list[dict], places: list[str]) -> list[str]:
    """What is wrong with declarations, each at its place: by itself, or with the others."""
    problems = []
    relisted = {_identity(entry, "name") for entry in entries if "same_as" in entry}
    for entry, where in zip(entries, places, strict=True):
        declared = entry.keys() & {*DECLARABLE}
        is_in_charge = declared and declared <= _IN_CHARGE
        problems += misfits(Entry, entry, where, [] if is_in_charge else ["reason"])
        wrong = _contradictions(entry, declared, relisted)
        said = {key: entry.get(key) for key in ("same_as", "formerly")}
        problems += sentences(wrong, where=where, known="、".join(DECLARABLE), **said)
    for key in ("name", "formerly"):
        names = [_identity(entry, key) for entry in entries]
        problems += [
            mistake("plan.repeated", where=places[index], key=key, value=names[index])
            for index in repeated(names)
        ]
    return problems


def _contradictions(entry: dict, declared: set[str], relisted: set[str]) -> dict[str, object]:
    """By the key of its message, whether a declaration contradicts itself or those ``relisted``."""
    kind, ends = entry.get("kind"), [entry.get("lower"), entry.get("upper")]
    numbers = [Decimal(end) for end in ends if kind == "range" and isinstance(end, int | Decimal)]
    are_finite = all(number.is_finite() for number in numbers)
    contrary = [("at_least", "decrease"), ("at_most", "increase")]
    name, same_as = _identity(entry, "name"), _identity(entry, "same_as")
    return {
        "nothing-declared": not declared and entry.keys() <= Entry.model_fields.keys(),
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


def _identity(entry: dict, key: str) -> str:
    return identity(str(entry.get(key, "")))


def sentences(wrong: Mapping[str, object], **values) -> list[str]:
    """The sentences of errors.toml whose key in ``wrong`` is true, filled in with the values."""
    return [mistake(f"plan.{key}", **values) for key, is_wrong in wrong.items() if is_wrong]


def repeated(names: list[str]) -> list[int]:
    """The indexes of names that occur earlier in the list; blank names do not count."""
    first = {name: index for index, name in reversed([*enumerate(names)])}
    return [index for index, name in enumerate(names) if name and first[name] < index]
