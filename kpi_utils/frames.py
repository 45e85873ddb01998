"""The frames that pass between the modules: columns declared once, checked where they are made.

``frames.toml`` declares the columns, with what each means. Values are exact ``Decimal`` in the unit
of the column beside them; years are fiscal years (年度, April to March) as whole numbers, ``<NA>``
where a cell has none; ``source`` is ``file:line``. ``data/README.md`` says the same in words, and a
test holds the two together.
"""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from kpi_utils.language import Words

__all__ = [
    "CAUSES",
    "CHANGES",
    "COLUMNS",
    "COMMENTARY",
    "CSV_COLUMNS",
    "ENTRIES",
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
    "declared",
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

_decimals = pa.Check(
    lambda values: values.map(lambda value: value is None or isinstance(value, Decimal)),
    error="not a Decimal",
)
# What a column may hold.
_KINDS = {
    # Blank where there is none.
    "text": {"dtype": "str"},
    "flag": {"dtype": "bool"},
    "integer": {"dtype": "int64"},
    # <NA> where there is none.
    "integer-or-none": {"dtype": "Int64", "nullable": True},
    # Exact decimals, None where there is none.
    "number": {"dtype": object, "nullable": True, "checks": _decimals},
    # Floats, NaN where there is none.
    "share": {"dtype": "float64", "nullable": True},
    "status": {"dtype": "str", "checks": pa.Check.isin(list(STATUSES))},
    "stage": {"dtype": "str", "checks": pa.Check.isin(list(STAGES))},
    "severity": {"dtype": "str", "checks": pa.Check.isin(list(SEVERITIES))},
}
_SECTIONS = tomllib.loads(Path(__file__).with_name("frames.toml").read_text("utf-8"))


def declared(section: str) -> pa.DataFrameSchema:
    """The schema of a frame, as its section of ``frames.toml`` declares it."""
    unique = _SECTIONS[section].get("unique")
    return pa.DataFrameSchema(_columns(section), unique=unique, strict=True)


@cache
def _columns(section: str) -> dict[str, pa.Column]:
    columns = {}
    for name, about in _SECTIONS[section].items():
        match about:
            case {"columns": "all"}:
                columns |= _columns(name)
            case {"as": place}:
                other, _, column = place.partition(".")
                columns[name] = _columns(other)[column]
            case dict():
                ((kind, description),) = about.items()
                columns[name] = pa.Column(**_KINDS[kind], description=description)
    return columns


def checked(schema: pa.DataFrameSchema, columns: dict) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from whole columns; checked.

    Raises ``pandera.errors.SchemaError`` where a column does not fit: a mistake in the code, not
    in a sheet.
    """
    typed = {
        name: pd.Series(columns[name], dtype=str(column.dtype)).reset_index(drop=True)
        for name, column in schema.columns.items()
    }
    return schema.validate(pd.DataFrame(typed))


def frame(schema: pa.DataFrameSchema, records: list[dict]) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from records; checked, as in ``checked``."""
    return checked(schema, {name: [record[name] for record in records] for name in schema.columns})


ROWS = declared("rows")
POINTS = declared("points")
TARGETS = declared("targets")
COMMENTARY = declared("commentary")
REFERENCES = declared("references")
COLUMNS = declared("columns")
JUDGED = declared("judged")
KPIS = declared("kpis")
FIGURES = declared("figures")
FINDINGS = declared("findings")
ENTRIES = declared("entries")
REPRODUCED = declared("reproduced")
PATHS = declared("paths")
CHANGES = declared("changes")
# The columns of a target, in ROWS and TARGETS alike.
TARGET = list(_columns("target"))
# kpis.csv: one line a row of the sheet.
CSV_COLUMNS = [*_columns("listing"), *_columns("judgement"), "way", "pace_word"]
