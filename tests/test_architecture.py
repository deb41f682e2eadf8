"""The shape of the code, read from its imports: what may depend on what, who alone may do what."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES = 300
DECODERS = sorted((ROOT / "decoders").glob("*.py"))
#: beside the programs: the list of them, labels, and what cannot be decoded
NO_PROGRAMS = {"__init__", "programs", "routers", "undecodable"}
ENGINE = sorted((ROOT / "decoders" / "engine").glob("*.py"))
INDEXER = sorted((ROOT / "indexer").rglob("*.py"))
#: modules that turn bytes into values and back, and must stay free of anything that waits
PURE = (
    "transaction", "message", "marker", "plan", "errors", "prepare", "stream_state", "stream_outlook",
    "topology_fields", "topology_rules", "topology_drift", "jetstream_line", "jetstream_capacity", "jetstream_verdicts",
    "deliveries", "candle", "candles", "candle_holes", "candle_ids", "candle_pages", "candle_state",
)  # fmt: skip
WAITING = {
    "aiohttp", "asyncio", "http", "multiprocessing", "nats", "requests", "selectors", "shelve", "signal", "socket",
    "sqlite3", "ssl", "subprocess", "tempfile", "threading", "urllib", "uvloop", "websockets",
}  # fmt: skip
#: what a computation has no business with: files, clocks, chance, logs, the environment
SIDE_EFFECTS = WAITING | {"io", "logging", "os", "pathlib", "random", "secrets", "shutil", "structlog", "time"}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file, parsed once for all that look at it."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> Iterator[str]:
    """The full names of all modules a file imports, anywhere in it."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def names(path: Path) -> set[str]:
    """Every attribute and name a file uses, dotted as far as it is written out."""
    return {ast.unparse(node) for node in nodes(path) if isinstance(node, ast.Attribute | ast.Name)}


def test_engine_stands_on_the_standard_library_and_itself() -> None:
    for path in ENGINE:
        strangers = {name for name in tops(path) if name not in sys.stdlib_module_names and name != "decoders"}
        assert (path, strangers) == (path, set())
        assert all(name.startswith("decoders.engine") for name in imports(path) if name.startswith("decoders.")), path


def test_decoders_do_nothing_but_compute() -> None:
    for path in (*ENGINE, *DECODERS):
        assert (path, tops(path) & SIDE_EFFECTS) == (path, set())
        assert (path, names(path) & {"open", "print", "input", "exec", "eval", "__import__"}) == (path, set())


def test_decoder_is_a_value_that_fits_a_screen_and_knows_the_engine_alone() -> None:
    decoders = [path for path in DECODERS if path.stem not in NO_PROGRAMS]
    assert len(decoders) > 100
    for path in decoders:
        assert len(path.read_text().splitlines()) <= 50, f"{path}: a decoder is a value of some 40 lines"
        assert {name for name in tops(path) if name not in sys.stdlib_module_names} == {"decoders"}, path
        assert all(name.startswith("decoders.engine") for name in imports(path) if name.startswith("decoders")), path
        assert not any(isinstance(node, ast.ClassDef) for node in nodes(path)), path


def test_decoder_modules_are_named_as_their_programs() -> None:
    from decoders.programs import PROGRAMS  # noqa: PLC0415 - the only test that needs them

    modules = {path.stem for path in DECODERS} - NO_PROGRAMS
    assert {program.name for program in PROGRAMS} == modules


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_never_wait(name: str) -> None:
    path = ROOT / "indexer" / f"{name}.py"
    assert tops(path) & SIDE_EFFECTS == set()


def test_dependencies_point_one_way() -> None:
    for path in (*DECODERS, *ENGINE):
        assert "indexer" not in tops(path), path
    for path in INDEXER:
        assert "tests" not in tops(path), path


def test_localnet_does_not_know_the_decoders() -> None:
    """The builder of transactions is the second copy of the facts: it would prove nothing if it read the first."""
    for path in (ROOT / "indexer" / "localnet").rglob("*.py"):
        assert "decoders" not in tops(path), path


def test_one_file_reads_the_environment_and_one_makes_metrics() -> None:
    for path in (*INDEXER, *DECODERS, *ENGINE):
        where = str(path.relative_to(ROOT))
        if where != "indexer/config.py":
            assert not {name for name in names(path) if name.startswith(("os.environ", "os.getenv"))}, where
            assert "os.environ" not in set(imports(path)), where
        if where != "indexer/metrics.py":
            made = {"Counter", "Gauge", "Histogram", "Summary", "Info"}
            assert not {name for name in imports(path) if name.startswith("prometheus_client.")} & {
                f"prometheus_client.{one}" for one in made
            }, where


def test_every_file_can_be_read_in_one_go() -> None:
    for path in (*INDEXER, *DECODERS, *ENGINE):
        assert len(path.read_text().splitlines()) <= LINES, path
        assert path.stem not in {"utils", "util", "base", "manager", "helpers", "common", "misc"}, path
