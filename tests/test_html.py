"""The page as a file: all that the report says is in it, it fetches nothing, and it repeats."""

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import by_status
from kpi_utils.report import content, page
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing.tables import sheet_cells

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
        self.elements.append(element | {"attributes": dict(attributes)})
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
        """The elements with an attribute, and its value."""
        return [
            element
            for element in self.elements
            if key in element["attributes"] and value in (None, element["attributes"][key])
        ]

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


def squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def text(evaluation):
    return page(evaluation)


@pytest.fixture(scope="module")
def read(text):
    return Reader(text)


def test_page_repeats_byte_for_byte(evaluation, text):
    assert page(evaluation) == text


def test_page_is_in_japanese_and_has_a_title(read):
    assert read.elements[0]["attributes"]["lang"] == "ja"
    assert [e["text"] for e in read.elements if e["tag"] == "title" and e["within"][-1] == "head"]
    assert [e["text"] for e in read.elements if e["tag"] == "h1"] == [
        "熊本市 2022年度 進捗評価報告書"
    ]


def test_page_asks_for_nothing(text, read):
    for key in ("src", "srcset", "href", "action", "data", "poster"):
        for element in read.having(key):
            assert element["attributes"][key].startswith(("#", "data:,")), element
    assert not re.findall(r"url\((?!#)|@import|https?:|fetch\(|XMLHttp|sendBeacon", text)
    (policy,) = read.having("http-equiv", "Content-Security-Policy")
    assert policy["attributes"]["content"].startswith("default-src 'none'; ")


def test_every_id_is_one_and_every_link_leads_somewhere(read):
    ids = [element["attributes"]["id"] for element in read.having("id")]
    assert len(ids) == len(set(ids)) > 60
    assert all(re.fullmatch(r"[a-z][\w-]*", name) for name in ids)
    named = [e["attributes"]["href"] for e in read.having("href") if e["tag"] != "link"]
    named += [f"#{e['attributes']['for']}" for e in read.having("for")]
    for key in ("aria-labelledby", "aria-describedby"):
        named += [f"#{element['attributes'][key]}" for element in read.having(key)]
    assert {name[1:] for name in named} <= set(ids)
    drawn = re.findall(r"url\(#([^)]+)\)", "".join(e["attributes"].get("style", "") or ""
                                                   for e in read.elements))  # fmt: skip
    assert drawn and set(drawn) <= set(ids)


def test_headings_go_down_one_level_at_a_time(read):
    levels = [int(e["tag"][1]) for e in read.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_sections_stand_in_the_order_of_the_contents(read):
    contents = [
        e["attributes"]["href"][1:]
        for e in read.having("href")
        if e["tag"] == "a"
        and "nav" in e["within"]
        and "svg" not in e["within"]
        and not e["attributes"]["href"].startswith("#kpi-")
    ]
    sections = [e["attributes"]["id"] for e in read.elements if e["tag"] == "section"]
    assert contents == sections == [
        "summary", "overview", "cards", "readings", "goals", "tables", "findings", "method",
        "provenance",
    ]  # fmt: skip


def test_every_kpi_has_a_card_under_the_row_that_lists_it_first(read, kpis, sheet):
    cards = [e["attributes"]["id"] for e in read.elements if e["tag"] == "article"]
    listings = [sheet.first_listing(kpi) for kpi in by_status(kpis)["kpi"]]
    assert cards == [f"kpi-{row['section']}-{row['no']}" for row in listings]
    for card, kpi in zip(cards, by_status(kpis).itertuples(), strict=True):
        (heading,) = read.within(card, "h3")
        assert heading.split() == [*kpi.label.split(), STATUSES[kpi.status]]
        assert kpi.listings in squeezed("".join(read.within(card, "dd")))
        for source in kpi.source.split("、"):
            assert f"{line_of(source)}行目" in "".join(read.within(card, "dd"))
        assert len([e for e in read.having("href", f"#{card}") if "tbody" in e["within"]]) >= 2


def test_kpis_that_fell_back_or_are_far_behind_stand_in_the_summary(read, kpis):
    said = squeezed(read.by_id("summary")["text"])
    for kpi in kpis.itertuples():
        is_urgent = kpi.status == "regressed" or (kpi.pace_word == "behind" and kpi.achievement > 0)
        assert (squeezed(kpi.label) in said) == is_urgent, kpi.label
    counts = "後退が2、横ばいが1、前進が5（遅れ1、やや遅れ2、順調2）、達成が5"
    assert f"13指標のうち、{counts}である。" in said


def test_table_of_all_kpis_has_the_pace_beside_the_status(read):
    said = squeezed(read.by_id("overview")["text"])
    for status in ("前進遅れ17%", "前進やや遅れ13%", "前進順調86%", "達成116%"):
        assert status in said


def test_commentary_stands_word_for_word_on_the_cards_of_its_kpis(read, sheet, judged):
    listed = judged.set_index(["section", "no"])["kpi"]
    assert len(sheet.references)
    for reference in sheet.references.itertuples():
        row = sheet.first_listing(listed[reference.section, reference.no])
        block = sheet.commentary.set_index("block").loc[reference.block]
        paragraphs = read.within(f"kpi-{row['section']}-{row['no']}", "p")
        assert set(block["text"].split("\n")) <= set(paragraphs)


def test_commentary_that_no_kpi_has_is_not_lost(sheet, evaluation):
    alone = replace(evaluation, sheet=replace(sheet, references=sheet.references.iloc[:0]))
    others = Reader(page(alone)).by_id("others")["text"]
    for block in sheet.commentary.itertuples():
        assert squeezed(block.text) in squeezed(others)


def test_every_entry_has_a_row_and_the_cards_link_to_it(read, evaluation):
    found = evaluation.entries
    assert len(found) == 8
    for entry in found.itertuples():
        number, severity, _, message, rows = read.within(f"finding-{entry.entry}", "td")
        assert number == str(entry.entry)
        assert severity.strip() == SEVERITIES[entry.severity]
        assert (message, squeezed(rows)) == (entry.message, squeezed(entry.details))
    linked = {
        int(e["attributes"]["href"].removeprefix("#finding-"))
        for e in read.having("href")
        if e["attributes"]["href"].startswith("#finding-")
    }
    assert linked == set(found["entry"])


def test_cells_stand_as_printed(read, sheet, judged):
    for section in (1, 2):
        cells = sheet_cells(sheet, section)
        roles = sheet.columns.loc[sheet.columns["section"] == section, "role"].tolist()
        kept = [place for place, role in enumerate(roles) if role != "initiative"]
        for (_, no), row in cells.iterrows():
            name = f"row-{section}-{no}"
            shown = read.within(name, "td")
            shown.insert(1, read.within(name, "th")[0])
            printed = [squeezed(row.iloc[place]) for place in kept]
            assert [squeezed(cell) for cell in shown[: len(kept)]] == printed
            result = judged.set_index(["section", "no"]).loc[(section, no)]
            assert STATUSES[result["status"]] in shown[-2]
            assert shown[-1] == line_of(result["source"])


def test_pictures_are_described_and_keep_their_text(read, kpis):
    pictures = read.having("role", "img")
    assert len(pictures) == len(kpis) + 3
    for picture in pictures:
        name = picture["attributes"]["aria-labelledby"].removesuffix("-title")
        assert read.by_id(f"{name}-title")["text"]
        assert read.by_id(f"{name}-desc")["text"].endswith("。")
        assert read.elements[read.elements.index(picture) + 1]["tag"] == "title"
    assert [e for e in read.elements if e["tag"] == "text" and e["text"] == "2,529 十億円"]


def test_pictures_bring_no_colour_font_or_style_of_their_own(text):
    pictures = "".join(re.findall(r"<svg viewBox.*?</svg>", text, re.DOTALL))
    assert len(pictures) > 50_000
    assert not re.search(r"#[0-9a-f]{6}|Noto|<style|<metadata|xmlns", pictures)


def test_status_is_never_told_by_colour_alone(read):
    badges = [e for e in read.having("class") if e["attributes"]["class"].startswith("badge ")]
    assert len(badges) > 60
    for badge in badges:
        assert badge["text"] == STATUSES[badge["attributes"]["class"].split()[1]]


def test_declarations_and_hashes_stand_at_the_end(read, sheet):
    assert "地下水採取量の削減" in read.by_id("method")["text"]
    said = read.by_id("provenance")["text"]
    for word in (sheet.source, sheet.sha256, sheet.plan.sha256, "kpi report kumamoto 2022"):
        assert word in said
    assert "PDF/UA" not in said


def test_page_says_what_the_pdf_says(evaluation, text):
    """One content for both: its sentences stand in the page as they are."""
    words = content(evaluation).words
    said = [words["summary"], words["reconciled"], words["found"]]
    said += [card["sentence"] for card in words["cards"]]
    said += [description for _, description in words["method"] + words["reading-terms"]]
    said += words["introductions"].values()
    plain = unicodedata.normalize("NFC", re.sub(r"<[^>]+>|\s", "", text))
    assert [sentence for sentence in said if squeezed(sentence) not in plain] == []


def test_made_up_sheet_says_so_at_the_top_and_on_paper(one_row, text):
    made_up = page(evaluate(one_row()))
    read = Reader(made_up)
    (banner,) = [e for e in read.having("class", "banner")]
    (mark,) = [e for e in read.having("class", "watermark")]
    assert banner["text"] == mark["text"] == "架空のデータ"
    assert "この報告書の数値は架空のデータであり、実際のものではない。" in made_up
    assert "公表された" not in made_up and "架空のデータ" not in text


def test_markup_in_a_sheet_is_text(one_row):
    name = '<b>"A" & B</b><script>alert(1)</script>\'$x$'
    text = page(evaluate(one_row(name=name, later="<img src=x>", target="2030年 20 <i>件</i>")))
    read = Reader(text)
    assert not [e for e in read.elements if e["tag"] in ("i", "img") or e["text"] == "A"]
    assert text.count("<script>") == 1
    assert name in [e["text"] for e in read.elements if e["tag"] == "a"]


def test_kpi_without_figures_has_a_card_that_says_so(one_row):
    read = Reader(page(evaluate(one_row(baseline="－", actual="調査なし", target="検討中"))))
    card = read.by_id("kpi-1-1")["text"]
    assert "図にできる数値がない。" in card and "判定保留" in card
    assert "架空の指標" in read.by_id("summary")["text"]


def test_sheet_without_a_picture_of_pace_and_without_goals(one_row):
    read = Reader(page(evaluate(one_row(actual="2020年度 10 件"))))
    assert not read.having("id", "goals")
    assert "#goals" not in [e["attributes"]["href"] for e in read.having("href")]
