"""Pass pip's configuration on to a uv that pip fetched: uv reads only its own, and must use the same indexes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def as_uv_settings(listing: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Translate the output of `pip config list` into uv's environment variables.

    What the environment already sets for uv stays. All indexes are searched for the best match, as pip does: safe,
    since every file must match a locked hash.

    >>> as_uv_settings("global.index-url='file:///mirror'\\n:env:.index-url='file:///nearer'", {})
    {'UV_DEFAULT_INDEX': 'file:///nearer', 'UV_INDEX_STRATEGY': 'unsafe-best-match'}
    >>> as_uv_settings("global.timeout='60'", {})
    {'UV_INDEX_STRATEGY': 'unsafe-best-match'}
    """
    settings = {}
    for line in listing.splitlines():
        place, _, quoted = line.partition("=")
        name = UV_NAMES.get(place.rpartition(".")[2])
        if name and quoted:
            settings[name] = " ".join(str(ast.literal_eval(quoted)).split())
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = settings["UV_FIND_LINKS"].replace(" ", ",")
    return {name: value for name, value in settings.items() if name not in environment}
