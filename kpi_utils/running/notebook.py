"""A notebook, executed by papermill, and its page in HTML."""

import re
import shutil
from pathlib import Path

import papermill
from nbconvert import HTMLExporter
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat.reader import NotJSONError
from papermill.exceptions import PapermillExecutionError

from kpi_utils.errors import KpiError, mistake, reason

__all__ = ["execute", "html"]


def execute(notebook: Path, output: Path, parameters: dict, options: dict, kept: Path) -> dict:
    """Execute a notebook with parameters; returns it with its outputs, the same in every run.

    ``options`` tell papermill by which engine. Raises KpiError with the message of a cell that
    raised one. Where a cell fails otherwise, the error names the cell, and the notebook so far
    stays at ``kept``.
    """
    try:
        executed = papermill.execute_notebook(
            notebook,
            output,
            parameters,
            progress_bar=False,
            request_save_on_cell_execute=False,
            **options,
        )
    except PapermillExecutionError as error:
        if error.ename == KpiError.__name__:
            raise KpiError(error.evalue.split("\n"), error.exec_count) from None
        # What the system says of a file, it says in English.
        text = re.sub(
            r"^\[Errno (\d+)\] ([^:]*)",
            lambda parts: reason(OSError(int(parts[1]), parts[2])),
            error.evalue,
        )
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(output, kept)
        cell = {"notebook": notebook.name, "cell": error.exec_count, "kind": error.ename}
        sentence = mistake("run.cell", **cell, text=text, kept=f"{kept.parent.name}/{kept.name}")
        raise KpiError(sentence, error.exec_count) from None
    except RuntimeError:
        # The kernel of another engine ended, or did not even start.
        raise KpiError(mistake("run.kernel", notebook=notebook.name)) from None
    except NotJSONError:
        raise KpiError(mistake("run.no-notebook", notebook=notebook)) from None
    return _settled(executed, notebook.name)


def _settled(executed: dict, name: str) -> dict:
    """The notebook without times, paths, addresses and random names: what two runs share."""
    executed.metadata.papermill = {
        "input_path": name,
        "parameters": executed.metadata.papermill.parameters,
        "version": executed.metadata.papermill.version,
    }
    executed.metadata.language_info.pop("version", None)
    for cell in executed.cells:
        for timed in ("papermill", "execution"):
            cell.metadata.pop(timed, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
        for output in cell.get("outputs", []):
            if "text/plain" in output.get("data", {}):
                plain = output.data["text/plain"]
                output.data["text/plain"] = re.sub(r" at 0x[0-9a-f]+", "", plain)
    return executed


def html(executed: dict, title: str) -> str:
    """An executed notebook as one page: without code, in Japanese, and nothing from outside.

    Cells tagged ``notebook-only`` tell how to run the notebook, and are left out.
    """
    outside = ["mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js"]
    exporter = HTMLExporter(
        language_code="ja",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        **{f"{library}_url": "" for library in outside},
    )
    left_out = TagRemovePreprocessor(enabled=True, remove_cell_tags={"notebook-only"})
    exporter.register_preprocessor(left_out, enabled=True)
    page, _ = exporter.from_notebook_node(executed, {"metadata": {"name": title}})
    return page
