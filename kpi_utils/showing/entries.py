"""What a check shows: how a sheet was read, its findings, and what only a person can say.

Findings are shown as entries: those that say the same of many rows are one (method 6), in words.
What is asked are the lines for plan.toml that settle a KPI's direction (method 2), or what its sums
are over: ``direction`` and ``reason`` are left empty, and are refused until both are filled in.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import SEVERITIES, must_have, typed
from kpi_utils.judging.evaluation import DIRECTION_UNCLEAR, Evaluation
from kpi_utils.judging.findings import quoted_name
from kpi_utils.lines.columns import JUDGED
from kpi_utils.lines.line import place
from kpi_utils.sheets.questions import role_word
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.words import Message, Words

# Where more KPIs differ in their names only, their rows are enough.
MOST_NAMED = 30
# The lines of plan.toml that can settle a row, by the reason why it is undetermined.
_OF_SUMS = ("# cumulative = true", "# running_total = true")
_ASKED: dict[str, tuple[str, ...]] = dict.fromkeys(DIRECTION_UNCLEAR, ('direction = ""',))
_ASKED |= {"sums-mixed": _OF_SUMS, "sums-begin-apart": _OF_SUMS}
# How much of a cell is shown as an example.
_SHOWN = 24


def entries_of(findings: pd.DataFrame, kpis: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The entries of findings on KPIs in words, gravest first: ``[entries]`` of the dictionary.

    An entry is of one severity and code.
    """
    must_have(findings, "findings")
    is_ours = findings["severity"].isin(SEVERITIES) & findings["message"].map(type).eq(Message)
    if not is_ours.all():
        raise KpiError(mistake("order.stale-findings"))
    labels = kpis["label"].to_dict()
    entries = [
        _entry([*alike.itertuples()], labels, words) | {"entry": number}
        for number, alike in findings.groupby(_numbers(findings))
    ]
    return typed("entries", entries)


def findings_csv(findings: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Findings as ``findings.csv`` has them, in words; ``entry`` is the number of their entry."""
    rows = [words.rows(rows) or "―" for rows in findings["rows"]]
    messages = findings["message"].map(words.render)
    in_words = findings.assign(rows=rows, message=messages, entry=_numbers(findings))
    return typed("findings-csv", in_words)


def _numbers(findings: pd.DataFrame) -> np.ndarray:
    """The number of each finding's entry: the gravest first, else in the order of the file."""
    ranks = findings["severity"].map(SEVERITIES.index)
    gravest_first = findings.reset_index(drop=True).iloc[ranks.argsort(kind="stable")]
    numbers = gravest_first.groupby(["severity", "code"], sort=False).ngroup() + 1
    return numbers.sort_index().to_numpy()


def _entry(findings: list, labels: dict[str, str], words: Words) -> dict:
    """The entry of some findings of one code: what they have in common, and what differs."""
    first = findings[0]
    code = first.code
    texts = [words.render(finding.message) for finding in findings]
    message = texts[0]
    if len(set(texts)) > 1:
        message = words.say("entry.other", kind=words.of("finding")[code])
        if code in words.of("entry-says"):
            message = words.render(replace(first.message, key=f"entry-says.{code}"))
    return {
        "code": code,
        "severity": first.severity,
        "rows": words.rows({row for finding in findings for row in finding.rows}) or "―",
        "details": _details(findings, texts, labels, words),
        "message": message,
        "source": "、".join(dict.fromkeys(finding.source for finding in findings)),
    }


def _details(findings: list, texts: list[str], labels: dict[str, str], words: Words) -> str:
    """What differs between the findings of an entry: a line for each difference, with its rows.

    If all findings say the same, one line with their rows, and the KPI if there is only one.
    ``texts`` are the messages of the findings.
    """
    first = findings[0]
    is_error = first.severity == "error"
    is_same = len(set(texts)) == 1
    cells = [finding.text for finding in findings]
    keys = [words.say("entry.text", text=cell) for cell in cells]
    # An erroneous cell is always quoted.
    is_quoted = not is_error or all(map(str.__contains__, texts, cells))
    if is_same and is_quoted:
        keys = [""] * len(texts)
    elif not is_same and first.code not in words.of("entry-says"):
        keys = texts
    if is_quoted or not is_same:
        keys = [_differs(finding, key, words) for finding, key in zip(findings, keys, strict=True)]
    rows_of: dict[str, set] = {}
    for finding, key in zip(findings, keys, strict=True):
        rows_of.setdefault(key, set()).update(finding.rows)
    if is_same and is_quoted and len(rows_of) == 1:
        label = labels.get(first.kpi, "") if len({finding.kpi for finding in findings}) == 1 else ""
        return f"{words.rows(rows_of[keys[0]]) or '―'} {label}".strip()
    if len(rows_of) > MOST_NAMED and {*rows_of} <= {*labels.values()}:
        return words.rows(set().union(*rows_of.values()))
    listed = {key: words.rows(rows) or "―" for key, rows in rows_of.items()}
    # An analyst goes to an error by its row; of the rest what differs is what is read.
    if is_error or not all(listed):
        return "\n".join(f"{rows} {key}".strip() for key, rows in listed.items())
    return "\n".join(
        key if rows == "―" else words.say("document_item", name=key, value=rows)
        for key, rows in listed.items()
    )


def _differs(finding, fallback: str, words: Words) -> str:
    """What sets a finding apart from others of its code, or else ``fallback``."""
    if finding.differs is not None:
        return words.render(finding.differs)
    key = finding.message.key.partition(".")[2]
    if key in words.of("entry-part"):
        return words.render(replace(finding.message, key=f"entry-part.{key}"))
    return fallback


def entry_lines(entries: pd.DataFrame, words: Words) -> list[str]:
    """Entries for a terminal: severity, code, file and line, rows, what to do; what differs."""
    lines = []
    kinds = words.of("finding")
    severities = words.of("severity")
    for entry in entries.itertuples():
        kind = f"{entry.entry} {severities[entry.severity]} {entry.code}（{kinds[entry.code]}）"
        first, *others = entry.source.split("、")
        start = f"{kind} {place(first)}{'ほか' if others else ''}"
        details = entry.details.split("\n")
        if len(details) == 1:
            lines.append(f"{start} {details[0]}: {entry.message}")
            continue
        # To each cell in error an analyst goes by itself.
        between = "\n    " if entry.severity == "error" else "；"
        lines += [f"{start}: {entry.message}", f"    {between.join(details)}"]
    return lines


def count_lines(kpis: pd.DataFrame, entries: pd.DataFrame, words: Words) -> list[str]:
    """How many KPIs have which status, and how many entries which severity, for a terminal."""
    statuses = kpis["status"].value_counts()
    names = words.of("status").items()
    counts = "、".join(f"{word}{statuses[name]}" for name, word in names if name in statuses)
    return [f"{len(kpis)}指標: {counts}", f"指摘: {count_severities(entries, words)}"]


def count_severities(entries: pd.DataFrame, words: Words, *names: str) -> str:
    """How many entries, or changes, have which severity (of some, or of all)."""
    counts = entries["severity"].value_counts()
    severities = words.of("severity")
    return "、".join(f"{severities[name]}{counts.get(name, 0)}" for name in names or SEVERITIES)


def heads(sheet: Sheet) -> Iterator[str]:
    """Each head of a sheet's tables, as what it was read, and the first cell below it."""
    yield mistake("taken.head", source=sheet.source)
    for section, columns in sheet.columns.groupby("section"):
        cells = sheet_cells(sheet, section)
        caption = sheet.table_mark(section) + sheet.captions[section]
        yield mistake("taken.table", caption=caption, rows=len(cells))
        for position, column in enumerate(columns.itertuples()):
            year = f"{column.year}年度" if column.role in JUDGED and pd.notna(column.year) else ""
            unit = column.unit if column.role in JUDGED else ""
            facts = "、".join(filter(None, [role_word(column.role), year, unit]))
            example = next(filter(None, cells.iloc[:, position]), "")
            shown = example if len(example) <= _SHOWN else f"{example[:_SHOWN]}…"
            key = "taken.column" if example else "taken.column-blank"
            yield mistake(key, header=column.header, facts=facts, example=shown)


def questions(evaluation: Evaluation) -> Iterator[str]:
    """The lines of plan.toml for all KPIs whose direction or sums are asked for, to be pasted.

    Each with what the sheet says of it and the evidence for each side, as comments. Of a KPI that
    has a declaration already, only the line that it lacks.
    """
    words = evaluation.sheet.words
    plan = evaluation.sheet.plan
    rows = evaluation.rows
    asked = rows[rows["reason"].isin(_ASKED.keys())].drop_duplicates("kpi")
    if asked.empty:
        return
    yield ""
    yield words.say("question.head", source=plan.source)
    for row in asked.itertuples():
        none = words.say("none")
        cells = {of: getattr(row, f"{of}_raw") or none for of in ("baseline", "actual", "target")}
        listed = words.rows(evaluation.kpis.loc[row.kpi, "listings"])
        yield ""
        yield words.say("question.row", rows=listed, published=row.published or none, **cells)
        yield words.say("question.why", note=row.note)
        lines = _ASKED[row.reason]
        if line := plan.declared(row.kpi).line:
            yield words.say("question.declared", line=line, source=plan.source)
        else:
            name = quoted_name(plan.named(row.kpi, row.name))
            lines = ("[[kpi]]", f"name = {name}", *lines, 'reason = ""')
        yield from lines
