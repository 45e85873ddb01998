"""Why a row's figures cannot be compared, so that it is undetermined: section 2 of docs/method.md.

Each function returns the reason as a message; those that compare return None if the figures can be
compared. ``row`` has exact numbers.
"""

import re
from decimal import Decimal
from itertools import chain, permutations

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, UNREADABLE, identity, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.declaration import NOTHING, Declaration
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Message, joined, message

# Two figures of a row are alike if neither is more than so many times the other.
_ALIKE = Decimal(3)
# A share that lost its decimal point is at least so many times those beside it.
_FAR = 5
# The words of a cell for its period or share (年, 当たり), and those for what it counts.
_TIME = "(?:[年月週]|[合総]?計|総数)$"
_KINDS = re.compile(f"{_TIME}|1人1日$|.*当たり$").match, re.compile(f"(?!{_TIME})").match


def absent(role: str, row: dict) -> Message:
    """Returns why a row cannot be judged if its baseline, actual or target has no number."""
    reason = row[f"{role}_reason"]
    missing = reason if reason in (BLANK, NOT_REPORTED) else UNREADABLE
    return message(f"note.{missing}", role=message(f"role.{role}"), raw=row[f"{role}_raw"])


def note_of(sheet: Sheet, kpi: pd.Series) -> Message:
    """Returns a KPI's note; for a plan's own table, that it has no actuals yet."""
    is_of_plan = sheet.is_plan_only and kpi.reason == BLANK
    return message("note.no-actuals") if is_of_plan else kpi.note


def years_out_of_order(row: dict) -> Message | None:
    """Returns why the years cannot be right: their order must be baseline, actual, target."""
    if row["actual_year"] is not None and row["actual_year"] > row["actual_column_year"]:
        return message("note.actual-after-column", year=row["actual_year"])
    for role in ("actual", "target"):
        if row["baseline_year"] and (year := row[f"{role}_year"]) and year < row["baseline_year"]:
            return message(f"note.{role}-before-baseline", year=year)
    return None


def incomparable(row: dict) -> Message | None:
    """Returns why an actual cannot be compared: no number, or not the unit of baseline or target.

    If the target is not a number, there is only the baseline to compare with.
    """
    if row["actual"] is None:
        return absent("actual", row)
    if row["start"] is None and row["target"] is None:
        return absent("baseline", row)
    odd = [_has_stray_share, _has_lost_point, _has_slip_of_unit]
    odd += [_has_different_things, _has_change_among_levels]
    if any(is_odd(row) for is_odd in odd):
        cells = [row[f"{role}_raw"] for role in _numbers(row)]
        return message("note.units-differ", units=joined(cells, "quoted"))
    unit_of = {"start": "unit", "actual": "actual_unit", "target": "target_unit"}
    units = [row[unit] for role, unit in unit_of.items() if row[role] is not None]
    identities = {identity(unit) for unit in units}
    if len(set(_sums(row).values())) > 1:
        # 11件/年 and a five-year sum of 60件: unlike_sums reports that difference, not the unit.
        identities = {unit.removesuffix("/年") for unit in identities}
    if len(identities) == 1:
        return None
    said = (unit or message("none") for unit in units)
    return message("note.units-differ", units=joined(said, "quoted"))


def _numbers(row: dict) -> dict[str, Decimal]:
    """Those of a row's baseline, actual and target that have a number, by role."""
    return {role: row[role] for role in ("baseline", "actual", "target") if row[role] is not None}


def _has_stray_share(row: dict) -> bool:
    """Whether a cell without a % looks like a fraction (0.22 for 22 %), or is far from one with it.

    A column of units says nothing of that: it is one for all cells. A 1 looks like a fraction
    beside a printed %, and behind a baseline such as 95. Of what is a 割合 or 満足度 by its name,
    all are percentages; among others 5 and 9 are none beside 50 %. Nor is 7 in 万人 between 1.2万人
    and 2万人; 400 and 500 behind 100千円 are.
    """
    unit, numbers = identity(row["unit"]), {of: abs(value) for of, value in _numbers(row).items()}
    units = {role: identity(read_cell(row[f"{role}_raw"], role).unit) for role in numbers}
    is_rate = re.search("率|割合|[度比]", row["name"])
    is_scaled = unit.startswith(tuple("百千万億兆")) and units.get("baseline") == unit
    said = [numbers[of] for of in numbers if is_scaled and numbers[of] and units[of] == unit]
    may_be_fraction = unit == "%" or (not unit and re.search("率|割合", row["name"]))
    for role, of in permutations([role for role in numbers if numbers[role]], 2):
        number, other, is_printed = numbers[role], numbers[of], units[of] == "%"
        is_small = number <= 1 < other and (number < 1 or is_printed or of == "baseline")
        is_fraction = may_be_fraction and is_small and _are_alike(number * 100, other)
        beside = said if len(said) > 1 else [other] if is_printed and not is_rate else []
        is_far = beside and not (units[role] or any(_are_alike(number, one) for one in beside))
        if units[role] != "%" and (is_fraction or is_far):
            return True
    return False


def _has_lost_point(row: dict) -> bool:
    """Whether a share over 100 % stands beside far smaller ones: 452 of 45.2 %; no growth does."""
    *_, second, largest = [0, 0, *sorted(map(abs, _numbers(row).values()))]
    is_share = identity(row["unit"]) in ("%", "") and re.search("割合|満足|率", row["name"])
    is_growth = re.search("[増伸比倍]|達成", row["name"])
    return bool(is_share and not is_growth) and _FAR * second <= largest > 100 >= second > 0


def _has_different_things(row: dict) -> bool:
    """Whether the words in a row's cells name different things: 小学校 50 %, 中学校 70 %.

    A cell without such words counts what the others count, in the same period or share (延べ10人
    beside 年間延べ12人), unless its figure is far from theirs (30回 beside 週2回), or it is a
    baseline before figures per month or week: 12回, then 月10回.
    """
    numbers = _numbers(row)
    things = {role: read_cell(row[f"{role}_raw"], role).things for role in numbers}
    times, _ = kinds = [{of: tuple(filter(fits, things[of])) for of in things} for fits in _KINDS]
    is_begun = times.get("baseline", True) or not {*chain(*times.values())} & {"月", "週"}
    if not is_begun or any(len({*kind.values()} - {()}) > 1 for kind in kinds):
        return True
    said = [abs(numbers[of]) for of, words in times.items() if {*words} - {"年"}]
    bare = [abs(numbers[of]) for of, words in times.items() if not words]
    pairs = [(one, other) for one in said for other in bare if one and other]
    return any(not _are_alike(one, other) for one, other in pairs)


def _has_slip_of_unit(row: dict) -> bool:
    """Whether figures are alike as printed, but far apart in a common unit: 10 t, 9 t, 8 kg."""
    cells = [(read_cell(row[f"{of}_raw"], of), number) for of, number in _numbers(row).items()]
    of_row = row["unit"]
    figures = [(abs(c.value), c.unit or of_row, abs(n)) for c, n in cells if c.value and n]
    return any(
        in_unit(Decimal(1), unit, other) not in (None, 1)
        and _are_alike(printed, beside)
        and not _are_alike(one, two, _ALIKE**3)
        for (printed, unit, one), (beside, other, two) in permutations(figures, 2)
    )


def _are_alike(one: Decimal, other: Decimal, times: Decimal = _ALIKE) -> bool:
    return 1 / times <= one / other <= times


def _has_change_among_levels(row: dict) -> bool:
    """Whether some of a row's cells say + and others do not: 50 %, +5 %.

    If a figure is negative, all of them may be changes.
    """
    numbers = {role: number for role, number in _numbers(row).items() if number}
    texts = (re.sub(r"(?<=.)\(.*?\)", "", identity(row[f"{role}_raw"])) for role in numbers)
    are_signed = {bool(re.search(r"\+\d", text)) for text in texts}
    return len(are_signed) > 1 and all(number > 0 for number in numbers.values())


def unlike_sums(row: dict, declared: Declaration) -> Message | None:
    """Returns why sums over years (累計) cannot be compared: with one year's value, or another sum.

    Sums that begin in the same year, or cover equally many years, can be compared; a sum that has
    fallen begins in another year, or is not one (method 2). If the analyst declares the KPI
    ``cumulative`` or ``running_total``, that says what the cells leave out; but the figure of half
    a year stays one.
    """
    periods = _sums(row, declared)
    sums = periods.values()
    if "half" in sums and {*sums} != {"half"}:
        return message("note.half-year", sums=_in_words(periods))
    if declared.cumulative:
        return None
    if any(sums) and not all(sums):
        return message("note.sums-mixed", sums=_in_words(periods))
    first_years = {over.partition("-")[0] for over in sums}
    lengths = {_length(over) for over in sums}
    are_apart = len(first_years) > 1 and (len(lengths) > 1 or None in lengths)
    # A running total since one year never falls.
    is_running = bool(sums) and all(over == "?" or "-" in over for over in sums)
    falls = is_running and row["baseline"] is not None and 0 <= row["actual"] < row["baseline"]
    if falls or (are_apart and not declared.running_total):
        return message("note.sums-begin-apart", sums=_in_words(periods))
    return None


def sum_goes_on(row: dict, sign: int, declared: Declaration) -> Message | None:
    """Returns why a sum that is to stay low is not met yet: years of its target are still to come.

    A sum that is to rise is met as soon as it reaches its target.
    """
    sums = _sums(row, declared)
    if sign < 0 and row["stage"] == "interim" and sums.get("actual") and sums.get("target"):
        return message("note.sum-goes-on", sums=_in_words(sums))
    return None


def _sums(row: dict, declared: Declaration = NOTHING) -> dict[str, str]:
    """The years over which a row's baseline, actual and target are sums, by role (``Cell.over``).

    A declaration, a name or a unit may say that all of them are sums: 就農者数（累計）.
    """
    is_named = re.search("累計(?!で|[を/・])", row["name"] + row["unit"])
    is_declared = declared.cumulative or declared.running_total
    unsaid = "?" if is_declared or (is_named and identity(row["unit"]) != "%") else ""
    sums = {role: row[f"{role}_over"] or unsaid for role in _numbers(row)}
    # A rate over several years is no sum, unless it says so: 合計特殊出生率 1.40（H25～29）.
    named = f"{row['name']}\n{identity(row['unit'])}"
    is_rate = re.search(r"(?:率|割合|指数|寿命)(?:\W.*)?\n(?![人件回戸台]$)", named)
    levels = [role for role in sums if re.match("[^計積]*[~〜～][^計積]*$", row[f"{role}_raw"])]
    return sums | dict.fromkeys(levels if is_rate else (), "")


def _length(over: str) -> int | None:
    """The number of years over which a value is a sum; None if the sheet does not say it."""
    first, _, last = over.partition("-")
    if last:
        return int(last) - int(first) + 1
    return int(first) if over.isdecimal() else None


def _in_words(sums: dict[str, str]) -> Message:
    """The years over which the values of a row are sums, in words."""
    parts = []
    for over in sums.values():
        first, dash, last = over.partition("-")
        usual = {"": "none", "?": "unsaid", "half": "half", "change": "change"}.get(over, "years")
        key = ("period" if last else "since") if dash else usual
        parts.append(message(f"over.{key}", first=first, last=last))
    return joined(parts, "quoted")
