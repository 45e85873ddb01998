"""evaluate.ipynb is the analysis: what a cell filters, corrects, draws or adds is what is printed."""

import base64
import re
import shutil

import nbformat
import pandas as pd
import pypdfium2
import pytest
from conftest import copy_project, page_texts
from test_cli import kpi

import kpi_utils
from kpi_utils import KpiError, make_report
from kpi_utils.running.output import NOTEBOOK

# The cells that leave a frame or a figure, by how they begin.
OVERVIEW, KPIS, JUDGED = "overview = charts.overview", "kpis = per_kpi", "rows = judge("


@pytest.fixture
def changed(project):
    """A function that puts cells into the notebook (after or before another), and makes a report."""

    def make(*cells, plan="kumamoto", year=2022, **parameters):
        notebook = nbformat.read(NOTEBOOK, 4)
        for side, start, source in cells:
            (place,) = (
                number
                for number, cell in enumerate(notebook.cells)
                if cell.cell_type == "code" and cell.source.startswith(start)
            )
            new = nbformat.v4.new_code_cell(source)
            notebook.cells.insert(place + (side == "after"), new)
        nbformat.write(notebook, NOTEBOOK)
        return project / make_report(plan, year, "kpi", parameters=parameters)

    return make


def pdf_text(folder):
    return "".join(page_texts((folder / "evaluation.pdf").read_bytes()))


def page_text(folder):
    text = (folder / "evaluation.html").read_text("utf-8")
    return re.sub(r"<[^>]*>|\s", "", text)


def test_changed_title_is_in_the_pdf_and_on_the_page(changed):
    folder = changed(("after", OVERVIEW, 'overview.axes[0].set_title("架空の題")'))
    assert "架空の題" in pdf_text(folder)
    assert "架空の題" in page_text(folder)


def test_changed_colour_is_in_the_pdf_and_on_the_page(changed):
    folder = changed(("after", OVERVIEW, 'overview.axes[0].patches[0].set_color("#123456")'))
    assert "#123456" in (folder / "evaluation.html").read_text("utf-8")
    with pypdfium2.PdfDocument(folder / "evaluation.pdf") as pdf:
        page = pdf[1].render(scale=1).to_pil().convert("RGB")
    assert (0x12, 0x34, 0x56) in {colour for _, colour in page.getcolors(maxcolors=10**6)}


def test_own_figure_is_printed_under_its_title(changed):
    draw = """\
import matplotlib.pyplot as plt

mine, axes = plt.subplots()
kpis["achievement"].plot.barh(ax=axes)
axes.set_title("担当者が加えた図")"""
    figures = '{"overview": overview, "mine": mine}'
    folder = changed(
        ("after", OVERVIEW, draw),
        ("before", "print(\n    write_report(", f"paths = {figures} | paths"),
    )
    for text in (pdf_text(folder), page_text(folder)):
        assert text.count("担当者が加えた図") >= 2, "as heading and in the figure"
    assert "市内総生産額" in pdf_text(folder)


@pytest.mark.parametrize("by", ["cell", "parameter"])
def test_report_of_a_part_says_so_and_takes_no_place_of_the_whole(changed, project, by):
    whole = project / make_report("kumamoto", 2022, "kpi")
    before = {path.name: path.read_bytes() for path in whole.iterdir()}
    if by == "parameter":
        folder = changed(initiative="③")
    else:
        cell = 'kpis = kpis[kpis["initiative"].str.startswith("③")]'
        folder = changed(("after", KPIS, cell))
    assert folder != whole and folder.parent == whole.parent
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == before
    part = "取組「③震災の経験をいかした防災・減災のまちづくり」の指標"
    pages = page_texts((folder / "evaluation.pdf").read_bytes())
    assert all(part in page for page in pages[1:]) and part in pages[0]
    assert part in page_text(folder)
    assert "2指標のうち" in pages[0]
    rows = pd.read_csv(folder / "kpis.csv")
    assert set(rows["name"].str.split(" ").str[0]) == {
        "校区防災連絡会の設立数",
        "大型蓄電池設置箇所数",
    }
    found = pd.read_csv(folder / "findings.csv", keep_default_na=False)
    assert set(found["kpi"]) <= {*rows["kpi"], ""}
    assert "row-missing" not in set(found["code"])


def test_parts_of_as_many_kpis_have_folders_of_their_own(changed, project):
    one = changed(initiative="③")
    shutil.rmtree(project / "notebooks")
    shutil.copytree(copy_project_notebooks(project), project / "notebooks")
    other = changed(initiative="⑤")
    assert one != other and one.is_dir() and other.is_dir()


def copy_project_notebooks(project):
    beside = project / "fresh"
    beside.mkdir()
    return copy_project(beside) / "notebooks"


def test_corrected_figure_is_judged_and_said_to_be_no_figure_of_the_sheet(changed):
    folder = changed(("before", JUDGED, 'rows.loc[(2, 5), "actual"] = 5'))
    rows = pd.read_csv(folder / "kpis.csv").set_index(["section", "no"])
    assert rows.loc[(2, 5), ["actual", "achievement"]].tolist() == [5, 75]
    found = pd.read_csv(folder / "findings.csv").set_index("code")
    assert "5 箇所" in found.loc["figure-corrected", "message"]
    first = page_texts((folder / "evaluation.pdf").read_bytes())[0]
    assert "(2)No.5の数値は、シートの記載でなく、ノートブックで改めたものである。" in first
    assert "ノートブックで改めた数値" in page_text(folder)


@pytest.mark.parametrize(
    ("parameters", "code", "places", "words"),
    [
        ({"outgrown": 110}, "target-outgrown", 6, "達成度が110%以上"),
        ({"fragile_points": 30}, "fragile-percentage", 5, "達成度が30ポイント以上変わる"),
    ],
)
def test_threshold_changes_what_is_found_and_the_words(changed, parameters, code, places, words):
    folder = changed(**parameters)
    found = pd.read_csv(folder / "findings.csv")
    assert (found["code"] == code).sum() == places
    assert found.loc[found["code"] == code, "entry"].nunique() == 1
    assert words in pdf_text(folder)


def test_pace_cuts_change_the_paces_and_the_words(changed):
    folder = changed(pace_cuts=[1.3, 0.7, 0.1])
    paces = pd.read_csv(folder / "kpis.csv").set_index(["section", "no"])["pace_word"]
    assert paces[(1, 5)] == "slightly_behind" and paces[(1, 1)] == "behind"
    assert paces[(1, 6)] == "backwards"
    text = pdf_text(folder)
    assert "1.3以上を順調、0.7以上をやや遅れ、0.1以上を遅れ、0.1未満を逆行とする。" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pace_cuts", [1, 2, 3]),
        ("pace_cuts", "x"),
        ("outgrown", 0),
        ("fragile_points", "50"),
        ("initiative", 3),
        ("initiative", "⑨"),
    ],
)
def test_parameter_that_cannot_be_is_told(changed, name, value):
    with pytest.raises(KpiError) as error:
        changed(**{name: value})
    assert name in str(error.value) and "ください" in str(error.value)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ('rows.loc[(2, 5), "actual"] = 5', "rows = judge(...)"),
        ("rows = rows.drop(columns='pace')", "rows = rows.join(readings(...))"),
        ("kpis.loc[kpis.index[0], 'status'] = 'met'", "kpis = per_kpi(rows)"),
        ("sheet = load('kakuu', 2024)", "rows = sheet.rows()"),
        ("findings = findings.drop(columns='message')", "findings = find(...)"),
    ],
)
def test_cell_out_of_order_is_told_and_no_stale_report(changed, project, cell, told):
    with pytest.raises(KpiError, match=re.escape(told)):
        changed(("before", "print(\n    write_report(", cell))
    assert not (project / "reports/kumamoto").exists()


def test_notebook_shows_the_figures_of_the_pdf(made):
    """The pictures that the executed notebook shows are those on the page, byte for byte."""
    notebook = nbformat.read(made / "evaluation.ipynb", 4)
    shown = [
        base64.b64decode(picture).decode()
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for picture in re.findall(
            r"data:image/svg\+xml;base64,([\w+/=]+)", output.get("data", {}).get("text/html", "")
        )
    ]
    drawn = [re.findall(r'<path[^>]* d="([^"]*)"', svg) for svg in shown]
    page = " ".join((made / "evaluation.html").read_text("utf-8").split())
    assert len(drawn) >= 10
    for paths in drawn:
        assert paths and all(" ".join(path.split()) in page for path in paths)


def test_frames_of_the_notebook_plot_and_filter(evaluation):
    rows = evaluation.rows
    assert rows["actual"].describe()["count"] == 22
    assert rows.query("status == 'met'")["kpi"].nunique() == 5
    assert rows.groupby("status").size().sum() == 22
    assert rows.plot(x="elapsed", y="achievement", kind="scatter") is not None
    assert rows[["baseline", "actual", "target"]].dtypes.eq("float64").all()


def test_public_names_are_listed_with_what_they_are():
    assert {"load", "judge", "per_kpi", "readings", "find", "write_report"} <= set(dir(kpi_utils))
    for name in dir(kpi_utils):
        assert len(getattr(kpi_utils, name).__doc__) > 60, name


def test_further_parameter_on_the_command_line(project):
    run = kpi("report", "kumamoto", "2022", "--engine", "kpi", "-p", "outgrown", "110")
    assert run.returncode == 0, run.stderr
    run = kpi("report", "kumamoto", "2022", "--engine", "kpi", "-p", "outgrow", "110")
    assert run.returncode == 1 and "outgrow" in run.stderr
