"""verdict: one pull request or one commit message judged without a server, for CI and for git hooks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from linker.config import Config, read_catalogue
from linker.config.process import environment
from linker.verdict import Conclusion, Mode, Verdict, check, conclusion
from linker.verdict.markdown import code, listed, prose
from linker.verdict.wording import add
from webhooks.alone.event import CannotRunError, Event, read_bytes, read_event
from webhooks.alone.judging import Told, judge_event
from webhooks.alone.message import judge_message
from webhooks.alone.settings import home, settings
from webhooks.cli.frame import AsJson, Debug, Failure, err, fail, plainly, show, told
from webhooks.inbox import wall_clock

MODES = ("required", "advisory")
COULD_NOT = 2

EventPath = Annotated[
    Path | None, typer.Option("--event-path", help="The event of a pull request, as $GITHUB_EVENT_PATH.")
]
EventName = Annotated[
    str | None, typer.Option("--event-name", help="What GitHub calls it; else $GITHUB_EVENT_NAME.")
]
MessagePath = Annotated[
    Path | None, typer.Option("--message-path", help="A commit message, as a commit-msg hook gets it.")
]
Okrs = Annotated[Path | None, typer.Option(help="The catalogue; else the one of app.yaml, or okrs.yaml.")]
Projects = Annotated[str, typer.Option(help="Jira projects beside those of app.yaml: PAY,WEB")]
Strict = Annotated[str | None, typer.Option(help="required or advisory; else as the policy says today.")]
MaybeConfig = Annotated[
    Path | None,
    typer.Option("--config", help="Where app.yaml is; it may be missing.", envvar="SIGHTLINE_CONFIG"),
]


@plainly
def verdict(
    event_path: EventPath = None,
    message_path: MessagePath = None,
    event_name: EventName = None,
    okrs: Okrs = None,
    projects: Projects = "",
    mode: Strict = None,
    config: MaybeConfig = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Judge one pull request without a server, from a GitHub event and okrs.yaml in this folder.

    Exit code 0 when it does not block, 1 when it does, 2 when nothing could be judged. Where app.yaml names
    credentials that are set, tickets and commits are read; nothing is ever written to a tracker. With
    --message-path a commit message is judged, silently when all is well.

    Example: sightline verdict --event-path "$GITHUB_EVENT_PATH" --projects PAY --mode required

    Example: sightline verdict --message-path "$1"
    """
    _must_make_sense(event_path, message_path, mode)
    environ = environment()
    with _or_could_not_run(debug=debug):
        if message_path is not None:
            data, text = _message(message_path, settings(config, okrs, projects, environ, None))
        else:
            name = event_name or environ.get("GITHUB_EVENT_NAME")
            event = read_event(cast(Path, event_path), name)
            made = settings(config, okrs, projects, environ, event)
            data, text = _event(made, event, mode, environ)
            _summarize(text, environ)
    blocks = data["conclusion"] == "failure"
    if message_path is not None and not as_json:
        if blocks:
            fail(text)
        return
    show(data, text, as_json)
    if blocks:
        raise typer.Exit(1)


def _must_make_sense(event_path: Path | None, message_path: Path | None, mode: str | None) -> None:
    if (event_path is None) == (message_path is None):
        fail("Say what to judge: --event-path FILE or --message-path FILE.", COULD_NOT)
    if mode is not None and mode not in MODES:
        fail(f"{mode} is not a mode. Choose one of {', '.join(MODES)}.", COULD_NOT)


@contextmanager
def _or_could_not_run(*, debug: bool) -> Iterator[None]:
    """Nothing said is not a bad verdict, so it has an exit code of its own."""
    try:
        yield
    except Exception as error:
        if debug:
            raise
        raise Failure(str(error) if isinstance(error, CannotRunError) else told(error), COULD_NOT) from None


def _event(
    config: Config, event: Event, mode: str | None, environ: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    """The answer for scripts, and the same as Markdown: title, summary and details of the check run."""
    whole, site = home(config, event, environ)
    found = judge_event(whole, site, read_catalogue(whole), event)
    on = datetime.fromtimestamp(wall_clock() / 1000, UTC).date()
    rule = whole.policy.check_rule(event.repository, event.base, on)
    strict = cast(Mode, mode or rule.mode)
    undecided: Conclusion = rule.undecided or whole.policy.undecided
    said = _here(found, event, whole)
    shown = check(said, strict, "", undecided=undecided)
    parts = [f"## Sightline: {_heading(said.title)}", shown["summary"], shown["text"]]
    ends = conclusion(said, strict, undecided)
    return _data(said, found.krs, found.path, ends), "\n\n".join(part for part in parts if part)


def _message(path: Path, config: Config) -> tuple[dict[str, Any], str]:
    text = read_bytes(path, "git gives it to a commit-msg hook as $1.").decode("utf-8", "replace")
    said, codes = judge_message(text, config, read_catalogue(config))
    again = f"Your message is kept: git commit --edit --file={path}"
    return _data(said, codes, (), conclusion(said, "required")), "\n".join([said.text, *said.fixes, again])


def _data(
    said: Verdict, krs: tuple[str, ...], path: tuple[str, ...], ends: Conclusion | None
) -> dict[str, Any]:
    return {
        "word": said.word,
        "case": said.case,
        "title": said.title,
        "text": said.text,
        "fixes": list(said.fixes),
        "krs": list(krs),
        "path": list(path),
        "conclusion": ends,
    }


def _here(found: Told, event: Event, config: Config) -> Verdict:
    """The verdict without what only the service can do: it hears no comment, and comes back to nothing."""
    said = found.verdict
    if said.word != "undecided":
        useless = ["`/kr"] if config.projects else ["`/kr", "start of the title"]
        kept = [fix for fix in said.fixes if not any(word in fix for word in useless)]
        return said.model_copy(update={"fixes": tuple(kept)})
    looked = [(name, "not read" if was == "no answer from its tracker" else was) for name, was in said.looked]
    text = f"{listed(map(code, found.unread))} could serve a key result, and could not be read."
    told_so = " ".join([text, *found.because])
    fixes = ["See to it that it can be read, and run this check again."]
    if event.name == "pull_request":
        fixes = [add(), *fixes]
    return said.model_copy(update={"text": told_so, "fixes": tuple(fixes), "looked": tuple(looked)})


def _heading(title: str) -> str:
    """A title of codes and keys is shown as it is; whatever else is in it cannot become layout."""
    return title if all(char.isalnum() or char in " .,:/-#…" for char in title) else prose(title)


def _summarize(text: str, environ: Mapping[str, str]) -> None:
    """GitHub shows on the page of a run what is appended to this file."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(f"{text}\n")
    except OSError as error:
        err.print(f"The summary was not written to {path}: {error.strerror or error}.", markup=False)
