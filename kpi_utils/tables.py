"""Frames as a reader wants them: Japanese headers, the sheet's own words, status with its word.

What a notebook shows and what the report prints come from the same cells. The functions for
notebooks give a pandas ``Styler``, which shows the whole text of a cell.
"""

import hashlib
from html import escape

import pandas as pd
from IPython.display import HTML, display
from pandas.io.formats.style import Styler

from kpi_utils.achievement import by_status, references
from kpi_utils.charts import percent_text, progress
from kpi_utils.drawing import COLOURS
from kpi_utils.frames import STAGES, STATUSES
from kpi_utils.sheet import Sheet

__all__ = [
    "commentary",
    "commentary_of",
    "counts",
    "listing",
    "missed",
    "results",
    "sheet_cells",
    "show_missed",
]


def sheet_cells(sheet: Sheet, section: int) -> pd.DataFrame:
    """A table of the sheet as printed: its headers, its rows and columns in their order.

    The index is the listing, (section, no).
    """
    columns = sheet.columns[sheet.columns["section"] == section]
    rows = sheet.rows[sheet.rows["section"] == section]
    points = sheet.points.set_index(["section", "no", "column_year"])["raw"]
    raw = {
        "no": "no",
        "initiative": "initiative_raw",
        "name": "name",
        "baseline": "baseline_raw",
        "target": "target_raw",
        "published": "published",
    }
    cells = [
        [
            points[row["section"], row["no"], column.year]
            if column.role == "actual"
            else str(row[raw[column.role]])
            for column in columns.itertuples()
        ]
        for row in rows.to_dict("records")
    ]
    index = pd.MultiIndex.from_frame(rows[["section", "no"]])
    return pd.DataFrame(cells, columns=columns["header"].tolist(), index=index)


def listing(sheet: Sheet, section: int) -> Styler:
    """A table of the sheet as printed."""
    return _styled(sheet_cells(sheet, section))


def results(judged: pd.DataFrame) -> Styler:
    """What was computed for each row of the sheet (``frames.JUDGED``)."""
    shown = pd.DataFrame(
        {
            "行": [references([row]) for row in judged[["section", "no"]].itertuples(index=False)],
            "指標名": judged["name"],
            "公表": judged["published"],
            "算出": judged["achievement"].map(percent_text),
            "判定": judged["status"].map(STATUSES),
            "段階": judged["stage"].map(STAGES),
            "備考": judged["note"],
            "出所": judged["source"],
        }
    )
    return _styled(shown)


def commentary(sheet: Sheet, blocks: pd.DataFrame | None = None) -> Styler:
    """評価及び課題等, a row a block (all, or those given), with the rows that it refers to."""
    blocks = sheet.commentary if blocks is None else blocks
    named = {
        block: references(rows[["section", "no"]].itertuples(index=False))
        for block, rows in sheet.references.groupby("block")
    }
    shown = pd.DataFrame(
        {
            "見出し": blocks["heading"],
            "対象の行": blocks["block"].map(named).fillna("―"),
            "本文": blocks["text"],
        }
    )
    return _styled(shown).set_properties(subset=["本文"], **{"white-space": "pre-wrap"})


def counts(judged: pd.DataFrame, kpis: pd.DataFrame) -> Styler:
    """How many KPIs, and how many rows of the sheet, have each status."""
    shown = pd.DataFrame(
        {
            "判定": list(STATUSES.values()),
            "指標の数": [int((kpis["status"] == status).sum()) for status in STATUSES],
            "行の数": [int((judged["status"] == status).sum()) for status in STATUSES],
        }
    )
    shown.loc[len(shown)] = ["計", len(kpis), len(judged)]
    return _styled(shown)


def missed(kpis: pd.DataFrame) -> pd.DataFrame:
    """The KPIs that are not met, regressed ones first: ``frames.KPIS``, sorted (method 4)."""
    return by_status(kpis[kpis["status"] != "met"])


def commentary_of(sheet: Sheet, kpi: pd.Series, judged: pd.DataFrame) -> pd.DataFrame:
    """The blocks of the commentary that refer to a row of the KPI: ``frames.COMMENTARY``."""
    listings = judged.loc[judged["kpi"] == kpi["kpi"], ["section", "no"]]
    blocks = sheet.references.merge(listings)["block"]
    return sheet.commentary[sheet.commentary["block"].isin(blocks)]


def show_missed(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame) -> None:
    """Show in a notebook each KPI that is not met: its picture and the sheet's own words on it."""
    for _, kpi in missed(kpis).iterrows():
        words = f"{kpi['label']}　{percent_text(kpi['achievement'])} {STATUSES[kpi['status']]}"
        display(HTML(f"<h3>{escape(words)}</h3>"))
        if chart := progress(sheet, kpi):
            display(chart)
        blocks = commentary_of(sheet, kpi, judged)
        if blocks.empty:
            display(HTML("<p>この指標についての評価及び課題等の記載は、シートにありません。</p>"))
        else:
            display(commentary(sheet, blocks))


def _styled(shown: pd.DataFrame) -> Styler:
    words = {word: COLOURS[status] for status, word in STATUSES.items()}
    # The name by which a table's styles find its cells: its own, and the same in every run.
    name = hashlib.sha256(shown.to_csv().encode()).hexdigest()[:12]
    styled = shown.reset_index(drop=True).style.hide(axis="index").set_uuid(name)
    styled = styled.format(escape="html")
    cells = [("text-align", "left"), ("vertical-align", "top")]
    styled = styled.set_table_styles([{"selector": "th, td", "props": cells}])
    short = [place for place in range(shown.shape[1]) if _is_short(shown.iloc[:, place])]
    styled = styled.set_table_styles(
        [{"selector": f".col{place}", "props": [("white-space", "nowrap")]} for place in short],
        overwrite=False,
    )
    if "判定" not in shown:
        return styled
    return styled.map(
        lambda word: f"color: {words.get(word, 'inherit')}; font-weight: bold", subset=["判定"]
    )


def _is_short(column: pd.Series) -> bool:
    """Whether the cells of a column are better kept on one line, a number with its unit."""
    return column.astype(str).str.len().max() <= 20
