"""PDF sheets: what an office's print does to a table is read right, or refused by page and cell."""

import io
import subprocess
import sys
import zlib

import pandas as pd
import pypdf
import pytest
from conftest import entries_in
from formats import as_pdf, literal, ruled, typeset
from PIL import Image
from pypdf.annotations import FreeText, Highlight
from pypdf.generic import ArrayObject, FloatObject

from kpi_utils import evaluate, load
from kpi_utils.errors import KpiError
from kpi_utils.plan import Plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.entries import entry_lines

TITLE = literal("架空県試験市 試験計画（架空のデータ）") + "\n\n"
HEAD = ["No", "指標名", "当初値", "2022年", "2024年 目標値", "達成度 (%)"]
ONE = ["1", "架空の指標", "2020年度 10 件", "2022年度 15 件", "2024年 20 件", "50%"]
TWO = ["2", "別の指標", "2020年度 1,000 人", "2022年度 1,073 人", "2024年 1,100 人", "73%"]


def rows_of(*rows) -> list[list[str]]:
    return [[cell if "#" in cell else literal(cell) for cell in row] for row in rows]


def changed(row: list[str], column: int, markup: str) -> list[str]:
    return [*row[:column], markup, *row[column + 1 :]]


def printed(*rows, page: str = "", settings: str = "") -> bytes:
    """A PDF of a sheet with such rows below its head."""
    return typeset(TITLE + ruled(rows_of(HEAD, *rows), settings=settings), page)


@pytest.fixture
def read(tmp_path):
    def read(content: bytes):
        path = tmp_path / "2022.pdf"
        path.write_bytes(content)
        return read_sheet(path, Plan("trial", "試験市", "試験計画"), 2022, "data/trial/2022.pdf")

    return read


@pytest.fixture
def refused(read):
    def refused(content: bytes) -> list[str]:
        with pytest.raises(KpiError) as error:
            read(content)
        return error.value.problems

    return refused


def figures(sheet) -> list[list[float]]:
    return sheet.rows()[["baseline", "actual", "target"]].to_numpy().tolist()


def saved(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def file_with(content: bytes, change) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    change(writer)
    return saved(writer)


def laid_over(writer, kind, **of) -> None:
    """Lay a note over the table of the first page."""
    box = (300, 480, 700, 560)
    if kind is Highlight:
        left, bottom, right, top = map(FloatObject, box)
        corners = [left, top, right, top, left, bottom, right, bottom]
        of = {"quad_points": ArrayObject(corners)}
    writer.add_annotation(0, kind(rect=box, **of))


FIGURES = [[10, 15, 20], [1000, 1073, 1100]]
BOLD = "#place(dx: 0.4pt)[1,073 人]; 1,073 人"
READ = {
    "bold that is printed twice": printed(ONE, changed(TWO, 3, BOLD)),
    "thin rules in grey": printed(ONE, TWO, settings="stroke: 0.3pt + luma(120),"),
    "no rule at either side": printed(
        ONE, TWO, settings="stroke: (x, y) => (y: 0.5pt, left: if x > 0 { 0.5pt }),"
    ),
    "rules that stop short of each other": typeset(
        TITLE
        + "#let rule(x, y, w, h) = place(dx: x * 1pt, dy: y * 1pt, line(end: (w * 1pt, h * 1pt)))\n"
        + "".join(f"#rule(4, {y}, 592, 0)\n" for y in (0, 30, 60, 90))
        + "".join(f"#rule({x}, 3, 0, 84)\n" for x in (0, 100, 200, 300, 400, 500, 600))
        + "".join(
            f"#place(dx: {x * 100 + 8}pt, dy: {y * 30 + 10}pt)[{cell}]\n"
            for y, row in enumerate(rows_of(HEAD, ONE, TWO))
            for x, cell in enumerate(row)
        )
    ),
    "white letters on a dark head": typeset(
        TITLE
        + ruled(
            rows_of([f"#text(white)[{cell}]" for cell in HEAD], ONE, TWO),
            settings="fill: (x, y) => if y == 0 { navy },",
        )
    ),
    "letters spaced out to fill their cell": typeset(
        TITLE + "#show table: set text(tracking: 3pt)\n" + ruled(rows_of(HEAD, ONE, TWO))
    ),
    "a head of two rows": typeset(
        TITLE
        + "#table(columns: 6, table.cell(rowspan: 2)[No], table.cell(rowspan: 2)[指標名],"
        + "table.cell(rowspan: 2)[当初値], [2022年], [2024年], table.cell(rowspan: 2)[達成度 (%)],"
        + "[実績], [目標値],"
        + ", ".join(f"[{cell}]" for row in rows_of(ONE, TWO) for cell in row)
        + ")"
    ),
    "a highlighted text": file_with(printed(ONE, TWO), lambda writer: laid_over(writer, Highlight)),
    "a frame around the page": printed(ONE, TWO, page="background: rect(width: 96%, height: 96%),"),
    "a table in a frame": typeset(
        TITLE + "#rect(inset: 9pt)[" + ruled(rows_of(HEAD, ONE, TWO)) + "]"
    ),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_table_is_read(read, content):
    assert figures(read(content)) == FIGURES


def turned(content: bytes, degrees: int) -> bytes:
    """The same to look at, but drawn on a page that is turned, as scanners and printers do."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    for page in writer.pages:
        page.rotate(degrees)
        page.transfer_rotation_to_content()
        page.rotate(-degrees)
    return saved(writer)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_page_that_is_turned(read, degrees):
    assert figures(read(turned(printed(ONE, TWO), degrees))) == FIGURES


LEFT_OUT = {
    "turned": (
        printed(ONE, TWO, page="background: rotate(-45deg, text(80pt, luma(220))[見本]),"),
        "text-outside-cells",
    ),
    "struck out": (
        typeset(TITLE + ruled(rows_of(HEAD, ONE, TWO)) + "#strike[古い文]"),
        "struck-out",
    ),
    "white": (
        typeset(TITLE + ruled(rows_of(HEAD, ONE, TWO)) + "#text(white)[隠れた文]"),
        "hidden-text",
    ),
}


@pytest.mark.parametrize(("content", "code"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_text_outside_of_the_tables_that_is_left_out_is_told(read, content, code):
    sheet = read(content)
    assert figures(sheet) == FIGURES
    assert {remark.code for remark in sheet.remarks} == {code}
    assert not sheet.notes


@pytest.mark.parametrize("gap", [1.5, 4, 30])
def test_two_numbers_without_a_space_between_are_not_one(read, gap):
    sheet = read(printed(ONE, changed(TWO, 3, f"#box[10]#h({gap}pt)#box[15] 人")))
    assert pd.isna(sheet.rows()["actual"].iloc[1])


def test_raised_digits_are_a_note_and_no_part_of_a_number(read):
    sheet = read(printed(changed(ONE, 3, "3#super[21] 件"), changed(TWO, 1, "CO#sub[2]の量")))
    assert pd.isna(sheet.rows()["actual"].iloc[0])
    assert [cell.raw for cell in sheet.unreadable()] == ["3²¹ 件"]
    assert sheet.rows()["name"].iloc[1] == "CO2の量"


OVERFLOW = "#box(width: 20pt)[#box(width: 300pt)[2022年度 1,073 人を超えてなお余りある長さの文]]"
REFUSED = {
    "text that runs over its cell": (
        printed(ONE, changed(TWO, 2, OVERFLOW), settings="align: left,"),
        "1頁 表1 3行",
        "はみ出して",
    ),
    "text that runs over its cell in the gap of two letters": (
        typeset(
            TITLE
            + ruled(rows_of(HEAD, ONE, changed(TWO, 2, "#h(1fr) 20年 #box(width: 0pt)[30 人の町]")))
        ),
        "1頁 表1 3行",
        "はみ出して",
    ),
    "a page of which all is turned": (
        typeset("#rotate(90deg, reflow: true)[" + ruled(rows_of(HEAD, ONE, TWO)) + "]"),
        "1頁: 「",
        "横向き",
    ),
    "struck out": (
        printed(ONE, changed(TWO, 3, "#strike[1,073] 1,070 人")),
        "1頁 表1 3行 4列: 「1,073 1,070 人」",
        "取消線",
    ),
    "an older layer below": (
        printed(ONE, changed(TWO, 3, "#place[1,150 人]; 1,073 人")),
        "1頁 表1 3行 4列",
        "重なって",
    ),
    "white letters": (
        printed(ONE, changed(TWO, 3, "1,07#text(white)[4]3 人")),
        "1頁 表1 3行 4列",
        "見えない文字",
    ),
    "letters below a shape": (
        printed(
            ONE, changed(TWO, 3, "1,073 人#place(top, rect(width: 60pt, height: 9pt, fill: white))")
        ),
        "1頁 表1 3行 4列",
        "見えない文字",
    ),
    "turned letters": (
        printed(ONE, changed(TWO, 3, "#rotate(90deg, reflow: true)[1,073 人]")),
        "1頁 表1 3行 4列: 「",
        "横向き",
    ),
    "no rules": (printed(ONE, TWO, settings="stroke: none,"), "全頁", "罫線"),
    "no rules between the columns": (
        printed(ONE, TWO, settings="stroke: (x, y) => (y: 0.5pt),"),
        "全頁",
        "罫線",
    ),
}


@pytest.mark.parametrize(("content", "place", "why"), REFUSED.values(), ids=REFUSED)
def test_what_might_mix_figures_is_refused_by_page_and_cell(refused, content, place, why):
    first, *_, advice = refused(content)
    assert first.startswith(f"data/trial/2022.pdf {place}")
    assert why in first
    assert "Excel（.xlsx）、CSV 又はテキストにしてください" in advice


def scan() -> bytes:
    out = io.BytesIO()
    Image.new("L", (1754, 1241), 128).save(out, "PDF")
    return out.getvalue()


def bomb(times: int) -> bytes:
    """A small file whose content, packed once or twice, takes much memory."""
    packed = zlib.compress(bytes(120_000_000), 1)
    packed = zlib.compress(packed, 9) if times > 1 else packed
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents 4 0 R>>",
        b"<</Filter[%s]/Length %d>>stream\n%s\nendstream"
        % (b"/FlateDecode" * times, len(packed), packed),
    ]
    return assembled(objects)


def drawing_each_other(last: int) -> bytes:
    """A small file whose parts draw the next one ten times each, and the last one a part."""
    resources = b"/Resources<</XObject<</A %d 0 R>>>>"
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length 60>>stream\n%s\nendstream"
    forms = [form % (resources % min(n, last), b"/A Do " * 10) for n in range(5, 15)]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents 4 0 R%s>>" % (resources % 5)
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return assembled([catalog, pages, page, *forms, form % (b"", b"0 0 m".ljust(60))])


def assembled(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + head + table + tail


STAMP = {"kind": FreeText, "text": "訂正 1,074"}
STAMPED = file_with(printed(ONE, TWO), lambda writer: laid_over(writer, **STAMP))

FILES = {
    "scan": (scan(), "1頁: 画像（スキャン）"),
    "password": (
        file_with(printed(ONE), lambda writer: writer.encrypt("x", algorithm="RC4-128")),
        "パスワード",
    ),
    "damaged": (printed(ONE)[:3000], "壊れている"),
    "a stamp on the table": (STAMPED, "訂正 1,074"),
    "a bomb": (bomb(1), "大きすぎ"),
    "a bomb in a bomb": (bomb(2), "大きすぎ"),
    "parts that draw each other": (drawing_each_other(14), "大きすぎ"),
    "a part that draws itself": (drawing_each_other(9), "大きすぎ"),
    "300 pages and more": (typeset("#pagebreak()\n" * 301), "大きすぎ"),
}


@pytest.mark.parametrize(("content", "why"), FILES.values(), ids=FILES)
def test_file_that_cannot_be_read(refused, content, why):
    assert why in refused(content)[0]


MANY = [
    [
        str(no),
        f"{no}番目の架空の指標",
        f"2020年度 {no} 件",
        f"2022年度 {no + 5} 件",
        f"2024年 {no + 10} 件",
        "50%",
    ]
    for no in range(1, 61)
]


def over_pages(head: bool, foot: str) -> bytes:
    """A table over several pages, whose head is repeated on each or not."""
    repeated = "" if head else "repeat: false, "
    markup = ruled(rows_of(HEAD, *MANY)).replace("table.header(", f"table.header({repeated}")
    commentary = ["（3）評価及び課題等", "「60番目の架空の指標」【(1)No.60】"]
    markup += "".join(literal(text) + "\n\n" for text in commentary)
    number = "counter(page).display()"
    return typeset(TITLE + markup, f"header: [架空の試験市], footer: context [{foot} #{number}],")


@pytest.mark.trial
@pytest.mark.parametrize(
    ("head", "foot"), [(True, '#"-"'), (False, '#"-"'), (True, "架空の試験市 第2期 その")]
)
def test_table_over_pages_is_one(read, head, foot):
    sheet = read(over_pages(head, foot))
    assert figures(sheet) == [[no, no + 5, no + 10] for no in range(1, 61)]
    assert sheet.commentary["heading"].tolist() == ["「60番目の架空の指標」"]
    assert len(sheet.references) == 1
    # The head of all pages is a note once; of the foot it is told that it is left out.
    assert [text for _, _, text in sheet.notes] == ["架空の試験市"]
    left_out = [remark.text for remark in sheet.remarks]
    assert left_out == ([f"{foot} 1"] if "市" in foot else [])
    last = 31 if head else 30
    assert sheet.points["source"].iloc[-1] == f"data/trial/2022.pdf:2頁 表1 {last}行 4列"


LONG = "長い名称の指標で、頁の終わりで切れて次の頁に続き、読み取るときに一つになるもの"


def cut(row: list[str]) -> bytes:
    """A table whose last row is cut by the end of the first page."""
    markup = ruled(rows_of(HEAD, ONE, row)).replace("(auto, auto,", "(auto, 90pt,")
    return typeset(f"#set text(costs: (orphan: 0%, widow: 0%))\n{TITLE}#v(436pt)\n{markup}")


def test_row_that_the_end_of_a_page_cuts_is_one(read):
    assert len(pypdf.PdfReader(io.BytesIO(cut(changed(TWO, 1, literal(LONG))))).pages) == 2
    assert read(cut(changed(TWO, 1, literal(LONG)))).rows()["name"].iloc[1] == LONG


def test_figures_that_the_end_of_a_page_parts_are_not_joined(refused):
    two = changed(changed(TWO, 1, literal(LONG)), 3, "#[1,0] \\ 7 \\ 3 人")
    assert "2頁 表1 2行 4列: 前の頁の行の続きか" in refused(cut(two))[0]


@pytest.mark.trial
def test_every_edition_names_the_place(project):
    folder = project / "data/kumamoto"
    text = (folder / "2022.txt").read_text("utf-8")
    (folder / "2022.txt").unlink()
    (folder / "2022.pdf").write_bytes(
        as_pdf(text.replace("2020年度 2 箇所", "2020年度 2 から 箇所"))
    )
    evaluation = evaluate(load("kumamoto", 2022))
    finding = evaluation.findings[evaluation.findings["code"] == "unreadable-cell"].iloc[0]
    assert finding["source"] == "data/kumamoto/2022.pdf:1頁 表2 6行 4列"
    entry = next(line for line in entry_lines(entries_in(evaluation), evaluation.sheet.words))
    assert "data/kumamoto/2022.pdf 1頁 表2 6行 4列" in entry


def test_text_needs_no_pdf_reader(project):
    code = "import sys; from kpi_utils import load; load('kumamoto', 2022)"
    code += "; print('pdfplumber' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr
