"""The pages of the PDF as a printer gets them: margins, overlaps, breaks, columns of numbers."""

import io
import re
import runpy
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pdfplumber
import pypdf
import pytest
from conftest import HEAD, PLAN, pdf_of, report_of, table_text

from kpi_utils import changes_since_last_year, evaluate, load
from kpi_utils.report import build

MILLIMETRE = 72 / 25.4
# Of report.typ: the margins, and the sizes of headings.
ACROSS, TOP, BOTTOM = 18 * MILLIMETRE, 24 * MILLIMETRE, 20 * MILLIMETRE
HEADINGS = {12, 15}
# A number with what stands before it and its unit, as report.typ aligns it.
NUMBER = re.compile(
    r"[^\d【→（(]{0,3}\d[\d,]*(?P<point>\.?)\d*"
    r"(?:×.*|(?:[mO][23]|[^\d（(])*)(?:[（(][^）)]*[）)])?"
)
YEAR = re.compile(r"[(（]?(?:FY\d{4}|\d{4}年度?|[HR]\d+(?:年度?)?)[)）]?")
MADE_UP = str(Path(__file__).parents[1] / "benchmarks/made_up.py")
LONG = "市民、事業者及び行政が協働して進める持続可能な地域づくりに資する"


def make_big_plan(folder):
    """A plan of 40 KPIs, every third with a long name; nine years of actuals, three filled."""
    made_up = runpy.run_path(MADE_UP)
    actuals = "\t".join(f"{year}年" for year in range(2022, 2031))
    places = [f"{thing}（{part}地区）" for part in "東西南" for thing in made_up["THINGS"]][:40]
    things = [LONG * (no % 3 == 0) + thing for no, thing in enumerate(places)]
    rows = [
        (f"{LONG}取組その{no // 4}", *made_up["row"](Random(thing), thing, 3, 9))
        for no, thing in enumerate(things)
    ]
    head = made_up["HEAD"].format(initiative="取組名\t", actuals=actuals, last=2030)
    plan = folder / "big"
    plan.mkdir(parents=True)
    (plan / "plan.toml").write_text(PLAN, "utf-8")
    (plan / "2024.txt").write_text(table_text(*rows, head=head), "utf-8")


# The real plan; in a trial the made-up one that has it all, and one of many columns and long names.
REPORTS = [("kumamoto", 2022, "ja")]
FURTHER = [("kakuu", 2024, "ja"), ("kakuu", 2024, "en"), ("big", 2024, "ja")]
REPORTS += [pytest.param(report, marks=pytest.mark.trial) for report in FURTHER]


class Layout:
    """A PDF's pages as pdfplumber sees them, and its tables by their tags."""

    def __init__(self, pdf: bytes):
        self.reader = pypdf.PdfReader(io.BytesIO(pdf))
        with pdfplumber.open(io.BytesIO(pdf)) as document:
            # The sheet's tables may lie across their pages.
            self.sizes = [(page.width, page.height) for page in document.pages]
            self.pages = [
                [char for char in page.chars if char["text"].strip()] for page in document.pages
            ]
        self.marked = defaultdict(list)
        for number, page in enumerate(self.pages):
            for char in page:
                self.marked[number, char["mcid"]].append(char)
        ids = [page.indirect_reference.idnum for page in self.reader.pages]
        self.numbers = {page: number for number, page in enumerate(ids)}

    def body(self, number: int) -> list[dict]:
        """The characters of a page between its running head and its footer."""
        height = self.sizes[number][1]
        return [char for char in self.pages[number] if TOP - 6 < char["top"] < height - BOTTOM]

    def parts(self, node, page=None):
        """An element and all in it, also the numbers of marked contents, each with its page."""
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for kid in node:
                yield from self.parts(kid, page)
        elif isinstance(node, int):
            yield int(node), page
        elif isinstance(node, dict):
            page = node.raw_get("/Pg").idnum if "/Pg" in node else page
            yield node, page
            yield from self.parts(node.get("/K", node.get("/MCID", [])), page)

    def tagged(self, kind: str, node=None, page=None):
        """The elements of a kind, each with its node and the page that it inherits."""
        node = self.reader.trailer["/Root"]["/StructTreeRoot"] if node is None else node
        parts = self.parts(node, page)
        return [part for part in parts if isinstance(part[0], dict) and part[0].get("/S") == kind]

    def marks(self, node, page=None):
        """The marked contents of an element: their pages and numbers."""
        parts = self.parts(node, page)
        return [(self.numbers[page], mark) for mark, page in parts if isinstance(mark, int)]

    def lines(self, node, page) -> list[list[dict]]:
        """The characters of an element, by line."""
        lines = defaultdict(list)
        for number, mark in sorted(set(self.marks(node, page))):
            for char in self.marked[number, mark]:
                lines[number, round(char["bottom"])].append(char)
        return list(lines.values())


def text_of(chars: list[dict]) -> str:
    return "".join(char["text"] for char in chars)


@pytest.fixture(scope="module", params=REPORTS, ids=str)
def layout(request, tmp_path_factory):
    plan, year, language = request.param
    with pytest.MonkeyPatch.context() as patch:
        if plan == "big":
            folder = tmp_path_factory.mktemp("data")
            make_big_plan(folder)
            patch.setenv("KPI_DATA", str(folder))
        evaluation = evaluate(load(plan, year, language))
        changes = changes_since_last_year(evaluation.sheet, evaluation.rows)
        return Layout(build(report_of(evaluation, changes)))


@pytest.mark.trial
def test_nothing_lies_in_the_margins(layout):
    for page, (width, height) in zip(layout.pages, layout.sizes, strict=True):
        for char in page:
            # Half of a mark of punctuation is empty, and may stand in the margin.
            slack = 1 if char["text"].isalnum() else char["size"] / 2 + 1
            assert char["x0"] > ACROSS - slack, char["text"]
            assert char["x1"] < width - ACROSS + slack, char["text"]
            if char["bottom"] > height - BOTTOM + 3:
                # The number of the page, well below the text.
                assert char["text"] in "0123456789/" and char["top"] > height - BOTTOM + 9


# Of more letters than a line has, and than a column of a table has.
WORDS = "Pneumono" * 9, "Floccinaucinihilipilification"


@pytest.mark.trial
@pytest.mark.parametrize("language", ["ja", "en"])
def test_long_word_is_broken_at_the_end_of_a_line(one_row, language):
    sheet = one_row(name=f"{WORDS[0]}の{WORDS[1]}", actual="2022年度 2 件")
    layout = Layout(pdf_of(evaluate(replace(sheet, language=language))))
    # A picture breaks its labels itself, and cuts off what runs out of it.
    drawn = {mark for node, page in layout.tagged("/Figure") for mark in layout.marks(node, page)}
    layout.pages = [
        [char for char in page if (number, char["mcid"]) not in drawn]
        for number, page in enumerate(layout.pages)
    ]
    test_nothing_lies_in_the_margins(layout)
    test_no_two_characters_overlap(layout)
    said = "".join(map(text_of, layout.pages))
    assert all(word in said for word in WORDS)


@pytest.mark.trial
@pytest.mark.parametrize("columns", [8, 13, 22])
def test_table_of_many_columns_stays_on_its_page(town, columns):
    row = ("架空の件数", "2020年度 10 件", "2022年度 12 件", "2030年 20 件", "20%")
    heads = [f"外部有識者からの意見及び評価の内容{n}" for n in range(columns)]
    text = table_text(row + ("架空である",) * columns, head="\t".join([HEAD, *heads]))
    layout = Layout(pdf_of(evaluate(town(text))))
    test_nothing_lies_in_the_margins(layout)
    test_no_two_characters_overlap(layout)


def test_no_two_characters_overlap(layout):
    for page in layout.pages:
        # Punctuation is set into the room of its neighbour.
        chars = [char for char in page if char["text"].isalnum()]
        x0, x1, top, bottom = (
            np.array([char[side] for char in chars]) for side in ("x0", "x1", "top", "bottom")
        )
        across = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
        down = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
        both = np.triu((across > 1) & (down > 2.5), k=1)
        assert [(chars[a]["text"], chars[b]["text"]) for a, b in np.argwhere(both)] == []


def test_headings_rows_and_words_are_not_torn_apart(layout):
    for number in range(len(layout.pages)):
        body = layout.body(number)
        last = max(char["bottom"] for char in body)
        for char in body:
            if round(char["size"], 1) in HEADINGS:
                assert last > char["bottom"] + 10, (number + 1, char["text"])
    rows = list(layout.tagged("/TR"))
    assert len(rows) > 40
    for row, page in rows:
        assert len({number for number, _ in layout.marks(row, page)}) == 1
    cells = [layout.lines(cell, page) for cell, page in layout.tagged("/TD")]
    for lines in cells:
        if sum(map(len, lines)) > 8:
            assert max(map(len, lines)) >= 5, "".join(map(text_of, lines))


def test_numbers_of_a_column_are_aligned_on_the_decimal_point(layout):
    aligned = 0
    for table, page in layout.tagged("/Table"):
        columns = defaultdict(list)
        for row, row_page in layout.tagged("/TR", table["/K"], page):
            for place, (cell, cell_page) in enumerate(layout.tagged("/TD", row["/K"], row_page)):
                lines = layout.lines(cell, cell_page)
                # The year stands above its value, which may have a long unit on the next line.
                lines = [line for line in lines if not YEAR.fullmatch(text_of(line))]
                columns[place].append((lines[0] if lines else [], "".join(map(text_of, lines))))
        for cells in columns.values():
            found = [(line, NUMBER.fullmatch(text)) for line, text in cells]
            found = [(line, number) for line, number in found if number]
            # The numbers of the goals' targets (11.2、11.3) are names.
            are_names = any(re.search(r"\.\w[、,]", text) for _, text in cells)
            if are_names or len(found) < max(3, len(cells) / 2):
                continue
            points = []
            for line, number in found:
                end = number.start("point")
                points.append(line[end]["x0"] if number["point"] else line[end - 1]["x1"])
            said = [number.group() for _, number in found]
            assert max(points) - min(points) < 0.5, said
            aligned += 1
    assert aligned >= 8
