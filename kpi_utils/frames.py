"""The frames that pass between the modules: columns declared once, checked where they are made.

Values are exact ``Decimal`` in the unit of the column beside them; years are fiscal years (年度,
April to March) as whole numbers, ``<NA>`` where a cell has none; ``source`` is ``file:line``.
``data/README.md`` says the same in words, and a test holds the two together.
"""

import pandera.pandas as pa

from kpi_utils.language import Words
from kpi_utils.schema import checked, column, frame, number, share, text, whole

__all__ = [
    "CAUSES",
    "CHANGES",
    "COLUMNS",
    "COMMENTARY",
    "CSV_COLUMNS",
    "FIGURES",
    "FINDINGS",
    "JUDGED",
    "KPIS",
    "LIMITS",
    "PATHS",
    "POINTS",
    "REFERENCES",
    "REPRODUCED",
    "ROWS",
    "SEVERITIES",
    "STAGES",
    "STATUSES",
    "TARGET",
    "TARGETS",
    "checked",
    "frame",
]

# The words of a status and of a stage (method 4); statuses worst first, as a report shows them.
STATUSES = Words("status")
# What a target is called that is a limit (method 2).
LIMITS = Words("limit")
SEVERITIES = Words("severity")
STAGES = Words("stage")
# What can make a status change from one year's sheet to another's (method 8).
CAUSES = Words("cause")

_LISTING = {
    "section": column("int64", "the table: 1 for (1), 2 for (2)"),
    "no": column("int64", "No. in the table"),
}
_OVER = text("the years that it is a sum over: 2008-2019, 2008-, 5, ? (not said); or blank")
TARGET = {
    "target_raw": text("目標値 as printed"),
    "target_text": text("目標値 as printed, without its year"),
    "target_column_year": whole("fiscal year in the header of the target's column"),
    "target_year": whole("fiscal year that the target's cell names"),
    "target": number("目標値, in `target_unit`; of a range the lower end"),
    "target_upper": number("upper end of a range"),
    "target_unit": text("`unit` where the target's own can be turned into it; else as printed"),
    "target_comparator": text("how the target limits (以上 at_least …); blank for a plain number"),
    "target_reason": text("why the target is no number"),
    "target_over": _OVER,
}

ROWS = pa.DataFrameSchema(
    {
        **_LISTING,
        "kpi": text("the KPI's identity (method 1): equal in two rows that list the same KPI"),
        "address": text("the identity of name（initiative）, which tells KPIs of one name apart"),
        "name": text("指標名 as printed, with 【…】"),
        "initiative_raw": text("取組名 as printed"),
        "initiative": text("取組名; where its cell is blank, that of the row above"),
        "goals": text("SDG goals and targets from 【…】, separated by commas"),
        "relisted": column("bool", "marked 【再掲】 (relisting)"),
        "baseline_raw": text("当初値 as printed"),
        "baseline_year": whole("fiscal year that the baseline's cell names"),
        "baseline": number("当初値, in `unit`"),
        "baseline_over": _OVER,
        "unit": text("unit of the row as printed: the baseline's, or the first that a cell has"),
        "baseline_reason": text("why there is no baseline: blank, not_reported, word, unreadable"),
        **TARGET,
        "published": text("達成度 (%) as printed"),
        "source": text("file and line"),
    },
    unique=["section", "no"],
    strict=True,
)

POINTS = pa.DataFrameSchema(
    {
        **_LISTING,
        "column_year": column("int64", "fiscal year in the column's header"),
        "raw": text("実績 as printed"),
        "year": whole("fiscal year that the cell names"),
        "value": number("実績 (actual), in `unit`"),
        "unit": text("the row's `unit` where the own can be turned into it; else as printed"),
        "over": _OVER,
        "reason": text("why there is no actual: blank, not_reported, word, unreadable"),
        "source": text("file and line"),
    },
    unique=["section", "no", "column_year"],
    strict=True,
)

TARGETS = pa.DataFrameSchema(
    {
        **_LISTING,
        "column_year": whole("fiscal year in the column's header"),
        "raw": text("目標値 as printed"),
        **TARGET,
        "source": text("file and line"),
    },
    unique=["section", "no", "column_year"],
    strict=True,
)

COMMENTARY = pa.DataFrameSchema(
    {
        "block": column("int64", "number of the block of 評価及び課題等, from 1"),
        "heading": text("heading as printed, without its references"),
        "references_raw": text("the references as printed, with their brackets; else blank"),
        "text": text("paragraphs as printed, one a line"),
        "source": text("file and line of the heading"),
    },
    unique=["block"],
    strict=True,
)

REFERENCES = pa.DataFrameSchema(
    {
        "block": column("int64", "block of the commentary"),
        **_LISTING,
    },
    strict=True,
)

COLUMNS = pa.DataFrameSchema(
    {
        "section": column("int64", "the table"),
        "role": text("no, initiative, name, baseline, actual, target or published"),
        "year": whole("fiscal year in the header"),
        "header": text("header as printed"),
    },
    strict=True,
)

_FIGURES = {
    "kpi": ROWS.columns["kpi"],
    "name": ROWS.columns["name"],
    "unit": ROWS.columns["unit"],
    "baseline_year": ROWS.columns["baseline_year"],
    "baseline": ROWS.columns["baseline"],
    "actual_year": whole("the newest actual's own fiscal year; else that of its column"),
    "actual": number("the newest 実績 up to the fiscal year of the report, in `unit`"),
    "target_year": whole("the target's own fiscal year; its column's where its cell names none"),
    "target": text("目標値: the number in `unit`, or the words of the cell"),
    "target_kind": text(
        "kind of target (method 2): reach_up, reach_down, at_most, at_least, range, "
        "direction_only, text; blank where undetermined"
    ),
    "published": ROWS.columns["published"],
    "achievement": whole("computed achievement in percent (method 3), rounded once"),
    "status": column(
        "str",
        "met 達成, missed 未達, progressing 前進, unchanged 横ばい, regressed 後退, "
        "not_reached 未到達, undetermined 判定保留",
        pa.Check.isin(list(STATUSES)),
    ),
    "stage": column(
        "str",
        "final 確定 once the actual's year has reached the target's, else interim 途中; "
        "blank without an actual",
        pa.Check.isin(list(STAGES)),
    ),
    "source": ROWS.columns["source"],
    "direction": text("the way that is better: increase, decrease, or blank"),
    "direction_by": text(
        "what the direction rests on (method 2): declared, words, target, name, published; or blank"
    ),
}

JUDGED = pa.DataFrameSchema(
    {
        **_LISTING,
        **_FIGURES,
        "actual_raw": text("the newest 実績 as printed"),
        "actual_column_year": column("int64", "fiscal year in the header of its column"),
        "target_value": number("目標値 as a number, in `unit`; of a range the lower end"),
        "target_upper": ROWS.columns["target_upper"],
        "start": number("where the way begins: the baseline, or 0 where declared cumulative"),
        "way": text("progressing, unchanged or regressed since the baseline, met or not; or blank"),
        "reason": text("code of why a row is undetermined (`note` in messages/*.toml); else blank"),
        "note": text("why a row is undetermined, or by whose word it is met; else blank"),
    },
    unique=["section", "no"],
    strict=True,
)

KPIS = pa.DataFrameSchema(
    {
        **_FIGURES,
        "label": text("指標名 without 【…】"),
        "relistings_differ": column("bool", "the rows that list the KPI do not say the same"),
        "listings": text(
            "the rows that list the KPI, as the sheet refers to them: (1)No.2、(2)No.6"
        ),
        "actual_raw": JUDGED.columns["actual_raw"],
        "target_value": JUDGED.columns["target_value"],
        "target_upper": JUDGED.columns["target_upper"],
        "start": JUDGED.columns["start"],
        "way": JUDGED.columns["way"],
        "note": JUDGED.columns["note"],
    },
    unique=["kpi"],
    strict=True,
)


FIGURES = pa.DataFrameSchema(
    {
        **_LISTING,
        "elapsed": share("share of the time from baseline to target that has gone"),
        "pace": share("achievement / elapsed; none once met, final, or without a way"),
        "pace_word": text("on_track 順調, slightly_behind やや遅れ, behind 遅れ, backwards 逆行"),
        "needed_a_year": share("(target - actual) / years left, in the row's unit"),
        "so_far_a_year": share("(actual - baseline) / years gone, in the row's unit"),
        "actual_to_target": share("actual / target, in percent"),
        "fragility": share("points of achievement for a change of the actual by 1 %"),
        "ambition": share("(target - baseline) / |baseline|, in parts of one"),
        "points": column("int64", "number of points: the baseline, and actuals of other years"),
        "age": whole("fiscal years from the newest actual to the report"),
        "sdg_status": text("second opinion: achieved, substantial, moderate, limited, …"),
        "sdg_ratio": share("observed over required growth rate of the second opinion"),
        "opinions_differ": column("bool", "pace and second opinion say different things"),
        "ratio_differs": column("bool", "actual / target and achievement lie 50 points apart"),
    },
    unique=["section", "no"],
    strict=True,
)

FINDINGS = pa.DataFrameSchema(
    {
        "code": text("what kind of finding (method 6)"),
        "severity": column(
            "str", "error 誤り, warning 注意, note 参考", pa.Check.isin(list(SEVERITIES))
        ),
        "rows": text("the rows that it is about, as the sheet refers to them"),
        "kpi": text("the KPI's identity, or blank"),
        "text": text("the sheet's own text"),
        "message": text("what is off and what to do, in the language of the report"),
        "source": text("file and line"),
        "entry": column("int64", "number of the entry that it is a part of, from 1"),
    },
    strict=True,
)

REPRODUCED = pa.DataFrameSchema(
    {
        **_LISTING,
        "published": ROWS.columns["published"],
        "linear": column("bool", "(actual - baseline) / (target - baseline), by method 3"),
        "linear_floor": column("bool", "linear, a fall printed as 0"),
        "linear_clipped": column("bool", "linear, printed from 0 to 100"),
        "ratio": column("bool", "actual / target"),
        "ratio_lower": column("bool", "2 - actual / target"),
        "ratio_inverse": column("bool", "target / actual"),
    },
    unique=["section", "no"],
    strict=True,
)

PATHS = pa.DataFrameSchema(
    {
        "kpi": text("the KPI's identity in the later sheet; of one that it lacks, in the earlier"),
        "name": ROWS.columns["name"],
        "sheet_year": column("int64", "fiscal year of the sheet that says so"),
        "role": text("baseline, actual or target"),
        "column_year": whole("fiscal year in the column's header"),
        "raw": text("the cell as printed"),
        "year": whole("fiscal year that the cell names; the column's where it names none"),
        "value": number("the number, in `unit`; of a range the lower end"),
        "unit": text("unit as printed"),
        "source": text("file and line"),
    },
    unique=["kpi", "sheet_year", "role", "column_year"],
    strict=True,
)

CHANGES = pa.DataFrameSchema(
    {
        "code": text("what kind of change (method 8)"),
        "severity": FINDINGS.columns["severity"],
        "kpi": PATHS.columns["kpi"],
        "name": ROWS.columns["name"],
        "rows_before": text("the rows of the earlier sheet that it is about"),
        "rows_after": text("the rows of the later sheet that it is about"),
        "before": text("what the earlier sheet says, as printed; of a status, the judgement"),
        "after": text("what the later sheet says, as printed; of a status, the judgement"),
        "cause": text("what made a status change (`CAUSES`), several joined by +; else blank"),
        "message": text("what was changed and what to do, in the language of the report"),
        "source_before": text("file and line of the earlier sheet"),
        "source_after": text("file and line of the later sheet"),
    },
    strict=True,
)

# kpis.csv: one line a row of the sheet.
CSV_COLUMNS = [*_LISTING, *_FIGURES, "way", "pace_word"]
