"""A sheet's lines -> what each is: title, caption, row of a table, commentary or note.

Tables stand under captions ``(1)`` and ``(2)``, under other headings, or alone; a caption with
評価及び課題等 begins the commentary. Captions that restart at (1) under each goal are headings.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field, replace

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.errors import mistake
from kpi_utils.lines.head_rows import is_head
from kpi_utils.lines.layout import CAPTION, is_commentary
from kpi_utils.lines.line import Line
from kpi_utils.lines.texts_below import GROUP

_NO_GROUP = compiled("no_group").match
# A table of KPIs has at least one of these heads.
_OF_KPIS = {"name", "baseline", "latest", "target", "yearly_target"}
# (1)No.2・3: a table, and rows in it.
_REFERENCE = re.compile(r"\((\d+)\)No\.?(\d+(?:[、,・]\d+)*)(?:[、,](?=\()|$)", re.IGNORECASE)
_ROW_NAMED = re.compile(r"\(\d+\)No\.?\d", re.IGNORECASE)
# Goals, under each of which captions may restart at (1): 基本目標1, 第1章, Ⅰ.
_GOAL = re.compile(rf"(?!.*年度)\W*(?:{GROUP.pattern}|[IVX]+(?![A-Za-z]))")
# A caption of the one table below it: 指標1 甲, KPI①.
_OF_ONE = re.compile(r"\W*(?:\w{,2}指標|KPI)\W*\d")
# The section of the commentary.
_COMMENTARY = 0


@dataclass
class Outline:
    """The parts of a sheet, each with its lines.

    ``tables`` has by section the line of heads and the lines of rows, ``captions`` the headings of
    the tables, and that of the commentary under 0. ``notes`` are the lines outside of both, as
    section (0 outside of tables), number and text. ``problems`` are pairs of a line and the
    sentence about it, ``torn`` the sections with a row that has lost its tabs. While the outline is
    made, ``group`` is the last text over rows, and ``goal`` the last one like 基本目標１.
    """

    title: str = ""
    captions: dict[int, str] = field(default_factory=dict)
    tables: dict[int, list[Line]] = field(default_factory=dict)
    commentary: list[Line] = field(default_factory=list)
    notes: list[tuple[int, int, str]] = field(default_factory=list)
    problems: list[tuple[Line, str]] = field(default_factory=list)
    torn: set[int] = field(default_factory=set)
    group: str = ""
    goal: str = ""

    def above(self, section: int) -> str:
        """A table's caption, and the texts right above it that name a unit: （単位：千円）."""
        head = self.tables[section][0].number
        ends = [rows[-1].number for rows in self.tables.values() if rows[-1].number < head]
        begin = max(ends, default=0)
        texts = [text for _, number, text in self.notes if begin < number < head and "単位" in text]
        return " ".join([self.captions.get(section, ""), *texts])


def outline_of(lines: list[Line], can_tear: bool, declared: Container[str] = ()) -> Outline:
    """The parts of a sheet. The only table of a file without captions is table (1).

    ``can_tear``: tabs or bars part the cells of its rows, and may have been lost. ``declared`` are
    the heads that plan.toml declares, by identity.
    """
    is_alone = not _number_tables(lines)
    outline, section = Outline(), 1 if is_alone else None
    # A line above the only table cannot be one of its rows.
    has_head = any(line.head for line in lines)
    is_below = not (is_alone and has_head)
    others = _others(lines, declared) if is_alone else ()
    for index, line in enumerate(lines):
        begun = _section_begun(outline, lines, index, section, is_alone)
        if begun is not None:
            section, outline.group = begun, ""
            # Without a head, the captions may be rows of names: (1)総数, (2)男性.
            if begun and begun in outline.captions and has_head:
                outline.problems.append((line, mistake("line.caption-twice", section=begun)))
            outline.captions[begun] = _without_marks(line)
        elif line.heading and not outline.title:
            outline.title = _without_marks(line)
        elif section == _COMMENTARY and is_head(line):
            outline.problems.append((line, mistake("line.head-in-commentary")))
        elif section == _COMMENTARY:
            outline.commentary.append(line)
        elif line.number in others:
            outline.notes.append((section or 0, line.number, line.run_on()))
        elif line.cells:
            section = _take_row(outline, line, section)
        else:
            may_be_torn = can_tear and (is_below or bool(outline.tables))
            _take_text(outline, line, section, may_be_torn)
    if is_alone and outline.tables:
        outline.captions[1] = outline.title
    return outline


def _number_tables(lines: list[Line]) -> bool:
    """Whether the captions (1), (2) are the numbers of tables, and not mere headings.

    They are headings if they restart at (1) under each goal (基本目標１, Ⅱ) and there are several
    goals, or one such caption is below a table of its goal; and if all of them stand between rows
    below a head. If a text names (1)No.2, they are numbers of tables in any case.
    """
    # The lines as letters: g new goal, t table, 1 caption (1), n the next caption, x another.
    signs, last, goals = "", 0, set()
    over_heads = False
    for line in lines:
        text = "" if line.cells else plain(line.text)
        caption, goal = CAPTION.match(text), _GOAL.match(squeezed(text))
        if line.cells:
            over_heads |= line.head and signs[-1:] in ("1", "n", "x")
            signs += "t"
        elif is_commentary(line) and signs.strip("g"):
            break
        elif caption:
            signs += {last + 1: "n", 1: "1"}.get(int(caption[1]), "x")
            last = int(caption[1])
        elif goal and goal[0] not in goals:
            signs += "g"
            goals.add(goal[0])
    names_rows = any(_ROW_NAMED.search(squeezed(line.text)) for line in lines)
    count_anew = re.fullmatch("(?:g+t*(?:1[nt]*)?)+", signs) and "1" in signs[signs.find("t") :]
    is_under_head = signs.startswith("t") and not over_heads
    return bool(last) and (names_rows or not (count_anew or is_under_head))


def _others(lines: list[Line], declared: Container[str]) -> set[int]:
    """The numbers of the lines of tables that are not of KPIs (人口, 予算), if other tables are."""
    tables: list[list[Line]] = []
    for line in lines:
        tables += [[]] if line.head else []
        if line.cells and tables:
            tables[-1].append(line)
    others = [table for table in tables if not _is_of_kpis(*table, declared=declared)]
    return {line.number for of in others for line in of} if len(others) < len(tables) else set()


def _is_of_kpis(head: Line, *rows: Line, declared: Container[str]) -> bool:
    """Whether a table has a head that says so; costs alone, unless under 指標, make it none."""
    kinds = {kind for cell in head.cells for kind in head_of(cell).kinds}
    is_said = bool(kinds & _OF_KPIS) or any(identity(cell) in declared for cell in head.cells)
    is_cost = compiled("sum_or_cost").fullmatch
    are_costs = bool(rows) and all(is_cost(squeezed(row.first)) for row in rows)
    return is_said and ("name" in kinds or not are_costs)


def _section_begun(
    outline: Outline, lines: list[Line], index: int, section: int | None, is_alone: bool
) -> int | None:
    """The section whose caption a line is; None if it is not a caption."""
    line = lines[index]
    if line.cells:
        return None
    caption = CAPTION.match(plain(line.text))
    # A title above the tables may speak of 評価と課題, too.
    is_title = line.heading and not (caption or outline.title or outline.tables)
    if section != _COMMENTARY and not is_title and is_commentary(line):
        begun = _COMMENTARY
    elif caption and not is_alone and (section != _COMMENTARY or line.heading):
        begun = int(caption[1])
    else:
        return None
    # Between the rows of a table, (1) is not a caption, but the group of the rows below.
    following = next((row for row in lines[index + 1 :] if row.cells), None)
    is_over_rows = section in outline.tables and following and not following.head
    return None if is_over_rows else begun


def _take_row(outline: Outline, line: Line, section: int | None) -> int | None:
    """Add a line to a table; returns its section. A line of other heads begins a new table."""
    if section is None:
        if not outline.problems:
            outline.problems.append((line, mistake("line.row-above")))
        return section
    rows = outline.tables.setdefault(section, [])
    if line.head and rows:
        above = [text for _, number, text in outline.notes if number > rows[-1].number]
        units = [text for text in above if "単位" in text and text not in outline.above(section)]
        if not units and [*map(squeezed, line.cells)] == [*map(squeezed, rows[0].cells)]:
            return section
        section = max(outline.tables) + 1
        outline.captions[section] = outline.notes.pop()[2] if above else outline.title
        is_of_last = _OF_ONE.match(plain(outline.group)) and outline.group not in above
        outline.group = "" if is_of_last else outline.group
        rows = outline.tables[section] = []
    rows.append(line if line.head else replace(line, group=outline.group))
    return section


def _take_text(outline: Outline, line: Line, section: int | None, can_tear: bool) -> None:
    """Add a text outside of the commentary to the notes, unless it is a row that lost its tabs."""
    text = _without_marks(line)
    kinds = {*head_of(text.strip("【】")).kinds} - {"year"}
    # A row of many cells is of another table; a word of heads (【KPI】) is not a group of rows.
    is_other = text.count("　") > 2 or "。" in text
    if _GOAL.match(squeezed(text)):
        outline.goal = text
    if CAPTION.match(plain(text)) and not is_other:
        outline.group = f"{outline.goal} {text}".strip()
    # The first text of a file is its title.
    elif not (is_other or kinds or _NO_GROUP(text)) and (outline.title or outline.notes):
        outline.group = text
    is_torn = compiled("torn_row").match(plain(re.sub("[①-⑳]", "", line.text)))
    if not section or not can_tear or not is_torn:
        outline.notes.append((section or 0, line.number, text))
        return
    # For a table without a head it is said once.
    if section in outline.tables or section not in outline.torn:
        outline.problems.append((line, mistake("line.row-torn", section=section, text=text)))
        outline.torn.add(section)


def _without_marks(line: Line) -> str:
    return line.text.strip().strip("#*").strip()


def blocks_of(outline: Outline, source: str) -> tuple[list[dict], list[dict]]:
    """The commentary's blocks, and the rows that they name: records of ``frames``.

    A text before the first block becomes a note.
    """
    blocks: list[dict] = []
    references = []
    for line in outline.commentary:
        raw = line.text or line.as_text()
        text = re.sub(r"^\s*[-*]\s+", "", raw).strip()
        if match := compiled("block", re.IGNORECASE).match(raw):
            heading, printed, listings = _references((match[1] or match[2]).strip())
            block = {"block": len(blocks) + 1, "source": f"{source}:{line.position}"}
            block |= {"heading": heading, "references_raw": printed, "text": ""}
            blocks.append(block)
            references += [block | {"section": of, "no": no} for of, no in listings]
        elif blocks:
            blocks[-1]["text"] = f"{blocks[-1]['text']}\n{text}".strip()
        elif text:
            outline.notes.append((0, line.number, text))
    return blocks, references


def _references(heading: str) -> tuple[str, str, list[tuple[int, int]]]:
    """A block's heading without its references, the references as printed, and the rows named.

    References written in another way stay in the heading, and name no row.

    >>> _references("「市内総生産額」の減少【(1)No.2、(2)No.6】")
    ('「市内総生産額」の減少', '【(1)No.2、(2)No.6】', [(1, 2), (2, 6)])
    """
    match = re.search(r"[【\[]([^【\[】\]]*)[】\]]。?\s*$", heading)
    text = squeezed(match[1]) if match else ""
    if not match or not re.fullmatch(f"(?:{_REFERENCE.pattern})+", text, re.IGNORECASE):
        return heading, "", []
    listings = [
        (int(section), int(number))
        for section, numbers in _REFERENCE.findall(text)
        for number in re.findall(r"\d+", numbers)
    ]
    return heading[: match.start()].strip(), heading[match.start() :].strip(), listings
