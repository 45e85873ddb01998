"""A sheet's lines -> records: tables and commentary, line by line, whatever the file's format.

Tables stand under captions ``(1)`` and ``(2)``, or alone without one; a caption with 評価及び課題等
begins the commentary. What the columns are, and of which years, is read from their heads.
"""

import re
from collections import Counter

from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.language import say
from kpi_utils.sheets.columns import (
    REQUIRED,
    YEARLY,
    entered,
    entry_year,
    judged_target,
    problem_of_number,
    problems_of,
)
from kpi_utils.sheets.left_out import LeftOut
from kpi_utils.sheets.lines import Line, Remark, is_commentary, is_head
from kpi_utils.sheets.row_reader import point_fields, row_fields, target_fields

__all__ = ["TableReader"]

_HEADING = re.compile(r"[#*\s]*\((\d+)\)")
# A block begins with a mark at the margin, or ends with references wherever it begins.
_BLOCK = re.compile(
    r"[-*]\s+(.*)|\s*[-*]?\s*([^\s・].*[【\[][^【\[】\]]*(?:No|Ｎｏ)[^【\[】\]]*[】\]]。?)\s*$",
    re.I,
)
_REFERENCE = re.compile(r"\(\d+\)No\.?\d+(?:[、,・]\d+)*", re.I)
# A row of the table that has lost its tabs or bars, or a part of one.
_TORN_ROW = re.compile(r"\s*(?:\||-?\d+\s*%?(?:\s|$))|[^|]*\|[^|]*\|")
# A date of another month than March, with which a fiscal year ends: 2021年9月, R3.9.
_WITHIN_YEAR = re.compile(r"[年.．](?![0０]?[3３](?!\d))\d{1,2}(?!\d)")


class TableReader:
    """Reads line by line; keeps the records of ``frames``, and what was wrong with a line."""

    def __init__(self, source: str, fiscal_year: int, era: str = ""):
        self.source = source
        self.fiscal_year = fiscal_year
        self.left_out = LeftOut(fiscal_year, era)
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
        texts = [line.text for line in lines if not line.cells and not is_commentary(line)]
        alone = not any(_HEADING.match(plain(text)) for text in texts)
        self.section = 1 if alone else None
        self.left_out = LeftOut.of(self.fiscal_year, self.left_out.era, lines)
        for line in lines:
            self._read(line)
            if not line.cells and ERROR_VALUE.search(line.text):
                self.remarks.append(Remark("error-value", line.number, line.text.strip()))
        if alone and self.columns:
            self.captions[1] = self.title

    def _read(self, line: Line) -> None:
        text = line.text.strip().strip("#*").strip()
        said = plain(line.text)
        heading = None if line.cells else _HEADING.match(said)
        # A title above the tables may speak of 評価と課題, too.
        first = line.heading and not (heading or self.title or self.columns)
        if not line.cells and not self.in_commentary and not first and is_commentary(line):
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
        elif not line.cells and self.section and _TORN_ROW.match(said):
            told = f"表({self.section})の行のようですが、列に分かれていません。行は"
            headed = self.section in (column["section"] for column in self.columns)
            # Of a table without a head it is told once.
            if headed or told not in "".join(self.problems):
                how = "見出しの行から、列をタブ（Markdown では「|」）で区切ってください。"
                self._problem(line, f"{told}「{text}」です。{how}")
        elif not line.cells:
            self.notes.append((self.section or 0, line.number, text))
        elif self.section is None:
            self._problem(line, "表の行が、見出し (1)・(2) より前にあります。")
        elif columns := [column for column in self.columns if column["section"] == self.section]:
            self._read_row(line, columns)
        else:
            self._read_header(line)

    def _read_header(self, line: Line) -> None:
        read = [(header, *self.left_out.column(header)) for header in line.cells]
        columns = [
            {"section": self.section, "header": header, **column} for header, column, _ in read
        ]
        self.columns += columns
        for header, _, short in read:
            if short:
                told = say("unreadable.era", part=short)
                self._problem(line, f"表({self.section}) 列「{header}」: {told}。")
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
        digits = re.sub(r"\.0+$", "", plain(by_role["no"]).strip())
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
        read, unit = self.left_out.figures(columns, texts, by_role["name"])
        target_year, _ = judged_target(cells, self.fiscal_year)
        baseline_year = next(year for role, year, _, _ in cells if role == "baseline")
        row = row_fields(by_role, above, read["baseline", baseline_year], baseline_year, unit)
        row |= target_fields(read["target", target_year], target_year, unit)
        self.rows.append(listing | at | row)
        for role, year, text, source in cells:
            at = listing | {"column_year": year, "source": source, "raw": text}
            if role == "actual":
                self.points.append(at | point_fields(read[role, year], unit))
            elif role == "target":
                self.targets.append(at | target_fields(read[role, year], year, unit))

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
            cell = read_cell(texts[place])
            when = cell.year_raw or column["header"]
            if column["role"] == "actual" and cell.value is not None and _WITHIN_YEAR.search(when):
                self._remark("part-year", line, place, texts[place], listing, when)
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


def _references(heading: str) -> tuple[str, str, list[tuple[int, int]]]:
    """A block's heading without its references, these as printed, and the rows that they name.

    References that are not of the sheet's form stay in the heading, and name no row.

    >>> _references("「市内総生産額」の減少【(1)No.2、(2)No.6】")
    ('「市内総生産額」の減少', '【(1)No.2、(2)No.6】', [(1, 2), (2, 6)])
    """
    match = re.search(r"[【\[]([^【\[】\]]*)[】\]]。?\s*$", heading)
    text = squeezed(match[1]) if match else ""
    if not re.fullmatch(rf"{_REFERENCE.pattern}(?:[、,]{_REFERENCE.pattern})*", text, re.I):
        return heading, "", []
    found = []
    for reference in _REFERENCE.findall(text):
        section, *numbers = re.findall(r"\d+", reference)
        found += [(int(section), int(number)) for number in numbers]
    return heading[: match.start()].strip(), heading[match.start() :].strip(), found
