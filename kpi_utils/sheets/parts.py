"""Rows that count a part of a KPI (男性, 小学生): they get the name that they stand below."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.lines.columns import JUDGED, figure_of
from kpi_utils.lines.line import Line
from kpi_utils.sheets.rows import Row, label_and_name

_NO_NAME = compiled("no_name").search
_WHO, _PUPILS, _WHOLE = compiled("who"), compiled("pupils"), compiled("whole")
# The first row of several parts may have its part behind the name: 喫煙率（男性）, 喫煙率 全体.
_AT_END = re.compile(rf"[\s(（]+(?:{_WHO.pattern}|{_WHOLE.pattern})[)）]*$")


def is_part(name: str) -> bool:
    """Whether a name says only which people are counted, whatever stands above it.

    >>> [is_part(name) for name in ("　うち女性", "30歳代 男性", "女性管理職の割合", "小学校")]
    [True, True, False, False]
    """
    return bool(_WHO.fullmatch(plain(label_and_name(name)[1])))


def is_bare(row: Row) -> bool:
    """Whether the cells for a row's figures are blank."""
    return not any(cell.raw for cell in row.cells if cell.role in JUDGED)


def _is_unlike(said: Mapping[str, str], above: Row) -> bool:
    """Whether a part (男性 79 歳) has no unit of the KPI above it, which has figures."""
    units = {said.get("unit", ""), *(read_cell(said.get(of, "")).unit for of in JUDGED)} - {""}
    alike = [of for of in units if in_unit(Decimal(0), of, above.unit) is not None]
    return bool(units and above.unit) and not (alike or is_bare(above))


def without_labels(line: Line, judged: Sequence[int]) -> tuple[Line, str]:
    """A row without the words before its ``judged`` figures, and these words if they agree."""
    found = {of: figure_of(line.cell(of)) for of in judged}
    said = {plain(match[1]).strip("・: ") for match in found.values() if match}
    # Words before one figure of three do not say whom the other two count.
    known = [of for of in judged if any(map(str.isdigit, line.cell(of)))]
    said = said if 2 * sum(map(bool, found.values())) >= len(known) else {*()}
    cells = (match[2] if (match := found.get(of)) else text for of, text in enumerate(line.cells))
    return (replace(line, cells=tuple(cells)), said.pop()) if len(said) == 1 else (line, "")


def under_name(
    by_role: Mapping[str, str], who: str, line: Line, before: Line, above: Row | None
) -> dict[str, str]:
    """The texts of a row by role; the row of a part gets the name of the row ``above``.

    Or the name in a text right over the row, below the line ``before``. ``who`` is the part that
    the words before its figures name.
    """
    is_new = identity(line.group) not in ("", identity(before.group))
    is_new &= not line.group.startswith(before.group or "-")
    over = above.name.removesuffix(f"（{above.part}）") if above else ""
    if is_new:
        over = "" if _NO_NAME(plain(line.group)) else line.group
    said = dict(by_role) | ({"part": by_role.get("part") or who} if who else {})
    name = plain(label_and_name(said["name"])[1])
    is_among = is_new or (above and (above.part or is_bare(above)))
    is_below = is_part(name) or (is_among and (_PUPILS.fullmatch(name) or _WHOLE.fullmatch(name)))
    # 男性 below 全体 has no name above it; a row of another initiative is not a part.
    is_apart = above and said.get("initiative", "") not in ("", above.initiative)
    is_below = is_below and not (is_apart or is_part(over) or _WHOLE.fullmatch(over))
    if is_below and over and not said.get("part"):
        said |= {"part": said["name"].strip(), "name": _AT_END.sub("", over)}
        who = said["part"]
        if above and not is_new and not name.startswith("うち") and _is_unlike(said, above):
            return said | {"name": ""}
    elif said.get("part") and not identity(name):
        # The name of several parts may be printed once, and so may its number.
        said["name"] = over
    else:
        above = None
    if above and not is_new:
        said["no"] = said.get("no", "") or above.no_raw
    is_named = not who or (who in said["name"])
    return said if is_named else said | {"name": f"{said['name']}（{who}）"}
