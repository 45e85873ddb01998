"""The frames that pass between the modules: columns declared once, with their types.

``frames.toml`` declares the columns, with what each means. Values are floats in the unit of the
column beside them, NaN where there is none: the shortest decimal of such a float is the number as
printed (``Decimal(repr(value))``). Years are fiscal years (年度, April to March) as whole numbers,
``<NA>`` where a cell has none; ``source`` is ``file:line``. ``data/README.md`` says the same in
words, and a test holds the two together.
"""

import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from kpi_utils.language import Words

__all__ = [
    "CAUSES",
    "CELLS",
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
    "dtypes",
    "frame",
    "narrowed",
    "table",
    "validate",
]

# The words of a status and of a stage (method 4); statuses worst first, as a report shows them.
STATUSES = Words("status")
# What a target is called that is a limit (method 2).
LIMITS = Words("limit")
SEVERITIES = Words("severity")
STAGES = Words("stage")
# What can make a status change from one year's sheet to another's (method 8).
CAUSES = Words("cause")

# What a column may hold.
_KINDS = {
    # Blank where there is none.
    "text": {"dtype": "str"},
    "flag": {"dtype": "bool"},
    "integer": {"dtype": "int64"},
    # <NA> where there is none.
    "integer-or-none": {"dtype": "Int64", "nullable": True},
    # Floats, NaN where there is none.
    "number": {"dtype": "float64", "nullable": True},
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


def dtypes(section: str) -> dict[str, str]:
    """The columns of a section in the frame's order, each with the type that it has in pandas."""
    return {name: str(column.dtype) for name, column in _columns(section).items()}


def table(section: str, records: list[dict]) -> pd.DataFrame:
    """A frame of a section's columns, in their order and types, from records; not checked."""
    columns = {
        name: pd.Series([record[name] for record in records], dtype=dtype)
        for name, dtype in dtypes(section).items()
    }
    return pd.DataFrame(columns)


def narrowed(section: str, wider: pd.DataFrame) -> pd.DataFrame:
    """The columns of a section out of a frame that has more, in their order and types."""
    columns = dtypes(section)
    return wider[list(columns)].astype(columns).reset_index(drop=True)


def validate(section: str, made: pd.DataFrame) -> pd.DataFrame:
    """A frame, if it is as its section declares it; else raises ``pandera.errors.SchemaError``."""
    return declared(section).validate(made)


CELLS = declared("cells")
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
