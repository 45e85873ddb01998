"""The PDF as a reader gets it: what is visible, how it is tagged, that it repeats."""

import re
from io import BytesIO
from itertools import pairwise

import pandas as pd
import pdfplumber
import pypdf
import pytest
from conftest import entries_in, must_be_valid, page_texts, pdf_of, squeezed
from test_layout import Layout

from kpi_utils import evaluate, load
from kpi_utils.report.cover import cover
from kpi_utils.words import JAPANESE

STATUSES = JAPANESE.of("status")


def lines_of(page):
    return [squeezed(line) for line in page.extract_text().split("\n")]


def document_of(evaluation):
    """A report's PDF as pdfplumber sees it."""
    return pdfplumber.open(BytesIO(pdf_of(evaluation)))


def text_of(evaluation):
    return "".join(page_texts(pdf_of(evaluation)))


@pytest.fixture(scope="module")
def pages(pdf):
    """The pages of the real sheet's report; what pdfplumber has read of a page, it keeps."""
    return pdfplumber.open(BytesIO(pdf)).pages


@pytest.fixture(scope="module")
def visible(pages):
    """The text of each page that lies on the paper, without white space."""
    return [
        squeezed(page.crop((0, 0, page.width, page.height)).extract_text() or "") for page in pages
    ]


def test_report_has_all_that_the_sheet_says_row_by_row_in_its_order(pages, judged, sheet, kpis):
    """Row by row, as a reader's eye goes: No., published, computed, status, line of the file."""
    statuses = "|".join(STATUSES.values())
    row = re.compile(rf"(\d+)\D.*?(-?\d+%|達成)(−?\d+%|―|—)({statuses})(\d+)")
    found = [row.fullmatch(line) for page in pages for line in lines_of(page)]
    rows = [(m[1], m[2], m[3].strip("―—"), m[4], m[5]) for m in found if m]
    assert rows == [
        (
            str(row.no),
            row.published,
            "" if pd.isna(row.achievement) else f"{row.achievement}%".replace("-", "−"),
            STATUSES[row.status],
            row.source.split(":")[1],
        )
        for row in judged.itertuples()
    ]
    # Beside each other stand columns: the text as it is read aloud, column by column.
    text = squeezed("".join(char["text"] for page in pages for char in page.chars))
    said = [*kpis["label"], *sheet.rows()["initiative"]]
    said += [caption for section, caption in sheet.captions.items() if section]
    for role in ("baseline", "target"):
        said += [part for raw in sheet.rows()[f"{role}_raw"] for part in raw.split(" ", 1)]
    sentences = [part for text in sheet.commentary["text"] for part in re.split(r"[。\n]", text)]
    said += [sentence[:40] for sentence in sentences]
    assert [one for one in said if squeezed(one) not in text] == []


def test_summary_is_first_and_heads_and_feet_name_chapter_and_page(visible):
    for sentence in (
        "13指標のうち、後退が2、横ばいが1、前進が5（遅れ1、やや遅れ2、順調2）、達成が5である。",
        "目標の年度の実績が出た指標は、まだない。",
        "シートに印字された達成度21件のうち、20件が、最も多くの値を再現する算式「（実績−当初値）÷（目標値−当初値）」で、"
        "1件（(2)No.10）が、上限・下限の目標の式「よくなる向きへの変化÷|目標値−当初値|」で再現できた。",
        "指摘は、誤りが0件、注意が3件、参考が5件である。",
        "注意は、「記載なし」「逆向きの目標」「記載との矛盾」である。",
        "市内総生産額",
        "−126%",
    ):
        assert sentence in visible[0]
    text = "".join(visible)
    assert text.count("この指標についての記載は、シートのセルにない。") == 3
    assert "data/kumamoto/2022.txt9行目、27行目" in text
    assert "0148a0aee48435db8943ad2f56062db069063896751aab8951018dda22075a3f" in text
    assert "kpireportkumamoto2022" in text
    middle = next(
        page for page, text in enumerate(visible) if f"{CHAPTERS[4]}達成した指標など" in text
    )
    for page, chapter in {1: 1, 2: 2, middle: 3, middle + 1: 5}.items():
        head = f"熊本市第2期SDGs未来都市計画2022年度進捗評価報告書{CHAPTERS[chapter]}"
        assert visible[page].startswith(head)
    assert not visible[0].startswith("熊本市第2期")
    for number, text in enumerate(visible, 1):
        assert text.endswith(f"{number}/{len(visible)}")


CHAPTERS = ["概要", "全指標の達成度", "進み方と読み方", "達成に至っていない指標"]
CHAPTERS += [
    "そのほかの評価及び課題等",
    "シートの表と判定",
    "指摘の一覧",
    "判定の方法",
    "出所と再現",
]


def test_language_title_bookmarks_fonts_and_alt_texts(kpis, visible, pdf, report):
    reader = pypdf.PdfReader(BytesIO(pdf))
    assert reader.trailer["/Root"]["/Lang"].startswith("ja")
    assert reader.metadata.title == "熊本市 2022年度 進捗評価報告書"
    entries = [entry for entry in reader.outline if isinstance(entry, dict)]
    assert [entry["/Title"] for entry in entries] == CHAPTERS
    below = reader.outline[reader.outline.index(entries[3]) + 1]
    assert len(below) == (kpis["status"] != "met").sum()
    for entry in entries[1:]:
        page = reader.get_destination_page_number(entry) + 1
        assert f"{entry['/Title']}{page}" in visible[0]
    fonts = [page["/Resources"]["/Font"].values() for page in reader.pages]
    names = {font["/BaseFont"].split("+")[1][:12] for of_page in fonts for font in of_page}
    assert names == {"NotoSansCJKj"}
    words = report.chapters
    drawn = words["overviews"] + words["paces"] + [card["chart"] for card in words["missed"]]
    alts = [str(figure["/Alt"]) for figure, _ in Layout(pdf).tagged("/Figure")]
    assert alts == [picture["alt"] for picture in drawn] and len(alts) == 10


@pytest.mark.trial
def test_long_name_of_a_plan_leaves_the_running_head_one_line(project, edit):
    name = "第2期SDGs未来都市計画"
    for file in ("2022.txt", "plan.toml"):
        edit(project / "data/kumamoto" / file, name, name + "及び長い名の計画" * 40, -1)
    for page in document_of(evaluate(load("kumamoto", 2022))).pages[1:]:
        # Between the mark of made-up data and the text there is room for one line.
        heads = page.crop((0, 0, page.width, 60)).extract_text().split("\n")
        assert len(heads) == 1 and "…" in heads[0]


@pytest.mark.trial
def test_long_table_breaks_over_pages_with_its_head(edited):
    row = "{no}\t架空の指標その{no}号\t2020年度 10 件\t2022年度 12 件\t\t\t2030年 20 件\t20%\n"
    rows = "".join(row.format(no=number) for number in range(11, 71))
    with document_of(edited("\n## (2)", rows + "\n## (2)")) as document:
        pages = [squeezed(page.extract_text()) for page in document.pages]
    tables = [page for page in pages if "No指標名" in page]
    # The pictures of the overview break over pages too: each label with its figure is on paper.
    overviews = [page for page in pages if "全指標の達成度（重ねて載る" in page]
    assert len(tables) >= 3 and len(overviews) == 2
    for number in range(11, 71):
        assert any(f"{number}架空の指標その{number}号" in page for page in tables)
        assert any(f"架空の指標その{number}号20%前進" in page for page in overviews)


@pytest.mark.trial
def test_initiative_is_not_left_at_the_foot_of_a_page(project):
    """A heading over rows of a table stays with the first of them, wherever the page ends."""
    path = project / "data/kumamoto/2022.txt"
    text = path.read_text("utf-8")
    row = "\t架空の指標その{no}号\t2020年度 10 件\t2022年度 12 件\t\t\t2024年 20 件\t20%\n"
    # With a heading over each two rows, one of these sheets would end a page with it.
    for before in range(3):
        rows = "".join(
            f"{no}\t{f'架空の取組{no}' if no in range(20 + before, 60, 2) else ''}"
            + row.format(no=no)
            for no in range(20, 60)
        )
        path.write_text(text.replace("\n9\t⑤", "\n" + rows + "9\t⑤", 1), "utf-8")
        with document_of(evaluate(load("kumamoto", 2022))) as document:
            lines = [line for page in document.pages for line in lines_of(page)]
        below = [after for line, after in pairwise(lines) if re.fullmatch(r"架空の取組\d\d", line)]
        assert len(below) >= 19 and all("架空の指標" in line for line in below)


@pytest.mark.trial
def test_long_commentary_runs_on(edited):
    """A KPI with more text than a page holds: no line is lost."""
    paragraph = "\n  - ・架空の記載その{}。" + "長い文章を続ける。" * 30
    added = "".join(paragraph.format(number) for number in range(60))
    text = text_of(edited("【(1)No.2、(2)No.6】", "【(1)No.2、(2)No.6】" + added))
    for number in range(60):
        assert f"架空の記載その{number}。" in text


@pytest.mark.trial
def test_unreadable_cell_is_named_and_markup_of_the_typesetter_is_text(edited, project, edit):
    name = "大型*蓄電池*#設置_箇所_数$x$"
    # A character that no font has is printed as a geta.
    edit(project / "data/kumamoto/2022.txt", "大型蓄電池設置箇所数", f"{name}\U0001f600")
    text = text_of(edited("2022年度 4 箇所", "2022年度 4ほか 箇所"))
    cell = "列「2022年実績」の「2022年度4ほか箇所」が読み取れない表記"
    assert "確認が必要な箇所" in text and f"26行目(2)No.5{name}〓：{cell}" in text
    assert "判定保留が1" in text


@pytest.mark.trial
@pytest.mark.parametrize(
    ("old", "new", "printed"),
    [
        ("2022年度 4 箇所", "2022年度 4 kWh", "2箇所→4kWh6箇所"),
        # Broken after a letter or two, the names beside them would run down the paper.
        (" 校区", " 千人当たりの年間延べ利用者数累計換算値", "大型蓄電池設置箇所数"),
    ],
    ids=["differing", "long"],
)
def test_units_on_the_title_page(edited, old, new, printed):
    # What does not fit on the title page stands on the next.
    pages = document_of(edited(old, new, -1)).pages[:2]
    assert any(printed in line for page in pages for line in lines_of(page))


@pytest.mark.parametrize(
    ("pattern", "printed", "sentences"),
    [
        (r"(\t-?\d+)%$", r"\1", ["21件のうち、20件が、"]),
        (r"(\t-?\d+)%$", r"\1割", ["算出した値と比べられる達成度は印字されていない。"]),
        (
            r"(?s)\t655%$(?=.*\t655%$)",
            "\t656%",
            [
                "21件のうち、19件が、",
                "1件（(2)No.10）が、上限",
                "(1)No.3（公表 656%。どの算式でも一致しない）",
            ],
        ),
        (
            r"\t(-?\d)(\d*)%$",
            r"\t\g<1>9\2%",
            ["シートに印字された達成度21件は、どの算式でも再現できない。"],
        ),
        (
            r"\t(?!86)(-?\d)(\d*)%$",
            r"\t\g<1>9\2%",
            ["2件が、最も多くの値を再現する", "再現できない19件は、「指摘の一覧」に示す。"],
        ),
    ],
    ids=["no sign", "tenths", "one differs", "all differ", "many differ"],
)
def test_title_page_says_which_figures_come_out(project, pattern, printed, sentences):
    path = project / "data/kumamoto/2022.txt"
    text = re.sub(pattern, printed, path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    evaluation = evaluate(load("kumamoto", 2022))
    told = cover(evaluation, entries_in(evaluation))["reconciled"]
    assert [sentence for sentence in sentences if sentence not in told] == []


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_file_is_accessible_and_archival_with_the_tables_in_it(trial_made, profile):
    """They travel in it as they lie beside it, those of the changes since last year too."""
    folder = trial_made / "2023"
    attached = pypdf.PdfReader(folder / "evaluation.pdf").attachments
    sheet = trial_made.parents[1] / "data/kumamoto/2023.txt"
    files = {path.name: [path.read_bytes()] for path in (sheet, *folder.glob("*.csv"))}
    assert dict(attached) == files and len(files) == 4
    must_be_valid(folder / "evaluation.pdf", profile)
    # Before the line feed and endstream it would be taken for a part of the end of line.
    assert b"\r\nendstream" not in (folder / "evaluation.pdf").read_bytes()
