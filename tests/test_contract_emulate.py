"""A real `sightline serve` beside a GitHub that we did not write: emulate's App, webhooks and signatures.

The service signs in as a GitHub App with its key; hooks of the repository point at it. The wires in between
hand its requests on and count them, since emulate keeps no list of what it was asked.

What emulate 0.11.2 does otherwise than GitHub, and what is left out here for that reason:
- A push to a pull request sends no `synchronize`: only "Update branch" moves its head, and silently. So the
  new head arrives with the next event of the pull request, which is an edited title here.
- It has no reactions and answers 404: that one is asked for is seen, that it is shown is not.
- It has no commit statuses, so only the App's way is tried and not the token's.
- Labels of a pull request come as `issues` events and comments without the mark of a pull request: both say
  "issue". The hook takes no `issues`, and after a comment an edited title tells the truth again.
- It sends no delivery again. What a second hook of the same secret was sent is sent again from here, byte for
  byte: first as the same events under other ids, then under the same ids.
- An App's token with `permissions: {}` may do nothing there, so emulated.py takes that out of the request.
- It drops the buttons of a check, and runs no merge queue: both are left out.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from emulated import APP_ID, INSTALLATION, Call, GitHub, absent, github, wait
from running import OKRS, Installation, Running, request

from linker.store import exports, work

pytestmark = [pytest.mark.contract, pytest.mark.xdist_group("contract")]

PLACE = "/repos/acme/pay"
EVENTS = ["pull_request", "issue_comment", "check_run", "push", "repository"]
SENT_AGAIN = ("X-Github-Event", "X-Github-Delivery", "X-Hub-Signature-256", "Content-Type")
APP = f"""\
store: {{store}}
url: http://127.0.0.1:{{port}}
listen: {{{{host: 127.0.0.1, port: {{port}}}}}}
sites:
  - name: github.com
    tracker: github
    url: https://github.com
    api: WIRES/api
    app: {{{{id: {APP_ID}, installation: {INSTALLATION}, key: GITHUB_APP_KEY}}}}
    webhook_secrets: [GITHUB_WEBHOOK_SECRET]
    bot: sightline[bot]
    repositories: [acme/pay]
"""


class World(NamedTuple):
    """The service and emulate, with a repository and its hooks."""

    home: Installation
    service: Running
    github: GitHub
    hooks: tuple[int, ...]

    def ada(self, method: str, path: str, body: object = None) -> Any:
        return self.github.person("ada").do(method, path, body)

    def open(self, branch: str, title: str, message: str = "Quote once") -> "Pull":
        """A branch with a commit, and its pull request."""
        main = self.ada("GET", f"{PLACE}/git/ref/heads/main")["object"]["sha"]
        self.ada("POST", f"{PLACE}/git/refs", {"ref": f"refs/heads/{branch}", "sha": main})
        sha = self.github.person("ada").commit(PLACE, branch, f"{branch}.txt", message)
        told = self.ada("POST", f"{PLACE}/pulls", {"title": title, "head": branch, "base": "main"})
        assert told["head"]["sha"] == sha
        return Pull(self, told["number"])

    def quiet(self) -> bool:
        """Whether all was folded, judged, read and sent."""
        with self.home.store() as store, store.read() as connection:
            left = work.backlog(connection)
        assert left["refused"] == 0
        return self.home.folded() and not any(left.values())

    def delivered(self, hook: int) -> list[Any]:
        """The deliveries of a hook, as emulate tells them."""
        found: list[Any] = self.ada("GET", f"{PLACE}/hooks/{hook}/deliveries?per_page=100")
        return found

    def graph(self) -> str:
        with self.home.store() as store, store.read() as connection:
            return exports.graph_hash(connection)


class Pull(NamedTuple):
    """A pull request, and what stands on it at emulate."""

    world: World
    number: int

    def edit(self, title: str, body: str = "") -> None:
        self.world.ada("PATCH", f"{PLACE}/pulls/{self.number}", {"title": title, "body": body})

    @property
    def head(self) -> str:
        return str(self.world.ada("GET", f"{PLACE}/pulls/{self.number}")["head"]["sha"])

    def update(self) -> str:
        """The sha of a new head."""
        self.world.ada("PUT", f"{PLACE}/pulls/{self.number}/update-branch", {"expected_head_sha": self.head})
        return self.head

    def runs(self, sha: str) -> list[tuple[int, str | None, str]]:
        """The check runs of a commit: id, conclusion, title."""
        found = self.world.ada("GET", f"{PLACE}/commits/{sha}/check-runs?filter=all")["check_runs"]
        assert {run["name"] for run in found} <= {"sightline"}
        return [(run["id"], run["conclusion"], run["output"]["title"]) for run in found]

    def ends(self, sha: str, conclusion: str, title: str) -> int:
        """Wait until the one check run of a commit says this; its id."""
        wait(
            lambda: [run[1:] for run in self.runs(sha)] == [(conclusion, title)],
            f"the check of {sha[:7]} says {title!r}",
        )
        return self.runs(sha)[0][0]

    def labelled(self, *labels: str) -> None:
        """Wait until it has exactly these labels."""
        address = f"{PLACE}/issues/{self.number}/labels"
        wait(
            lambda: {label["name"] for label in self.world.ada("GET", address)} == set(labels),
            f"the labels are {labels}",
        )

    def comment(self, login: str, body: str) -> str:
        """The address of a new comment's reactions."""
        told = self.world.github.person(login).do(
            "POST", f"{PLACE}/issues/{self.number}/comments", {"body": body}
        )
        return f"{PLACE}/issues/comments/{told['id']}/reactions"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if why := absent():
        if os.environ.get("SIGHTLINE_CONTRACT"):
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("contract")
    with github(folder) as there:
        home = Installation(folder, APP.replace("WIRES", there.address), {"GITHUB_APP_KEY": there.key})
        (folder / "okrs.yaml").write_text(_catalogue(datetime.now(UTC).date()))
        with home.start("serve") as service:
            yield _set_up(home, service.up(), there)
            assert service.stop() == 0
        told = {line["event"] for line in service.log if line["level"] in ("warning", "error")}
        assert told <= {"delivery refused"}  # the hook with another secret
        assert home.left == ""


def _catalogue(today: date) -> str:
    """The catalogue in a cycle of today: emulate knows no other day."""
    begins, ends = str(today - timedelta(30)), str(today + timedelta(60))
    return OKRS.replace("2026-10-01", begins).replace("2026-12-31", ends)


def _set_up(home: Installation, service: Running, there: GitHub) -> World:
    """A repository with two hooks of one secret, and a person who may write to it."""
    ada = there.person("ada")
    ada.do("POST", "/orgs/acme/repos", {"name": "pay", "auto_init": True})
    ada.do("PUT", f"{PLACE}/collaborators/bob", {"permission": "push"})
    secret = home.secrets["GITHUB_WEBHOOK_SECRET"]
    hooks = []
    for url in (f"http://127.0.0.1:{home.port}/webhooks/github", f"{there.address}/hook"):
        config = {"url": url, "secret": secret, "content_type": "json"}
        hooks.append(ada.do("POST", f"{PLACE}/hooks", {"events": EVENTS, "config": config})["id"])
    return World(home, service, there, tuple(hooks))


def test_a_hook_with_our_secret_is_heard_and_another_is_not(world: World) -> None:
    config = {"url": f"http://127.0.0.1:{world.home.port}/webhooks/github", "secret": "of-somebody-else"}
    hook = world.ada("POST", f"{PLACE}/hooks", {"events": ["push"], "config": config})["id"]
    world.ada("POST", f"{PLACE}/hooks/{hook}/pings")
    told = {own: world.delivered(own) for own in (world.hooks[0], hook)}
    world.ada("DELETE", f"{PLACE}/hooks/{hook}")
    answers = {own: [each["status_code"] for each in told[own] if each["event"] == "ping"] for own in told}
    assert answers == {world.hooks[0]: [202], hook: [401]}


def test_a_title_decides_and_each_new_verdict_is_told_in_the_same_check(world: World) -> None:
    pull = world.open("quote", "O1.KR2: quote once")
    head = pull.head
    run = pull.ends(head, "success", "Serves O1.KR2")
    pull.labelled("kr:O1.KR2")
    pull.edit("Quote once")
    assert pull.ends(head, "neutral", "No key result found") == run
    pull.labelled()
    pull.edit("Quote once", "KR: O9.KR9")  # only where a code is announced can one be unknown
    assert pull.ends(head, "neutral", "Unknown key result O9.KR9") == run
    pull.labelled()
    assert [call.status for call in world.github.wires.signed_in()] == [201]


def test_a_new_head_has_a_check_of_its_own_and_the_old_one_stays(world: World) -> None:
    pull = world.open("retry", "O1.KR2: retry")
    old = pull.head
    run = pull.ends(old, "success", "Serves O1.KR2")
    new = pull.update()
    pull.edit("Retry less")
    assert pull.ends(new, "neutral", "No key result found") != run
    pull.labelled()
    assert pull.runs(old) == [(run, "success", "Serves O1.KR2")]


def test_a_comment_links_when_the_api_says_that_its_author_may_write(world: World) -> None:
    pull = world.open("round", "Round once")
    head = pull.head
    run = pull.ends(head, "neutral", "No key result found")
    wires = world.github.wires
    for login, reply in (("eve", ()), ("bob", ("kr:O1.KR2",))):
        answer = pull.comment(login, "/kr O1.KR2")
        wait(partial(wires.saw, Call("POST", answer, 404)), "a reaction was tried")
        asked = f"{PLACE}/collaborators/{login}/permission"
        assert [call.path for call in wires.calls if call.path == asked] == [asked]
        wait(world.quiet, "the command is done with")
        pull.labelled(*reply)
    pull.edit("Round once and for all")
    assert pull.ends(head, "success", "Serves O1.KR2") == run
    said = world.ada("GET", f"{PLACE}/issues/{pull.number}/comments")
    assert [comment["user"]["login"] for comment in said] == ["eve", "bob"]


def test_the_commits_of_a_pull_request_are_read_and_count(world: World) -> None:
    pull = world.open("cart", "Keep the cart", "Keep the cart for a day\n\nKR: O1.KR2")
    pull.ends(pull.head, "success", "Serves O1.KR2")
    pull.labelled("kr:O1.KR2")


def test_all_of_it_delivered_again_writes_nothing(world: World) -> None:
    pull = world.open("again", "O1.KR2: again")
    pull.ends(pull.head, "success", "Serves O1.KR2")
    pull.labelled("kr:O1.KR2")
    wires = world.github.wires
    wait(world.quiet, "all is settled")
    everything = tuple(wires.deliveries)
    assert {told["status_code"] for told in world.delivered(world.hooks[0])} <= {200, 202}
    before, graph = wires.writes(), world.graph()
    for status in (202, 200):
        for sent in everything:
            headers = {name: sent.headers[name] for name in SENT_AGAIN}
            assert request(world.home.port, "POST", "/webhooks/github", sent.body, headers)[0] == status
        wait(world.quiet, "all is settled again")
        assert wires.writes() == before
        assert world.graph() == graph
