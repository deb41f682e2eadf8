"""The tables people read say what the code does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from indexer.__main__ import main
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


TABLES = (programs, routers, undecodable, settings, metrics)


def test_the_tables_of_the_readme_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    """One test for all: two that write the same file at once would lose it."""
    readme = ROOT / "README.md"
    fresh = readme.read_text()
    for table in TABLES:
        pattern = re.compile(rf"(<!-- {table.__name__}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
        assert pattern.search(fresh), f"README has no place for {table.__name__}"
        rows = "".join(f"{row}\n" for row in table())
        fresh = pattern.sub(lambda found, rows=rows: found[1] + rows + found[2], fresh)  # type: ignore[misc]
    if request.config.getoption("--update-goldens"):
        readme.write_text(fresh)
    assert fresh == readme.read_text(), "run: make test ARGS='tests/test_docs.py --update-goldens'"


QUOTE = re.compile(r"<!-- quote: (\S+) -->\n```\w*\n(.*?)```\n", re.DOTALL)
OUTPUT = re.compile(r"<!-- output of: (\S+)( \S+)? -->\n```\n(.*?)```\n", re.DOTALL)


def test_code_that_contributing_quotes_is_the_code() -> None:
    quotes = QUOTE.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert [path for path, _ in quotes] == ["decoders/omnipair.py", *["indexer/localnet/programs/pools.py"] * 2]
    for path, quoted in quotes:
        text = (ROOT / path).read_text()
        assert quoted in text, f"CONTRIBUTING quotes what {path} does not say"
        assert quoted == text or not path.startswith("decoders/"), "a decoder is quoted whole"
        assert len(quoted.splitlines()) >= 5


def test_output_that_contributing_shows_is_the_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line by line and word by word; how wide the columns are is the terminal's."""
    monkeypatch.chdir(tmp_path)  # no .env of this checkout
    shown = OUTPUT.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert [command for command, _, _ in shown] == ["decode", "programs"]
    for command, golden, quoted in shown:
        words = [command]
        if golden:
            transaction = json.loads((ROOT / golden.strip()).read_text())["goldens"][0]["transaction"]
            (tmp_path / "transaction.json").write_text(json.dumps(transaction))
            words.append("transaction.json")
        assert main(words) == 0
        said = [line.split() for line in capsys.readouterr().out.splitlines()]
        for line in quoted.splitlines():
            assert line.split() in said, f"indexer {command} does not say: {line}"


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(
        re.findall(r"`make ([a-z.-]+)", (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text())
    )
    assert named <= targets
