"""The page as a file: all that the report says is in it, it fetches nothing, and it repeats."""

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from conftest import entries_in, html_of, squeezed

from kpi_utils import evaluate
from kpi_utils.judging.judgement import by_status
from kpi_utils.lines.line import line_of
from kpi_utils.report import page
from kpi_utils.sheets.sheet import sheet_cells
from kpi_utils.words import JAPANESE

STATUSES, SEVERITIES = JAPANESE.of("status"), JAPANESE.of("severity")
VOID = {"meta", "link", "br", "input"}


class Reader(HTMLParser):
    """The elements of a page in their order, as a strict reader: each must be closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"an attribute of {tag} twice"
        element = {"tag": tag, "text": "", "within": [e["tag"] for e in self.open]}
        self.elements.append(element | dict(attributes))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1]["tag"] == tag, f"{tag} is closed out of turn"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def having(self, key, value=None):
        """The elements of a tag, or with an attribute, and its value."""
        return [e for e in self.elements if key in e and value in (None, e[key])]

    def by_id(self, name):
        (found,) = self.having("id", name)
        return found

    def within(self, name, tag):
        """The text of each element of a tag in the element that has an id."""
        start = self.elements.index(self.by_id(name))
        depth = len(self.elements[start]["within"])
        found = []
        for element in self.elements[start + 1 :]:
            if len(element["within"]) <= depth:
                break
            if element["tag"] == tag:
                found.append(element["text"])
        return found


@pytest.fixture(scope="module")
def text(report):
    return page(report)


@pytest.fixture(scope="module")
def read(text):
    return Reader(text)


def test_page_is_japanese_and_its_headings_and_sections_stand_in_order(read):
    assert read.elements[0]["lang"] == "ja"
    title = "熊本市 2022年度 進捗評価報告書"
    assert [e["text"] for e in read.having("tag", "h1")] == [title]
    assert [e["text"] for e in read.having("tag", "title") if e["within"][-1] == "head"] == [title]
    levels = [int(e["tag"][1]) for e in read.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    links = [e["href"] for e in read.having("tag", "a") if "nav" in e["within"]]
    contents = [href[1:] for href in links if not href.startswith("#kpi-")]
    sections = ["summary", "overview", "cards", "readings", "goals", "tables", "findings"]
    sections += ["method", "provenance"]
    assert contents == [e["id"] for e in read.having("tag", "section")] == sections


def test_page_asks_for_nothing_and_every_link_leads_somewhere(text, read):
    for key in ("src", "srcset", "href", "action", "data", "poster"):
        for element in read.having(key):
            assert element[key].startswith(("#", "data:,")), element
    assert not re.findall(r"url\((?!#)|@import|https?:|fetch\(|XMLHttp|sendBeacon", text)
    (policy,) = read.having("http-equiv", "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'; ")
    ids = [element["id"] for element in read.having("id")]
    assert len(ids) == len(set(ids)) > 60
    assert all(re.fullmatch(r"[a-z][\w-]*", name) for name in ids)
    named = [e["href"].removeprefix("#") for e in read.having("href") if e["tag"] != "link"]
    for key in ("for", "aria-labelledby", "aria-describedby"):
        named += [element[key] for element in read.having(key)]
    drawn = re.findall(r"url\(#([^)]+)\)", "".join(e["style"] or "" for e in read.having("style")))
    assert drawn and set(named + drawn) <= set(ids)


def test_every_kpi_has_a_card_under_its_first_row_with_its_commentary(read, kpis, sheet, judged):
    cards = [e["id"] for e in read.having("tag", "article")]
    assert cards == [f"kpi-{kpi.section}-{kpi.no}" for kpi in by_status(kpis).itertuples()]
    for card, kpi in zip(cards, by_status(kpis).itertuples(), strict=True):
        (heading,) = read.within(card, "h3")
        assert heading.split() == [*kpi.label.split(), STATUSES[kpi.status]]
        facts = "".join(read.within(card, "dd"))
        assert sheet.words.rows(kpi.listings) in squeezed(facts)
        assert all(f"{line_of(source)}行目" in facts for source in kpi.sources)
        assert len([e for e in read.having("href", f"#{card}") if "tbody" in e["within"]]) >= 2
    assert len(sheet.references)
    for reference in sheet.references.itertuples():
        row = sheet.first_listings[judged.loc[(reference.section, reference.no), "kpi"]]
        block = sheet.commentary.set_index("block").loc[reference.block]
        paragraphs = read.within(f"kpi-{row['section']}-{row['no']}", "p")
        assert set(block["text"].split("\n")) <= set(paragraphs)


def test_no_status_is_told_by_colour_alone(read):
    overview = squeezed(read.by_id("overview")["text"])
    for status in ("前進遅れ17%", "前進やや遅れ13%", "前進順調86%", "達成116%"):
        assert status in overview
    badges = [e for e in read.having("class") if e["class"].startswith("badge ")]
    assert len(badges) > 60
    assert [e for e in badges if e["text"] != STATUSES[e["class"].split()[1]]] == []


def test_commentary_that_no_kpi_has_is_not_lost(sheet, evaluation):
    alone = replace(evaluation, sheet=replace(sheet, references=sheet.references.iloc[:0]))
    others = squeezed(Reader(html_of(alone)).by_id("others")["text"])
    assert [text for text in sheet.commentary["text"] if squeezed(text) not in others] == []


def test_entries_and_cells_stand_as_printed_with_what_was_computed(read, evaluation, sheet, judged):
    entries = entries_in(evaluation)
    assert len(entries) == 8
    for entry in entries.itertuples():
        number, severity, _, message, rows = read.within(f"finding-{entry.entry}", "td")
        assert number == str(entry.entry)
        assert severity.strip() == SEVERITIES[entry.severity]
        assert (message, squeezed(rows)) == (entry.message, squeezed(entry.details))
    links = {e["href"] for e in read.having("href") if e["href"].startswith("#finding-")}
    assert links == {f"#finding-{number}" for number in entries["entry"]}
    for row in judged.itertuples():
        cells = sheet_cells(sheet, row.section).loc[[(row.section, row.no)]]
        roles = sheet.columns.loc[sheet.columns["section"] == row.section, "role"]
        printed = [cell for cell, role in zip(cells.iloc[0], roles, strict=True)
                   if role != "initiative"]  # fmt: skip
        shown = read.within(f"row-{row.section}-{row.no}", "td")
        shown.insert(1, read.within(f"row-{row.section}-{row.no}", "th")[0])
        assert list(map(squeezed, shown[: len(printed)])) == list(map(squeezed, printed))
        assert STATUSES[row.status] in shown[-2] and shown[-1] == line_of(row.source)


def test_pictures_are_described_and_bring_no_style_of_their_own(read, kpis, text):
    pictures = read.having("role", "img")
    # All KPIs, time against achievement, and each KPI.
    assert len(pictures) == len(kpis) + 2
    for picture in pictures:
        assert read.by_id(picture["aria-labelledby"])["text"]
        assert read.by_id(picture["aria-describedby"])["text"].endswith("。")
        assert read.elements[read.elements.index(picture) + 1]["tag"] == "title"
    assert [e for e in read.having("tag", "text") if e["text"] == "2,529 十億円"]
    pictures = "".join(re.findall(r"<svg viewBox.*?</svg>", text, re.DOTALL))
    assert len(pictures) > 50_000
    assert not re.search(r"#[0-9a-f]{6}|Noto|<style|<metadata|xmlns", pictures)


def test_page_says_what_the_pdf_says(report, text):
    """One content for both: its sentences stand in the page as they are."""
    words = report.chapters
    sentences = [words["summary"], words["reconciled"], words["found"]]
    sentences += [card["sentence"] for card in words["cards"]]
    sentences += [description for _, description in words["method"] + words["reading-terms"]]
    sentences += words["introductions"].values()
    sentences += [text for line in words["provenance"] + words["declarations"] for text in line]
    plain = unicodedata.normalize("NFC", re.sub(r"<[^>]+>|\s", "", text))
    assert [sentence for sentence in sentences if squeezed(sentence) not in plain] == []


def test_made_up_sheet_and_one_without_figures_say_so_and_markup_is_text(one_row, text):
    evaluation = evaluate(one_row())
    # The title is not the only place where a sheet says so.
    sheet = replace(evaluation.sheet, title="試験市", notes=[(0, 1, "※ 架空のデータ")])
    made_up = html_of(replace(evaluation, sheet=sheet))
    read = Reader(made_up)
    for name in ("banner", "watermark"):
        (mark,) = read.having("class", name)
        assert mark["text"] == "架空のデータ"
    assert "この報告書の数値は架空のデータであり、実際のものではない。" in made_up
    assert "公表された" not in made_up and "架空のデータ" not in text
    name = '<b>"A" & B</b><script>alert(1)</script>\'$x$'
    text = html_of(evaluate(one_row(name=name, later="<img src=x>", target="2030年 20 <i>件</i>")))
    read = Reader(text)
    assert not [e for e in read.elements if e["tag"] in ("i", "img") or e["text"] == "A"]
    assert text.count("<script>") == 1
    assert name in [e["text"] for e in read.having("tag", "a")]
    read = Reader(html_of(evaluate(one_row(baseline="－", actual="調査なし", target="検討中"))))
    card = read.by_id("kpi-1-1")["text"]
    assert "図にできる数値がない。" in card and "判定保留" in card
    assert "架空の指標" in read.by_id("summary")["text"]
    assert not read.having("id", "goals") and not read.having("href", "#goals")
