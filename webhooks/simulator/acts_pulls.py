"""What people and bots do with pull requests: each act changes the item and tells what GitHub would tell."""

import hashlib
from datetime import datetime, timedelta

from webhooks.simulator import events_github as events
from webhooks.simulator import places_github as places
from webhooks.simulator import shapes_github as shapes
from webhooks.simulator.acts_github import SECOND, later, tell
from webhooks.simulator.world import Commit, Pull, World

_ZEROS = "0" * 40


def _pull(
    world: World,
    pull: Pull,
    at: datetime,
    action: str,
    actor: str,
    late: timedelta | None = None,
    **more: object,
) -> None:
    pull.updated = at
    tell(
        world,
        at,
        "pull_request",
        f"pull {pull.repository}#{pull.number}",
        events.pull_event(action, pull, actor, **more),
        late,
    )


def _commit(world: World, pull: Pull, at: datetime, message: str) -> Commit:
    text = f"{world.seed}-{pull.repository}-{pull.number}-{len(pull.commits)}"
    made = Commit(hashlib.sha256(text.encode()).hexdigest()[:40], message, pull.author, at)
    pull.commits.append(made)
    return made


def open_pull(world: World, pull: Pull, at: datetime, late: timedelta | None = None) -> None:
    """A branch is pushed and a pull request opened from it."""
    made = _commit(world, pull, at - timedelta(minutes=2), pull.title)
    pull.known, pull.draft = True, pull.draft_until is not None
    tell(world, made.at, "push", f"push {pull.repository}", events.push_event(pull, _ZEROS, [made]))
    _pull(world, pull, at, "opened", pull.author, late)
    for name in pull.labels:
        _pull(world, pull, at, "labeled", pull.author, label=places.label(pull.repository, name))


def push(world: World, pull: Pull, at: datetime, message: str) -> None:
    """More commits arrive on an open pull request."""
    if pull.state != "open":
        return
    before, at = pull.head, later(at, pull.updated)
    made = _commit(world, pull, at - SECOND, message)
    tell(world, made.at, "push", f"push {pull.repository}", events.push_event(pull, before, [made]))
    _pull(world, pull, at, "synchronize", pull.author, before=before, after=made.sha)


def ready(world: World, pull: Pull, at: datetime) -> None:
    """A draft becomes ready for review."""
    pull.draft = False
    _pull(world, pull, later(at, pull.updated), "ready_for_review", pull.author)


def retitle(world: World, pull: Pull, at: datetime, actor: str, title: str) -> None:
    """A pull request gets another title."""
    before, pull.title = pull.title, title
    _pull(world, pull, later(at, pull.updated), "edited", actor, changes={"title": {"from": before}})


def label_pull(
    world: World,
    pull: Pull,
    at: datetime,
    actor: str,
    add: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
) -> None:
    """Labels are put on or taken off, one event each."""
    for name in (*add, *remove):
        at = later(at, pull.updated)
        pull.labels = [held for held in pull.labels if held != name] + ([name] if name in add else [])
        _pull(
            world,
            pull,
            at,
            "labeled" if name in add else "unlabeled",
            actor,
            label=places.label(pull.repository, name),
        )


def comment(world: World, pull: Pull, at: datetime, author: str, text: str) -> None:
    """Somebody says something below a pull request."""
    pull.comments += 1
    pull.updated = later(at, pull.updated)
    number = world.tape.next("github comment", 2400000001)
    told = shapes.comment(pull.repository, pull.number, number, pull.updated, author, text)
    body = events.comment_event(
        "created", pull.repository, shapes.pull_as_issue(shapes.pull(pull)), told, author
    )
    tell(world, pull.updated, "issue_comment", f"comment {pull.repository}#{pull.number} {number}", body)


def end_pull(world: World, pull: Pull, at: datetime) -> None:
    """A pull request is merged, or closed without a merge; a merge is pushed to the main branch."""
    pull.closed = later(at, pull.updated)
    pull.state, pull.merged, pull.draft = "closed", pull.merges, False
    _pull(world, pull, pull.closed, "closed", pull.author)
    if pull.merged:
        text = f"{pull.title} (#{pull.number})\n\n{pull.body}".rstrip()
        merge = Commit(shapes.merge_sha(pull), text, pull.author, pull.closed)
        before = shapes.pull(pull)["base"]["sha"]
        tell(
            world,
            pull.closed,
            "push",
            f"push {pull.repository}",
            events.push_event(pull, before, [merge], "refs/heads/main"),
        )
