"""Text files as they come: spellings, encodings, line ends, letters without a glyph (made up)."""

import io
import re
import sys
import time
import unicodedata
from dataclasses import replace
from itertools import cycle

import openpyxl
import pypdf
import pytest
from conftest import findings_of, html_of, pdf_of
from formats import FORMATS, as_workbook

from kpi_utils import KpiError, evaluate
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cli import main
from kpi_utils.lines.layout import is_commentary
from kpi_utils.lines.line import Line, one_line
from kpi_utils.plan import read_plan

PLAN = '[plan]\nmunicipality = "架空市"\nname = "SDGs未来都市計画"\n'
SHEET = """## 架空県架空市 SDGs未来都市計画（架空のデータ）
## (1) 目標の達成状況
No\t指標名\t当初値\t2022年\t2024年（目標値）\t達成度（%）
1\t市民ガイドの人数\t2020年度 10 人\t2022年度 15 人\t2024年度 20 人\t50%
2\tバスの便数\t2020年度 10 便\t2022年度 12 便\t2024年度 20 便以上\t20%
## (2) 取組の達成状況
No\t指標名\t当初値\t2022年\t2024年（目標値）\t達成度（%）
1\t市民ガイドの人数【再掲】\t2020年度 10 人\t2022年度 15 人\t2024年度 20 人\t50%
**(3) 評価及び課題等**
- 「市民ガイドの人数」の増加【(1)No.1、(2)No.1】
  - ・増加した。
"""
SUFFIXES = [".txt", ".md", ".csv", ".xlsx", ".ods", "grid.csv"]


def in_format(text: str, suffix: str) -> bytes:
    """The sheet in a format; ``grid.csv`` is a worksheet saved as CSV."""
    if suffix == "grid.csv":
        sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(text))).active
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
        return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()
    return FORMATS[suffix](text)


@pytest.fixture
def read(tmp_path, read_file):
    """A sheet (as bytes or text, in a format) read under a plan."""

    def read_it(content: bytes | str, suffix: str = ".txt", plan: str = PLAN):
        (tmp_path / "plan.toml").write_text(plan, "utf-8")
        content = in_format(content, suffix) if isinstance(content, str) else content
        name, plan = f"2022{suffix.removeprefix('grid')}", read_plan(tmp_path / "plan.toml")
        return read_file(name, content, plan, source=f"data/{name}")

    return read_it


def as_ever(sheet) -> bool:
    """Whether the sheet was read as its plain text is: two KPIs, three rows, one block."""
    rows = sheet.rows()
    figures = rows[["baseline", "actual", "target"]].astype(int).to_numpy().tolist()
    blocks = len(sheet.commentary["references_raw"]), len(sheet.references)
    return (rows["kpi"].nunique(), figures, rows["target_comparator"].tolist(), blocks) == (
        2,
        [[10, 15, 20], [10, 12, 20], [10, 15, 20]],
        ["", "at_least", ""],
        (1, 2),
    )


# 1. Line breaks.


def test_line_break_is_dropped_between_letters_and_never_between_digits():
    cells = ["２０２２年度\n４\n５箇所", "４\n５箇所", "2022年度 4\n5箇所", "４\x0b５箇所"]
    cells += ["令和４年度\n４\n５箇所", "１，\n０００\n５件", "４\u2028５箇所", "４\r\n５箇所"]
    assert {cell: read_cell(one_line(cell)).reason for cell in cells} == dict.fromkeys(
        cells, "unreadable"
    )
    assert one_line("参加した\n市民の\n\n割合") == "参加した市民の割合"


# 2. Letters that look alike, and what is not seen.

ALIKE = ["市⺠ガイドの⼈数", "市民ガイ\u200bドの人数", "\ufeff市民ガイドの人数"]
ALIKE += ["市\u2060民ガイドの人数", "市民\U000e0100ガイドの人数", "市民ガイ\u00adドの人数"]
ALIKE += ["市民\ufe00ガイドの人数\u180e", unicodedata.normalize("NFD", "市民ガイドの人数")]
ALIKE += ["市民ｶﾞｲﾄﾞの人数", "市民\u200cガイ\u200dド の人数"]


@pytest.mark.parametrize(("name", "suffix"), zip(ALIKE, cycle([".txt", ".xlsx"])))
def test_name_that_looks_the_same_is_the_same_kpi(read, name, suffix):
    sheet = read(SHEET.replace("1\t市民ガイドの人数\t", f"1\t{name}\t", 1), suffix)
    assert as_ever(sheet)
    # What is printed is the sheet's own text, but for marks of the byte order in a text.
    assert sheet.rows()["name"].iloc[0] in (name, name.replace("\ufeff", ""))


def test_radicals_are_taken_for_their_letters_and_names_that_differ_stay_apart():
    assert identity("⻑⻘⻄⺠⻝⻩⻤⻯⼀⽇⾏⺟") == "長青西民食黄鬼竜一日行母"
    for one, other in (("土地", "士地"), ("ガイド", "カイド"), ("晴天の日", "晴天の曰")):
        assert identity(one) != identity(other)


def test_what_is_not_seen_joins_no_digits():
    assert read_cell("2022年度\u200b 15\ufeff 人").value == 15
    for between in ("\u200b", "\u00ad\u200b", "\ufe0f", "\u202e"):
        assert read_cell(f"1{between}5 人").reason == "unreadable"
    assert read_cell("\u202e15 人").reason == "unreadable"


# 3. Heads and captions.

HEADS = ["No", "指標名", "当初値", "2022年", "2024年（目標値）", "達成度（%）"]
OTHER_HEADS = [
    ["Ｎｏ", "指　標　名", "当 初 値", "２０２２年", "2024年(目 標 値)", "達 成 度（％）"],
    ["Ｎｏ．", "指 標 名", "当初値", "2022年", "２０２４年　目標値", "達成率(%)"],
    ["№", "指\u200b標名", "当初値", "2022年", "2024年（目標値）", "達成度（%）"],
    ["番　号", *HEADS[1:]],
    ["N o", *HEADS[1:]],
]


@pytest.mark.parametrize("suffix", [".txt", ".md", ".xlsx", "grid.csv"])
@pytest.mark.parametrize("others", OTHER_HEADS)
def test_heads_are_compared_without_width_and_blanks(read, others, suffix):
    as_other = dict(zip(HEADS, others, strict=True))
    if suffix == ".xlsx":
        book, out = openpyxl.load_workbook(io.BytesIO(in_format(SHEET, suffix))), io.BytesIO()
        for cell in (of for row in book.active.iter_rows() for of in row if of.value in HEADS):
            cell.value = as_other[cell.value]
        book.save(out)
        content = out.getvalue()
    else:
        text = in_format(SHEET, suffix).decode()
        swapped = re.sub(r'[^\t\n,|" ]+', lambda found: as_other.get(found[0], found[0]), text)
        content = swapped.encode()
    assert as_ever(read(content, suffix))


CAPTIONS = ["評価および課題等", "評価／課題", "評価/課題", "課題及び評価", "評価　及び　課題等"]
CAPTIONS += ["評価と課題", "評価・課題", "評価･課題", "課題と評価", "成果と課題", "評価、課題"]
CAPTIONS += ["達成状況の評価等と課題", "2-1 評価と課題"]
CAPTIONS += [unicodedata.normalize("NFD", "プロジェクトの評価及び課題等")]
PORTS = SHEET.replace("20 便以上", "20 ポイント以上").replace("便", "ポイント")
TOWNS = {"架空市": "架空\U000e0101市", "架\U000e0100空県架空\u200b市": "架空市"}
TOWNS |= {"架空県架空\ufe01市": "架空\U000e0101市", "架空県⻑⻄市": "長西市"}
# As it is, decomposed, with another caption of the commentary, with letters of a town that look
# alike, with a title that speaks of 評価と課題 itself.
SAME = [(SHEET, suffix, PLAN) for suffix in SUFFIXES]
SAME += [(unicodedata.normalize("NFD", PORTS), suffix, PLAN) for suffix in SUFFIXES]
SAME += [
    (SHEET.replace("評価及び課題等", caption), suffix, PLAN)
    for caption, suffix in zip(CAPTIONS, cycle(SUFFIXES))
]
SAME += [
    (SHEET.replace("架空県架空市", title), ".txt", PLAN.replace("架空市", town))
    for title, town in TOWNS.items()
]
SAME += [(SHEET.replace("計画（架空", "計画 進捗の評価と課題（架空"), ".txt", PLAN)]


@pytest.mark.parametrize(("text", "suffix", "plan"), SAME)
def test_sheet_that_says_the_same_is_read_as_ever(read, text, suffix, plan):
    assert as_ever(read(text, suffix, plan))


@pytest.mark.parametrize(
    "text",
    ["評価と課題は、次のとおり。", "- 評価と課題", "・評価と課題", "※評価及び課題等は別紙", "評価",
     "課題", "評価課題", "評価指標と目標", "* 評価と課題", "成果と評価"],
)  # fmt: skip
def test_what_is_no_caption(text):
    assert not is_commentary(Line(1, text)) and not is_commentary(Line(1, cells=(text, "")))


@pytest.mark.parametrize("caption", ["取組の総括", "振り返り", "達成状況の分析"])
def test_caption_without_a_table_asks_for_the_commentary(read, caption):
    with pytest.raises(KpiError) as error:
        read(SHEET.replace("評価及び課題等", caption))
    (problem,) = error.value.problems
    assert f"「(3) {caption}」の下に、表の行がありません" in problem
    assert "評価及び課題等の見出しであれば" in problem


# 4. Files.


@pytest.mark.trial
@pytest.mark.parametrize("suffix", [".txt", ".csv"])
@pytest.mark.parametrize(
    ("encoding", "called"),
    [("iso2022_jp_ext", "ISO-2022-JP"), ("euc_jis_2004", "EUC-JP"), ("cp932", "Shift_JIS"),
     ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-16", ""), ("utf-8-sig", "")],
)  # fmt: skip
def test_encoding_is_found_and_told(read, suffix, encoding, called):
    text = in_format(SHEET, suffix).decode().replace("・増加", "・①ｱ増加")
    sheet = read(text.encode(encoding, "ignore"), suffix)
    assert as_ever(sheet)
    told = findings_of(evaluate(sheet), "encoding")["message"]
    assert [called in message for message in told] == [True] * bool(called)


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_stray_byte_order_marks_are_dropped(read, suffix):
    text = in_format(SHEET, suffix).decode().replace("架空県", "架\ufeff空県", 1)
    sheet = read(b"\xef\xbb\xbf" * 2 + text.encode(), suffix)
    assert as_ever(sheet) and "\ufeff" not in sheet.title


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", "grid.csv"])
@pytest.mark.parametrize("end", ["\r", "\r\n", "\r\r\n"])
def test_line_ends_of_any_machine(read, suffix, end):
    text = in_format(SHEET, suffix).decode().replace("\r\n", "\n").replace("\n", end)
    assert as_ever(read(text.encode(), suffix))


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_bytes_that_are_no_letters_are_told_with_their_line(read, encoding):
    content = SHEET.encode(encoding).replace("増加した".encode(encoding), b"\x81\xff\xfe ")
    with pytest.raises(KpiError, match=r"data/2022\.txt 11行目: テキストとして読めません"):
        read(content)


@pytest.mark.parametrize("first", ["sep=,", "sep=;", "sep=\t", r"sep=\t", '"sep=,"', "SEP=;"])
@pytest.mark.parametrize("suffix", [".csv", "grid.csv"])
def test_line_that_names_the_separator_is_taken_in(read, first, suffix):
    mark = "\t" if "t" in first.lower().replace("sep", "") else first.strip('"')[-1]
    text = in_format(SHEET.replace(",", "、"), suffix).decode()
    sheet = read(f"\ufeff{first}\r\n{text.replace(',', mark)}".encode(), suffix)
    assert as_ever(sheet)
    plain = read(text.encode(), suffix).rows()["source"]
    lines = [[int(at.rsplit(":")[-1]) for at in rows] for rows in (sheet.rows()["source"], plain)]
    assert lines[0] == [number + 1 for number in lines[1]]


@pytest.mark.parametrize("mark", ["\x1b[31m", "\x07", "\x9b31m", "\u202e", "\r"])
def test_problem_sends_nothing_to_the_terminal_that_steers_it(read, mark):
    with pytest.raises(KpiError) as error:
        read(SHEET.replace("\t当初値", f"\t謎の{mark}値"))
    said = str(error.value)
    assert mark[0] not in said
    assert mark == "\r" or f"（U+{ord(mark[0]):04X}）" in said


# 5. Letters without a glyph.


@pytest.mark.trial
def test_letters_that_no_font_has_refuse_no_report(town):
    odd = {
        "市民ガイド": "市民🎯ガイド☑\U00020bb7",
        "人\t": "t-CO₂\t",
        "増加した": "増加≒₃した\ue000⺠",
    }
    text = SHEET.replace("（架空", "🎯葛\U000e0100（架空")
    for plain, written in odd.items():
        text = text.replace(plain, written)
    judged = evaluate(town(text, PLAN))
    found = findings_of(judged, "glyph-substituted")
    # One a character, with its code point and its first line; what a font has is no finding.
    assert found["severity"].tolist() == ["note", "note"]
    assert found["text"].tolist() == ["🎯", "\ue000"]
    first, second = found["message"]
    assert "U+1F3AF" in first and "U+E000" in second
    assert found["source"].iloc[0].endswith("2022.txt:1")
    pdf = pdf_of(judged)
    assert pdf_of(judged) == pdf
    printed = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert {c for c in "〓₂₃≒☑\U00020bb7" if c not in printed} == set()
    assert not {"🎯", "\ue000"} & set(printed)
    html = html_of(judged)
    assert "市民🎯ガイド☑\U00020bb7" in html and "増加≒₃した\ue000⺠" in html


def test_byte_order_mark_in_a_workbook_is_not_printed(town):
    judged = evaluate(town(SHEET, PLAN))
    sheet = replace(judged.sheet, title=judged.sheet.title + "\ufeff")
    printed = pypdf.PdfReader(io.BytesIO(pdf_of(replace(judged, sheet=sheet))))
    assert "〓" not in printed.pages[0].extract_text()


# 6. A terminal of another code page.


@pytest.mark.parametrize("encoding", ["cp932", "cp1252", "ascii", "euc_jp"])
@pytest.mark.parametrize(
    "words", [["check", "shiken", "2022"], ["check", "𠮷〜−1", "2022"], ["--help"], ["report"]]
)
def test_terminal_of_another_code_page_ends_in_no_traceback(town, monkeypatch, encoding, words):
    town(SHEET.replace("バス", "𠮷バス\u2003é"), PLAN)
    streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in "12"]
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(sys, "argv", ["kpi", *words])
    with pytest.raises(SystemExit):
        main()
    printed = [stream.flush() or stream.buffer.getvalue() for stream in streams]
    assert any(printed)
    # What the code page lacks is replaced, signs by those of ASCII.
    if words[1:2] == ["𠮷〜−1"] and encoding.startswith("cp"):
        assert "?~-1" in unicodedata.normalize("NFKC", printed[1].decode(encoding))


# 7. Long texts.


def seconds(act) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


@pytest.mark.trial
@pytest.mark.parametrize("suffix", [".txt", "grid.csv", ".xlsx"])
def test_lines_above_a_table_are_read_in_seconds(read, suffix):
    lines = 1000 if suffix == ".xlsx" else 5000
    above = [f"前置きの文 {number} であり、評価と課題を述べる。" for number in range(lines)]
    if suffix == "grid.csv":
        title, *rest = in_format(SHEET, suffix).decode().split("\n")
        content = "\n".join([title, *(f'"{line}"' + ',""' * 5 for line in above), *rest]).encode()
    else:
        title, *rest = SHEET.split("\n")
        content = in_format("\n".join([title, *above, *rest]), suffix)
    assert seconds(lambda: read(content, suffix)) < 2


LONG = {"digits": "1" * 10000, "brackets": "【No" * 3000, "blanks": "x" + " " * 9000 + "y"}
LONG |= {"groups": "1," * 5000, "captions": "評価と課題" * 2000, "kanji": "件" * 10000}
LONG |= {
    "unseen": "\u200b" * 9999,
    "steps": "件-" * 5000,
    "bars": "\\|" * 4000,
    "dashes": "-" * 10000,
}


@pytest.mark.parametrize("kind", LONG)
def test_cell_of_ten_thousand_characters_is_read_at_once(read, kind):
    text = SHEET
    for place in ("15 人", "バスの便数", "・増加した", "架空県"):
        text = text.replace(place, place + LONG[kind], 1)
    assert seconds(lambda: read(text)) < 3
    assert seconds(lambda: one_line("あ\n" * 5000)) < 1
