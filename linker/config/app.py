"""The shape of app.yaml: what an operator may write, key by key; secrets only by the name of a variable."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from linker.config.planning import Planning, Share
from linker.config.signin import SignIn
from linker.config.values import (
    EnvName,
    FieldName,
    Glob,
    Like,
    Marker,
    ProjectKey,
    Repository,
    SiteName,
    StoreUrl,
    Url,
    Word,
    glob_matches,
)
from linker.config.warn import Warn
from linker.model import Noun, Reason
from linker.okrs.words import Day, Zone

Mode = Literal["off", "advisory", "required"]
Conclusion = Literal["neutral", "success", "failure"]


class Listen(Noun):
    """Where the service listens."""

    host: Word = Field("127.0.0.1", description="The address to listen on.", examples=["127.0.0.1"])
    port: int = Field(8080, ge=0, le=65535, description="The port; 0 takes a free one.", examples=[8080])


class GitHubApp(Noun):
    """A GitHub App to act as."""

    id: int = Field(description="The app's id.", examples=[1])
    installation: int = Field(description="The id of its installation.", examples=[2])
    key: EnvName = Field(
        description="Environment variable that holds the private key (PEM).", examples=["GITHUB_APP_KEY"]
    )


class JiraFields(Noun):
    """Jira fields by id; only to override what discovery finds by schema type."""

    points: FieldName | None = Field(None, description="Estimates.", examples=["customfield_10016"])
    sprint: FieldName | None = Field(None, description="Sprints.", examples=["customfield_10020"])
    epic: FieldName | None = Field(None, description="The epic link.", examples=["customfield_10014"])
    kr: FieldName | None = Field(None, description="Key results as people enter them.")
    epic_name: FieldName | None = Field(
        None, description="The epic's own name.", examples=["customfield_10011"]
    )


class _Site(Noun):
    name: SiteName = Field(
        description="The word that stands for this site in item ids.", examples=["github.com"]
    )
    url: Url = Field(description="Where people see it.", examples=["https://github.com"])
    webhook_secrets: tuple[EnvName, ...] = Field(
        (),
        description="Environment variables that hold the webhook secrets; several during a rotation.",
        examples=["[GITHUB_WEBHOOK_SECRET]"],
    )
    token: EnvName | None = Field(
        None, description="Environment variable that holds the API token; without it nothing is written."
    )
    bot: Word | None = Field(None, description="The account whose labels are ours.")
    dry: bool = Field(False, description="Plan and show changes, never send them.")


class GitHubSite(_Site):
    """GitHub, or a GitHub Enterprise Server."""

    tracker: Literal["github"] = Field(description="What the site is.", examples=["github"])
    api: Url | None = Field(
        None, description="Its REST API; found from url when left out.", examples=["https://api.github.com"]
    )
    app: GitHubApp | None = Field(None, description="A GitHub App, in place of a token.")
    repositories: tuple[Repository, ...] = Field((), description="The repositories to follow.")

    @property
    def api_url(self) -> str:
        """The REST API: as given, else where GitHub or an Enterprise Server has it."""
        if self.api:
            return self.api
        return "https://api.github.com" if self.url == "https://github.com" else f"{self.url}/api/v3"


class JiraSite(_Site):
    """Jira Cloud or Data Center."""

    tracker: Literal["jira"] = Field(description="What the site is.", examples=["jira"])
    api: Url | None = Field(
        None, description="Its REST API; found from url when left out.", examples=["https://jira.example.com"]
    )
    header_token: EnvName | None = Field(
        None,
        description="Environment variable with a shared header token. Weaker than a signature:"
        " only for Data Center before version 10, which cannot sign.",
    )
    user: EnvName | None = Field(
        None, description="Environment variable with the account's address (Cloud).", examples=["JIRA_USER"]
    )
    projects: tuple[ProjectKey, ...] = Field((), description="The projects to follow, by key.")
    fields: JiraFields = Field(default_factory=JiraFields, description="Fields that discovery finds wrongly.")

    @property
    def api_url(self) -> str:
        """Where the REST API is: as given (a gateway, for scoped tokens), else below the site itself."""
        return self.api or self.url


Site = Annotated[GitHubSite | JiraSite, Field(discriminator="tracker")]


class Team(Noun):
    """A team by what it works on; never a list of people."""

    name: Word = Field(description="The name, as in okrs.yaml.", examples=["payments"])
    projects: tuple[ProjectKey, ...] = Field((), description="Its Jira projects.")
    boards: tuple[int, ...] = Field((), description="Its Jira boards, by number.")
    repositories: tuple[Repository, ...] = Field((), description="Its repositories.")
    capacity: float | None = Field(
        None,
        gt=0,
        le=100_000,
        description="Points that it can take in a sprint; the mean of the last three when left out.",
        examples=[40],
    )
    timezone: Zone | None = Field(
        None, description="Where its days begin; that of the cycle when left out.", examples=["Europe/Berlin"]
    )
    warn: Warn = Field(
        default_factory=Warn, description="Where it is warned about its sprints; nowhere when left out."
    )


class CheckRule(Noun):
    """How strict the pull request check is in some repositories and branches."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    repository: Glob = Field("*", description="Repositories it holds for.", examples=["northwind/*"])
    branch: Glob = Field("*", description="Target branches it holds for.", examples=["main"])
    mode: Mode = Field(description="off, advisory or required.", examples=["required"])
    undecided: Conclusion | None = Field(
        None, description="How the check ends while a tracker does not answer; as in policy when left out."
    )
    begins: Day | None = Field(None, alias="from", description="The first day.", examples=["2026-12-01"])


class ExemptRule(Noun):
    """Pull requests that serve no key result by rule; all that is given has to fit."""

    reason: Reason = Field(description="The exemption that they draw on.", examples=["ktlo"])
    repository: Glob = Field("*", description="Repositories it holds for.", examples=["northwind/*"])
    authors: tuple[Like, ...] = Field(
        (), description="Who opened it, a bot for example.", examples=["[renovate*]"]
    )
    titles: tuple[Like, ...] = Field((), description="How its title goes.", examples=["['chore:*']"])
    labels: tuple[Like, ...] = Field((), description="A label that is on it.", examples=["[dependencies]"])
    paths: tuple[Like, ...] = Field(
        (), description="Every file that it changes fits one of these.", examples=["[docs/*, '*.md']"]
    )
    lines: int | None = Field(None, ge=0, description="It changes at most so many lines.", examples=[3])

    @model_validator(mode="after")
    def _says_something(self) -> "ExemptRule":
        if not (self.authors or self.titles or self.labels or self.paths or self.lines is not None):
            raise ValueError("The rule fits everything. Give it authors, titles, labels, paths or lines.")
        return self


class Budget(Noun):
    """How much work may go to one kind of exemption, as a share of a sprint."""

    budget: Share | None = Field(None, description="At most this share.", examples=[0.25])
    floor: Share | None = Field(None, description="At least this share.", examples=[0.2])

    @model_validator(mode="after")
    def _floor_below_budget(self) -> "Budget":
        if self.budget is not None and self.floor is not None and self.floor > self.budget:
            raise ValueError(f"The floor {self.floor} is above the budget {self.budget}.")
        return self


def _bots_rule() -> tuple[ExemptRule, ...]:
    known = ("dependabot*", "renovate*", "pre-commit-ci*", "github-actions*", "snyk-bot*")
    return (ExemptRule(reason="ktlo", authors=known),)


def _optouts() -> dict[str, Reason]:
    return {"NO-JIRA": "ktlo", "NO-ISSUE": "ktlo", "MINOR": "ktlo"}


def _exemptions() -> dict[Reason, Budget]:
    plain: dict[Reason, Budget] = {reason: Budget() for reason in get_args(Reason)}
    return plain | {"ktlo": Budget(budget=0.25), "debt": Budget(budget=0.3, floor=0.2)}


def _beside_the_others(value: object) -> object:
    """A file that sets one budget leaves the others as they are."""
    return _exemptions() | value if isinstance(value, dict) else value


class Policy(Noun):
    """What good practice disagrees on, set here once."""

    grace_days: int = Field(
        14, ge=0, le=366, description="Days after a cycle in which its key results stay active."
    )
    start_grace_minutes: int = Field(
        15, ge=0, le=1440, description="Minutes after a sprint's start until its members count as planned."
    )
    check: Mode = Field("advisory", description="The pull request check, where no rule of checks holds.")
    checks: tuple[CheckRule, ...] = Field(
        (), description="The check by repository and branch; the first that fits."
    )
    undecided: Conclusion = Field(
        "neutral",
        description="How a check ends while a tracker does not answer; neutral lets the merge go on.",
    )
    comments: bool = Field(
        False, description="One comment on a pull request that needs something, edited in place."
    )
    exempt_by_rule: tuple[ExemptRule, ...] = Field(
        default_factory=_bots_rule,
        description="Pull requests that are exempt by rule; the first rule that fits counts.",
    )
    optouts: dict[Marker, Reason] = Field(
        default_factory=_optouts, description="Words that opt out, and the exemption that each draws on."
    )
    exemptions: Annotated[dict[Reason, Budget], BeforeValidator(_beside_the_others)] = Field(
        default_factory=_exemptions,
        description="Kinds of work that serve no key result on purpose, with budgets.",
    )

    planning: Planning = Field(default_factory=Planning, description="How sprints are judged.")

    def check_rule(self, repository: str, branch: str, on: date) -> CheckRule:
        """How strict the check of one pull request is: the first rule that fits and has begun."""
        for rule in self.checks:
            begun = rule.begins is None or rule.begins <= on
            if begun and glob_matches(rule.repository, repository) and glob_matches(rule.branch, branch):
                return rule
        return CheckRule(mode=self.check)

    def turns(self) -> frozenset[date]:
        """The days on which some rule of checks begins."""
        return frozenset(rule.begins for rule in self.checks if rule.begins is not None)


class AppFile(Noun):
    """app.yaml: one file for the operator; every key has a default except what only you know."""

    store: StoreUrl = Field(
        "sqlite:///sightline.sqlite", description="Where facts are kept: SQLite or PostgreSQL."
    )
    store_password: EnvName = Field(
        "SIGHTLINE_STORE_PASSWORD", description="Environment variable that holds the store's password."
    )
    okrs: Word = Field("okrs.yaml", description="The catalogue; a path beside this file.")
    url: Url = Field("http://127.0.0.1:8080", description="How people reach the pages.")
    listen: Listen = Field(default_factory=Listen, description="The address and port that it answers on.")
    session_secret: EnvName = Field(
        "SIGHTLINE_SESSION_SECRET",
        description="Environment variable that signs sessions; made and kept in the store when not set.",
    )
    signin: SignIn | None = Field(
        None,
        description="Sign-in with a company account (OpenID Connect) and roles; else by link only.",
    )
    sites: tuple[Site, ...] = Field((), description="The trackers.")
    teams: tuple[Team, ...] = Field((), description="Teams by what they work on.")
    policy: Policy = Field(default_factory=Policy, description="Grace periods, checks, opt-outs and budgets.")
