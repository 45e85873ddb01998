"""The title page: what a reader needs in one minute, and the rule behind the printed figures."""

import pandas as pd

from kpi_utils.cells.notation import Cell, identity
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.frames import LIMITS, SEVERITIES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import is_wrong_way
from kpi_utils.judging.judgement import by_status
from kpi_utils.judging.undetermined import note_of
from kpi_utils.lines.line import place
from kpi_utils.report.document import document_of, draft
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.sentences import cell_of, cell_text, digits_text
from kpi_utils.showing.tables import by_pace
from kpi_utils.words import Message, Words, in_sentence, message

# The statuses that the title page names even where no KPI has them.
ALWAYS = ("regressed", "unchanged", "progressing", "met")
# Those that a reader should look at first, besides KPIs that are far behind.
URGENT = ("missed", "regressed", "undetermined")
URGENT_PACES = ("behind", "backwards")
# At most so many KPIs are named as needing attention most.
MOST_URGENT = 10
# At most so many rows are named here; of more the title page only gives the number.
MOST_NAMED = 5


def cover(evaluation: Evaluation, entries: pd.DataFrame) -> dict:
    """The title page; ``entries`` are those of the findings."""
    sheet = evaluation.sheet
    words = sheet.words
    lines = [_line(sheet, kpi) for kpi in evaluation.kpis.itertuples()]
    kpis = by_status(evaluation.kpis.assign(line=lines))
    city = words.translated(sheet.plan.municipality)
    plan = words.say("cover.plan", municipality=city, name=words.translated(sheet.plan.name))
    names = {"municipality": city, "plan": plan, "year": sheet.fiscal_year}
    keys = ("title", "running", "description")
    titles = {key: words.say(f"cover.{key}", **names) for key in keys}
    if part := part_of(evaluation):
        bracketed = words.say("bracketed", text=words.render(part))
        titles = {key: text + bracketed for key, text in titles.items()}
        # The running head of each page is cut at its end if it is too long.
        titles["running"] = words.say("cover.running_part", part=part, **names)
    counts = _counts(evaluation)
    final = int((kpis["stage"] == "final").sum())
    of_plan = "cover.plan_only" if sheet.is_plan_only else "cover.not_due"
    due = words.say("cover.due" if final else of_plan, n=final)
    summary = {"kpis": len(kpis), "counts": _listed(counts, words), "due": due}
    state = "draft" if sheet.is_draft else "made_up" if sheet.made_up else "published"
    is_behind = (kpis["status"] == "progressing") & kpis["pace_word"].isin(URGENT_PACES)
    urgent = kpis[kpis["status"].isin(URGENT) | is_behind]
    findings = evaluation.findings
    corrected = set().union(*findings.loc[findings["code"] == "figure-corrected", "rows"])
    errors = entries[entries["severity"] == "error"]
    left_out = words.say("cover.left_out", n=evaluation.left_out) if evaluation.left_out else ""
    return titles | {
        "sheet-title": words.translated(sheet.title),
        "basis": words.say(f"basis.{state}", rows=len(evaluation.rows), kpis=len(kpis)),
        **document_of(sheet),
        "summary": words.say("cover.summary", **summary),
        "counts": counts,
        "groups": _groups(kpis, words),
        "urgent": _groups(urgent.head(MOST_URGENT), words),
        "urgent-all": len(urgent),
        "urgent-more": max(len(urgent) - MOST_URGENT, 0),
        "undetermined": _undetermined(evaluation),
        "reconciled": _reconciled(evaluation),
        "found": words.say("list.sentence").join(filter(None, [_found(entries, words), left_out])),
        "left-out": left_out,
        "errors": [_error(entry, words) for entry in errors.itertuples()],
        # Some figures may be not the sheet's but changed in a notebook.
        "corrected": words.say("cover.corrected", rows=words.rows(corrected)) if corrected else "",
    }


def part_of(evaluation: Evaluation) -> Message | None:
    """The part of the sheet's KPIs that is evaluated, in words; None if all of them are."""
    if not evaluation.is_part:
        return None
    kept = set(evaluation.kpis["kpi"])
    rows = evaluation.sheet.rows()
    named = rows[rows["initiative"] != ""].groupby("initiative", sort=False)["kpi"].agg(set)
    initiatives = named[[kpis <= kept for kpis in named]]
    if len(initiatives) and set().union(*initiatives) == kept:
        names = tuple(message("name", text=name) for name in initiatives.index)
        return message("cover.part_initiatives", names=names)
    return message("cover.part", n=len(kept), all=rows["kpi"].nunique())


# -- The counts, and the KPIs under their statuses.


def _counts(evaluation: Evaluation) -> list[dict]:
    """The numbers of KPIs and of the sheet's rows with each status.

    ``parts`` say how many progressing KPIs have which pace, and how many missed ones fell back.
    """
    kpis = evaluation.kpis
    words = evaluation.sheet.words
    paces = by_pace(kpis[["status", "pace_word"]], words).items()
    fallen_back = ((kpis["status"] == "missed") & (kpis["way"] == "regressed")).sum()
    parts = {
        "progressing": [words.say("cover.pace", pace=pace, n=len(part)) for pace, part in paces],
        "missed": [words.say("cover.fallen_back", n=fallen_back)] if fallen_back else [],
    }
    numbers, rows = (of["status"].value_counts() for of in (kpis, evaluation.rows))
    return [
        {
            "status": status,
            "means": means,
            "kpis": int(number),
            "kpis_word": words.say("cover.kpi_word" if number == 1 else "cover.kpis_word"),
            "rows_word": words.say("cover.rows_word", n=rows.get(status, 0)),
            "parts": parts.get(status, []),
        }
        for status, means in words.of("status-means").items()
        if (number := numbers.get(status, 0)) or status in ALWAYS
    ]


def _listed(counts: list[dict], words: Words) -> str:
    """The counts in words, each with its parts in brackets."""
    texts = []
    for count in counts:
        word = in_sentence(words.of("status")[count["status"]])
        text = words.say("cover.count", word=word, n=count["kpis"])
        if count["parts"]:
            text += words.say("bracketed", text=words.listed(count["parts"]))
        texts.append(text)
    return words.listed(texts)


def _undetermined(evaluation: Evaluation) -> str:
    """How many KPIs could not be judged, by reason; blank if all were."""
    kpis, words = evaluation.kpis, evaluation.sheet.words
    kpis = kpis[kpis["status"] == "undetermined"]
    if kpis.empty:
        return ""
    notes = kpis.apply(lambda kpi: note_of(evaluation.sheet, kpi).key, axis=1)
    codes = notes.str.removeprefix("note.")
    reasons = codes.map(words.of("undetermined")).value_counts()
    counts = [words.say("cover.reason", reason=reason, n=n) for reason, n in reasons.items()]
    return words.say("cover.undetermined", n=len(kpis), counts=words.listed(counts))


def _groups(kpis: pd.DataFrame, words: Words) -> list[dict]:
    """The lines of KPIs by status and pace, in the order in which a reader should look at them."""
    # To part a frame takes as long as it has columns.
    kpis = kpis[["status", "pace_word", "line"]]
    groups = []
    for status, word in words.of("status").items():
        of_status = kpis[kpis["status"] == status]
        parts = by_pace(kpis, words) if status == "progressing" else {"": of_status}
        for pace, part in parts.items():
            key = "cover.heading_paced" if pace else "cover.heading"
            means = words.of("status-means")[status]
            group = {
                "status": status,
                "pace": pace,
                "heading": words.say(key, word=word, means=means, pace=pace),
                "kpis": part["line"].tolist(),
            }
            groups.append(group)
    return [group for group in groups if group["kpis"]]


def _line(sheet: Sheet, kpi) -> dict[str, str]:
    """Baseline, actual and target of a KPI on one line, as printed; a common unit once."""
    words = sheet.words
    cells = [cell_of(sheet, kpi, role) for role in ("baseline", "actual", "target")]
    texts = [cell_text(cell, words) for cell in cells]
    units = {identity(cell.unit) for cell in cells if cell.value is not None}
    is_plain = [cell.value is not None and cell.text.endswith(cell.unit) for cell in cells]
    if len(units) == 1 and all(is_plain[:2]):
        figures = [_figure(cell, words) for cell in cells]
        texts[0] = figures[0]
        texts[1] = words.amount(figures[1], cells[0].unit, identity(cells[0].unit))
        texts[2] = texts[2] if cells[2].comparator else figures[2]
    baseline, actual, target = (text or words.say("none") for text in texts)
    # The sheet's own word (以上, 以下) says by itself that a target is a limit.
    if kpi.target_kind in LIMITS and not kpi.target_comparator:
        limit = words.of("limit")[kpi.target_kind]
        target = words.say("cover.limited", target=target, limit=limit)
    # The years stand beside their values, unless the actual is of the report's year.
    is_other_year = not pd.isna(kpi.actual_year) and kpi.actual_year != sheet.fiscal_year
    years = []
    for year in (kpi.baseline_year, kpi.actual_year):
        text = words.say("bracketed", text=words.say("year.fiscal", year=year))
        years.append(text if is_other_year and not pd.isna(year) else "")
    return {
        "kpi": kpi.kpi,
        "label": kpi.label,
        "achievement": percent_text(kpi.achievement),
        "baseline": baseline,
        "actual": actual,
        "years": years,
        "target": target,
    }


def _figure(cell: Cell, words: Words) -> str:
    """A cell without its unit."""
    if words.is_japanese or cell.value is None:
        return cell.text.removesuffix(cell.unit).strip()
    return digits_text(cell.value)


# -- What the sheet prints against what was computed, and what was found.


def _reconciled(evaluation: Evaluation) -> str:
    """How many printed percentages the house rule reproduces, and which rows it does not.

    The figures of a draft are not compared, for our own form may have computed them.
    """
    sheet = evaluation.sheet
    house = evaluation.house
    words = sheet.words
    if sheet.is_draft:
        return draft(sheet)
    figures = evaluation.reproduced
    if not figures:
        return words.say("cover.no_published")
    if not house.convention:
        return words.say("cover.no_convention", n=len(figures))
    by_limit, rest = [], []
    for row, gives in figures:
        convention = house.convention_of(row)
        if not gives[convention]:
            rest.append((row, gives))
        # For a limit that the baseline respects, the plain formula has the opposite sign.
        elif convention.startswith("linear") and is_wrong_way(row):
            by_limit.append((row["section"], row["no"]))
    limit = ""
    if by_limit:
        limit = words.say("cover.by_limit", same=len(by_limit), rows=words.rows(by_limit))
    kind = "_declared" if sheet.plan.convention else "" if rest or by_limit else "_all"
    same = {"n": len(figures), "same": len(figures) - len(rest) - len(by_limit), "by_limit": limit}
    sentence = words.say(f"cover.reproduced{kind}", convention=house.message, **same)
    return words.say("list.sentence").join([sentence, *_not_reproduced(rest, words)])


def _not_reproduced(figures: list[tuple[dict, dict]], words: Words) -> list[str]:
    """A sentence on the figures that the house rule does not reproduce; empty if there are none."""
    if not figures:
        return []
    if len(figures) > MOST_NAMED:
        return [words.say("cover.not_reproduced_many", n=len(figures))]
    differing = []
    for row, gives in figures:
        others = words.say("cover.by_none")
        if other := next((name for name in CONVENTIONS if gives[name]), ""):
            others = words.say("cover.by_other", convention=words.of("convention")[other])
        rows = words.rows([(row["section"], row["no"])])
        values = {"row": rows, "published": row["published"]}
        differing.append(words.say("cover.differing", others=others, **values))
    return [words.say("cover.not_reproduced", rows=words.listed(differing))]


def _error(entry, words: Words) -> str:
    """An error's entry on one line, with the first of its details only."""
    first, *others = entry.details.split("\n")
    where = place(entry.source.partition("、")[0], words)
    values = {"kind": words.of("finding")[entry.code], "message": entry.message, "n": entry.entry}
    key = "cover.errors" if others else "cover.error"
    return words.say(key, place=where, rows=first, **values)


def _found(entries: pd.DataFrame, words: Words) -> str:
    """How many entries there are, and the kinds of the warnings."""
    counts = entries["severity"].value_counts()
    texts = [words.say(f"found.{name}", n=counts.get(name, 0)) for name in SEVERITIES]
    sentences = [words.say("cover.found", counts=words.listed(texts))]
    kinds = entries.loc[entries["severity"] == "warning", "code"].map(words.of("finding"))
    if len(kinds):
        quoted = words.say("list.quoted").join(kinds)
        sentences.append(words.say("cover.warnings", kinds=quoted))
    return words.say("list.sentence").join(sentences)
