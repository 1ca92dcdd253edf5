"""The documentation is a tested part: what a reader can use has its line, and what a line names exists.

Each check is silent while its module does not exist yet, and bites as soon as it does.
"""

import ast
import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
TABLES = ("RULES", "FINDERS", "FORMATS", "TRACKERS", "SOURCES", "HANDLED")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
VERBS = ("route", "get", "post", "put", "patch", "delete", "add_url_rule")


def pages() -> dict[Path, str]:
    """README and everything below docs, as text."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {path: path.read_text(encoding="utf-8") for path in paths}


@cache
def prose() -> str:
    return "\n".join(pages().values())


def blocks(text: str, *tongues: str) -> list[str]:
    """The fenced blocks of some languages."""
    return [dedent(block) for tongue, block in FENCE.findall(text) if tongue in tongues]


def missing(names: Iterator[str], line: str) -> list[str]:
    """The names for which no page holds the line, written with `{}` for the name."""
    return [name for name in sorted(set(names)) if line.format(name) not in prose()]


# --- what exists has its line


def commands(command: Any, path: str = "sightline") -> Iterator[tuple[str, str]]:
    """Every command that a person can type, as a path of words, with its help."""
    below = getattr(command, "commands", None)
    for name, child in (below or {}).items():
        if not child.hidden:
            yield from commands(child, f"{path} {name}")
    if not below:
        yield path, command.help or ""


def cli() -> dict[str, str]:
    if not find_spec("webhooks.cli") or not find_spec("webhooks.cli.main"):
        pytest.skip("the command line does not exist yet")
    from typer.main import get_command

    return dict(commands(get_command(importlib.import_module("webhooks.cli.main").app)))


def test_each_command_shows_an_example() -> None:
    assert [
        name for name, text in cli().items() if f"Example: {name}" not in text and f"| {name}" not in text
    ] == []


def test_each_command_has_its_line() -> None:
    assert missing(iter(cli()), "{}") == []


def routes() -> Iterator[str]:
    """Every address that a decorator of ours names, with the prefix of its blueprint."""
    for path in [*(ROOT / "webhooks").glob("*.py"), *(ROOT / "reports").rglob("*.py")]:
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        prefixes = [k.value for call in calls for k in call.keywords if k.arg == "url_prefix"]
        prefix = literal(prefixes[0]) if prefixes else ""
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr in VERBS and call.args:
                address = literal(call.args[0])
                if address.startswith("/"):
                    yield prefix + address


def literal(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_each_route_has_its_line() -> None:
    assert missing(routes(), "`{}`") == []


def keys(shape: Any, path: str = "") -> Iterator[str]:
    """Every key of a pydantic shape as a dotted path; lists and mappings leave no mark."""
    if not (isinstance(shape, type) and issubclass(shape, BaseModel)):
        for part in get_args(shape):
            yield from keys(part, path)
        return
    for name, field in shape.model_fields.items():
        here = f"{path}.{field.alias or name}".lstrip(".")
        yield here
        yield from keys(field.annotation, here)


def written(value: Any, path: str = "") -> Iterator[str]:
    """Every key of a YAML example as a dotted path."""
    for part in value if isinstance(value, list) else []:
        yield from written(part, path)
    for name, part in value.items() if isinstance(value, dict) else []:
        here = f"{path}.{name}".lstrip(".")
        yield here
        yield from written(part, here)


def test_each_key_of_app_yaml_has_its_line() -> None:
    if not find_spec("linker.config") or not find_spec("linker.config.app"):
        pytest.skip("app.yaml has no shape yet")
    shape = importlib.import_module("linker.config.app").AppFile
    examples = {
        key for tongue, block in FENCE.findall(prose()) if tongue == "yaml" for key in read_keys(block)
    }
    assert missing((key for key in keys(shape) if key not in examples), "`{}`") == []


def read_keys(block: str) -> Iterator[str]:
    try:
        return written(yaml.safe_load(block))
    except yaml.YAMLError as problem:
        pytest.fail(f"a yaml example in the docs cannot be read: {problem}")


def tables() -> Iterator[tuple[str, str]]:
    """Where one of our tables is written down: module and name."""
    for path in sorted(
        p for package in ("linker", "webhooks", "reports") for p in (ROOT / package).rglob("*.py")
    ):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield from ((module, t.id) for t in targets if isinstance(t, ast.Name) and t.id in TABLES)


def rows(module: str, name: str) -> Iterator[str]:
    """The names in one table: keys of a mapping, names of functions, or the words themselves."""
    table = getattr(importlib.import_module(module), name)
    for row in table if not isinstance(table, Mapping) else table.keys():
        yield row if isinstance(row, str) else getattr(row, "name", None) or row.__name__


@pytest.mark.parametrize(("module", "name"), sorted(tables()))
def test_each_row_of_a_table_has_its_line(module: str, name: str) -> None:
    assert missing(rows(module, name), "`{}`") == []


def targets() -> list[str]:
    return re.findall(r"^([a-z0-9]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


def test_each_make_target_has_its_line() -> None:
    assert missing((f"make {target}" for target in targets()), "`{}`") == []


# --- what a line names exists


def typed(program: str) -> list[str]:
    """The lines of shell examples that start a program of ours, without their arguments."""
    lines = [
        line.strip().removeprefix("$ ") for block in blocks(prose(), "sh") for line in block.splitlines()
    ]
    return [line for line in lines if line.split(" ")[0].rsplit("/")[-1] == program]


def test_each_make_example_names_a_target() -> None:
    known = set(targets())
    named = {word for line in typed("make") for word in line.split("#")[0].split()[1:] if word.isalnum()}
    assert named <= known


def test_each_command_example_names_a_command() -> None:
    known = cli()
    lines = [line[line.index("sightline") :] for line in typed("sightline")]
    assert [line for line in lines if not any(f"{line} ".startswith(f"{name} ") for name in known)] == []


def test_each_command_in_running_text_exists() -> None:
    known = cli()
    named = {words.strip() for words in re.findall(r"`(sightline [a-z][a-z ]*)", prose())}
    assert (
        sorted(words for words in named if not any(f"{words} ".startswith(f"{name} ") for name in known))
        == []
    )


def test_the_examples_of_the_readme_are_a_working_configuration(tmp_path: Path) -> None:
    if not find_spec("linker.config"):
        pytest.skip("nothing reads app.yaml yet")
    readme = pages()[ROOT / "README.md"]
    for name in ("app", "okrs"):
        example = next(block for block in blocks(readme, "yaml") if block.startswith(f"# {name}.yaml\n"))
        (tmp_path / f"{name}.yaml").write_text(example, encoding="utf-8")
    secrets = dict.fromkeys(re.findall(r"([A-Z_]+)=\.\.\.", readme), "5" * 64)
    assert importlib.import_module("linker.config").check(tmp_path / "app.yaml", secrets) == []


@pytest.mark.parametrize(
    "page", sorted({*pages(), *ROOT.glob("*.md")}), ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_inside_the_house_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and not link.startswith("mailto:"):
            found = target.exists() and (not heading or heading in anchors(target))
            broken += [] if found else [link]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors that a forge makes from the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_gives_the_test_command_where_the_checks_look_for_it() -> None:
    after = pages()[ROOT / "README.md"].partition("\n## Run the tests\n")[2]
    assert blocks(after, "sh")[0] == "make test\n"


def test_the_changelog_knows_the_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert version
    assert f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# --- what no file may hold; the words are joined here so that this file does not hold them either

REGISTRIES = (
    "pypi|org",
    "python_hosted|org",
    "npmjs|org",
    "npmjs|com",
    "debian|org",
    "crates|io",
    "proxy|golang|org",
)
FORBIDDEN = re.compile(
    "|".join(
        [
            *(re.escape(host.replace("_", "").replace("|", ".")) for host in REGISTRIES),
            *(rf"(?<![\w./-])/{top}/" for top in ("work", "root")),
        ]
    )
)


def tracked() -> list[Path]:
    """The files of the project: as git says, or what lies here when there is no git."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    inside = (
        path
        for path in ROOT.rglob("*")
        if not {".venv", ".contract", ".git", "__pycache__"} & set(path.parts)
    )
    return [path for path in inside if path.is_file()]


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in FORBIDDEN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda lock: lock.name)
def test_locks_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry.split(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []
