"""What only a person can say: the lines for plan.toml that settle a KPI's direction (method 2).

``direction`` and ``reason`` are left empty, and are refused until both are filled in.
"""

import json
from collections.abc import Iterator

from kpi_utils.cells.notation import label
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import say

__all__ = ["DIRECTION_UNCLEAR", "questions", "quoted_name"]

# Why a row is undetermined whose direction is asked for.
DIRECTION_UNCLEAR = (
    "direction-unclear",
    "rank-without-direction",
    "target-without-direction",
    "published-contradicts",
)


def quoted_name(name: str) -> str:
    """A KPI's name as plan.toml has it, without its goals.

    >>> quoted_name("市内総生産額 【9.2,9.4】")
    '"市内総生産額"'
    """
    return json.dumps(label(name), ensure_ascii=False)


def questions(judged: Evaluation) -> Iterator[str]:
    """The lines of plan.toml for all KPIs whose direction is asked for, ready to be pasted.

    Each with what the sheet says of it and what speaks for which side, as comments. Of a KPI that
    has a declaration already, only the line that it lacks.
    """
    asked = judged.rows[judged.rows["reason"].isin(DIRECTION_UNCLEAR)].drop_duplicates("kpi")
    kpis, plan = judged.kpis.set_index("kpi"), judged.sheet.plan
    for row in asked.itertuples():
        said = judged.sheet.first_listing(row.kpi)
        cells = {role: said[f"{role}_raw"] or say("none") for role in ("baseline", "target")}
        cells |= {
            "actual": row.actual_raw or say("none"),
            "published": row.published or say("none"),
        }
        yield ""
        yield say("question.row", rows=kpis.loc[row.kpi, "listings"], **cells)
        yield say("question.why", note=row.note)
        if line := plan.declared(row.kpi).line:
            yield say("question.declared", line=line, source=plan.source)
            yield 'direction = ""'
        else:
            yield from ("[[kpi]]", f"name = {quoted_name(said['name'])}")
            yield from ('direction = ""', 'reason = ""')
