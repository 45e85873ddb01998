"""What only a person can say: the lines for plan.toml that settle a KPI's direction (method 2).

``direction`` and ``reason`` are left empty, and are refused until both are filled in.
"""

from collections.abc import Iterator

from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import DIRECTION_UNCLEAR, quoted_name

__all__ = ["questions"]


def questions(evaluation: Evaluation) -> Iterator[str]:
    """The lines of plan.toml for all KPIs whose direction is asked for, ready to be pasted.

    Each with what the sheet says of it and what speaks for which side, as comments. Of a KPI that
    has a declaration already, only the line that it lacks.
    """
    rows, words, plan = evaluation.rows, evaluation.sheet.words, evaluation.sheet.plan
    asked = rows[rows["reason"].isin(DIRECTION_UNCLEAR)].drop_duplicates("kpi")
    if asked.empty:
        return
    yield ""
    yield words.say("question.head", source=plan.source)
    for row in asked.itertuples():
        cells = {role: getattr(row, f"{role}_raw") for role in ("baseline", "actual", "target")}
        cells = {role: text or words.say("none") for role, text in cells.items()}
        rows = words.rows(evaluation.kpis.loc[row.kpi, "listings"])
        published = row.published or words.say("none")
        yield ""
        yield words.say("question.row", rows=rows, published=published, **cells)
        yield words.say("question.why", note=row.note)
        if line := plan.declared(row.kpi).line:
            yield words.say("question.declared", line=line, source=plan.source)
            yield 'direction = ""'
        else:
            yield from ("[[kpi]]", f"name = {quoted_name(plan.named(row.kpi, row.name))}")
            yield from ('direction = ""', 'reason = ""')
