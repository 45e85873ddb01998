"""Imported by the process that children are forked from: loads what is slow to load once for all.

A notebook is run, and a made-up plan is evaluated and drawn. No PDF is set: typst's threads do not
outlive a fork, and a child would wait for them. Its fonts are read by setting a page of HTML, which
needs no threads.
"""

import gc
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import typst

import kpi_utils.running.batch  # noqa: F401, each child asks for it
from kpi_utils.cells.letters import PATTERN_NAMES, compiled
from kpi_utils.judging.findings import evaluate
from kpi_utils.plan import Plan
from kpi_utils.report import book, content, page, pdf
from kpi_utils.running.exports import kpis_csv
from kpi_utils.running.notebook import nbformat, papermill
from kpi_utils.running.output import locked, versions
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.drawing import FONT

# A made-up sheet that has something of each kind: tables, figures, words, commentary.
SHEET = Path(__file__).with_suffix(".txt")
KERNEL = {"name": "python3", "display_name": "", "language": "python"}
cells = [nbformat.v4.new_code_cell("1")]
empty = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
# What fails here fails in the run that needs it, which says so.
with suppress(Exception), tempfile.TemporaryDirectory() as folder, locked(Path(folder)):
    os.environ["IPYTHONDIR"] = folder
    papermill.execute_notebook(empty, None, engine_name="kpi", progress_bar=False)
    evaluation = evaluate(read_sheet(SHEET, Plan("new", "", ""), 2022, SHEET.name))
    # Draws all figures of a report.
    report = content(evaluation, None, {})
    page(report)
    book(evaluation, kpis_csv(evaluation.rows), report.entries)
    versions()
    frame = f'#set text(font: "{FONT}")\n#html.frame[市 *市*]'.encode()
    typst.compile(frame, format="html", font_paths=pdf.settings()["font_paths"])
    for name in PATTERN_NAMES:
        compiled(name)
    del evaluation, report
# Set above, and by the notebook's shell for its figures.
for name in ("IPYTHONDIR", "MPLBACKEND"):
    os.environ.pop(name, None)
# What is here stays: the children's garbage collections would copy each page of it.
gc.collect()
gc.freeze()
gc.set_threshold(100_000)
