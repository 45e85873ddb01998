"""What has to be asked about the columns of a table, and about rows that do not fit its heads."""

import re

from kpi_utils.cells.heads import head_of, year_said
from kpi_utils.cells.letters import compiled
from kpi_utils.cells.notation import read_cell
from kpi_utils.errors import mistake
from kpi_utils.lines.columns import COMPARED, JUDGED, RESULT, YEARLY, Column, is_figure, is_time
from kpi_utils.lines.kpi_lines import line_kind
from kpi_utils.lines.line import Line
from kpi_utils.sheets.rows import Table

# What a line can say of itself, in a table with several lines a KPI.
_SAID_BY_LINES = {"actual", "target", "yearly_target"}
_LINE = re.compile("(?:最終|実施)?(?:目標|計画|実績)[値額]?")


def questions_on(columns: list[Column], is_beside: bool, fiscal_year: int) -> list[str]:
    """Questions on columns that are unknown, there twice, or missing."""
    questions = []
    aside = [of for of in columns if of.role == "carried" and of.head.kinds != ("carried",)]
    joined = [of for of in aside if of.holds(_is_joined)]
    joined += [of for of in columns if not of.role and any(map(_is_joined, of.texts))]
    for column in columns:
        if not column.role or (column in joined and not column.declared):
            key = "heads.two" if len(column.head.kinds) > 1 else "heads.unknown"
            key = "heads.joined" if column in joined else key
            key = "heads.year" if is_time(column) or column.holds(year_said) else key
            questions.append(_asked(key, column, fiscal_year))
    roles = {column.role for column in columns}
    for column in columns:
        questions += _of_lines(column, any(map(_is_year_alone, columns)))
        is_printed = "published" in roles and column.year == fiscal_year
        is_to_come = column.role == "forecast" and (column.year or 0) > fiscal_year
        is_other = "actual" in roles or is_to_come or column in joined
        if not is_other and _may_be_figures(column, is_printed):
            questions.append(_asked("heads.unknown", column, fiscal_year))
    questions += _ahead(columns, fiscal_year)
    alike: dict[tuple, list[str]] = {}
    for of in columns:
        if of.role in ("name", "unit", "published", *JUDGED):
            key_of = of.role, of.year if of.role in YEARLY else None
            alike.setdefault(key_of, []).append(of.head.header)
    for headers in alike.values():
        key = "heads.twice" if len({*headers}) > 1 else "heads.same"
        said = "」「".join(dict.fromkeys(headers))
        if len(headers) > 1:
            questions.append(mistake(key, headers=said, header=headers[0]))
    missing = {"name": "heads.no-name", "target": "heads.no-target"}
    # 増加 in an unknown column may be a target, and so may a text with 目標.
    aside = [of for of in columns if of.role == "carried"]
    texts = [text for of in aside for text in (of.head.header, *of.texts)]
    are_kpis = any(of.role == "name" and "name" in of.head.kinds for of in columns)
    are_compared = {"baseline", "published"} & roles or any(
        "目標" in text or read_cell(text).comparator for text in texts
    )
    if is_beside and are_kpis and not are_compared:
        del missing["target"]
    wanted = [(role, key) for role, key in missing.items() if role not in roles]
    return questions + [mistake(key, able=_able_to_be(role, columns)) for role, key in wanted]


def role_word(role: str) -> str:
    """The Japanese name of a role, as messages to the analyst have it."""
    return mistake(f"role.{role or 'unknown'}")


def _ahead(columns: list[Column], fiscal_year: int) -> list[str]:
    """A question on heads of years alone (R4, R5, R6): if R6 is yet to come, all may be targets."""
    bare = [*filter(_is_year_alone, columns)]
    ahead = [of for of in bare if (of.year or 0) > fiscal_year and of.known()]
    if len(ahead) == len(bare) or not ahead or any(of.says(COMPARED) for of in columns):
        return []
    about = {"header": ahead[0].head.header, "later": ahead[0].year, "year": fiscal_year}
    about |= {"first": bare[0].head.header, "earlier": bare[0].year}
    return [mistake("heads.ahead", **about)]


def _able_to_be(role: str, columns: list[Column]) -> str:
    """How to declare in plan.toml that a column of words has a missing role; blank if none can."""
    words = [of for of in columns if of.texts and not (of.declared or of.has_figures())]
    # 数値目標 over words may be what the KPIs are called; a sentence is no target.
    aside = ("initiative", "target") if role == "name" else ()
    words = [of for of in words if of.role in (*aside, "part", "carried")]
    words = [of for of in words if aside or not of.holds(lambda text: "。" in text)]
    words = [of for of in words if of.head.kinds != ("carried",)]
    headers = [of.head.header for of in words]
    # Names differ from row to row.
    first = max(words, key=lambda of: len({*of.texts}), default=None)
    about = {"header": first.head.header if first else "", "role": role_word(role)}
    return mistake("heads.able", headers="」「".join(headers), **about) if headers else ""


def _asked(key: str, column: Column, fiscal_year: int) -> str:
    example = column.texts[0] if column.texts else ""
    return mistake(key, header=column.head.header, example=example, year=fiscal_year)


def _is_year_alone(column: Column) -> bool:
    """Whether a column is one of actuals by its year alone (R5): a line may have plans there."""
    return column.role == "actual" and column.head.kinds == ("year",)


def _of_lines(column: Column, are_years: bool) -> list[str]:
    """A question on a column of words for lines of a KPI (目標値, 実績値) among others.

    ``are_years`` says that the figures stand under years, which do not tell plans from actuals.
    """
    lines = {text: {*head_of(text).kinds} & _SAID_BY_LINES for text in column.texts}
    found = [*filter(None, map(compiled("line_of_name").fullmatch, lines))]
    # Such a word may stand behind a name: 受講者数（目標）, 受講者数（実績）.
    said = {(of[2], line_kind(of[1] or of[3])) for of in found}
    twice = {name for name, _ in said if {(name, "target"), (name, "actual")} <= said}
    lines |= {of[0]: {"actual"} for of in found if of[2] in twice}
    # 受講者数（計画値） without its actuals; 地域計画 is a name.
    apart = [of for of in found if of[3] and of[2] + of[3] != of[0]]
    alone = [of for of in apart if (of[2], "actual") not in said]
    if plans := [of[0] for of in alone if line_kind(of[3]) and column.role == "name" and are_years]:
        return [mistake("heads.planned", header=column.head.header, words="」「".join(plans[:8]))]
    is_name, is_few = column.role == "name", len(lines) < 9
    is_text = is_name or (column.role in ("initiative", "part", "carried") and is_few)
    words = [text for text, kinds in lines.items() if kinds]
    # No KPI is called 目標値.
    is_said = is_name and any("目標" in text for text in words)
    is_said |= bool(twice) or (is_few and any("actual" in lines[text] for text in words))
    # A column of notes (備考: 速報値) speaks of the figures beside it.
    is_note = column.head.kinds == ("carried",)
    is_one = len(lines) < 2 and not (is_name and all(map(_LINE.fullmatch, lines)))
    if not is_text or is_note or is_one or not is_said:
        return []
    others = [text for text in lines if text not in words][:8] or sorted(twice)
    about = {"words": "」「".join(words), "others": "」「".join(others)}
    key = "heads.lines" if others else "heads.apart"
    return [mistake(key, header=column.head.header, **about)]


def _is_joined(text: str) -> bool:
    """Whether a text has several figures: a KPI's lines, put together by mistake."""
    return len(text.split()) > 1 and all(map(is_figure, text.split()))


def _may_be_figures(column: Column, is_printed: bool) -> bool:
    """Whether a column that is carried along may have the actuals that are missing.

    参考値 does where an achievement of its year ``is_printed``.
    """
    is_aside = column.role in ("carried", "forecast", "grade") and not column.declared
    is_aside &= column.head.kinds != ("when",)
    is_other = column.head.kinds in (("carried",), ("group",)) and not column.says(RESULT)
    is_other &= not is_printed
    has_figures = compiled("may_be_figures", re.DOTALL).fullmatch
    # 28.5→29.1→31.8 under 実績値 has them, too.
    test = re.compile(r"\d").search if column.says(RESULT) else has_figures
    return is_aside and not (is_other or column.is_counted()) and column.holds(test)


def ask(table: Table, lines: list[Line], questions: list[str]) -> None:
    """Ask about a table's columns; but only about its torn rows if a text has lost its tabs."""
    head, *below = lines
    misfits = [of for of in enumerate(below, 1) if len(of[1].cells) != len(head.cells)]
    if misfits and len({line.number for line in lines}) == 1:
        misformed(table, misfits[0][1], "table.on-its-side", misfits[0][0])
        return
    is_torn = False
    for position, line in misfits:
        key = key_of_misfit(table.source, len(table.columns), line)
        is_torn |= key == "table.cells"
        if misformed(table, line, key, position):
            break
    if not is_torn:
        for question in questions:
            table.problem(head, "table.question", question=question)
        taken = "、".join(f"「{of['header']}」→{role_word(of['role'])}" for of in table.columns)
        table.problem(head, "table.taken", taken=taken)


def misformed(table: Table, line: Line, key: str, position: int, **about) -> bool:
    """Note what is wrong with a row; returns whether another table begins with it."""
    about |= {"n": len(line.cells), "wanted": len(table.columns)}
    about |= {"extra": "」「".join(line.cells[len(table.columns) :])}
    table.problem(line, key, position=position, row=line.as_text(), **about)
    return key == "table.another"


def key_of_misfit(source: str, columns: int, line: Line) -> str:
    """The message for a row with too many or too few cells; in a grid its cells are in place."""
    is_grid = not re.search(r"\.(?:txt|md|csv)$", source, re.IGNORECASE)
    if not is_grid or len(line.cells) <= columns:
        return "table.cells"
    # 最終目標値 and 67.8%, or a year over each figure.
    is_line = {"target", "actual"} & {*map(line_kind, line.texts)} and is_figure(line.texts[-1])
    are_heads = all(head_of(text).kinds for text in line.texts)
    return "table.another" if is_line or are_heads else "table.no-head"
