"""dvnb as an engine of papermill: `papermill --engine dvnb`, `papermill.execute_notebook(engine_name="dvnb")`.

Papermill imports this module while it is being imported itself, so nothing of papermill is imported at module level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvnb.errors import NotebookError
    from dvnb.events import Event, Listener


class DvnbEngine:
    """Runs notebooks as `dvnb notebook run` does: its progress, time-outs, saving after each cell, and error texts."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str | None,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        **options: Any,
    ) -> Any:
        """Run a notebook that papermill has prepared.

        `notebook_timeout` limits the whole notebook, `execution_timeout` a cell. Raises: the errors that papermill's
        own engine has, with texts that say what to mend.
        """
        from dvnb.errors import NotebookError
        from dvnb.notebooks.running.execute import execute_prepared
        from dvnb.notebooks.running.run import RunOptions

        files = (options.get("stdout_file"), options.get("stderr_file"))
        listener = _Listener(shown=bool(progress_bar), outputs=bool(log_output), files=files)
        run = RunOptions(
            kernel=kernel_name or None,
            timeout=options.get("execution_timeout") or options.get("timeout"),
            notebook_timeout=options.get("notebook_timeout"),
            startup_timeout=options.get("start_timeout") or 60,
        )
        try:
            execute_prepared(nb, options.get("input_path") or output_path or "notebook", output_path, run, listener)
        except NotebookError as error:
            raise _as_papermill_has_it(error) from error
        finally:
            listener.close()
        return nb

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """The kernel of a notebook; "" for dvnb's own interpreter."""
        return name or nb.metadata.get("kernelspec", {}).get("name", "")

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """The language of a notebook."""
        metadata = nb.metadata
        return (
            language
            or metadata.get("language_info", {}).get("name")
            or metadata.get("kernelspec", {}).get("language", "python")
        )


class _Listener:
    """Tells of cells on the terminal; `outputs` of what they print too, `files` are given it in any case."""

    def __init__(self, *, shown: bool, outputs: bool, files: tuple[Any, Any]) -> None:
        from dvnb.cli.terminal import Terminal

        self._terminal = Terminal(quiet=not shown and not outputs)
        self._listener: Listener = self._terminal
        self._outputs = outputs
        self._files = dict(zip(("stdout", "stderr"), files, strict=True))
        self._task = "run"

    def __call__(self, event: Event) -> None:
        from dvnb.events import CellFinished, CellOutput, Progress

        if isinstance(event, CellOutput):
            file = self._files.get(event.output.get("name", ""))
            if file:
                file.write(event.text)
                file.flush()
            if not self._outputs:
                return
        self._listener(event)
        if isinstance(event, CellFinished):
            self._listener(Progress(self._task, event.index, event.total, "cell"))

    def close(self) -> None:
        """Leave no bars behind."""
        self._terminal.close()


def _as_papermill_has_it(error: NotebookError) -> Exception:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    text = str(error)
    if error.ename == "DeadKernelError":
        return DeadKernelError(text)
    if error.ename == "TimeoutError":
        return CellTimeoutError(text)
    if error.cell is None:
        return error

    class CellFailedError(PapermillExecutionError):
        """A cell failed, in dvnb's words."""

        def __str__(self) -> str:
            return text

    return CellFailedError(error.cell, None, "", error.ename or "", text, [])
