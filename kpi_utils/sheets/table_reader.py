"""A sheet's lines -> records: tables and commentary, line by line, whatever the file's format.

Tables stand under captions ``(1)`` and ``(2)``, or alone without one; a caption with 評価及び課題等
begins the commentary. What the columns are, and of which years, is read from their heads.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.notation import UNREADABLE, Cell, identity, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.sheets.columns import (
    REQUIRED,
    YEARLY,
    entered,
    entry_year,
    judged_target,
    problem_of_number,
    problems_of,
    role_of,
)
from kpi_utils.sheets.lines import Line, Remark, is_head

__all__ = ["TableReader", "in_unit_of", "target_fields"]

_HEADING = re.compile(r"[#*\s]*\((\d+)\)")
_COMMENTARY = re.compile(r"[^\t・-]*評価(?:及び|と|・)課題[^\t]*$")
# A block begins with a mark at the margin, or ends with references wherever it begins.
_BLOCK = re.compile(
    r"[-*]\s+(.*)|\s*[-*]?\s*([^\s・].*[【\[][^】\]]*No[^】\]]*[】\]]。?)\s*$", re.I
)
_REFERENCE = re.compile(r"\(\d+\)No\.?\d+(?:[、,・]\d+)*", re.I)
# A row of the table that has lost its tabs or bars, or a part of one.
_TORN_ROW = re.compile(r"\s*(?:\||-?\d+\s*%?(?:\s|$))|[^|]*\|[^|]*\|")


class TableReader:
    """Reads line by line; keeps the records of ``frames``, and what was wrong with a line."""

    def __init__(self, source: str, fiscal_year: int):
        self.source = source
        self.fiscal_year = fiscal_year
        self.title = ""
        self.section: int | None = None
        self.in_commentary = False
        self.captions: dict[int, str] = {}
        self.columns: list[dict] = []
        self.read_rows: Counter[int] = Counter()
        self.rows: list[dict] = []
        self.points: list[dict] = []
        self.targets: list[dict] = []
        self.blocks: list[dict] = []
        self.references: list[dict] = []
        self.notes: list[tuple[int, int, str]] = []
        self.remarks: list[Remark] = []
        self.problems: list[str] = []

    def read(self, lines: list[Line]) -> None:
        """Read the lines of a file. A table without any caption in the file is table (1)."""
        texts = [unicodedata.normalize("NFKC", line.text) for line in lines if not line.cells]
        alone = not any(_HEADING.match(text) for text in texts if not _COMMENTARY.match(text))
        self.section = 1 if alone else None
        for line in lines:
            self._read(line)
            if not line.cells and ERROR_VALUE.search(line.text):
                self.remarks.append(Remark("error-value", line.number, line.text.strip()))
        if alone and self.columns:
            self.captions[1] = self.title

    def _read(self, line: Line) -> None:
        text = line.text.strip().strip("#*").strip()
        plain = unicodedata.normalize("NFKC", line.text)
        heading = None if line.cells else _HEADING.match(plain)
        if not line.cells and _COMMENTARY.match(line.text) and not self.in_commentary:
            self.section, self.in_commentary = None, True
            self.captions[0] = text
        elif heading and (not self.in_commentary or line.heading):
            self.section, self.in_commentary = int(heading[1]), False
            if self.section in self.captions:
                self._problem(line, f"表({self.section})の見出しが2回あります。1回にしてください。")
            self.captions[self.section] = text
        elif not self.title and line.heading:
            self.title = text
        elif self.in_commentary and is_head(line):
            self._problem(
                line, "表の見出しが、評価及び課題等の中にあります。表をその前に移してください。"
            )
        elif self.in_commentary:
            self._read_commentary(line)
        elif not line.cells and self.section and _TORN_ROW.match(plain):
            self._problem(
                line,
                f"表({self.section})の行のようですが、列に分かれていません。行は「{text}」です。"
                "列をタブ（Markdown では、行の始めにも「|」）で区切り、1行に書いてください。",
            )
        elif not line.cells:
            self.notes.append((self.section or 0, line.number, text))
        elif self.section is None:
            self._problem(line, "表の行が、見出し (1)・(2) より前にあります。")
        elif columns := [column for column in self.columns if column["section"] == self.section]:
            self._read_row(line, columns)
        else:
            self._read_header(line)

    def _read_header(self, line: Line) -> None:
        columns = [
            {"section": self.section, "header": header, **role_of(header)} for header in line.cells
        ]
        self.columns += columns
        for problem in problems_of(columns, self.section):
            self._problem(line, problem)

    def _read_row(self, line: Line, columns: list[dict]) -> None:
        if not REQUIRED.keys() <= {column["role"] for column in columns}:
            # What is missing has been said of the header.
            return
        listed = [row["no"] for row in self.rows if row["section"] == self.section]
        self.read_rows[self.section] += 1
        where = f"表({self.section}) の{self.read_rows[self.section]}番目の行"
        if len(line.cells) != len(columns):
            self._problem(
                line,
                f"{where}: セルが{len(line.cells)}個ありますが、見出しは{len(columns)}列です。"
                f"行は「{line.said()}」です。セルの数（テキストではタブの数）を見出しに合わせ、"
                "見出しのない列には書かないでください。",
            )
            return
        by_role = {column["role"]: cell for column, cell in zip(columns, line.cells, strict=True)}
        digits = re.sub(r"\.0+$", "", unicodedata.normalize("NFKC", by_role["no"]).strip())
        if not re.fullmatch(r"\d{1,4}", digits) or int(digits) in listed:
            told = problem_of_number(by_role["no"], line.said())
            self._problem(line, f"{where} 列「No」: {told}")
            return
        name = by_role["name"]
        if ERROR_VALUE.search(name) or not identity(name):
            found = f"エラー値「{name}」" if identity(name) else "空白"
            self._problem(line, f"{where} 列「指標名」: {found}です。指標名を書いてください。")
            return
        listing = {"section": self.section, "no": int(digits)}
        texts = self._texts(line, columns, listing)
        at = {"source": f"{self.source}:{line.number}"}
        cells = [
            (column["role"], column["year"], text, f"{self.source}:{line.number_of(place)}")
            for place, (column, text) in enumerate(zip(columns, texts, strict=True))
        ]
        above = self.rows[-1]["initiative"] if listed else ""
        by_role |= {role: text for role, _, text, _ in cells if role not in YEARLY}
        target_year, target = judged_target(cells, self.fiscal_year)
        baseline_year = next(year for role, year, _, _ in cells if role == "baseline")
        row = _row(by_role | {"target": target}, above, baseline_year, target_year)
        self.rows.append(listing | at | row)
        for role, year, text, source in cells:
            at = listing | {"column_year": year, "source": source}
            if role == "actual":
                self.points.append(at | _point(text, row["unit"]))
            elif role == "target":
                self.targets.append(at | {"raw": text})

    def _texts(self, line: Line, columns: list[dict], listing: dict) -> list[str]:
        """The texts of a row's cells; what its entry columns say is put to the year's actual.

        Says where a formula has no result, and where a cell shows less than its number.
        """
        texts = list(line.cells)
        where = f"表({listing['section']}) No.{listing['no']}"
        for place, formula in line.formulas.items():
            column = columns[place]
            if column["role"] == "published":
                self._remark("formula-without-result", line, place, formula, listing)
            elif not column["role"].startswith("own_"):
                self._problem(
                    line,
                    f"{where} 列「{column['header']}」: 式「{formula}」の計算結果がファイルに"
                    "ありません。表計算ソフトで開き、保存し直してください。",
                )
        for place, number in line.exact.items():
            if columns[place]["role"] in ("baseline", *YEARLY):
                self._remark("display-rounded", line, place, texts[place], listing, number)
        entry = {column["role"]: texts[place] for place, column in enumerate(columns)}
        for place, column in enumerate(columns):
            if column["role"] == "actual" and column["year"] == entry_year(columns):
                texts[place], problem = entered(
                    texts[place], entry.get("entry_year", ""), entry.get("entry_reason", "")
                )
                if problem:
                    self._problem(line, f"{where} 列「{column['header']}」: {problem}")
        return texts

    def _read_commentary(self, line: Line) -> None:
        raw = line.text or line.said()
        text = re.sub(r"^\s*[-*]\s+", "", raw).strip()
        if match := _BLOCK.match(raw):
            heading, printed, references = _references((match[1] or match[2]).strip())
            block = len(self.blocks) + 1
            self.blocks.append(
                {
                    "block": block,
                    "heading": heading,
                    "references_raw": printed,
                    "text": "",
                    "source": f"{self.source}:{line.number}",
                }
            )
            self.references += [
                {"block": block, "section": section, "no": no} for section, no in references
            ]
        elif self.blocks:
            block = self.blocks[-1]
            block["text"] = f"{block['text']}\n{text}".strip()
        else:
            self.notes.append((self.section or 0, line.number, text))

    def _remark(
        self, code: str, line: Line, place: int, text: str, listing: dict, exact: str = ""
    ) -> None:
        rows = (listing["section"], listing["no"])
        self.remarks.append(Remark(code, line.number_of(place), text, rows, exact))

    def _problem(self, line: Line, message: str) -> None:
        self.problems.append(f"{self.source} {line.number}行目: {message}")


def target_fields(raw: str, column_year: int | None, unit: str) -> dict:
    """What ``frames.ROWS`` says of the target that is judged, in its row's unit."""
    target = in_unit_of(read_cell(raw), unit)
    return {
        "target_raw": target.raw,
        "target_text": target.text,
        "target_column_year": column_year,
        "target_year": target.year,
        "target": target.value,
        "target_upper": target.upper,
        "target_unit": target.unit,
        "target_comparator": target.comparator,
        "target_reason": target.reason,
    }


def _row(
    by_role: dict[str, str],
    initiative_above: str,
    baseline_column_year: int | None,
    target_column_year: int | None,
) -> dict:
    name = by_role["name"]
    marks = re.findall(r"【([^】]*)】", name)
    baseline = read_cell(by_role["baseline"])
    return {
        "kpi": identity(name),
        "name": name,
        "initiative_raw": by_role.get("initiative", ""),
        "initiative": by_role.get("initiative", "") or initiative_above,
        "goals": ",".join(mark for mark in marks if mark != "再掲"),
        "relisted": "再掲" in marks,
        "baseline_raw": baseline.raw,
        "baseline_year": baseline.year or baseline_column_year,
        "baseline": baseline.value if not baseline.comparator else None,
        "unit": baseline.unit,
        # A baseline that is a range or a bound has no one value to count from.
        "baseline_reason": UNREADABLE if baseline.comparator else baseline.reason,
        **target_fields(by_role["target"], target_column_year, baseline.unit),
        "published": by_role["published"],
    }


def in_unit_of(cell: Cell, unit: str) -> Cell:
    """A cell in another unit, where its own has the same base (億円, 十億円); else as it is."""

    def turned(end: Decimal | None) -> Decimal | None:
        return None if end is None else in_unit(end, cell.unit, unit)

    value = turned(cell.value)
    if value is None:
        return cell
    return replace(cell, value=value, upper=turned(cell.upper), unit=unit)


def _point(raw: str, unit: str) -> dict:
    cell = in_unit_of(read_cell(raw), unit)
    return {
        "raw": raw,
        "year": cell.year,
        "value": cell.value if not cell.comparator else None,
        "unit": cell.unit,
        "reason": UNREADABLE if cell.comparator else cell.reason,
    }


def _references(heading: str) -> tuple[str, str, list[tuple[int, int]]]:
    """A block's heading without its references, these as printed, and the rows that they name.

    References that are not of the sheet's form stay in the heading, and name no row.

    >>> _references("「市内総生産額」の減少【(1)No.2、(2)No.6】")
    ('「市内総生産額」の減少', '【(1)No.2、(2)No.6】', [(1, 2), (2, 6)])
    """
    match = re.search(r"[【\[]([^】\]]*)[】\]]。?\s*$", heading)
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", match[1])) if match else ""
    if not re.fullmatch(rf"{_REFERENCE.pattern}(?:[、,]{_REFERENCE.pattern})*", text, re.I):
        return heading, "", []
    found = []
    for reference in _REFERENCE.findall(text):
        section, *numbers = re.findall(r"\d+", reference)
        found += [(int(section), int(number)) for number in numbers]
    return heading[: match.start()].strip(), heading[match.start() :].strip(), found
