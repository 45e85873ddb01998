"""The page in a real Chromium: silent, accessible, whole at every width, by keyboard, on paper.

Needs ``chromium`` of the system's packages, and runs apart: ``pytest -m browser``.
"""

import re
import shutil
import unicodedata
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import pdfplumber
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import html_of
from playwright.sync_api import sync_playwright
from test_portfolio import by_hand

from kpi_utils.frames import STATUSES
from kpi_utils.report import index, page

pytestmark = pytest.mark.browser

# The narrowest is what WCAG 2.2 asks of reflow (1.4.10).
WIDTHS = [320, 360, 768, 1280, 1920]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def squeezed(text):
    """Without white space, and one character for all that look the same: paper has ⾏ for 行."""
    plain = unicodedata.normalize("NFKC", text).translate(str.maketrans("⺠⻑戶‧", "民長戸・"))
    return re.sub(r"\s", "", plain)


@pytest.fixture(scope="module")
def browser():
    """Chromium with a profile of its own, which is new and empty."""
    program = shutil.which("chromium")
    assert program, "apt-get install chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def many_reports():
    """The lines of a thousand made-up reports of 200 plans, of which one failed."""
    reports = [
        {"plan": f"p{plan:03}", "fiscal_year": year, "made_up": True, "files": "evaluation.html"}
        for plan in range(200)
        for year in range(2020, 2025)
    ]
    reports[3] |= {"state": "failed", "message": "架空の理由<b>。", "municipality": "架空第0市"}
    done = [
        {"plan": one["plan"], "fiscal_year": one["fiscal_year"]}
        for one in reports
        if one is not reports[3]
    ]
    kpis = [
        one | {"kpi": str(kpi), "status": STATUSES[kpi % 5]}
        for number, one in enumerate(done)
        for kpi in range(number % 7)
    ]
    found = [one | {"severity": "error", "code": "unreadable-cell"} for one in done[::100]]
    return by_hand(reports, kpis, found)[0]


@pytest.fixture(scope="module")
def pages(tmp_path_factory, evaluation, report):
    """The page of the real sheet, the same said to be made up, and a list: their addresses."""
    folder = tmp_path_factory.mktemp("pages")
    sheet = replace(evaluation.sheet, title=f"{evaluation.sheet.title}（架空のデータ）")
    made_up = replace(evaluation, sheet=sheet)
    (folder / "real.html").write_text(page(report), "utf-8")
    (folder / "made-up.html").write_text(html_of(made_up), "utf-8")
    (folder / "index.html").write_text(index(many_reports()), "utf-8")
    return {path.stem: path.as_uri() for path in folder.iterdir()}


@pytest.fixture
def opened(browser, pages):
    """Open a page in a window of its own; in the end it must have said and asked nothing."""
    contexts, heard, asked = [], [], []

    def open_it(width=1280, scheme="light", name="real", **options):
        viewport = {"width": width, "height": 800}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(pages[name])
        return tab

    yield open_it
    for context in contexts:
        context.close()
    assert heard == []
    assert set(asked) <= set(pages.values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "name"),
    [(360, "real"), (1280, "real"), (1280, "made-up"), (360, "index"), (1280, "index")],
)
def test_axe_finds_no_violation(opened, scheme, width, name):
    results = Axe().run(opened(width, scheme, name))
    assert results.violations_count == 0, results.generate_report()
    assert len(results.response["passes"]) > 25


@pytest.mark.parametrize("name", ["real", "made-up", "index"])
@pytest.mark.parametrize("width", WIDTHS)
def test_page_reflows_and_only_regions_scroll(opened, width, name):
    tab = opened(width, name=name)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    beyond = tab.evaluate(
        """() => [...document.body.querySelectorAll("*")]
        .filter((e) => !e.closest(".scroll, .skip, svg.chart > *"))
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
        .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


@pytest.mark.parametrize("width", WIDTHS)
def test_words_in_pictures_are_legible_and_lie_apart(opened, width):
    """Whatever the reader's font: here it is the machine's, and not the one that was drawn with."""
    pictures = opened(width).evaluate(
        """() => [...document.querySelectorAll("svg.chart")]
        .filter((svg) => svg.getBoundingClientRect().width)
        .map((svg) => [...svg.querySelectorAll("text")].map((text) => {
          const box = text.getBoundingClientRect();
          const size = parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a;
          return {text: text.textContent, size, left: box.left, right: box.right,
                  middle: (box.top + box.bottom) / 2};
        }))"""
    )
    assert len(pictures) == 15
    for words in pictures:
        assert min(word["size"] for word in words) >= 9
        for word, other in combinations(words, 2):
            across = min(word["right"], other["right"]) - max(word["left"], other["left"])
            apart = abs(word["middle"] - other["middle"])
            assert across < 2 or apart > 0.8 * word["size"], (word["text"], other["text"])


def test_words_in_pictures_can_be_selected_and_follow_the_scheme(opened):
    tab = opened()
    text = tab.locator("#kpi-1-2 svg.chart text", has_text="2,529")
    text.scroll_into_view_if_needed()
    box = text.bounding_box()
    tab.mouse.click(box["x"] + 5, box["y"] + box["height"] / 2, click_count=3)
    assert "2,529" in tab.evaluate("getSelection().toString()")
    fill = "getComputedStyle(document.querySelector('svg.chart text')).fill"
    assert tab.evaluate(fill) == "rgb(26, 26, 26)"
    assert opened(scheme="dark").evaluate(fill) == "rgb(233, 231, 227)"


@pytest.mark.parametrize("width", [360, 1280])
def test_keyboard_reaches_everything_and_shows_where_it_is(opened, width):
    tab = opened(width)
    tab.evaluate(
        """() => { window.reachable = [...document.querySelectorAll(
        "a[href], button, .scroll, input:checked")].filter((e) => e.checkVisibility()) }"""
    )
    wanted = tab.evaluate("reachable.length")
    assert wanted > 150
    reached = set()
    for _ in range(wanted):
        tab.keyboard.press("Tab")
        place, ring, seen = tab.evaluate(
            """() => {
            const at = document.activeElement;
            const style = getComputedStyle(at);
            const box = at.getBoundingClientRect();
            const seen = box.right > 0 && box.left < innerWidth && box.bottom > 0
              && box.top < innerHeight;
            return [reachable.indexOf(at), style.outlineStyle + style.outlineWidth, seen];
            }"""
        )
        assert (ring, seen) == ("solid3px", True), place
        reached.add(place)
    assert reached == set(range(wanted))


def until(tab, condition):
    """Wait until a condition holds on a page whose policy lets no script wait for it."""
    for _ in range(100):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(condition)


@pytest.mark.parametrize("name", ["全指標の表", "全指標の達成度"], ids=["table", "picture"])
def test_region_scrolls_by_keyboard_on_a_phone(opened, name):
    tab = opened(360)
    tab.get_by_role("group", name=name, exact=True).focus()
    tab.keyboard.press("ArrowRight")
    until(tab, "document.activeElement.scrollLeft > 0")
    assert tab.evaluate("scrollX") == 0


def column(table, number):
    return [
        row.locator("th, td").nth(number).inner_text() for row in table.locator("tbody tr").all()
    ]


def test_table_sorts_up_and_down_and_back(opened):
    tab = opened()
    table = tab.get_by_role("group", name="全指標の表").locator("table")
    as_printed = column(table, 2)
    header = table.get_by_role("columnheader", name="達成度")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    rising = column(table, 2)
    # What has no percentage is last both ways.
    assert rising[0] == "−126%" and rising[-2:] == ["655%", "―"]
    figures = [int(text.replace("−", "-").rstrip("%")) for text in rising[:-1]]
    assert figures == sorted(figures)
    header.get_by_role("button").press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    falling = column(table, 2)
    assert falling[0] == "655%" and falling[-2:] == ["−126%", "―"]
    header.get_by_role("button").press("Space")
    assert header.get_attribute("aria-sort") is None
    assert column(table, 2) == as_printed
    # Sorting by another column ends the first.
    for name in ("達成度", "判定"):
        table.get_by_role("columnheader", name=name).get_by_role("button").click()
    assert table.locator("th[aria-sort]").count() == 1
    statuses = [text.split("\n")[0] for text in column(table, 1)]
    assert list(dict.fromkeys(statuses)) == ["後退", "横ばい", "前進", "達成"]


@pytest.mark.parametrize(
    ("name", "number", "label", "every"),
    [
        ("severity", 3, "注意（3件）", "全て（8件）"),
        ("initiative", 3, "⑤地下水保全（3指標）", "全て（13指標）"),
    ],
)
def test_rows_are_filtered(opened, name, number, label, every):
    tab = opened()
    rows = tab.locator(f"tr[data-{name}]")
    tab.get_by_label(label).check()
    assert [row.is_visible() for row in rows.all()].count(True) == number
    tab.get_by_label(every).check()
    assert all(row.is_visible() for row in rows.all())


def test_page_reads_the_same_without_a_script(opened):
    with_script, without = opened(), opened(java_script_enabled=False)
    assert with_script.locator("button").count() > 10 and without.locator("button").count() == 0
    assert without.locator("fieldset:visible").count() == 0
    with_script.evaluate("document.querySelectorAll('fieldset').forEach((each) => each.remove())")
    text = with_script.locator("main").inner_text()
    assert without.locator("main").inner_text().split() == text.split()


def test_link_leads_to_the_card_below_the_banner(opened):
    tab = opened(360, name="made-up")
    tab.locator("#summary").get_by_role("link", name="市内総生産額").click()
    assert tab.url.endswith("#kpi-1-2")
    banner = tab.locator(".banner").bounding_box()
    assert tab.locator("#kpi-1-2 h3").bounding_box()["y"] >= banner["y"] + banner["height"]
    assert tab.locator("#kpi-1-2 h3").bounding_box()["y"] < 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_all_and_cuts_nothing(opened, scheme, report, sheet, kpis):
    """Whatever the scheme of the screen from which it is printed."""
    tab = opened(scheme=scheme)
    tab.get_by_label("注意（3件）").check()
    printed = pdfplumber.open(BytesIO(tab.pdf(prefer_css_page_size=True))).pages
    for paper in printed:
        assert (round(paper.width), round(paper.height)) == (595, 842)
        for char in paper.chars:
            assert char["x0"] > 30 and char["x1"] < 565 and 30 < char["top"] < 830, char["text"]
    text = squeezed("".join(char["text"] for page in printed for char in page.chars))
    for kpi in kpis["label"]:
        assert squeezed(kpi) in text
    for block in sheet.commentary["text"]:
        assert squeezed(block)[:30] in text
    # The filter is for the screen: paper has every entry.
    for entry in report.chapters["findings"]["rows"]:
        assert squeezed(entry[3])[:15] in text
    assert sheet.sha256 in text and f"{len(printed)}/{len(printed)}" in text


# ---------------------------------------------------------------- the list of a thousand reports


def lines_shown(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('tbody tr')].filter((row) => row.checkVisibility()).length"
    )


def test_list_is_filtered_by_everything_at_once_and_sorted(opened):
    tab = opened(name="index")
    told = tab.locator("output")
    assert (lines_shown(tab), told.inner_text()) == (1000, "1000件を表示")
    tab.get_by_label("計画の名称").fill("Ｐ00")
    assert (lines_shown(tab), told.inner_text()) == (50, "50件を表示")
    header = tab.get_by_role("columnheader", name="後退")
    for direction in ("ascending", "descending"):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
    assert lines_shown(tab) == 50
    shown = tab.locator("tbody tr:visible td:nth-child(6)").all_inner_texts()
    # What has no figure is last both ways.
    assert shown[-1] == "―" and shown[:-1] == sorted(shown[:-1], reverse=True)
    tab.locator("select[name=year]").select_option("2023")
    assert lines_shown(tab) == 10
    tab.locator("select[name=stand]").select_option("失敗")
    assert lines_shown(tab) == 1
    tab.get_by_role("button", name="全てを表示").click()
    until(tab, "document.querySelector('output').textContent === '1000件を表示'")
    tab.locator("select[name=severity]").select_option("誤り")
    assert lines_shown(tab) == 10
    tab.locator("select[name=status]").select_option("未到達")
    assert lines_shown(tab) == sum(number % 7 > 4 for number in range(0, 999, 100))


def test_list_of_a_thousand_answers_at_once(opened):
    tab = opened(name="index")
    took = tab.evaluate(
        """() => { const start = performance.now();
        document.querySelector("th button").click();
        document.querySelector("input").value = "p1";
        document.querySelector("form").dispatchEvent(new Event("input"));
        document.body.getBoundingClientRect();
        return performance.now() - start; }"""
    )
    assert lines_shown(tab) == 500 and took < 1000


def test_failed_run_leads_to_its_message(opened):
    tab = opened(360, name="index")
    tab.get_by_role("link", name="失敗").click()
    assert tab.locator("#error-4").is_visible()
    assert "架空の理由<b>。" in tab.locator("#error-4").inner_text()


def test_list_reads_the_same_without_a_script(opened):
    tab = opened(name="index", java_script_enabled=False)
    assert tab.locator("tbody tr").count() == 1000 and not tab.locator("form").is_visible()
    assert tab.locator("button:visible").count() == 0
    link = tab.locator("tbody a").first
    assert link.get_attribute("href") == "p000/2020/evaluation.html"


def test_paper_has_the_lines_that_are_chosen(opened):
    tab = opened(name="index")
    tab.get_by_label("計画の名称").fill("p00")
    with pdfplumber.open(BytesIO(tab.pdf(prefer_css_page_size=True))) as document:
        text = "".join(page.extract_text() for page in document.pages)
        for page in document.pages:
            assert "架空のデータ" in "".join(c["text"] for c in page.chars if c["size"] > 40)
            assert all(char["x1"] < 565 for char in page.chars)
        # The table's head is repeated, its sorted columns too.
        assert "計画" in document.pages[1].extract_text().split("\n")[0]
    assert "p009" in text and "p010" not in text
