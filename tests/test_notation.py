from decimal import Decimal

import pytest

from kpi_utils.notation import identity, label, read_cell

# cell: year, value, unit, comparator, reason
READ = {
    "2020年度 32.1 %": (2020, "32.1", "%", "", ""),
    "2030年 50.0 %": (2030, "50.0", "%", "", ""),
    "2018年度 2,620 十億円": (2018, "2620", "十億円", "", ""),
    "2020年度 2,415 万㎡": (2020, "2415", "万㎡", "", ""),
    "2020年度89件": (2020, "89", "件", "", ""),
    "２０２２年度　１，１４５　万円": (2022, "1145", "万円", "", ""),
    "-126%": (None, "-126", "%", "", ""),
    "▲1.5ポイント": (None, "-1.5", "ポイント", "", ""),
    "△2,700 人": (None, "-2700", "人", "", ""),
    "−0.5": (None, "-0.5", "", "", ""),
    "876万t-CO₂": (None, "876", "万t-CO₂", "", ""),
    "12 m²": (None, "12", "m²", "", ""),
    "0.20万㎢": (None, "0.20", "万㎢", "", ""),
    "2022年度 -5 ポイント": (2022, "-5", "ポイント", "", ""),
    "2023年 未定": (2023, None, "", "", "not_reported"),
    "5.5‰": (None, "5.5", "‰", "", ""),
    "15%以下": (None, "15", "%", "at_most", ""),
    "350人以上": (None, "350", "人", "at_least", ""),
    "0.1未満": (None, "0.1", "", "below", ""),
    "90%超": (None, "90", "%", "above", ""),
    "32%維持": (None, "32", "%", "keep", ""),
    "2023年 上昇": (2023, None, "", "increase", ""),
    "減少": (None, None, "", "decrease", ""),
    "": (None, None, "", "", "blank"),
    "  ": (None, None, "", "", "blank"),
    "2022年度": (2022, None, "", "", "blank"),
    "－": (None, None, "", "", "not_reported"),
    "2022年度 集計中": (2022, None, "", "", "not_reported"),
    "達成": (None, None, "", "", "word"),
    "△": (None, None, "", "", "word"),
}

# Digits that no rule reads must not become a number; many from sheets of other towns.
UNREADABLE = [
    "1,0734 件",
    "300件 （５年間累計）",
    "1 6 ,3 7 7",
    "580581100.2593102.2586101.0",
    "91/96校園",
    "約30%",
    "28人 暫定",
    "4(7)",
    "2022年 10月 5 件",
    "2022年 10月",
    "3,756 404 69",
    "4億3,0000万円",
    "20～10 %",
    "10人～15件",
    "10～15 %以上",
    "1.2.3",
    "令和4年度 5 件",
    "34.5 % 34.6 %",
    "300件累計",
    "12件程度",
    "10日以内",
    "5%増",
    "7%超過",
    "15人削減",
    # Marks beside a number are no digits of it.
    "2022年度 4① 箇所",
    "2022年度 34.5² %",
    "66.4①%",
    "95¹ 件",
    "95 件②",
    # A dash that parts year and value is no minus.
    "2022年度 - 4 箇所",
    "2022年度-95 件",
    "9999999999999999 件",
]


@pytest.mark.parametrize(("raw", "said"), READ.items())
def test_cell_is_read(raw, said):
    cell = read_cell(raw)
    year, value, unit, comparator, reason = said
    assert (cell.raw, cell.year, cell.unit) == (raw, year, unit)
    assert cell.value == (None if value is None else Decimal(value))
    assert (cell.comparator, cell.reason) == (comparator, reason)


@pytest.mark.parametrize("raw", UNREADABLE)
def test_unreadable_cell_is_no_number(raw):
    cell = read_cell(raw)
    assert (cell.value, cell.upper, cell.reason) == (None, None, "unreadable")
    assert cell.raw == raw


@pytest.mark.parametrize("raw", ["2023年 10～15 %", "2023年 10%〜15%", "2023年 10~15%"])
def test_range_has_both_ends(raw):
    cell = read_cell(raw)
    assert (cell.value, cell.upper, cell.comparator) == (Decimal(10), Decimal(15), "range")
    assert (cell.year, cell.unit) == (2023, "%")


def test_text_is_the_cell_without_its_year():
    assert read_cell("2018年度 2,620 十億円").text == "2,620 十億円"
    assert read_cell("２０２３年　上昇 ").text == "上昇"


def test_digits_are_kept():
    assert str(read_cell("2030年 50.0 %").value) == "50.0"


def test_identity_takes_nothing_but_width_space_and_brackets():
    assert identity("Ａ 指標【再掲】 【1.1】") == "A指標"
    assert identity("指標（推計）") != identity("指標")


def test_label_keeps_the_letters():
    assert (
        label("販売農家 1 戸あたりの出荷額（推計） 【2.3,2.4】")
        == "販売農家 1 戸あたりの出荷額（推計）"
    )
