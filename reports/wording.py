"""How pages say things: dates, numbers, states and findings in plain words; pure."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from linker.model import SPRINT, Level, Millis
from linker.verdict.wording import REASON_WORDS

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EXEMPTIONS = REASON_WORDS  # as checks say them
SAID_BY = {
    "text": "its own text",
    "person": "a person’s decision",
    "inherited": "the ticket that it names",
    "rule": "a rule in app.yaml",
    "unsaid": "what was not kept",
}
FINDINGS = {
    "unknown_code": "Unknown key result code",
    "lookalike_code": "Code with look-alike letters",
    "ambiguous_code": "Code that could mean two key results",
    "optout_without_reason": "Opt-out without a reason",
    "tag_and_optout": "Key result and opt-out together",
    "branch_title_disagree": "Branch and title name different tickets",
    "idle_parent": "Parent that is not above its child",
    "dangling": "Names something that cannot be read",
    "no_key_result": "Serves no key result",
    "added_without_key_result": "Added after the start, serves no active key result",
    "inactive_key_result": "Serves only inactive key results",
    "unstaffed_key_result": "Key result without work in this sprint",
    "short_key_result": "Key result at risk with little work in this sprint",
    "over_budget": "Over its budget",
    "under_floor": "Below its floor",
    "blocked": "Blocked by an unfinished ticket",
    "carried_twice": "Carried over more than once",
    "no_estimate": "No estimate",
    "odd_estimate": "Negative estimate",
    "unfocused": "Too many key results for one sprint",
    "stale_reading": "Key result past its middle without a fresh reading",
    "over_capacity": "More points than the capacity",
}
SHAPES = {
    "active": "●",
    "serving": "●",
    "open": "●",
    "sent": "●",
    "done": "✓",
    "closed": "✓",
    "exempt": "◐",
    "inactive": "○",
    "deferred": "○",
    "proposed": "○",
    "dry": "○",
    "waiting": "◌",
    "undecided": "◌",
    "ignored": "–",
    "moot": "–",
    "dropped": "×",
    "dead": "×",
    "refused": "×",
    "reached": "✓",
    "on-track": "●",
    "at-risk": "▲",
    "off-track": "■",
    "none": "△",
    "unknown": "△",
    "unlinked": "△",
    "error": "■",
    "warning": "▲",
    "note": "▹",
}
LEVELS = {
    Level.INITIATIVE: "initiative",
    Level.EPIC: "epic",
    Level.TICKET: "ticket",
    Level.SUBTASK: "sub-task",
    Level.PULL_REQUEST: "pull request",
}
RULES = {
    "tag_in_text": "key result code",
    "tag_in_label": "label that a person set",
    "tag_in_field": "key result field",
    "ticket_key": "ticket key",
    "github_reference": "GitHub reference",
    "parent": "hierarchy of the tracker",
    "tracker_link": "link in the tracker",
}
KINDS = {
    "parent": "is part of",
    "delivers": "delivers",
    "contributes": "contributes to",
    "mentions": "mentions",
    "blocks": "is blocked by",
    "tag": "names",
}
PACES = {  # the shape that stands for each pace
    "reached": "done",
    "on track": "active",
    "at risk": "warning",
    "off track": "error",
    "unknown": "waiting",
}
STATES = {"todo": "to do", "doing": "in progress", "done": "done", "dropped": "dropped"}


def day(at: Millis | None, zone: tzinfo) -> str:
    """A calendar day: 8 Oct 2026."""
    if at is None:
        return "–"
    moment = datetime.fromtimestamp(at / 1000, zone)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def short_day(at: Millis | None, zone: tzinfo) -> str:
    """A calendar day without its year: 8 Oct."""
    return day(at, zone).rpartition(" ")[0] or "–"


def moment(at: Millis | None, zone: tzinfo) -> str:
    """A day and a time: 8 Oct 2026, 14:05."""
    return "–" if at is None else f"{day(at, zone)}, {clock(at, zone)}"


def calendar(on: date, year: bool = True) -> str:
    """A day of a catalogue, which has no time: 8 Oct 2026."""
    return f"{on.day} {MONTHS[on.month - 1]}{f' {on.year}' if year else ''}"


def clock(at: Millis, zone: tzinfo) -> str:
    """A time of day: 14:05."""
    return datetime.fromtimestamp(at / 1000, zone).strftime("%H:%M")


def day_of(day: int, days: int) -> str:
    """Which day of a sprint it is: day 3 of 14."""
    return f"day {day} of {days}" if day <= days else "past its end"


def ago(at: Millis, now: Millis) -> str:
    """How long ago, in the largest whole unit."""
    passed = max(now - at, 0)
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{passed // MINUTE} min ago"
    if passed < 2 * DAY:
        return f"{passed // HOUR} h ago"
    return f"{passed // DAY} days ago"


def lasting(span: Millis) -> str:
    """How long it took, in the largest whole unit."""
    return ago(0, span).removesuffix(" ago").replace("just now", "under 1 min")


def share(value: Fraction) -> str:
    """A share in whole percent; a small one is never shown as none, nor a large one as all."""
    if 0 < value < Fraction(1, 100):
        return "under 1 %"
    if Fraction(99, 100) < value < 1:
        return "over 99 %"
    return f"{int(value * 100 + Fraction(1, 2))} %"


def number(value: Fraction | int | float | None) -> str:
    """A number as people write it: 1,204 and 1.67; points are exact underneath."""
    if value is None:
        return "–"
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    return f"{float(exact):,.2f}".rstrip("0").rstrip(".")


def exact(value: Decimal, unit: str = "") -> str:
    """A measured value as it was said, never rounded: 1,204.375 ms."""
    return f"{value:,f} {unit}".strip()


def plural(count: int, noun: str, many: str = "") -> str:
    """1 ticket, 2 tickets."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def person(name: str | None) -> str:
    """Who it was, never by an e-mail address."""
    if not name:
        return ""
    if "@" in name:
        return "a person"
    return name if len(name) <= 32 else f"account …{name[-6:]}"


def listed(words: list[str]) -> str:
    """One, two and three."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def finding(known: str) -> str:
    """A finding's name in words."""
    return FINDINGS.get(known, known.replace("_", " ").capitalize())


def reason(code: str) -> str:
    """What an exemption is for."""
    return EXEMPTIONS.get(code, code)


def source(word: str) -> str:
    """What made a pull request exempt."""
    return SAID_BY.get(word, word)


def place(field: str) -> str:
    """Where a link was said: title, branch, text, label, or a person's decision."""
    known = {"body": "text", "head": "branch", "decision": "a person’s decision", "commits": "commits"}
    name = field.partition(" ")[0]
    return known.get(name, name or "–")


def surface(name: str) -> str:
    """What a change writes to: a label, the check of a commit, a comment or a reaction."""
    kind, _, rest = name.partition(":")
    if kind in ("status", "check"):
        return f"{kind} on {rest[:7]}"
    if kind == "notice":
        place, _, team = rest.partition(":")
        return f"warning to {team} {'in Slack' if place == 'slack' else 'on its planning ticket'}"
    known = {"comment": "the comment", "reaction": "reaction to a command", SPRINT: "sprint"}
    return known.get(kind, f"{kind} {rest}")


def sprint(ref: object, named: Mapping[str, str], tracker: str) -> str:
    """A sprint or milestone by its name; none is the backlog, or no milestone."""
    if ref is None:
        return "the backlog" if tracker == "jira" else "no milestone"
    text = str(ref)
    return named.get(text) or " ".join(text.split(":")[-2:])


def decision(
    content: Mapping[str, Any], named: Mapping[str, str], tracker: str, zone: tzinfo
) -> tuple[str, str | None, str]:
    """What a person decided: words, the key result that they are about, and what follows it."""
    kind, kr = content["kind"], content.get("kr")
    if kind == "move":
        return f"moved to {sprint(content.get('sprint'), named, tracker)}", None, ""
    if kind == "impact":
        impact = content.get("impact")
        if impact is None:
            return "says no more what it brings to", kr, ""
        return f"expects {share(Fraction(impact))} of the gap of", kr, ""
    if kind == "snooze":
        known, until = str(content.get("finding") or "").partition(" ")[0], content.get("until")
        return f"snoozed “{finding(known)}”{f' until {day(until, zone)}' if until else ''}", None, ""
    why = content.get("reason")
    return kind, kr, f": {reason(why)}" if why else ""


def wanted(
    surface_name: str, desired: dict[str, Any], named: Mapping[str, str] | None = None, tracker: str = "jira"
) -> str:
    """What a change wants, in words; `named` are the names of sprints."""
    if surface_name == SPRINT:
        places = [sprint(ref, named or {}, tracker) for ref in desired["from"] if ref != desired["to"]]
        start = f", from {listed(places)}" if places else ""
        return f"move to {sprint(desired['to'], named or {}, tracker)}{start}"
    if surface_name.startswith("label:"):
        return "set" if desired.get("present") else "remove"
    kind = surface_name.partition(":")[0]
    if kind == "check":
        return f"{desired.get('conclusion') or 'in progress'}: {desired.get('title', '')}"
    if kind == "reaction":
        return str(desired.get("content", ""))
    if kind == "comment":
        return "kept true"
    if kind == "notice":
        return str(desired.get("text", "")).partition("\n")[0]
    return f"{desired.get('state', '')}: {desired.get('description', '')}".strip(": ")
