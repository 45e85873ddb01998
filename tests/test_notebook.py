"""evaluate.ipynb is the analysis: what a cell filters, corrects or adds is what is printed."""

import base64
import re
from dataclasses import replace

import nbformat
import numpy as np
import pandas as pd
import pypdfium2
import pytest
from conftest import contents, copy_project, entries_in, page_texts, text_of_html
from test_cli import kpi

import kpi_utils
from kpi_utils import (
    KpiError,
    charts,
    evaluate,
    find,
    judge,
    load,
    make_report,
    per_kpi,
    readings,
    tables,
    write_report,
)
from kpi_utils.comparing.changes import Changes
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.report.cover import cover
from kpi_utils.running.exports import kpis_csv
from kpi_utils.running.order import must_be_in_order
from kpi_utils.running.output import NOTEBOOK

# Cells that an analyst puts in, each behind or before the one that begins so.
CELLS = [
    # Its first line is that of the cell that papermill injects.
    ("after", "plan = ", "# Parameters\nlow, high = 1, 2"),
    ("after", "overview = charts.overview", 'overview.axes[0].set_title("架空の題")'),
    ("after", "overview = charts.overview", 'overview.axes[0].patches[0].set_color("#123456")'),
    (
        "before",
        "print(\n    write_report(",
        """\
import matplotlib.pyplot as plt

mine, axes = plt.subplots()
kpis["achievement"].plot.barh(ax=axes)
axes.set_title("担当者が加えた図")
# As a merge with a table that has not all of them.
kpis["department"] = kpis["initiative"].map({})
kpi_charts |= {"mine": mine, "題のない図": plt.figure(), "": plt.figure(), "図がない": None}""",
    ),
    (
        "before",
        "rows = judge(",
        'rows.loc[(2, 5), "actual"] = 5; rows["実績比"] = sheet.cells["メモ"] = 1',
    ),
    # A cell that is run again.
    ("after", "rows = rows.assign(", "rows = rows.assign(**readings(rows, sheet, pace_cuts))"),
]


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The folder of a report whose notebook has these cells."""
    root = copy_project(tmp_path_factory.mktemp("changed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        notebook = nbformat.read(NOTEBOOK, 4)
        for side, start, source in CELLS:
            (number,) = (
                number
                for number, cell in enumerate(notebook.cells)
                if cell.cell_type == "code" and cell.source.startswith(start)
            )
            new = nbformat.v4.new_code_cell(source)
            notebook.cells.insert(number + (side == "after"), new)
        nbformat.write(notebook, NOTEBOOK)
        parameters = {"pace_cuts": [1.3, 0.7, 0.1], "outgrown": 110, "fragile_points": 30}
        return root / make_report("kumamoto", 2022, parameters=parameters)


def pdf_pages(folder):
    return page_texts((folder / "evaluation.pdf").read_bytes())


def page_text(folder):
    return text_of_html((folder / "evaluation.html").read_text("utf-8"))


def test_what_an_analyst_draws_is_in_the_pdf_and_on_the_page(changed):
    (number,) = (at for at, page in enumerate(pdf_pages(changed)) if "架空の題" in page)
    assert "架空の題" in page_text(changed)
    assert "#123456" in (changed / "evaluation.html").read_text("utf-8")
    with pypdfium2.PdfDocument(changed / "evaluation.pdf") as pdf:
        page = pdf[number].render(scale=1).to_pil().convert("RGB")
    assert (0x12, 0x34, 0x56) in {colour for _, colour in page.getcolors(maxcolors=10**6)}
    for text in ("".join(pdf_pages(changed)), page_text(changed)):
        assert text.count("担当者が加えた図") >= 2, "as heading and in the figure"
        assert "題のない図" in text


def test_corrected_figure_and_thresholds_change_what_is_found_and_said(changed):
    rows = pd.read_csv(changed / "kpis.csv").set_index(["section", "no"])
    assert rows.loc[(2, 5), ["actual", "achievement"]].tolist() == [5, 75]
    found = pd.read_csv(changed / "findings.csv").set_index("code")
    assert "5 箇所" in found.loc["figure-corrected", "message"]
    first = pdf_pages(changed)[0]
    assert "(2)No.5の数値は、シートの記載でなく、ノートブックで改めたものである。" in first
    for words in ("ノートブックで改めたものである。", "ノートブックで改めた数値"):
        assert words in page_text(changed)
    found, text = pd.read_csv(changed / "findings.csv"), "".join(pdf_pages(changed))
    for code, kpis, words in (
        ("target-outgrown", 4, "達成度が110%以上"),
        ("fragile-percentage", 3, "達成度が30ポイント以上変わる"),
    ):
        of_code = found[found["code"] == code]
        assert of_code["kpi"].nunique() == kpis and of_code["entry"].nunique() == 1
        assert words in text
    paces = pd.read_csv(changed / "kpis.csv").set_index(["section", "no"])["pace_word"]
    assert paces[[(1, 5), (1, 1), (1, 6)]].tolist() == ["slightly_behind", "behind", "backwards"]
    assert "1.3以上を順調、0.7以上をやや遅れ、0.1以上を遅れ、0.1未満を逆行とする。" in text


CORRECTED = {(2, 5): 5}


def steps(actuals=()):
    """The frames of the notebook, with some actuals corrected before they are judged."""
    sheet = load("kumamoto", 2022)
    rows = sheet.rows()
    for listing in actuals:
        rows.loc[listing, "actual"] = actuals[listing]
    rows = judge(rows, sheet.plan)
    rows = rows.join(readings(rows, sheet))
    return sheet, rows, per_kpi(rows)


PART = "取組「③震災の経験をいかした防災・減災のまちづくり」の指標"


@pytest.mark.trial
def test_report_of_a_part_says_so_and_takes_no_place_of_the_whole(project):
    sheet, rows, kpis = steps()
    write_report(sheet, rows, kpis, find(sheet, rows, kpis))
    (whole,) = (project / "reports/kumamoto").glob("[!.]*")
    before = contents(whole)
    part = kpis[kpis["initiative"].str.startswith("③")]
    write_report(sheet, rows.sort_values("actual"), part, find(sheet, rows, part))
    (folder,) = set((project / "reports/kumamoto").glob("[!.]*")) - {whole}
    assert contents(whole) == before
    pages = pdf_pages(folder)
    # At the head of a page what is too long loses its end.
    assert PART in pages[0] and all(page.startswith(PART[:20]) for page in pages[1:])
    assert PART in page_text(folder)
    assert "2指標のうち" in pages[0] and "kpireport" not in pages[-1]
    declared = "よくなる向きは「減少」とする"
    assert declared in page_text(whole) and declared not in page_text(folder)
    printed = pd.read_csv(folder / "kpis.csv")
    assert printed[["section", "no"]].apply(tuple, axis=1).is_monotonic_increasing
    names = printed["name"].str.split(" ").str[0]
    assert set(names) == {"校区防災連絡会の設立数", "大型蓄電池設置箇所数"}
    found = pd.read_csv(folder / "findings.csv", keep_default_na=False)
    assert set(found["kpi"]) <= {*part["kpi"], ""} and "row-missing" not in set(found["code"])
    # Another part of as many KPIs lies beside it.
    other = kpis.iloc[:2]
    write_report(sheet, rows, other, find(sheet, rows, other))
    assert len(list((project / "reports/kumamoto").glob("[!.]*"))) == 3
    assert "13指標のうち2指標" in page_text(next((project / "reports/kumamoto").glob("*13*")))


def test_part_by_a_parameter_on_the_command_line(project):
    """A KPI that another initiative lists first is one of this initiative, too."""
    path = project / "data/kumamoto/2022.txt"
    text = path.read_text("utf-8")
    (again,) = re.findall(r"(?m)^5(\t\t大型蓄電池設置箇所数)(.*)$", text)
    last = text.index("\n", text.index("12\t⑥"))
    path.write_text(f"{text[:last]}\n13{again[0]}【再掲】{again[1]}{text[last:]}", "utf-8")
    run = kpi("report", "kumamoto", "2022", "-p", "initiative", "⑥")
    assert run.returncode == 0, run.stderr
    assert "2指標: 前進1、達成1" in run.stdout
    (folder,) = (project / "reports/kumamoto").glob("[!.]*")
    assert folder.name.startswith("2022-") and "取組「⑥熊本連携" in pdf_pages(folder)[0]
    run = kpi("report", "kumamoto", "2022", "-p", "initiative", "9")
    assert run.returncode == 1 and "kpis に指標が1件もありません" in run.stderr


OUT_OF_ORDER = {
    "rows = judge(...)": lambda f: f["rows"].__setitem__("actual", 5.0),
    "rows = rows.assign(**readings(...))": lambda f: f["rows"].drop(columns="pace", inplace=True),
    "kpis = per_kpi(rows)": lambda f: f["kpis"].__setitem__("status", "met"),
    "rows = sheet.rows()": lambda f: f.update(sheet=load("kakuu", 2024)),
    "findings = find(...)": lambda f: f["findings"].drop(columns="message", inplace=True),
    # A correction that the findings do not tell.
    "findings = find": lambda f: f.update(zip([*f][:3], steps(CORRECTED), strict=True)),
    # No figure, and so neither judged nor told.
    "シートと異なる記載": lambda f: f["rows"].__setitem__("target_raw", "架空"),
    "「rows = sheet.rows()」": lambda f: f.update(rows=pd.concat([f["rows"], f["rows"].head(1)])),
    # A row, figures and a column that nothing is judged by.
    "(2, 50)": lambda f: f["rows"].loc.__setitem__(((2, 50), "actual"), 5.0),
    "actual が「12件」": lambda f: f["rows"].isetitem(f["rows"].columns.get_loc("actual"), "12件"),
    "「actul」という列": lambda f: f["rows"].__setitem__("actul", 5.0),
    "sheet の commentary": lambda f: f["sheet"].commentary.__setitem__("text", "架空"),
    "appraisal": lambda f: f["findings"].__setitem__("text", "架空"),
    # What sort_values(inplace=True) returns.
    "列 section": lambda f: f.update(kpis=None),
    "「kpis = per_kpi": lambda f: f["kpis"].__setitem__("actual", 5.0),
    # Thresholds were changed, and the cells that use them were not run again.
    "「rows = rows.assign": lambda f: f.update(pace_cuts=[1.3, 0.7, 0.1]),
    "「findings": lambda f: f.update(outgrown=1000, fragile_points=50),
    "changes_since_last_year": lambda f: f.update(changes=Changes(2021, None, kakuu())),
    # Figures of the KPIs before they were filtered or corrected, and what is none.
    "図「overview」": lambda f: f.update(figures={"overview": charts.overview(f["kpis"].head(2))}),
    "その名前の図では": lambda f: f.update(figures={"overview": charts.pace(f["kpis"])}),
    "図「mine」": lambda f: f.update(figures={"mine": charts.pace(steps(CORRECTED)[2])}),
    "もう一度実行してください。一部": lambda f: f.update(
        figures={f["kpis"].index[0]: charts.path(f["sheet"], f["kpis"].iloc[1])}
    ),
    "ではありません（str）": lambda f: f.update(figures={f["kpis"].index[0]: "架空"}),
    "figures が list": lambda f: f.update(figures=[charts.pace(f["kpis"])]),
    "axes.figure": lambda f: f.update(figures={"mine": charts.pace(f["kpis"]).axes[0]}),
}


def kakuu():
    return evaluate(load("kakuu", 2024))


@pytest.mark.parametrize("cell", OUT_OF_ORDER)
def test_cell_out_of_order_is_told_and_no_stale_report(project, cell):
    sheet, rows, kpis = steps()
    frames = {"sheet": sheet, "rows": rows, "kpis": kpis, "findings": find(sheet, rows, kpis)}
    OUT_OF_ORDER[cell](frames)
    with pytest.raises(KpiError, match=re.escape(cell)):
        write_report(**frames)
    assert not (project / "reports/kumamoto").exists()


@pytest.mark.parametrize(
    "view",
    [
        lambda rows, kpis: (rows.sort_values("achievement"), kpis.sort_values("pace")),
        lambda rows, kpis: (rows, per_kpi(rows.sort_values("actual"))),
        lambda rows, kpis: (rows.assign(memo="架空"), kpis.assign(label="架空", memo=1)),
        lambda rows, kpis: (rows.convert_dtypes(), kpis.astype({"status": "category"})),
    ],
)
def test_sorted_frames_and_own_columns_belong_together(view):
    sheet, *frames = steps()
    listing = kpis_csv(frames[0])
    frames = view(*frames)
    assert kpis_csv(frames[0].sort_index()).equals(listing)
    findings = find(sheet, *frames).query("severity == 'note'").sort_values("code")
    evaluation = Evaluation(sheet, *frames, findings, np.array([1.0, 0.6, 0.0]))
    evaluation = replace(evaluation, left_out=must_be_in_order(evaluation, None, {}))
    said = cover(evaluation, entries_in(evaluation))
    assert said["found"].endswith("延べ5か所の指摘は、ノートブックで除いてある。")
    # What the sheet prints is no finding: (2)No.10 stays one of the limits.
    assert "1件（(2)No.10）が、上限" in said["reconciled"]


@pytest.mark.parametrize("step", [find, judge])
def test_column_that_a_cell_has_removed_is_told_where_it_is_needed(project, step):
    sheet, rows, kpis = steps()
    frames = (rows.drop(columns="grade"), sheet.plan)
    if step is find:
        frames = sheet, rows, kpis.drop(columns="status")
        # A merge loses the names by which findings know the KPIs.
        for other in (pd.concat([kpis, kpis]), kpis.merge(kpis[["kpi"]], on="kpi")):
            with pytest.raises(KpiError, match="kpis が、今の rows"):
                find(sheet, rows, other)
    with pytest.raises(KpiError, match=r"列 (grade|status) がありません"):
        step(*frames)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("pace_cuts が", lambda sheet, rows, _: readings(rows, sheet, [0.5, 1])),
        ("outgrown が", lambda *frames: find(*frames, outgrown=None)),
        ("列 label", lambda *frames: charts.pace(frames[2].rename(columns={"label": "指標"}))),
        ("kpis が", lambda *frames: charts.overview(frames[2].assign(status="達成"))),
        ("findings が", lambda *f: tables.findings_table(find(*f).assign(message="架空"), f[2])),
        ("rows が", lambda _, rows, kpis: find(load("kakuu", 2024), rows, kpis)),
    ],
)
def test_slip_is_told_by_the_cell_that_meets_it(project, said, step):
    with pytest.raises(KpiError, match=said):
        step(*steps())


def test_notebook_shows_the_figures_of_the_report(made):
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


def test_public_names_are_listed_with_what_they_are():
    assert {"load", "judge", "per_kpi", "readings", "find", "write_report"} <= set(dir(kpi_utils))
    for name in dir(kpi_utils):
        assert len(getattr(kpi_utils, name).__doc__) > 60, name
