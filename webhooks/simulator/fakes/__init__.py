"""Stateful fakes of GitHub and Jira that refuse bad input: one implementation for the demo and for tests."""

from webhooks.simulator.fakes.github import create_github
from webhooks.simulator.fakes.github_state import GitHubState
from webhooks.simulator.fakes.jira import create_jira
from webhooks.simulator.fakes.jira_state import JiraState
from webhooks.simulator.fakes.wire import Call, Faults, Ledger, mount

__all__ = ["Call", "Faults", "GitHubState", "JiraState", "Ledger", "create_github", "create_jira", "mount"]
