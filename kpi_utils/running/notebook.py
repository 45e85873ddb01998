"""Executes a notebook with papermill, and renders it as an HTML page."""

import re
import shutil
import sys
from importlib.metadata import files
from pathlib import Path
from typing import Any

from kpi_utils.errors import KpiError, mistake, reason

# jsonschema, which checks notebooks, would import these to check web addresses and durations, which
# no notebook is checked for; to build the first one's grammar takes longer than all other imports.
UNNEEDED = ("rfc3987_syntax", "rfc3986_validator", "isoduration")
modules: dict[str, Any] = sys.modules
hidden = [name for name in UNNEEDED if name not in modules]
modules |= dict.fromkeys(hidden)
import nbformat  # noqa: E402
import papermill  # noqa: E402
from nbformat import NotebookNode, ValidationError  # noqa: E402
from papermill.exceptions import PapermillExecutionError  # noqa: E402
from papermill.log import logger  # noqa: E402

for name in hidden:
    del modules[name]
# Of a parameter that it does not know papermill warns in English; the notebook says it itself.
logger.setLevel("ERROR")


def execute(
    notebook: Path, output: Path, parameters: dict, *, failed: Path, **options
) -> NotebookNode:
    """Executes a notebook with parameters; returns it with its outputs, the same in every run.

    ``options`` are papermill's, such as the engine. If a cell raises KpiError, that error is raised
    here. If a cell fails otherwise, KpiError names the cell, and the notebook with the outputs so
    far is copied to ``failed``.
    """
    _must_be_in_python(notebook)
    try:
        executed = papermill.execute_notebook(
            notebook,
            output,
            parameters,
            request_save_on_cell_execute=False,
            **options,
        )
    except PapermillExecutionError as error:
        if error.ename == KpiError.__name__:
            raise KpiError(error.evalue.split("\n"), error.exec_count) from None
        # Python's reason for a file error is English.
        text = re.sub(
            r"^\[Errno (\d+)\] ([^:]*)",
            lambda match: reason(OSError(int(match[1]), match[2], match[0])),
            error.evalue,
        )
        failed.parent.mkdir(exist_ok=True)
        shutil.copyfile(output, failed)
        cell = {"notebook": notebook.name, "cell": error.exec_count, "kind": error.ename}
        copy = f"{failed.parent.name}/{failed.name}"
        sentence = mistake("run.cell", **cell, text=text, kept=copy)
        raise KpiError(sentence, error.exec_count) from None
    except RuntimeError:
        # The kernel of papermill's default engine ended, or did not start.
        raise KpiError(mistake("run.kernel", notebook=notebook.name)) from None
    return _without_traces(executed, notebook.name)


def _must_be_in_python(notebook: Path) -> None:
    """Raises KpiError if a file is no notebook, or one of another language."""
    try:
        kernel = nbformat.read(notebook, as_version=4).metadata.get("kernelspec", {})
        language = kernel.get("language", "python")
    except (AttributeError, LookupError, ValidationError, ValueError):
        language = ""
    if language != "python":
        raise KpiError(mistake("run.no-notebook", notebook=notebook)) from None


def _without_traces(executed: NotebookNode, name: str) -> NotebookNode:
    """The notebook without what differs from run to run: times, paths, addresses, parts."""
    executed.metadata.papermill = {
        "input_path": name,
        "parameters": executed.metadata.papermill.parameters,
        "version": executed.metadata.papermill.version,
    }
    executed.metadata.language_info.pop("version", None)
    for cell in executed.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
        outputs: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            if "text/plain" in output.get("data", {}):
                plain = output.data["text/plain"]
                output.data["text/plain"] = re.sub(r" at 0x[0-9a-f]+", "", plain)
            # A busy kernel sends what is printed in parts.
            if outputs and output.get("name", "") == outputs[-1].get("name"):
                outputs[-1].text += output.text
            else:
                outputs.append(output)
        if outputs:
            cell.outputs = outputs
    return executed


def html(executed: NotebookNode, title: str) -> str:
    """An executed notebook as one Japanese HTML page, without code and without external files.

    Cells tagged ``notebook-only``, which explain how to run the notebook, are left out.
    """
    # Only the comparison has such a page, and nbconvert is slow to import.
    from nbconvert import HTMLExporter
    from nbconvert.preprocessors import TagRemovePreprocessor

    # nbconvert's templates as they were installed: Jupyter's folders may have others, or none.
    installed = [
        str(Path(file.locate()).parents[3])
        for file in files("nbconvert") or []
        if file.match("templates/lab/conf.json")
    ]

    class Exporter(HTMLExporter):
        def get_prefix_root_dirs(self) -> list[str]:
            return installed

    external = ["mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js"]
    exporter = Exporter(
        language_code="ja",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        **{f"{library}_url": "" for library in external},
    )
    tag_filter = TagRemovePreprocessor(enabled=True, remove_cell_tags={"notebook-only"})
    exporter.register_preprocessor(tag_filter, enabled=True)
    page, _ = exporter.from_notebook_node(executed, {"metadata": {"name": title}})
    return page
