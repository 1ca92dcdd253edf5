"""One delivery is one HTTP request to us; each is signed as its tracker signs, over the raw bytes."""

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

Json = dict[str, Any]

_FIXED: dict[str, str] = {}  # written once, since writing them was most of the work
_MARK = re.compile('"\ue000([^\ue001]*)\ue001"')


class Delivery(NamedTuple):
    """One HTTP request to us: when it is sent (UTC), from where, its raw body, and headers not signed yet."""

    at: datetime
    source: str
    site: str
    id: str
    event: str
    headers: dict[str, str]
    body: bytes


class Told(NamedTuple):
    """One thing that happened on a tracker, whether or not a delivery speaks of it."""

    at: datetime
    source: str
    event: str
    subject: str
    body: bytes


def sign(delivery: Delivery, secret: str) -> dict[str, str]:
    """The headers of a delivery with its signature: HMAC-SHA256 of the body under the webhook's secret."""
    digest = "sha256=" + hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    if delivery.source == "github":
        return {**delivery.headers, "X-Hub-Signature-256": digest}
    return {**delivery.headers, "X-Hub-Signature": digest}


def stable_id(name: str) -> uuid.UUID:
    """An id that looks drawn by lot and is the same in every run."""
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)


def stable_number(name: str, digits: int = 10) -> int:
    """A number of so many digits that looks assigned by a tracker and is the same in every run."""
    low: int = 10 ** (digits - 1)
    return low + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % (9 * low)


def fixed(name: str, value: Json) -> str:
    """A mark for a part that never changes and stands in most bodies; to_bytes puts the part in its place."""
    _FIXED[name] = _compact(value)
    return f"\ue000{name}\ue001"


def to_bytes(body: Mapping[str, Any]) -> bytes:
    """A body as the trackers write it: compact JSON in UTF-8."""
    text = _compact(body)
    return _MARK.sub(lambda found: _FIXED[found[1]], text).encode() if "\ue000" in text else text.encode()


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def headers_of(source: str, event: str, delivery_id: str) -> dict[str, str]:
    """The headers that a tracker sends beside a body, without the signature."""
    if source == "github":
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/7a1c0de",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery_id,
            "X-GitHub-Hook-ID": "480110023",
            "X-GitHub-Hook-Installation-Target-ID": "310042",
            "X-GitHub-Hook-Installation-Target-Type": "integration",
        }
    return {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "Atlassian HttpClient unknown / JIRA-1001.0.0-SNAPSHOT (100311) / Default",
        "X-Atlassian-Webhook-Identifier": delivery_id,
        "X-Atlassian-Webhook-Flow": "Primary",
    }
