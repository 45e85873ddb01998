"""Frames as a reader wants them: Japanese headers, the sheet's own words, status with its word.

What a notebook shows and what the report prints come from the same cells. ``shown`` makes of a
frame of words a pandas ``Styler``, which shows the whole text of a cell.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict

import pandas as pd
from pandas.io.formats.style import Styler

from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.judgement import by_status
from kpi_utils.judging.outlook import years_of
from kpi_utils.judging.readings import PACE_CUTS, PACES, pace_text
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.showing.entries import entries_of
from kpi_utils.showing.sentences import marked, outlook_cell, words_of
from kpi_utils.words import LANGUAGES, Words

# A status by its word in any language, and the heads of the columns that have such words.
_LANGUAGES = [Words(language) for language in LANGUAGES]
_STATUS_OF = {word: status for words in _LANGUAGES for status, word in words.of("status").items()}
_STATUS = re.compile("|".join(map(re.escape, _STATUS_OF)))
_STATUS_HEADS = {words.of("column")["status"] for words in _LANGUAGES}

# A plan of more KPIs is shown in less detail: only so many of those not met have a picture and the
# commentary beside it.
MANY, MOST_DETAILED = 30, 15
# Warnings that say of a KPI what its status says, and that its commentary is missing.
_COMMON_WARNINGS = ("narrative-missing", "not-judged")


def readings_table(kpis: pd.DataFrame, pace_cuts=PACE_CUTS) -> pd.DataFrame:
    """One line a KPI: achievement, time, pace, actual / target, second opinion and outlook.

    ※ marks a reading that says something else than the achievement, or its pace.
    """
    words = words_of(kpis)
    kpis = by_status(kpis)
    marks = {True: " ※", False: ""}
    pace = kpis["pace"].map(lambda pace: f" {pace_text(pace, pace_cuts)}", na_action="ignore")
    ratio = kpis["actual_to_target"].map(lambda ratio: _percent(ratio, 1))
    opinion = kpis["sdg_status"].map(words.of("opinion"))
    return pd.DataFrame(
        {
            "kpi": kpis["label"],
            "status": kpis["status"].map(words.of("status")),
            "achievement": kpis["achievement"].map(percent_text),
            "elapsed": kpis["elapsed"].mul(100).map(_percent),
            "pace": kpis["pace_word"].map(words.of("pace")).fillna("―") + pace.fillna(""),
            "ratio": ratio + kpis["ratio_differs"].map(marks),
            "opinion": opinion + kpis["opinions_differ"].map(marks),
            "outlook": [outlook_cell(kpi, words) for _, kpi in kpis.iterrows()],
            "row": kpis["listings"].map(words.rows),
        }
    ).rename(columns=words.of("column"))


def _percent(value: float, digits: int = 0) -> str:
    return "―" if pd.isna(value) else f"{rounded(value, digits)}%"


def by_year(kpis: pd.DataFrame) -> pd.DataFrame:
    """One line a KPI, one column a year: the status of that year with its mark, or ―."""
    words = words_of(kpis)
    statuses = pd.DataFrame(list(kpis["status_by_year"].map(years_of)), index=kpis.index)
    marks = statuses.map(lambda status: marked(status, words), na_action="ignore").fillna("―")
    marks = marks[sorted(marks)]
    marks.columns = [words.say("year.column", year=year) for year in marks]
    marks.insert(0, words.of("column")["kpi"], kpis["label"])
    return marks


def findings_table(findings: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """Findings as entries in words, the gravest first, each with its rows and what differs."""
    words = words_of(kpis)
    return entries_table(entries_of(findings, kpis, words), words)


def entries_table(entries: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Entries (``entries_of``) under the heads of a report."""
    return pd.DataFrame(
        {
            "entry": entries["entry"],
            "severity": entries["severity"].map(words.of("severity")),
            "kind": entries["code"].map(words.of("finding")),
            "message": entries["message"],
            "row": entries["details"],
        }
    ).rename(columns=words.of("column"))


def detailed(sheet: Sheet, kpis: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """The KPIs that a report shows in full, each with its picture and commentary, worst first.

    All, of up to ``MANY``; else, of those not met that the commentary or a warning of their own is
    about, the first ``MOST_DETAILED``.
    """
    if len(kpis) <= MANY:
        return by_status(kpis)
    off = by_status(kpis[kpis["status"] != "met"])
    is_own = (findings["severity"] != "note") & ~findings["code"].isin(_COMMON_WARNINGS)
    referred = set(sheet.references[["section", "no"]].itertuples(index=False, name=None))
    has_text = [not referred.isdisjoint(listings) for listings in off["listings"]]
    return off[has_text | off.index.isin(findings.loc[is_own, "kpi"])].head(MOST_DETAILED)


def initiatives_table(kpis: pd.DataFrame) -> pd.DataFrame:
    """How many KPIs of each initiative have which status, in the sheet's order; no initiative last.

    A KPI counts under the first initiative that it is listed under. Empty where the sheet has none.
    """
    words = words_of(kpis)
    names = kpis["initiative"].map(words.translated)
    if not names.any():
        return pd.DataFrame()
    # A KPI of several tables is listed last in that of the initiatives.
    in_order = names[kpis["listings"].map(max).sort_values().index].unique()
    statuses = words.of("status")
    table = pd.crosstab(names, kpis["status"]).loc[sorted(in_order, key=lambda name: not name)]
    table = table[[status for status in statuses if status in table]].rename(columns=statuses)
    heads = words.of("column")
    table.insert(0, heads["total"], table.sum(axis=1))
    table = table.rename(index={"": words.say("no_initiative")}).rename_axis(heads["initiative"])
    return table.rename_axis(columns=None).reset_index()


def undetermined_table(kpis: pd.DataFrame) -> pd.DataFrame:
    """The KPIs that could not be judged, each with the reason and its rows."""
    words = words_of(kpis)
    kpis = kpis[kpis["status"] == "undetermined"]
    return pd.DataFrame(
        {
            "kpi": kpis["label"],
            "reason": kpis["note"].map(words.render),
            "row": kpis["listings"].map(words.rows),
        }
    ).rename(columns=words.of("column"))


def goals_table(rows: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """Which SDGs (and their targets, from 【…】) the met and the other KPIs touch.

    Of more than ``MANY`` KPIs it has only their numbers. The goals in the words of the United
    Nations Information Centre Tokyo (国連広報センター).
    """
    words = words_of(kpis)
    labels = kpis["label"].to_dict()
    is_met = kpis["status"].eq("met").to_dict()

    def named(touching: list[str]) -> str:
        names = [labels[kpi] for kpi in touching]
        return str(len(names)) if len(kpis) > MANY else words.listed(names) or words.say("none")

    touched = defaultdict(list)
    for kpi, marks in zip(rows["kpi"], rows["goals"], strict=True):
        marks = unicodedata.normalize("NFKC", marks).lower()
        for target in re.findall(r"\d+(?:\.\w+)?", marks) if kpi in labels else ():
            touched[int(target.partition(".")[0])].append((target, kpi))
    lines = []
    for goal, name in words.of("goal").items():
        if not (of_goal := touched[int(goal)]):
            continue
        targets = {target for target, _ in of_goal}
        ordered = sorted(targets, key=lambda target: (len(target.split(".")[-1]), target))
        touching = dict.fromkeys(kpi for _, kpi in of_goal)
        met, missed = ([kpi for kpi in touching if is_met[kpi] is each] for each in (True, False))
        lines.append([f"{goal} {name}", words.listed(ordered), named(met), named(missed)])
    columns = ["goal", "goal_targets", "met", "missed"]
    return pd.DataFrame(lines, columns=columns).rename(columns=words.of("column"))


def commentary(sheet: Sheet) -> Styler:
    """評価及び課題等, a row a block, with the rows that it refers to."""
    words = sheet.words
    blocks = sheet.commentary
    named = {
        block: words.rows(rows[["section", "no"]].itertuples(index=False))
        for block, rows in sheet.references.groupby("block")
    }
    table = pd.DataFrame(
        {
            "heading": blocks["heading"],
            "rows_named": blocks["block"].map(named).fillna("―"),
            "body": blocks["text"],
        }
    ).rename(columns=words.of("column"))
    return shown(table).set_properties(subset=[table.columns[-1]], **{"white-space": "pre-wrap"})


def commentary_of(sheet: Sheet, listings) -> pd.DataFrame:
    """The blocks of the commentary that refer to one of some rows, pairs of section and No."""
    references = sheet.references.set_index(["section", "no"])
    blocks = references.loc[references.index.isin([*listings]), "block"]
    return sheet.commentary[sheet.commentary["block"].isin(blocks)]


def counts(rows: pd.DataFrame, kpis: pd.DataFrame) -> Styler:
    """How many KPIs, and how many rows of the sheet, have each status; of progress, each pace."""
    words = words_of(kpis)
    names = words.of("column")
    tables = (kpis, rows)
    numbers = {}
    for status, word in words.of("status").items():
        numbers[word] = [(table["status"] == status).sum() for table in tables]
        if status == "progressing":
            kpis_by_pace, rows_by_pace = (by_pace(table, words) for table in tables)
            for pace, part in rows_by_pace.items():
                numbers[f"　{pace}"] = [len(kpis_by_pace.get(pace, [])), len(part)]
    numbers[names["total"]] = list(map(len, tables))
    heads = [names["kpis"], names["rows"]]
    table = pd.DataFrame.from_dict(numbers, "index", columns=heads).rename_axis(names["status"])
    return shown(table.reset_index())


def by_pace(table: pd.DataFrame, words: Words) -> dict[str, pd.DataFrame]:
    """The lines of a table that progress, by the word of their pace as it is shown.

    Slowest first, and last those that have no pace; a word without lines is left out.
    """
    paces = {pace: words.of("pace")[pace] for pace in reversed(PACES)}
    paces[""] = words.say("no_pace")
    parts = dict(list(table[table["status"] == "progressing"].groupby("pace_word")))
    return {word: parts[pace] for pace, word in paces.items() if pace in parts}


# -- How a notebook shows a table.

# What all cells of a table look like.
_PROPERTIES = [("text-align", "left"), ("vertical-align", "top"), ("white-space", "pre-line")]
_PROPERTIES += [("font-size", "0.92em"), ("padding", "0.4em")]


def shown(table: pd.DataFrame) -> Styler:
    """A table of words as a notebook shows it."""
    # The name by which a table's styles find its cells: its own, and the same in every run.
    name = hashlib.sha256(table.to_csv(lineterminator="\n").encode()).hexdigest()[:12]
    rules = [{"selector": "th, td", "props": _PROPERTIES}]
    for index in range(table.shape[1]):
        styles = _column_styles(table.iloc[:, index].astype(str).tolist())
        for tag, style in styles.items():
            rules.append({"selector": f"{tag}.col{index}", "props": [style]})
    return (
        table.reset_index(drop=True)
        .style.hide(axis="index")
        .set_uuid(name)
        .format(escape="html", thousands=",")
        .format_index(escape="html", axis=1)
        # Jupyter takes what stands between two dollars for a formula, but in such elements.
        .set_table_attributes('class="tex2jax_ignore mathjax_ignore"')
        .set_table_styles(rules)
        .map(_status_fill, subset=[name for name in table if name in _STATUS_HEADS])
    )


def _column_styles(texts: list[str]) -> dict[str, tuple[str, str]]:
    """The styles of a column with these texts, by tag; a tag "" is for cells and header."""
    lines = [line for text in texts for line in text.split("\n")]
    # A full-width character is as wide as two others.
    widths = [len(line) + len(re.findall(r"[^\x00-\xff−]", line)) for line in lines]
    # Long texts would leave each other a few characters a line; a number keeps its unit.
    styles = {"td": ("min-width", "8em")}
    if max(widths, default=0) <= 22:
        styles = {"td": ("white-space", "pre"), "th": ("word-break", "keep-all")}
    numbers = [text for text in texts if re.fullmatch(r"[-−▲]?[\d,]+(\.\d+)?%?( ※)?", text)]
    if len(numbers) > len(texts) / 2:
        styles[""] = ("text-align", "right")
    return styles


def _status_fill(text: str) -> str:
    """The style of a cell with a status; of one that tells of a change, by the later status."""
    if not (statuses := _STATUS.findall(text)):
        return "font-weight: bold"
    # White on a fill is legible in JupyterLab's dark theme, too; a gap between one and the next.
    colour = COLOURS[_STATUS_OF[statuses[-1]]]
    fill = f"background-color: {colour}; color: #ffffff; font-weight: bold"
    return f"{fill}; border: 2px solid transparent; background-clip: padding-box"
