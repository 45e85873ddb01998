"""plan.toml -> Plan: who and which plan, and what the analyst declares, each with its reason."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

from kpi_utils.cells.notation import identity, label
from kpi_utils.cells.years import RECKONINGS
from kpi_utils.errors import KpiError, mistake

__all__ = ["CONVENTIONS", "Declaration", "Plan", "address", "begins", "read_plan"]

# How published figures may have been made (method 3); the formulas are in ``conventions``.
CONVENTIONS = ("linear", "linear_floor", "linear_clipped", "ratio", "ratio_lower", "ratio_inverse")
ALLOWED = {
    "direction": ("increase", "decrease"),
    "kind": ("at_least", "at_most", "range", "text"),
    "convention": CONVENTIONS,
    "era": RECKONINGS,
}
# What a translation's original may end in, as an identity has it: … by Unicode NFKC.
AND_SO_ON = "..."


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

    name: str
    reason: str
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
    line: int = 0


# What may be declared of a KPI beside its name and the reason, and the type that it must have.
DECLARABLE = {item.name: item.type for item in fields(Declaration)[2:-1]} | {"initiative": str}


@dataclass(frozen=True)
class Plan:
    """One municipality's plan. ``declarations`` are found by a KPI's identity; ``sha256`` is the
    metadata file's. ``convention`` is declared for all published figures, or blank. ``english``
    are translations of what the sheet says, by the identity of the text; ``era`` is that of 19年度.
    Of a sheet, ``apart`` has name and initiative of its KPIs of one name, ``keys`` how a KPI is
    called where declared. ``states`` says of which fiscal year's sheet whether it is a draft or
    published.
    """

    id: str
    municipality: str
    name: str
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    source: str = ""
    sha256: str = ""
    convention: str = ""
    english: Mapping[str, str] = field(default_factory=dict)
    era: str = ""
    apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)

    def translation(self, text: str) -> str | tuple[str, str] | None:
        """The English of a text of the sheet, as ``english`` has it; None where it has none.

        By the whole text, or by the longest beginning that ends in "…". Of a KPI that its
        initiative tells from others, the name and the initiative, each to be translated.

        >>> Plan("shiken", "試験市", "試験計画", english={"人口": "Population"}).translation("人口")
        'Population'
        """
        original = identity(text)
        if original in self.english:
            return self.english[original]
        if original in self.apart:
            return self.apart[original]
        beginnings = [beginning for beginning in self.english if begins(original, beginning)]
        return self.english[max(beginnings, key=len)] if beginnings else None

    def declared(self, kpi: str) -> Declaration:
        """What is declared of a KPI, by its identity; nothing, if nothing is."""
        return self.declarations.get(self.keys.get(kpi, kpi), Declaration(kpi, ""))

    def named(self, kpi: str, name: str) -> str:
        """A KPI's name as printed; with its initiative, where that tells it from others."""
        return address(*self.apart[kpi]) if kpi in self.apart else name

    def former(self, kpi: str) -> list[str]:
        """The identities that a KPI had in earlier years' sheets, as declared; the last one first.

        >>> new = Declaration("新しい名", "改称", formerly="旧い名")
        >>> Plan("shiken", "試験市", "試験計画", {"新しい名": new}).former("新しい名")
        ['旧い名']
        """
        names: list[str] = []
        while name := identity(self.declared(names[-1] if names else kpi).formerly):
            name = identity(self.declared(name).same_as) or name
            if name in [kpi, *names]:
                break
            names.append(name)
        return names


def address(name: str, initiative: str = "") -> str:
    """What a KPI is called that its initiative tells from others of its name: 名前（取組名）."""
    return f"{label(name)}（{label(initiative)}）" if initiative else name


def begins(text: str, original: str) -> bool:
    """Whether a translation's original is a text, or ends in "…" and is how that begins."""
    beginning = original.removesuffix(AND_SO_ON)
    return text == original or (beginning != original and text.startswith(beginning))


def read_plan(path: Path, source: str = "") -> Plan:
    """Read a plan's metadata file; the folder's name is the plan's id.

    ``source`` is the file's name in messages, the path where it is not given. Raises KpiError,
    naming the file and the line, where the file is missing, is not TOML, lacks something, or says
    something that is not known.
    """
    source = source or path.as_posix()
    if not path.is_file():
        raise KpiError(mistake("plan.missing", where=source))
    content = path.read_bytes()
    text, tables = _tables(content, source)
    about, published, english = (tables.get(key, {}) for key in ("plan", "published", "english"))
    problems = [
        mistake("plan.table-unknown", where=f"{source} {_line(text, key)}行目", key=key)
        for key in sorted(tables.keys() - {"plan", "published", "english", "kpi"})
    ]
    problems += _problems(about, ("municipality", "name"), {"era": str}, f"{source} [plan]")
    if "published" in tables:
        where = f"{source} {_line(text, '[published]')}行目 [published]"
        needed = () if [*published] == ["state"] else ("convention", "reason")
        problems += _problems(published, needed, {"state": dict}, where)
        said = published.get("state", {})
        said = [f"{year} {said[year]}" for year in said] if isinstance(said, dict) else []
        if not all(re.fullmatch("[12][0-9]{3} (draft|published)", state) for state in said):
            problems.append(mistake("plan.state", where=where))
    problems += _untranslated(english, f"{source} [english]")
    entries = tables.get("kpi", [])
    lines = [_line(text, "[[kpi]]", number) for number in range(1, len(entries) + 1)]
    problems += _misdeclared(entries, [f"{source} {line}行目 [[kpi]]" for line in lines])
    if problems:
        raise KpiError(problems)
    return Plan(
        path.parent.name,
        about["municipality"],
        about["name"],
        {
            identity(entry["name"]): Declaration(**entry, line=line)
            for line, entry in zip(lines, entries, strict=True)
        },
        source,
        hashlib.sha256(content).hexdigest(),
        published.get("convention", ""),
        # A long translation may be written in several lines.
        {identity(said): " ".join(translation.split()) for said, translation in english.items()},
        about.get("era", ""),
        states=published.get("state", {}),
    )


def _tables(content: bytes, source: str) -> tuple[str, dict]:
    """The text of a metadata file and its tables; a declared name has its initiative in it."""
    try:
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise KpiError(mistake("plan.encoding", where=source)) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{source} {place[1]}行目 {place[2]}文字目" if place else source
        raise KpiError(mistake("plan.toml", where=where)) from None
    for key in ("plan", "published", "english"):
        if not isinstance(tables.get(key, {}), dict):
            raise KpiError(mistake("plan.no-table", where=source, key=key))
    entries = tables.get("kpi", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KpiError(mistake("plan.no-tables", where=source, key="kpi"))
    for entry in entries:
        if isinstance(entry.get("initiative"), str) and _identity(entry, "name"):
            entry["name"] = address(str(entry["name"]), entry.pop("initiative"))
    return text, tables


def _identity(entry: dict, key: str) -> str:
    return identity(str(entry.get(key, "")))


def _mistakes(wrong: Mapping[str, object], **values) -> list[str]:
    """The sentences on a plan that are true, of those by their keys, each with the values."""
    return [mistake(f"plan.{key}", **values) for key, is_wrong in wrong.items() if is_wrong]


def _repeated(names: Sequence[str]) -> list[int]:
    """The places of names that stand before them already."""
    return [place for place, name in enumerate(names) if name and name in names[:place]]


def _untranslated(english: dict, where: str) -> list[str]:
    """What is wrong with translations: no text, no original, or two of the same original."""
    originals = [identity(said) for said in english]
    problems, again = [], _repeated(originals)
    for place, (said, translation) in enumerate(english.items()):
        wrong = {
            "no-original": not originals[place].removesuffix(AND_SO_ON),
            "translated-twice": place in again,
            "no-translation": not isinstance(translation, str) or not translation.strip(),
        }
        problems += _mistakes(wrong, where=where, said=said)
    return problems


def _problems(table: dict, required: tuple, optional: dict, where: str) -> list[str]:
    """What is wrong with a table's items: missing, unknown, of another type, of another value."""
    problems = [
        mistake("plan.no-text", where=where, key=key)
        for key in required
        if not isinstance(table.get(key), str) or not identity(table[key])
    ]
    known = [*required, *optional]
    for key, value in table.items():
        allowed, kind = ALLOWED.get(key, [value]), optional.get(key, type(value))
        # In Python, a truth value is a whole number too.
        is_of_kind = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
        said = {"where": where, "key": key, "value": value}
        if key not in known:
            problems.append(mistake("plan.key-unknown", **said, known="、".join(known)))
        elif not is_of_kind:
            problems.append(mistake("plan.other-type", **said))
        elif value not in allowed:
            problems.append(mistake("plan.other-value", **said, choices="、".join(allowed)))
    return problems


def _misdeclared(entries: list[dict], places: list[str]) -> list[str]:
    """What is wrong with declarations, each at its place: by itself, or beside the others."""
    problems = []
    relisted = {_identity(entry, "name") for entry in entries if "same_as" in entry}
    for entry, where in zip(entries, places, strict=True):
        problems += _problems(entry, ("name", "reason"), DECLARABLE, where)
        problems += _contradictions(entry, relisted, where)
    for key in ("name", "formerly"):
        said = [_identity(entry, key) for entry in entries]
        problems += [
            mistake("plan.repeated", where=places[place], key=key, value=said[place])
            for place in _repeated(said)
        ]
    return problems


def _contradictions(entry: dict, relisted: set[str], where: str) -> list[str]:
    """What in a declaration cannot hold together, or with the KPIs that are ``relisted``."""
    declared, kind = entry.keys() & DECLARABLE.keys(), entry.get("kind")
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
    return _mistakes(wrong, where=where, known=known, **said)


def _line(text: str, start: str, number: int = 1) -> int:
    """The line of the number-th line that starts with a key or heading."""
    starts = re.finditer(rf"^\s*\[*\s*{re.escape(start.strip('[]'))}\b", text, re.MULTILINE)
    places = [match.end() for match in starts]
    return text.count("\n", 0, places[number - 1]) + 1 if len(places) >= number else 1
