"""The row of a sheet without a table that looks most like its heads, and what to do about it."""

import re

from kpi_utils.cells.heads import head_of
from kpi_utils.errors import mistake
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.line import Line, line_in_words
from kpi_utils.sheets.questions import role_word, to_fill_in

# Two digits, which are a year if the cell before them says so.
_BARE_YEAR = re.compile(r"\d\d")
_SPREAD = re.compile("(?<![^　])(.)　+(.)(?![^　(（])")


def likely_head(lines: list[Line], fiscal_year: int | None) -> str:
    """The row that looks most like a head, and what to do about it; blank if none does."""
    # 区　　分 is one head whose letters are spread over the cell.
    rows = [(line, line.texts or _SPREAD.sub(_as_one, line.text).split("　")) for line in lines]
    rows = [(line, texts) for line, texts in rows if line.cells or len(texts) > 2]
    if not rows:
        return ""
    known = [{kind for text in texts for kind in head_of(text).kinds} for _, texts in rows]
    kinds, (likely, heads) = max(zip(known, rows, strict=True), key=_likeness)
    if not kinds and len(heads) < 3:
        return ""
    wanted = {"name": {"name", "thing"}, "target": {"target", "yearly_target"}}
    wanted["actual"] = {"actual", "year", "latest", "baseline"}
    lacks = "、".join(role_word(role) for role, able in wanted.items() if not able & kinds)
    unknown = [of for of in heads if not (head_of(of).kinds or _BARE_YEAR.fullmatch(of))]
    if any(map(is_figure, unknown)):
        said = [mistake("sheet.likely-form")]
    else:
        about = {"lines": to_fill_in(unknown), "year": fiscal_year or 2022}
        about |= {"lacks": lacks, "first": lacks.split("、")[0]}
        said = [mistake("sheet.likely-unknown", **about)] if unknown else []
        said += [mistake("sheet.likely-lacks", **about)] if lacks else []
    line = line_in_words(f":{likely.position}")
    return mistake("sheet.likely", line=line, heads="　".join(heads), facts="".join(said))


def _as_one(spread: re.Match) -> str:
    """Two letters as one head, if that is known, or if they stand far apart."""
    head = spread[1] + spread[2]
    return head if head_of(head).kinds or len(spread[0]) > 3 else spread[0]


def _likeness(row: tuple) -> tuple[int, bool, int]:
    """The number of kinds of heads in a row, whether it has no figures, and its number of texts."""
    kinds, (_, texts) = row
    figures = [text for text in texts if is_figure(text) and not _BARE_YEAR.fullmatch(text)]
    return len(kinds), not figures, len(texts)
