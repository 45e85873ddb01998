"""Sheets with one cell dropped, doubled, moved or replaced: never a silently different number.

Every mutated sheet is refused with its line, or its frames say what its cells say, and a row that
is judged otherwise than before is named by a finding that was not there before.
"""

import re

import pandas as pd
import pytest
from conftest import DATA, findings_of
from test_notation import documented

from kpi_utils import KpiError, evaluate
from kpi_utils.cells.notation import read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.judging.achievement import exact
from kpi_utils.plan import read_plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.sheets.sheet import sheet_cells

pytestmark = pytest.mark.slow

LINES = (DATA / "kumamoto/2022.txt").read_text("utf-8").split("\n")
ROWS = [number for number, line in enumerate(LINES) if re.match(r"\d+\t", line)]
# Those with other cells than the rest; the mutations of every row would only take longer.
SOME = [ROWS[0], ROWS[1], ROWS[8], ROWS[10], ROWS[19], ROWS[20]]


def first_of(rows):
    """The first row in every run of the tests, the others in a trial."""
    return [rows[0], *(pytest.param(row, marks=pytest.mark.trial) for row in rows[1:])]


def dropped(cells, place):
    return [*cells[:place], "", *cells[place + 1 :]]


def lost(cells, place):
    return [*cells[:place], *cells[place + 1 :]]


def doubled(cells, place):
    return [*cells[:place], cells[place], *cells[place:]]


def swapped(cells, place):
    return [*cells[: place - 1], cells[place], cells[place - 1], *cells[place + 1 :]]


def run_together(cells, place):
    both = cells[place - 1] + cells[place]
    return [*cells[: place - 1], "", both, *cells[place + 1 :]]


MUTATIONS = [dropped, lost, doubled, swapped, run_together]


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """Read and evaluate a text as the Kumamoto sheet, or give the error for people."""
    path = tmp_path_factory.mktemp("mutations") / "2022.txt"
    plan = read_plan(DATA / "kumamoto/plan.toml")

    def judge_it(lines):
        path.write_text("\n".join(lines), "utf-8")
        try:
            return evaluate(read_sheet(path, plan, 2022))
        except KpiError as error:
            return error

    return judge_it


@pytest.fixture(scope="module")
def before(judge):
    return results_of(judge(LINES))


def line_of(row):
    return int(row.source.rsplit(":")[-1])


def results_of(evaluation):
    """Per line of the file: the judgement; and the findings that name the line's row."""
    rows, found = {}, {}
    findings = evaluation.findings
    for row in evaluation.rows.itertuples():
        line = line_of(row)
        rows[line] = [str(v) for v in (row.achievement, row.status, row.actual, row.baseline)]
        about = findings[[row.Index in rows for rows in findings["rows"]]]
        found[line] = set(zip(about["code"], about["text"], about["message"], strict=True))
    return rows, found


def must_be_told(lines, changed, result, before):
    if isinstance(result, KpiError):
        assert any(f" {line}行目" in str(result) for line in changed), str(result)
        return
    printed = {section: sheet_cells(result.sheet, section) for section in (1, 2)}
    for row in result.rows.itertuples():
        cells = [cell.strip() for cell in lines[line_of(row) - 1].split("\t")]
        assert printed[row.section].loc[row.Index].tolist() == cells
    rows, found = results_of(result)
    for line in before[0]:
        if rows[line] != before[0][line]:
            assert found[line] - before[1][line], (line, lines[line - 1], rows[line])


@pytest.mark.trial
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("row", first_of(SOME))
def test_cell_of_a_row(judge, before, row, mutate):
    cells = LINES[row].split("\t")
    for place in range(1, len(cells)):
        changed = mutate(cells, place)
        if changed != cells:
            lines = [*LINES[:row], "\t".join(changed), *LINES[row + 1 :]]
            must_be_told(lines, [row + 1], judge(lines), before)


@pytest.mark.trial
@pytest.mark.parametrize("row", first_of(ROWS[:-1]))
def test_cell_that_changed_places_with_the_one_below(judge, before, row):
    below = row + 1
    if below not in ROWS:
        return
    cells, others = LINES[row].split("\t"), LINES[below].split("\t")
    for place in range(1, len(cells)):
        if cells[place] != others[place]:
            lines = LINES.copy()
            lines[row] = "\t".join([*cells[:place], others[place], *cells[place + 1 :]])
            lines[below] = "\t".join([*others[:place], cells[place], *others[place + 1 :]])
            must_be_told(lines, [row + 1, below + 1], judge(lines), before)


@pytest.mark.trial
@pytest.mark.parametrize("other", ["", "実績", "目標値", "2022年", "目標値との差", "2022年2023年"])
def test_any_other_head_gives_a_result_or_an_error_for_people(judge, other):
    for row in (row - 1 for row in ROWS if row - 1 not in ROWS):
        cells = LINES[row].split("\t")
        for place in range(len(cells)):
            changed = "\t".join([*cells[:place], other, *cells[place + 1 :]])
            result = judge([*LINES[:row], changed, *LINES[row + 1 :]])
            problems = result.problems if isinstance(result, KpiError) else []
            assert all("2022" in problem for problem in problems)


# Places of the cells of a row of table (1), and how a finding calls them.
PLACES = {2: "当初値", 3: "2022年 実績", 6: "目標値"}


@pytest.mark.trial
@pytest.mark.parametrize("place", PLACES)
def test_every_notation_in_the_place_of_a_cell(judge, place):
    """A value stands in the frames as the notation reads it, or a finding names the cell."""
    texts = [" ".join(text.split()) for text in documented() if text.strip()]
    rows = ROWS[:10]
    for start in range(0, len(texts), len(rows)):
        lines = LINES.copy()
        put = dict(zip(rows, texts[start : start + len(rows)], strict=False))
        for row, text in put.items():
            cells = LINES[row].split("\t")
            # A name of its own, so that no row is compared with a relisting of it.
            cells[1], cells[place] = f"指標{row}", text
            lines[row] = "\t".join(cells)
        result = judge(lines)
        assert not isinstance(result, KpiError), str(result)
        for row, text in put.items():
            must_be_as_read(result, row + 1, place, text)


def must_be_as_read(result, line, place, text):
    source = f"{result.sheet.source}:{line}"
    role = {2: "baseline", 3: "actual", 6: "target"}[place]
    read = read_cell(text, role)
    cells = result.sheet.cells
    cells = cells[(cells["source"] == source) & (cells["role"] == role)]
    cell = cells.iloc[0]
    value = None if pd.isna(cell["value"]) else exact(cell["value"])
    assert cell["raw"] == text
    if read.cause == "era":
        # Of which era a year is, the sheet's other years may say: tests/test_left_out.py.
        return
    found = findings_of(result)
    told = f"{PLACES[place]}」" in "".join(found.loc[found["source"] == source, "message"])
    if read.reason == "unreadable" or (read.comparator and role != "target"):
        assert (value, told) == (None, True), text
    elif read.value is None:
        assert value is None, text
        assert told == (role != "target" and read.reason == "word"), text
    elif value is None:
        # A year without an era that only a sheet of that era settles.
        assert (read.short != "", told) == (True, True), text
    else:
        # A number without a unit has that of its row.
        unit = cell["unit"]
        assert in_unit(read.value, read.unit or unit, unit) == value, text
    (judged,) = result.rows[result.rows["source"] == source].to_dict("records")
    if value is None and role != "target":
        assert judged["status"] == "undetermined", text
    if role != "target" and value is not None and judged["status"] != "undetermined":
        assert exact(judged[role]) == value
