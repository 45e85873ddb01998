"""What the cells of a sheet leave out and its other places say: eras, and what a bracket is."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kpi_utils.cells.grammar import NUMBER
from kpi_utils.cells.notation import BLANK, UNREADABLE, Cell, read_cell
from kpi_utils.cells.years import PERIOD, SHORT_YEAR, WESTERN_YEAR, period_in, readings
from kpi_utils.sheets.columns import YEARLY, role_of
from kpi_utils.sheets.lines import Line, is_head

__all__ = ["LeftOut"]

# How many years before and after the year of its column, or of the sheet, a cell's year can be.
_WINDOWS = {"baseline": (20, 0), "actual": (7, 0), "target": (5, 15), "head": (7, 5)}
# How a text names an era.
_NAMES = {
    era: re.compile(said)
    for era, said in {
        "昭和": r"昭和|(?<![A-Za-z])[Ss]\d",
        "平成": r"平成|(?<![A-Za-z])[Hh]\d",
        "令和": r"令和|(?<![A-Za-z])[Rr]\d",
    }.items()
}
# ※( )書きが累計, 累計は括弧内: a bracket is the sum over the years.
_BRACKET = r"(?:\(\)|括弧|かっこ|カッコ)(?:内|書き?)?"
_SUM = re.compile(
    rf"{_BRACKET}(?:の?数[値字])?[はがを:]?[^。、()]{{0,8}}?累[計積]|累[計積]値?[はがを:]{_BRACKET}"
)
_UNIT = r"[^\W\d_]*|%"
_PAIR = re.compile(
    rf"(?:(?P<one>{NUMBER})\s*(?P<unit>{_UNIT})|^)\s*"
    rf"\((?:累計)?\s*(?!{WESTERN_YEAR})(?P<sum>{NUMBER})\s*(?P<own>{_UNIT})\)"
)
_SUMMED = re.compile("累[計積]")
_OF_A_HEAD = re.compile(rf"(?:{PERIOD}|{SHORT_YEAR})(?:の?(?:累[計積]|平均)値?)?")


@dataclass(frozen=True)
class LeftOut:
    """What a sheet says beside its cells.

    ``era`` is declared in the plan, or blank; ``named`` are the eras that the sheet names, and
    ``sums`` the texts that call the number in brackets a sum.
    """

    fiscal_year: int
    era: str = ""
    named: frozenset[str] = frozenset()
    sums: tuple[str, ...] = ()

    @classmethod
    def of(cls, fiscal_year: int, era: str, lines: Sequence[Line]) -> "LeftOut":
        """From all lines of a sheet; what a bracket is, its heads and notes say."""
        texts = [[_squeezed(text) for text in line.cells or [line.text]] for line in lines]
        every = [text for line in texts for text in line]
        named = {era for era, said in _NAMES.items() if any(map(said.search, every))}
        told = [text for line, of in zip(lines, texts, strict=True) if _tells(line) for text in of]
        return cls(fiscal_year, era, frozenset(named), tuple(filter(_SUM.search, told)))

    def year(self, short: str, role: str, column_year: int | None, since: int | None) -> int | None:
        """The year that one without its era is: the only one that can be, or None."""
        if self.era:
            return readings(short, 0, 9999).get(self.era)
        before, after = _WINDOWS[role]
        at = self.fiscal_year if role == "target" else column_year or self.fiscal_year
        found = readings(short, max(at - before, since or 0), at + after)
        if len(found) > 1:
            found = {era: year for era, year in found.items() if era in self.named}
        return next(iter(found.values())) if len(found) == 1 else None

    def column(self, header: str) -> tuple[dict, str]:
        """What a column is, of a period's last year; and a year in it of which no era is known."""
        plain = _squeezed(header)
        when = _OF_A_HEAD.search(plain)
        role = role_of(plain.replace(when[0], "2000年度"))["role"] if when else ""
        if role not in ("baseline", *YEARLY):
            return role_of(header), ""
        _, year, short = period_in(when[0])
        if not year:
            place = "head" if role == "actual" else role
            year = self.year(short or when[0], place, None, None)
        if not year:
            return {"role": role, "year": None}, when[0]
        return role_of(plain.replace(when[0], f"{year}年度")), ""

    def read(self, raw: str, column: dict, name: str, since: int | None = None) -> Cell:
        """Read a cell of a column, in the row of a name; its year is not before ``since``."""
        cell = self._summed(read_cell(raw), name)
        head = unicodedata.normalize("NFKC", column["header"])
        if cell.value is not None and not (cell.over or cell.averaged) and _SUMMED.search(head):
            cell = replace(cell, marks=(*cell.marks, column["header"]), since=period_in(head)[0])
        if not cell.short:
            return cell
        year = self.year(cell.short, column["role"], column["year"], since)
        numbers = [int(number) for number in re.findall(r"\d+", cell.short)]
        if year and numbers == sorted(numbers):
            since = year - numbers[1] + numbers[0] if len(numbers) > 1 else None
            blank = {"reason": BLANK, "cause": "", "part": ""} if cell.cause == "era" else {}
            return replace(cell, year=year, since=since, short="", **blank)
        if cell.reason:
            return cell
        why = {"reason": UNREADABLE, "cause": "era", "part": cell.short}
        return replace(cell, value=None, upper=None, comparator="", **why)

    def _summed(self, cell: Cell, name: str) -> Cell:
        """A cell whose number in brackets is the sum, where the sheet says so: 18(35)."""
        plain, title = unicodedata.normalize("NFKC", cell.raw), _squeezed(name)
        # ※1 of a note is about the rows whose name bears it.
        numbers = [re.match(r"\(?([※*注]\d+)", note) for note in self.sums]
        told = _SUM.search(title) or any(not of or of[1] in title for of in numbers)
        pair = _PAIR.search(plain)
        if not (pair and told) or cell.value is not None:
            return cell
        unit = pair["own"] or pair["unit"] or ""
        read = read_cell(f"{plain[: pair.start()]}{pair['sum']}{unit}{plain[pair.end() :]}")
        less = pair["one"] and read.value is not None and read_cell(pair["one"]).value > read.value
        if read.value is None or less:
            return cell
        return replace(read, raw=cell.raw, text=cell.text, marks=(*read.marks, "累計"))


def _tells(line: Line) -> bool:
    return not line.cells or is_head(line)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
