"""The tables people read say what the code does."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from indexer.catalogue import entries, summary
from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.settings_flags import environment_name

ROOT = Path(__file__).resolve().parent.parent


def programs() -> Iterator[str]:
    yield summary()
    yield ""
    yield "| program | address | kind | swap instructions | amounts | arguments | real transactions |"
    yield "|---|---|---|---|---|---|---:|"
    for one in entries():
        if one.instructions:
            names = ", ".join(f"`{name}`" for name in one.instructions)
            checks = f"{', '.join(one.amounts)} | {', '.join(one.arguments)} | {one.proven or ''}"
            yield f"| `{one.program}` | `{one.address}` | {one.kind} | {names} | {checks} |"


def routers() -> Iterator[str]:
    yield "| router | address | real transactions |"
    yield "|---|---|---:|"
    for one in entries():
        if one.kind == "router":
            yield f"| `{one.program}` | `{one.address}` | {one.proven or ''} |"


def undecodable() -> Iterator[str]:
    yield "| program | address | why not |"
    yield "|---|---|---|"
    for one in entries():
        if one.reason:
            yield f"| `{one.program}` | `{one.address}` | {one.reason} |"


def settings() -> Iterator[str]:
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = ",".join(default) if isinstance(default, tuple) else default
        value = "" if shown in ("", None) else f"`{shown}`"
        yield f"| `{environment_name(name)}` | {value} | {field.description} |"


def metrics() -> Iterator[str]:
    yield "| metric | type | labels | meaning |"
    yield "|---|---|---|---|"
    for name, metric in sorted(vars(Metrics()).items()):
        if name == "registry":
            continue
        suffix = "_total" if metric._type == "counter" else ""
        labels = ", ".join(metric._labelnames)
        yield f"| `{metric._name}{suffix}` | {metric._type} | {labels} | {metric._documentation} |"


@pytest.mark.parametrize("table", [programs, routers, undecodable, settings, metrics], ids=lambda table: table.__name__)
def test_the_tables_of_the_readme_are_those_of_the_code(
    table: Callable[[], Iterator[str]], request: pytest.FixtureRequest
) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    pattern = re.compile(rf"(<!-- {table.__name__}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
    fresh = pattern.sub(lambda found: found[1] + "".join(f"{row}\n" for row in table()) + found[2], text)
    if request.config.getoption("--update-goldens"):
        readme.write_text(fresh)
    assert pattern.search(text), f"README has no place for {table.__name__}"
    assert fresh == readme.read_text(), "run: make test ARGS='tests/test_docs.py --update-goldens'"


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(
        re.findall(r"`make ([a-z.-]+)", (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text())
    )
    assert named <= targets
