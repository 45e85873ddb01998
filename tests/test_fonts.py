"""The report's font: of the packages, or of the folder that KPI_FONTS names."""

import sys
from pathlib import Path

import pytest

from kpi_utils import KpiError
from kpi_utils.showing.drawing import FONTS_VARIABLE, font_files

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
    with pytest.raises(KpiError, match=f"KPI_FONTS .*NotoSansCJKjp-{weight}.otf"):
        font_files()


def test_file_that_is_no_font_is_refused(folder):
    for weight in ("Regular", "Bold"):
        (folder / f"NotoSansCJK-{weight}.ttc").write_bytes(b"no font")
    with pytest.raises(KpiError, match="KPI_FONTS"):
        font_files()
