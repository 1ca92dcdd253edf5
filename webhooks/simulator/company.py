"""The invented company Northwind: three teams, their repositories, projects and roles; nobody exists."""

from typing import NamedTuple

GITHUB_SITE = "github.com"
JIRA_SITE = "northwind"
JIRA_URL = "https://northwind.example.com"
ORG = "northwind"
OUR_BOT = "sightline-northwind[bot]"
OUR_ACCOUNT = "sightline"
DEPENDENCY_BOT = "dependabot[bot]"
INSTALLATION_ID = 51234001
APP_ID = 310042


class Team(NamedTuple):
    """A name with its Jira project and board (none for a GitHub-only team), repositories and roles."""

    name: str
    title: str
    project: str
    board: int
    repositories: tuple[str, ...]
    people: tuple[str, ...]
    planner: str


class Project(NamedTuple):
    """A Jira project; `simplified` is Jira's own word for team-managed, where no Epic Link field exists."""

    key: str
    id: int
    name: str
    simplified: bool


class Repository(NamedTuple):
    """A GitHub repository as the company knows it; `private` decides what may be said in public."""

    name: str
    id: int
    description: str
    language: str
    private: bool

    @property
    def full_name(self) -> str:
        """`owner/name`, as GitHub spells it."""
        return f"{ORG}/{self.name}"


def _people(team: str, count: int) -> tuple[str, ...]:
    return tuple(f"dev-{team}-{n}" for n in range(1, count + 1))


TEAMS = (
    Team(
        "payments",
        "Payments",
        "PAY",
        11,
        ("checkout-api", "ledger"),
        _people("payments", 6),
        "planner-payments",
    ),
    Team("web", "Storefront", "WEB", 12, ("storefront", "mobile-app"), _people("web", 6), "planner-web"),
    Team(
        "platform",
        "Platform",
        "",
        0,
        ("platform", "edge-gateway"),
        _people("platform", 5),
        "planner-platform",
    ),
)

# OPS is a project of the site that app.yaml does not name: its keys must stay dangling.
PROJECTS = (
    Project("PAY", 10101, "Payments", False),
    Project("WEB", 10102, "Storefront", True),
    Project("OPS", 10103, "Office operations", False),
)

REPOSITORIES = (
    Repository("checkout-api", 720100101, "Basket, prices and the checkout steps", "Python", True),
    Repository("ledger", 720100102, "Double-entry bookings of every payment", "Python", True),
    Repository("storefront", 720100103, "The shop in the browser", "TypeScript", True),
    Repository("mobile-app", 720100104, "The shop in the pocket", "Kotlin", True),
    Repository(
        "platform", 720100105, "Pipelines, clusters and the work list of the platform team", "Go", True
    ),
    Repository("edge-gateway", 720100106, "Routing and caching in front of all services", "Go", False),
)

REPOSITORY = {repository.name: repository for repository in REPOSITORIES}
PROJECT = {project.key: project for project in PROJECTS}
TEAM = {team.name: team for team in TEAMS}

#: The repository whose issues are the platform team's tickets, and whose milestones are its sprints.
ISSUES_REPOSITORY = "platform"


def has_jira(team: str) -> bool:
    """Whether a team plans in Jira; the other plans in GitHub issues and milestones alone."""
    return bool(TEAM[team].project)
