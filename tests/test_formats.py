"""One sheet in every format: the same frames, cell for cell."""

import pandas as pd
import pytest
from conftest import DATA
from formats import FORMATS, as_tidy, as_workbook

from kpi_utils.sheets.sheet import sheet_cells

KUMAMOTO = (DATA / "kumamoto/2022.txt").read_text("utf-8")
FRAMES = ["columns", "cells", "row_facts", "commentary", "references"]
OTHERS = [suffix for suffix in FORMATS if suffix != ".txt"]


def must_be_the_same(one, other):
    for name in FRAMES:
        frames = [
            getattr(sheet, name).drop(columns="source", errors="ignore") for sheet in (one, other)
        ]
        pd.testing.assert_frame_equal(*frames, obj=name)
    assert (one.title, one.captions) == (other.title, other.captions)
    assert [text for _, _, text in one.notes] == [text for _, _, text in other.notes]


# ruff: noqa: E501
ONE_TABLE = """\
## 架空県試験市 試験計画（架空のデータ）

No	取組名	指標名	当初値（令和元年度）	R3年度	R4年度	R5年度	R6年度	令和7年度	目標値	達成率
1	①架空の取組	架空の指標 【1.1】	2019年度 1,000 人	1,010 人	1,020 人				1,100 人	20%
2		別の指標	10 %	11.5 %	－				20 %	15%
3	②架空の取組	第三の指標	0 件	2 件	集計中				上昇	達成
※1　この表の下の注。
（注）2件目の注。
"""
TWO_TARGETS = """\
## 架空県試験市 試験計画（架空のデータ）

## (1) 架空の表

No	指標名	基準値 2020年	2022年度実績値	2023年度実績値	2024年(目標値)	2030年(目標値)	達成度 (%)
1	架空の指標	2020年度 10 件	2022年度 12 件		2024年 20 件	2030年 40 件	20%
2	別の指標	2020年度 -5.0 ポイント	2022年度 -4.0 ポイント		2024年 10～15 ポイント	2030年 15 ポイント	―

## (2) 架空の表

No	取組名	指標名	当初値	2022年 実績	2023年 実績	2024年 目標値	達成度 (%)
1	架空の取組	第三の指標	2020年度 1 件	2022年度 2 件		2024年 3 件	50%
表の下の注。

## (3) 評価及び課題等

- 「架空の指標」の増加【(1)No.1】
  - ・1段落目。
  - ・2段落目｜縦線。
"""


@pytest.fixture
def read(read_file):
    """A function that reads a made-up sheet in a format."""
    return lambda content, suffix=".txt": read_file(f"sheet{suffix}", content)


@pytest.mark.parametrize("suffix", OTHERS)
@pytest.mark.parametrize(
    ("text", "rows"),
    [(KUMAMOTO, 22), (ONE_TABLE, 3), (TWO_TARGETS, 3)],
    ids=["kumamoto", "one table", "two targets"],
)
def test_sheet_is_the_same_in_every_format(read, text, rows, suffix):
    one = read(text)
    assert len(one.rows()) == rows
    must_be_the_same(one, read(FORMATS[suffix](text), suffix))


@pytest.mark.parametrize("mark", ["## ", ""])
def test_columns_years_title_and_notes_of_one_table(read, mark):
    """Without a caption; five years, in eras; its title with a mark or without."""
    sheet = read(ONE_TABLE.replace("## ", mark))
    years = sheet.columns.loc[sheet.columns["role"] == "actual", "year"]
    assert years.tolist() == [2021, 2022, 2023, 2024, 2025]
    assert sheet.title.endswith("試験計画（架空のデータ）") and sheet.captions == {1: sheet.title}
    assert sheet.rows()["baseline_year"].tolist() == [2019, 2019, 2019]
    assert sheet_cells(sheet, 1)["目標値"].tolist() == ["1,100 人", "20 %", "上昇"]
    assert [text for _, _, text in sheet.notes] == ["※1　この表の下の注。", "（注）2件目の注。"]


def test_csv_of_other_hands_is_the_same(read):
    """A head with No. and brackets of full width; tabs or semicolons between cells."""
    text = as_tidy(KUMAMOTO).replace("表,No,列,内容", "表,No.,列,内容")
    for number in range(2, 20):
        text = text.replace(f"\n(1),{number},", f"\n（1）,{number},")
    must_be_the_same(read(KUMAMOTO), read(text, ".csv"))
    for mark in "\t;":
        table = ONE_TABLE.replace("## ", "").replace("\t", mark)
        must_be_the_same(read(ONE_TABLE), read(table, ".csv"))


@pytest.mark.parametrize("text", [ONE_TABLE, TWO_TARGETS], ids=["one table", "two"])
def test_title_stands_below_the_number_of_the_form(read, text):
    def number(sheet):
        for area in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(area))
        sheet.insert_rows(1)
        sheet["A1"] = "別紙１"

    sheet = read(as_workbook(text, number), ".xlsx")
    assert sheet.title.endswith("試験計画（架空のデータ）") and sheet.made_up
    assert [number for _, number, text in sheet.notes if text == "別紙１"] == [1]
    assert "別紙１" not in sheet.captions.values()
