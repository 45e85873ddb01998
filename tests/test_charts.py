import base64
import re
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from kpi_utils.judging.findings import evaluate
from kpi_utils.language import speaking
from kpi_utils.showing.charts import overview, pace, progress
from kpi_utils.showing.drawing import COLOURS, DARK_COLOURS, FONT
from kpi_utils.showing.sentences import sentence
from kpi_utils.showing.tables import missed


def words(chart):
    """The text of a picture, without white space and line breaks."""
    svg = chart.svg.decode()
    return re.sub(r"\s", "", "".join(re.findall(r">([^<>]*)<", svg[svg.index("</metadata>") :])))


def first(sheet):
    """The picture of a sheet's first KPI."""
    evaluation = evaluate(sheet)
    return progress(evaluation, evaluation.kpi_table().iloc[0])


def test_overview_names_every_kpi_with_figure_and_status(kpis):
    chart = overview(kpis)
    text = words(chart)
    for kpi in kpis.itertuples():
        assert re.sub(r"\s", "", kpi.label) in text
        assert kpi.label in chart.alt
    for figure in ("−126%後退", "−1%後退", "0%横ばい", "86%前進", "116%達成"):
        assert figure in text
    assert "後退2、横ばい1、前進5、達成5" in chart.alt


def test_cut_bar_says_so_and_prints_its_number(kpis):
    assert "655%達成（棒は途中で省略）" in words(overview(kpis))
    shown = kpis[kpis["achievement"] != 655]
    assert "省略" not in words(overview(shown))


def test_bar_below_the_axis_is_cut_too(kpis):
    low = kpis.assign(achievement=kpis["achievement"].replace(-126, -900))
    assert "−900%後退（棒は途中で省略）" in words(overview(low))


def test_picture_of_each_kpi_that_is_not_met(evaluation, kpis):
    open_kpis = missed(evaluation)
    assert open_kpis["status"].tolist() == ["regressed"] * 2 + ["unchanged"] + ["progressing"] * 5
    chart = progress(evaluation, open_kpis.iloc[0])
    text = words(chart)
    for said in ("当初値2,620十億円", "実績2,529十億円", "目標値2,692十億円", "2018年度", "2023"):
        assert said in text
    assert chart.alt == f"市内総生産額の図。{sentence(evaluation, open_kpis.iloc[0])}"


def extents(chart):
    """The boxes of all texts of a picture, in pixels."""
    renderer = FigureCanvasAgg(chart.figure).get_renderer()
    chart.figure.draw(renderer)
    texts = [text for text in chart.figure.findobj(Text) if text.get_text() and text.get_visible()]
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in texts}
    for text, box in boxes.items():
        if text.startswith("\n"):
            # A year on the second line: its first line is empty.
            box.y1 = (box.y0 + box.y1) / 2
    return boxes


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("bars", [1, 2, 13])
def test_overview_of_few_or_many_bars_lies_within_its_picture(kpis, bars, narrow):
    chart = overview(kpis.iloc[:bars], narrow)
    boxes = extents(chart)
    width, height = chart.figure.bbox.size
    assert "目標値（100%）" in boxes
    for text, box in boxes.items():
        assert box.y0 >= 0 and box.y1 <= height and box.x0 >= -1 and box.x1 <= width + 1, text


def test_narrow_overview_says_the_same_with_the_names_above_the_bars(kpis):
    wide, narrow = overview(kpis), overview(kpis, narrow=True)
    assert sorted(words(narrow)) == sorted(words(wide)) and narrow.alt == wide.alt
    for (one, box), (other, beside) in combinations(extents(narrow).items(), 2):
        assert not box.overlaps(beside), (one, other)


# Rows whose labels come near each other: like those of a plan's last years.
CROWDED = [
    {},
    {"actual": "2029年度 19 件", "fiscal_year": 2029},
    {"actual": "2030年度 19 件", "fiscal_year": 2030},
    {"actual": "2030年度 21 件", "fiscal_year": 2030},
    {"actual": "2030年度 20 件", "fiscal_year": 2030},
    {"actual": "2029年度 9 件", "fiscal_year": 2029},
    {"actual": "2021年度 10 件"},
    {"actual": "2021年度 11 件", "later": "2022年度 12 件", "fiscal_year": 2023},
    {"target": "2030年 5 件", "actual": "2030年度 4 件", "fiscal_year": 2030},
    {"target": "2030年 5～8 件", "actual": "2029年度 9 件", "fiscal_year": 2029},
    {"target": "2023年 12,345 十億円", "baseline": "2018年度 12,000 十億円",
     "actual": "2022年度 12,346 十億円"},
]  # fmt: skip


@pytest.mark.parametrize("cells", CROWDED)
def test_no_two_texts_of_a_picture_overlap(one_row, cells):
    if "fiscal_year" in cells and "later" not in cells:
        # The column of the year stands in the made-up sheet as 2023.
        cells = cells | {"later": cells["actual"], "actual": "", "fiscal_year": 2023}
    sheet = one_row(**cells)
    chart = first(sheet)
    boxes = extents(chart)
    width, height = chart.figure.bbox.size
    for (one, box), (other, other_box) in combinations(boxes.items(), 2):
        assert not box.padded(-1).overlaps(other_box.padded(-1)), (one, other)
    for text, box in boxes.items():
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1, text


def test_no_two_texts_of_the_overview_overlap(kpis):
    boxes = extents(overview(kpis))
    for (one, box), (other, other_box) in combinations(boxes.items(), 2):
        assert not box.padded(-1).overlaps(other_box.padded(-1)), (one, other)


def test_pace_chart_names_each_kpi_and_cuts_what_lies_beyond(kpis):
    chart = pace(kpis)
    text = words(chart)
    assert "−126%（軸外）" in text and "655%（軸外）" in text
    assert text.count("（軸外）") == 2
    assert "12指標" in chart.alt and "市内総生産額は経過40%に対し達成度−126%" in chart.alt
    for place in range(1, 13):
        assert str(place) in text


def test_no_two_texts_of_the_pace_chart_overlap(kpis):
    boxes = extents(pace(kpis))
    for (one, box), (other, other_box) in combinations(boxes.items(), 2):
        assert not box.padded(-1).overlaps(other_box.padded(-1)), (one, other)


def test_no_kpi_with_a_pace_no_chart(kpis):
    assert pace(kpis[kpis["target_kind"] == "direction_only"]) is None


def test_path_that_would_reach_the_target_is_drawn_where_there_is_one(evaluation, kpis):
    def dashes(name):
        kpi = kpis[kpis["label"].str.startswith(name)].iloc[0]
        lines = progress(evaluation, kpi).figure.axes[0].lines
        return [
            line for line in lines if line.get_linestyle() == "--" and len(line.get_xdata()) == 2
        ]

    assert [line.get_xdata().tolist() for line in dashes("市内総生産額")] == [[2020, 2023]]
    assert dashes("温室効果ガス") == []


def test_years_stand_where_they_lie_in_time(evaluation, kpis):
    kpi = kpis[kpis["label"].str.startswith("地域活動")].iloc[0]
    axes = progress(evaluation, kpi).figure.axes[0]
    assert axes.get_xticks().tolist() == [2020, 2022, 2030]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"target": "2030年 15～20 件"}, "目標値15～20件"),
        ({"target": "2030年 12 件以上", "actual": "2022年度 11 件"}, "目標値12件以上"),
        ({"target": "2030年 減少"}, "実績12件"),
        ({"actual": "集計中"}, "当初値10件"),
        ({"baseline": "2020年度 0 件", "actual": "2022年度 0 件", "target": "2022年 減少"}, "0件"),
        ({"name": "架空の$指標$"}, "実績12件"),
    ],
)
def test_picture_of_other_kinds(one_row, cells, said):
    sheet = one_row(**cells)
    assert said in words(first(sheet))


def test_no_number_no_picture(one_row):
    sheet = one_row(baseline="", actual="集計中", target="2030年 減少")
    assert first(sheet) is None


def test_same_picture_same_bytes(evaluation, kpis):
    assert overview(kpis).svg == overview(kpis).svg
    kpi = missed(evaluation).iloc[0]
    drawn = progress(evaluation, kpi)
    again = progress(evaluate(evaluation.sheet), kpi)
    assert again is not drawn
    assert again.svg == drawn.svg


def test_picture_is_drawn_once_for_notebook_and_report(evaluation):
    kpi = missed(evaluation).iloc[0]
    drawn = progress(evaluation, kpi)
    assert progress(evaluation, kpi) is drawn
    with speaking("en"):
        english = progress(evaluation, kpi)
    assert "FY2018" in words(english)
    assert "2018年度" in words(drawn)


def test_label_of_one_long_word(kpis):
    chart = overview(kpis.assign(label="A" * 60))
    assert "A" * 60 in words(chart)
    assert overview(kpis.assign(label="X")).svg


def test_font_is_the_packages_own(kpis):
    overview(kpis)
    found = font_manager.findfont(FONT, fallback_to_default=False)
    assert "noto_cjk_sans_jp_regular" in found
    assert "DejaVu" not in overview(kpis).svg.decode()


def test_character_that_the_font_lacks_is_text_for_the_readers_fonts(kpis):
    assert "指標\U0001f600" in overview(kpis.assign(label="指標\U0001f600")).svg.decode()


def luminance(colour):
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in mpl.colors.to_rgb(colour)
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
def test_white_text_on_each_colour_is_legible(colour):
    """WCAG 2 contrast of at least 4.5."""
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("colour", DARK_COLOURS.values(), ids=DARK_COLOURS)
def test_dark_text_on_each_colour_is_legible_and_each_on_dark_paper(colour):
    """The colours of --on-status and --paper in page.css."""
    for other in ("#14171a", "#16191d"):
        assert (luminance(colour) + 0.05) / (luminance(other) + 0.05) >= 4.5


# How linear RGB is seen without red, green or blue cones: Machado, Oliveira and Fernandes (2009).
SIGHTS = {
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colour, sight):
    """A colour in CIE L*a*b* as eyes of some kind see it."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1)
    to_xyz = [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8729]]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("colours", [COLOURS, DARK_COLOURS], ids=["light", "dark"])
def test_statuses_are_told_apart_by_all_eyes(colours, sight):
    for one, other in combinations(colours, 2):
        apart = np.linalg.norm(seen(colours[one], sight) - seen(colours[other], sight))
        assert apart >= 10, (one, other)


def test_bars_are_told_apart_in_grey():
    """Bars to the right, met or progressing, differ in CIE lightness; the left ones are hatched."""
    met, progressing = (
        116 * luminance(COLOURS[status]) ** (1 / 3) - 16 for status in ("met", "progressing")
    )
    assert progressing - met > 20


def test_notebook_gets_the_alt_text(kpis):
    chart = overview(kpis)
    shown = chart._repr_html_()
    assert f'alt="{chart.alt}"' in shown
    data = re.search('src="data:image/svg[+]xml;base64,([^"]+)"', shown)[1]
    picture = base64.b64decode(data).decode()
    assert f"font-family: '{FONT}', sans-serif" in picture
    assert picture.replace(", sans-serif", "") == chart.svg.decode()
