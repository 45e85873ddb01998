"""Two years' changes as a reader wants them: a sentence, each KPI's path, and what was changed."""

import pandas as pd

from kpi_utils.cells.notation import label, read_cell
from kpi_utils.comparing.changes import CHANGE_CODES, ROLES, Changes, differences
from kpi_utils.comparing.counterfactual import verdict
from kpi_utils.frames import SEVERITIES
from kpi_utils.language import Words, listed, say, spoken
from kpi_utils.plan import Plan
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing.change_charts import paths
from kpi_utils.showing.sentences import cell_text, dated
from kpi_utils.showing.tables import show, shown, tagged

__all__ = ["changed", "moved", "show_changes", "summary"]

C = Words("column")


def summary(changes: Changes) -> str:
    """How many KPIs there are in both years, whose status changed and why, and what else did."""
    counts = changes.changes["code"].value_counts()
    told = say(
        "change-chapter.summary",
        same=len(changes.same),
        new=counts.get("new", 0),
        dropped=counts.get("dropped", 0),
        changed=counts.get("status-changed", 0),
        by_data=int((changes.changes["cause"] == "data").sum()),
    )
    others = [
        say("change-chapter.other", word=word, n=counts[code])
        for code, word in CHANGE_CODES.items()
        if code in counts and code not in ("status-changed", "new", "dropped")
    ]
    if not others:
        return told
    return say("list.sentence").join([told, say("change-chapter.others", others=listed(others))])


def moved(changes: Changes) -> pd.DataFrame:
    """One line a KPI: its figures over all columns as printed, and its judgement in both years.

    A cell that says something else in the two sheets has both, with an arrow between them; so have
    the judgement and the numbers of the lines.
    """
    year, last = changes.year_before, changes.after.sheet.fiscal_year
    path = changes.paths
    is_later = (path["role"] == "actual") & (path["column_year"] > last)
    path = path[~is_later | (path["raw"] != "")]
    # Baseline, the years of actuals, the years of targets.
    path = path.assign(order=path["role"].map(list(ROLES).index))
    path["place"] = path.groupby(["order", "column_year"], dropna=False).ngroup()
    columns = path.drop_duplicates("place").sort_values("place")
    headers = [
        say("column.year", year=column.column_year) if column.role == "actual" else C[column.role]
        for column in columns.itertuples()
    ]
    records = []
    for kpi, cells in path.groupby("kpi", sort=False):
        record = {C["kpi"]: changes.after.sheet.plan.said(label(cells["name"].iloc[0]))}
        for place, header in enumerate(headers):
            own = cells[cells["place"] == place]
            text = _both(own[own["sheet_year"] == year], own[own["sheet_year"] == last])
            # A KPI has the target of its own table.
            record[header] = listed(part for part in (record.get(header), text) if part)
        verdicts = [_verdict(changes, kpi, is_before) for is_before in (True, False)]
        record[C["status"]] = verdicts[0] if verdicts[0] == verdicts[1] else _arrow(*verdicts)
        lines = cells.drop_duplicates("sheet_year").set_index("sheet_year")["source"].map(line_of)
        record[C["line"]] = " → ".join(lines.get(sheet_year, "―") for sheet_year in (year, last))
        records.append(record)
    return pd.DataFrame(records)


def _both(old: pd.DataFrame, new: pd.DataFrame) -> str:
    """A cell as both sheets print it; once where both say the same, or only one has the column."""
    if old.empty or new.empty:
        return _parted("".join([*old["raw"], *new["raw"]]))
    (before,), (after,) = old.itertuples(), new.itertuples()
    if not differences(before, after) or not before.raw:
        return _parted(after.raw)
    return _arrow(_parted(before.raw), _parted(after.raw) or say("change-chapter.blank"))


def _parted(raw: str) -> str:
    """A cell with its year on a line of its own, so that a number is not parted from its unit.

    As printed; in another language, in its words.
    """
    cell = read_cell(raw)
    year = say("year.fiscal", year=cell.year) if cell.year else ""
    if spoken() == "ja":
        year = raw.removesuffix(cell.text).strip()
    return "\n".join(part for part in (year, cell_text(cell)) if part)


def _arrow(before: str, after: str) -> str:
    return f"{before}\n→ {after}"


def _verdict(changes: Changes, kpi: str, is_before: bool) -> str:
    evaluation = changes.before if is_before else changes.after
    # A KPI that the later sheet lacks goes by its identity in the earlier one.
    is_dropped = kpi not in set(changes.after.kpis["kpi"])
    name = changes.same.get(kpi, kpi if is_dropped else "") if is_before else kpi
    kpis = evaluation.kpis.set_index("kpi")
    return verdict(kpis.loc[name]) if name in kpis.index else "―"


def _said(code: str, text: str, plan: Plan) -> str:
    """What a sheet says of a change, as printed; in another language, in its words."""
    match code:
        case "status-changed":
            return text
        case "renamed" | "rename-proposed" | "new" | "dropped":
            return text.replace(label(text), plan.said(label(text)))
        case "commentary-carried-over":
            return plan.said(text)
    return dated(text)


def changed(changes: Changes) -> pd.DataFrame:
    """One line a change, KPI by KPI: what kind, what both sheets say, and what to do."""
    table, plan, last = changes.changes, changes.after.sheet.plan, changes.after.sheet.fiscal_year
    rows = table["rows_after"].where(table["rows_after"] != "", table["rows_before"])
    lines = [
        " → ".join(line_of(source) if source else "―" for source in sources)
        for sources in zip(table["source_before"], table["source_after"], strict=True)
    ]
    before, after = (
        [_said(code, text, plan) or "―" for code, text in zip(table["code"], said, strict=True)]
        for said in (table["before"], table["after"])
    )
    return pd.DataFrame(
        {
            C["severity"]: table["severity"].map(SEVERITIES),
            C["kind"]: table["code"].map(CHANGE_CODES),
            C["kpi"]: table["name"].map(label).map(plan.said) + "\n" + rows,
            say("year.fiscal", year=changes.year_before): before,
            say("year.fiscal", year=last): after,
            C["explanation"]: table["message"],
            C["line"]: lines,
        }
    )


def show_changes(changes: Changes | None) -> None:
    """Show the changes in a notebook: summary, paths as table and pictures, what was changed."""
    if changes is None:
        show([tagged("p", say("change-chapter.no_earlier"))])
        return
    before, tables = say("year.fiscal", year=changes.year_before), []
    if changes.problems:
        told = [say("change-chapter.uncompared", before=before), *changes.problems]
    else:
        sheets = changes.before.sheet, changes.after.sheet
        told = [*(f"{sheet.title}（{sheet.source}）" for sheet in sheets), summary(changes)]
        tables = [tagged("h4", say("page.moved")), shown(moved(changes)), *paths(changes)]
        tables += [tagged("h4", say("page.changed")), shown(changed(changes))]
    show([tagged("h3", changes.title), *(tagged("p", words) for words in told), *tables])
