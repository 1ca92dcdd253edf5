"""app.yaml for the invented company: its sites, projects, repositories and teams; secrets only as names."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from webhooks.simulator.company import (
    APP_ID,
    GITHUB_SITE,
    INSTALLATION_ID,
    JIRA_SITE,
    JIRA_URL,
    ORG,
    OUR_ACCOUNT,
    OUR_BOT,
    REPOSITORIES,
    TEAMS,
)
from webhooks.simulator.places_jira import account_id

APP_KEY = "GITHUB_APP_KEY"
GITHUB_SECRET = "GITHUB_WEBHOOK_SECRET"  # noqa: S105  the name of an environment variable
JIRA_SECRET = "JIRA_WEBHOOK_SECRET"  # noqa: S105  the name of an environment variable


def app_key() -> str:
    """A private key as GitHub gives one to an App; made anew each time."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


def app_yaml(
    github_url: str,
    jira_url: str,
    store: str = "sqlite:///sightline.sqlite",
    okrs: str = "okrs.yaml",
    url: str = "http://127.0.0.1:8080",
    *,
    app: bool = False,
) -> str:
    """The operator's file; `github_url` and `jira_url` are the REST APIs, people see the sites themselves.

    As a GitHub App we write check runs, else, with a token, commit statuses.
    """
    repositories = ", ".join(known.full_name for known in REPOSITORIES)
    projects = ", ".join(team.project for team in TEAMS if team.project)
    lines = [
        f"store: {store}",
        f"okrs: {okrs}",
        f"url: {url}",
        "sites:",
        "  - tracker: github",
        f"    name: {GITHUB_SITE}",
        "    url: https://github.com",
        f"    api: {github_url}",
        f"    webhook_secrets: [{GITHUB_SECRET}]",
        f"    app: {{id: {APP_ID}, installation: {INSTALLATION_ID}, key: {APP_KEY}}}"
        if app
        else "    token: GITHUB_TOKEN",
        f"    bot: '{OUR_BOT}'",
        f"    repositories: [{repositories}]",
        "  - tracker: jira",
        f"    name: {JIRA_SITE}",
        f"    url: {JIRA_URL}",
        f"    api: {jira_url}",
        f"    webhook_secrets: [{JIRA_SECRET}]",
        "    user: JIRA_USER",
        "    token: JIRA_TOKEN",
        f"    bot: '{account_id(OUR_ACCOUNT)}'",
        f"    projects: [{projects}]",
        "teams:",
    ]
    for team in TEAMS:
        places = f"projects: [{team.project}], boards: [{team.board}], " if team.project else ""
        listed = ", ".join(f"{ORG}/{name}" for name in team.repositories)
        lines.append(f"  - {{ name: {team.name}, {places}repositories: [{listed}] }}")
    return "\n".join(lines) + "\n"
