"""How single values of app.yaml are read: plain checks, no expressions, and a secret is never echoed."""

from string import ascii_letters, ascii_uppercase, digits
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LONGEST_GLOB = 140


def env_name(value: str) -> str:
    """The name of an environment variable; what looks like a secret itself is refused, and not repeated."""
    if (
        value
        and len(value) <= 100
        and not set(value) - set(ascii_uppercase + digits + "_")
        and value[0] not in digits
    ):
        return value
    raise ValueError(
        "is not the name of an environment variable. Write a name in capitals, such as GITHUB_TOKEN;"
        " the secret itself stays out of this file."
    )


def site_name(value: str) -> str:
    """The word that stands for a site in item ids."""
    if value and len(value) <= 60 and not set(value) - set(ascii_letters + digits + ".-_"):
        return value
    raise ValueError(f"'{value}' is not a site name. Use letters, digits, . - and _, such as github.com.")


def web_url(value: str) -> str:
    """An http or https address without user, query or fragment; no slash at the end."""
    try:
        parts = urlsplit(value)
        bad = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        bad = True
    if bad or any(letter.isspace() for letter in value):
        shown = "this" if "@" in value else f"'{value}'"  # before an @ may stand a password
        raise ValueError(f"{shown} is not a web address. Write it in full, such as https://jira.example.com.")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "holds a user or password. Write the address only; credentials have keys of their own."
        )
    if parts.query or parts.fragment:
        raise ValueError("holds a `?` or `#` part. Write the address only.")
    return value.rstrip("/")


def issuer_url(value: str) -> str:
    """Where an identity provider is; only on this machine may it be without TLS."""
    address = web_url(value)
    if address.startswith("http:") and not is_loopback(address):
        raise ValueError(f"'{address}' is not https, so a sign-in could be read and changed on its way.")
    return address


def is_loopback(address: str) -> bool:
    """Does an address lead to this machine only?"""
    try:
        return urlsplit(address).hostname in LOOPBACK
    except ValueError:
        return False


def scope(value: str) -> str:
    """What an identity provider is asked for: one word."""
    if (
        0 < len(value) <= 100
        and all("!" <= letter <= "~" for letter in value)
        and not set(value) & set('"\\')
    ):
        return value
    raise ValueError(f"'{value[:40]}' is not a scope. Write one word an entry, such as [openid, profile].")


def repository(value: str) -> str:
    """`owner/name` as GitHub writes it."""
    owner, slash, name = value.partition("/")
    if slash and _github_word(owner) and _github_word(name):
        return value
    raise ValueError(f"'{value}' is not a repository. Write owner/name, such as northwind/checkout-api.")


def project_key(value: str) -> str:
    """A Jira project key, in capitals."""
    upper = value.upper()
    if (
        1 < len(value) <= 20
        and upper[0] in ascii_uppercase
        and not set(upper) - set(ascii_uppercase + digits + "_")
    ):
        if value == upper:
            return value
        raise ValueError(f"'{value}' is not a project key. Jira keys are capitals: {upper}.")
    raise ValueError(f"'{value}' is not a project key. Write capitals and digits, such as PAY.")


def glob(value: str) -> str:
    """A pattern in which `*` stands for any letters and `?` for one; never an expression."""
    if not 0 < len(value) <= LONGEST_GLOB:
        raise ValueError(
            f"is not a pattern: it has {len(value)} characters, and 1 to {LONGEST_GLOB} are read."
        )
    if set(value) - set(ascii_letters + digits + "._-/*?+#@"):
        raise ValueError(
            f"'{value}' is not a pattern. Use `*` for any letters and `?` for one, as northwind/*."
        )
    return value


def like(value: str) -> str:
    """A pattern for words of people: `*` stands for any letters and `?` for one, all else for itself."""
    if not 0 < len(value) <= LONGEST_GLOB or not value.isprintable():
        raise ValueError(
            f"is not a pattern: it has {len(value)} characters, and 1 to {LONGEST_GLOB} that print are read."
        )
    return value


def glob_matches(pattern: str, text: str) -> bool:
    """Does the whole text match, in any letter case? At worst pattern times text steps, whatever they say."""
    pattern, text = pattern.lower(), text.lower()
    at = here = 0
    star, resume = -1, 0
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return all(letter == "*" for letter in pattern[at:])


def optout_marker(value: str) -> str:
    """A word that opts a pull request out, such as NO-JIRA."""
    if (
        1 < len(value) <= 30
        and value[0] in ascii_letters
        and not set(value) - set(ascii_letters + digits + "-_")
    ):
        return value.upper()
    raise ValueError(f"'{value}' is not an opt-out word. Use letters, digits and -, such as NO-JIRA.")


def field_name(value: str) -> str:
    """A Jira field by its id."""
    if value and len(value) <= 80 and not set(value) - set(ascii_letters + digits + "_"):
        return value
    raise ValueError(f"'{value}' is not a Jira field id. Write it as Jira does, such as customfield_10016.")


def store_url(value: str) -> str:
    """Where facts are kept: SQLite in a file, or PostgreSQL."""
    if value.startswith(("sqlite:///", "postgresql+psycopg://")):
        return value
    scheme = value.partition(":")[0]
    if scheme in ("postgres", "postgresql"):
        raise ValueError("Write PostgreSQL as postgresql+psycopg://user@host/database.")
    raise ValueError(
        f"'{scheme}' is no store. Write sqlite:///sightline.sqlite or postgresql+psycopg://user@host/db."
    )


def _github_word(word: str) -> bool:
    return (
        0 < len(word) <= 100
        and not set(word) - set(ascii_letters + digits + "._-")
        and word not in (".", "..")
    )


EnvName = Annotated[str, AfterValidator(env_name)]
SiteName = Annotated[str, AfterValidator(site_name)]
Url = Annotated[str, AfterValidator(web_url)]
IssuerUrl = Annotated[str, AfterValidator(issuer_url)]
Scope = Annotated[str, AfterValidator(scope)]
Repository = Annotated[str, AfterValidator(repository)]
ProjectKey = Annotated[str, AfterValidator(project_key)]
Glob = Annotated[str, AfterValidator(glob)]
Like = Annotated[str, AfterValidator(like)]
Marker = Annotated[str, AfterValidator(optout_marker)]
FieldName = Annotated[str, AfterValidator(field_name)]
StoreUrl = Annotated[str, AfterValidator(store_url)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
