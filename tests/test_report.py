"""The PDF as a reader gets it: what is visible, how it is tagged, that it repeats."""

import re
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from io import BytesIO

import page as validation
import pandas as pd
import pdfplumber
import pypdf
import pytest
from conftest import page_texts
from fontTools.cffLib import CFFFontSet

from kpi_utils import load
from kpi_utils.frames import STATUSES
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import by_status
from kpi_utils.report import build
from kpi_utils.report.cover import cover
from kpi_utils.showing.charts import overview, pace, progress
from kpi_utils.showing.tables import missed


def squeezed(text):
    return re.sub(r"\s", "", text)


def squeezed_lines(page):
    return [squeezed(line) for line in page.extract_text().split("\n")]


# What pdfplumber has read of a page, it keeps.
_open = cache(lambda pdf: pdfplumber.open(BytesIO(pdf)))


@contextmanager
def opened(pdf):
    """A PDF as pdfplumber sees it, shared by the tests that look at it."""
    yield _open(pdf)


@pytest.fixture(scope="module")
def pdf(evaluation):
    return build(evaluation)


@pytest.fixture(scope="module")
def visible(pdf):
    """The text of each page that lies on the paper, without white space."""
    with opened(pdf) as document:
        return [
            squeezed(page.crop((0, 0, page.width, page.height)).extract_text() or "")
            for page in document.pages
        ]


def column_text(pdf, left, right):
    """The visible text between two places across the page (in parts of its width)."""
    with opened(pdf) as document:
        return "".join(
            squeezed(
                page.crop((page.width * left, 0, page.width * right, page.height)).extract_text()
            )
            for page in document.pages
        )


def test_every_kpi_is_named(pdf, kpis):
    names = column_text(pdf, 0, 0.55)
    assert [kpi for kpi in kpis["label"] if squeezed(kpi) not in names] == []


def test_every_percentage_is_visible(visible, judged):
    text = "".join(visible)
    for published in judged["published"]:
        assert text.count(published) >= (judged["published"] == published).sum()
    for achievement in judged["achievement"].dropna():
        assert f"{achievement}%".replace("-", "−") in text


def test_rows_stand_in_the_sheets_order_with_what_was_computed(pdf, judged):
    """Row by row, as a reader's eye goes: No., published, computed, status, line of the file."""
    with opened(pdf) as document:
        lines = [line for page in document.pages for line in squeezed_lines(page)]
    statuses = "|".join(STATUSES.values())
    found = [
        re.search(rf"^(\d+)\D.*?(-?\d+%|達成)(−?\d+%|―|—)({statuses})(\d+)$", line)
        for line in lines
    ]
    expected = [
        (
            str(row.no),
            row.published,
            "" if pd.isna(row.achievement) else f"{row.achievement}%".replace("-", "−"),
            STATUSES[row.status],
            row.source.split(":")[1],
        )
        for row in judged.itertuples()
    ]
    rows = [(m[1], m[2], m[3].strip("―—"), m[4], m[5]) for m in found if m]
    assert rows == expected


def test_tables_keep_the_sheets_words(pdf, sheet):
    text = column_text(pdf, 0, 1)
    for row in sheet.rows.to_dict("records"):
        for cell in ("baseline_raw", "target_raw"):
            year, value = row[cell].split(" ", 1)
            assert year in text and squeezed(value) in text
    for initiative in sheet.rows.loc[sheet.rows["section"] == 2, "initiative"]:
        assert squeezed(initiative) in text
    for caption in sheet.captions.values():
        if "評価及び課題等" not in caption:
            assert squeezed(caption) in text


def test_all_commentary_stands_in_the_report(pdf, sheet):
    # It stands beside the findings: as it is read aloud, column by column.
    with opened(pdf) as document:
        text = squeezed("".join(char["text"] for page in document.pages for char in page.chars))
    for block in sheet.commentary.itertuples():
        for sentence in re.split(r"[。\n]", block.text):
            assert squeezed(sentence)[:40] in text


def test_summary_is_on_the_first_page(visible):
    first = visible[0]
    for said in (
        "13指標のうち、後退が2、横ばいが1、前進が5（遅れ1、やや遅れ2、順調2）、達成が5である。",
        "目標の年度の実績が出た指標は、まだない。",
        "シートに印字された達成度21件のうち、20件が、最も多く再現する算式「（実績−当初値）÷（目標値−当初値）」で、"
        "1件（(2)No.10）が、上限・下限の目標の式「よくなる向きへの変化÷|目標値−当初値|」で再現できた。",
        "シートについての指摘は、誤りが0件、注意が3件、参考が5件である。",
        "注意は、記載なし、逆向きの目標、記載との矛盾である。",
        "市内総生産額",
        "−126%",
    ):
        assert said in first


def test_kpi_without_commentary_says_so(visible):
    assert "".join(visible).count("この指標についての記載は、シートのセルにない。") == 3


def test_rows_lead_back_to_the_file(visible):
    text = "".join(visible)
    assert "data/kumamoto/2022.txt9行目、27行目" in text
    assert "0148a0aee48435db8943ad2f56062db069063896751aab8951018dda22075a3f" in text
    assert "kpireportkumamoto2022" in text


# The validator misreads the widths of CID-keyed CFF fonts: the test below reads them itself.
FALSE_ALARM = "GLYPH-WIDTH-001"


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_standard(tmp_path, pdf, profile):
    (tmp_path / "report.pdf").write_bytes(pdf)
    report = validation.validate_pdf(str(tmp_path / "report.pdf"), profile=profile)
    failed = [failure.rule_id for failure in report.failures]
    assert [rule for rule in failed if FALSE_ALARM not in rule] == []
    assert report.rules.total > 100


def test_no_stream_ends_in_a_carriage_return(pdf):
    """Before the line feed and endstream it would be taken for a part of the end of line."""
    assert b"\r\nendstream" not in pdf


def test_widths_of_embedded_fonts(pdf):
    """The widths that the PDF gives for its glyphs are those in the embedded fonts."""
    reader = pypdf.PdfReader(BytesIO(pdf))
    checked = 0
    for number in range(1, len(reader.xref[0]) + 1):
        font = reader.get_object(number)
        if not (isinstance(font, dict) and font.get("/Subtype") == "/CIDFontType0"):
            continue
        program = CFFFontSet()
        stream = BytesIO(font["/FontDescriptor"]["/FontFile3"].get_data())
        program.decompile(stream, None)
        top = program[program.fontNames[0]]
        in_font = {}
        for name in top.charset:
            glyph, selector = top.CharStrings.getItemAndSelector(name)
            private = top.FDArray[selector].Private
            pen = RecordingWidth()
            glyph.draw(pen)
            width = glyph.width if glyph.width is not None else private.defaultWidthX
            in_font[0 if name == ".notdef" else int(name.removeprefix("cid"))] = width
        in_pdf = dict(widths(font["/W"]))
        assert in_pdf
        for glyph, width in in_pdf.items():
            assert abs(in_font[glyph] - width) < 1
            checked += 1
    assert checked > 300


class RecordingWidth:
    """A pen that draws nothing: drawing a glyph is how its width is read."""

    def __getattr__(self, _):
        return lambda *_: None


def widths(array):
    """The glyphs and widths of a PDF's /W: "first [w w w]" or "first last w"."""
    items = list(array)
    while items:
        first = int(items.pop(0))
        following = items.pop(0)
        if isinstance(following, list):
            yield from ((first + place, float(width)) for place, width in enumerate(following))
        else:
            width = float(items.pop(0))
            yield from ((glyph, width) for glyph in range(first, int(following) + 1))


def test_language_title_bookmarks_and_fonts(pdf, kpis):
    reader = pypdf.PdfReader(BytesIO(pdf))
    assert reader.trailer["/Root"]["/Lang"].startswith("ja")
    assert reader.metadata.title == "熊本市 2022年度 進捗評価報告書"
    chapters = [entry["/Title"] for entry in reader.outline if isinstance(entry, dict)]
    assert chapters == [
        "概要",
        "全指標の達成度",
        "進み方と読み方",
        "達成に至っていない指標",
        "そのほかの評価及び課題等",
        "シートの表と判定",
        "指摘の一覧",
        "判定の方法",
        "出所と再現",
    ]
    below = next(
        after
        for entry, after in zip(reader.outline, reader.outline[1:], strict=False)
        if isinstance(entry, dict) and entry["/Title"] == "達成に至っていない指標"
    )
    assert len(below) == (kpis["status"] != "met").sum()
    names = {
        font["/BaseFont"].split("+")[1]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name[:12] for name in names} == {"NotoSansCJKj"}


def test_pictures_have_alt_texts(pdf, evaluation, kpis):
    reader = pypdf.PdfReader(BytesIO(pdf))
    alts = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for kid in node:
                walk(kid)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                alts.append(str(node.get("/Alt")))
            if "/K" in node and not isinstance(node["/K"], int):
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    pictures = [progress(evaluation, kpi) for _, kpi in missed(evaluation).iterrows()]
    leading = [overview(by_status(kpis)).alt, pace(kpis).alt]
    assert alts == leading + [picture.alt for picture in pictures]


def test_running_head_names_the_chapter_that_the_page_begins_in(visible):
    def page_with(words):
        return next(number for number, page in enumerate(visible, 1) if words in page)

    middle = page_with("そのほかの評価及び課題等達成した指標など")
    heads = {
        2: "全指標の達成度",
        3: "進み方と読み方",
        middle: "達成に至っていない指標",
        middle + 1: "シートの表と判定",
    }
    for number, chapter in heads.items():
        assert visible[number - 1].startswith(
            f"熊本市第2期SDGs未来都市計画2022年度進捗評価報告書{chapter}"
        )
    assert not visible[0].startswith("熊本市第2期")


def test_long_name_of_a_plan_leaves_the_running_head_one_line(project, edit):
    name = "第2期SDGs未来都市計画" + "及び長い名の計画" * 40
    for file in ("2022.txt", "plan.toml"):
        path = project / "data/kumamoto" / file
        path.write_text(path.read_text("utf-8").replace("第2期SDGs未来都市計画", name), "utf-8")
    with pdfplumber.open(BytesIO(build(evaluate(load("kumamoto", 2022))))) as document:
        for page in document.pages[1:]:
            # Between the mark of made-up data and the text there is room for one line.
            heads = page.crop((0, 0, page.width, 60)).extract_text().split("\n")
            assert len(heads) == 1 and "…" in heads[0]


def test_page_numbers(visible):
    for number, text in enumerate(visible, 1):
        assert text.endswith(f"{number}/{len(visible)}")


def test_first_page_says_where_each_chapter_begins(pdf, visible):
    outline = pypdf.PdfReader(BytesIO(pdf)).outline
    for number, entry in enumerate(entry for entry in outline if isinstance(entry, dict)):
        page = pypdf.PdfReader(BytesIO(pdf)).get_destination_page_number(entry) + 1
        assert number == 0 or f"{entry['/Title']}{page}" in visible[0]


def test_same_input_same_bytes(pdf, evaluation):
    assert build(evaluation) == pdf


@pytest.mark.trial
def test_long_table_breaks_over_pages_with_its_head(project):
    path = project / "data/kumamoto/2022.txt"
    row = "{no}\t架空の指標その{no}号\t2020年度 10 件\t2022年度 12 件\t\t\t2030年 20 件\t20%\n"
    rows = "".join(row.format(no=number) for number in range(11, 71))
    text = path.read_text("utf-8")
    path.write_text(text.replace("\n## (2)", rows + "\n## (2)", 1), "utf-8")
    sheet = load("kumamoto", 2022)
    pdf = build(evaluate(sheet))
    with opened(pdf) as document:
        pages = [squeezed(page.extract_text()) for page in document.pages]
    tables = [page for page in pages if "No指標名" in page]
    assert len(tables) >= 3
    for number in range(11, 71):
        assert any(f"{number}架空の指標その{number}号" in page for page in tables)
    # The pictures of the overview break over pages too: each label with its figure is on paper.
    overviews = [page for page in pages if "全指標の達成度（重ねて載る" in page]
    assert len(overviews) == 4
    for number in range(11, 71):
        assert any(f"架空の指標その{number}号20%前進" in page for page in overviews)


@pytest.mark.trial
def test_initiative_is_not_left_at_the_foot_of_a_page(project):
    """A heading over rows of a table stays with the first of them, wherever the page ends."""
    path = project / "data/kumamoto/2022.txt"
    text = path.read_text("utf-8")
    row = "{no}\t\t架空の指標その{no}号\t2020年度 10 件\t2022年度 12 件\t\t\t2024年 20 件\t20%\n"
    for added in range(1, 12):
        rows = "".join(row.format(no=number) for number in range(20, 20 + added))
        path.write_text(text.replace("\n9\t⑤", "\n" + rows + "9\t⑤", 1), "utf-8")
        sheet = load("kumamoto", 2022)
        with pdfplumber.open(BytesIO(build(evaluate(sheet)))) as document:
            for page in document.pages:
                lines = squeezed_lines(page)
                if "⑤地下水保全" in lines:
                    below = lines[lines.index("⑤地下水保全") + 1]
                    assert below.startswith(("9本市", "10地下水", "11硝酸"))


@pytest.mark.trial
def test_long_commentary_runs_on(project, edit):
    """A KPI with more text than a page holds: no line is lost."""
    paragraph = "  - ・架空の記載その{}。" + "長い文章を続ける。" * 30
    added = "\n".join(paragraph.format(number) for number in range(60))
    path = project / "data/kumamoto/2022.txt"
    edit(path, "【(1)No.2、(2)No.6】", "【(1)No.2、(2)No.6】\n" + added)
    sheet = load("kumamoto", 2022)
    text = "".join(page_texts(build(evaluate(sheet))))
    for number in range(60):
        assert f"架空の記載その{number}。" in text


def test_unreadable_cell_is_named_in_the_report(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2022年度 4 箇所", "2022年度 4ほか 箇所")
    sheet = load("kumamoto", 2022)
    text = "".join(page_texts(build(evaluate(sheet))))
    assert "確認が必要な箇所" in text
    cell = "列「2022年実績」の「2022年度4ほか箇所」が読み取れない表記"
    assert f"26行目(2)No.5大型蓄電池設置箇所数:{cell}" in text
    assert "判定保留が1" in text


def test_counts_add_up_where_relistings_differ(project, edit):
    """The KPI is undetermined although its rows are not: it is counted, and the reason stands."""
    edit(project / "data/kumamoto/2022.txt", "2022年度 95 件", "2022年度 94 件")
    sheet = load("kumamoto", 2022)
    pages = page_texts(build(evaluate(sheet)))
    first, text = pages[0], "".join(pages)
    counts = "後退が2、横ばいが1、前進が4（遅れ1、やや遅れ2、順調1）、判定保留が1、達成が5"
    assert f"13指標のうち、{counts}である。" in first
    assert "同じ指標の行（(1)No.5、(2)No.4）の内容が一致しないため、正しい方にそろえる。" in text


def test_units_that_differ_are_all_printed(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2022年度 4 箇所", "2022年度 4 kWh")
    sheet = load("kumamoto", 2022)
    with pdfplumber.open(BytesIO(build(evaluate(sheet)))) as document:
        assert "2箇所→4kWh6箇所" in squeezed(document.pages[0].extract_text())


def test_long_units_leave_room_for_the_names_on_the_title_page(project):
    path = project / "data/kumamoto/2022.txt"
    unit = "千人当たりの年間延べ利用者数累計換算値"
    path.write_text(path.read_text("utf-8").replace(" 校区", f" {unit}"), "utf-8")
    with pdfplumber.open(BytesIO(build(evaluate(load("kumamoto", 2022))))) as document:
        first = document.pages[0].extract_text()
    # Broken after a letter or two, the names would run down the paper.
    assert "大型蓄電池設置箇所数" in first


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("％", "21件のうち、20件が、"),
        ("", "21件のうち、20件が、"),
        ("割", "算出した値と比べられる達成度は印字されていない。"),
    ],
)
def test_percentages_are_reconciled_however_they_are_printed(project, printed, said):
    path = project / "data/kumamoto/2022.txt"
    text = re.sub(r"(\t-?\d+)%$", rf"\1{printed}", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    sheet = load("kumamoto", 2022)
    assert said in cover(evaluate(sheet))["reconciled"]


def test_published_figure_that_differs_is_named(project, edit):
    edit(project / "data/kumamoto/2022.txt", "\t655%", "\t656%")
    sheet = load("kumamoto", 2022)
    told = cover(evaluate(sheet))["reconciled"]
    assert "21件のうち、19件が、" in told and "1件（(2)No.10）が、上限" in told
    assert "(1)No.3（公表 656%。どの算式でも一致しない）" in told


def test_many_figures_that_differ_are_counted_on_the_title_page(project):
    path = project / "data/kumamoto/2022.txt"
    text = re.sub(r"\t(-?\d)(\d*)%$", r"\t\g<1>9\2%", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    told = cover(evaluate(load("kumamoto", 2022)))["reconciled"]
    assert told == "シートに印字された達成度21件は、どの算式でも再現できない。"
    path.write_text(text.replace("\t496%", "\t86%").replace("\t896%", "\t86%"), "utf-8")
    told = cover(evaluate(load("kumamoto", 2022)))["reconciled"]
    assert "2件が、最も多く再現する" in told
    assert "で再現できた。再現できない19件は、「指摘の一覧」に示す。" in told


def test_markup_in_the_sheet_is_text(project, edit):
    """What would be markup of the typesetter is printed as it stands."""
    path = project / "data/kumamoto/2022.txt"
    edit(path, "大型蓄電池設置箇所数", "大型*蓄電池*#設置_箇所_数$x$")
    sheet = load("kumamoto", 2022)
    text = "".join(page_texts(build(evaluate(sheet))))
    assert "大型*蓄電池*#設置_箇所_数$x$" in text


def test_character_that_the_fonts_lack_is_printed_as_a_geta(evaluation):
    pdf = build(replace(evaluation, sheet=replace(evaluation.sheet, title="熊本市\U0001f600")))
    assert "熊本市〓" in pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text()


@pytest.mark.slow
def test_tables_travel_in_the_pdf(made):
    """As they lie beside it, and the file stays archival and accessible."""
    reader = pypdf.PdfReader(made / "evaluation.pdf")
    attached = {name: contents[0] for name, contents in reader.attachments.items()}
    assert set(attached) == {"kpis.csv", "findings.csv"}
    assert all(attached[name] == (made / name).read_bytes() for name in attached)
    assert "kpis.csv、findings.csv" in "".join(page.extract_text() for page in reader.pages)
    for profile in ("ua1", "3a"):
        report = validation.validate_pdf(str(made / "evaluation.pdf"), profile=profile)
        failed = [failure.rule_id for failure in report.failures]
        assert [rule for rule in failed if FALSE_ALARM not in rule] == [], profile
