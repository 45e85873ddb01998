"""The title page: what a reader needs in one minute."""

import pandas as pd

from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.frames import LIMITS, SEVERITIES, STATUSES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.conventions import NAMES
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.figures import PACES, by_pace
from kpi_utils.judging.findings import CODES
from kpi_utils.judging.judgement import by_status, references
from kpi_utils.language import Words, in_sentence, listed, say, spoken
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.sentences import bare, cell_text, with_unit

__all__ = ["cover", "draft"]

MEANS = Words("status-means")
# The statuses of which the title page says too that there are none.
ALWAYS = ("regressed", "unchanged", "progressing", "met")
# Those that a reader should look at first, beside what is far behind.
URGENT = ("missed", "regressed", "undetermined")
# So many rows are named here; of more the title page only gives the number.
MOST_NAMED = 5


def cover(evaluation: Evaluation) -> dict:
    """The title page."""
    sheet, kpis, rows = evaluation.sheet, evaluation.kpi_table(), evaluation.rows
    counts = [
        {
            "status": status,
            "means": MEANS[status],
            "kpis": number,
            "kpis_word": say("cover.kpi_word" if number == 1 else "cover.kpis_word"),
            "rows_word": say("cover.rows_word", n=int((rows["status"] == status).sum())),
            "parts": _parts(kpis, status),
        }
        for status in MEANS
        if (number := int((kpis["status"] == status).sum())) or status in ALWAYS
    ]
    told = listed(
        say("cover.count", word=in_sentence(STATUSES[count["status"]]), n=count["kpis"])
        + (say("bracketed", text=listed(count["parts"])) if count["parts"] else "")
        for count in counts
    )
    final = int((kpis["stage"] == "final").sum())
    due = say("cover.due", n=final) if final else say("cover.not_due")
    plan, year = sheet.plan, sheet.fiscal_year
    municipality = plan.said(plan.municipality)
    name = say("cover.plan", municipality=municipality, name=plan.said(plan.name))
    state = "draft" if sheet.is_draft else "made_up" if sheet.made_up else "published"
    errors = evaluation.entries[evaluation.entries["severity"] == "error"]
    return {
        "title": say("cover.title", municipality=municipality, year=year),
        "description": say("cover.description", plan=name, year=year),
        "running": say("cover.running", plan=name, year=year),
        "sheet-title": plan.said(sheet.title),
        "basis": say(f"basis.{state}", rows=len(rows), kpis=len(kpis)),
        "summary": say("cover.summary", kpis=len(kpis), counts=told, due=due),
        "counts": counts,
        "groups": _groups(sheet, by_status(kpis)),
        "reconciled": _reconciled(evaluation),
        "found": _found(evaluation.entries),
        "errors": [_error(entry) for entry in errors.itertuples()],
    }


def _parts(kpis: pd.DataFrame, status: str) -> list[str]:
    """How many of the KPIs that progress have which pace; of those missed, how many fell back."""
    if status == "progressing":
        return [say("cover.pace", pace=pace, n=len(part)) for pace, part in by_pace(kpis).items()]
    back = int(((kpis["status"] == status) & (kpis["way"] == "regressed")).sum())
    return [say("cover.fallen_back", n=back)] if status == "missed" and back else []


def _groups(sheet: Sheet, kpis: pd.DataFrame) -> list[dict]:
    """The KPIs by status and pace: those first that a reader should look at first."""
    groups = []
    for status, word in STATUSES.items():
        own, is_paced = kpis[kpis["status"] == status], status == "progressing"
        for pace, part in (by_pace(own) if is_paced else {"": own}).items():
            key = "cover.heading_paced" if is_paced else "cover.heading"
            listings = [
                {
                    "kpi": kpi.kpi,
                    "label": kpi.label,
                    "achievement": percent_text(kpi.achievement),
                    **_path(sheet, kpi),
                }
                for kpi in part.itertuples()
            ]
            group = {
                "status": status,
                "pace": pace,
                "is_urgent": status in URGENT or pace == PACES["behind"],
                "heading": say(key, word=word, means=MEANS[status], pace=pace),
                "kpis": listings,
            }
            groups += [group] if listings else []
    return groups


def _path(sheet: Sheet, kpi) -> dict[str, str]:
    """Baseline, actual and target of a KPI on one line, as printed; a common unit once."""
    row = sheet.first_listing(kpi.kpi)
    cells = [read_cell(raw) for raw in (row["baseline_raw"], kpi.actual_raw, row["target_raw"])]
    units = {identity(cell.unit) for cell in cells if cell.value is not None}
    plain = [cell.value is not None and cell.text.endswith(cell.unit) for cell in cells[:2]]
    texts = [cell_text(cell) for cell in cells]
    if len(units) == 1 and all(plain):
        figures = [_figure(cell) for cell in cells]
        texts[:2] = figures[0], with_unit(figures[1], cells[0].unit)
        texts[2] = texts[2] if cells[2].comparator else figures[2]
    baseline, actual, target = (text or say("none") for text in texts)
    # The sheet's own word (以上, 以下) says by itself that a target is a limit.
    limit = "" if row["target_comparator"] else LIMITS.get(kpi.target_kind, "")
    other_year = not pd.isna(kpi.actual_year) and kpi.actual_year != sheet.fiscal_year
    return {
        "path": f"{baseline} → {actual}",
        "year": say("year.fiscal", year=kpi.actual_year) if other_year else "",
        "target": say("cover.limited", target=target, limit=limit) if limit else target,
    }


def _figure(cell: Cell) -> str:
    """A cell without its unit."""
    if spoken() == "ja" or cell.value is None:
        return cell.text.removesuffix(cell.unit).strip()
    return bare(cell.value)


def _reconciled(evaluation: Evaluation) -> str:
    """By what rule how many of the printed percentages come out, and which rows do not.

    Of a draft nothing is said to be reproduced: its figures may be our own form's.
    """
    table, house, sheet = evaluation.reproduced, evaluation.house, evaluation.sheet
    if sheet.is_draft:
        return draft(sheet)
    if table.empty:
        return say("cover.no_published")
    if not house.convention:
        return say("cover.no_convention", n=len(table))
    key = "cover.reproduced_declared" if sheet.plan.convention else "cover.reproduced"
    judged = evaluation.rows.set_index(["section", "no"]).to_dict("index")
    by = [house.of(judged[row["section"], row["no"]]) for row in table.to_dict("records")]
    given = pd.Series([row[name] for name, (_, row) in zip(by, table.iterrows(), strict=True)])
    # Of a limit that the baseline keeps the plain formula gives the figure with the other sign.
    found, by_limit = evaluation.findings, ""
    limits = set(found.loc[found["code"] == "wrong-way-target", "rows"])
    linear = given.to_numpy(bool) & [name.startswith("linear") for name in by]
    rows = table.loc[linear, ["section", "no"]].itertuples(index=False, name=None)
    if limits := [row for row in rows if references([row]) in limits]:
        by_limit = say("cover.by_limit", same=len(limits), rows=references(limits))
    words = {"same": int(given.sum()) - len(limits), "convention": house.words}
    sentence = say(key, n=len(table), by_limit=by_limit, **words)
    differing = [
        say(
            "cover.differing",
            row=references([(row["section"], row["no"])]),
            published=row["published"],
            others=_by_others(row),
        )
        for row in table[~given.to_numpy(bool)].to_dict("records")
    ]
    if not differing:
        return sentence
    rest = say("cover.not_reproduced", rows=listed(differing))
    if len(differing) > MOST_NAMED:
        rest = say("cover.not_reproduced_many", n=len(differing))
    return say("list.sentence").join([sentence, rest])


def draft(sheet: Sheet) -> str:
    """That a draft's 達成度 is no published figure, and why."""
    return say(f"cover.draft_{'form' if sheet.is_form else 'declared'}")


def _by_others(row: dict) -> str:
    others = [words for name, words in NAMES.items() if row[name]]
    return say("cover.by_other", convention=others[0]) if others else say("cover.by_none")


def _error(entry) -> str:
    """An error's entry in a line; of several parts only the first is told here."""
    parts, (file, _, line) = entry.details.split("\n"), entry.source.split("、")[0].rpartition(":")
    said = {"file": file, "line": line, "rows": parts[0], "message": entry.message}
    key = "cover.error" if len(parts) == 1 else "cover.errors"
    return say(key, **said, kind=CODES[entry.code], n=entry.entry)


def _found(entries: pd.DataFrame) -> str:
    """How many entries there are, and the kinds of the warnings."""
    counts = entries["severity"].value_counts()
    told = listed(say(f"found.{name}", n=counts.get(name, 0)) for name in SEVERITIES)
    sentence = say("cover.found", counts=told)
    kinds = entries.loc[entries["severity"] == "warning", "code"].map(CODES)
    if kinds.empty:
        return sentence
    return say("list.sentence").join([sentence, say("cover.warnings", kinds=listed(kinds))])
