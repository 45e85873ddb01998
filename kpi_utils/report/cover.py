"""The title page: what a reader needs in one minute."""

import pandas as pd

from kpi_utils.cells.notation import Cell, identity
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.frames import LIMITS, SEVERITIES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import by_status
from kpi_utils.report.document import document_of
from kpi_utils.sheets.places import place
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.sentences import cell_of, cell_text, digits_text, with_unit
from kpi_utils.showing.tables import by_pace
from kpi_utils.words import Message, Words, in_sentence, message

# The statuses of which the title page says too that there are none.
ALWAYS = ("regressed", "unchanged", "progressing", "met")
# Those that a reader should look at first, beside what is far behind.
URGENT = ("missed", "regressed", "undetermined")
URGENT_PACES = ("behind", "backwards")
# So many KPIs are named that need attention most.
MOST_URGENT = 10
# So many rows are named here; of more the title page only gives the number.
MOST_NAMED = 5


def cover(evaluation: Evaluation, entries: pd.DataFrame) -> dict:
    """The title page; ``entries`` are those of the findings."""
    sheet, kpis, rows = evaluation.sheet, evaluation.kpis, evaluation.rows
    words, plan, year = sheet.words, sheet.plan, sheet.fiscal_year
    counts, final = _counts(evaluation), int((kpis["stage"] == "final").sum())
    summary = {"kpis": len(kpis), "counts": _listed(counts, words)}
    summary["due"] = words.say("cover.due" if final else "cover.not_due", n=final)
    municipality = words.translated(plan.municipality)
    name = words.say("cover.plan", municipality=municipality, name=words.translated(plan.name))
    state = "draft" if sheet.is_draft else "made_up" if sheet.made_up else "published"
    errors = entries[entries["severity"] == "error"]
    lines = {identity: _line(sheet, kpi) for identity, kpi in kpis.iterrows()}
    titles = {
        "title": words.say("cover.title", municipality=municipality, year=year),
        "running": words.say("cover.running", plan=name, year=year),
        "description": words.say("cover.description", plan=name, year=year),
    }
    if part := part_of(evaluation):
        bracketed = words.say("bracketed", text=words.render(part))
        titles = {key: text + bracketed for key, text in titles.items()}
        # At the head of each page, where what is too long loses its end.
        titles["running"] = words.say("cover.running_part", part=part, plan=name, year=year)
    return titles | {
        "sheet-title": words.translated(sheet.title),
        "basis": words.say(f"basis.{state}", rows=len(rows), kpis=len(kpis)),
        **document_of(sheet),
        "summary": words.say("cover.summary", **summary),
        "counts": counts,
        "groups": _groups(by_status(kpis), lines, words),
        "urgent": _groups(_urgent(kpis), lines, words),
        "undetermined": _undetermined(kpis, words),
        "reconciled": _reconciled(evaluation),
        "found": _found(entries, words),
        "errors": [_error(entry, words) for entry in errors.itertuples()],
        "corrected": _corrected(evaluation),
    }


def part_of(evaluation: Evaluation) -> Message | None:
    """Which part of its sheet's KPIs an evaluation is of; None where it is of all of them."""
    every, kept = evaluation.sheet.rows(), set(evaluation.kpis["kpi"])
    if kept == set(every["kpi"]):
        return None
    named = every[every["initiative"] != ""].groupby("initiative", sort=False)["kpi"].agg(set)
    initiatives = [name for name, kpis in named.items() if kpis <= kept]
    if initiatives and set().union(*named[initiatives]) == kept:
        names = tuple(message("name", text=name) for name in initiatives)
        return message("cover.part_initiatives", names=names)
    return message("cover.part", n=len(kept), all=every["kpi"].nunique())


def _corrected(evaluation: Evaluation) -> str:
    """That some figures are not the sheet's but changed in a notebook, and of which rows."""
    rows, words = _rows_with(evaluation, "figure-corrected"), evaluation.sheet.words
    return words.say("cover.corrected", rows=words.rows(rows)) if rows else ""


def _rows_with(evaluation: Evaluation, code: str) -> set[tuple[int, int]]:
    """The rows that have a finding of a code."""
    findings = evaluation.findings
    return set().union(*findings.loc[findings["code"] == code, "rows"])


def _counts(evaluation: Evaluation) -> list[dict]:
    """How many KPIs, and how many rows of the sheet, have each status."""
    kpis, rows, words = evaluation.kpis, evaluation.rows, evaluation.sheet.words
    return [
        {
            "status": status,
            "word": words.of("status")[status],
            "means": means,
            "kpis": number,
            "kpis_word": words.say("cover.kpi_word" if number == 1 else "cover.kpis_word"),
            "rows_word": words.say("cover.rows_word", n=int((rows["status"] == status).sum())),
            "parts": _parts(kpis, status, words),
        }
        for status, means in words.of("status-means").items()
        if (number := int((kpis["status"] == status).sum())) or status in ALWAYS
    ]


def _listed(counts: list[dict], words: Words) -> str:
    """The counts in words, each with its parts in brackets."""
    texts = []
    for count in counts:
        text = words.say("cover.count", word=in_sentence(count["word"]), n=count["kpis"])
        if count["parts"]:
            text += words.say("bracketed", text=words.listed(count["parts"]))
        texts.append(text)
    return words.listed(texts)


def _parts(kpis: pd.DataFrame, status: str, words: Words) -> list[str]:
    """How many of the KPIs that progress have which pace; of those missed, how many fell back."""
    if status == "progressing":
        paces = by_pace(kpis, words)
        return [words.say("cover.pace", pace=pace, n=len(part)) for pace, part in paces.items()]
    back = int(((kpis["status"] == status) & (kpis["way"] == "regressed")).sum())
    return [words.say("cover.fallen_back", n=back)] if status == "missed" and back else []


def _urgent(kpis: pd.DataFrame) -> pd.DataFrame:
    """The KPIs that need attention most, worst first."""
    is_behind = (kpis["status"] == "progressing") & kpis["pace_word"].isin(URGENT_PACES)
    return by_status(kpis[kpis["status"].isin(URGENT) | is_behind]).head(MOST_URGENT)


def _undetermined(kpis: pd.DataFrame, words: Words) -> str:
    """For which reasons how many KPIs could not be judged; blank where all are."""
    undetermined = kpis[kpis["status"] == "undetermined"]
    if undetermined.empty:
        return ""
    codes = undetermined["note"].map(lambda note: note.key.removeprefix("note."))
    reasons = codes.map(words.of("undetermined")).value_counts()
    counts = [words.say("cover.reason", reason=reason, n=n) for reason, n in reasons.items()]
    return words.say("cover.undetermined", n=len(undetermined), counts=words.listed(counts))


def _groups(kpis: pd.DataFrame, lines: dict, words: Words) -> list[dict]:
    """The KPIs by status and pace: those first that a reader should look at first.

    ``lines`` has the line of each.
    """
    groups, of_status = [], dict(list(kpis.groupby("status")))
    for status, word in words.of("status").items():
        if status not in of_status:
            continue
        means, parts = words.of("status-means")[status], {"": of_status[status]}
        if status == "progressing":
            parts = by_pace(kpis, words)
        for pace, part in parts.items():
            key = "cover.heading_paced" if status == "progressing" else "cover.heading"
            groups.append(
                {
                    "status": status,
                    "pace": pace,
                    "heading": words.say(key, word=word, means=means, pace=pace),
                    "kpis": [lines[kpi] for kpi in part.index],
                }
            )
    return groups


def _line(sheet: Sheet, kpi: pd.Series) -> dict[str, str]:
    """Baseline, actual and target of a KPI on one line, as printed; a common unit once."""
    words = sheet.words
    cells = [cell_of(sheet, kpi, role) for role in ("baseline", "actual", "target")]
    units = {identity(cell.unit) for cell in cells if cell.value is not None}
    plain = [cell.value is not None and cell.text.endswith(cell.unit) for cell in cells[:2]]
    texts = [cell_text(cell, words) for cell in cells]
    if len(units) == 1 and all(plain):
        figures = [_figure(cell, words) for cell in cells]
        texts[:2] = figures[0], with_unit(figures[1], cells[0].unit, words)
        texts[2] = texts[2] if cells[2].comparator else figures[2]
    baseline, actual, target = (text or words.say("none") for text in texts)
    # The sheet's own word (以上, 以下) says by itself that a target is a limit.
    if kpi["target_kind"] in LIMITS and not kpi["target_comparator"]:
        limit = words.of("limit")[kpi["target_kind"]]
        target = words.say("cover.limited", target=target, limit=limit)
    years = [kpi["baseline_year"], kpi["actual_year"]]
    is_other_year = not pd.isna(years[1]) and years[1] != sheet.fiscal_year
    return {
        "kpi": kpi["kpi"],
        "label": kpi["label"],
        "achievement": percent_text(kpi["achievement"]),
        "path": f"{baseline} → {actual}",
        # Each beside its value; none where the actual is of the report's year.
        "years": [_bracketed_year(year, words) if is_other_year else "" for year in years],
        "target": target,
    }


def _bracketed_year(year: int | None, words: Words) -> str:
    if pd.isna(year):
        return ""
    return words.say("bracketed", text=words.say("year.fiscal", year=year))


def _figure(cell: Cell, words: Words) -> str:
    """A cell without its unit."""
    if words.is_japanese or cell.value is None:
        return cell.text.removesuffix(cell.unit).strip()
    return digits_text(cell.value)


def _reconciled(evaluation: Evaluation) -> str:
    """By what rule how many of the printed percentages come out, and which rows do not.

    Of a draft nothing is said to be reproduced: its figures may be our own form's.
    """
    table, house, sheet = evaluation.reproduced, evaluation.house, evaluation.sheet
    words = sheet.words
    if sheet.is_draft:
        return draft(sheet)
    if table.empty:
        return words.say("cover.no_published")
    if not house.convention:
        return words.say("cover.no_convention", n=len(table))
    judged = {(row["section"], row["no"]): row for row in evaluation.records}
    table = table.set_index(["section", "no"])
    table["by"] = [house.convention_of(judged[listing]) for listing in table.index]
    table["given"] = [row[row["by"]] for _, row in table.iterrows()]
    # Of a limit that the baseline keeps the plain formula gives the figure with the other sign.
    limits = _rows_with(evaluation, "wrong-way-target")
    linear = table.index[table["given"] & table["by"].str.startswith("linear")]
    rows = [listing for listing in linear if listing in limits]
    by_limit = words.say("cover.by_limit", same=len(rows), rows=words.rows(rows)) if rows else ""
    sentence = words.say(
        "cover.reproduced_declared" if sheet.plan.convention else "cover.reproduced",
        n=len(table),
        same=int(table["given"].sum()) - len(rows),
        convention=house.message,
        by_limit=by_limit,
    )
    rest = _not_reproduced(table[~table["given"]], words)
    return words.say("list.sentence").join([sentence, *rest])


def _not_reproduced(table: pd.DataFrame, words: Words) -> list[str]:
    """Which figures the house rule does not give, in a sentence; none where it gives all."""
    if table.empty:
        return []
    if len(table) > MOST_NAMED:
        return [words.say("cover.not_reproduced_many", n=len(table))]
    differing = []
    for listing, row in table.iterrows():
        by_others = words.say("cover.by_none")
        if other := next((name for name in CONVENTIONS if row[name]), ""):
            by_others = words.say("cover.by_other", convention=words.of("convention")[other])
        values = {"row": words.rows([listing]), "published": row["published"]}
        differing.append(words.say("cover.differing", others=by_others, **values))
    return [words.say("cover.not_reproduced", rows=words.listed(differing))]


def draft(sheet: Sheet) -> str:
    """That a draft's 達成度 is no published figure, and why."""
    return sheet.words.say(f"cover.draft_{'form' if sheet.is_form else 'declared'}")


def _error(entry, words: Words) -> str:
    """An error's entry in a line; of several details only the first is told here."""
    details, sources = entry.details.split("\n"), entry.source.split("、")
    where = place(sources[0], words)
    values = {"place": where, "rows": details[0], "message": entry.message}
    key = "cover.error" if len(details) == 1 else "cover.errors"
    return words.say(key, **values, kind=words.of("finding")[entry.code], n=entry.entry)


def _found(entries: pd.DataFrame, words: Words) -> str:
    """How many entries there are, and the kinds of the warnings."""
    counts = entries["severity"].value_counts()
    texts = [words.say(f"found.{name}", n=counts.get(name, 0)) for name in SEVERITIES]
    sentence = words.say("cover.found", counts=words.listed(texts))
    kinds = entries.loc[entries["severity"] == "warning", "code"].map(words.of("finding"))
    if kinds.empty:
        return sentence
    warnings = words.say("cover.warnings", kinds=words.listed(kinds))
    return words.say("list.sentence").join([sentence, warnings])
