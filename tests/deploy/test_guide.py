"""The operations guide does what it says: every block with the real nats CLI, the real indexer and a real server."""

import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.doctor import CHECKS
from indexer.embedded import NatsServer, find_binary
from indexer.jetstream_capacity import ID_BYTES
from tests import nats_cli as cli
from tests.chaos.arena import ROOT, Localnet, localnet
from tests.deploy.guide import GUIDE, SHOWN, Block, blocks, counts, matches, steady
from tests.indexer.ports import MONITORED, monitoring_of
from tests.integration.forked import each
from tests.integration.streams import make_streams
from tests.integration.terminal import environment, shell

BLOCK_SECONDS = 120
#: the chain of the guide's second block, on free ports
CHAIN = ("--generate", "--paused", "--first-slot", "5000", "--preload-blocks", "20", "--seed", "7")


def variables(folder: Path, nats: str, server: NatsServer, chain: Localnet) -> dict[str, str]:
    """What the guide's reader has exported, and a home that is nobody's."""
    settings = {
        "HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
        "NATS_URL": server.url,
        "NATS_MONITORING_URL": monitoring_of(server),
        "SOLANA_RPC_URL": chain.rpc_url,
        "SOLANA_WS_URL": chain.ws_url,
    }
    there = environment(**settings)
    return there | {"PATH": f"{Path(nats).parent}:{there['PATH']}"}


async def run(block: Block, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """Exit code and both outputs, as a person sees them."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", _refusals(block.text), cwd=folder, env=variables,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(BLOCK_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        said, _ = await process.communicate()
        return -1, f"{said.decode()}\ndid not end in {BLOCK_SECONDS} s"
    return process.returncode or 0, said.decode()


def _refusals(text: str) -> str:
    """A line with `!` fails its block when it succeeds, wherever it stands; bash looks at the last one alone."""
    return re.sub(r"^! (.*)$", r'if \1; then echo "not refused"; exit 90; fi', text, flags=re.MULTILINE)


@pytest.mark.timeout(600)
async def test_every_block_runs_and_says_what_the_guide_shows(
    nats_cli: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In order, on one server and one chain, since each block goes on where the one before it left things."""
    if cli.version(nats_cli) != cli.pinned():
        pytest.skip(f"the guide shows nats {cli.pinned()}, this is {cli.version(nats_cli)}: `make ci-tools` builds it")
    (tmp_path / "home").mkdir()
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    text = GUIDE.read_text()
    wrong: list[str] = []
    counted: dict[str, str] = {}
    corrections: list[tuple[tuple[int, int], str]] = []
    async with (
        NatsServer(store_dir=tmp_path / "nats", name="nats-1", extra=MONITORED) as server,
        localnet(*CHAIN) as chain,
    ):
        for block in [block for block in blocks(text) if block.tag == "sh run"]:
            code, came = await run(block, tmp_path, variables(tmp_path, nats_cli, server, chain))
            place = f"{GUIDE.name}:{block.line}: {block.text}"
            if code:
                wrong.append(f"{place}ended with {code}:\n{came}")
                continue
            counted |= counts(came)
            if not matches(steady(block.output or "", counts(text)), steady(came, counted)):
                lines = "".join(f"{line.rstrip()}\n" for line in came.splitlines())
                corrections.append((block.output_span, lines))
                wrong.append(f"{place}said:\n{came}\nin place of:\n{block.output}")
    if request.config.getoption("--update-goldens"):
        for (start, end), lines in reversed(corrections):
            text = text[:start] + lines + text[end:]
        GUIDE.write_text(text)
    assert not wrong, "\n\n".join(wrong)


async def test_a_swap_of_the_real_cli_is_stored_once_by_its_id(nats_cli: str, tmp_path: Path) -> None:
    """On the live stream itself, which the guide never publishes to: the header counts by its right name alone."""
    async with NatsServer(store_dir=tmp_path / "nats") as server:
        await make_streams(server.url)
        for header, stored in (("Nats-Msg-Id", 1), ("Nats-Msg-Id", 1), ("Msg-Id", 2), ("Msg-Id", 3)):
            line = f"{nats_cli} -s {server.url} pub -J dex.sol.swaps '{{}}' -H '{header}:501:1:sig:0'"
            ended = await shell(line, cwd=tmp_path, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
            assert ended.code == 0, ended.said
            assert f"Sequence: {stored}" in ended.said


def test_every_block_is_tagged_and_a_shown_one_says_why() -> None:
    found = list(blocks(GUIDE.read_text()))
    assert {block.tag for block in found} == {"sh run", "sh show"}
    for block in found:
        place = f"{GUIDE.name}:{block.line}"
        if block.tag == "sh run":
            assert block.output is not None, f"{place} has no output"
            assert steady(block.output), f"{place} has an empty output"
        else:
            assert block.before.startswith(SHOWN), f"{place}: the line before says no reason"
            assert len(block.before) > len(SHOWN) + 10
    runs = sum(block.tag == "sh run" for block in found)
    assert runs > 3 * (len(found) - runs), "what can be run is run"


def test_an_output_that_differs_is_noticed() -> None:
    shown = steady("a 12:00:01 at 127.0.0.1:4222\n…\nbytes 1.2 KiB in …\n")
    assert matches(shown, steady("a  13:59:01 at 127.0.0.1:1\nb\nc\nbytes 7 B in 3 s\n"))
    assert not matches(shown, steady("b 13:59:01 at 127.0.0.1:1\nbytes 7 B in 3 s\n"))
    assert not matches(shown, steady("a 13:59:01 at 127.0.0.1:1\nbytes 7 B in 3 s\nmore\n"))
    assert not matches(["3 messages"], ["4 messages"])


def test_numbers_of_the_chain_are_held_to_what_was_published() -> None:
    shown, came = counts("published 659 swaps in 18 slots"), counts("published 1,700 swaps in 18 slots")
    assert (shown, came) == ({"659": "SWAPS", "677": "MESSAGES"}, {"1700": "SWAPS", "1718": "MESSAGES"})
    assert steady("swaps 659, 677 of all", shown) == steady("swaps 1700, 1718 of all", came)
    assert steady("659 of all", shown) != steady("1718 of all", came)
    assert steady("6590 of 1,659", shown) == ["6590 of 1,659"]


def commands() -> dict[str, set[str]]:
    """Every command of ours in the guide's code, with the flags written behind it."""
    text = GUIDE.read_text()
    code = [block.text for block in blocks(text)] + re.findall(r"`([^`\n]+)`", text)
    found: dict[str, set[str]] = {}
    for line in "\n".join(code).replace("\\\n", " ").splitlines():
        for command, rest in re.findall(r"\bindexer ((?:jetstream )?[a-z]+)\b([^|;]*)", line):
            found.setdefault(command, set()).update(re.findall(r"(?<!\S)--[a-z][a-z-]+", rest))
    return found


async def test_commands_and_flags_of_ours_that_the_guide_names_exist(tmp_path: Path) -> None:
    named = commands()
    helps = await each([([*command.split(), "--help"], {}) for command in named], cwd=tmp_path)
    for (command, flags), ended in zip(named.items(), helps, strict=True):
        assert ended.code == 0, f"there is no `indexer {command}`"
        known = {*re.findall(r"--[a-z][a-z-]+", ended.out), *(f"--{name.replace('_', '-')}" for name in settings())}
        assert flags <= known, command


def settings() -> list[str]:
    return list(Settings.model_fields)


def test_versions_files_and_variables_of_the_guide_are_real() -> None:
    text = GUIDE.read_text()
    server = subprocess.run(
        [find_binary(), "--version"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert f"nats CLI {cli.pinned().removeprefix('v')}" in text
    assert f"nats-server {server.split('v')[-1].strip()}" in text
    for path in set(re.findall(r"\bdeploy/[\w./-]+\w", text)):
        assert (ROOT / path).exists(), path
    for name in set(re.findall(r"\bINDEXER_[A-Z_]+[A-Z]\b", text)):
        assert name.removeprefix("INDEXER_").lower() in settings(), name


def test_it_names_no_registry_and_benchmarks_no_live_subject() -> None:
    text = GUIDE.read_text()
    assert not re.search(r"proxy\.golang|pypi\.org|docker\.io|ghcr\.io|registry", text)
    for block in blocks(text):
        for line in block.text.splitlines():
            if "nats bench" in line or "nats pub" in line:
                assert "dex.sol" not in line, line
                assert "dex-" not in line, line


def test_the_guides_checklist_and_the_doctor_are_one_list() -> None:
    """Every line of the guide names the line of the doctor that checks it, or says that it is done by hand."""
    section = GUIDE.read_text().split("## Production checklist")[1]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE)[1:]
    assert len(rows) > 20
    named = [name for _, cell in rows for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(named) == sorted(CHECKS)
    assert all("`" in cell or cell == "by hand" for _, cell in rows)


def test_the_sizing_table_follows_from_what_was_measured() -> None:
    section = GUIDE.read_text().split("## Sizing")[1].split("## ")[0]
    counted, stored = (float(one.replace(",", "")) for one in re.findall(r"\*\*([\d,]+)\s+bytes\*\*", section))
    rows = [
        [float(re.sub(r"[^\d.]", "", cell)) for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\| [\d,]+ \|.*$", section, re.MULTILINE)
    ]
    assert len(rows) == 4
    for swaps, bytes_gb, disk_gb, week_gb, ids, memory_mb in rows:
        assert bytes_gb == pytest.approx(swaps * counted / 1e9, rel=0.02)
        assert disk_gb == pytest.approx(swaps * stored / 1e9, rel=0.08)
        assert week_gb == pytest.approx(swaps * stored * 7 / 1e9, rel=0.02)
        assert ids == pytest.approx(swaps / 24, rel=0.01)
        assert memory_mb == pytest.approx(ids * ID_BYTES / 1e6, rel=0.02)
