"""The defaults that `make lab` brings for JupyterLab: no question at the first start, and a person's own go before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_server.settings_utils import get_settings

PROJECT = Path(__file__).resolve().parent.parent
BROUGHT = PROJECT / "tools" / "jupyterlab"
NOTIFICATION = "@jupyterlab/apputils-extension:notification"
SCHEMAS = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"


def effective(settings: Path) -> dict[str, Any]:
    """What JupyterLab goes by with a person's settings in that folder."""
    found, _ = get_settings(str(BROUGHT), str(SCHEMAS), str(settings), schema_name=NOTIFICATION)
    defaults = {name: told["default"] for name, told in found["schema"]["properties"].items()}
    return {**defaults, **found["settings"]}


def test_nobody_is_asked_about_news(tmp_path: Path) -> None:
    assert effective(tmp_path)["fetchNews"] == "false"
    assert effective(tmp_path)["checkForUpdates"] is False


def test_what_a_person_has_chosen_stays(tmp_path: Path) -> None:
    file = tmp_path / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text('{"fetchNews": "true"}', encoding="utf-8")
    assert effective(tmp_path)["fetchNews"] == "true"


@pytest.mark.parametrize("plugin", json.loads((BROUGHT / "overrides.json").read_text(encoding="utf-8")))
def test_each_default_is_a_setting_that_jupyterlab_has(plugin: str) -> None:
    brought = json.loads((BROUGHT / "overrides.json").read_text(encoding="utf-8"))[plugin]
    package, _, name = plugin.partition(":")
    known = json.loads((SCHEMAS / package / f"{name}.json").read_text(encoding="utf-8"))["properties"]
    assert set(brought) <= set(known)


def test_make_lab_names_the_folder() -> None:
    told = subprocess.run(
        ["make", "-n", "lab", "ARGS=--no-browser"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert f'--LabApp.app_settings_dir="{BROUGHT}" --no-browser notebooks/00_start_here.ipynb' in told.stdout
