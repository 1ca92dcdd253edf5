"""checkin: a value of a key result, or taking one back, kept with who, when and how sure."""

import getpass
import re
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from linker.model import KeyResult, Millis, Reading
from linker.okrs import Catalogue, nearest_name
from linker.store import Store, readings
from webhooks.cli.frame import (
    DEFAULT,
    AsJson,
    ConfigPath,
    Debug,
    configuration,
    fail,
    opened,
    plainly,
    show,
    when_folded,
)
from webhooks.engine import held_catalogue
from webhooks.inbox import Inbox, wall_clock

PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[ '_.,][0-9]+)*")
YES = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}
NEGATIVE = {"ignore_unknown_options": True}  # so that -3 is a value and no option
DIGITS = 28  # as many as a reading holds


@plainly
def checkin(
    kr: Annotated[str | None, typer.Argument(help="A key result: O1.KR1 or 2026Q4/O1.KR1.")] = None,
    value: Annotated[str | None, typer.Argument(help="Its value now, in its unit; yes or no.")] = None,
    confidence: Annotated[
        str | None, typer.Option("--confidence", help="How sure you are that it will be reached, 0 to 1.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What stands behind it, or in its way.")] = "",
    on: Annotated[str | None, typer.Option("--on", help="The day it was measured, as 2026-11-25.")] = None,
    undo: Annotated[str | None, typer.Option("--undo", help="Take back the reading with this id.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say what a key result measures now, or take such a reading back; it stays in the history.

    Example: sightline checkin O1.KR1 420 --confidence 0.6 --note "the cache is live"
    """
    settings = configuration(config)
    if undo is not None:
        if (kr, value, confidence, note, on) != (None, None, None, "", None):
            fail("Give --undo alone: it takes a reading back and says nothing new.", 2)
        with opened(settings) as store:
            _take_back(store, undo, as_json)
        return
    if kr is None or value is None:
        fail("Say which key result and its value: sightline checkin O1.KR1 420", 2)
    now = wall_clock()
    with opened(settings) as store:
        catalogue = held_catalogue(store)
        own, at = _bound(catalogue, kr, on, now)
        reading = Reading(
            id=uuid.uuid4().hex,
            kr=own.id,
            at=at,
            value=_value(own, value),
            confidence=None if confidence is None else _confidence(confidence),
            note=note,
            actor=_actor(),
        )
        _keep(store, reading, _told(own, reading), as_json)


def _take_back(store: Store, own: str, as_json: bool) -> None:
    with store.read() as connection:
        known = readings.by_id(connection, own)
    if known is None:
        fail(f"No reading {own} is held. The page of its key result lists the readings with their ids.", 2)
    back = Reading(
        id=uuid.uuid4().hex, kr=known.kr, at=wall_clock(), value=known.value, actor=_actor(), undoes=own
    )
    _keep(store, back, f"{own} is taken back.", as_json)


def _keep(store: Store, reading: Reading, text: str, as_json: bool) -> None:
    Inbox(store).check_in(reading)
    when = when_folded(store)
    data = {"reading": reading.id, "kr": reading.kr, "value": f"{reading.value:f}", "note": when}
    show(data, f"{text} {when}\nTake it back with: sightline checkin --undo {reading.id}", as_json)


def _bound(catalogue: Catalogue, code: str, on: str | None, now: Millis) -> tuple[KeyResult, Millis]:
    """The key result that a code means on the day of the reading, and when that was: noon, if earlier."""
    day = None if on is None else _day(on)
    noon = _noon(day, "UTC") if day else now
    cycle, slash, bare = code.rpartition("/")
    bound = catalogue.bind(bare.upper(), cycle if slash else None, noon)
    if bound.kr is None and bound.candidates:
        fail(f"{code} could be {' or '.join(bound.candidates)}. Write the full id.", 2)
    if bound.kr is None:
        fail(f"{code} is not in the catalogue. {_hint(catalogue, code)}", 2)
    zone = catalogue.cycle_of(bound.kr).timezone
    today = datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date()
    if day is not None and day > today:
        fail(f"{on} is still to come. A reading is of a day that was: leave --on out for today.", 2)
    return catalogue.krs[bound.kr], now if day in (None, today) else _noon(day, zone)


def _hint(catalogue: Catalogue, code: str) -> str:
    near = nearest_name(code, catalogue.krs if "/" in code else catalogue.codes)
    return f"Did you mean {near}?" if near else "`sightline okrs load` loads okrs.yaml."


def _day(on: str) -> date:
    try:
        day = date.fromisoformat(on) if len(on) == len("2026-11-25") else None
    except ValueError:
        day = None
    if day is None:
        fail(f"{on} is not a day. Write it as 2026-11-25.", 2)
    return day


def _noon(day: date, zone: str) -> Millis:
    return int(datetime.combine(day, time(12), ZoneInfo(zone)).timestamp() * 1000)


def _value(kr: KeyResult, text: str) -> Decimal:
    """A plain number, or yes and no; whatever else is refused with what to write instead."""
    said = text.strip()
    if kr.comparator == "boolean":
        if said.lower() not in YES:
            fail(f"{kr.code} is either reached or not: write yes or no, not {text}.", 2)
        return Decimal(YES[said.lower()])
    if not PLAIN.fullmatch(said):
        fail(f"{text} is not a plain number. {_instead(kr, said.replace('−', '-'))}", 2)
    if sum(map(str.isdigit, said)) > DIGITS:
        fail(f"{text} has more than {DIGITS} digits. Round it.", 2)
    return Decimal(f"{Decimal(said).normalize():f}")


def _instead(kr: KeyResult, text: str) -> str:
    """What somebody most likely wanted to write."""
    found = NUMBER.findall(text)
    if len(found) != 1:
        return f"Write it such as {420 if kr.target is None else kr.target:f}, or 0.5."
    unit = f"; the unit of {kr.code} is {kr.unit} and goes without saying" if kr.unit else ""
    return f"Write {_plainly(found[0])}{unit if text != found[0] else ''}."


def _plainly(number: str) -> str:
    """A number with a point and unparted thousands; both readings where either may be meant."""
    number = re.sub(r"[ '_]", "", number)
    comma, point = number.rfind(","), number.rfind(".")
    if comma > point:
        whole = number.replace(",", "")
        if point >= 0:
            return number.replace(".", "").replace(",", ".")
        if number.count(",") > 1:
            return whole
        thousands = len(number) - comma == len(",204")
        return f"{whole}, or {number.replace(',', '.')}" if thousands else number.replace(",", ".")
    return number.replace(",", "") if number.count(".") == 1 else number.replace(".", "")


def _confidence(text: str) -> Decimal:
    try:
        exact = Decimal(text)
    except InvalidOperation:
        exact = Decimal(-1)
    if not exact.is_finite() or not 0 <= exact <= 1:
        number = text.rstrip(" %")
        percent = number.isdecimal() and 1 < int(number) <= 100
        hint = f"write {Decimal(number) / 100}" if percent else "write one such as 0.6"
        fail(f"{text} is not a confidence from 0 to 1: {hint}.", 2)
    return exact


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _told(kr: KeyResult, reading: Reading) -> str:
    said = "yes" if reading.value else "no"
    value = said if kr.comparator == "boolean" else f"{reading.value:f} {kr.unit}".strip()
    day = datetime.fromtimestamp(reading.at / 1000, UTC).date()
    return f"{kr.id}: {value} on {day}."
