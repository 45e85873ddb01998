"""What has to be asked about the columns of a table, and about rows that do not fit its heads."""

import json
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
    roles = {column.role for column in columns}
    aside = [of for of in columns if of.role == "carried"]
    joined = [of for of in aside if of.head.kinds != ("carried",) and of.holds(_is_joined)]
    joined += [of for of in columns if not of.role and any(map(_is_joined, of.texts))]
    keys = [(of, _key_of_unclear(of, of in joined, roles, fiscal_year)) for of in columns]
    unknown = [of for of, key in keys if key == "heads.unknown"]
    questions = _unknown(unknown, fiscal_year)
    questions += [_asked(key, of, fiscal_year) for of, key in keys if key and of not in unknown]
    are_years = any(map(_is_year_alone, columns))
    # Lines that are not told apart have the years of others.
    of_lines = [question for column in columns for question in _of_lines(column, are_years)]
    questions += of_lines or _ahead(columns, fiscal_year)
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
    texts = [text for of in aside for text in (of.head.header, *of.texts)]
    are_kpis = any(of.role == "name" and "name" in of.head.kinds for of in columns)
    are_compared = {"baseline", "published"} & roles or any(
        "目標" in text or read_cell(text).comparator for text in texts
    )
    # An unknown column may be the target.
    if unknown or (is_beside and are_kpis and not are_compared):
        del missing["target"]
    able = _able_to_be_name(columns)
    return questions + [mistake(missing[of], able=able) for of in missing if of not in roles]


def _key_of_unclear(column: Column, is_joined: bool, roles: set[str], fiscal_year: int) -> str:
    """The question on a column without a role, or with several figures a cell; else blank."""
    if column.role and (column.declared or not is_joined):
        is_printed = "published" in roles and column.year == fiscal_year
        is_to_come = column.role == "forecast" and (column.year or 0) > fiscal_year
        is_other = is_joined or is_to_come or "actual" in roles
        may_be = not is_other and _may_be_figures(column, is_printed)
        return "heads.unknown" if may_be else ""
    if is_time(column) or column.holds(year_said):
        return "heads.year"
    return "heads.joined" if is_joined else "heads.unknown"


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


def _able_to_be_name(columns: list[Column]) -> str:
    """How to declare in plan.toml which column of words has the names; blank if none can."""
    # 数値目標 over words may be what the KPIs are called.
    words = [of for of in columns if of.role in ("initiative", "target", "part", "carried")]
    words = [of for of in words if of.texts and not (of.declared or of.has_figures())]
    words = [of for of in words if of.head.kinds != ("carried",)]
    headers = "」「".join(of.head.header for of in words)
    # Names differ from row to row.
    first = max(words, key=lambda of: len({*of.texts}), default=None)
    return mistake("heads.able", headers=headers, header=first.head.header) if first else ""


def _asked(key: str, column: Column, fiscal_year: int) -> str:
    about = {"header": column.head.header, "example": next(iter(column.texts), "")}
    return mistake(key, **about, year=fiscal_year)


def _unknown(columns: list[Column], fiscal_year: int) -> list[str]:
    """One question on all unknown columns, with the lines of plan.toml that are to be filled in."""
    examples = {of.head.header: next(iter(of.texts), "") for of in columns}
    said = [mistake("heads.unknown-column", header=of, example=examples[of]) for of in examples]
    about = {"columns": "、".join(said), "lines": to_fill_in([*examples]), "year": fiscal_year}
    return [mistake("heads.unknown", **about)] if columns else []


def to_fill_in(headers: list[str]) -> str:
    """The lines of plan.toml for heads, in which only what each is has to be filled in."""
    names = [json.dumps(header, ensure_ascii=False) for header in dict.fromkeys(headers)]
    return "\n".join(["[columns]", *(f'{name} = ""' for name in names)])


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
