"""plan.toml -> Plan: the municipality, the plan, and the analyst's declarations with reasons."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.notation import identity, label
from kpi_utils.declaration import (
    NOTHING,
    OF_ONE_YEAR,
    About,
    Declaration,
    Document,
    Published,
    misdeclared,
    misfits,
    repeated,
    sentences,
)
from kpi_utils.errors import KpiError, mistake

# The end of an original (as an identity: … after NFKC) that stands for all texts that begin so.
AND_SO_ON = "..."
# The tables that plan.toml may have once each.
_TABLES = ("plan", "published", "english", "worksheet", "columns", "report")
_YEAR = re.compile("[12][0-9]{3}")
# More than anybody declares.
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Plan:
    """One municipality's plan, as plan.toml declares it, and what a sheet adds when it is read.

    ``declarations`` are by a KPI's identity. ``source`` and ``sha256`` are those of plan.toml.
    ``convention`` is declared for all published figures, or blank. ``english`` maps the identity of
    a text in the sheet to its translation. ``era`` is the era of years without one (19年度).
    ``states`` says by fiscal year whether the sheet is a draft or published. ``heads`` maps the
    identity of a head in the sheet to the known head that it stands for. ``worksheets`` names the
    worksheet of a workbook by fiscal year. ``documents`` are the tables [report] by fiscal year,
    and under "" the one for any year.

    Three fields come from the sheet, and are empty before it is read: ``namesakes`` has the name
    and the initiative of each KPI that shares its name with another, by its identity; ``keys`` the
    identity under which a KPI is declared, if that is another one; ``labels`` what is printed in
    place of a row's No., by section and No.
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
    namesakes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[tuple[int, int], str] = field(default_factory=dict)
    worksheets: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)

    def document(self, fiscal_year: int) -> Document:
        """What is declared about the report of a year; a blank ``Document`` if nothing is."""
        documents = self.documents
        return documents.get(str(fiscal_year)) or documents.get("") or Document()

    def unclear_years(self, fiscal_years: list[int]) -> list[str]:
        """A sentence if an item of one year is declared, but there are reports of several years."""
        declared = self.documents[""].model_fields_set if "" in self.documents else set()
        keys = [key for key in OF_ONE_YEAR if key in declared]
        if not keys or len(fiscal_years) < 2:
            return []
        years = {"years": "、".join(map(str, fiscal_years)), "year": fiscal_years[-1]}
        return [mistake("plan.of-one-year", where=self.source, keys="、".join(keys), **years)]

    def translation(self, text: str) -> str | tuple[str, str] | None:
        """The English of a text of the sheet, by ``english``; None if there is none.

        It is found by the whole text, or by the longest beginning that ends in "…". For a KPI that
        is told apart by its initiative: name and initiative, each to be translated.

        >>> Plan("shiken", "試験市", "試験計画", english={"人口": "Population"}).translation("人口")
        'Population'
        """
        original = identity(text)
        if original in self.english:
            return self.english[original]
        if original in self.namesakes:
            return self.namesakes[original]
        beginnings = [beginning for beginning in self.english if begins(original, beginning)]
        return self.english[max(beginnings, key=len)] if beginnings else None

    def declared(self, kpi: str) -> Declaration:
        """What is declared about a KPI, by its identity; ``NOTHING`` if nothing is."""
        return self.declarations.get(self.keys.get(kpi, kpi), NOTHING)

    def named(self, kpi: str, name: str) -> str:
        """A KPI's name as printed; with its initiative, if that tells it apart from others."""
        return address(*self.namesakes[kpi]) if kpi in self.namesakes else name

    def former(self, kpi: str) -> list[str]:
        """The identities that a KPI had in earlier years' sheets, as declared; the newest first.

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
    """The name of a KPI that its initiative tells apart from others of the name: 名前（取組名）."""
    return f"{label(name)}（{label(initiative)}）" if initiative else name


def begins(text: str, original: str) -> bool:
    """Whether a translation's original is a text, or ends in "…" and the text begins with it."""
    beginning = original.removesuffix(AND_SO_ON)
    return text == original or (beginning != original and text.startswith(beginning))


def read_plan(path: Path, source: str = "") -> Plan:
    """Read a plan's metadata file; the folder's name is the plan's id.

    ``source`` is the file's name in messages, by default its path. Raises KpiError, naming the file
    and the line, if the file is missing, too large or not TOML, or if it lacks an item or has an
    unknown or contradictory one.
    """
    source = source or path.as_posix()
    if not path.is_file():
        raise KpiError(mistake("plan.missing", where=source))
    if (size := path.stat().st_size) > _MOST_BYTES:
        raise KpiError(mistake("plan.large", where=source, megabytes=size // 1_000_000))
    content = path.read_bytes()
    text, tables = _tables(content, source)
    about, published, english, worksheets, heads, report = (tables.get(key, {}) for key in _TABLES)
    entries, states = tables.get("kpi", []), published.get("state", {})
    # Entries that are not written below headings get line 1.
    lines = (_lines(text, "[[kpi]]") + [1] * len(entries))[: len(entries)]
    years = {year: items for year, items in report.items() if isinstance(items, dict)}
    usual = {key: item for key, item in report.items() if key not in years}

    def place(head: str) -> str:
        return f"{source} {_line(text, head)}行目 {head}"

    problems = [
        mistake("plan.table-unknown", where=f"{source} {_line(text, key)}行目", key=key)
        for key in sorted(tables.keys() - {*_TABLES, "kpi"})
    ]
    problems += misfits(About, about, f"{source} [plan]")
    if "published" in tables:
        required = [] if [*published] == ["state"] else ["convention", "reason"]
        problems += misfits(Published, published, place("[published]"), required)
    problems += [
        mistake("plan.worksheet", where=f"{source} [worksheet]", key=key, value=name)
        for key, name in worksheets.items()
        if not _YEAR.fullmatch(key) or not isinstance(name, str) or not name.strip()
    ]
    problems += _untranslated(english, f"{source} [english]")
    problems += [
        mistake("plan.head-unknown", where=f"{source} [columns]", header=header, head=head)
        for header, head in heads.items()
        if not isinstance(head, str) or not head_of(head).kinds
    ]
    problems += misfits(Document, usual, place("[report]")) if usual else []
    for year, items in years.items():
        where = place(f"[report.{year}]")
        is_draft = isinstance(states, dict) and states.get(year) == "draft"
        wrong = {"report-year": not _YEAR.fullmatch(year)}
        wrong |= {"report-draft": is_draft and "sheet_published" in items}
        problems += misfits(Document, items, where) + sentences(
            wrong, where=where, key=year, year=year
        )
    problems += misdeclared(entries, [f"{source} {line}行目 [[kpi]]" for line in lines])
    if problems:
        raise KpiError(problems)
    declarations = [
        Declaration(**entry, line=line) for line, entry in zip(lines, entries, strict=True)
    ]
    return Plan(
        path.parent.name,
        about["municipality"],
        about["name"],
        {identity(declared.name): declared for declared in declarations},
        source,
        hashlib.sha256(content).hexdigest(),
        published.get("convention", ""),
        # A long translation may be written in several lines.
        {identity(said): " ".join(translation.split()) for said, translation in english.items()},
        about.get("era", ""),
        states=states,
        heads={identity(header): head for header, head in heads.items()},
        worksheets=worksheets,
        documents={"": Document(**usual)}
        | {year: Document(**usual | items) for year, items in years.items()},
    )


def _tables(content: bytes, source: str) -> tuple[str, dict]:
    """The text of plan.toml and its tables; a declared name then contains its initiative."""
    try:
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text, parse_float=Decimal)
        # Raises here if there is a number that Python reads but cannot print in a message.
        str(tables)
    except UnicodeDecodeError:
        raise KpiError(mistake("plan.encoding", where=source)) from None
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{source} {match[1]}行目 {match[2]}文字目" if match else source
        lines = text.rstrip().split("\n")
        line = lines[int(match[1]) - 1 if match else -1].strip()[:60]
        raise KpiError(mistake("plan.toml", where=where, line=line)) from None
    except (ValueError, ArithmeticError, RecursionError):
        # A number of thousands of digits, or hundreds of nested brackets.
        raise KpiError(mistake("plan.boundless", where=source)) from None
    for key in _TABLES:
        if not isinstance(tables.get(key, {}), dict):
            raise KpiError(mistake("plan.no-table", where=source, key=key))
    entries = tables.get("kpi", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KpiError(mistake("plan.no-tables", where=source, key="kpi"))
    for entry in entries:
        if isinstance(entry.get("initiative"), str) and identity(str(entry.get("name", ""))):
            entry["name"] = address(str(entry["name"]), entry.pop("initiative"))
    return text, tables


def _untranslated(english: dict, where: str) -> list[str]:
    """What is wrong with translations: no text, no original, or two of the same original."""
    originals = [identity(text) for text in english]
    problems = []
    again = repeated(originals)
    for index, (said, translation) in enumerate(english.items()):
        wrong = {
            "no-original": not originals[index].removesuffix(AND_SO_ON),
            "translated-twice": index in again,
            "no-translation": not isinstance(translation, str) or not translation.strip(),
        }
        problems += sentences(wrong, where=where, said=said)
    return problems


def _line(text: str, start: str) -> int:
    """The number of the first line that starts with a key or heading; 1 if there is none."""
    return next(iter(_lines(text, start)), 1)


def _lines(text: str, start: str) -> list[int]:
    """The lines that start with a key or heading."""
    # [report] is not the heading of [report.2023].
    end = r"\s*[\]=]" if start.startswith("[") else r"\b"
    head = re.compile(rf"\s*\[*\s*{re.escape(start.strip('[]'))}{end}")
    return [number for number, line in enumerate(text.split("\n"), 1) if head.match(line)]
