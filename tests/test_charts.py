"""The pictures: what their words say, nothing overlaps, nothing off the page; and the colours."""

import base64
import re
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from kpi_utils import KpiError, evaluate
from kpi_utils.frames import STATUSES
from kpi_utils.judging.judgement import by_status
from kpi_utils.showing.by_year import Mark, draw_by_year
from kpi_utils.showing.charts import overview, pace, path
from kpi_utils.showing.drawing import (
    COLOURS,
    DARK_COLOURS,
    FONT,
    FONTS_VARIABLE,
    drawing,
    font_files,
)
from kpi_utils.showing.sentences import sentence
from kpi_utils.words import JAPANESE


def words(figure):
    """The text of a picture, without white space and line breaks."""
    svg = figure.pages()[0][0].decode()
    return re.sub(r"\s", "", "".join(re.findall(r">([^<>]*)<", svg[svg.index("</metadata>") :])))


def first_path(sheet):
    """The picture of a sheet's first KPI."""
    return path(sheet, evaluate(sheet).kpis.iloc[0])


def kpi_named(kpis, name):
    return kpis[kpis["label"].str.startswith(name)].iloc[0]


def test_overview_names_every_kpi_with_figure_and_status_also_to_be_read_aloud(kpis):
    figure = overview(kpis)
    text = words(figure)
    for kpi in kpis.itertuples():
        assert re.sub(r"\s", "", kpi.label) in text
        assert kpi.label in figure.alt
    for verdict in ("−126%後退", "−1%後退", "0%横ばい", "86%前進", "116%達成"):
        assert verdict in text
    assert "後退2、横ばい1、前進5、達成5" in figure.alt
    shown = figure._repr_html_()
    assert f'alt="{figure.alt}"' in shown
    data = re.search('src="data:image/svg[+]xml;base64,([^"]+)"', shown)[1]
    picture = base64.b64decode(data).decode()
    assert f"font-family: '{FONT}', sans-serif" in picture
    assert picture.replace(", sans-serif", "") == figure.pages()[0][0].decode()


@pytest.mark.parametrize(
    ("achievement", "verdict"), [(655, "655%達成"), (-126, "−126%後退"), (-900, "−900%後退")]
)
def test_cut_bar_says_so_and_prints_its_number(kpis, achievement, verdict):
    one = by_status(kpis).iloc[:1].assign(achievement=achievement)
    one["status"] = "met" if achievement > 0 else "regressed"
    text = words(overview(one))
    assert verdict in text and ("（棒は途中まで）" in text) == (not -150 <= achievement <= 150)


def test_path_of_a_kpi_shows_its_figures_where_their_years_lie(sheet, kpis):
    kpi = kpi_named(kpis, "市内総生産額")
    figure = path(sheet, kpi)
    text = words(figure)
    for label in ("当初値2,620十億円", "実績2,529十億円", "目標値2,692十億円", "2018年度", "2023"):
        assert label in text
    assert figure.alt == f"市内総生産額の図。{sentence(sheet, kpi)}"
    for name, ticks, dashed in (
        ("地域活動", [2020, 2022, 2030], [[2022, 2030]]),
        ("市内総生産額", [2018, 2020, 2023], [[2020, 2023]]),
        ("温室効果ガス", [2016, 2022, 2025], []),
    ):
        axes = path(sheet, kpi_named(kpis, name)).axes[0]
        lines = [line.get_xdata().tolist() for line in axes.lines if line.get_linestyle() == "--"]
        assert axes.get_xticks().tolist() == ticks
        assert [line for line in lines if len(line) == 2 and line[0] > 1] == dashed


@pytest.mark.parametrize("times", [1, 8], ids=["picture", "pages"])
def test_title_that_an_analyst_gives_has_room_of_its_own(kpis, times):
    """On each page that has one: the others stay as they were."""

    def heights(figure):
        return [re.search(rb'viewBox="0 0 \S+ (\S+)"', svg)[1] for svg, _ in figure.pages()]

    figure = overview(pd.concat([kpis] * times, ignore_index=True))
    before = heights(figure)
    assert len(before) == (1 if times == 1 else len(figure.axes)) and len(figure.axes) <= times
    figure.axes[0].set_title("架空の題")
    after = heights(figure)
    assert float(after[0]) > float(before[0]) and after[1:] == before[1:]
    assert "架空の題" in words(figure)


def must_lie_apart_and_within(figure):
    """No two texts of a picture overlap, and none leaves it."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
    width, height = figure.bbox.size
    for text, box in boxes:
        if text.startswith("\n"):
            # A year on the second line: its first line is empty.
            box.y1 = (box.y0 + box.y1) / 2
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1, text
    for (one, box), (other, other_box) in combinations(boxes, 2):
        assert not box.padded(-1).overlaps(other_box.padded(-1)), (one, other)


@pytest.mark.parametrize(("draw", "shown"), [(overview, 1), (overview, 13), (pace, 2), (pace, 13)])
def test_texts_of_a_chart_of_all_kpis_lie_apart_and_within(kpis, draw, shown):
    must_lie_apart_and_within(draw(kpis.iloc[:shown]))
    must_lie_apart_and_within(draw(kpis.iloc[:3].assign(label="協働により実施する架空の取組" * 9)))


# Rows whose labels come near each other: like those of a plan's last years.
CROWDED = [
    {},
    {"baseline": "2020年度 男女計:8.5% 男性:12.9% 女性:2.8%", "target": "2023年 5.0%",
     "actual": "2022年度 男女計:6.4% 男性:9.8% 女性:2.3%"},
    {"actual": "2029年度 19 件", "fiscal_year": 2029},
    {"actual": "2030年度 19 件", "fiscal_year": 2030},
    {"actual": "2030年度 21 件", "fiscal_year": 2030},
    {"actual": "2030年度 20 件", "fiscal_year": 2030},
    {"actual": "2029年度 9 件", "fiscal_year": 2029},
    {"actual": "2021年度 15 件", "later": "2022年度 12 件", "fiscal_year": 2023},
    {"actual": "2021年度 10 件"},
    {"actual": "2021年度 11 件", "later": "2022年度 12 件", "fiscal_year": 2023},
    {"target": "2030年 5 件", "actual": "2030年度 4 件", "fiscal_year": 2030},
    {"target": "2030年 5～8 件", "actual": "2029年度 9 件", "fiscal_year": 2029},
    {"target": "2023年 12,345 十億円", "baseline": "2018年度 12,000 十億円",
     "actual": "2022年度 12,346 十億円"},
    {"target": "2030年 3,000 地区連絡協議会", "baseline": "2020年度 1,415 地区連絡協議会",
     "actual": "2022年度 2,616 地区連絡協議会"},
]  # fmt: skip


@pytest.mark.parametrize("first", [2011, 1993])
def test_years_of_a_long_path_lie_apart_and_the_last_one_is_named(first):
    years = range(first, 2024)
    marks = [Mark("baseline", first, 10, "10 件"), *(Mark("actual", y, 11, "11 件") for y in years)]
    with drawing(2.76, 1.6) as figure:
        axes = figure.add_axes((0.13, 0.19, 0.74, 0.8))
        marks.append(Mark("target", 2026, 40, "40 件"))
        draw_by_year(axes, marks, status="met", size=6, room=(0.65, 0.6), words=JAPANESE)
    must_lie_apart_and_within(figure)
    named = [label.get_text().strip() for label in axes.get_xticklabels()]
    assert (named[0], named[-1]) == (f"{first}年度", "2026")


def test_label_of_the_newest_mark_leaves_a_target_on_the_way_free():
    marks = [Mark("baseline", 2021, 12, "12%"), Mark("actual", 2024, 23, "23.4%（速報値）")]
    marks += [Mark("target", 2025, 30, "30%"), Mark("target", 2030, 50, "50%")]
    with drawing(6.85, 1.95) as figure:
        axes = figure.add_axes((0.055, 0.19, 0.22, 0.62))
        draw_by_year(axes, marks, status="progressing", size=5, room=(0.9, 0.9), words=JAPANESE)
    must_lie_apart_and_within(figure)
    (label,) = (text for text in axes.texts if text.get_text().startswith("実績"))
    box = label.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert box.x1 < axes.transData.transform((2025, 30))[0]


@pytest.mark.trial
@pytest.mark.parametrize("cells", CROWDED)
def test_texts_of_a_path_lie_apart_and_within(one_row, cells):
    if "fiscal_year" in cells and "later" not in cells:
        # The column of the year stands in the made-up sheet as 2023.
        cells = cells | {"later": cells["actual"], "actual": "", "fiscal_year": 2023}
    must_lie_apart_and_within(first_path(one_row(**cells)))


def test_pace_chart_names_each_kpi_and_cuts_what_lies_beyond(kpis):
    figure = pace(kpis)
    text = words(figure)
    assert "−126%（軸外）" in text and "655%（軸外）" in text and text.count("（軸外）") == 2
    assert "12指標" in figure.alt and "市内総生産額は経過40%に対し達成度−126%" in figure.alt
    assert all(str(number) in text for number in range(1, 13))
    assert pace(kpis[kpis["target_kind"] == "direction_only"]) is None


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        ({"target": "2030年 15～20 件"}, "目標値15～20件"),
        ({"target": "2030年 12 件以上", "actual": "2022年度 11 件"}, "目標値12件以上"),
        ({"target": "2030年 減少"}, "実績12件"),
        ({"actual": "集計中"}, "当初値10件"),
        ({"baseline": "2020年度 0 件", "actual": "2022年度 0 件", "target": "2022年 減少"}, "0件"),
        ({"name": "架空の$指標$"}, "実績12件"),
    ],
)
def test_path_of_other_kinds(one_row, cells, label):
    assert label in words(first_path(one_row(**cells)))


@pytest.mark.parametrize("label", ["A" * 60, "指標\U0001f600"], ids=["long", "not in the font"])
def test_text_stays_text_in_the_packages_own_font(kpis, label):
    figure = overview(kpis.assign(label=label))
    assert label in words(figure) and b"DejaVu" not in figure.pages()[0][0]
    assert "noto_cjk_sans_jp_regular" in font_manager.findfont(FONT, fallback_to_default=False)


def luminance(colour):
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.array([0.2126, 0.7152, 0.0722]) @ linear


# Text on the fill of a status; and, where it is dark, the fill on the paper: see page.css.
BESIDE = {"white text": (COLOURS, "#ffffff")}
BESIDE |= {"dark text": (DARK_COLOURS, "#14171a"), "dark paper": (DARK_COLOURS, "#16191d")}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("colours", "other"), BESIDE.values(), ids=BESIDE)
def test_colour_is_legible_beside_text_and_paper(status, colours, other):
    """WCAG 2 contrast of at least 4.5."""
    dark, light = sorted([luminance(colours[status]), luminance(other)])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


# -- The font: of the packages, or of the folder that KPI_FONTS names.

PACKAGED = [Path(file) for file in font_files()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that KPI_FONTS names, on a machine without the packages."""
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path))
    for name in ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold"):
        monkeypatch.setitem(sys.modules, name, None)
    font_files.cache_clear()
    yield tmp_path
    font_files.cache_clear()


def test_fonts_of_the_folder_are_taken_without_the_packages(folder):
    for file in PACKAGED:
        (folder / file.name).symlink_to(file)
    assert font_files() == [str(folder / file.name) for file in PACKAGED]


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_folder_that_lacks_a_font_is_refused(folder, weight):
    for file in PACKAGED:
        if weight not in file.name:
            (folder / file.name).symlink_to(file)
    # No font, whatever its name.
    (folder / f"NotoSansCJK-{weight}.ttc").write_bytes(b"no font")
    with pytest.raises(KpiError, match=f"KPI_FONTS .*NotoSansCJKjp-{weight}.otf"):
        font_files()
