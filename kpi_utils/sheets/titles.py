"""The title of a sheet: which line it is, and the town and the year that it names."""

import re
from collections.abc import Mapping

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import compiled, pattern, plain
from kpi_utils.cells.notation import identity
from kpi_utils.cells.years import leading_year
from kpi_utils.lines.line import Line
from kpi_utils.plan import Plan
from kpi_utils.sheets.outline import Outline
from kpi_utils.sheets.rows import Table

# Words behind the year in which a plan or a sheet was made: 令和3年度改訂版.
_MADE = r"\s*に?(?:策定|改[定訂]|見直|作成|公[表開])"


def find_title(outline: Outline, plan: Plan, lines: list[Line]) -> None:
    """Take a later line above the tables as the title, if the first is not one: 別紙１."""
    first_row = min((table[0].number for table in outline.tables.values()), default=0)
    old = outline.title
    above = [note for note in outline.notes if note[1] < first_row and _is_title(note[2], plan)]
    if _is_title(old, plan) or not above:
        return
    outline.notes.remove(above[0])
    section, _, outline.title = above[0]
    place = next(line.number for line in lines if old in line.text)
    outline.notes += [(section, place, old)] if old else []
    for caption, heading in outline.captions.items():
        if heading == old:
            outline.captions[caption] = outline.title


def _is_title(text: str, plan: Plan) -> bool:
    title = identity(text)
    return identity(plan.municipality) in title and identity(plan.name) in title


def named_town(title: str) -> str:
    """The town whose name a title begins with; blank if there is none.

    >>> named_town("静岡県沼津市 都市再生整備計画"), named_town("第2次総合計画 都市づくり")
    ('沼津市', '')
    """
    match = compiled("town").match(identity(title))
    return match[1] if match and not compiled("no_town").search(match[1]) else ""


def named_year(title: str, tables: list[Table], heads: Mapping[str, str], year: int) -> str:
    """The fiscal year in the title, if undated actuals would be taken for another year's.

    Blank if the heads of the actuals say their year (``heads`` are plan.toml's), or the title says
    none.
    """
    # Not the years of the plan's period, nor the year in which plan or sheet was made.
    text = compiled("period").sub("", plain(title))
    year_at = rf"(?:{pattern('one_year')})\s*"
    found = re.finditer(rf"{year_at}年度(?!{_MADE})|^{year_at}年?$", text)
    years = [leading_year(match[0])[0] or year for match in found]
    is_taken = any(
        column["role"] == "actual"
        and head_of(heads.get(identity(column["header"]), column["header"])).year is None
        and any(of.cell and not of.cell.year for row in table.rows for of in row.figures("actual"))
        for table in tables
        for column in table.columns
    )
    is_other = is_taken and years and not min(years) <= year <= max(years)
    return f"{max(years)}" if is_other else ""
