"""Two years' changes as a reader wants them: a sentence, each KPI's path, and what was changed."""

import pandas as pd

from kpi_utils.cells.notation import Cell, label, read_cell
from kpi_utils.comparing.changes import Changes
from kpi_utils.comparing.counterfactual import verdict
from kpi_utils.comparing.matching import ROLES
from kpi_utils.frames import columns_of, must_have, typed
from kpi_utils.lines.line import line_label, place
from kpi_utils.showing.entries import count_severities
from kpi_utils.showing.sentences import text_with_year, year_and_text
from kpi_utils.words import Words, message


def changes_csv(changes: Changes, words: Words) -> pd.DataFrame:
    """The table of changes as texts: ``[changes-csv]`` of the data dictionary."""
    columns = columns_of("changes-csv")
    shown = {name: words.rows if name.startswith("rows") else words.render for name in columns}
    return typed("changes-csv", {name: changes.changes[name].map(shown[name]) for name in columns})


def change_lines(changes: Changes, words: Words) -> list[str]:
    """A line for each change, as a terminal shows it."""
    severities = words.of("severity")
    kinds = words.of("change")
    return [
        f"{severities[change.severity]} {change.code}（{kinds[change.code]}） "
        f"{place(change.source_after or change.source_before)} "
        f"{words.rows(change.rows_after or change.rows_before)}"
        f"「{label(change.name)}」: {words.render(change.message)}"
        for change in changes.changes.itertuples()
    ]


def counted(changes: Changes, words: Words) -> str:
    """The two years, and how many warnings and notes there are on what changed between them."""
    counts = count_severities(changes.changes, words, "warning", "note")
    return f"{words.render(changes.title)}: {counts}"


def summary(changes: Changes | None, words: Words) -> str:
    """The numbers of KPIs in both years, of changed statuses and why, and of other changes.

    If nothing was compared, the reason.
    """
    if changes is None:
        return words.say("change-chapter.no_earlier")
    if changes.problems:
        before = words.say("year.fiscal", year=changes.year_before)
        return "\n".join([words.say("change-chapter.uncompared", before=before), *changes.problems])
    must_have(changes.changes, "changes")
    counts = changes.changes["code"].value_counts().to_dict()
    by_data = changes.changes[changes.changes["cause"] == "data"]
    # What is undetermined has a status in one of the years only: no movement made it another.
    undetermined = message("status.undetermined")
    has_moved = [undetermined not in sides for sides in by_data[["before", "after"]].to_numpy()]
    numbers = {
        "new": counts.pop("new", 0),
        "dropped": counts.pop("dropped", 0),
        "changed": counts.pop("status-changed", 0),
        "by_data": sum(has_moved),
    }
    sentences = [words.say("change-chapter.summary", same=len(changes.same), **numbers)]
    others = [
        words.say("change-chapter.other", word=word, n=counts[code])
        for code, word in words.of("change").items()
        if code in counts
    ]
    if others:
        sentences.append(words.say("change-chapter.others", others=tuple(others)))
    return words.say("list.sentence").join(sentences)


def moved(changes: Changes, words: Words) -> pd.DataFrame:
    """One line a KPI: its figures over all columns as printed, and its judgement in both years.

    Where the two sheets differ in a cell, it shows both texts with an arrow between them; so do the
    judgement and the line numbers.
    """
    column = words.of("column")
    last = changes.after.sheet.fiscal_year
    cells = changes.paths
    is_later = (cells["role"] == "actual") & (cells["column_year"] > last)
    cells = cells[~is_later | (cells["raw_before"] + cells["raw_after"] != "")].copy()
    cells["text"] = [_before_and_after(path, words) for path in cells.itertuples()]
    years = cells["column_year"].map(lambda year: words.say("column.year", year=year))
    cells["header"] = years.where(cells["role"] == "actual", cells["role"].map(column))
    # Baseline, the years of actuals, the years of targets.
    cells["order"] = cells["role"].map(ROLES.index)
    headers = cells.sort_values(["order", "column_year"])["header"].unique()
    # A KPI has the target of its own table.
    texts = cells[cells["text"] != ""].groupby(["kpi", "header"])["text"].agg(words.listed)
    kpis = cells.drop_duplicates("kpi").set_index("kpi")
    table = texts.unstack().reindex(index=kpis.index, columns=headers).fillna("")
    table.insert(0, column["kpi"], kpis["name"].map(label).map(words.translated))
    table[column["status"]] = [_verdicts(changes, kpi, words) for kpi in kpis.index]
    sources = cells[["source_before", "source_after"]].where(lambda text: text != "")
    sources = sources.groupby(cells["kpi"], sort=False).first().fillna("")
    table[column["line"]] = _lines(sources, words)
    return table.reset_index(drop=True).rename_axis(columns=None)


def _before_and_after(path, words: Words) -> str:
    """A cell as both sheets print it; once where both say the same, or only one has the column."""
    before = _year_above_text(path.cell_before, words)
    after = _year_above_text(path.cell_after, words)
    if path.cell_after is None:
        return before
    if not path.differs or not path.raw_before:
        return after
    return _arrow(before, after or words.say("change-chapter.blank"))


def _year_above_text(cell: Cell | None, words: Words) -> str:
    """A cell with its year on a line of its own, so that number and unit stay together.

    As printed, or in the words of another language.
    """
    if cell is None:
        return ""
    # Some print the year behind the number.
    if words.is_japanese and not cell.raw.startswith(cell.year_raw):
        return cell.raw
    return "\n".join(filter(None, year_and_text(cell, words)))


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before}\n→ {after}"


def _lines(sources: pd.DataFrame, words: Words) -> pd.Series:
    lines = sources.map(lambda source: line_label(source, words) if source else "―")
    return lines["source_before"] + " → " + lines["source_after"]


def _verdicts(changes: Changes, kpi: str, words: Words) -> str:
    """A KPI's judgement in both years; a dash where a sheet lacks it."""
    assert changes.before, "only sheets that were compared have verdicts"
    new = changes.after.kpis
    # A KPI that the later sheet lacks goes by its identity in the earlier one.
    former = changes.same.get(kpi, None if kpi in new.index else kpi)
    verdicts = [
        words.render(verdict(kpis.loc[name])) if name in kpis.index else "―"
        for kpis, name in ((changes.before.kpis, former), (new, kpi))
    ]
    return _arrow(*verdicts)


def changed(changes: Changes, words: Words) -> pd.DataFrame:
    """One line a change, KPI by KPI: what kind, what both sheets say, and what to do."""
    table = changes_csv(changes, words)
    column = words.of("column")
    rows = table["rows_after"].where(table["rows_after"] != "", table["rows_before"])
    years = {"before": changes.year_before, "after": changes.after.sheet.fiscal_year}
    sides = {
        words.say("year.fiscal", year=year): [
            _printed(code, text, words) or "―"
            for code, text in zip(table["code"], table[side], strict=True)
        ]
        for side, year in years.items()
    }
    return pd.DataFrame(
        {
            column["severity"]: table["severity"].map(words.of("severity")),
            column["kind"]: table["code"].map(words.of("change")),
            column["kpi"]: table["name"].map(label).map(words.translated) + "\n" + rows,
            **sides,
            column["explanation"]: table["message"],
            column["line"]: _lines(table[["source_before", "source_after"]], words),
        }
    )


def _printed(code: str, text: str, words: Words) -> str:
    """What a sheet says of a change: as printed, or in the words of another language."""
    match code:
        case "status-changed" | "direction-changed":
            return text
        case "renamed" | "paired-by-initiative" | "rename-proposed" | "new" | "dropped":
            return text.replace(label(text), words.translated(label(text)))
        case "commentary-carried-over":
            return words.translated(text)
    return text_with_year(read_cell(text), words)
