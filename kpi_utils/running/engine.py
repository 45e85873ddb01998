"""A papermill engine without a kernel: the cells run in this process, in IPython's own shell.

papermill finds it by name (``papermill --engine kpi``). The shell is that of the IPython kernel,
and its messages are handled by nbclient's own code: outputs, error cells and exceptions are those
of papermill's default engine, without the processes and sockets between. A notebook may change
modules, which the next one in the same process would see: ``batch`` starts a process for each.
"""

import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from types import SimpleNamespace

if "papermill" not in sys.modules:
    # papermill imports this module while it is imported: it must come first, and import it anew.
    del sys.modules[__name__]
    import papermill  # noqa: F401

from ipykernel.compiler import XCachingCompiler
from ipykernel.displayhook import ZMQShellDisplayHook
from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQDisplayPublisher, ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from traitlets.config import Config

INLINE = "module://matplotlib_inline.backend_inline"
# pandas sets this if it is imported in a kernel; in a terminal it fits the columns to the width.
COLUMNS_IN_KERNEL = "display.max_columns", 20


class KpiEngine(NBClientEngine):
    """Executes a notebook in this process, or by papermill's default engine if that is impossible.

    It is impossible within IPython, which has its one shell already, and if the time is limited.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        """Executes the notebook of papermill's manager ``nb_man``; for options see papermill."""
        if InteractiveShell.initialized() or options.get("execution_timeout"):
            return super().execute_managed_notebook(nb_man, kernel_name, **options)
        names = {"log_output", "stdout_file", "stderr_file"}
        log_options = {name: options[name] for name in names & options.keys()}
        return _Client(nb_man, kernel_name=kernel_name, log=logger, **log_options).execute()


class _Client(PapermillNotebookClient):
    """papermill's client, but cells run in this process: the shell's messages become outputs."""

    def execute(self) -> NotebookNode:
        self.reset_execution_trackers()
        with _shell(
            lambda sent: self.process_message(sent, self._cell, self._index)
        ) as self._shell:
            self._out, self._err = (_Stream(name, self._shell) for name in ("stdout", "stderr"))
            self.papermill_execute_cells()
        self.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        return self.nb

    def execute_cell(self, cell: NotebookNode, cell_index: int) -> None:
        if self.nb_man.pbar and cell.cell_type == "markdown" and cell.source.startswith("#"):
            # The step that begins here stands on papermill's line of progress.
            heading = cell.source.partition("\n")[0]
            self.nb_man.pbar.set_description_str(heading.strip("# "))
        if cell.cell_type != "code" or not cell.source.strip():
            return
        tags = cell.metadata.get("tags", [])
        if self.skip_cells_with_tag in tags:
            return
        self._cell, self._index = cell, cell_index
        cell.execution_count = self._shell.execution_count
        self.clear_before_next_output = False
        if self._shell.exit_now:
            raise DeadKernelError("Kernel died")
        with redirect_stdout(self._out), redirect_stderr(self._err):
            result = self._shell.run_cell(cell.source, store_history=True)
            self._out.flush()
            self._err.flush()
        error = result.error_before_exec or result.error_in_exec
        if isinstance(error, KeyboardInterrupt):
            raise error
        has_failed = error or getattr(self._shell, "_last_traceback_during_displayhook", False)
        if has_failed and "raises-exception" not in tags:
            raise CellExecutionError("", type(error).__name__, str(error))


class _Messages(Session):
    """Passes the messages of a shell to a function; a kernel's session sends them to sockets."""

    def __init__(self, receive: Callable[[dict], None]):
        super().__init__()
        self._receive = receive

    def send(self, stream, msg_or_type, content=None, parent=None, *_, **__) -> None:
        if not isinstance(msg_or_type, dict):
            msg_or_type = self.msg(msg_or_type, content, parent)
        self._receive(msg_or_type)


class _ZMQShell(ZMQInteractiveShell):
    """The kernel's shell, without a kernel and its event loops.

    pandas looks for "zmq" in the class's name to learn that its tables are not for a terminal.
    """

    displayhook: ZMQShellDisplayHook
    display_pub: ZMQDisplayPublisher
    kernel = SimpleNamespace(eventloop=None)

    def enable_gui(self, gui=None) -> None:
        self.active_eventloop = gui


@contextmanager
def _shell(receive: Callable[[dict], None]) -> Iterator[_ZMQShell]:
    """Yields a new shell, which is IPython's current one in the block."""
    shell = _ZMQShell.instance(
        config=Config(HistoryManager={"enabled": False}), compiler_class=XCachingCompiler
    )
    shell.displayhook.session = shell.display_pub.session = _Messages(receive)
    shell.builtin_trap.auto_builtins["input"] = _no_input
    # As in a kernel, figures are displayed at the end of a cell.
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = INLINE
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rcParams["backend"] = INLINE
    with ExitStack() as settings:
        settings.callback(_ZMQShell.clear_instance)
        settings.callback(shell.restore_sys_module_state)
        settings.enter_context(warnings.catch_warnings())
        # What was imported before the shell began gets the settings of a new kernel.
        if pandas := sys.modules.get("pandas"):
            settings.enter_context(pandas.option_context(*COLUMNS_IN_KERNEL))
        if matplotlib := sys.modules.get("matplotlib"):
            settings.enter_context(matplotlib.rc_context())
            matplotlib.rcdefaults()
        yield shell


class _Stream(io.StringIO):
    """Collects what the cells write to stdout or stderr.

    It is sent as a message at each flush: before each display, and at the end of the cell. A
    program that a cell starts writes to this process's own stdout and stderr, not to this stream.
    """

    encoding = "UTF-8"

    def __init__(self, name: str, shell: _ZMQShell):
        super().__init__()
        self._name, self._session = name, shell.displayhook.session

    def flush(self) -> None:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        if text and self._session:
            self._session.send(None, "stream", {"name": self._name, "text": text})


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )
