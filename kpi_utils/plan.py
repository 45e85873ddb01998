"""plan.toml -> Plan: who and which plan, and what the analyst declares, each with its reason."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from kpi_utils.cells.notation import identity, label
from kpi_utils.cells.years import RECKONINGS
from kpi_utils.errors import KpiError
from kpi_utils.language import say, spoken

__all__ = ["AND_SO_ON", "CONVENTIONS", "Declaration", "Plan", "address", "read_plan"]

DIRECTIONS = ("increase", "decrease")
KINDS = ("at_least", "at_most", "range", "text")
# How published figures may have been made (method 3); the formulas are in ``conventions``.
CONVENTIONS = ("linear", "linear_floor", "linear_clipped", "ratio", "ratio_lower", "ratio_inverse")
# What may be declared of a KPI, and the type that it must have.
DECLARABLE = {
    "direction": str,
    "kind": str,
    "lower": (int, Decimal),
    "upper": (int, Decimal),
    "cumulative": bool,
    "running_total": bool,
    "same_as": str,
    "formerly": str,
    "convention": str,
    "initiative": str,
    "apart": bool,
}
# What a translation's original may end in, as an identity has it: … by Unicode NFKC.
AND_SO_ON = "..."
ALLOWED = {"direction": DIRECTIONS, "kind": KINDS, "convention": CONVENTIONS, "era": RECKONINGS}


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
    lower: Decimal | None = None
    upper: Decimal | None = None
    cumulative: bool = False
    running_total: bool = False
    same_as: str = ""
    formerly: str = ""
    convention: str = ""
    apart: bool = False
    line: int = 0


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

    def said(self, text: str) -> str:
        """A text of the sheet, or of this plan, in the language that is spoken.

        In English as ``english`` translates it, by the whole text or by the longest beginning that
        ends in "…"; where it does not, as it stands and marked so.

        >>> Plan("shiken", "試験市", "試験計画").said("人口")
        '人口'
        """
        if spoken() == "ja" or text.isascii():
            return text
        whole = identity(text)
        if whole in self.english:
            return self.english[whole]
        if named := self.apart.get(whole):
            return self.said(named[0]) + say("bracketed", text=self.said(named[1]))
        begun = [
            said
            for said in self.english
            if said.endswith(AND_SO_ON) and whole.startswith(said.removesuffix(AND_SO_ON))
        ]
        return self.english[max(begun, key=len)] if begun else say("original", text=text)

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


def read_plan(path: Path, source: str = "") -> Plan:
    """Read a plan's metadata file; the folder's name is the plan's id.

    ``source`` is the file's name in messages, the path where it is not given. Raises KpiError,
    naming the file and the line, where the file is missing, is not TOML, lacks something, or says
    something that is not known.
    """
    source = source or path.as_posix()
    if not path.is_file():
        raise KpiError(
            f"{source}: 計画の情報ファイルがありません。[plan] に municipality と name を書いて"
            "作ってください。書き方は data/README.md にあります。"
        )
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise KpiError(f"{source}: UTF-8 で保存されていません。保存し直してください。") from None
    except tomllib.TOMLDecodeError as error:
        raise KpiError(
            f"{source}{_toml_place(error)}: TOML として読めません。"
            '文字列は " で囲み、項目は「名前 = 値」の形で書いてください。'
        ) from None

    problems = [
        f"{source} {_line(text, key)}行目: 「{key}」という項目はありません。"
        "使える項目は [plan]、[published]、[english] 及び [[kpi]] です。"
        for key in sorted(tables.keys() - {"plan", "published", "english", "kpi"})
    ]
    about, published, english = (tables.get(key, {}) for key in ("plan", "published", "english"))
    entries = tables.get("kpi", [])
    for key, table in (("plan", about), ("published", published), ("english", english)):
        if not isinstance(table, dict):
            raise KpiError(f"{source}: {key} は [{key}] という見出しで書いてください。")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KpiError(f"{source}: kpi は [[kpi]] という見出しで、指標ごとに書いてください。")
    for entry in entries:
        if isinstance(entry.get("initiative"), str) and identity(str(entry.get("name", ""))):
            entry["name"] = address(str(entry["name"]), entry.pop("initiative"))
    problems += _problems(about, ("municipality", "name"), {"era": str}, f"{source} [plan]")
    if "published" in tables:
        where = f"{source} {_line(text, '[published]')}行目 [published]"
        needed = () if [*published] == ["state"] else ("convention", "reason")
        problems += _problems(published, needed, {"state": dict}, where)
        said = published.get("state", {})
        said = [f"{year} {said[year]}" for year in said] if isinstance(said, dict) else []
        if not all(re.fullmatch("[12][0-9]{3} (draft|published)", state) for state in said):
            problems.append(f'{where}: state は {{ 2023 = "draft" }} の形で、年度ごとに書きます。')
    problems += _untranslated(english, f"{source} [english]")
    lines = [_line(text, "[[kpi]]", number) for number in range(1, len(entries) + 1)]
    for line, entry in zip(lines, entries, strict=True):
        where = f"{source} {line}行目 [[kpi]]"
        problems += _problems(entry, ("name", "reason"), DECLARABLE, where)
        problems += _contradictions(entry, where)
    names = [identity(str(entry.get("name", ""))) for entry in entries]
    same = {name for name, entry in zip(names, entries, strict=True) if "same_as" in entry}
    problems += [
        f"{source} {line}行目 [[kpi]]: same_as の「{entry['same_as']}」にも same_as が"
        "宣言されています。どの行の宣言にも、最初に載る行の指標名を書いてください。"
        for line, name, entry in zip(lines, names, entries, strict=True)
        if (other := identity(str(entry.get("same_as", "")))) in same and other != name
    ]
    former = [identity(str(entry.get("formerly", ""))) for entry in entries]
    problems += [
        f"{source} {line}行目 [[kpi]]: {key} の「{name}」が重なっています。1件にしてください。"
        for key, said in (("name", names), ("formerly", former))
        for place, (line, name) in enumerate(zip(lines, said, strict=True))
        if name and name in said[:place]
    ]
    if problems:
        raise KpiError(problems)
    declarations = {
        name: Declaration(**entry, line=line)
        for line, name, entry in zip(lines, names, entries, strict=True)
    }
    return Plan(
        path.parent.name,
        about["municipality"],
        about["name"],
        declarations,
        source,
        hashlib.sha256(content).hexdigest(),
        published.get("convention", ""),
        # A long translation may be written in several lines.
        {identity(said): " ".join(translation.split()) for said, translation in english.items()},
        about.get("era", ""),
        states=published.get("state", {}),
    )


def _untranslated(english: dict, where: str) -> list[str]:
    """What is wrong with translations: no text, no original, or two of the same original."""
    problems, seen = [], set()
    for said, translation in english.items():
        original = identity(said)
        if not original.removesuffix(AND_SO_ON):
            problems.append(
                f"{where}: 「{said}」には原文がありません。シートの記載を書いてください。"
            )
        if original in seen:
            problems.append(f"{where}: 「{said}」の訳が重なっています。1件にしてください。")
        seen.add(original)
        if not isinstance(translation, str) or not translation.strip():
            problems.append(
                f"{where}: 「{said}」の訳が文字列で書かれていません。"
                '"原文" = "English" の形で書いてください。'
            )
    return problems


def _problems(table: dict, required: tuple, optional: dict, where: str) -> list[str]:
    """What is wrong with a table's items: missing, unknown, of another type, of another value."""
    problems = [
        f'{where}: {key} が文字列で書かれていません。{key} = "…" の形で書いてください。'
        for key in required
        if not isinstance(table.get(key), str) or not identity(table[key])
    ]
    known = [*required, *optional]
    for key, value in table.items():
        if key not in known:
            problems.append(
                f"{where}: 「{key}」という項目はありません。使える項目は {'、'.join(known)} です。"
            )
        elif key in optional and (
            not isinstance(value, optional[key])
            or (isinstance(value, bool) and optional[key] is not bool)
        ):
            problems.append(
                f"{where}: {key} が「{value}」です。data/README.md のとおり書いてください。"
            )
        elif key in ALLOWED and value not in ALLOWED[key]:
            choices = "、".join(ALLOWED[key])
            problems.append(
                f"{where}: {key} が「{value}」です。{choices} のいずれかを書いてください。"
            )
    return problems


def _contradictions(entry: dict, where: str) -> list[str]:
    problems, declared = [], entry.keys() & DECLARABLE.keys()
    if not declared:
        problems.append(
            f"{where}: 何も宣言されていません。{'、'.join(DECLARABLE)} のいずれかを書いてください。"
        )
    ends = [entry.get("lower"), entry.get("upper")]
    is_range = entry.get("kind") == "range"
    if is_range != (None not in ends) or ends.count(None) == 1:
        problems.append(f'{where}: kind = "range" には lower と upper の両方が要ります。')
    elif is_range and all(isinstance(end, int | Decimal) for end in ends):
        if not all(Decimal(end).is_finite() for end in ends):
            problems.append(f"{where}: lower と upper には数値を書いてください。")
        elif ends[0] > ends[1]:
            problems.append(f"{where}: lower が upper より大きいです。")
    limits = [("at_least", "decrease"), ("at_most", "increase")]
    if (entry.get("kind"), entry.get("direction")) in limits:
        problems.append(f"{where}: kind と direction が矛盾しています。")
    if entry.get("cumulative") and entry.get("running_total"):
        problems.append(f"{where}: cumulative と running_total のどちらか一方にしてください。")
    if "same_as" in declared and declared != {"same_as"}:
        problems.append(
            f"{where}: same_as のほかの宣言は、{entry['same_as']} の方に書いてください。"
        )
    others = {"same_as": "別の行の指標名", "formerly": "以前の指標名"}
    problems += [
        f"{where}: {key} が指標「{entry[key]}」自らの名前です。{other}を書いてください。"
        for key, other in others.items()
        if key in entry and identity(str(entry[key])) == identity(str(entry.get("name", "")))
    ]
    return problems


def _line(text: str, start: str, number: int = 1) -> int:
    """The line of the number-th line that starts with a key or heading."""
    starts = re.finditer(rf"^\s*\[*\s*{re.escape(start.strip('[]'))}\b", text, re.MULTILINE)
    places = [match.end() for match in starts]
    return text.count("\n", 0, places[number - 1]) + 1 if len(places) >= number else 1


def _toml_place(error: tomllib.TOMLDecodeError) -> str:
    match = re.search(r"at line (\d+), column (\d+)", str(error))
    return f" {match[1]}行目 {match[2]}文字目" if match else ""
