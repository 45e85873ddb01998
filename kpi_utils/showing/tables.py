"""Frames as a reader wants them: Japanese headers, the sheet's own words, status with its word.

What a notebook shows and what the report prints come from the same cells. The functions for
notebooks give a pandas ``Styler``, which shows the whole text of a cell.
"""

import hashlib
import re
import unicodedata
from html import escape

import pandas as pd
from IPython.display import HTML, display
from pandas.io.formats.style import Styler

from kpi_utils.frames import SEVERITIES, STAGES, STATUSES
from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.figures import PACES, by_pace, pace_text
from kpi_utils.judging.findings import CODES
from kpi_utils.judging.judgement import by_status, references
from kpi_utils.judging.second_opinion import OPINIONS
from kpi_utils.language import Words, listed, say
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.showing.charts import progress
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.showing.sentences import sentence

__all__ = [
    "GOALS",
    "commentary",
    "commentary_of",
    "counts",
    "findings",
    "goals",
    "missed",
    "named",
    "readings",
    "results",
    "show",
    "show_listings",
    "show_missed",
    "shown",
    "tagged",
]

# The SDGs in the words of the United Nations Information Centre Tokyo (国連広報センター).
GOALS = Words("goal")
# Jupyter takes what stands between two dollars for a formula, but in elements of these classes.
_NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
# What a table's columns are called.
C = Words("column")


def show_listings(sheet: Sheet) -> None:
    """Show in a notebook the tables of the sheet as printed, each under its own heading."""
    parts = []
    for section in sheet.rows["section"].unique():
        parts += [tagged("h3", sheet.captions[section]), shown(sheet_cells(sheet, section))]
    show(parts)


def results(evaluation: Evaluation) -> Styler:
    """What was computed for each row of the sheet."""
    judged = evaluation.rows
    listings = judged[["section", "no"]].itertuples(index=False)
    table = pd.DataFrame(
        {
            C["row"]: [references([listing]) for listing in listings],
            C["name"]: judged["name"],
            C["published"]: judged["published"],
            C["computed"]: judged["achievement"].map(percent_text),
            C["status"]: judged["status"].map(STATUSES),
            C["stage"]: judged["stage"].map(STAGES),
            C["note"]: judged["note"],
            C["source"]: judged["source"],
        }
    )
    return shown(table)


def readings(evaluation: Evaluation) -> pd.DataFrame:
    """One line a KPI: achievement, time and pace, actual / target and second opinion, in words.

    ※ marks a reading that says something else than the achievement, or its pace.
    """
    kpis = by_status(evaluation.kpi_table())
    pace = kpis["pace"].map(lambda v: "" if pd.isna(v) else f" {pace_text(v)}")
    ratio = kpis["actual_to_target"].map(lambda v: _percent(v, 1))
    return pd.DataFrame(
        {
            C["kpi"]: kpis["label"],
            C["status"]: kpis["status"].map(STATUSES),
            C["achievement"]: kpis["achievement"].map(percent_text),
            C["elapsed"]: kpis["elapsed"].map(lambda v: _percent(v * 100)),
            C["pace"]: kpis["pace_word"].map(PACES).fillna("―") + pace,
            C["ratio"]: ratio + kpis["ratio_differs"].map({True: " ※", False: ""}),
            C["opinion"]: kpis["sdg_status"].map(OPINIONS)
            + kpis["opinions_differ"].map({True: " ※", False: ""}),
            C["row"]: kpis["listings"],
        }
    )


def findings(evaluation: Evaluation) -> pd.DataFrame:
    """All entries, the gravest first, each with its rows and what differs between them."""
    found = evaluation.entries
    return pd.DataFrame(
        {
            C["entry"]: found["entry"],
            C["severity"]: found["severity"].map(SEVERITIES),
            C["kind"]: found["code"].map(CODES),
            C["message"]: found["message"],
            C["row"]: found["details"],
        }
    )


def named(evaluation: Evaluation, kpi: str) -> list[str]:
    """The entries that are about a KPI, each by its number and kind: 3 記載なし."""
    return [f"{one.entry} {CODES[one.code]}" for one in evaluation.entries_of(kpi).itertuples()]


def goals(evaluation: Evaluation) -> pd.DataFrame:
    """Which SDGs (and their targets, from 【…】) the met and the other KPIs touch."""
    rows = evaluation.sheet.rows
    marks = rows["goals"].map(lambda text: unicodedata.normalize("NFKC", text).lower())
    touched = rows.assign(target=marks.str.findall(r"\d+(?:\.\w+)?")).explode("target")
    touched = touched.dropna(subset="target")
    touched = touched.assign(goal=touched["target"].str.split(".").str[0].astype(int))
    touched = touched[touched["goal"].isin(list(map(int, GOALS)))]
    status = evaluation.kpis.set_index("kpi")[["label", "status"]]
    records = []
    for goal, kpis in touched.groupby("goal"):
        names = status.loc[list(dict.fromkeys(kpis["kpi"]))]
        met = names["status"] == "met"
        targets = sorted(set(kpis["target"]), key=lambda t: (len(t.split(".")[-1]), t))
        records.append(
            {
                C["goal"]: f"{goal} {GOALS[str(goal)]}",
                C["goal_targets"]: listed(targets),
                C["met"]: listed(names["label"][met]) or say("none"),
                C["missed"]: listed(names["label"][~met]) or say("none"),
            }
        )
    return pd.DataFrame(records, columns=[C[c] for c in ("goal", "goal_targets", "met", "missed")])


def commentary(sheet: Sheet, blocks: pd.DataFrame | None = None) -> Styler:
    """評価及び課題等, a row a block (all, or those given), with the rows that it refers to."""
    blocks = sheet.commentary if blocks is None else blocks
    named = {
        block: references(rows[["section", "no"]].itertuples(index=False))
        for block, rows in sheet.references.groupby("block")
    }
    table = pd.DataFrame(
        {
            C["heading"]: blocks["heading"],
            C["rows_named"]: blocks["block"].map(named).fillna("―"),
            C["body"]: blocks["text"],
        }
    )
    return shown(table).set_properties(subset=[C["body"]], **{"white-space": "pre-wrap"})


def counts(evaluation: Evaluation) -> Styler:
    """How many KPIs, and how many rows of the sheet, have each status; of progress, each pace."""
    tables = evaluation.kpi_table(), evaluation.joined()
    numbers = {}
    for status, word in STATUSES.items():
        numbers[word] = [(table["status"] == status).sum() for table in tables]
        if status == "progressing":
            parts = [by_pace(table) for table in tables]
            numbers |= {
                f"　{pace}": [len(part.get(pace, [])) for part in parts] for pace in parts[1]
            }
    numbers[C["total"]] = list(map(len, tables))
    names = [C["kpis"], C["rows"]]
    table = pd.DataFrame.from_dict(numbers, "index", columns=names).rename_axis(C["status"])
    return shown(table.reset_index())


def missed(evaluation: Evaluation) -> pd.DataFrame:
    """The KPIs that are not met, missed ones first: ``Evaluation.kpi_table``, sorted."""
    kpis = evaluation.kpi_table()
    return by_status(kpis[kpis["status"] != "met"])


def commentary_of(evaluation: Evaluation, kpi: str) -> pd.DataFrame:
    """The blocks of the commentary that refer to a row of the KPI: ``frames.COMMENTARY``."""
    rows, sheet = evaluation.rows, evaluation.sheet
    blocks = sheet.references.merge(rows.loc[rows["kpi"] == kpi, ["section", "no"]])["block"]
    return sheet.commentary[sheet.commentary["block"].isin(blocks)]


def show_missed(evaluation: Evaluation) -> None:
    """Show in a notebook each KPI that is not met: picture, facts, commentary, findings."""
    show([part for _, kpi in missed(evaluation).iterrows() for part in _about(evaluation, kpi)])


def _about(evaluation: Evaluation, kpi: pd.Series) -> list:
    status = kpi["status"]
    badge = f'<span style="{_fill(status)}; padding: 0 0.4em">{escape(STATUSES[status])}</span>'
    words = f"{kpi['label']}　{percent_text(kpi['achievement'])}"
    blocks = commentary_of(evaluation, kpi["kpi"])
    picture = progress(evaluation, kpi)
    return [
        f"<h3>{escape(words)} {badge}</h3>",
        *([picture] if picture else []),
        tagged("p", sentence(evaluation, kpi)),
        tagged("p", say("page.no_commentary"))
        if blocks.empty
        else commentary(evaluation.sheet, blocks),
        tagged("p", f"{C['findings']}　{listed(named(evaluation, kpi['kpi'])) or say('none')}"),
    ]


def show(parts: list) -> None:
    """Show HTML, tables and pictures one below another in a notebook.

    They are one output, for JupyterLab hides a cell's outputs from the 50th on.
    """
    texts = (part if isinstance(part, str) else part._repr_html_() for part in parts)
    display(HTML(f'<div class="{_NO_FORMULAS}">{"".join(texts)}</div>'))


def tagged(tag: str, words: str) -> str:
    """Words as an element of HTML."""
    return f"<{tag}>{escape(words)}</{tag}>"


def shown(table: pd.DataFrame) -> Styler:
    """A table of words as a notebook shows it."""
    # The name by which a table's styles find its cells: its own, and the same in every run.
    name = hashlib.sha256(table.to_csv().encode()).hexdigest()[:12]
    styled = table.reset_index(drop=True).style.hide(axis="index").set_uuid(name)
    styled = styled.format(escape="html", thousands=",").format_index(escape="html", axis=1)
    styled = styled.set_table_attributes(f'class="{_NO_FORMULAS}"')
    cells = [("text-align", "left"), ("vertical-align", "top"), ("white-space", "pre-line")]
    cells += [("font-size", "0.92em"), ("padding", "0.4em")]
    styled = styled.set_table_styles([{"selector": "th, td", "props": cells}])
    for place in range(table.shape[1]):
        texts = table.iloc[:, place].astype(str).tolist()
        if _is_short(texts):
            looks = {"td": ("white-space", "pre"), "th": ("word-break", "keep-all")}
        else:
            # Long texts would leave each other a few characters a line.
            looks = {"td": ("min-width", "8em")}
        column = [{"selector": f"{tag}.col{place}", "props": [look]} for tag, look in looks.items()]
        if _is_number(texts):
            column.append({"selector": f".col{place}", "props": [("text-align", "right")]})
        styled = styled.set_table_styles(column, overwrite=False)
    return styled.map(_status_fill, subset=[name for name in table if name == C["status"]])


def _status_fill(text: str) -> str:
    """The look of a cell with a status; of one that tells of a change, by the status since."""
    codes = {word: status for status, word in STATUSES.items()}
    found = re.findall("|".join(map(re.escape, codes)), text)
    # A gap between one fill and the next.
    gap = "border: 2px solid transparent; background-clip: padding-box"
    return f"{_fill(codes[found[-1]])}; {gap}" if found else "font-weight: bold"


def _fill(status: str) -> str:
    # White on a fill is legible in JupyterLab's dark theme, too.
    return f"background-color: {COLOURS[status]}; color: #ffffff; font-weight: bold"


def _percent(value: float, digits: int = 0) -> str:
    return "―" if pd.isna(value) else f"{rounded(value, digits)}%"


def _is_short(texts: list[str]) -> bool:
    """Whether the lines of a column's cells are better kept whole, a number with its unit."""
    lines = [line for text in texts for line in text.split("\n")]
    # A full-width character is as wide as two others.
    widths = [len(line) + len(re.findall(r"[^\x00-\xff−]", line)) for line in lines]
    return max(widths, default=0) <= 22


def _is_number(texts: list[str]) -> bool:
    """Whether most of a column's cells are numbers or percentages."""
    numbers = [re.fullmatch(r"[-−▲]?[\d,]+(\.\d+)?%?( ※)?", text) for text in texts]
    return sum(map(bool, numbers)) > len(texts) / 2
