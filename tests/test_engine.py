"""Our papermill engine against papermill's default one: same outputs, error cells, exceptions."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
from conftest import copy_trial
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from kpi_utils import make_comparison, make_portfolio, make_report
from kpi_utils.running import child
from kpi_utils.running.child import in_child
from kpi_utils.running.notebook import execute

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}


def raises(source: str):
    return new_code_cell(source, metadata={"tags": ["raises-exception"]})


# Made-up notebooks: the cells of each.
CELLS = {
    "all goes well": [
        "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n5",
        "print('before')\ndisplay('shown')\nprint('after')\nsys.stderr.write('x')",
        "print('日本語', sys.stdout.encoding, sys.stderr.encoding, end='')",
        "'quiet';",
        "x = 3\nx",
        "_ + 1, Out[1], In[1]",
        "import pandas as pd\nframe = pd.DataFrame({'値': [1.5, None]}, index=['甲', '乙'])\nframe",
        "frame.style.format(precision=2).set_uuid('made-up')",
        # As wide as in a kernel, whatever the terminal.
        "pd.DataFrame([range(10**8, 10**8 + 30)] * 3)",
        "from IPython.display import HTML, JSON, Markdown, clear_output\nHTML('<b>x</b>')",
        "display(Markdown('# x'), JSON({'a': [1]}), metadata={'text/plain': {'y': 1}})",
        "display({'text/plain': 'raw', 'image/png': 'AAAA'}, raw=True)",
        # From here on figures have our font, as in a process that has drawn before.
        "from kpi_utils import charts",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nplt.title('x')",
        "figure, axes = plt.subplots(figsize=(2, 1))\naxes.bar([1], [2]);",
        "plt.gcf().axes, figure",
        "%matplotlib inline\nplt.plot([1, 2]);",
        "handle = display('first', display_id='one')",
        "handle.update('second')\ndisplay('third', display_id='one')",
        "print('gone')\nclear_output()\nprint('stays')",
        "print('gone')\nclear_output(wait=True)\nprint('stays')",
        "%%capture kept\nprint('kept')",
        "kept.stdout",
        "!echo from the shell",
        "%nosuchmagic",
        "import warnings\nwarnings.warn('careful')",
        "import logging\nlogging.warning('logged')\nlogging.getLogger('x').info('not')",
        "import asyncio\nawait asyncio.sleep(0)\n'waited'",
        "import __main__, pickle\nclass C: pass\n__main__.C is C, __name__",
        "pickle.loads(pickle.dumps(C())).__class__ is C",
        "import os\nos.getcwd() == os.path.realpath('.'), sys.stdin.read()",
        "",
        new_markdown_cell("# words"),
        new_code_cell("1 / 0", metadata={"tags": ["skip-execution"]}),
    ],
    "errors that may be": [
        raises("def f():\n    return 1 / 0\nprint('before')\nf()"),
        raises("assert False"),
        raises("raise KeyError('鍵')"),
        raises("from kpi_utils import KpiError\nraise KpiError(['1行目', '2行目'])"),
        raises("class Broken:\n    def _repr_html_(self): raise ValueError('no')\nBroken()"),
        "display(Broken())\n1",
        raises("x = = 1"),
        raises("import sys\nsys.exit(3)"),
        "'goes on'",
    ],
    "exception": ["def f():\n    return 1 / 0", "print('before')\nf()", "print('never')"],
    "syntax error": ["x = = 1", "2"],
    "exception in a display": ["class Broken:\n    def __repr__(self): 1 / 0", "Broken()", "2"],
    "SystemExit": ["import sys\nsys.exit(3)", "2"],
    "SystemExit without a code": ["import sys\nsys.exit()", "2"],
    "input": ["input('?')"],
    "exit": ["print(1)", "exit()", "import time\ntime.sleep(5)"],
}  # fmt: skip


def run(notebook, folder: str, engine: str) -> tuple:
    """The executed notebook, without what differs from time to time, and the exception."""
    told = None
    output = Path(folder, "out.ipynb")
    try:
        papermill.execute_notebook(
            notebook, output, engine_name=engine, cwd=folder, progress_bar=False
        )
    except Exception as error:
        parts = ("cell_index", "exec_count", "ename", "evalue")
        told = type(error).__name__, *(getattr(error, part, None) for part in parts)
    executed = nbformat.read(output, 4)
    for cell in executed.cells:
        cell.id = ""
        cell.metadata.pop("execution", None)
        if timed := cell.metadata.pop("papermill", None):
            cell.metadata["stood"] = timed.status, timed.exception
    executed.metadata.papermill = executed.metadata.papermill.get("exception")
    cells = [settled(json.dumps(cell, ensure_ascii=False)) for cell in executed.cells]
    return cells, executed.metadata, told


def settled(text: str) -> str:
    text = re.sub(r"ipykernel_\d+|(?<= at )0x[0-9a-f]+", "", text)
    # The code that refuses input() stands in the traceback.
    return re.sub(r'"[^"]{0,20}File [^"]*(kernelbase|engine)\.py.*?", "(?=[^"]*Stdin)', "", text)


def test_limited_time_is_kept(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("import time\ntime.sleep(9)")])
    notebook.metadata["kernelspec"] = KERNEL
    options = {"engine_name": "kpi", "execution_timeout": 1, "progress_bar": False}
    with pytest.raises(CellTimeoutError):
        papermill.execute_notebook(notebook, tmp_path / "out.ipynb", **options)


@pytest.mark.trial
@pytest.mark.parametrize("name", CELLS)
def test_made_up_notebook_gives_the_same(name, tmp_path):
    cells = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in CELLS[name]]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    reference, ours = (
        in_child(run, notebook, str(tmp_path), engine, seconds=100)
        for engine in ("nbclient", "kpi")
    )
    for ours_of_cell, reference_of_cell in zip(ours[0], reference[0], strict=True):
        assert ours_of_cell == reference_of_cell
    assert ours[1:] == reference[1:]


@pytest.fixture(scope="module")
def by_engines(tmp_path_factory):
    """The reports of two projects: reports, a comparison and a portfolio, by either engine."""
    folders = []
    for engine in ("nbclient", "kpi"):
        folders.append(copy_trial(tmp_path_factory.mktemp(engine)))
        for make, *arguments in MAKES:
            in_child(made_in, str(folders[-1]), make, *arguments, engine, seconds=100)
    return [folder / "reports" for folder in folders]


MAKES = [(make_report, "kumamoto", 2022), (make_report, "kumamoto", 2023)]
MAKES += [(make_comparison, "kumamoto", 2022, 2023), (make_portfolio, None)]


def made_in(folder: str, make, *arguments) -> None:
    os.chdir(folder)
    make(*arguments)


@pytest.mark.trial
@pytest.mark.parametrize(
    "folder", ["kumamoto/2022", "kumamoto/2023", "kumamoto/2022-2023", "portfolio"]
)
def test_engine_gives_what_the_kernel_gives(by_engines, folder):
    """All files, byte for byte; compared with last year's sheet, both."""
    theirs, ours = (sorted((reports / folder).iterdir()) for reports in by_engines)
    assert [file.name for file in ours] == [file.name for file in theirs] != []
    for one, other in zip(ours, theirs, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


@pytest.mark.trial
@pytest.mark.parametrize("first", ["papermill", "kpi_utils.running.engine"])
def test_papermill_knows_the_engine(tmp_path, first):
    """Whichever of the two is imported first."""
    notebook = new_notebook(cells=[new_code_cell("6 * 7")], metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, tmp_path / "in.ipynb")
    code = f"import {first}, papermill\n"
    code += "options = {'engine_name': 'kpi', 'progress_bar': False}\n"
    code += "print(papermill.execute_notebook('in.ipynb', None, **options).cells[0].outputs)"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
    assert "'text/plain': '42'" in printed.stdout


def test_what_a_cell_prints_in_parts_is_one_output(tmp_path):
    """A busy kernel sends a part when it can: the same notebook is the same each time."""
    cells = [new_code_cell("print('a', flush=True)\nprint('b')\ndisplay('c')\nprint('d')")]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, tmp_path / "in.ipynb")
    places = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    options = {"engine_name": "kpi", "cwd": tmp_path, "progress_bar": False}
    executed = execute(*places, {}, failed=tmp_path / "failed.ipynb", **options)
    assert [output.get("text") for output in executed.cells[0].outputs] == ["a\nb\n", None, "d\n"]


def test_child_raises_what_its_function_raises_and_draws_numbers_of_its_own():
    with pytest.raises(ZeroDivisionError):
        in_child(divmod, 7, 0, seconds=60)
    with pytest.raises(BrokenProcessPool):
        in_child(os._exit, 0, seconds=60)
    with pytest.raises(child.TimeLimit):
        in_child(time.sleep, 60, seconds=0.1)
    assert in_child(draw, seconds=60) != in_child(draw, seconds=60)


def draw() -> float:
    return np.random.random()
