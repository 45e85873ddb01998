"""What cells leave out and other places of the sheet say: eras, units, what brackets mean."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from kpi_utils.cells.heads import Head, head_of
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, UNREADABLE, Cell, identity, read_cell
from kpi_utils.cells.units import in_unit, is_multiple
from kpi_utils.cells.years import RECKONINGS, period_in, readings
from kpi_utils.lines.columns import JUDGED
from kpi_utils.lines.line import Line

# How many years a cell's year can lie before and after the year of its column, or of the sheet.
_WINDOWS = {"baseline": (20, 0), "actual": (7, 0), "target": (5, 15), "head": (7, 5)}
_WINDOWS |= {"latest": _WINDOWS["baseline"], "yearly_target": _WINDOWS["target"]}
# How a text names an era.
_NAMES = {
    name: re.compile(rf"(?<![A-Za-z])(?:{name}|{letter})[\d元]", re.I)
    for name, letter in {"昭和": "S", "平成": "H", "令和": "R"}.items()
}
# A number so many times smaller than a percentage beside it is not a percentage, or is a fraction.
_APART = 50
# A bare number so many times larger or smaller than one in 万 has another magnitude.
_TIMES = 5
# A fraction, a cut, a part (8割, 60代) or a magnitude is not the unit of a number beside it.
_MAGNITUDE = re.compile("[十百千万億兆]+")
_OWN = re.compile(f"^/|削減|[割代半弱強]$|^{_MAGNITUDE.pattern}$")
# A number of two units: a bare number beside it may have either (10分30秒, 2億396万円).
_OF_TWO = re.compile(r"(?:時間|[分万億兆])\d")
_SUM = compiled("bracket_is_sum")
_SUMMED = re.compile("累[計積]")
# The first day of a fiscal year.
_NEW_YEAR = re.compile(r"[年./]0?4[月./]0?1(?!\d)")


@dataclass(frozen=True)
class LeftOut:
    """What a sheet says outside of the cell that is read.

    ``era`` and ``town`` are the plan's, or blank. ``named`` are the eras that the sheet names,
    ``sums`` the texts that call the number in brackets a sum. ``heads`` maps a year without its
    era, as heads print it, to the fiscal year that it means.
    """

    fiscal_year: int
    era: str = ""
    town: str = ""
    named: frozenset[str] = frozenset()
    sums: tuple[str, ...] = ()
    heads: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, fiscal_year: int, era: str, town: str, lines: Sequence[Line]) -> "LeftOut":
        """From all lines of a sheet: its heads and notes say what a number in brackets is."""
        texts = [identity("\n".join(line.cells or [line.text])) for line in lines]
        every = "\n".join(texts)
        named = frozenset(name for name, written in _NAMES.items() if written.search(every))
        sums = tuple(
            text
            for line, text in zip(lines, texts, strict=True)
            if (not line.cells or line.head) and _SUM.search(text)
        )
        return cls(fiscal_year, era, town, named, sums)

    def year(self, short: str, role: str, column_year: int | None, since: int | None) -> int | None:
        """The fiscal year of a year printed without its era, if only one is possible; else None."""
        if self.era:
            return readings(short, 0, 9999).get(self.era)
        before, after = _WINDOWS[role]
        is_target = role in ("target", "yearly_target")
        year = self.fiscal_year if is_target else column_year or self.fiscal_year
        possible = readings(short, max(year - before, since or 0), year + after)
        if len(possible) > 1:
            # Where it may be still to come, a target is of no year gone by.
            gone = year if is_target else 0
            possible = {of: n for of, n in possible.items() if of in self.named and n >= gone}
        return next(iter(possible.values())) if len(possible) == 1 else None

    def head_year(self, head: Head) -> int | None:
        """The year of a column's head; without its era, the only possible year, or None."""
        if not head.short:
            return head.year
        return self.year(head.short, _window(head), None, None) or self.heads.get(head.short)

    def with_heads(self, headers: Iterable[str]) -> "LeftOut":
        """The same, with the one era that fits all heads whose years leave it out.

        If one head's year can only be a certain past year, the same number in another head means
        that year, too: 29年度 実績, 29年度 目標.
        """
        heads = [head for head in map(head_of, headers) if head.short]
        said = [(head.short, self.head_year(head)) for head in heads]
        years = {of: year for of, year in said if year and year <= self.fiscal_year}
        in_one_era = self._with_era((head.short, _window(head)) for head in heads)
        return replace(in_one_era, heads=years)

    def with_cells(self, columns: list[dict], rows: Iterable[Sequence[str]]) -> "LeftOut":
        """The same, with the one era that fits all cells whose years leave it out.

        In a table of 2017 with figures of 17年度 and 24年度, that is 平成.
        """
        pairs = [
            (read_cell(text).short, column["role"])
            for row in rows
            for column, text in zip(columns, row, strict=False)
            if column["role"] in JUDGED
        ]
        return self._with_era(pairs)

    def _with_era(self, pairs: Iterable[tuple[str, str]]) -> "LeftOut":
        possible = set(RECKONINGS)
        shorts = [(short, window) for short, window in pairs if short]
        for short, window in shorts:
            before, after = _WINDOWS[window]
            possible &= {*readings(short, self.fiscal_year - before, self.fiscal_year + after)}
        if self.era or not shorts or len(possible) != 1:
            return self
        era = next(iter(possible))
        ahead = [readings(short, self.fiscal_year, 9999) for short, of in shorts if "target" in of]
        # No plan has all of its targets behind it: they may be of another era.
        return replace(self, era=era) if not ahead or any(era in of for of in ahead) else self

    def figures(
        self, columns: list[dict], texts: list[str], name: str, unit: str = ""
    ) -> tuple[dict[tuple, Cell], str]:
        """The baseline, actuals and targets of a row, by role and column's year; and its unit.

        A number without a unit takes that of its column's head, else ``unit``, else the unit of
        another figure of the row: the baseline, an actual, or a target.
        """
        cells, units, since = {}, {}, None
        for role in JUDGED:
            for column, text in zip(columns, texts, strict=True):
                if column["role"] == role:
                    cells[role, column["year"]] = self.read(text, column, name, since)
                    units[role, column["year"]] = column.get("unit") or unit
            since = next((cell.year for key, cell in cells.items() if key[0] == "baseline"), None)
        for key in _single_years(cells) if _SUMMED.search(name) else ():
            year = cells[key].year or key[1]
            cells[key] = replace(cells[key], year=year, since=year)
        printed = [cell for cell in cells.values() if cell.unit]
        unit = next(filter(None, [unit, *(cell.unit for cell in printed), *units.values()]), "")
        values = [(identity(of.unit), abs(of.value)) for of in printed if of.value is not None]
        shares = [value for of, value in values if of == "%"]
        larger = [value for of, value in values if _MAGNITUDE.match(of) or is_multiple(of)]
        # In 150中止 the word behind the number is a remark, not a unit.
        is_remark = compiled("no_unit").fullmatch(plain(unit))
        # 倍 and 位 are not taken over by other numbers, unless the name says so.
        is_own = unit.endswith(("倍", "位")) and unit[-1] not in name
        # Beside 5kg and 5,200g, 6,000 may be in either unit (0 is the same in both).
        scales = {in_unit(Decimal(3600), of.unit, unit) for of in printed} - {None}
        are_several = len(scales) > 1
        # So is 12 beside 10分30秒.
        is_either = are_several or any(map(_OF_TWO.search, [plain(of.text) for of in printed]))
        known = "" if is_remark or is_own or _OWN.search(plain(unit)) else unit
        for key, cell in cells.items():
            # A unit in a head or a column of units holds, unless figures beside it have others.
            if _MAGNITUDE.fullmatch(cell.unit):
                # 1.5万 under 人
                cells[key] = replace(cell, unit=cell.unit + units[key])
            if cell.value is None or cell.unit:
                continue
            is_far = _is_far(abs(cell.value), larger, shares)
            if not cell.value or not (are_several if units[key] else is_either or is_far):
                cells[key] = replace(cell, unit=units[key] or known)
        begins = [cell for (role, _), cell in cells.items() if role == "baseline"]
        if begins and begins[0].value is not None:
            unit = begins[0].unit
        valued = [cell for cell in cells.values() if cell.value is not None]
        # 70 minutes are not a whole number of hours: then all figures are given in minutes.
        possible = [unit, *(cell.unit for cell in valued)]
        alike = (of for of in possible if in_unit(Decimal(0), unit, of) is not None)
        exact = (of for of in alike if all(in_unit_of(cell, of).unit == of for cell in valued))
        return cells, next(exact, unit)

    def read(self, raw: str, column: dict, name: str, since: int | None = None) -> Cell:
        """Read a cell of a column, in the row with a name; its year is not before ``since``."""
        cell = self._summed(read_cell(raw, column["role"]), name)
        head = plain(column["header"])
        of_one_year = not (cell.over or cell.says("averaged"))
        if cell.year and cell.year - 1 == column["year"] and _NEW_YEAR.search(plain(cell.year_raw)):
            # A figure as of 1 April is that of the end of the fiscal year before.
            cell = replace(cell, year=column["year"])
        # Over a level the period is only the plan's, which a declared head can say.
        is_of_sums = column["role"] != "baseline" and not column["declared"]
        is_period = is_of_sums and not re.search("[毎各]年", head)
        is_period = is_period and (period_in(head)[0] or compiled("summed_years").search(head))
        is_summed = _SUMMED.search(head) or is_period
        if cell.value is not None and of_one_year and is_summed:
            cell = replace(cell, marks=(*cell.marks, column["header"]), since=period_in(head)[0])
        if cell.value is not None and (said := compiled("no_level").search(head)):
            cell = replace(cell, marks=(*cell.marks, said[0]))
        if column["role"] == "actual" and (said := compiled("provisional").search(head)):
            # 実績見込 in the head marks all actuals below as provisional.
            cell = replace(cell, marks=(*cell.marks, said[0]))
        if not cell.short:
            return cell
        year = self.year(cell.short, column["role"], column["year"], since)
        numbers = [int(number) for number in re.findall(r"\d+", cell.short)]
        if year and numbers == sorted(numbers):
            since = year - numbers[1] + numbers[0] if len(numbers) > 1 else None
            dated = replace(cell, year=year, since=since, short="")
            return replace(dated, reason=BLANK, cause="", part="") if cell.cause == "era" else dated
        if cell.reason in (NOT_REPORTED, UNREADABLE):
            return cell
        unreadable = replace(cell, reason=UNREADABLE, cause="era", part=cell.short)
        return replace(unreadable, value=None, upper=None, comparator="")

    def _summed(self, cell: Cell, name: str) -> Cell:
        """A cell with the number in brackets as figure, if the sheet calls it the sum: 18(35)."""
        text = plain(cell.raw)
        # A note with ※1 is about the rows with ※1 in their name.
        marks = [re.findall(r"^\(?([※*注]\d+)|^", note)[0] for note in self.sums]
        says_sum = _SUM.search(identity(name)) or any(mark in identity(name) for mark in marks)
        pair = compiled("value_and_sum").search(text) if says_sum and cell.value is None else None
        if not pair:
            return cell
        unit = pair["own"] or pair["unit"] or ""
        read = read_cell(f"{text[: pair.start()]}{pair['sum']}{unit}{text[pair.end() :]}")
        if read.value is None or read.value < (read_cell(pair["one"] or "").value or 0):
            return cell
        return replace(read, raw=cell.raw, text=cell.text, marks=(*read.marks, "累計"))


def in_unit_of(cell: Cell, unit: str) -> Cell:
    """A cell in another unit of the same base (億円, 十億円); else the cell as it is."""
    ends = (cell.value, cell.upper)
    value, upper = (None if end is None else in_unit(end, cell.unit, unit) for end in ends)
    return cell if value is None else replace(cell, value=value, upper=upper, unit=unit)


def _single_years(cells: Mapping[tuple, Cell]) -> list[tuple]:
    """The keys of actuals that cannot be running totals, because they fall: 5, 4."""
    by_year = {key: cells[key] for key in sorted(of for of in cells if of[0] == "actual" and of[1])}
    known = {key: of.value for key, of in by_year.items() if of.value is not None and not of.over}
    falls = any(before > after >= 0 for before, after in pairwise(known.values()))
    return [*known] if falls else []


def _window(head: Head) -> str:
    """The key of ``_WINDOWS`` for a column's head: which years it can mean."""
    kinds = ("baseline", "latest", "target", "yearly_target")
    return next((kind for kind in kinds if kind in head.kinds), "head")


def _is_far(value: Decimal, larger: list[Decimal], shares: list[Decimal]) -> bool:
    """Whether a number can be none of 万 as others are (15,000), or no percentage (0.57, 1,234)."""
    is_near = not larger or min(larger) / _TIMES <= value <= max(larger) * _TIMES
    is_small = 0 < value <= 1 and any(share > value * _APART for share in shares)
    return not is_near or is_small or bool(shares and value > max(Decimal(100), 2 * max(shares)))
