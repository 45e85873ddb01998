"""A judged row -> the live formula of its 達成度, and what that gives (method 2 and 3).

A formula computes on the cells of its own row, by the convention by which the sheet's published
figures were made. What no cell holds as a number (10～15, 15%以下) stands in the formula itself.
The result is computed here too, exactly, for readers that do not calculate.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, identity, read_cell
from kpi_utils.cells.number_format import as_number, as_shown, quoted
from kpi_utils.cells.units import in_unit
from kpi_utils.frames import STATUSES
from kpi_utils.judging.achievement import MET, SIGN, measure, nearest, percent_text
from kpi_utils.judging.conventions import by_convention, is_figure
from kpi_utils.sheets.tables import in_unit_of

__all__ = ["Formula", "PercentStyle", "achievement_formula", "judged_formulas", "percent_style"]

NOT_MET = ("未達成", "未達")
# Excel and LibreOffice keep numbers in binary: (23.324 - 23.34) / (22.7 - 23.34) is 0.025 on paper
# and a little less there, and would be rounded down. To this many digits it is what it is on paper.
_ON_PAPER = 10


@dataclass(frozen=True)
class Formula:
    """A formula and its result: ``number`` as ``number_format`` shows it, or ``text``."""

    formula: str
    text: str = ""
    number: Decimal | None = None
    number_format: str = ""


@dataclass(frozen=True)
class PercentStyle:
    """How a sheet prints its percentages: the format, and whether Excel multiplies by 100 for it.

    ``not_met`` is the sheet's word where a target is not met.
    """

    number_format: str = "0%"
    decimals: int = 0
    is_percent: bool = True
    not_met: str = NOT_MET[0]


# Our own percentages, as ``percent_text`` prints them.
_OURS = PercentStyle('#,##0%;"−"#,##0%')


def percent_style(published: Iterable[str]) -> PercentStyle:
    """The style in which most of a sheet's published figures are printed.

    >>> percent_style(["13.1％", "▲126.0％", "1,655.2％", "9％"]).number_format
    '#,##0.0"％";"▲"#,##0.0"％"'
    """
    texts = list(published)
    figures = [text for text in texts if is_figure(read_cell(text))]
    split = [re.match(r"(\D*)([\d,]+)(?:\.(\d+))?(.*)", text) for text in figures]
    not_met = next((word for word in NOT_MET if word in texts), NOT_MET[0])
    if not split:
        return PercentStyle(not_met=not_met)
    counts = Counter((len(match[3] or ""), match[4]) for match in split)
    (decimals, suffix), _ = counts.most_common(1)[0]
    digits = "#,##0" if any("," in match[2] for match in split) else "0"
    if decimals:
        digits += "." + "0" * decimals
    before, percent, after = suffix.partition("%")
    shown = digits + quoted(before) + percent + quoted(after)
    signs = [match[1] for match in split if match[1]]
    if signs and signs[0] != "-":
        shown = f"{shown};{quoted(signs[0])}{shown}"
    return PercentStyle(shown, decimals, bool(percent), not_met)


def _written(reference: str, raw: str, value: Decimal, unit: str) -> str:
    """A number in a formula: the cell that holds it, or where that holds a text, the number.

    A cell in another unit of the same base counts in ``unit``, that of ``value``.

    >>> _written("J7", "35億円", Decimal(3500), "百万円"), _written("J7", "2人超", Decimal(2), "人")
    ('(J7*100)', '2')
    """
    number = as_number(raw)
    scale = number and in_unit(Decimal(1), number.unit, unit)
    if number and scale and number.value * scale == value:
        return _scaled(reference, scale)
    return f"{value:f}" if value >= 0 else f"({value:f})"


def _newest(
    actuals: list[tuple[str, str]], unit: str, scale: Decimal = Decimal(1)
) -> tuple[str, Decimal | None]:
    """The newest actual in a unit as a formula has it, and its value in the sheet as it stands.

    ``actuals`` are references and texts of the cells, oldest first; a number that is entered counts
    ``scale`` times in ``unit``. A cell without a value may get one: then that is the newest. One
    that cannot be read hides the older ones, for an older figure would pass for the new one.

    >>> _newest([("E5", "2022年度 34.5 %"), ("F5", "")], "%")
    ('IF(ISNUMBER(F5),F5,E5)', Decimal('34.5'))
    >>> _newest([("E5", "31億円"), ("F5", "")], "百万円", Decimal(100))
    ('IF(ISNUMBER(F5),(F5*100),(E5*100))', Decimal('3100'))
    """
    formula, value, open_cells = '""', None, []
    for reference, raw in reversed(actuals):
        own = read_cell(raw)
        cell = in_unit_of(own, unit)
        if cell.reason in (BLANK, NOT_REPORTED):
            open_cells.append((reference, scale))
            continue
        if cell.value is not None and not cell.comparator and identity(cell.unit) == identity(unit):
            formula, value = _written(reference, raw, cell.value, unit), cell.value
            if reference not in formula and own == cell:
                # A correction may be entered as a number.
                open_cells.append((reference, Decimal(1)))
        break
    for reference, times in reversed(open_cells):
        formula = f"IF(ISNUMBER({reference}),{_scaled(reference, times)},{formula})"
    return formula, value


def _scaled(reference: str, scale: Decimal) -> str:
    return reference if scale == 1 else f"({reference}*{scale:f})"


def achievement_formula(
    row: dict,
    references: dict[str, str],
    actuals: list,
    convention: str,
    style: PercentStyle,
    scale: Decimal | None = Decimal(1),
) -> Formula | None:
    """The formula of a row's achievement; None where only people can say.

    ``row`` has the columns of ``frames.ROWS`` and over them those of ``frames.JUDGED``, but the
    target as the cell has it; ``references`` are the places of its baseline and target; ``actuals``
    and ``scale`` are as ``_newest`` takes them, None where what is entered is in no such unit, and
    ``convention`` one of ``conventions.NAMES``.
    """
    operands = _operands(row, references, actuals, scale)
    if operands is None:
        return None
    actual, b, t, value, needed = operands
    current = row | {"actual": value, "target": row["target_value"]}
    part = _part(row, convention, actual, b, t)
    says_words = row["published"] in (MET, *NOT_MET)
    if part and not says_words:
        shares = {} if value is None else by_convention(current)
        made = _percent(part, shares.get(convention), style)
    elif says_words or not row["published"]:
        made = _words(current, actual, b, t, style)
    else:
        made = None
    return made and replace(made, formula=_guarded(made.formula, needed, ""))


def judged_formulas(
    row: dict, references: dict[str, str], actuals: list, due: list[str]
) -> tuple[Formula | None, Formula | None]:
    """The formulas of a row's achievement and of its status, as it is judged here (method 3, 4).

    Both are None where no figures judge the row, and the first where it has no percentage. The
    parameters are those of ``achievement_formula``, and ``due`` the places of newer actuals that
    will be final once they are entered.
    """
    is_open = row["status"] == "undetermined"
    operands = None if is_open else _operands(row, references, actuals, Decimal(1))
    rule = operands and _rule(row, *operands[:3])
    if not rule:
        return None, None
    a, b, t, _, needed = operands
    percent, part = None, _part(row, "linear", a, b, t)
    if part and not pd.isna(row["achievement"]):
        formula = _guarded(_rounded(part, _OURS), needed, percent_text(None))
        number = Decimal(int(row["achievement"])) / 100
        percent = Formula(formula, number=number, number_format=_OURS.number_format)
    upper, up = row["target_upper"], SIGN.get(row["direction"], 0) > 0
    way = f"{a}-{b}" if up else f"{b}-{a}"
    if row["target_kind"] == "range":
        way = f"MAX({t}-{b},{b}-{upper:f},0)-MAX({t}-{a},{a}-{upper:f},0)"
    met, missed, *ways = (
        f'"{STATUSES[status]}"'
        for status in ("met", "missed", "regressed", "unchanged", "progressing")
    )
    otherwise = f"CHOOSE(2+SIGN(ROUND({way},{_ON_PAPER})),{','.join(ways)})"
    if row["stage"] == "final":
        otherwise = missed
    elif due:
        otherwise = f"IF(COUNT({','.join(due)}),{missed},{otherwise})"
    judged = f"IF({rule},{met},{otherwise})"
    formula = _guarded(judged, needed, STATUSES["undetermined"])
    return percent, Formula(formula, text=STATUSES[row["status"]])


def _operands(
    row: dict, references: dict[str, str], actuals: list, scale: Decimal | None
) -> tuple[str, str, str, Decimal | None, list[str]] | None:
    """Actual, start and target as a formula has them, the actual's value, and the cells needed."""
    kind, start, target = row["target_kind"], row["start"], row["target_value"]
    units = [row["unit"]] if row["target"] is None else [row["unit"], row["target_unit"]]
    if kind in ("", "text") or None in (start, scale) or len(set(map(identity, units))) > 1:
        return None
    unit, cells = row["unit"], (references["baseline"], references["target"])
    actual, value = _newest(actuals, unit, scale)
    b = _written(cells[0], row["baseline_raw"], start, unit)
    t = "" if target is None else _written(cells[1], row["target_raw"], target, unit)
    needed = [cell for cell, operand in zip(cells, (b, t), strict=True) if cell in operand]
    return actual, b, t, value, needed


def _guarded(formula: str, needed: list[str], otherwise: str) -> str:
    """A formula that says something else where a cell that it needs has no number."""
    guarded = f'IFERROR({formula},"{otherwise}")'
    if needed:
        guarded = f'IF(COUNT({",".join(needed)})<{len(needed)},"{otherwise}",{guarded})'
    return f"={guarded}"


def _part(row: dict, convention: str, a: str, b: str, t: str) -> str:
    """The achievement in parts of one; blank where the convention has none for such a row."""
    start, target, upper = row["start"], row["target_value"], row["target_upper"]
    sign = SIGN.get(row["direction"], 0)
    if row["target_kind"] == "direction_only":
        return ""
    if convention.startswith("ratio"):
        by = {"ratio": f"{a}/{t}", "ratio_lower": f"2-{a}/{t}", "ratio_inverse": f"{t}/{a}"}
        return by[convention] if target else ""
    if row["target_kind"] == "range":
        if target <= start <= upper:
            return ""
        part = f"1-MAX({t}-{a},{a}-{upper:f},0)/MAX({t}-{b},{b}-{upper:f},0)"
    elif target == start:
        return ""
    elif (target - start) * sign < 0:
        # A limit that the baseline respects: the plain formula would turn the sign round.
        improvement = f"{a}-{b}" if sign > 0 else f"{b}-{a}"
        part = f"({improvement})/ABS({t}-{b})"
    else:
        part = f"({a}-{b})/({t}-{b})"
    floor = part if convention == "linear" else f"MAX({part},0)"
    return f"MIN({floor},1)" if convention == "linear_clipped" else floor


def _percent(part: str, share: Fraction | None, style: PercentStyle) -> Formula:
    scale, formula = 100 * 10**style.decimals, _rounded(part, style)
    if share is None:
        return Formula(formula, number_format=style.number_format)
    number = Decimal(nearest(share * scale)) / (scale if style.is_percent else scale // 100)
    text, _ = as_shown(float(number), style.number_format)
    return Formula(formula, text, number, style.number_format)


def _rounded(part: str, style: PercentStyle) -> str:
    if style.is_percent:
        return f"ROUND(ROUND({part},{_ON_PAPER}),{style.decimals + 2})"
    return f"ROUND(ROUND(({part})*100,{_ON_PAPER - 2}),{style.decimals})"


def _words(row: dict, a: str, b: str, t: str, style: PercentStyle) -> Formula | None:
    """達成 or 未達成 by the rule of the row's kind."""
    rule, text = _rule(row, a, b, t), ""
    if not rule:
        return None
    if row["actual"] is not None:
        sign = SIGN.get(row["direction"], 0)
        _, _, met = measure(row["target_kind"], sign, row, row["actual"])
        text = MET if met else style.not_met
    return Formula(f'IF({rule},"{MET}","{style.not_met}")', text)


def _rule(row: dict, a: str, b: str, t: str) -> str:
    """When a row is met, by its kind (method 2); blank where no direction is known."""
    kind, sign = row["target_kind"], SIGN.get(row["direction"], 0)
    if kind == "range":
        return f"AND({a}-{t}>=0,{row['target_upper']:f}-{a}>=0)"
    if not sign:
        return ""
    strict = ">" if row["target_comparator"] in ("above", "below") else ">="
    if kind == "direction_only":
        strict, t = ">=" if row["target_comparator"] == "keep" else ">", b
    return f"{a}-{t}{strict}0" if sign > 0 else f"{t}-{a}{strict}0"
