"""A notebook, executed by papermill in a kernel that runs already, and its page in HTML.

papermill and nbconvert are slow to import: ``run`` imports this module while the kernel starts.
"""

import shutil
from pathlib import Path

import papermill
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError

from kpi_utils.errors import KpiError

__all__ = ["execute", "html"]


def execute(notebook: Path, output: Path, parameters: dict, kernel, kept: Path) -> dict:
    """Execute a notebook with parameters; returns it with its outputs.

    Raises KpiError with the message of a cell that raised one. Where a cell fails otherwise, the
    error names the cell, and the notebook so far stays at ``kept``.
    """
    try:
        executed = papermill.execute_notebook(
            notebook,
            output,
            parameters,
            km=kernel,
            progress_bar=False,
            request_save_on_cell_execute=False,
        )
    except PapermillExecutionError as error:
        if error.ename == KpiError.__name__:
            raise KpiError(error.evalue.split("\n")) from None
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(output, kept)
        raise KpiError(
            f"{notebook.name} のセル [{error.exec_count}] で止まりました"
            f"（{error.ename}: {error.evalue}）。"
            f"そこまでの記録は {kept.parent.name}/{kept.name} にあります。"
        ) from None
    # Where a machine keeps its files says nothing of the report.
    executed.metadata.papermill |= {"input_path": notebook.name, "output_path": output.name}
    return executed


def html(executed: dict, title: str) -> str:
    """An executed notebook as one page: without code, in Japanese, and nothing from outside."""
    outside = ["mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js"]
    exporter = HTMLExporter(
        language_code="ja",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        **{f"{library}_url": "" for library in outside},
    )
    page, _ = exporter.from_notebook_node(executed, {"metadata": {"name": title}})
    return page
