"""What both editions of the report say: words, numbers and pictures, without a layout."""

from importlib.metadata import version
from typing import NamedTuple

from kpi_utils.comparing.changes import Changes
from kpi_utils.frames import LIMITS, STATUSES
from kpi_utils.judging.conventions import NAMES
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import by_status, unknown_declarations
from kpi_utils.language import Words, listed, say, spoken
from kpi_utils.plan import Declaration, Plan
from kpi_utils.report.chapters import changes_chapter, kpi_cards, table, words
from kpi_utils.report.cover import cover, draft
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing import tables
from kpi_utils.showing.charts import overview, pace
from kpi_utils.showing.drawing import Chart

__all__ = ["Content", "content"]

# The bars that one page of the overview holds.
BARS = 22


class Content(NamedTuple):
    """What a report says, and its pictures as SVG by the names that ``words`` gives them."""

    words: dict
    pictures: dict[str, bytes]


def content(evaluation: Evaluation, changes: Changes | None = None) -> Content:
    """What both editions of an evaluated sheet's report say, with the changes since last year."""
    pictures: dict[str, bytes] = {}

    def draw(name: str, picture: Chart | None) -> dict | None:
        if picture is None:
            return None
        pictures[name] = picture.svg
        return {"file": name, "alt": picture.alt}

    sheet = evaluation.sheet
    sheets = [sheet, changes.before.sheet] if changes and changes.before else [sheet]
    of_other_years = [d for d, name in unknown_declarations(sheet) if name == d.name]
    sections = [int(section) for section in sheet.rows["section"].unique()]
    kpis = by_status(evaluation.kpi_table())
    parts = list(enumerate(kpis.iloc[at : at + BARS] for at in range(0, len(kpis), BARS)))
    paces = [draw(f"pace-{page}.svg", pace(part)) for page, part in parts]
    cards = kpi_cards(evaluation, draw)
    has_limits = kpis["target_kind"].isin(list(LIMITS)).any()
    known = {"limits": say("page.overview_limits") if has_limits else "", "file": sheet.source}
    said = cover(evaluation) | {
        "language": spoken(),
        "page": dict(Words("page")),
        "column": dict(Words("column")),
        "space": say("list.sentence"),
        "bracketed": say("bracketed", text="{text}"),
        "introductions": {
            name: say(f"introduction.{name}", **known) for name in Words("introduction")
        },
        "overviews": [draw(f"all-{page}.svg", overview(part)) for page, part in parts],
        "narrow": [draw(f"narrow-{page}.svg", overview(part, narrow=True)) for page, part in parts],
        "paces": [picture for picture in paces if picture],
        "readings": words(tables.readings(evaluation)),
        "reading-terms": _explained("reading"),
        "goals": words(tables.goals(evaluation)),
        "changes": changes_chapter(changes, draw),
        "tables": [table(evaluation, section) for section in sections],
        "cards": cards,
        "findings": words(tables.findings(evaluation)),
        "method": _explained("method"),
        "declarations": [
            {"name": sheet.plan.said(declared.name), "said": _said(declared, sheet.plan)}
            for declared in sheet.plan.declarations.values()
            if declared not in of_other_years
        ],
        "other-notes": [
            text + say("bracketed", text=say("line", line=line))
            for place, line, text in sheet.notes
            if place not in sections
        ],
        "provenance": _provenance(sheet, changes),
        "made-up": say("cover.made_up") if any(shown.made_up for shown in sheets) else "",
        "words": dict(STATUSES),
    }
    return Content(said, pictures)


def _explained(key: str) -> list[tuple[str, str]]:
    """Terms and what they mean, in the order of the messages."""
    terms = Words(f"{key}-term")
    return [(term, say(f"{key}.{name}")) for name, term in terms.items()]


def _said(declared: Declaration, plan: Plan) -> str:
    """What a declaration says, in words, with its reason."""
    said = []
    if declared.direction:
        way = say(f"declared.{declared.direction}")
        said.append(say("declared.direction", direction=way))
    if declared.kind:
        said.append(say(f"declared.{declared.kind}", lower=declared.lower, upper=declared.upper))
    for name in ("cumulative", "running_total", "apart"):
        if getattr(declared, name):
            said.append(say(f"declared.{name}"))
    for name in ("same_as", "formerly"):
        if other := getattr(declared, name):
            said.append(say(f"declared.{name}", name=plan.said(other)))
    if declared.convention:
        said.append(say("declared.convention", convention=NAMES[declared.convention]))
    return say("declared.as", said=listed(said), reason=plan.said(declared.reason))


def _provenance(sheet: Sheet, changes: Changes | None) -> list[list[str]]:
    earlier = changes.before.sheet if changes and changes.before else None
    plan, year = sheet.plan, sheet.fiscal_year
    names = Words("provenance")

    def hashed(name: str, source: str, sha256: str) -> list[list[str]]:
        return [[name, source], [names["hash"], sha256]]

    compared = say("provenance.compared", year=earlier.fiscal_year) if earlier else ""
    kind = "sheet_is_made_up" if sheet.made_up else "sheet_is"
    kind = "sheet_is_draft" if sheet.is_draft else kind
    state = draft(sheet) if sheet.is_draft else names["published"]
    municipality = plan.said(plan.municipality)
    parameters = say("provenance.parameters_are", plan=plan.id, year=year, language=spoken())
    other = [] if spoken() == "ja" else ["--language", spoken()]
    command = " ".join(["kpi report", plan.id, str(year), *other])
    return [
        [names["sheet"], say(f"provenance.{kind}", municipality=municipality, year=year)],
        [names["title"], plan.said(sheet.title)],
        [names["state"], state],
        *hashed(names["file"], sheet.source, sheet.sha256),
        *(hashed(compared, earlier.source, earlier.sha256) if earlier else []),
        *hashed(names["declarations"], plan.source, plan.sha256),
        *([] if spoken() == "ja" else [[names["translation"], names["translation_is"]]]),
        [names["notebook"], "notebooks/evaluate.ipynb"],
        [names["parameters"], parameters],
        [names["software"], f"kpi_utils {version('kpi-utils')}"],
        [names["command"], command],
    ]
