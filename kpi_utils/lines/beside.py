"""Tables, KPIs of a row and parts of a KPI side by side; upper and lower lines (上段, 下段)."""

import re
from collections import Counter
from dataclasses import replace
from itertools import cycle, pairwise

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.kpi_lines import BRACKET, LEVELS, PARTED, header_of, is_known, line_kind
from kpi_utils.lines.line import Line

# The number of a KPI in its row: KPI①, 目標値2; not that of a year or a period.
_COUNT = re.compile(r"(?<![RHS第\d.])\(?[1-9]\)?(?=名|の|\s|$)")
# A part of what a KPI counts: 男性, 女, 小学6年生; no letter that a note explains (A), and no time.
_PART = re.compile(r"(?!.*(?:年度|\d\s*年(?!生)|[^学]期|回|月|日))\w\w|[男女小中高]$")
# One of two measures that each KPI has: 量 and 割合, (人) and (％).
_MEASURE = re.compile(r"\w{0,5}[量数率比額]|割合|")
# The kinds of columns that belong to one KPI.
_OF_ONE = {*FIGURES, "year", "unit", "direction", "published", "grade"}


def side_by_side(table: list[Line], headers: list[str]) -> list[list[Line]]:
    """The lines of each of several tables with the same heads that stand side by side; else [].

    Also [] where a text stands between the rows: it may be about one table or about all.
    """
    first = next(filter(None, headers), "")
    begins = [col for col, header in enumerate(headers) if header == first]
    if len(begins) < 2:
        return []
    last = max(index for index, row in enumerate(table) if row.is_row)
    if any(row.place or not row.is_row for row in table[: last + 1]):
        return []
    spans = map(range, begins, [*begins[1:], max(len(row.cells) for row in table)])
    cut = [[_within(row, *pair) for row in table[: last + 1]] for pair in enumerate(spans, 1)]
    return [[row for row in cells if row.filled()] for cells in cut]


def _within(row: Line, number: int, span: range) -> Line:
    """A row with the cells of one table only, and the table's ``number`` in its place."""
    cells = tuple(cell if col in span else "" for col, cell in enumerate(row.cells))
    place = f"表{number} {row.number}行" if number > 1 else ""
    merged = {col: text for col, text in row.merged.items() if col in span}
    return replace(row, cells=cells, place=place, merged=merged)


def by_part(table: list[Line], deep: int) -> list[Line]:
    """The lines of a table, a KPI's line repeated for each of the parts below its heads; or [].

    The same words stand below each of the ``deep`` heads with figures: 男性, 女性; 量, 割合.
    """
    if deep > 1 and (lines := by_part(table, deep - 1)):
        return lines
    heads, below = table[:deep], table[deep:]
    starts = sorted({col for head in heads for col in head.filled()})
    spans = [*map(range, starts, [*starts[1:], max(len(row.cells) for row in table)])]
    texts = [[row.cell(col) for col in span for row in below[:1]] for span in spans]
    names = max(filter(any, texts), key=texts.count, default=[])
    kinds = [{*head_of(header_of(heads, span[0])).kinds} for span in spans]
    is_each = all(
        words == names or not each & (_OF_ONE if any(words) else PARTED)
        for words, each in zip(texts, kinds, strict=True)
    )
    units = [unit_in(name) for name in names]
    parts = [BRACKET.sub("", name) if unit_in(name) else name for name in names]
    are_parts = all(_PART.match(plain(name)) and not is_known(name) for name in names)
    # A column 単位, or a unit after the name, belongs to one of the measures only.
    if all(_MEASURE.fullmatch(part) and not head_of(part).kinds for part in parts):
        others = [span[0] for span, words in zip(spans, texts, strict=True) if words != names]
        has_unit = any(unit_in(row.cell(col)) for row in below for col in others)
        are_parts = {"unit"} not in kinds and (any(units) or not has_unit)
    if len({*names}) < 2 or texts.count(names) < 2 or not (is_each and are_parts):
        return []
    lines = []
    for row in [*heads, *below[1:]]:
        for at, part in enumerate(parts[: None if row.is_row and row not in heads else 1]):
            own = [span[at] for span, words in zip(spans, texts, strict=True) if words == names]
            others = [col for span in spans if not {*own} & {*span} for col in span]
            line = row.at(sorted(own + others))
            both = ("内訳", "単位") if row in heads else (part or units[at], units[at])
            cells = both[: 1 + any(units)] if row.is_row else ("", "")
            lines.append(replace(line, cells=(*line.cells, *cells)))
    return lines


def by_kpi(table: list[Line], deep: int) -> list[Line]:
    """The lines of a table, one a KPI, if several KPIs stand beside each other in a row; or [].

    Below the ``deep`` heads each KPI has the same columns (指標, 目標値, 実績値); other columns are
    shared by all (事業名). A KPI that stands twice in a row may be that of two years: then [].
    """
    heads, below = table[:deep], table[deep:]
    headers = [header_of(heads, col) for col in range(max(len(row.cells) for row in table))]
    blocks = _blocks(headers)
    named = [col for block in blocks for col in block if _stem(headers[col]) == "指標"]
    names = [[*filter(None, (identity(row.cell(col)) for col in named))] for row in below]
    shared = [col for col in range(len(headers)) if not any(col in block for block in blocks)]
    # A figure, unit or grade (達成率) that seems to be shared may be that of one KPI.
    is_of_one = any(_OF_ONE & {*head_of(headers[col]).kinds} for col in shared)
    # Tables that share nothing continue each other.
    is_apart = not any(headers[col] for col in shared) and len({headers[col] for col in named}) < 2
    if not blocks or is_of_one or is_apart or any(len({*own}) < len(own) for own in names):
        return []
    cells = [*(headers[col] for col in shared), *(_stem(headers[col]) for col in blocks[0])]
    lines = [replace(heads[0].at([*shared, *blocks[0]]), cells=tuple(cells))]
    for row, own in zip(below, names, strict=True):
        filled = [block for block in blocks if any(map(row.cell, block))] if own else blocks[:1]
        over: dict[int, str] = {}
        for block in filled if row.is_row else []:
            kpi = row.at([*shared, *block])
            cells = ["" if at in over else text for at, text in enumerate(kpi.cells)]
            lines.append(replace(kpi, cells=tuple(cells), merged={**kpi.merged, **over}))
            over = {at: row.cell(col) for at, col in enumerate(shared) if row.cell(col)}
        lines += [] if row.is_row else [row]
    return lines


def _blocks(headers: list[str]) -> list[range]:
    """The columns of each of the KPIs that stand beside each other in a row; or []."""
    stems = [*map(_stem, headers)]
    named = [col for col, stem in enumerate(stems) if stem == "指標"]
    steps = {after - before for before, after in pairwise(named)}
    is_version = compiled("version").search(" ".join(headers[col] for col in named))
    if len(steps) != 1 or is_version:
        return []
    step, start = min(steps), named[0]
    # 番号 or 区分 may stand before each name.
    while start and start > named[0] - step + 1 and stems[start - 1] == stems[start + step - 1]:
        start -= 1
    blocks = [range(col, col + step) for col in range(start, start + step * len(named), step)]
    # The last block may end where the table does.
    blocks[-1] = range(blocks[-1].start, min(blocks[-1].stop, len(stems)))
    texts = ["　".join(stems[col] for col in block).rstrip() for block in blocks]
    has_target = any("target" in head_of(stems[col]).kinds for col in blocks[0])
    return blocks if len({*texts}) == 1 and has_target else []


def _stem(header: str) -> str:
    """A head without the number of its KPI in the row: 目標値 of 「KPI① 目標値」 or 「目標値1」."""
    parts = [_COUNT.sub("", plain(part)) for part in header.split()]
    others = [part for part in parts if "name" not in head_of(part).kinds]
    return " ".join(others) if others or not parts else "指標"


def are_one(tables: list[list[Line]]) -> bool:
    """Whether tables are parts of one table: the same heads, and each has KPIs of its own.

    A KPI that is in more than one of them must have the same figures in each.
    """
    heads = {tuple(map(squeezed, line.cells)) for table in tables for line in table if line.head}
    kinds = [{*head_of(cell).kinds} for cell in min(heads, default=())]
    named = [col for kind in ("name", "thing") for col, each in enumerate(kinds) if kind in each]
    if len(tables) < 2 or len(heads) > 1 or not named:
        return False
    same = [col for col, each in enumerate(kinds) if each & {*FIGURES, "year", "unit", "published"}]
    owned = []
    for rows in tables:
        kpi_rows = [row for row in rows if not row.head and row.cell(named[0])]
        names = (identity(row.cell(named[0])) for row in kpi_rows)
        figures = (tuple(squeezed(row.cell(col)) for col in same) for row in kpi_rows)
        owned.append(dict(zip(names, figures, strict=True)))
    seen = Counter(name for own in owned for name in own)
    printed = {kpi for own in owned for kpi in own.items()}
    return len(printed) == len(seen) and all(1 in map(seen.get, own) for own in owned)


def _levels_said(table: list[Line], above: list[Line]) -> re.Match | None:
    return LEVELS.search(squeezed("　".join(row.run_on() for row in [*above[-1:], *table])))


def by_level(table: list[Line], deep: int, above: list[Line]) -> list[Line]:
    """The lines of a table, with a new column for what the upper (上段) and lower rows have; or [].

    The first ``deep`` lines are heads. A head, or a note right ``above``, says what the two rows of
    a KPI have; its name begins in the upper one. A row may have both lines in its cells.
    """
    match = _levels_said(table, above)
    words = [*filter(None, match.groups())] if match else [""]
    # A figure alone is taken for the upper line: where that is the actual, it may be the target.
    is_target = line_kind(words[0]) == "target"
    heads, below = table[:deep], _in_two(table[deep:]) if is_target else table[deep:]
    filled = heads[0].filled()
    names = [col for col in filled if "name" in head_of(heads[0].cells[col]).kinds] or filled
    rows = [row for row in below if row.is_row or row.filled()[:1] > names[:1]]
    texts = [row.cell(names[0]) for row in rows]
    begins = [bool(text) and text != above for above, text in pairwise(["", *texts])]
    if not match or len(rows) % 2 or begins != [True, False] * (len(rows) // 2):
        return []
    width = max(len(row.cells) for row in table)
    said = cycle(words)
    lines = []
    for row in [*heads, *below]:
        word = "区分" if row is heads[0] else next(said) if row in rows else ""
        lines.append(replace(row, cells=(*row.at(range(width)).cells, word)))
    return lines


def _in_two(rows: list[Line]) -> list[Line]:
    """The rows, each as two if columns have both lines in each of their cells: 5,200 5,388."""
    halves: list[Line] = []
    columns = set()
    for row in rows:
        parts = [cell.split(" ") for cell in row.cells]
        both = [len(of) == 2 and all(map(is_figure, of)) for of in parts]
        pairs = [parts[at] if both[at] else [of, ""] for at, of in enumerate(row.cells)]
        two = [replace(row, cells=cells) for cells in zip(*pairs, strict=True)]
        halves += two if row.is_row else [row]
        columns |= {tuple(both)} if row.is_row else set()
    return halves if len(columns) == 1 and any(*columns) else rows


def not_by_level(headers: list[str], table: list[Line], above: list[Line]) -> list[str]:
    """Headers with 上段：目標、下段：実績 put behind years: so the analyst is asked about them."""
    if not (match := _levels_said(table, above)):
        return headers
    dated = {col for col, header in enumerate(headers) if head_of(header).kinds == ("year",)}
    # A cell with both figures in it is reported as unreadable in any case.
    dated = {col for col in dated if any(is_figure(row.cell(col)) for row in table if row.is_row)}
    return [f"{text} {match[0]}" if col in dated else text for col, text in enumerate(headers)]
