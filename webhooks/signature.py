"""Is this request from who it says? An HMAC-SHA256 over the raw bytes, compared in constant time.

GitHub sends `X-Hub-Signature-256: sha256=<hex>`, Jira `X-Hub-Signature: <method>=<hex>`, of which only sha256
is accepted. GitHub's own `X-Hub-Signature` is SHA-1 and is never looked at.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

Scheme = Literal["github", "jira"]

HEADERS: dict[Scheme, str] = {"github": "X-Hub-Signature-256", "jira": "X-Hub-Signature"}
METHODS = frozenset({"sha256"})
HEX_LENGTH = 64
HEX = frozenset("0123456789abcdefABCDEF")


def verify(body: bytes, header: str | None, secrets: Sequence[bytes], scheme: Scheme) -> bool:
    """True when one of the secrets signed these bytes; an empty secret signs nothing, junk is False.

    Every secret is tried even after a match, so that the time taken does not tell which of them is in use.
    """
    given = _digest(header, scheme)
    if given is None:
        return False
    matched = False
    for secret in secrets:
        if secret:
            matched |= hmac.compare_digest(hmac.digest(secret, body, "sha256"), given)
    return matched


def verify_token(given: str | None, token: bytes) -> bool:
    """True when the shared header token matches: weaker than a signature, for Jira that cannot sign.

    Both sides are hashed first, so the comparison always runs over equally many bytes.
    """
    if not given or not token:
        return False
    told = given.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(sha256(told).digest(), sha256(token).digest())


def _digest(header: str | None, scheme: Scheme) -> bytes | None:
    """The 32 bytes that the header claims; None when it is not `sha256=` and 64 hexadecimal digits."""
    if header is None or scheme not in HEADERS:
        return None
    method, _, digits = header.partition("=")
    if method not in METHODS or len(digits) != HEX_LENGTH or not HEX.issuperset(digits):
        return None
    return bytes.fromhex(digits)
