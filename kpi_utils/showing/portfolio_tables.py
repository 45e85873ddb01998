"""The frames of a portfolio in words: Japanese headers, the words of codes, the plans by name.

A plan's made-up figures are marked in each line that names it. ``portfolio.toml`` has the words.
"""

import tomllib
from pathlib import Path

import pandas as pd

from kpi_utils.words import JAPANESE

# The words of a portfolio, by table and key.
WORDS = tomllib.loads(Path(__file__).with_name("portfolio.toml").read_text("utf-8"))
_GOALS = {goal: f"{goal} {name}" for goal, name in JAPANESE.of("goal").items()}
_HEADERS = WORDS["header"] | JAPANESE.of("status") | JAPANESE.of("severity")
# The words of the codes in a column.
_CODES = {
    "status": JAPANESE.of("status") | {"total": _HEADERS["total"]},
    "status_before": JAPANESE.of("status"),
    "state": WORDS["state"],
    "severity": JAPANESE.of("severity"),
    "code": JAPANESE.of("finding"),
    "goal": _GOALS | {"": "記載なし"},
    "pace_word": JAPANESE.of("pace") | {"": JAPANESE.say("no_pace")},
}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A frame of the portfolio's notebook as a reader wants it.

    A plan is named by ``municipality``, with ``made_up`` as a mark. A column or code without a word
    stays as it is.
    """
    table = table.copy() if table.index.names == [None] else table.reset_index()
    if "fiscal_year" in table:
        table["fiscal_year"] = table["fiscal_year"].astype(str)
    if "made_up" in table:
        mark = f"（{WORDS['made_up']}）"
        table["municipality"] += table.pop("made_up").map({True: mark, False: ""})
        table = table.drop(columns="plan", errors="ignore")
    for name in table.columns.intersection(list(_CODES)):
        # A report of another version may have a kind of finding that this one does not know.
        table[name] = table[name].replace(_CODES[name])
    return table.rename(columns=_HEADERS)
