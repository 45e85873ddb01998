"""JupyterLab as analysts use it: ``make lab``, Run All Cells, and what is then seen.

Needs ``chromium`` of the system's packages, and runs apart: ``pytest -m browser``.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
import test_browser
from conftest import ROOT

from kpi_utils.running.batch import run_batch, runs
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.words import JAPANESE

pytestmark = pytest.mark.browser

browser = test_browser.browser
TOKEN = "shiken"
SECONDS = 120
# As ``make lab`` starts it, but for what only a test needs: no window of its own, a free port.
SETTINGS = {
    "ServerApp": {"open_browser": False, "port": 0, "allow_root": True},
    "IdentityProvider": {"token": TOKEN},
}


@contextmanager
def lab(project: Path, home: Path):
    """``make lab`` in a project, by an analyst who has never used it; gives its address."""
    shutil.copy(ROOT / "Makefile", project)
    shutil.copytree(ROOT / ".jupyter", project / ".jupyter")
    (home / ".jupyter").mkdir(parents=True)
    (home / ".jupyter/jupyter_server_config.json").write_text(json.dumps(SETTINGS))
    mine = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    # The environment is there already: make takes it for up to date.
    command = ["make", "-o", ".venv/installed", "lab", f"BIN={Path(sys.executable).parent}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=project,
            env=mine | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield address(server, home)
    finally:
        # make, the server and its kernels; the server stops its kernels at once.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def address(server, home: Path) -> str:
    for _ in range(SECONDS * 5):
        assert server.poll() is None, (home / "log").read_text()
        for record in home.rglob("jpserver-*.json"):
            # Read while it is being written, it is not whole.
            if (told := record.read_text()).endswith("}"):
                return json.loads(told)["url"]
        time.sleep(0.2)
    raise AssertionError((home / "log").read_text())


@pytest.fixture
def opened(browser, project, tmp_path_factory):
    """A function that opens a notebook in JupyterLab; in the end nothing was asked outside."""
    asked, home = set(), tmp_path_factory.mktemp("home")
    with lab(project, home) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        tab = context.new_page()
        tab.on("request", lambda request: asked.add(urlsplit(request.url).hostname))

        def open_it(name):
            tab.goto(f"{url}lab/tree/{name}?token={TOKEN}")
            # Cells that are run before the kernel is there are not.
            tab.get_by_text("| Idle").wait_for(timeout=SECONDS * 1000)
            return tab

        yield open_it
        context.close()
    assert asked <= {"localhost", "127.0.0.1", None}


def run_all(tab):
    """Choose Run All Cells, and wait until each cell has run."""
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    tab.wait_for_function(
        r"""() => [...document.querySelectorAll(".jp-CodeCell")]
        .every((cell) => /\[\d+\]/.test(cell.querySelector(".jp-InputPrompt").textContent)
          || cell.querySelector("[data-mime-type*='stderr'], [data-mime-type*='error']"))""",
        timeout=SECONDS * 1000,
    )


def saved(tab, path: Path):
    """The code cells of the notebook as JupyterLab saves it."""
    tab.keyboard.press("Control+s")
    tab.wait_for_function("document.querySelector('.jp-mod-dirty') === null")
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def look(tab):
    """What the outputs show: pictures; of tables in words their cells, fills and numbers."""
    return tab.evaluate(
        """() => {
        const outputs = [...document.querySelectorAll(".jp-OutputArea-output")];
        const tables = outputs.flatMap((output) => [...output.querySelectorAll("table[id^=T_]")]);
        return {
          pictures: outputs.flatMap((output) => [...output.querySelectorAll("img")])
            .map((img) => [img.alt, img.naturalWidth]),
          cells: tables.flatMap((table) => [...table.querySelectorAll("td")]).map((cell) => {
            const style = getComputedStyle(cell);
            return [cell.textContent.trim(), style.backgroundColor, style.color];
          }),
          numbers: tables.flatMap((table) => [...table.querySelectorAll("th")])
            .filter((head) => ["達成度", "指標の数"].includes(head.textContent))
            .flatMap((head) => [...head.closest("table").querySelectorAll(
              "td." + head.className.match(/col\\d+/)[0])])
            .map((cell) => getComputedStyle(cell).textAlign),
          wide: tables.map((table) => table.closest(".jp-OutputArea-output"))
            .filter((output) => output.scrollWidth > output.clientWidth + 1).length,
          hidden: document.querySelectorAll(".jp-TrimmedOutputs").length,
        }; }"""
    )


def check_outputs(tab, path: Path, pictures: int):
    cells = saved(tab, path)
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(cell.execution_count for cell in cells)
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    shown = look(tab)
    assert len(shown["pictures"]) == pictures
    for alt, width in shown["pictures"]:
        assert width > 100 and re.search("[ぁ-ん]", alt), alt
    assert (shown["hidden"], shown["wide"]) == (0, 0)
    raw = re.compile(r"\bnan\b|None|<NA>|\d\.\d{5}", re.IGNORECASE)
    assert not [text for text, *_ in shown["cells"] if raw.search(text)]
    assert set(shown["numbers"]) == {"right"}
    words = JAPANESE.of("status")
    fills = {
        f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})": words[status]
        for status, colour in COLOURS.items()
    }
    filled = [cell for cell in shown["cells"] if cell[1] in fills]
    assert filled
    for text, fill, ink in filled:
        assert fills[fill] in text and ink == "rgb(255, 255, 255)"
    assert tab.get_by_text("Would you like to get notified").count() == 0
    return outputs


# The notebooks, the pictures that they show, and what they make.
NOTEBOOKS = {
    "evaluate": (10, "kumamoto/2022/evaluation.pdf"),
    "compare_years": (2, "kakuu/2023-2024/changes.csv"),
    "portfolio": (0, "portfolio/portfolio.pdf"),
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_cells_shows_all_and_makes_the_report(opened, project, name):
    pictures, made = NOTEBOOKS[name]
    if name == "portfolio":
        with ThreadPoolExecutor() as threads:
            assert "failed" not in {run.status for run in run_batch(runs(["kakuu"]), threads, 1)}
    tab = opened(f"{name}.ipynb")
    run_all(tab)
    outputs = check_outputs(tab, project / f"notebooks/{name}.ipynb", pictures)
    assert made.rpartition("/")[2] in outputs[-1].text
    assert (project / "reports" / made).is_file()
    # A year is no count: it takes no comma.
    assert not [text for text, *_ in look(tab)["cells"] if re.fullmatch("2,0[12][0-9]", text)]
