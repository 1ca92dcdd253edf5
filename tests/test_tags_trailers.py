"""Trailers are what git says they are; where git is installed, it is asked."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linker.tags import Vocabulary, read, trailers

LINES = [
    "KR: O1.KR2", "Signed-off-by: A <a@example.com>", "(cherry picked from commit 1a2b)", "text",
    "# comment", "",
    "  ", "\t", "---", "--- a", "----", " folded", "\tfolded", "  KR: x", "Conflicts:", "\tpath",
    "K R: x", "K:", "K :v",
    "K-x\t : v  w  ", ":v", "K=v", "Über: x", "a:b:c", "\r", "K: v\r", "---\r", "- item", "x y z: w",
    "(cherry: x)",
    "signed-off-by: y", "\x0cK: v", "K: \x0bv\x0b", "0: z", "-: q", "\u00a0K: v", "K: v\u2028w", "#K: v",
    "https://x",
]  # fmt: skip
SCISSORS = "# ------------------------ >8 ------------------------"
messages = st.builds(
    lambda lines, end, ending: ending.join(lines) + end,
    st.lists(st.sampled_from(["title", *LINES, *LINES]), max_size=10),
    st.sampled_from(["", "\n"]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)


def parsed(text: str, *, titled: bool = True) -> list[tuple[str, str]]:
    return [(trailer.token, trailer.value) for trailer in trailers(text, titled=titled)]


def git(message: str) -> str:
    command = ["git", "interpret-trailers", "--parse"]
    return subprocess.run(
        command, input=message.encode(), capture_output=True, check=True, timeout=20
    ).stdout.decode()


@pytest.mark.skipif(
    shutil.which("git") is None, reason="needs git, to ask it what the trailers of a message are"
)
@settings(max_examples=120)
@given(messages)
def test_agrees_with_git(message: str) -> None:
    assert "".join(f"{token}: {value}\n" for token, value in parsed(message)) == git(message)


@given(messages)
def test_a_body_reads_like_a_message_with_a_title(body: str) -> None:
    assert parsed(body, titled=False) == parsed("A title\n\n" + body)


@given(messages)
def test_offsets_point_at_token_and_value(message: str) -> None:
    for trailer in trailers(message):
        assert message[trailer.start : trailer.value_start].rstrip(":").strip() == trailer.token
        assert " ".join(message[trailer.value_start : trailer.end].split()) == " ".join(trailer.value.split())


def test_text_below_the_scissors_is_cut_off() -> None:
    assert parsed(f"title\n\nKR: O1.KR2\n{SCISSORS}\nmore\n") == [("KR", "O1.KR2")]
    assert parsed(f"title\n\nKR: O1.KR2\n---\n{SCISSORS}\nmore\n") == [
        ("KR", "O1.KR2")
    ]  # git 2.39 hangs here


def test_places_that_have_trailers() -> None:
    text = "KR: O1.KR2"
    vocabulary = Vocabulary()
    assert read(text, "body", vocabulary).trailers == (("KR", "O1.KR2"),)
    assert read(text, "commit", vocabulary).trailers == ()
    assert read(f"title\n\n{text}", "comment", vocabulary).trailers == ()
