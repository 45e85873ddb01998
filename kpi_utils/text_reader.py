"""The published text of a sheet -> records: tables and commentary, line by line.

The text has headings ``(1)`` and ``(2)``, each followed by a tab-separated table, and a heading
評価及び課題等 with the commentary as a list. What the columns are is read from the headers.
"""

import re
import unicodedata

from kpi_utils.notation import UNREADABLE, identity, read_cell

__all__ = ["TextReader"]

REQUIRED = {
    "no": "No",
    "name": "指標名",
    "baseline": "当初値",
    "actual": "実績（○○年）",
    "target": "目標値",
    "published": "達成度",
}
_HEADING = re.compile(r"[#*\s]*\((\d+)\)")
_COMMENTARY = re.compile(r"[^\t・-]*評価(?:及び|と|・)課題[^\t]*$")
# A block begins with a mark at the margin, or ends with references wherever it begins.
_BLOCK = re.compile(
    r"[-*]\s+(.*)|\s*[-*]?\s*([^\s・].*[【\[][^】\]]*No[^】\]]*[】\]]。?)\s*$", re.I
)
_REFERENCE = re.compile(r"\(\d+\)No\.?\d+(?:[、,・]\d+)*", re.I)
# A row of the table that has lost its tabs, or a part of one.
_TORN_ROW = re.compile(r"\s*-?\d+\s*%?(\s|$)")


class TextReader:
    """Reads line by line; keeps the records of ``frames``, and what was wrong with a line."""

    def __init__(self, source: str):
        self.source = source
        self.title = ""
        self.section: int | None = None
        self.in_commentary = False
        self.captions: dict[int, str] = {}
        self.columns: list[dict] = []
        self.rows: list[dict] = []
        self.points: list[dict] = []
        self.targets: list[dict] = []
        self.blocks: list[dict] = []
        self.references: list[dict] = []
        self.notes: list[tuple[int, int, str]] = []
        self.problems: list[str] = []

    def read(self, number: int, line: str) -> None:
        """Read one line of the file; lines are counted from 1."""
        text = line.strip().strip("#*").strip()
        plain = unicodedata.normalize("NFKC", line)
        heading = _HEADING.match(plain)
        if not text:
            return
        if _COMMENTARY.match(line) and not self.in_commentary:
            self.section, self.in_commentary = None, True
            self.captions[0] = text
        elif heading and "\t" not in line and (not self.in_commentary or line.startswith("#")):
            self.section, self.in_commentary = int(heading[1]), False
            if self.section in self.captions:
                self._problem(
                    number, f"表({self.section})の見出しが2回あります。1回にしてください。"
                )
            self.captions[self.section] = text
        elif not self.title and line.startswith("#"):
            self.title = text
        elif self.in_commentary:
            self._read_commentary(number, line)
        elif "\t" not in line and self.section and _TORN_ROW.match(plain):
            self._problem(
                number,
                f"表({self.section})の行のようですが、タブがありません。行は「{text}」です。"
                "列をタブで区切り、1行に書いてください。",
            )
        elif "\t" not in line:
            self.notes.append((self.section or 0, number, text))
        elif self.section is None:
            self._problem(number, "表の行が、見出し (1)・(2) より前にあります。")
        elif columns := [column for column in self.columns if column["section"] == self.section]:
            self._read_row(number, columns, line.split("\t"))
        else:
            self._read_header(number, line.split("\t"))

    def _read_header(self, number: int, headers: list[str]) -> None:
        columns = [
            {"section": self.section, "header": header, **_role(header)} for header in headers
        ]
        # One column a role; of the actuals, one a year.
        keys = [
            (column["role"], column["role"] == "actual" and column["year"]) for column in columns
        ]
        for column, key in zip(columns, keys, strict=True):
            if not column["role"]:
                self._problem(
                    number,
                    f"表({self.section}) 列「{column['header']}」が何の列か分かりません。"
                    f"使える列は 取組名、{'、'.join(REQUIRED.values())} です。",
                )
            elif keys.count(key) > 1:
                self._problem(
                    number, f"表({self.section}) 列「{column['header']}」が重なっています。"
                )
        self.columns += columns
        roles = {column["role"] for column in columns}
        for role, header in REQUIRED.items():
            if role not in roles:
                self._problem(
                    number,
                    f"表({self.section}) 列「{header}」がありません。"
                    f"見出しの行は「{'｜'.join(headers)}」です。見出しを確かめてください。",
                )

    def _read_row(self, number: int, columns: list[dict], cells: list[str]) -> None:
        if not REQUIRED.keys() <= {column["role"] for column in columns}:
            # What is missing has been said of the header.
            return
        cells = [cell.strip() for cell in cells]
        listed = [row["no"] for row in self.rows if row["section"] == self.section]
        where = f"表({self.section}) の{len(listed) + 1}番目の行"
        if len(cells) != len(columns):
            self._problem(
                number,
                f"{where}: セルが{len(cells)}個ありますが、見出しは{len(columns)}列です。"
                f"行は「{'｜'.join(cells)}」です。タブの数を見出しに合わせてください。",
            )
            return
        by_role = {column["role"]: cell for column, cell in zip(columns, cells, strict=True)}
        digits = unicodedata.normalize("NFKC", by_role["no"])
        if not re.fullmatch(r"\d{1,4}", digits) or int(digits) in listed:
            expected = "重ならない番号（1、2、3…）を書いてください。"
            self._problem(number, f"{where} 列「No」: 「{by_role['no']}」とあります。{expected}")
            return
        if not identity(by_role["name"]):
            self._problem(number, f"{where} 列「指標名」: 空白です。指標名を書いてください。")
            return
        listing = {"section": self.section, "no": int(digits), "source": f"{self.source}:{number}"}
        above = self.rows[-1]["initiative"] if listed else ""
        target_column = next(column for column in columns if column["role"] == "target")
        self.rows.append(listing | _row(by_role, above, target_column["year"]))
        self.points += [
            listing | _point(column["year"], cell)
            for column, cell in zip(columns, cells, strict=True)
            if column["role"] == "actual"
        ]

        self.targets += [
            listing | {"column_year": column["year"], "raw": cell}
            for column, cell in zip(columns, cells, strict=True)
            if column["role"] == "target"
        ]

    def _read_commentary(self, number: int, line: str) -> None:
        text = re.sub(r"^\s*[-*]\s+", "", line).strip()
        if match := _BLOCK.match(line):
            heading, printed, references = _references((match[1] or match[2]).strip())
            block = len(self.blocks) + 1
            self.blocks.append(
                {
                    "block": block,
                    "heading": heading,
                    "references_raw": printed,
                    "text": "",
                    "source": f"{self.source}:{number}",
                }
            )
            self.references += [
                {"block": block, "section": section, "no": no} for section, no in references
            ]
        elif self.blocks:
            block = self.blocks[-1]
            block["text"] = f"{block['text']}\n{text}".strip()
        else:
            self.notes.append((self.section or 0, number, text))

    def _problem(self, number: int, message: str) -> None:
        self.problems.append(f"{self.source} {number}行目: {message}")


def _role(header: str) -> dict:
    """What a column is, and the fiscal year in its header.

    >>> _role("2030年(目標値)")
    {'role': 'target', 'year': 2030}
    """
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", header))
    match = re.match(r"(\d{4})年", text)
    year = int(match[1]) if match else None
    patterns = {
        "no": r"No\.?",
        "initiative": r"取組名.*",
        "name": r"指標名.*",
        "baseline": r"当初値.*",
        "target": r".*目標値.*",
        "actual": r"\d{4}年度?\(?(実績値?)?\)?",
        "published": r"達成度.*",
    }
    roles = [role for role, pattern in patterns.items() if re.fullmatch(pattern, text)]
    return {"role": roles[0] if roles else "", "year": year}


def _row(by_role: dict[str, str], initiative_above: str, target_column_year: int | None) -> dict:
    name = by_role["name"]
    marks = re.findall(r"【([^】]*)】", name)
    baseline, target = read_cell(by_role["baseline"]), read_cell(by_role["target"])
    return {
        "kpi": identity(name),
        "name": name,
        "initiative_raw": by_role.get("initiative", ""),
        "initiative": by_role.get("initiative", "") or initiative_above,
        "goals": ",".join(mark for mark in marks if mark != "再掲"),
        "relisted": "再掲" in marks,
        "baseline_raw": baseline.raw,
        "baseline_year": baseline.year,
        "baseline": baseline.value if not baseline.comparator else None,
        "unit": baseline.unit,
        # A baseline that is a range or a bound has no one value to count from.
        "baseline_reason": UNREADABLE if baseline.comparator else baseline.reason,
        "target_raw": target.raw,
        "target_text": target.text,
        "target_column_year": target_column_year,
        "target_year": target.year,
        "target": target.value,
        "target_upper": target.upper,
        "target_unit": target.unit,
        "target_comparator": target.comparator,
        "target_reason": target.reason,
        "published": by_role["published"],
    }


def _point(column_year: int, raw: str) -> dict:
    cell = read_cell(raw)
    return {
        "column_year": column_year,
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
