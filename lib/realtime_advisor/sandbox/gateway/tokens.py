"""JSON Web Tokens signed with HS256 and a secret of the gateway's own: made, and checked as Realtime checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

Claims = dict[str, Any]


class TokenRefused(Exception):
    """A token that Realtime would refuse; the text is the reason that its client sees."""


def sign(claims: Mapping[str, object], secret: str) -> str:
    """The claims as a token that `verify` accepts until their `exp`, in seconds since 1970."""
    body = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
    return f"{body}.{_to_text(_signature(body, secret))}"


def verify(token: object, secret: str, now: float) -> Claims:
    """The claims of a token that is well-formed, signed with `secret` and not expired. Raises TokenRefused.

    >>> verify(sign({"role": "anon", "exp": 1_000, "iat": 1}, "secret"), "secret", now=999.0)
    {'role': 'anon', 'exp': 1000, 'iat': 1}
    """
    head, claims, signed, signature = _parts(token)
    if head.get("alg") != "HS256" or not hmac.compare_digest(_signature(signed, secret), signature):
        raise TokenRefused("JwtSignatureError: Failed to validate JWT signature")
    expires = claims.get("exp")
    if not claims.get("role") or not isinstance(expires, int | float):
        raise TokenRefused("InvalidJWTToken: Fields `role` and `exp` are required in JWT")
    if expires <= now:
        raise TokenRefused(f"InvalidJWTToken: Token has expired {now - expires:.0f} seconds ago")
    return claims


def _parts(token: object) -> tuple[Claims, Claims, str, bytes]:
    """Head, claims, the text that is signed, and its signature."""
    try:
        if not isinstance(token, str):
            raise ValueError("no text")
        head, claims, signature = token.split(".")
        parsed = _decode(head), _decode(claims), f"{head}.{claims}", _to_bytes(signature)
    except ValueError:
        raise TokenRefused("MalformedJWT: The token provided is not a valid JWT") from None
    return parsed


def _signature(signed: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def _encode(part: Mapping[str, object]) -> str:
    return _to_text(json.dumps(dict(part), separators=(",", ":")).encode())


def _decode(part: str) -> Claims:
    parsed = json.loads(_to_bytes(part))
    if not isinstance(parsed, dict):
        raise ValueError("no object")
    return parsed


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
