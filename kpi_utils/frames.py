"""The frames that pass between the modules: columns declared once, checked where they are made.

Values are exact ``Decimal`` in the unit of the column beside them; years are fiscal years (年度,
April to March) as whole numbers, ``<NA>`` where a cell has none; ``source`` is ``file:line``.
``data/README.md`` says the same in words, and a test holds the two together.
"""

from decimal import Decimal

import numpy as np
import pandas as pd
import pandera.pandas as pa

__all__ = [
    "COLUMNS",
    "COMMENTARY",
    "CSV_COLUMNS",
    "FIGURES",
    "FINDINGS",
    "JUDGED",
    "KPIS",
    "LIMITS",
    "POINTS",
    "REFERENCES",
    "REPRODUCED",
    "ROWS",
    "SEVERITIES",
    "STAGES",
    "STATUSES",
    "checked",
    "frame",
]

# The words of a status and of a stage (method 4); statuses worst first, as a report shows them.
STATUSES = {
    "regressed": "後退",
    "unchanged": "横ばい",
    "progressing": "前進",
    "undetermined": "判定保留",
    "met": "達成",
}
# What a target is called that is a limit (method 2).
LIMITS = {"at_most": "上限", "at_least": "下限"}
SEVERITIES = {"error": "誤り", "warning": "注意", "note": "参考"}
STAGES = {"final": "確定", "interim": "途中", "": ""}

_decimals = pa.Check(
    lambda column: column.map(lambda value: value is None or isinstance(value, Decimal)),
    error="not a Decimal",
)


def _column(kind: object, description: str, *checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(kind, list(checks), nullable=nullable, description=description)


def _whole(description: str) -> pa.Column:
    return _column("Int64", description, nullable=True)


def _number(description: str) -> pa.Column:
    return _column(object, description, _decimals, nullable=True)


def _text(description: str) -> pa.Column:
    return _column("str", description)


def _share(description: str) -> pa.Column:
    return _column("float64", description, nullable=True)


_LISTING = {
    "section": _column("int64", "the table: 1 for (1), 2 for (2)"),
    "no": _column("int64", "No. in the table"),
}

ROWS = pa.DataFrameSchema(
    {
        **_LISTING,
        "kpi": _text("the KPI's identity (method 1): equal in two rows that list the same KPI"),
        "name": _text("指標名 as printed, with 【…】"),
        "initiative_raw": _text("取組名 as printed"),
        "initiative": _text("取組名; where its cell is blank, that of the row above"),
        "goals": _text("SDG goals and targets from 【…】, separated by commas"),
        "relisted": _column("bool", "marked 【再掲】 (relisting)"),
        "baseline_raw": _text("当初値 as printed"),
        "baseline_year": _whole("fiscal year that the baseline's cell names"),
        "baseline": _number("当初値, in `unit`"),
        "unit": _text("unit of the baseline as printed"),
        "baseline_reason": _text("why there is no baseline: blank, not_reported, word, unreadable"),
        "target_raw": _text("目標値 as printed"),
        "target_text": _text("目標値 as printed, without its year"),
        "target_column_year": _whole("fiscal year in the header of the target's column"),
        "target_year": _whole("fiscal year that the target's cell names"),
        "target": _number("目標値, in `target_unit`; of a range the lower end"),
        "target_upper": _number("upper end of a range"),
        "target_unit": _text("unit of the target as printed"),
        "target_comparator": _text(
            "how the target is worded: blank for a plain number, range, at_least (以上), "
            "at_most (以下), above (超), below (未満), keep (維持), increase, decrease"
        ),
        "target_reason": _text("why the target is no number"),
        "published": _text("達成度 (%) as printed"),
        "source": _text("file and line"),
    },
    unique=["section", "no"],
    strict=True,
)

POINTS = pa.DataFrameSchema(
    {
        **_LISTING,
        "column_year": _column("int64", "fiscal year in the column's header"),
        "raw": _text("実績 as printed"),
        "year": _whole("fiscal year that the cell names"),
        "value": _number("実績 (actual), in `unit`"),
        "unit": _text("unit as printed"),
        "reason": _text("why there is no actual: blank, not_reported, word, unreadable"),
        "source": _text("file and line"),
    },
    unique=["section", "no", "column_year"],
    strict=True,
)

COMMENTARY = pa.DataFrameSchema(
    {
        "block": _column("int64", "number of the block of 評価及び課題等, from 1"),
        "heading": _text("heading as printed, without its references"),
        "text": _text("paragraphs as printed, one a line"),
        "source": _text("file and line of the heading"),
    },
    unique=["block"],
    strict=True,
)

REFERENCES = pa.DataFrameSchema(
    {
        "block": _column("int64", "block of the commentary"),
        **_LISTING,
    },
    strict=True,
)

COLUMNS = pa.DataFrameSchema(
    {
        "section": _column("int64", "the table"),
        "role": _text("no, initiative, name, baseline, actual, target or published"),
        "year": _whole("fiscal year in the header"),
        "header": _text("header as printed"),
    },
    strict=True,
)

_FIGURES = {
    "kpi": ROWS.columns["kpi"],
    "name": ROWS.columns["name"],
    "unit": ROWS.columns["unit"],
    "baseline_year": ROWS.columns["baseline_year"],
    "baseline": ROWS.columns["baseline"],
    "actual_year": _whole(
        "the newest actual's own fiscal year; its column's where its cell names none"
    ),
    "actual": _number("the newest 実績 up to the fiscal year of the report, in `unit`"),
    "target_year": _whole("the target's own fiscal year; its column's where its cell names none"),
    "target": _text("目標値: the number in `unit`, or the words of the cell"),
    "target_kind": _text(
        "kind of target (method 2): reach_up, reach_down, at_most, at_least, range, "
        "direction_only, text; blank where undetermined"
    ),
    "published": ROWS.columns["published"],
    "achievement": _whole("computed achievement in percent (method 3), rounded once"),
    "status": _column(
        "str",
        "met 達成, progressing 前進, unchanged 横ばい, regressed 後退, undetermined 判定保留",
        pa.Check.isin(list(STATUSES)),
    ),
    "stage": _column(
        "str",
        "final 確定 once the actual's year has reached the target's, else interim 途中; "
        "blank without an actual",
        pa.Check.isin(list(STAGES)),
    ),
    "source": ROWS.columns["source"],
}

JUDGED = pa.DataFrameSchema(
    {
        **_LISTING,
        **_FIGURES,
        "actual_raw": _text("the newest 実績 as printed"),
        "actual_column_year": _column("int64", "fiscal year in the header of its column"),
        "target_value": _number("目標値 as a number, in `unit`; of a range the lower end"),
        "target_upper": ROWS.columns["target_upper"],
        "direction": _text("the way that is better: increase, decrease, or blank"),
        "start": _number("where the way begins: the baseline, or 0 where declared cumulative"),
        "note": _text(
            "why a row is undetermined, or by whose word it is met (Japanese); else blank"
        ),
    },
    unique=["section", "no"],
    strict=True,
)

KPIS = pa.DataFrameSchema(
    {
        **_FIGURES,
        "label": _text("指標名 without 【…】"),
        "relistings_differ": _column("bool", "the rows that list the KPI do not say the same"),
        "listings": _text(
            "the rows that list the KPI, as the sheet refers to them: (1)No.2、(2)No.6"
        ),
        "actual_raw": JUDGED.columns["actual_raw"],
        "target_value": JUDGED.columns["target_value"],
        "target_upper": JUDGED.columns["target_upper"],
        "direction": JUDGED.columns["direction"],
        "start": JUDGED.columns["start"],
        "note": JUDGED.columns["note"],
    },
    unique=["kpi"],
    strict=True,
)


FIGURES = pa.DataFrameSchema(
    {
        **_LISTING,
        "elapsed": _share("share of the time from baseline to target that has gone"),
        "pace": _share("achievement / elapsed; none once met, final, or without a way"),
        "pace_word": _text("on_track 順調, slightly_behind やや遅れ, behind 遅れ, backwards 逆行"),
        "needed_a_year": _share("(target - actual) / years left, in the row's unit"),
        "so_far_a_year": _share("(actual - baseline) / years gone, in the row's unit"),
        "actual_to_target": _share("actual / target, in percent"),
        "fragility": _share("points of achievement for a change of the actual by 1 %"),
        "ambition": _share("(target - baseline) / |baseline|, in parts of one"),
        "points": _column("int64", "number of points: the baseline, and actuals of other years"),
        "age": _whole("fiscal years from the newest actual to the report"),
        "sdg_status": _text("second opinion: achieved, substantial, moderate, limited, …"),
        "sdg_ratio": _share("observed over required growth rate of the second opinion"),
        "opinions_differ": _column("bool", "pace and second opinion say different things"),
        "ratio_differs": _column("bool", "actual / target and achievement lie 50 points apart"),
    },
    unique=["section", "no"],
    strict=True,
)

FINDINGS = pa.DataFrameSchema(
    {
        "code": _text("what kind of finding (method 6)"),
        "severity": _column(
            "str", "error 誤り, warning 注意, note 参考", pa.Check.isin(list(SEVERITIES))
        ),
        "rows": _text("the rows that it is about, as the sheet refers to them"),
        "kpi": _text("the KPI's identity, or blank"),
        "text": _text("the sheet's own text"),
        "message": _text("what is off and what to do (Japanese)"),
        "source": _text("file and line"),
    },
    strict=True,
)

REPRODUCED = pa.DataFrameSchema(
    {
        **_LISTING,
        "published": ROWS.columns["published"],
        "linear": _column("bool", "(actual - baseline) / (target - baseline), by method 3"),
        "linear_floor": _column("bool", "linear, a fall printed as 0"),
        "linear_clipped": _column("bool", "linear, printed from 0 to 100"),
        "ratio": _column("bool", "actual / target"),
        "ratio_lower": _column("bool", "2 - actual / target"),
        "ratio_inverse": _column("bool", "target / actual"),
    },
    unique=["section", "no"],
    strict=True,
)

# kpis.csv: one line a row of the sheet.
CSV_COLUMNS = [*_LISTING, *_FIGURES]


def checked(schema: pa.DataFrameSchema, columns: dict) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from whole columns; checked."""
    typed = {
        name: pd.Series(np.asarray(columns[name]), dtype=str(column.dtype))
        for name, column in schema.columns.items()
    }
    return schema.validate(pd.DataFrame(typed))


def frame(schema: pa.DataFrameSchema, records: list[dict]) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from records; checked.

    Raises ``pandera.errors.SchemaError`` where a record does not fit: a mistake in the code, not
    in a sheet.
    """
    columns = {
        name: pd.Series([record[name] for record in records], dtype=str(column.dtype))
        for name, column in schema.columns.items()
    }
    return schema.validate(pd.DataFrame(columns))
