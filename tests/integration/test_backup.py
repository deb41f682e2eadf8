"""`indexer jetstream backup` and `restore` as a person and a container run them: signals, full disks, other tools."""

import json
import signal
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from indexer.embedded import NatsServer
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.indexer.stored import everything, fetch, fill, positions, settings
from tests.integration.forked import indexer
from tests.integration.streams import ask, config_of
from tests.integration.terminal import said, scraped, served, shell, started, until

MANY = 200  # slots whose archive takes a while in the smallest chunks
SLOWLY = {"INDEXER_BACKUP_CHUNK_BYTES": "1024", "INDEXER_BACKUP_WINDOW_BYTES": "1024"}


async def filled(server: NatsServer, slots: int, *, swaps: int = 10, size: int = 200) -> None:
    async with connected(settings(server.url), Metrics()) as connection:
        await fill(connection, settings(server.url), range(1, slots + 1), swaps=swaps, size=size)


async def stored(server: NatsServer) -> list[object]:
    async with connected(settings(server.url), Metrics()) as connection:
        return list(await everything(connection, "dex-swaps"))


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


async def test_a_backup_is_told_checked_measured_and_restored(stream: NatsServer, tmp_path: Path) -> None:
    await filled(stream, 10)
    before = await stored(stream)
    figures = tmp_path / "indexer_backup.prom"
    words = ("jetstream", "backup", "backups", "--metrics-file", str(figures), "--keep", "3")
    made = await indexer(*words, cwd=tmp_path, NATS_URL=stream.url)
    assert (made.code, made.err) == (0, "")
    assert "dex-swaps" in made.out
    assert "1 to 110" in made.out
    assert "Published after those last sequences: not in it." in made.out
    (name,) = left(tmp_path / "backups")
    assert (await shell(f"cd backups/{name} && sha256sum -c --quiet SHA256SUMS", cwd=tmp_path)).code == 0
    samples = {
        (sample.name, sample.labels["stream"]): sample.value
        for family in text_string_to_metric_families(figures.read_text())
        for sample in family.samples
    }
    told = json.loads((tmp_path / "backups" / name / "manifest.json").read_text())
    assert samples["indexer_backup_messages", "dex-swaps"] == 110
    assert samples["indexer_backup_bytes", "dex-swaps"] == told["streams"][0]["archive_bytes"]
    assert samples["indexer_backup_last_success_timestamp_seconds", "dex-dead"] > 1_700_000_000
    assert len(samples) == 3 * 5

    refused = await indexer("jetstream", "restore", "backups", cwd=tmp_path, NATS_URL=stream.url)
    assert refused.code == 5
    assert "nothing was changed" in refused.err
    for each in told["streams"]:
        await ask(stream.url, f"STREAM.DELETE.{each['name']}")
    restored = await indexer("jetstream", "restore", "backups", cwd=tmp_path, NATS_URL=stream.url)
    assert (restored.code, restored.err) == (0, "")
    assert "checksums are right" in restored.out
    assert await stored(stream) == before

    whole = await indexer("jetstream", "backup", "backups", "--verify", cwd=tmp_path)
    assert (whole.code, whole.out) == (0, f"backups/{name}: whole\n")
    archive = tmp_path / "backups" / name / "dex-swaps" / "stream.arc.s2"
    archive.write_bytes(archive.read_bytes()[:-1] + b"?")
    broken = await indexer("jetstream", "backup", "backups", "--verify", cwd=tmp_path)
    assert broken.code == 5
    assert "dex-swaps/stream.arc.s2 is not what SHA256SUMS says" in broken.out


async def test_the_nats_cli_restores_ours_and_we_restore_its(stream: NatsServer, tmp_path: Path, nats_cli: str) -> None:
    await filled(stream, 30)
    async with connected(settings(stream.url), Metrics()) as connection:
        for ack in (await fetch(connection, "dex-swaps", "clickhouse-sink", 40))[:25]:
            await connection.ask(ack, b"", seconds=5)
        stood = await positions(connection, "dex-swaps")
    before, config = await stored(stream), await config_of(stream.url)
    nats = f"{nats_cli} --no-context -s {stream.url}"
    ours = await indexer("jetstream", "backup", "ours", cwd=tmp_path, NATS_URL=stream.url)
    assert ours.code == 0, ours.said
    (name,) = left(tmp_path / "ours")
    theirs = await shell(f"{nats} stream backup dex-swaps theirs --no-progress", cwd=tmp_path)
    assert theirs.code == 0, theirs.said
    assert {path.name for path in (tmp_path / "theirs").iterdir()} == {
        path.name for path in (tmp_path / "ours" / name / "dex-swaps").iterdir()
    }

    async def compare() -> None:
        assert await stored(stream) == before
        assert await config_of(stream.url) == config
        async with connected(settings(stream.url), Metrics()) as connection:
            assert await positions(connection, "dex-swaps") == stood

    await ask(stream.url, "STREAM.DELETE.dex-swaps")
    back = await shell(f"{nats} stream restore ours/{name}/dex-swaps --no-progress", cwd=tmp_path)
    assert back.code == 0, back.said
    await compare()
    await ask(stream.url, "STREAM.DELETE.dex-swaps")
    again = await indexer("jetstream", "restore", "theirs", cwd=tmp_path, NATS_URL=stream.url)
    assert (again.code, again.err) == (0, "")
    assert "no manifest" in again.out
    await compare()


async def test_a_killed_backup_leaves_nothing_that_looks_whole(stream: NatsServer, tmp_path: Path) -> None:
    await filled(stream, MANY, swaps=2, size=10_000)
    backups = tmp_path / "backups"
    process = started(tmp_path, "jetstream", "backup", "backups", NATS_URL=stream.url, **SLOWLY)

    async def under_way() -> bool:
        return any(path.stat().st_size > 20_000 for path in backups.glob(".*.partial/dex-swaps/*"))

    await until(under_way, process)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    (partial,) = left(backups)
    assert partial.endswith(".partial")
    for words in (("restore", "backups"), ("backup", "backups", "--verify")):
        refused = await indexer("jetstream", *words, cwd=tmp_path, NATS_URL=stream.url)
        assert refused.code == 4, refused.said
    again = await indexer("jetstream", "backup", "backups", cwd=tmp_path, NATS_URL=stream.url)
    assert again.code == 0, again.said
    (whole,) = left(backups)
    assert not whole.startswith(".")


async def test_a_stopped_backup_says_so_and_cleans_up(stream: NatsServer, tmp_path: Path) -> None:
    await filled(stream, MANY, swaps=2, size=10_000)
    backups = tmp_path / "backups"
    process = started(tmp_path, "jetstream", "backup", "backups", NATS_URL=stream.url, **SLOWLY)

    async def under_way() -> bool:
        return any(path.stat().st_size > 20_000 for path in backups.glob(".*.partial/dex-swaps/*"))

    await until(under_way, process)
    assert await process.end(signal.SIGTERM) == 130
    assert "the unfinished backup was removed" in process.tail()
    assert left(backups) == []


async def test_a_full_disk_is_said_and_leaves_nothing(stream: NatsServer, tmp_path: Path) -> None:
    """A limit of the kernel on file sizes stands for the disk: the same error, in the middle of the same write.

    With -B, since it would cut the compiled modules that all processes here share, too.
    """
    await filled(stream, 30, swaps=2, size=10_000)
    line = f"ulimit -f 200; exec {sys.executable} -B -m indexer jetstream backup backups --nats-url {stream.url}"
    full = await shell(line, cwd=tmp_path)
    assert full.code == 2, full.said
    assert "cannot write to backups: File too large" in full.err
    assert "the unfinished backup was removed" in full.err
    assert left(tmp_path / "backups") == []


async def test_a_killed_restore_leaves_a_mark_that_everybody_sees(stream: NatsServer, tmp_path: Path) -> None:
    await filled(stream, MANY, swaps=2, size=10_000)
    before = await stored(stream)
    made = await indexer("jetstream", "backup", "backups", "--only", "dex-swaps", cwd=tmp_path, NATS_URL=stream.url)
    assert made.code == 0, made.said
    await ask(stream.url, "STREAM.DELETE.dex-swaps")
    process = started(tmp_path, "jetstream", "restore", "backups", NATS_URL=stream.url, **SLOWLY)

    async def half() -> bool:
        names = (await ask(stream.url, "STREAM.NAMES"))["streams"] or []
        return "dex-swaps" in names and (await ask(stream.url, "STREAM.INFO.dex-swaps"))["state"]["messages"] > 100

    await until(half, process)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    assert "indexer_restore" in (await config_of(stream.url))["metadata"]
    peers = {"SOLANA_RPC_URL": "http://127.0.0.1:1", "NATS_URL": stream.url}
    refused = await indexer("jetstream", "restore", "backups", cwd=tmp_path, **peers)
    assert refused.code == 5
    assert "half restored (unfinished since" in refused.err
    assert "--discard-unfinished" in refused.err
    anew = await indexer("jetstream", "restore", "backups", "--discard-unfinished", cwd=tmp_path, **peers)
    assert anew.code == 0, anew.said
    assert await stored(stream) == before
    assert "indexer_restore" not in (await config_of(stream.url))["metadata"]


async def test_on_an_interval_with_metrics_until_it_is_told_to_stop(stream: NatsServer, tmp_path: Path) -> None:
    await filled(stream, 3)
    words = ("jetstream", "backup", "backups", "--every", "2", "--keep", "2")
    loop = started(tmp_path, *words, NATS_URL=stream.url, INDEXER_NATS_CONNECT_SECONDS="0.5")

    async def kept() -> bool:
        return "deleted" in loop.log.read_text()

    await until(kept, loop)
    now = await scraped(loop)
    assert now("backup_last_success_timestamp_seconds", stream="dex-swaps") > 1_700_000_000
    assert now("backup_messages", stream="dex-swaps") == 33
    assert now("backup_failures_total") == 0
    assert [(await served(loop, path))[0] for path in ("/healthz", "/readyz")] == [200, 200]

    await stream.kill()
    await said(loop, '"no backup"')
    assert (await scraped(loop))("backup_failures_total") >= 1
    assert (await served(loop, "/healthz"))[0] == 200
    await stream.start()
    count = loop.log.read_text().count("whole,")

    async def again() -> bool:
        return loop.log.read_text().count("whole,") > count

    await until(again, loop)
    assert await loop.end(signal.SIGTERM) == 0
    assert [name for name in left(tmp_path / "backups") if name.startswith(".")] == []
    assert len(left(tmp_path / "backups")) <= 3

    rest = started(tmp_path, "jetstream", "backup", "backups", "--every", "3600", name="rest", NATS_URL=stream.url)
    line = await said(rest, "next backup")  # a young backup is there: a container that restarts does not make another
    assert float(line.split('"in_seconds":')[1].split(",")[0].rstrip("}")) > 3000
    assert (await scraped(rest))("backup_messages", stream="dex-swaps") == 33
    assert await rest.end(signal.SIGTERM) == 0


async def test_what_cannot_be_done_is_said(stream: NatsServer, tmp_path: Path) -> None:
    for words, code, says in (
        (("backup", "backups", "--keep", "0"), 2, "--keep takes a number above 0"),
        (("backup", "backups", "--every", "-1"), 2, "--every takes seconds above 0"),
        (("backup", "backups", "--only", "other"), 4, "there is no stream other"),
        (("backup", "/dev/null/backups"), 2, "cannot write to /dev/null/backups"),
        (("backup", "nothing", "--verify"), 4, "no backup in nothing"),
        (("restore", "nothing"), 4, "there is no directory nothing"),
        (("restore", "."), 4, "no backup in ."),
    ):
        ended = await indexer("jetstream", *words, cwd=tmp_path, NATS_URL=stream.url)
        assert ended.code == code, ended.said
        assert says in ended.err


async def test_without_streams_or_without_a_server(tmp_path: Path, nats_server: NatsServer) -> None:
    ended = await indexer("jetstream", "backup", "b", cwd=tmp_path, NATS_URL=nats_server.url)
    assert ended.code == 3
    assert "indexer jetstream init" in ended.err
    nowhere = {"NATS_URL": "nats://127.0.0.1:1", "INDEXER_NATS_CONNECT_SECONDS": "0.5"}
    for words in (("backup", "b"), ("peek",), ("tail",)):
        assert (await indexer("jetstream", *words, cwd=tmp_path, **nowhere)).code == 3
