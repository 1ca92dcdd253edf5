"""Messages to Slack by incoming webhooks: the URL is the right to post, and is never shown."""

from collections.abc import Mapping

import requests
from pydantic import SecretStr

from linker.model import Change, Facts, ItemId
from linker.trackers import SiteView
from linker.trackers.outcome import Blocked, Refused, Unreachable

SECONDS = 10.0
USUAL_WAIT = 30.0
FIXES = {
    "no_service": "the webhook was removed: make a new one in Slack and set the variable",
    "no_active_hooks": "the webhook was switched off: switch it on in Slack",
    "channel_is_archived": "its channel is archived: make a webhook for another one",
    "channel_not_found": "its channel is gone: make a webhook for another one",
    "action_prohibited": "an administrator of Slack forbids it: ask there",
    "invalid_payload": "it did not take the text",
}


class SlackApi:
    """Posts to the webhooks of teams; `hooks` are URLs by the name of a team."""

    def __init__(self, hooks: Mapping[str, SecretStr]) -> None:
        self._hooks = hooks
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment must not see the URL

    def permission(self, item: ItemId, person: str) -> str:
        """Nobody commands anything there."""
        raise Refused("Slack holds no rights")

    def read(self, ref: str) -> Facts:
        """Nothing is read there."""
        raise Refused("nothing is read from Slack")

    def view(self) -> SiteView:
        """It has no fields."""
        raise Refused("Slack has no fields")

    def apply(self, change: Change) -> str:
        """Post one message; Refused says what to do, without the URL."""
        team = change.surface.rpartition(":")[2]
        url = self._hooks.get(team)
        if url is None:
            raise Refused(f"no webhook is set for {team}: set the variable that `teams.warn.slack` names")
        try:
            answer = self._session.post(
                url.get_secret_value(),
                json={"text": escaped(str(change.desired["text"]))},
                timeout=SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unreachable(f"Slack does not answer ({type(error).__name__})") from None
        return _outcome(answer)


def _outcome(answer: requests.Response) -> str:
    if answer.status_code == 200:
        return "sent"
    if answer.status_code == 429:
        raise Blocked(_wait(answer.headers.get("Retry-After", "")), "site", "Slack asks to wait")
    if answer.status_code >= 500:
        raise Unreachable(f"Slack answers {answer.status_code}")
    word = answer.text.strip()[:40]
    fix = FIXES.get(word, "make a new webhook in Slack and set the variable")
    raise Refused(f"Slack answers {answer.status_code}: {fix}", answer.status_code)


def _wait(header: str) -> float:
    if header.isdigit():
        return min(max(float(header), 1.0), 3600.0)
    return USUAL_WAIT


def escaped(text: str) -> str:
    """Slack's own escapes: so no name can mention a person or a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
