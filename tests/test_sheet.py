import shutil
from dataclasses import replace

import pytest
from conftest import DATA, findings_of

from kpi_utils import KpiError, judge, load

SHEET = DATA / "kumamoto/2022.txt"


def test_long_frame_has_a_row_for_each_cell(sheet):
    """The pivots say the same as it does, and all are as they are declared."""
    cells = sheet.cells
    assert len(cells) == 10 * 8 + 12 * 9
    asked = "section == 1 and no == 2 and role == 'actual' and column_year == 2022"
    (cell,) = cells.query(asked).itertuples()
    assert (cell.raw, cell.text) == ("2020年度 2,529 十億円", "2,529 十億円")
    assert (cell.year, cell.value, cell.decimals, cell.unit) == (2020, 2529.0, 0, "十億円")
    assert (cell.reason, cell.is_provisional) == ("", False)
    assert sheet.points["raw"].tolist() == cells.loc[cells["role"] == "actual", "raw"].tolist()
    values = cells.loc[cells["role"] == "target", "value"]
    assert sheet.targets["target"].equals(values.reset_index(drop=True))
    for cell in cells.dropna(subset="value").itertuples():
        assert f"{cell.value:,.{cell.decimals}f}" in cell.raw
    # A cell by its place says what it says by itself.
    assert sheet.cell((1, 2), "actual", 2022).value == 2529
    assert sheet.cell((1, 2), "baseline").raw == "2018年度 2,620 十億円"
    assert sheet.cell((1, 2), "target", 2030).year == 2023
    assert sheet.cell((1, 2), "published").value == -126
    with pytest.raises(KeyError):
        sheet.cell((1, 2), "actual", 2019)


def test_rows_are_the_analysts_own(sheet):
    rows = sheet.rows()
    rows.loc[(1, 2), "actual"] = 0.0
    assert sheet.rows().loc[(1, 2), "actual"] == 2529.0
    assert rows.index.names == ["表", "No"] and rows.attrs["words"].is_japanese


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("12 件", "13 件"), ("13 件", 2023)),
        (("12 件", "集計中"), ("12 件", 2022)),
        (("12 件", "13くらい"), ("13くらい", 2023)),
        (("－", ""), ("", 2023)),
    ],
)
def test_actual_of_a_row_is_the_newest_that_reports_something(one_row, cells, said):
    sheet = replace(one_row(actual=cells[0], later=cells[1]), fiscal_year=2023)
    row = sheet.rows().iloc[0]
    assert (row["actual_raw"], row["actual_column_year"]) == said


def test_initiative_holds_for_the_rows_below_where_it_is_blank(sheet):
    row = sheet.rows().loc[(2, 2)]
    assert (row["initiative_raw"], row["initiative"][:5]) == ("", "①地域主義")


def test_no_word_of_the_sheet_is_lost(sheet):
    frames = [sheet.columns["header"], sheet.points["raw"], sheet.commentary["heading"]]
    frames += [sheet.commentary["text"], sheet.cells["raw"]]
    kept = sheet.title + "".join(sheet.captions.values()) + "".join(map("".join, frames))
    for line in SHEET.read_text("utf-8").split("\n"):
        for cell in line.split("\t"):
            text = cell.strip(" #*").removeprefix("- ").split("【(")[0].strip()
            assert text in kept or text.isdigit()


BATTERY = next(line for line in SHEET.read_text("utf-8").split("\n") if "大型蓄電池" in line)
BROKEN = {
    "table missing": ("## (1) 2030年", "2030年", ["7行目", "見出し (1)・(2) より前"]),
    "table is number 0": ("## (1) 2030年", "## (0) 2030年", ["見出し (1)・(2) より前"]),
    "first column missing": ("No\t取組名", "取組名", ["24行目", "表(2)", "見出しは8列"]),
    "column missing": ("\t達成度 (%)\n1\t地域", "\n1\t地域", ["9行目", "表(1)", "見出しは7列"]),
    "column unknown": ("\t当初値\t2022年\t", "\t初めの数\t2022年\t", ["表(1)", "初めの数"]),
    "year column twice": ("2022年\t2023年", "2022年\t2022年", ["表(1)", "2022年", "2列以上"]),
    "cell too few": ("\t2022年度 95 件\t\t", "\t2022年度 95 件\t", ["12行目", "の5番目", "7個"]),
    "number twice": ("\n2\t市内", "\n1\t市内", ["9行目", "列「No」", "「1」"]),
    "number is text": ("\n2\t市内", "\n二\t市内", ["9行目", "列「No」", "「二」"]),
    "table in the commentary": ("等**\n", "等**\nNo\t指標名\t当初値\t目標値\n", ["課題等の中"]),
    "name blank": ("大型蓄電池設置箇所数\t", "\t", ["26行目", "指標名", "空白"]),
    "tabs lost": (BATTERY, BATTERY.replace("\t", "  "), ["26行目: 表(2)の行のよう"]),
    "cell on the next line": ("所\t50%", "所\t\n50%", ["27行目: 表(2)の行のよう"]),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_mistake_in_the_form_is_named(project, edit, mistake):
    old, new, said = BROKEN[mistake]
    edit(project / "data/kumamoto/2022.txt", old, new)
    with pytest.raises(KpiError) as error:
        load("kumamoto", 2022)
    message = str(error.value)
    assert [word for word in ["data/kumamoto/2022.txt", *said] if word not in message] == []
    # For people: no word of Python in it.
    assert "Error" not in message and "None" not in message


def test_all_mistakes_at_once(project, edit):
    path = project / "data/kumamoto/2022.txt"
    for mistake in ("number is text", "name blank", "cell too few"):
        edit(path, *BROKEN[mistake][:2])
    with pytest.raises(KpiError) as error:
        load("kumamoto", 2022)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("year", "problem"),
    [
        (2021, r"2021年の実績の列がありません。.*2022年、2023年、2024年"),
        # Last year's sheet under this year's name.
        (2023, "列「2023年」の実績が全て空白です"),
    ],
)
def test_sheet_of_another_year_is_named(project, year, problem):
    folder = project / "data/kumamoto"
    shutil.copy(folder / "2022.txt", folder / f"{year}.txt")
    with pytest.raises(KpiError, match=problem):
        load("kumamoto", year)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "text", "block"),
    [
        ("【(2)No.8】", "【(2)No.8ほか】", 56, "text", "【(2)No.8ほか】", 7),
        ("【(1)No.2、", "【(1)No.12、", 39, "message", "(1)No.12 が表にない", 0),
    ],
    ids=["of another form", "to a row that is not there"],
)
def test_reference_that_leads_nowhere_is_named(edited, old, new, line, column, text, block):
    evaluation = edited(old, new)
    read = evaluation.sheet
    assert block not in set(read.references["block"])
    # What is no reference stays in the heading.
    assert read.commentary["heading"].iloc[-1].endswith(new) == bool(block)
    (found,) = findings_of(evaluation, "narrative-dangling").to_dict("records")
    assert found["source"] == f"data/kumamoto/2022.txt:{line}" and text in found[column]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**（3）SDGs 未来都市計画推進の", "## SDGs 未来都市計画推進の"),
        ("\n- 「", "\n* 「"),
        ("\n- 「", "\n「"),
        ("\n- 「", "\n - 「"),
        ("\n- 「", "\n- \n- 「"),
        ("【(2)No.8】", "[(2)NO.8]。"),
    ],
)
def test_commentary_of_another_form_is_read(edited, sheet, old, new):
    """A heading without a number, other marks or none, a mark without words, other brackets."""
    read = edited(old, new, count=99).sheet
    for column in ("heading", "text"):
        assert read.commentary[column].tolist() == sheet.commentary[column].tolist()
    assert read.references.equals(sheet.references)


def test_both_ends_of_a_range_stand_in_the_unit_of_the_baseline(judged_row):
    row = judged_row(baseline="4万人", actual="3.5 万人", target="25,000～30,000 人")
    assert (row["target_value"], row["target_upper"], row["achievement"]) == (2.5, 3, 50)


@pytest.mark.parametrize("actual", ["0 人", "12 人", "0 ポイント"])
def test_unit_of_another_base_stays(one_row, actual):
    """A zero, too, is a zero of something."""
    sheet = one_row(actual=f"2022年度 {actual}")
    point = sheet.points.iloc[0]
    assert point["unit"] == actual.split()[1] != sheet.rows()["unit"].iloc[0]
    assert judge(sheet.rows(), sheet.plan)["status"].iloc[0] == "undetermined"
