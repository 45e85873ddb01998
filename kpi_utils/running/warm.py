"""Imported by the process that children are forked from: loads what is slow to load once for all.

matplotlib's fonts and pandas' table styles are loaded at first use: do that before forking.
"""

import pandas as pd
import papermill  # noqa: F401, it imports our engine, which imports it

import kpi_utils.report
import kpi_utils.running.engine
import kpi_utils.running.notebook
import kpi_utils.running.run  # noqa: F401
from kpi_utils.showing.drawing import drawing
from kpi_utils.showing.tables import shown

with drawing(1, 1) as figure:
    figure.add_axes((0, 0, 1, 1)).set_title("図")
figure.svg()
shown(pd.DataFrame({"表": ["行"]}))._repr_html_()
