"""Write environment.yml, for conda and Binder, from pyproject.toml and requirements.lock.

Only the packages that the project itself names are pinned there; pip resolves what they need.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
HEAD = """\
# For conda and Binder; elsewhere `make lab` does it all. Written by `make lock` from requirements.lock.
name: realtime-advisor
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
  - pip:
"""


def locked_versions(lock: str) -> dict[str, str]:
    r"""Read each package's version; of several, for several Pythons, none.

    >>> locked_versions("a==1 \\\n    --hash=x\nb==2 ; python_full_version < '3.12' \\\nb==3 ; os_name == 'nt' \\\n")
    {'a': '1'}
    """
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", lock, flags=re.MULTILINE)
    names = [name for name, _ in found]
    return {name: version for name, version in found if names.count(name) == 1}


def pinned(requirement: str, versions: dict[str, str]) -> str:
    """Replace a requirement's bounds by the locked version; keep its extras.

    >>> pinned("psycopg[binary]>=3.3,<4", {"psycopg": "3.3.1"})
    'psycopg[binary]==3.3.1'
    """
    name, extras = re.findall(r"^([\w.-]+)(\[[^]]*\])?", requirement)[0]
    return f"{name}{extras}=={versions[name]}"


def environment(project: Path) -> str:
    """Return the text that environment.yml must have."""
    versions = locked_versions((project / "requirements.lock").read_text(encoding="utf-8"))
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    pins = [pinned(requirement, versions) for requirement in declared]
    return HEAD + "".join(f"      - {line}\n" for line in [*pins, "-e ."])


if __name__ == "__main__":
    (PROJECT / "environment.yml").write_text(environment(PROJECT), encoding="utf-8")
