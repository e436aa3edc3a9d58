"""Tokens are taken and refused as Realtime does, with its words."""

from __future__ import annotations

import base64
import json

import pytest

from realtime_advisor.sandbox.gateway.tokens import TokenRefused, sign, verify

GOOD = {"role": "authenticated", "sub": "user_2abcDEF", "exp": 100}


def unsigned() -> str:
    """A token that says that it needs no signature."""
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, GOOD)
    )
    return f"{head}.{claims}."


def test_a_good_token_gives_its_claims() -> None:
    assert verify(sign(GOOD, "secret"), "secret", now=99) == GOOD


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (sign(GOOD, "another"), "JwtSignatureError: Failed to validate JWT signature"),
        (unsigned(), "JwtSignatureError: Failed to validate JWT signature"),
        (sign({**GOOD, "exp": 90}, "secret"), "InvalidJWTToken: Token has expired 9 seconds ago"),
        (sign({"role": "anon"}, "secret"), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"),
        (sign({"exp": 100}, "secret"), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"),
        ("nonsense", "MalformedJWT: The token provided is not a valid JWT"),
        ("a.b.c", "MalformedJWT: The token provided is not a valid JWT"),
        ("é.é.é", "MalformedJWT: The token provided is not a valid JWT"),
        (None, "MalformedJWT: The token provided is not a valid JWT"),
    ],
)
def test_a_bad_token_is_refused_for_its_fault(token: object, reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verify(token, "secret", now=99)
    assert str(refused.value) == reason


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = sign(GOOD, "secret").split(".")
    _, claims, _ = sign({**GOOD, "sub": "somebody else"}, "secret").split(".")
    with pytest.raises(TokenRefused, match="signature"):
        verify(f"{head}.{claims}.{signature}", "secret", now=99)
