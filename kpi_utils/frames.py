"""The frames that pass between the rooms: their columns, declared once in ``frames.toml``.

Numbers are floats in the unit of the column beside them, NaN where there is none; years are fiscal
years (年度, April to March) as ``Int64``, ``<NA>`` where a cell has none; ``source`` is
``file:line``, or ``file:place`` of a PDF. ``make dictionary`` writes the same declarations into
``data/README.md`` and ``data/README.ja.md``, the data dictionary.
"""

import re
import tomllib
from difflib import get_close_matches
from functools import cache
from numbers import Number
from pathlib import Path

import pandas as pd

from kpi_utils.errors import KpiError, mistake

# The codes of a status, worst first, as a report shows them (method 4).
STATUSES = (
    "missed",
    "regressed",
    "unchanged",
    "progressing",
    "not_reached",
    "undetermined",
    "met",
)
# The kinds of a target that is a limit (method 2).
LIMITS = ("at_most", "at_least")
SEVERITIES = ("error", "warning", "note")
# The columns of rows that an analyst may change in a notebook, and what they are called, too.
FIGURES = ["baseline", "actual", "target"]
_FIGURE_WORDS = {mistake(f"role.{name}").removesuffix("値") for name in FIGURES}

# The step of the notebook that makes the columns of a section.
_STEPS = {
    "rows": "rows = sheet.rows()",
    "judgement": "rows = judge(...)",
    "readings": "rows = rows.assign(**readings(...))",
    "kpis": "kpis = per_kpi(rows)",
    "findings": "findings = find(...)",
    **dict.fromkeys(["changes", "paths"], "comparison = compare(before, after)"),
}
SECTIONS = tomllib.loads(Path(__file__).with_name("frames.toml").read_text("utf-8"))
_DTYPES = SECTIONS.pop("dtypes")


@cache
def columns_of(section: str) -> dict[str, tuple[str, list[str]]]:
    """The columns of a frame in order: by name, the kind of value and its two descriptions."""
    columns: dict[str, tuple[str, list[str]]] = {}
    for name, about in SECTIONS[section].items():
        match about:
            case {"columns": "all"}:
                columns |= columns_of(name)
            case {"as": path}:
                other, _, column = path.partition(".")
                columns[name] = columns_of(other)[column]
            case dict():
                ((kind, descriptions),) = about.items()
                columns[name] = kind, descriptions
    return columns


def typed(section: str, records: list[dict] | dict | pd.DataFrame) -> pd.DataFrame:
    """A frame with the columns and dtypes of a section, from records or from columns.

    The columns may also come as a frame, which may have others besides.
    """
    kinds = {name: kind for name, (kind, _) in columns_of(section).items()}
    if isinstance(records, list):
        records = {name: [record[name] for record in records] for name in kinds}
    # As lists: columns may come with an index of their own, and a notebook may have other dtypes.
    values = {name: [None if of is pd.NA else of for of in records[name]] for name in kinds}
    # One index for all columns, or pandas would compare their indexes.
    index = pd.RangeIndex(max(map(len, values.values())))
    columns = {name: pd.Series(values[name], index, _DTYPES[kinds[name]]) for name in kinds}
    return pd.DataFrame(columns, index)


def must_have(frame: pd.DataFrame, *sections: str) -> None:
    """Raises KpiError, naming the notebook's cell to run again, if a frame lacks columns."""
    given = getattr(frame, "columns", ())
    for section in sections:
        if lacking := [name for name in columns_of(section) if name not in given]:
            columns = "、".join(lacking)
            raise KpiError(mistake("order.columns-missing", columns=columns, step=_STEPS[section]))


def must_be_rows(rows: pd.DataFrame, *sections: str) -> None:
    """Raises KpiError as ``must_have`` does, and for what a notebook has put among a sheet's rows.

    That is a row of its own, a figure that is no number, and a column whose name is nearly that of
    a figure: nothing would be judged by it.
    """
    must_have(rows, *sections)
    if strange := [*rows.index[rows["no"].isna()]]:
        raise KpiError(mistake("order.no-row", place=strange[0]))
    for name in rows[FIGURES].select_dtypes(exclude="number"):
        for place, figure in rows[name].items():
            if not (isinstance(figure, Number) or pd.isna(figure)):
                raise KpiError(mistake("order.no-number", place=place, name=name, figure=figure))
    known = {name for section in _STEPS for name in columns_of(section)}
    # A copy of a figure (actual_2, actual2023) is the analyst's own.
    for name in (name for name in map(str, rows) if not re.search(r"[\d_]", name)):
        is_near = get_close_matches(name, FIGURES, cutoff=0.8)
        if name not in known and (is_near or name.removesuffix("値") in _FIGURE_WORDS):
            raise KpiError(mistake("order.near-figure", name=name, figures="、".join(FIGURES)))
