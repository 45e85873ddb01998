"""What a check shows before its findings, and what only a person can say (method 2).

The lines for plan.toml that settle a KPI's direction: ``direction`` and ``reason`` are left empty,
and are refused until both are filled in.
"""

from collections.abc import Iterator

import pandas as pd

from kpi_utils.errors import mistake
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import DIRECTION_UNCLEAR, quoted_name
from kpi_utils.sheets.columns import JUDGED
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.sheets.tables import role_word

# How much of a cell is shown as an example.
_SHOWN = 24


def taken(sheet: Sheet) -> Iterator[str]:
    """How the tables of a sheet were taken: each head, what it is, and the first row's cell."""
    yield mistake("taken.head", source=sheet.source)
    for section, columns in sheet.columns.groupby("section"):
        cells = sheet_cells(sheet, section)
        caption = sheet.table_mark(section) + sheet.captions[section]
        yield mistake("taken.table", caption=caption, rows=len(cells))
        for position, column in enumerate(columns.itertuples()):
            year = f"{column.year}年度" if column.role in JUDGED and pd.notna(column.year) else ""
            unit = column.unit if column.role in JUDGED else ""
            facts = "、".join(filter(None, [role_word(column.role), year, unit]))
            example = next(filter(None, cells.iloc[:, position]), "")
            shown = example if len(example) <= _SHOWN else f"{example[:_SHOWN]}…"
            key = "taken.column" if example else "taken.column-blank"
            yield mistake(key, header=column.header, facts=facts, example=shown)


def questions(evaluation: Evaluation) -> Iterator[str]:
    """The lines of plan.toml for all KPIs whose direction is asked for, ready to be pasted.

    Each with what the sheet says of it and the evidence for each side, as comments. Of a KPI that
    has a declaration already, only the line that it lacks.
    """
    words = evaluation.sheet.words
    plan = evaluation.sheet.plan
    rows = evaluation.rows
    asked = rows[rows["reason"].isin(DIRECTION_UNCLEAR)].drop_duplicates("kpi")
    if asked.empty:
        return
    yield ""
    yield words.say("question.head", source=plan.source)
    for row in asked.itertuples():
        none = words.say("none")
        cells = {
            role: getattr(row, f"{role}_raw") or none for role in ("baseline", "actual", "target")
        }
        listed = words.rows(evaluation.kpis.loc[row.kpi, "listings"])
        yield ""
        yield words.say("question.row", rows=listed, published=row.published or none, **cells)
        yield words.say("question.why", note=row.note)
        if line := plan.declared(row.kpi).line:
            yield words.say("question.declared", line=line, source=plan.source)
            yield 'direction = ""'
        else:
            yield "[[kpi]]"
            yield f"name = {quoted_name(plan.named(row.kpi, row.name))}"
            yield 'direction = ""'
            yield 'reason = ""'
