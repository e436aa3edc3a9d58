"""Opens the files of data/, in one sentence where that fails."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from realtime_advisor.errors import BadInput

DATA: Final = Path(__file__).resolve().parents[3] / "data"


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises BadInput."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"The file {path.name} cannot be read: {error.strerror}. Restore it from the project.") from None
    except UnicodeDecodeError:
        raise BadInput(f"The file {path.name} is not written in UTF-8. Save it so.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The file {path.name} is no valid TOML: {error}. Mend that line.") from None
