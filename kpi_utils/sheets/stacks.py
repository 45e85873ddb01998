"""Several lines a KPI -> one line a KPI, with a column for each of its figures.

Lines that say what they are (目標値, 実績値, 達成率) or their year, lines that stand one over the
other as the heads do, and two figures in a cell (41 → 52).
"""

import re

from kpi_utils.cells.heads import head_of, unit_in, year_said
from kpi_utils.cells.letters import squeezed
from kpi_utils.sheets.kpi_lines import (
    DASHES,
    LINE_OF,
    Printed,
    Record,
    Records,
    header_of,
    is_year,
    line_kind,
    with_years_below,
)
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.texts_below import is_note

ARROW = re.compile(r"\s*(?:→|⇒|➡|⇨)\s*(?![^(（]*[)）])")
_DATE = re.compile("月|[.．/／]")
_BRACKET = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
# 合同説明会の参加者数 300 人: a name of words, and a figure behind it.
_NAME_AND_FIGURE = re.compile(r"(\D.*?\D)\s*([約▲△]?\s?\d[\d,.]*\D*)")

# What each line of a year has of its own.
_OF_YEARS = ("latest", "actual", "target", "published", "grade")
# What the lines of a KPI are all of.
_SAID_ONCE = {"unit", "group", "part", "thing"}
# A table with one line a KPI: its headers, its lines, and the rows that they are made of.
Flat = tuple[list[str], list[Line], list[Line]]


def unstacked(heads: list[Line], headers: list[str], rows: list[Line]) -> Flat:
    """A table with one line a KPI; without lines where it has that already."""
    parts = [of for of in range(len(headers)) if headers[of]]
    wide = [row for row in rows if row.is_row]
    if not wide or any(of not in parts for row in wide for of in row.filled()):
        return headers, [], []
    records = _with_names(headers, wide, parts)
    for column in parts if not records else []:
        kinds = {_said(headers[column], row.cell(column)) for row in wide}
        # Beside targets and actuals, lines of something else (全国順位) are carried along.
        are_known = "carried" not in kinds or {"target", "actual"} <= kinds
        if len({*ARROW.split(headers[column])}) == 2:
            records = [(row, _record(headers, row, parts, column)) for row in wide]
        elif are_known and "" not in kinds and len(kinds) > 1:
            records = _by_words(headers, wide, column, parts)
        if records:
            break
    if records:
        return *as_lines(records), wide
    records, rows = _by_period(heads, headers, rows, parts)
    if not records:
        records, rows = with_years_below(headers, wide, parts), wide
    if not records:
        rows = [row for row in wide if not is_note(row)]
        records = _with_targets_below(headers, rows, parts)
    return (*as_lines(records), rows) if records else (headers, [], [])


def as_lines(records: Records) -> tuple[list[str], list[Line]]:
    """Records, each with its first row -> headers, and a line a record."""
    keys = list(dict.fromkeys(key for _, record in records for key in record))
    lines = []
    for row, record in records:
        texts, numbers = zip(*(record.get(key, ("", row.position)) for key in keys), strict=True)
        lines.append(Line(row.number, cells=texts, numbers=numbers, place=row.place))
    return [header for _, header in keys], lines


def _with_names(headers: list[str], rows: list[Line], parts: list[int]) -> Records:
    """Rows with the KPI's name before each of its figures, with a column for the names."""
    heads = {of: head_of(headers[of]) for of in parts}
    named = [of for of in parts if "name" in heads[of].kinds]
    if len(named) < 2 or not all(heads[of].year for of in named):
        return []
    records: Records = []
    for row in rows:
        found = [(of, _NAME_AND_FIGURE.fullmatch(row.cell(of))) for of in named]
        figures = {of: match[2] for of, match in found if match}
        names = {match and match[1] for _, match in found}
        if len(names) > 1 or len(figures) < len(named):
            return []
        record: Record = {(-1, "指標"): (names.pop() or "", row.position)}
        for of in parts:
            record[of, headers[of]] = figures.get(of, row.cell(of)), row.position
        records.append((row, record))
    return records


def _record(headers: list[str], row: Line, parts: list[int], column: int = -1) -> Record:
    """A row's record; of a ``column`` of two figures in a cell that has two columns."""
    record: Record = {}
    for of in parts:
        text = row.cell(of) or row.merged.get(of, "")
        heads = ARROW.split(headers[of]) if of == column else [headers[of]]
        texts = ARROW.split(text)
        texts = texts if len(texts) == len(heads) else [text, ""]
        record |= {(of, head): (texts[at], row.position_of(of)) for at, head in enumerate(heads)}
    return record


def _with_targets_below(headers: list[str], rows: list[Line], parts: list[int]) -> Records:
    """Rows of which some have a row of 年度ごとの目標値 below: those of the years of figures."""
    dated = (of for of in parts if {*head_of(headers[of]).kinds} <= {"actual", "year"})
    years = {of: year_said(headers[of]) for of in dated}
    records: Records = []
    for row in rows:
        if "yearly_target" not in head_of(row.first).kinds:
            records.append((row, _record(headers, row, parts)))
            continue
        said = [of for of in row.filled()[1:] if row.cells[of].strip(DASHES)]
        if not (records and all(map(years.get, said))):
            return []
        for of in said:
            key = of, f"年度目標（{years[of]}）"
            if key in records[-1][1]:
                return []
            records[-1][1][key] = row.cells[of], row.position_of(of)
    return records if len(records) < len(rows) else []


def lines_for(header: str) -> list[str]:
    """The kinds of lines that have the figure of a column; that of the beginning is one, too."""
    kinds = head_of(header).kinds
    return [*(LINE_OF.get(kind, kind) for kind in kinds), *["actual"] * ("baseline" in kinds)]


def _by_words(headers: list[str], rows: list[Line], words: int, parts: list[int]) -> Records:
    """Lines that say in a column what they are: 目標値, 実績値, 達成率; or each a year.

    The plan's 目標値 is of no year if it is the same in all lines of each KPI, or merged over them.
    """
    others = [of for of in parts if of != words]
    blocks = _blocks(headers, rows, words)
    split = {of for of in others if is_year(headers[of])}
    if are_years := not any(line_kind(row.cell(words)) for row in rows):
        split = _of_years(headers, words, blocks)
        if not split:
            return []
    records = []
    for block in blocks:
        record: Record = {}
        # A date in a year stays one: R5.9末 is told of what was measured then.
        said = [
            year_said(text) if are_years and not _DATE.search(text) else text
            for text in (row.cell(words) for row in block)
        ]
        units = {unit_in(text) for text in said if line_kind(text) != "published"} - {""}
        # 目標値（人）, 実績値（人）: the KPI's unit, and no other column than 目標値（社）.
        if len(units) == 1 and "単位" not in headers:
            record[words, "単位"] = units.pop(), block[0].position_of(words)
            said = [_BRACKET.sub("", text) for text in said]
        for of in others:
            if of in split:
                for row, word in zip(block, said, strict=True):
                    # The line of the beginning has a figure in its own year, elsewhere a dash.
                    is_said = row.cell(of).strip(DASHES)
                    if is_said or line_kind(word) != "baseline":
                        record[of, f"{headers[of]} {word}"] = row.cell(of), row.position_of(of)
            else:
                record[of, headers[of]] = _one_of(block, words, headers[of], of)
        records.append((block[0], record))
    return records


def _of_years(headers: list[str], words: int, blocks: list[list[Line]]) -> set[int]:
    """The columns with figures of the years that the lines of each KPI say; none where unsure.

    A target on the first line alone may be that year's, or the plan's; 実績年度 is no target's.
    """
    able = "name" if any("name" in head_of(header).kinds for header in headers) else "thing"
    has_name = any(able in head_of(header).kinds for header in headers[:words])
    if not has_name or all(len(block) == 1 for block in blocks):
        return set()
    heads = {of: head_of(header) for of, header in enumerate(headers)}
    dated = {of for of in heads if not heads[of].year and {*_OF_YEARS} & {*heads[of].kinds}}
    for of in [of for of in dated if "target" in heads[of].kinds]:
        lots = [[row.cell(of) for row in block if of not in row.merged] for block in blocks]
        is_one = all(len({*lot}) < 2 for lot in lots)
        if is_one or not re.fullmatch("年[度次]?", headers[words]):
            dated.remove(of)
        elif any(len(lot) > 1 and lot[0] and not any(lot[1:]) for lot in lots):
            return set()
    return dated


def _blocks(headers: list[str], rows: list[Line], words: int) -> list[list[Line]]:
    """The rows in lots of one KPI: a new one begins where a name stands, or a word comes again.

    A second line may have more of the name where each KPI has the same lines, and its name once.
    """
    kinds = {of: {*head_of(text).kinds} for of, text in enumerate(headers) if of != words}
    able = "name" if any("name" in of for of in kinds.values()) else "thing"
    named = [of for of in kinds if able in kinds[of]]
    once = [of for of in kinds if of not in named and kinds[of] and kinds[of] <= _SAID_ONCE]
    said = [_said(headers[words], row.cell(words)) for row in rows]
    # Each of those that are carried along is a line of its own.
    texts = (row.cell(words) for row in rows)
    said = [text if of == "carried" else of for of, text in zip(said, texts, strict=True)]
    names = [{row.cell(of) for of in named if of not in row.merged} - {""} for row in rows]
    apart = [[squeezed(row.cell(of)) for of in once] for row in rows]
    lots = _lots(said, names, apart, 2)
    lines = {frozenset(said[of] for of in lot) for lot in lots}
    is_again = any(names[of] & names[lot[0]] for lot in lots for of in lot[1:])
    if not line_kind(rows[0].cell(words)) or len(lines) > 1 or is_again:
        lots = _lots(said, names, apart, 1)
    return [[rows[of] for of in lot] for lot in lots]


def _lots(
    said: list[str], names: list[set[str]], apart: list[list[str]], least: int
) -> list[list[int]]:
    """The numbers of rows in lots that say each another word, and nothing else that sets ``apart``.

    After ``least`` of them, no other name either. The line of 達成率 has a unit of its own.
    """
    lots: list[list[int]] = []
    for row, word in enumerate(said):
        lot = lots[-1] if lots else [row]
        both = zip(apart[lot[0]], apart[row], strict=True)
        is_new = word not in ("published", "grade") and any(a and b and a != b for a, b in both)
        is_new |= len(lot) >= least and not names[row] <= names[lot[0]]
        if not lots or is_new or word in [said[of] for of in lot]:
            lots.append([])
        lots[-1].append(row)
    return lots


def _said(header: str, text: str) -> str:
    """What a line of a KPI says that it is: target, actual …; under a head of years, its year."""
    is_when = head_of(header).kinds == ("when",)
    # The figures of R5（見込） and R5上半期 are none of R5.
    is_plain = {*head_of(text).kinds} <= {"year", "actual"}
    aside = "carried" if head_of(text).kinds == ("carried",) else ""
    return line_kind(text) or (year_said(text) if is_when and is_plain else aside)


def _one_of(block: list[Line], words: int, header: str, of: int) -> Printed:
    """The cell of a column out of the lines of a KPI: of the one for it, else of all together."""
    by_line = {line_kind(row.cell(words)): row for row in block}
    # The line of 達成率 has a unit of its own.
    lines = 1 if "unit" in head_of(header).kinds else None
    filled = [row for row in block if row.cell(of)][:lines]
    for row in [by_line[kind] for kind in lines_for(header) if kind in by_line]:
        if text := row.cell(of):
            return text, row.position_of(of)
    first = filled[0] if filled else block[0]
    texts = dict.fromkeys(row.cell(of) for row in filled)
    return " ".join(texts) or first.merged.get(of, ""), first.position_of(of)


def _by_period(
    heads: list[Line], headers: list[str], rows: list[Line], parts: list[int]
) -> tuple[Records, list[Line]]:
    """Lines that stand one over the other, as the rows of their heads do, maybe under years.

    With them the rows that they have: a text over these is none.
    """
    whole = [of for of in parts if all(head.cell(of) for head in heads)]
    over = heads[:1] if whole and all(is_year(heads[0].cell(of)) for of in whole) else []
    deep = len(heads) - len(over)
    kinds = {of: {k for head in heads for k in head_of(head.cell(of)).kinds} for of in parts}
    named = [of for kind in ("name", "thing") for of in parts if kind in kinds[of]]
    rows = [row for row in rows if row.filled() != named[:1] or row.merged]
    lots = [rows[start : start + deep] for start in range(0, len(rows), max(deep, 1))]
    if deep < 2 or not named or len(lots[-1]) != deep:
        return [], rows
    below = [row for lot in lots for row in lot[1:]]
    said = {of: [head.cell(of) for head in heads[len(over) :]] for of in whole}
    filled = [of for of in whole if sum(bool(row.cell(of)) for row in below) > len(lots) / 2]
    # Of the years to come nothing stands in the lines below yet.
    stacked = [of for of in whole if said[of] in map(said.get, filled)]
    # In the lines below stands nothing else, and no name.
    others = {of for row in below for of in row.filled()} - {*stacked}
    in_step = named[0] not in stacked and all(lot[0].cell(named[0]) for lot in lots)
    if not in_step or not stacked or others:
        return [], rows
    records = []
    for lot in lots:
        record: Record = {}
        for of in parts:
            own = [header_of([*over, head], of) for head in heads[len(over) :]]
            for head, row in zip(own if of in stacked else [headers[of]], lot, strict=False):
                record[of, head] = row.cell(of), row.position_of(of)
        records.append((lot[0], record))
    return records, rows
