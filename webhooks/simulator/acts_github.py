"""What people and bots do on GitHub: each act changes the item and tells what GitHub would tell."""

from datetime import datetime, timedelta

from webhooks.simulator import events_github as events
from webhooks.simulator import places_github as places
from webhooks.simulator import shapes_github as shapes
from webhooks.simulator.company import GITHUB_SITE, ISSUES_REPOSITORY, REPOSITORIES
from webhooks.simulator.deliveries import Json
from webhooks.simulator.world import Sprint, Ticket, World

SECOND = timedelta(seconds=1)


def tell(
    world: World, at: datetime, event: str, subject: str, body: Json, late: timedelta | None = None
) -> None:
    """Note that something happened on GitHub, and send it."""
    world.tape.tell(at, "github", GITHUB_SITE, event, subject, body, late)


def later(at: datetime, last: datetime | None) -> datetime:
    """A time of GitHub after the last one, which may be at most the same second."""
    return at if last is None or at > last else last + SECOND


def set_up(world: World, at: datetime) -> None:
    """Our app is installed: ping, installation, and the labels that each repository has."""
    tell(world, at, "ping", "hook", events.ping_event())
    tell(world, at, "installation", "installation", events.installation_event("org-admin"))
    for known in REPOSITORIES:
        for name in places.LABELS:
            body = events.label_event("created", known.name, name, "org-admin")
            world.tape.note(at, "github", "label", f"label {known.name} {name}", body)
        edited = events.repository_event("edited", known.name, "org-admin", description={"from": None})
        tell(world, at, "repository", f"repository {known.name}", edited)


def _issue(
    world: World,
    ticket: Ticket,
    at: datetime,
    action: str,
    actor: str,
    late: timedelta | None = None,
    **more: object,
) -> None:
    ticket.updated = at
    body = events.issue_event(action, ticket, actor, **more)
    tell(world, at, "issues", f"issue {ISSUES_REPOSITORY}#{ticket.number}", body, late)


def create(world: World, ticket: Ticket, at: datetime, late: timedelta | None = None) -> None:
    """An issue is opened; each label it was opened with is told once more, as GitHub does."""
    ticket.known, parent = True, ticket.parent
    ticket.parent = None
    _issue(world, ticket, at, "opened", ticket.reporter, late)
    for name in ticket.labels:
        _issue(world, ticket, at, "labeled", ticket.reporter, label=places.label(ISSUES_REPOSITORY, name))
    if parent is not None:
        set_parent(world, ticket, at + timedelta(seconds=20), ticket.reporter, parent)


def set_parent(world: World, ticket: Ticket, at: datetime, actor: str, parent: Ticket | None) -> None:
    """An issue becomes a sub-issue of another, or stops being one; both sides are told."""
    for held, verb in ((ticket.parent, "removed"), (parent, "added")):
        if held is not None:
            ticket.parent = held if verb == "added" else None
            for side in ("sub_issue", "parent_issue"):
                body = events.sub_issue_event(f"{side}_{verb}", held, ticket, actor)
                tell(world, at, "sub_issues", f"below {ISSUES_REPOSITORY}#{ticket.number}", body)
            at += SECOND


def block(world: World, at: datetime, actor: str, blocker: Ticket, blocked: Ticket) -> None:
    """One issue blocks another; both sides are told."""
    number = world.tape.next("dependency")
    world.blocks.append((at, blocker, blocked))
    blocker.links.append((number, "outwardIssue", blocked))
    blocked.links.append((number, "inwardIssue", blocker))
    for action, held in (("blocked_by_added", blocked), ("blocking_added", blocker)):
        body = events.dependency_event(action, blocker, blocked, actor)
        tell(world, at, "issue_dependencies", f"dependency of {ISSUES_REPOSITORY}#{held.number}", body)


def set_sprint(world: World, ticket: Ticket, at: datetime, actor: str, sprint: Sprint | None) -> None:
    """An issue is put into a milestone or taken out; GitHub tells the leaving first."""
    at = later(at, ticket.updated)
    if ticket.sprints:
        left = ticket.sprints[-1]
        ticket.stay(at, [])
        _issue(world, ticket, at, "demilestoned", actor, milestone=shapes.milestone(left, at))
        at += SECOND
    if sprint is not None:
        ticket.stay(at, [sprint])
        _issue(world, ticket, at, "milestoned", actor, milestone=shapes.milestone(sprint, at))


def start(world: World, ticket: Ticket, at: datetime, actor: str) -> None:
    """Somebody takes an issue."""
    ticket.status, ticket.assignee = "In Progress", actor
    _issue(world, ticket, later(at, ticket.updated), "assigned", actor, assignee=places.user(actor))


def close(world: World, ticket: Ticket, at: datetime, actor: str) -> None:
    """An issue is closed, as completed or as not planned."""
    ticket.status, ticket.closed = "Done", later(at, ticket.updated)
    _issue(world, ticket, ticket.closed, "closed", actor)


def reopen(world: World, ticket: Ticket, at: datetime, actor: str) -> None:
    """A closed issue is opened again."""
    ticket.status, ticket.closed = "In Progress", None
    _issue(world, ticket, later(at, ticket.updated), "reopened", actor)


def relabel(
    world: World,
    ticket: Ticket,
    at: datetime,
    actor: str,
    add: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
) -> None:
    """Labels are put on or taken off, one event each."""
    for name in (*add, *remove):
        at = later(at, ticket.updated)
        ticket.labels = [held for held in ticket.labels if held != name] + ([name] if name in add else [])
        _issue(
            world,
            ticket,
            at,
            "labeled" if name in add else "unlabeled",
            actor,
            label=places.label(ISSUES_REPOSITORY, name),
        )


def rebody(world: World, ticket: Ticket, at: datetime, actor: str, text: str) -> None:
    """An issue's text is edited."""
    before, ticket.body = ticket.body, text
    _issue(world, ticket, later(at, ticket.updated), "edited", actor, changes={"body": {"from": before}})


def make_sprint(world: World, sprint: Sprint, at: datetime) -> None:
    """A milestone is made for a sprint to come."""
    sprint.known = True
    body = events.milestone_event("created", shapes.milestone(sprint, at), sprint.team.planner)
    tell(world, at, "milestone", f"milestone {sprint.id}", body)


def close_sprint(world: World, sprint: Sprint, after: Sprint | None) -> None:
    """A milestone is closed; what is still open goes to the next one."""
    at = sprint.window.end
    for ticket in world.tickets:
        if (
            ticket.known
            and not ticket.in_jira
            and sprint in ticket.sprints[-1:]
            and ticket.status != "Done"
            and after
        ):
            at += SECOND
            world.plant("carried over", ticket)
            set_sprint(world, ticket, at, sprint.team.planner, after)
    sprint.state = "closed"
    body = events.milestone_event("closed", shapes.milestone(sprint, at), sprint.team.planner)
    tell(world, at + SECOND, "milestone", f"milestone {sprint.id}", body)
