"""The frames that pass between the rooms: their columns, declared once in ``frames.toml``.

Numbers are floats in the unit of the column beside them, NaN where there is none; years are fiscal
years (年度, April to March) as ``Int64``, ``<NA>`` where a cell has none; ``source`` is
``file:line``, or ``file:place`` of a PDF. ``make dictionary`` writes the same declarations into
``data/README.md`` and ``data/README.ja.md``, the data dictionary.
"""

import tomllib
from functools import cache
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
    # As lists: columns may come with an index of their own.
    values = {name: list(records[name]) for name in kinds}
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
