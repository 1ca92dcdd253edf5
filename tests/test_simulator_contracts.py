"""The fakes speak as the trackers' published contracts say, and so do the quarter's deliveries."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_schema_validator import OAS31Validator

from webhooks.simulator import Quarter
from webhooks.simulator.fakes import create_github, create_jira

GITHUB = ("github-openapi.subset.json", "https://api.github.com")
JIRA = ("jira-platform.subset.openapi.json", "https://your-domain.atlassian.net")
AGILE = ("jira-software-agile.2022-07.openapi.json", "https://your-domain.atlassian.com")
HEADERS = {"Authorization": "Bearer ghs_x.y.z"}

#: What the contracts say and the trackers do not do: recorded answers have these too.
EXCUSED = (
    "None is not one of ['completed', 'reopened', 'not_planned', 'duplicate']",  # open issues have no reason
    "is not a 'date-time'",  # Jira writes +0200 without a colon
)
PATHS = {
    GITHUB: (
        "/repos/northwind/platform", "/repos/northwind/platform/issues?state=all",
        "/repos/northwind/platform/issues/2/sub_issues", "/repos/northwind/platform/pulls?state=all",
        "/repos/northwind/platform/pulls/{pull}", "/repos/northwind/platform/labels",
        "/repos/northwind/platform/pulls/{pull}/commits", "/repos/northwind/platform/milestones?state=all",
        "/installation/repositories", "/rate_limit", "/app", "/app/hook/deliveries",
        "/repos/northwind/platform/commits/{sha}/status",
        "/repos/northwind/platform/commits/{sha}/check-runs",
    ),
    JIRA: (
        "/rest/api/3/serverInfo", "/rest/api/3/myself", "/rest/api/3/field", "/rest/api/3/status",
        "/rest/api/3/project/search", "/rest/api/3/issue/PAY-120?expand=changelog",
        "/rest/api/3/issue/PAY-120/comment", "/rest/api/3/issueLinkType",
        "/rest/api/3/search/jql?jql=project%3DPAY&fields=summary",
    ),
    AGILE: (
        "/rest/agile/1.0/board", "/rest/agile/1.0/board/11/sprint", "/rest/agile/1.0/sprint/1103",
        "/rest/agile/1.0/sprint/1103/issue",
    ),
}  # fmt: skip
CASES = [(contract, path) for contract, paths in PATHS.items() for path in paths]


@pytest.fixture(scope="module")
def contracts(shared_data: Path) -> dict[str, OpenAPI]:
    names = {name for name, _ in PATHS}
    texts = {name: json.loads((shared_data / "contracts" / name).read_text()) for name in names}
    return {
        name: OpenAPI.from_dict(text, config=Config(spec_validator_cls=None)) for name, text in texts.items()
    }


@pytest.fixture(scope="module")
def apps(told: Quarter) -> dict[str, Flask]:
    jira = create_jira(told)
    return {GITHUB[0]: create_github(told), JIRA[0]: jira, AGILE[0]: jira}


@pytest.mark.parametrize(
    ("contract", "path"), CASES, ids=lambda value: value if isinstance(value, str) else value[0][:12]
)
def test_answers_are_as_the_contract_says(
    contracts: dict[str, OpenAPI], apps: dict[str, Flask], contract: tuple[str, str], path: str
) -> None:
    name, server = contract
    client = apps[name].test_client()
    if "{" in path:
        found = next(
            pull
            for pull in client.get("/repos/northwind/platform/pulls?state=all", headers=HEADERS).json or ()
        )
        path = path.replace("{pull}", str(found["number"])).replace("{sha}", found["head"]["sha"])
    answer = client.get(path, headers=HEADERS, base_url=server)
    assert answer.status_code == 200
    assert list(_complaints(contracts[name], server + path, answer.data)) == []


def _complaints(contract: OpenAPI, url: str, body: bytes) -> Iterator[str]:
    answer = requests.Response()
    answer.status_code, answer._content = 200, body
    answer.headers["Content-Type"] = "application/json"
    asked = RequestsOpenAPIRequest(requests.Request("GET", url, headers=HEADERS).prepare())
    with warnings.catch_warnings(action="ignore"):  # it knows one way to sign in, and there are several
        errors = list(contract.iter_response_errors(asked, RequestsOpenAPIResponse(answer)))
    for error in errors:
        for detail in getattr(error.__cause__ or error, "schema_errors", [error]):
            if not any(excuse in str(getattr(detail, "message", detail)) for excuse in EXCUSED):
                yield f"{list(getattr(detail, 'absolute_path', ()))}: {getattr(detail, 'message', detail)}"


def test_github_deliveries_are_as_the_webhook_contract_says(told: Quarter, shared_data: Path) -> None:
    spec = json.loads((shared_data / "contracts" / "github-openapi-webhooks.full.json").read_text())
    seen: dict[str, Any] = {}
    for delivery in told.deliveries:
        if delivery.source == "github" and delivery.event not in ("ping", "installation"):
            body = json.loads(delivery.body)
            name = "-".join(filter(None, (delivery.event, body.get("action")))).replace("_", "-")
            seen.setdefault(name, body)
    for name, body in seen.items():
        content = spec["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
        validator = OAS31Validator({**content["schema"], "components": spec["components"]})
        complaints = [
            f"{name} {list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(body)
        ]
        assert [text for text in complaints if not any(excuse in text for excuse in EXCUSED)] == []
    assert len(seen) > 15
