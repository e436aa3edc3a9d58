"""The headless run: notebooks/report.ipynb executed by papermill, its failure told in one sentence."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .bundle.files import INDEX, require_writable
from .errors import AdvisorError, BadInput
from .journey import connect, named_target

NOTEBOOK: Final = Path(__file__).resolve().parents[2] / "notebooks" / "report.ipynb"
INTERRUPTED: Final = 130


def run_report(environ: Mapping[str, str] = os.environ) -> Path:
    """Run the report on DATABASE_URL for SECONDS into the folder OUT (out/), which is returned. Raises AdvisorError."""
    seconds, out = _seconds(environ.get("SECONDS", "")), Path(environ.get("OUT", "").strip() or "out").absolute()
    require_writable(out)
    if named_target(environ):
        # Asked here too, where a wrong password is told in a second: a kernel takes its time to start.
        connect(environ=environ).close()
        print("Deciding about the database that DATABASE_URL or PG* names ...", flush=True)
    else:
        print("Deciding about the embedded workshop database ...", flush=True)
    _execute(seconds, out)
    return out


def summarise(out: Path) -> str:
    """What a run left behind, in a few lines: tables by option, and where the files are."""
    index = json.loads((out / INDEX).read_text(encoding="utf-8"))
    tables, seconds = index["tables"], index["window"]["seconds"]
    lines = [f"Watched for {round(seconds):,} s:" if seconds else "By the counters since they began:"]
    for option in ("broadcast", "postgres_changes", "presence", "no_realtime"):
        names = [f"{t['schema']}.{t['table']}" for t in tables if t["option"] == option]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append(f"{option:<17}{len(names):>5}  {', '.join(names[:8])}{more}")
    scripts = sum(len(table["files"]) for table in tables)
    lines.append(f"Wrote {INDEX} and {scripts} SQL files to {_short(out)}: start with its README.md.")
    return "\n".join(lines)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text) if text.strip() else None
    except ValueError:
        seconds = -1.0
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise BadInput(f"SECONDS is {text!r}; it says how long to watch the database: a number, 0 or more.")
    return seconds


def _execute(seconds: float | None, out: Path) -> None:
    # Here, because importing papermill takes longer than finding out that SECONDS or OUT are wrong.
    from papermill import PapermillExecutionError, execute_notebook

    with _interrupting_the_kernel(), _headless():
        try:
            execute_notebook(
                NOTEBOOK,
                None,
                {"seconds": seconds, "out": str(out)},
                progress_bar=False,
                cwd=NOTEBOOK.parent,
                extra_arguments=["--log-level=CRITICAL"],
            )
        except PapermillExecutionError as failed:
            if failed.ename == "KeyboardInterrupt":
                raise KeyboardInterrupt from None
            raise AdvisorError(_sentence(failed.ename, failed.evalue)) from None


def _sentence(name: str, value: str) -> str:
    """An error of ours is its own sentence; any other is a fault in this project, and says so."""
    ours = {kind.__name__ for kind in AdvisorError.__subclasses__()}
    if name in ours:
        return value
    return f"The report stopped at an unexpected {name}: {value}. Run notebooks/report.ipynb to see where."


@contextmanager
def _headless() -> Iterator[None]:
    """Tell the kernel that its progress bar belongs on the terminal that started it."""
    os.environ["REALTIME_ADVISOR_HEADLESS"] = "1"
    try:
        yield
    finally:
        del os.environ["REALTIME_ADVISOR_HEADLESS"]


@contextmanager
def _interrupting_the_kernel() -> Iterator[None]:
    """Ctrl-C ends the sampling in the kernel early, and keeps what it has; a second one ends the run."""
    before = signal.getsignal(signal.SIGINT)

    def interrupt(*_: object) -> None:
        import psutil

        signal.signal(signal.SIGINT, before)
        for child in psutil.Process().children():
            child.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
