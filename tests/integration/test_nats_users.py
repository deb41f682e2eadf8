"""deploy/nats/single.conf as it is, on a real server: the users get through, and nobody gets further."""

import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from tests.integration.forked import each, indexer
from tests.integration.sample_server import DEPLOY, Sample, make_keys
from tests.integration.streams import ask
from tests.integration.terminal import shell, until
from tests.integration.users_conf import matches, read_users, table

USERS = read_users()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("nats") / "keys", "localhost,127.0.0.1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sample(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sample]:
    """The sample server with the streams that the operator made."""
    async with Sample(keys=keys, folder=tmp_path_factory.mktemp("sample") / "one", trace=True) as server:
        made = await indexer("jetstream", "init", cwd=server.folder, **await server.settings("operator"))
        assert made.code == 0, made.said
        assert made.err == ""
        yield server


async def operator(sample: Sample, name: str, body: Any = None) -> dict[str, Any]:
    """JetStream's answer to the operator."""
    return await ask(await sample.url(), name, body, **sample.options("operator"))


async def passed(client: Client) -> None:
    """Until the server has seen all of it: the library's own flush overtakes what waits to be sent."""
    await client.request("$JS.API.INFO", timeout=30)


def example(pattern: str) -> str:
    """A subject of the pattern that does no harm."""
    known = {"$JS.API.>": "$JS.API.STREAM.NAMES", "$JS.SNAPSHOT.>": "$JS.SNAPSHOT.ACK.x", "$JS.ACK.>": "$JS.ACK.a.b"}
    return known.get(pattern, pattern.replace("*", "dex-swaps").replace(">", "y"))


#: what only the operator may, and what nobody may
FORBIDDEN = (
    "$JS.API.STREAM.CREATE.x", "$JS.API.STREAM.UPDATE.dex-swaps", "$JS.API.STREAM.DELETE.dex-swaps",
    "$JS.API.STREAM.PURGE.dex-swaps", "$JS.API.STREAM.MSG.DELETE.dex-swaps", "$JS.API.STREAM.SNAPSHOT.dex-swaps",
    "$JS.API.STREAM.RESTORE.x", "$JS.API.CONSUMER.CREATE.dex-swaps.x", "$JS.API.CONSUMER.DELETE.dex-swaps.api-query",
    "$JS.API.CONSUMER.MSG.NEXT.dex-candles-1m.api-query", "$JS.API.CONSUMER.PAUSE.dex-swaps.api-query",
    "$JS.API.STREAM.MSG.GET.dex.x", "$JS.API.META.LEADER.STEPDOWN", "$SYS.REQ.SERVER.PING", "dex.sol", "dex.sol.x",
    "dex.sol.swaps.x", "dex.sol.dead", "dex.sol.dead.x.y", "other", "_INBOX.other.x",
)  # fmt: skip


@pytest.mark.parametrize("name", USERS)
async def test_a_user_may_publish_what_its_line_says_and_nothing_else(sample: Sample, name: str) -> None:
    every = {example(pattern) for user in USERS.values() for pattern in user.publish} | set(FORBIDDEN)
    every |= {f"_INBOX.{other}.x" for other in USERS}
    allowed = {subject for subject in every if any(matches(one, subject) for one in USERS[name].publish)}
    assert {example(pattern) for pattern in USERS[name].publish} <= allowed
    asked = sorted(allowed) if name != "operator" else ["$JS.API.STREAM.NAMES", "$JS.SNAPSHOT.ACK.x", "$JS.ACK.a.b"]
    client, denied = await sample.client(name)
    try:
        for subject in (*asked, *sorted(every - allowed)):
            await client.publish(subject, b"")
        await passed(client)
    finally:
        await client.close()
    refused = {f'nats: permissions violation for publish to "{subject.lower()}"' for subject in every - allowed}
    assert len(refused) == len(every - allowed) > 15
    assert set(denied) == refused


@pytest.mark.parametrize("name", USERS)
async def test_a_user_hears_its_own_inbox_and_nothing_else(sample: Sample, name: str) -> None:
    foreign = [f"_INBOX.{other}.>" for other in USERS if other != name]
    foreign += [">", "*", "_INBOX.>", "_INBOX.*.x", "dex.sol.>", "dex.sol.swaps", "$JS.>", "$JS.EVENT.>", "$SYS.>"]
    client, denied = await sample.client(name)
    try:
        for subject in (f"_INBOX.{name}.x", f"_INBOX.{name}.>", *foreign):
            await client.subscribe(subject)
        await passed(client)
    finally:
        await client.close()
    assert set(denied) == {f'nats: permissions violation for subscription to "{one.lower()}"' for one in foreign}


BODIES = {"DIRECT.GET.dex-swaps": b'{"seq":4000000000}', "MSG.NEXT": b'{"batch":1,"no_wait":true}'}


@pytest.mark.parametrize("name", [name for name in USERS if name != "operator"])
async def test_no_answer_can_be_sent_where_its_user_may_not_publish(sample: Sample, name: str) -> None:
    """Answers are subjects too: in one account with the streams any of these would purge, delete or write."""
    swaps = f"{'dex.sol.x' if name == 'indexer' else 'dex.sol.swaps'}"
    targets = ["$JS.API.STREAM.PURGE.dex-swaps", "$JS.API.STREAM.DELETE.dex-swaps", "_INBOX.operator.x", swaps]
    writer, _ = await sample.client("indexer")
    await writer.request("dex.sol.swaps", b"something to lose", timeout=30)
    overheard, _ = await sample.client("operator")
    inbox = await overheard.subscribe("_INBOX.operator.x")
    await passed(overheard)
    before = (await operator(sample, "STREAM.INFO.dex-swaps"))["state"]
    client, denied = await sample.client(name)
    asking = [example(one) for one in USERS[name].publish if one.startswith("$JS.API.")]
    for target in targets:
        for subject in asking:
            body = next((body for end, body in BODIES.items() if end in subject), b"")
            await client.publish(subject, body, reply=target)
    await passed(client)
    await operator(sample, "STREAM.INFO.dex-swaps")
    after = (await operator(sample, "STREAM.INFO.dex-swaps"))["state"]
    assert (after["last_seq"], after["messages"]) == (before["last_seq"], before["messages"])
    assert inbox.pending_msgs == 0
    assert denied == []
    for one in (client, writer, overheard):
        await one.close()


async def test_in_the_account_of_the_streams_an_answer_does_delete_one(sample: Sample) -> None:
    """Why every service has an account of its own, and the operator's key is for people."""
    await operator(sample, "STREAM.CREATE.scratch", {"name": "scratch", "subjects": ["scratch"], "allow_direct": True})
    client, denied = await sample.client("operator")
    await client.publish("$JS.API.DIRECT.GET.scratch", b'{"seq":9}', reply="$JS.API.STREAM.DELETE.scratch")
    await passed(client)
    await client.close()

    async def gone() -> bool:
        return "scratch" not in (await operator(sample, "STREAM.NAMES"))["streams"]

    await until(gone)
    assert denied == []


async def test_what_a_user_may_publish_is_what_its_account_imports() -> None:
    assert list(USERS) == ["operator", "indexer", "candle-builder", "clickhouse-sink", "api-query", "monitor"]
    for user in USERS.values():
        assert user.imports == ([] if user.name == "operator" else user.publish)
        assert user.subscribe == [f"_INBOX.{user.name}.>"]


async def test_a_sink_reads_and_acknowledges_through_its_consumers_across_accounts(sample: Sample) -> None:
    writer, _ = await sample.client("indexer")
    await writer.request("dex.sol.swaps", b"{}", timeout=30)
    await writer.close()
    for name in ("clickhouse-sink", "candle-builder", "api-query"):
        client, denied = await sample.client(name)
        stream = client.jetstream()
        subscription = await stream.pull_subscribe_bind(name, "dex-swaps")
        messages = await subscription.fetch(1, timeout=30)
        assert messages[0].subject in ("dex.sol.swaps", "dex.sol.slots")
        for message in messages:
            await message.ack_sync(timeout=30)
        info = await subscription.consumer_info()
        assert info.ack_floor is not None
        assert info.ack_floor.stream_seq >= 1
        if name == "clickhouse-sink":
            acked = await stream.publish("dex.sol.dead.clickhouse", b"{}", timeout=30)
            assert acked.stream == "dex-dead"
        if name == "candle-builder":
            acked = await stream.publish("dex.sol.candles.1m", b"{}", timeout=30)
            assert acked.stream == "dex-candles-1m"
        assert denied == []
        await client.close()


async def test_nobody_comes_in_without_a_certificate_of_the_ca_and_a_known_nkey(
    sample: Sample, keys: Path, tmp_path: Path
) -> None:
    other = make_keys(tmp_path / "other", "localhost,127.0.0.1")
    us = await sample.settings("monitor")
    bare = {name: value for name, value in us.items() if name not in ("NATS_TLS_CERT", "NATS_TLS_KEY")}
    foreign = {"NATS_TLS_CERT": str(other / "monitor.pem"), "NATS_TLS_KEY": str(other / "monitor.key")}
    nobody = {name: value for name, value in us.items() if name != "NATS_NKEY_SEED_FILE"}
    cases = (
        (bare, "no TLS connection to NATS", "NATS_TLS_CERT"),
        (us | foreign, "no TLS connection to NATS", "NATS_TLS_CERT"),
        (us | {"NATS_TLS_CA": str(other / "ca.pem")}, "certificate", "NATS_TLS_CA"),
        (nobody, "refused our credentials", "NATS_NKEY_SEED_FILE"),
        (us | {"NATS_NKEY_SEED_FILE": str(other / "monitor.nk")}, "refused our credentials", "NATS_NKEY_SEED_FILE"),
    )
    ends = await each([(["jetstream", "init"], settings) for settings, _, _ in cases], cwd=tmp_path)
    seeds = [path.read_text().strip() for folder in (keys, other) for path in folder.glob("*.nk")]
    for (_, sentence, hint), ended in zip(cases, ends, strict=True):
        assert ended.code == 3, ended.said
        assert sentence in ended.err
        assert hint in ended.err
        assert not any(seed in ended.said for seed in seeds)
    with pytest.raises((ssl.SSLError, OSError, nats.errors.Error, TimeoutError)):
        await nats.connect((await sample.url()).replace("tls:", "nats:"), allow_reconnect=False, connect_timeout=2)


async def test_the_operator_works_with_the_real_cli_and_its_context(
    sample: Sample, nats_cli: str, tmp_path: Path
) -> None:
    """What a start without the right to write the chain prints, a backup, and the way back, by one context."""
    us = await sample.settings("operator")
    words = {"server": "URL", "tlsca": "TLS_CA", "tlscert": "TLS_CERT", "tlskey": "TLS_KEY", "nkey": "NKEY_SEED_FILE",
             "inbox-prefix": "INBOX_PREFIX"}  # fmt: skip
    flags = " ".join(f"--{flag} {us[f'NATS_{name}']}" for flag, name in words.items())
    home = {"XDG_CONFIG_HOME": str(tmp_path)}

    async def run(line: str) -> str:
        ended = await shell(f"{nats_cli} {line}", cwd=tmp_path, **home)
        assert ended.code == 0, ended.said
        return ended.said

    await run(f"context save operator {flags}")
    again = await indexer("jetstream", "init", "--nats-context", "operator", cwd=tmp_path, **home)
    assert (again.code, again.err) == (0, ""), again.said
    await operator(sample, "STREAM.CREATE.kept", {"name": "kept", "subjects": ["kept.>"], "metadata": {}})
    assert "genesis_hash: abc" in await run("--context operator stream edit kept --force --metadata genesis_hash=abc")
    await run("--context operator stream backup kept backup")
    await run("--context operator stream rm --force kept")
    assert "genesis_hash: abc" in await run("--context operator stream restore backup")
    await run("--context operator stream rm --force kept")


async def test_its_limits_are_in_force(sample: Sample) -> None:
    ports = await sample.ports()
    assert all("//127.0.0.1:" in address for address in ports["monitoring"])
    async with aiohttp.ClientSession() as session, session.get(ports["monitoring"][0] + "/varz") as answer:
        told = await answer.json()
    limits = {name: told[name] for name in ("max_connections", "max_payload", "max_pending", "tls_verify")}
    assert limits == {"max_connections": 256, "max_payload": 1 << 20, "max_pending": 64 << 20, "tls_verify": True}
    store = told["jetstream"]["config"]
    assert (store["max_memory"], store["max_storage"]) == (256 << 20, 1 << 30)
    assert store["sync_always"] is True


async def test_the_readme_has_the_table_of_users(request: pytest.FixtureRequest) -> None:
    readme = DEPLOY / "README.md"
    pattern = re.compile(r"(<!-- users: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
    fresh = pattern.sub(lambda found: found[1] + "".join(f"{row}\n" for row in table()) + found[2], readme.read_text())
    if request.config.getoption("--update-goldens"):
        readme.write_text(fresh)
    assert pattern.search(fresh)
    assert fresh == readme.read_text(), "run: make test ARGS='tests/integration/test_nats_users.py --update-goldens'"
