"""The wire as tests see it: answers by hand, and every request judged by the published contracts."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import responses
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from pydantic import SecretStr
from requests import PreparedRequest, Request

from linker.model import Change, ItemId
from linker.trackers import FieldMap, SiteView
from linker.trackers.outcome import Access

CONTRACTS = Path(__file__).parents[1].parent / "shared" / "data" / "contracts"
GITHUB = "https://api.github.com"
GITHUB_WIRE = "https://api.github.com:443"  # PyGithub always names the port
JIRA = "https://northwind.example.com"
ATLASSIAN = "https://your-domain.atlassian.net"
TOKEN = "canary-7f3a-token"
NOW = 1_790_000_000_000

#: Requests that the published subset does not describe, and why they are right all the same.
NOT_DESCRIBED = {
    r"GET /repositories/\d+": "GitHub redirects renamed repositories to this address; PyGithub uses it too",
    r"GET /repos/acme/pay/collaborators/[\w-]+/permission": "GitHub's own page on collaborators has it",
}
NULL = {"type": "string", "nullable": True, "enum": [None]}
#: Where our address differs from the described one by name only.
SAME_AS = {"/rest/api/2/": "/rest/api/3/"}  # version 2 differs in how text is written, not in these requests


def github_access(**other: Any) -> Access:
    view = SiteView("github.com", "github", repositories=frozenset({"acme/pay"}))
    known: dict[str, Any] = {
        "url": "https://github.com",
        "api": GITHUB,
        "token": SecretStr(TOKEN),
        "scopes": ("acme/pay",),
    }
    return Access(view=view, **({"spacing": 0.0} | known | other))


def jira_access(fields: FieldMap | None = None, **other: Any) -> Access:
    view = SiteView("northwind", "jira", projects=frozenset({"PAY"}), fields=fields or FieldMap())
    known: dict[str, Any] = {
        "user": "bot@example.com",
        "token": SecretStr(TOKEN),
        "scopes": ("PAY",),
        "spacing": 0.0,
    }
    return Access(view=view, url=JIRA, api=JIRA, **(known | other))


def label(item: ItemId, name: str = "kr:O1.KR2", present: bool = True) -> Change:
    return Change(item=item, surface=f"label:{name}", desired={"present": present})


@contextmanager
def web() -> Iterator[responses.RequestsMock]:
    """Answers that a test registers; at the end each request that was sent is held against its contract."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
        alike = {(call.request.method, _shape(call.request)): call.request for call in mock.calls}
        complaints = [complaint for request in alike.values() if (complaint := judge(request))]
    assert not complaints, "\n".join(complaints)


def _shape(request: PreparedRequest) -> tuple[str, str]:
    """What tells a request from another one of its kind: all but its numbers and commits."""
    return re.sub(r"[0-9a-f]{40}|\d+", "0", str(request.url)), str(request.body)


def sent(mock: responses.RequestsMock) -> list[str]:
    """What was asked, in order: the verb and the path."""
    return [f"{call.request.method} {call.request.path_url.split('?')[0]}" for call in mock.calls]


def judge(request: PreparedRequest, excused: Mapping[str, str] = NOT_DESCRIBED) -> str | None:
    """Why a request breaks its tracker's contract; None when it does not, or when no contract is here."""
    if not CONTRACTS.is_dir():
        return None
    path = request.path_url
    if any(re.fullmatch(known, f"{request.method} {path.split('?')[0]}") for known in excused):
        return None
    for ours, theirs in SAME_AS.items():
        path = path.replace(ours, theirs)
    contract, server = _contract(str(request.url), path)
    plain = Request(request.method, server + path, headers=dict(request.headers), data=request.body).prepare()
    with warnings.catch_warnings(
        action="ignore"
    ):  # it knows no OAuth, which is one way to sign in of several
        errors: list[object] = list(contract.iter_request_errors(RequestsOpenAPIRequest(plain)))
    errors += [f"no parameter {name!r}" for name in _unknown(contract, str(request.method), path)]
    return f"{request.method} {request.path_url}: {errors}" if errors else None


def _unknown(contract: OpenAPI, verb: str, path: str) -> set[str]:
    """Query parameters that the contract does not describe: a tracker would pass over them in silence."""
    spec = contract.spec.read_value()
    route, _, query = path.partition("?")
    for template, operations in spec["paths"].items():
        if verb.lower() in operations and re.fullmatch(
            re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), route
        ):
            given = [*operations.get("parameters", ()), *operations[verb.lower()].get("parameters", ())]
            known = {_resolve(spec, parameter)["name"] for parameter in given}
            return {name for name, _ in parse_qsl(query)} - known
    return set()


def _resolve(spec: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    for step in parameter.get("$ref", "#").split("/")[1:]:
        spec = spec[step]
    return spec if "$ref" in parameter else parameter


def _contract(url: str, path: str) -> tuple[OpenAPI, str]:
    if url.startswith(GITHUB):
        return _load("github-openapi.subset.json"), GITHUB
    if path.startswith("/rest/agile/"):
        return _load("jira-software-agile.2022-07.openapi.json"), "https://your-domain.atlassian.com"
    return _load("jira-platform.subset.openapi.json"), ATLASSIAN


@cache
def _load(name: str) -> OpenAPI:
    contract = json.loads((CONTRACTS / name).read_text(), object_hook=_nullable)
    return OpenAPI.from_dict(contract, config=Config(spec_validator_cls=None))


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """`nullable` beside `oneOf` says nothing in OpenAPI 3.0; its authors mean that null is one of them."""
    if schema.get("nullable") is True and "oneOf" in schema and "type" not in schema:
        return schema | {"oneOf": [*schema["oneOf"], NULL]}
    return schema
