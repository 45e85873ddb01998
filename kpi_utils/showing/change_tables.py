"""Two years' changes as a reader wants them: a sentence, each KPI's path, and what was changed."""

import pandas as pd

from kpi_utils.cells.notation import label, read_cell
from kpi_utils.comparing.changes import Changes
from kpi_utils.comparing.counterfactual import verdict
from kpi_utils.comparing.matching import ROLES, SIDES
from kpi_utils.frames import columns_of, typed
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing.sentences import cell_text, dated
from kpi_utils.words import Words

__all__ = ["changed", "changes_csv", "moved", "summary"]


def changes_csv(changes: Changes, words: Words) -> pd.DataFrame:
    """The table of changes as texts: ``[changes-csv]`` of the data dictionary."""
    return typed(
        "changes-csv",
        {
            name: changes.changes[name].map(words.rows if name.startswith("rows") else words.render)
            for name in columns_of("changes-csv")
        },
    )


def summary(changes: Changes | None, words: Words) -> str:
    """How many KPIs there are in both years, whose status changed and why, and what else did.

    Where nothing is compared: why.
    """
    if changes is None:
        return words.say("change-chapter.no_earlier")
    if changes.problems:
        before = words.say("year.fiscal", year=changes.year_before)
        return "\n".join([words.say("change-chapter.uncompared", before=before), *changes.problems])
    counts = changes.changes["code"].value_counts()
    counted = words.say(
        "change-chapter.summary",
        same=len(changes.same),
        new=counts.get("new", 0),
        dropped=counts.get("dropped", 0),
        changed=counts.get("status-changed", 0),
        by_data=int((changes.changes["cause"] == "data").sum()),
    )
    others = [
        words.say("change-chapter.other", word=word, n=counts[code])
        for code, word in words.of("change").items()
        if code in counts and code not in ("status-changed", "new", "dropped")
    ]
    if not others:
        return counted
    sentences = [counted, words.say("change-chapter.others", others=tuple(others))]
    return words.say("list.sentence").join(sentences)


def moved(changes: Changes, words: Words) -> pd.DataFrame:
    """One line a KPI: its figures over all columns as printed, and its judgement in both years.

    A cell that says something else in the two sheets has both, with an arrow between them; so have
    the judgement and the numbers of the lines.
    """
    cells, column = changes.paths, words.of("column")
    last = changes.after.sheet.fiscal_year
    is_later = (cells["role"] == "actual") & (cells["column_year"] > last)
    cells = cells[~is_later | (cells["raw_before"] + cells["raw_after"] != "")].copy()
    # Baseline, the years of actuals, the years of targets.
    cells["order"] = cells["role"].map(ROLES.index)
    cells["header"] = [
        words.say("column.year", year=cell.column_year)
        if cell.role == "actual"
        else column[cell.role]
        for cell in cells.itertuples()
    ]
    cells["text"] = [_both(changes, cell, words) for cell in cells.itertuples()]
    headers = cells.sort_values(["order", "column_year"])["header"].unique()
    # A KPI has the target of its own table.
    texts = cells[cells["text"] != ""].groupby(["kpi", "header"])["text"].agg(words.listed)
    table = texts.unstack().reindex(index=cells["kpi"].unique(), columns=headers).fillna("")
    names = cells.drop_duplicates("kpi").set_index("kpi")["name"]
    table.insert(0, column["kpi"], names.map(label).map(words.translated))
    verdicts = [[_verdict(changes, kpi, side, words) for side in SIDES] for kpi in table.index]
    table[column["status"]] = [
        before if before == after else _arrow(before, after) for before, after in verdicts
    ]
    sources = cells[["source_before", "source_after"]].where(lambda text: text != "")
    sources = sources.groupby(cells["kpi"], sort=False).first().fillna("")
    table[column["line"]] = list(map(_lines, sources["source_before"], sources["source_after"]))
    return table.reset_index(drop=True).rename_axis(columns=None)


def _both(changes: Changes, path, words: Words) -> str:
    """A cell as both sheets print it; once where both say the same, or only one has the column."""
    before, after = (_parted(changes, path, side, words) for side in SIDES)
    if not path.listing_after:
        return before
    if not path.differs or not path.raw_before:
        return after
    return _arrow(before, after or words.say("change-chapter.blank"))


def _parted(changes: Changes, path, side: str, words: Words) -> str:
    """A cell with its year on a line of its own, so that a number is not parted from its unit.

    As printed; in another language, in its words.
    """
    cell = changes.cell(path, side)
    if cell is None:
        return ""
    year = words.say("year.fiscal", year=cell.year) if cell.year else ""
    if words.is_japanese:
        year = cell.raw.removesuffix(cell.text).strip()
    return "\n".join(part for part in (year, cell_text(cell, words)) if part)


def _arrow(before: str, after: str) -> str:
    return f"{before}\n→ {after}"


def _lines(before: str, after: str) -> str:
    """The lines of both sheets, from files and lines; a dash where one has none."""
    return " → ".join(line_of(source) if source else "―" for source in (before, after))


def _verdict(changes: Changes, kpi: str, side: str, words: Words) -> str:
    kpis = changes.before.kpis if side == "before" else changes.after.kpis
    # A KPI that the later sheet lacks goes by its identity in the earlier one.
    is_new = side == "before" and kpi not in changes.same and kpi in changes.after.kpis.index
    name = changes.same.get(kpi, kpi) if side == "before" else kpi
    return words.render(verdict(kpis.loc[name])) if name in kpis.index and not is_new else "―"


def changed(changes: Changes, words: Words) -> pd.DataFrame:
    """One line a change, KPI by KPI: what kind, what both sheets say, and what to do."""
    table, column = changes.changes, words.of("column")
    rows = table["rows_after"].where(table["rows_after"].astype(bool), table["rows_before"])
    years = changes.year_before, changes.after.sheet.fiscal_year
    sheets = {
        words.say("year.fiscal", year=year): [
            _printed(change.code, getattr(change, side), words) or "―"
            for change in table.itertuples()
        ]
        for year, side in zip(years, SIDES, strict=True)
    }
    return pd.DataFrame(
        {
            column["severity"]: table["severity"].map(words.of("severity")),
            column["kind"]: table["code"].map(words.of("change")),
            column["kpi"]: table["name"].map(label).map(words.translated)
            + "\n"
            + rows.map(words.rows),
            **sheets,
            column["explanation"]: table["message"].map(words.render),
            column["line"]: list(map(_lines, table["source_before"], table["source_after"])),
        }
    )


def _printed(code: str, text, words: Words) -> str:
    """What a sheet says of a change, as printed; in another language, in its words."""
    match code:
        case "status-changed":
            return words.render(text)
        case "renamed" | "rename-proposed" | "new" | "dropped":
            return text.replace(label(text), words.translated(label(text)))
        case "commentary-carried-over":
            return words.translated(text)
    return dated(read_cell(text), words)
