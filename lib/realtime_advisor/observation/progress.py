"""Where a progress bar belongs: in the notebook, on the terminal of a headless run, and nowhere else."""

from __future__ import annotations

import os
import sys
from typing import Any

from tqdm import tqdm

HEADLESS = "REALTIME_ADVISOR_HEADLESS"


def progress_bar(total: float, description: str, *, unit: str = "s", shown: bool = True) -> Any:
    """A tqdm bar over `total` seconds, or things; people see it, log files and captured output do not."""
    settings: dict[str, Any] = {
        "total": round(total, 3),
        "desc": description,
        "leave": False,
        "mininterval": 0,
        "miniters": 0,
    }
    settings["bar_format"] = f"{{desc}}: {{percentage:3.0f}}%|{{bar}}| {{n:.0f}} of {{total:.0f}} {unit}"
    if not shown:
        return tqdm(**settings, disable=True)
    if not _in_kernel():
        return tqdm(**settings, disable=None)
    if HEADLESS in os.environ:
        # The kernel captures sys.stderr; its real one is the terminal that started the run, if there is one.
        return tqdm(**settings, disable=None, file=sys.__stderr__)
    from tqdm.notebook import tqdm_notebook  # and with it ipywidgets, for which no command should wait

    return tqdm_notebook(**settings, disable=False)


def _in_kernel() -> bool:
    """Whether this is a Jupyter kernel, where sys.stderr is no terminal though somebody looks on."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
