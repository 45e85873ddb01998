"""A sheet's lines -> what each is: title, caption, row of a table, commentary or note.

Tables stand under captions ``(1)`` and ``(2)``, under other headings, or alone; a caption with
評価及び課題等 begins the commentary. Captions that count anew under each goal are other headings.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field, replace

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.errors import mistake
from kpi_utils.sheets.head_rows import is_head
from kpi_utils.sheets.layout import CAPTION, is_commentary
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.texts_below import GROUP

_NO_GROUP = compiled("no_group").match
# One of these is in the heads of a table of KPIs.
_OF_KPIS = {"name", "baseline", "latest", "target", "yearly_target"}
# (1)No.2・3: a table, and rows in it.
_REFERENCE = re.compile(r"\((\d+)\)No\.?(\d+(?:[、,・]\d+)*)(?:[、,](?=\()|$)", re.IGNORECASE)
_ROW_NAMED = re.compile(r"\(\d+\)No\.?\d", re.IGNORECASE)
# What captions count anew under: 基本目標1, 第1章, Ⅰ.
_GOAL = re.compile(rf"(?!.*年度)\W*(?:{GROUP.pattern}|[IVX]+(?![A-Za-z]))")
# A caption of the one table below it: 指標1 甲, KPI①.
_OF_ONE = re.compile(r"\W*(?:\w{,2}指標|KPI)\W*\d")
# The section of the commentary.
_COMMENTARY = 0


@dataclass
class Outline:
    """The parts of a sheet, each with its lines.

    ``tables`` have the lines of a head and its rows by section; ``captions`` the headings of the
    tables by section, and of the commentary under 0. ``notes`` are lines outside of both, with the
    section (0 outside of tables) and the number. ``problems`` are sentences with their line,
    and ``torn`` the sections that have a row without its tabs. While the outline is made, ``group``
    is the last text that stands over rows, and ``goal`` the last one that begins as 基本目標１.
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
    """The parts of a sheet. A table without any caption in the file is table (1).

    ``can_tear``: the rows of its tables are parted by tabs or bars, which may be lost.
    ``declared`` are the heads that plan.toml declares, by identity.
    """
    is_alone = not _number_tables(lines)
    outline, section = Outline(), 1 if is_alone else None
    # Above the only table no row of it can have lost its place.
    has_head = any(line.head for line in lines)
    is_below = not (is_alone and has_head)
    others = _others(lines, declared) if is_alone else ()
    for index, line in enumerate(lines):
        begun = _section_begun(outline, lines, index, section, is_alone)
        if begun is not None:
            section, outline.group = begun, ""
            # Without a head, rows of names were taken for captions: (1)総数, (2)男性.
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
    """Whether the captions (1), (2) are the numbers of tables, and not headings like any other.

    They are headings where each (1) begins a goal of its own (基本目標１, Ⅱ), followed by (2), (3),
    and there are several, or one is below a table of its goal, and where all stand between rows
    below a head; unless a text names (1)No.2.
    """
    # What stands one below the other: new goals, tables, captions (1), the next ones, and others.
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
    """The numbers of the lines of tables without a head of KPIs (人口, 予算), beside others."""
    others, heads = set(), [line for line in lines if line.head]
    ours = [
        head
        for head in heads
        if any({*head_of(of).kinds} & _OF_KPIS or identity(of) in declared for of in head.cells)
    ]
    table = None
    for line in lines if ours else ():
        table = line if line.head else table
        if line.cells and table and table not in ours:
            others.add(line.number)
    return others


def _section_begun(
    outline: Outline, lines: list[Line], index: int, section: int | None, is_alone: bool
) -> int | None:
    """The section that a line is the caption of; None if it is no caption."""
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
    # Between the rows of a table, (1) is no caption, but what the rows below are about.
    following = next((row for row in lines[index + 1 :] if row.cells), None)
    is_over_rows = section in outline.tables and following and not following.head
    return None if is_over_rows else begun


def _take_row(outline: Outline, line: Line, section: int | None) -> int | None:
    """Keep a table's row; returns its section. Other heads begin a table of their own."""
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
    """Keep a text outside of the commentary as a note, but a row of a table that is torn."""
    text = _without_marks(line)
    kinds = {*head_of(text.strip("【】")).kinds} - {"year"}
    # A row of many cells is of another table; a word of heads (【KPI】) is said of no rows.
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
    # Of a table without a head it is told once.
    if section in outline.tables or section not in outline.torn:
        outline.problems.append((line, mistake("line.row-torn", section=section, text=text)))
        outline.torn.add(section)


def _without_marks(line: Line) -> str:
    return line.text.strip().strip("#*").strip()


def blocks_of(outline: Outline, source: str) -> tuple[list[dict], list[dict]]:
    """The commentary's blocks and the rows that they name: records of ``frames``.

    What stands before the first block is a note.
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
    """A block's heading without its references, these as printed, and the rows that they name.

    References that are not written so stay in the heading, and name no row.

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
