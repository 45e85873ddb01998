"""How a frame's columns are declared and checked: the words in which ``frames`` is written."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pandera.pandas as pa

__all__ = ["checked", "column", "frame", "number", "share", "text", "whole"]

_decimals = pa.Check(
    lambda values: values.map(lambda value: value is None or isinstance(value, Decimal)),
    error="not a Decimal",
)


def column(kind: object, description: str, *checks: pa.Check, nullable: bool = False) -> pa.Column:
    """A column of a kind (a pandas dtype), with what it means and what it must fulfil."""
    return pa.Column(kind, list(checks), nullable=nullable, description=description)


def whole(description: str) -> pa.Column:
    """Whole numbers, ``<NA>`` where there is none."""
    return column("Int64", description, nullable=True)


def number(description: str) -> pa.Column:
    """Exact decimals, None where there is none."""
    return column(object, description, _decimals, nullable=True)


def text(description: str) -> pa.Column:
    """Texts, blank where there is none."""
    return column("str", description)


def share(description: str) -> pa.Column:
    """Floats, NaN where there is none."""
    return column("float64", description, nullable=True)


def checked(schema: pa.DataFrameSchema, columns: dict) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from whole columns; checked."""
    typed = {
        name: pd.Series(np.asarray(columns[name]), dtype=str(declared.dtype))
        for name, declared in schema.columns.items()
    }
    return schema.validate(pd.DataFrame(typed))


def frame(schema: pa.DataFrameSchema, records: list[dict]) -> pd.DataFrame:
    """A frame of a schema's columns, in its order, from records; checked.

    Raises ``pandera.errors.SchemaError`` where a record does not fit: a mistake in the code, not
    in a sheet.
    """
    columns = {
        name: pd.Series([record[name] for record in records], dtype=str(declared.dtype))
        for name, declared in schema.columns.items()
    }
    return schema.validate(pd.DataFrame(columns))
