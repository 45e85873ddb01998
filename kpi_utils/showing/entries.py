"""Findings -> entries: those that say the same of many rows are one (method 6), in words."""

import pandas as pd

from kpi_utils.frames import SEVERITIES, typed
from kpi_utils.sheets.sheet import place
from kpi_utils.words import Message, Words

__all__ = ["count_severities", "counted", "entries_of", "entry_lines", "findings_csv"]


def entries_of(findings: pd.DataFrame, labels: dict[str, str], words: Words) -> pd.DataFrame:
    """The entries of findings in words, gravest first: ``[entries]`` of the data dictionary.

    An entry is of one severity and code. ``labels`` are the names of the KPIs.
    """
    entries = [
        _entry(of, labels, words) | {"entry": number}
        for number, (_, of) in enumerate(_groups(findings), 1)
    ]
    return typed("entries", entries)


def findings_csv(findings: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Findings as ``findings.csv`` has them, in words; ``entry`` is the number of their entry."""
    numbers = {key: number for number, (key, _) in enumerate(_groups(findings), 1)}
    keys = zip(findings["severity"], findings["code"], strict=True)
    columns = {name: findings[name] for name in ("code", "severity", "kpi", "text", "source")}
    columns["rows"] = [words.rows(rows) or "―" for rows in findings["rows"]]
    columns["message"] = [words.render(text) for text in findings["message"]]
    return typed("findings-csv", columns | {"entry": [numbers[key] for key in keys]})


def _groups(findings: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """The findings of one severity and code, gravest first, else in the order of the file."""
    groups = list(findings.groupby(["severity", "code"], sort=False))
    return sorted(groups, key=lambda group: SEVERITIES.index(group[0][0]))


def _entry(found: pd.DataFrame, labels: dict[str, str], words: Words) -> dict:
    """The entry of some findings of one code: what they have in common, and what differs."""
    first, says = found.iloc[0], words.of("entry-says")
    code, is_error = first["code"], first["severity"] == "error"
    texts = [words.render(text) for text in found["message"]]
    is_same = len(set(texts)) == 1
    # The text of a cell that is in error is seen in any case.
    is_quoted = not is_error or all(map(str.__contains__, texts, found["text"]))
    alike: dict[str, list[tuple[int, int]]] = {}
    for one, text in zip(found.itertuples(), texts, strict=True):
        quoted = words.say("entry.text", text=one.text)
        differs = _differs(one, words, "" if is_same else quoted if code in says else text)
        alike.setdefault(differs if is_quoted or not is_same else quoted, []).extend(one.rows)
    # An analyst goes to an error by its row; of the rest what differs is what is read.
    form = "{rows} {text}" if is_error else "{text}: {rows}"
    parts = [
        form.format(text=text, rows=words.rows(set(rows)) or "―") for text, rows in alike.items()
    ]
    rows = {row for of in found["rows"] for row in of}
    if is_same and is_quoted and len(parts) == 1:
        label = labels.get(first["kpi"], "") if found["kpi"].nunique() == 1 else ""
        parts = [f"{words.rows(rows) or '―'} {label}".strip()]
    general = words.say("entry.other", kind=words.of("finding")[code])
    if code in says:
        general = words.render(_as(first["message"], f"entry-says.{code}"))
    return {
        "code": code,
        "severity": first["severity"],
        "rows": words.rows(rows) or "―",
        "details": "\n".join(part.removeprefix(": ").strip() for part in parts),
        "message": texts[0] if is_same else general,
        "source": "、".join(dict.fromkeys(found["source"])),
    }


def _differs(one, words: Words, otherwise: str) -> str:
    """What a finding says that others of its code do not: its own words, else by its message."""
    if one.differs is not None:
        return words.render(one.differs)
    _, _, key = one.message.key.partition(".")
    if key in words.of("entry-part"):
        return words.render(_as(one.message, f"entry-part.{key}"))
    return otherwise


def _as(text: Message, key: str) -> Message:
    """Another message of the same values."""
    return Message(key, text.values)


def entry_lines(entries: pd.DataFrame, words: Words) -> list[str]:
    """Entries for a terminal: severity, code, file and line, rows, what to do; what differs."""
    lines, kinds, severities = [], words.of("finding"), words.of("severity")
    for entry in entries.itertuples():
        first, *others = entry.source.split("、")
        kind = f"{entry.entry} {severities[entry.severity]} {entry.code}（{kinds[entry.code]}）"
        *parts, only = entry.details.split("\n")
        start = f"{kind} {place(first)}{'ほか' if others else ''}"
        lines.append(f"{start}: {entry.message}" if parts else f"{start} {only}: {entry.message}")
        # To each cell in error an analyst goes by itself.
        between = "\n    " if entry.severity == "error" else "；"
        lines += [f"    {between.join([*parts, only])}"] if parts else []
    return lines


def counted(kpis: pd.DataFrame, entries: pd.DataFrame, words: Words) -> list[str]:
    """How many KPIs have which status, and how many entries which severity, for a terminal."""
    statuses = kpis["status"].value_counts()
    told = [f"{word}{statuses[of]}" for of, word in words.of("status").items() if of in statuses]
    severities = count_severities(entries, words)
    return [f"{len(kpis)}指標: {'、'.join(told)}", f"指摘: {severities}"]


def count_severities(found: pd.DataFrame, words: Words, *names: str) -> str:
    """How many entries, or changes, have which severity (of some, or of all)."""
    counts, severities = found["severity"].value_counts(), words.of("severity")
    return "、".join(f"{severities[name]}{counts.get(name, 0)}" for name in names or SEVERITIES)
