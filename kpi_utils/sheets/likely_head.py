"""The row of a sheet without a table that looks most like its heads, and what to do about it."""

from kpi_utils.cells.heads import head_of
from kpi_utils.errors import mistake
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line, line_in_words
from kpi_utils.sheets.tables import role_word


def likely_head(lines: list[Line], fiscal_year: int | None) -> str:
    """The row that looks most like a head, and what to do about it; blank where none does."""
    rows = [line for line in lines if line.cells or line.text.count("　") > 1]
    if not rows:
        return ""
    known = [
        {kind for cell in line.cells or line.text.split("　") for kind in head_of(cell).kinds}
        for line in rows
    ]
    kinds, likely = max(zip(known, rows, strict=True), key=lambda row: len(row[0]))
    if not kinds:
        likely = max(rows, key=lambda line: len(line.cells))
        if len(likely.cells) < 3:
            return ""
    wanted = {"name": {"name", "thing"}, "target": {"target", "yearly_target"}}
    wanted["actual"] = {"actual", "year", "latest", "baseline"}
    lacks = "、".join(role_word(role) for role, able in wanted.items() if not able & kinds)
    cells = likely.cells or likely.text.split("　")
    heads = [*filter(None, cells)]
    unknown = [of for of in heads if not head_of(of).kinds]
    about = {"lacks": lacks, "first": lacks.split("、")[0], "year": fiscal_year or "2022"}
    if any(is_figure(of) for of in unknown):
        said = [mistake("sheet.likely-form")]
    else:
        named = {"unknown": "」「".join(unknown), "first": next(iter(unknown), "")}
        said = [mistake("sheet.likely-corner")] if not cells[0] and "name" not in kinds else []
        said += [mistake("sheet.likely-unknown", **about | named)] if unknown else []
        said += [mistake("sheet.likely-lacks", **about)] if lacks else []
    line = line_in_words(f":{likely.position}")
    return mistake("sheet.likely", line=line, heads="　".join(heads), facts="".join(said))
