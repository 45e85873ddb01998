"""The notation: the tables of docs/notation.md, cells built from parts, units and years."""

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpi_utils.cells.letters import WORDS
from kpi_utils.cells.notation import identity, label, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.cells.years import leading_year
from kpi_utils.words import JAPANESE

DOCUMENT = Path(__file__).parents[1] / "docs/notation.md"
HEAD = ["cell", "year", "value", "unit", "comparator", "marks", "reason: why"]


def documented(document: Path = DOCUMENT) -> dict[str, dict[str, str]]:
    """The rows of a document's tables, by the cell's text."""
    rows = {}
    for line in document.read_text("utf-8").split("\n"):
        fields = [field.strip() for field in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(fields) == len(HEAD) and fields[0].startswith("`"):
            plain = [field.replace("⏎", "\n").replace(r"\|", "|") for field in fields]
            cell = {"∅": ""}.get(plain[0].strip("`"), plain[0].strip("`").replace("␣", " "))
            assert cell not in rows, f"{cell!r} is in two rows"
            rows[cell] = dict(zip(HEAD, plain, strict=True))
    return rows


ROWS = documented()


@pytest.mark.parametrize("raw", ROWS)
def test_cell_is_read_as_documented(raw):
    cell, row = read_cell(raw), ROWS[raw]
    lower, _, upper = row["value"].partition(" to ")
    assert cell.raw == raw
    assert (cell.year, cell.unit) == (int(row["year"]) if row["year"] else None, row["unit"])
    # As texts: the digits are kept.
    assert [str(cell.value or ""), str(cell.upper or "")] == [lower, upper] or (
        (str(cell.value), cell.upper, upper) == (lower, None, "")
    )
    assert (cell.comparator, " ; ".join(cell.marks)) == (row["comparator"], row["marks"])
    why = JAPANESE.render(cell.why) or ""
    assert f"{cell.reason}: {why}".removesuffix(": ").removeprefix(": ") == row["reason: why"]


def test_document_has_the_tables():
    assert len(ROWS) > 370
    reasons = {row["reason: why"].partition(":")[0] for row in ROWS.values()}
    assert reasons == {"", "blank", "not_reported", "word", "unreadable"}
    kinds = {*WORDS["comparators"].values(), *WORDS["directions"].values()}
    assert {row["comparator"] for row in ROWS.values()} == {"", "range"} | kinds


def test_text_is_the_cell_without_its_year_which_is_kept_as_printed():
    cell = read_cell("2018年度 2,620 十億円")
    assert (cell.text, cell.year_raw) == ("2,620 十億円", "2018年度")
    assert read_cell("93.8 （Ｈ16）").year_raw == "（Ｈ16）"
    assert read_cell("95 件").year_raw == ""
    assert read_cell("２０２３年　上昇 ").text == "上昇"
    assert read_cell("25.3% ＊ （R4年度）").text == "25.3% ＊"
    assert read_cell("5.1% 平成20年度(※平成21年1月現在)").text == "5.1% (※平成21年1月現在)"
    assert read_cell("95件（R4年度 速報値）").text == "95件（R4年度 速報値）"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("約30%", {"approximate"}),
        ("30%程度 （暫定値）", {"approximate", "provisional"}),
        ("61.5% ※速報値", {"provisional"}),
        ("95 件【見込】", {"provisional"}),
        ("累 計 300 件", {"cumulative"}),
        ("300件 （５年間累計）", {"cumulative"}),
        ("＋2,700人 （2023～2027 年の累計）", {"cumulative"}),
        ("79.3% （H30～R2平均）", {"averaged"}),
        ("48.2 （2019～21年度平均）", {"averaged"}),
        ("66.6％ (全国平均 67.3％)", set()),
        ("〈R6〉 19.6％ ［19.8％］ ※［］が全国平均", set()),
        ("515 (うち累計 255)", set()),
        ("18,579※", set()),
    ],
)
def test_marks_that_change_what_may_be_computed(raw, said):
    cell = read_cell(raw)
    asked = ("approximate", "provisional", "cumulative", "averaged")
    assert cell.value is not None
    assert {name for name in asked if cell.says(name)} == said


# What a rule could take for one number, and is none or another.
@pytest.mark.parametrize(
    "raw",
    [
        "1 34,567", "12 345,678", "38, 200", "5. 2", "3、4", "4 7", "2 1,3 4 5", "50 (30%)",
        "29,106ha （80%） （90%）", "※全国平均 50%", "95件（市内）", "12.4（千人）", "(2000%)",
        "2時間30", "3時間90分", "2時間30分75秒", "3千5百万円", "2億39600万円", "2億-3万円", "5万10",
        "1億~2億5千万円", "35/34島", "3/31", "10/31現在", "R4.5件", "R6.4%",
        "2022年度 2023年度 5件", "2016 2017",
        "5人以上10人未満", "0.5以下0.3以上", "5% 増加", "増加 5%", "±5", "第3回", "2,000-",
        "≧5以上", "36位台", "5R4", "0(該当なし)", "なし(0件)", "2022年度 ー5 件", "12月", "5年度",
        "前期 12人", "昨年12人", "残り 3人", "全国 67.3%", "3人（令和）", "3%（予定）",
        "― (5件)", "未定 (5%)", "3人（2人）", "年3", "区分3", "5年度比 3%", "3~5年度 2年度 5件",
        "下限 3人", "赤字12百万円", "12件（ピーク時）", "12件（申請中）", "12件（途中経過）",
        "12件（外数）", "12件（同左）", "12件 ※参考値", "12件（※参考値）", "12件（要確認）",
        "注1注2", "注1-3", "※1速報", "*2次評価", "※112件",
        "- 2015 件", "999999999999999兆5億円", "9,999兆1円", "5゛件",
    ],
)  # fmt: skip
def test_number_that_only_looks_right_is_unreadable(raw):
    cell = read_cell(raw)
    assert (cell.value, cell.upper, cell.reason) == (None, None, "unreadable")
    assert cell.why


def test_identity_takes_nothing_but_width_space_and_brackets():
    assert identity("Ａ 指標【再掲】 【1.1】") == "A指標"
    assert identity("指標（推計）") != identity("指標")
    for name in ("指標（再掲）", "[再掲] 指標", "再掲：指標", "指標※再掲", "指標（No.3の再掲）"):
        assert (identity(name), label(name)) == ("指標", "指標")
    name = "販売農家 1 戸あたりの出荷額（推計）"
    assert label(f"{name} 【2.3,2.4】") == name


@pytest.mark.parametrize(
    ("raw", "over"),
    [
        ("310 人(2008～22年度累計)", "2008-2022"),
        ("R3年度からの累計 30件", "2021-"),
        ("150人（R3～8年度）", "2021-2026"),
        ("1件（H27-31の合計）", "2015-2019"),
        ("60件（5年間累計）", "5"),
        ("5年間で15人", "5"),
        ("15人（3か年）", "3"),
        ("38件（計画期間累計）", "?"),
        # A mean, a rate, a part of others and a note's year are none.
        ("79.3% （H30～R2平均）", ""),
        ("30件（直近5年の平均）", ""),
        ("85%（R3～8年度）", ""),
        ("515 (うち累計 255)", ""),
        ("平成5年 15人", ""),
        ("年12人（延べ300日）", ""),
        ("12 人", ""),
    ],
)
def test_years_that_a_value_is_a_sum_over(raw, over):
    assert read_cell(raw).over == over


def test_year_without_its_era_is_kept_as_printed():
    cell = read_cell("12件（19年度）")
    assert (cell.short, cell.text) == ("19年度", "12件")
    assert read_cell("2.9万人(17〜23年度)").short == "17〜23年度"
    assert read_cell("12件（平成19年度）").short == ""


@pytest.mark.parametrize(
    ("value", "unit", "other", "turned"),
    [
        ("2620", "十億円", "億円", "26200"),
        ("50.0", "千人", "人", "50000"),
        ("0.20", "万㎢", "km2", "2000"),
        ("2415", "万㎡", "万 ｍ²", "2415"),
        ("8162", "千トン", "t", "8162000"),
        ("876", "万t-CO₂", "千t-CO2", "8760"),
        ("1.5", "千人/年", "人／年", "1500"),
        ("3", "ヶ所", "箇所", "3"),
        ("5", "％", "%", "5"),
        ("5", "", "", "5"),
        ("120", "kg", "千t", "0.000120"),
        ("5", "㌶", "㎡", "50000"),
        ("8", "割", "%", "80"),
        ("45", "分", "時間", "0.75"),
        ("70", "分", "時間", None),
        ("5", "%", "ポイント", None),
        ("5", "千名", "人", "5000"),
        ("5", "%", "‰", None),
        ("5", "人", "件", None),
        ("1200", "¥", "円", "1200"),
        ("3.5", "百万$", "$", "3500000"),
        ("3", "件/10万人", "件/千人", None),
        ("3", "10万人あたり", "10万人当たり", "3"),
        ("5", "人/年", "人", None),
        ("31", "/34島", "/35島", None),
        ("15", "％削減", "％", None),
        # These begin with the character of a magnitude, and with none.
        ("5", "百貨店", "貨店", None),
        ("5", "千葉", "葉", None),
        ("5", "万博", "博", None),
    ],
)
def test_value_in_another_unit(value, unit, other, turned):
    result = in_unit(Decimal(value), unit, other)
    assert (None if result is None else str(result)) == turned


HEADS = {
    "2022年": 2022, "２０３０年度末": 2030, "2022": 2022, "2022年度 実績": 2022, "令和4年度": 2022,
    "令和元年": 2019, "令和 5 年度": 2023, "R4": 2022, "ｒ５年度": 2023, "H30": 2018,
    "昭和60年": 1985, "平成31年": 2019, "平成31・令和元年度": 2019, "平成31年度/令和元年度": 2019,
    "令和4(2022)年度": 2022, "2022（令和4）年度": 2022, "R6.3.31": 2023,
    "令和6年3月末": 2023, "令和6年4月": 2024,
    # Two names that do not agree, and what only begins like a year.
    "令和4(2021)年度": None, "20221": None, "R100": None, "R0": None, "CH4": None, "備考": None,
    "": None,
}  # fmt: skip


@pytest.mark.parametrize("text", HEADS)
def test_header_begins_with_a_year(text):
    assert leading_year(text) == (HEADS[text], "" if HEADS[text] else text)
    longer = f"{text} の目標".strip()
    assert leading_year(longer) == (HEADS[text], "の目標" if HEADS[text] else longer)


# Cells built from parts: what is printed reads back as the same value.
UNITS = ["", "%", "人", "件", "十億円", "万㎡", "千トン", "ポイント", "t-CO2"]
UNITS += ["か所", "人/年", "位"]
YEARS = {
    "": None, "2022年度": 2022, "2023年": 2023, "令和4年度": 2022, "R12": 2030,
    "平成30年度末": 2018, "平成31・令和元年度": 2019, "(2021)": 2021, "〈H16〉": 2004,
    "R6.3": 2023, "（令和6年4月）": 2024,
}  # fmt: skip
LIMITS = {
    "": "", "以上": "at_least", "以下": "at_most", "超": "above", "未満": "below", "維持": "keep",
}  # fmt: skip
BESIDE = ["", "約", "暫定", "（速報値）", "※1", "（5年間累計）", "※", "（全国42位）", "(注2)"]
WIDE = {ord("!") + place: ord("！") + place for place in range(94)}


@st.composite
def cells(draw):
    """A printed cell, and what it says."""
    value = draw(st.decimals(0, 10**9, places=draw(st.integers(0, 3))))
    sign = draw(st.sampled_from(["", "-", "−", "▲", "△", "△ ", "+", "＋"]))
    digits = f"{value:,f}" if draw(st.booleans()) else f"{value:f}"
    number = digits.translate(WIDE) if draw(st.booleans()) else digits
    unit = draw(st.sampled_from(UNITS))
    limit = draw(st.sampled_from(list(LIMITS)))
    year, mark = draw(st.sampled_from(list(YEARS))), draw(st.sampled_from(BESIDE))
    body = f"{sign}{number}{draw(st.sampled_from(['', ' ', '　']))}{unit}{limit}"
    gap = draw(st.sampled_from([" ", "\n", "　"]))
    parts = [f"{mark}{body}" if mark == "約" else f"{body}{gap}{mark}", year]
    printed = gap.join(filter(None, parts if draw(st.booleans()) else parts[::-1]))
    signed = -value if sign.strip() in ("-", "−", "▲", "△") else value
    return printed, (YEARS[year], signed, unit, LIMITS[limit], (mark,) if mark else ())


@given(cells())
@settings(derandomize=True, deadline=None, max_examples=500)
def test_what_is_printed_reads_back(built):
    printed, said = built
    cell = read_cell(printed)
    assert (cell.year, cell.value, cell.unit, cell.comparator, cell.marks) == said
    assert (cell.raw, cell.reason, cell.why) == (printed, "", None)


@given(st.integers(1 - 10**15, 10**15 - 1), st.integers(0, 14), st.sampled_from(UNITS))
@settings(derandomize=True, deadline=None)
def test_float_of_a_value_is_the_printed_number(digits, places, unit):
    """Frames hold floats: the shortest decimal of one is what the cell prints, in any unit."""
    printed = Decimal(digits).scaleb(-places)
    cell = read_cell(f"{printed:,f} {unit}")
    # 0.05 has more digits as it is printed.
    if cell.cause == "too-long":
        return
    assert Decimal(repr(float(cell.value))) == printed
    for other in ("十億円", "円", "千人", "人"):
        value = in_unit(printed, unit, other)
        assert value is None or Decimal(repr(float(value))) == value


PIECES = [*ROWS, *UNITS, *YEARS, *LIMITS, *BESIDE]
PIECES += "0123456789.,、・ー－△▲±~〜/()（）[]［］※*％年月日位台\n\t "
ODD = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=20)


@given(ODD)
@settings(derandomize=True, deadline=None, max_examples=800)
@example("(((")
@example("2時間30")
@example("㋿４年度　１２①件")
def test_any_text_is_read_without_inventing_a_digit_or_says_why_not(text):
    cell = read_cell(text)
    assert cell.raw == text
    assert (cell.reason == "") == (cell.value is not None or cell.comparator != "")
    assert (cell.reason == "unreadable") == bool(cell.why)
    if cell.upper is not None:
        assert cell.comparator == "range" and cell.value <= cell.upper
    plain = unicodedata.normalize("NFKC", text)
    # Of two magnitudes the value is a sum, of 20位台 the upper end counted.
    if cell.value is None or re.search("[十百千万億兆分]|時間|ゼロ", plain):
        return
    printed = re.sub(r"[\s,、]", "", plain).replace("・", ".")
    assert str(cell.value).lstrip("-") in printed
    assert all(mark in text for mark in cell.marks)
    assert cell.unit in text and cell.year_raw.split(" ")[0] in text
