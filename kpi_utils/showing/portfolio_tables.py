"""The frames of a portfolio in words: Japanese headers, the words of codes, the plans by name.

A plan's made-up figures are marked in each line that names it.
"""

import pandas as pd

from kpi_utils.judging.achievement import percent_text
from kpi_utils.words import JAPANESE

__all__ = ["MADE_UP", "STATES", "in_words", "kinds_text", "spread_text"]

MADE_UP = "架空のデータ"
STATES = {"done": "作成済", "failed": "失敗", "waiting": "作成待ち", "unreadable": "使えない"}
_GOALS = {goal: f"{goal} {name}" for goal, name in JAPANESE.of("goal").items()}
# The words of the codes in a column.
_WORDS = {
    "status": JAPANESE.of("status") | {"total": "計"},
    "status_before": JAPANESE.of("status"),
    "state": STATES,
    "severity": JAPANESE.of("severity"),
    "code": JAPANESE.of("finding"),
    "goal": _GOALS | {"": "記載なし"},
    "pace_word": JAPANESE.of("pace") | {"": JAPANESE.say("no_pace")},
}
_HEADERS = {
    **JAPANESE.of("status"),
    **JAPANESE.of("severity"),
    "total": "計",
    "municipality": "計画",
    "fiscal_year": "年度",
    "state": "状態",
    "message": "備考",
    "status": "判定",
    "status_before": "前の年度の判定",
    "pace_word": "進み方",
    "goal": "ゴール",
    "severity": "程度",
    "code": "種類",
    "label": "指標",
    "unit": "単位",
    "kpis": "指標の数",
    "plans": "計画の数",
    "places": "箇所の数",
    "compared": "比べた\n指標",
    "up": "判定が\n上がった",
    "up_by_data": "うち実績\nのみ",
    "down": "判定が\n下がった",
    "same": "判定が\n同じ",
    "unknown": "比べ\nられない",
    "achievement_up": "達成度が\n上がった",
    "achievement_down": "達成度が\n下がった",
    "achievements": "達成度",
    "differing": "数値の\n相違",
    "reasons": "理由",
}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A frame of the portfolio's notebook as a reader wants it.

    A plan is named by ``municipality``, with ``made_up`` as a mark, and ``fiscal_year_before``
    stands before ``fiscal_year``. A column or code without a word stays as it is.
    """
    table = table if table.index.names == [None] else table.reset_index()
    if "fiscal_year" in table:
        table = table.assign(fiscal_year=table["fiscal_year"].astype(str))
    if "fiscal_year_before" in table:
        before = table.pop("fiscal_year_before").astype(str)
        table["fiscal_year"] = before + " → " + table["fiscal_year"]
    if "made_up" in table:
        marks = table["made_up"].map({True: f"（{MADE_UP}）", False: ""})
        table = table.assign(municipality=table["municipality"] + marks)
        table = table.drop(columns=["plan", "made_up"], errors="ignore")
    # A report of another version may have a kind of finding that this one does not know.
    words = {
        name: table[name].map(lambda code, known=known: known.get(code, code))
        for name, known in _WORDS.items()
        if name in table
    }
    return table.assign(**words).rename(columns=_HEADERS)


def spread_text(achievements: pd.Series) -> str:
    """Up to three achievements from the least; of more the least, the middle and the greatest.

    Of an even number the middle is the lower of the two: all are achievements of some plan.

    >>> spread_text(pd.Series([30, None, -5])), spread_text(pd.Series([4, 3, 1, 2]))
    ('−5%、30%', '1%、2%、4%')
    """
    known = sorted(achievements.dropna())
    spread = known if len(known) < 4 else [known[0], known[(len(known) - 1) // 2], known[-1]]
    return "、".join(map(percent_text, spread)) or "―"


def kinds_text(codes: pd.Series) -> str:
    """The kinds of findings with their numbers, the most frequent first.

    >>> kinds_text(pd.Series(["late-data", "part-year", "late-data"]))
    '古い実績2、年度途中の実績1'
    """
    words = codes.map(lambda code: JAPANESE.of("finding").get(code, code))
    return "、".join(f"{word}{number}" for word, number in words.value_counts().items())
