"""A restore that must not be: damaged backups, other versions, limits, and one that is cut short."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from indexer.embedded import NatsServer
from indexer.errors import CheckError, DataError, PeerError, UsageError
from indexer.jetstream_api import ApiError
from indexer.jetstream_require import UNFINISHED, require_streams
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.restore import Change, restore
from indexer.restore_source import sources
from tests.indexer.restoring import config, own, put_back, taken
from tests.indexer.stored import (
    everything,
    fill,
    settings,
)  # fmt: skip


async def test_nothing_that_exists_is_overwritten(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    before = await everything(old, "dex-swaps")
    with pytest.raises(CheckError, match="stream dex-swaps exists, with 11 messages up to 11; nothing") as caught:
        await put_back(old, path)
    assert "nats stream rm dex-swaps" in caught.value.hint
    assert await everything(old, "dex-swaps") == before


@pytest.mark.parametrize("victim", ["dex-swaps/stream.arc.s2", "dex-swaps/backup.json", "manifest.json", "SHA256SUMS"])
@pytest.mark.parametrize("how", ["cut", "changed", "gone"])
async def test_a_damaged_backup_is_refused_before_any_call(
    old: Connection, tmp_path: Path, victim: str, how: str
) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b", "dex-swaps")
    file = path / victim
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(
            content[: len(content) // 2] + (b"" if how == "cut" else b"?" + content[len(content) // 2 + 1 :])
        )
    if (victim, how) == ("manifest.json", "gone"):
        assert [source.entry for source in sources(path, [])] == [
            None
        ]  # as another tool's: at least its end is checked
        return
    with pytest.raises((CheckError, DataError)) as caught:
        sources(path, [])
    assert victim in str(caught.value)


async def test_an_archive_that_is_cut_is_found_without_a_manifest(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 100))
    path = await taken(old, tmp_path / "b", "dex-swaps") / "dex-swaps"
    archive = path / "stream.arc.s2"
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(CheckError, match="cut"):
        sources(path, [])
    archive.write_bytes(b"something else")
    with pytest.raises(CheckError, match="not an S2 stream"):
        sources(path, [])
    archive.unlink()
    with pytest.raises(DataError, match=r"stream\.arc\.s2 or stream\.tar\.s2"):
        sources(path, [])


async def test_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"v": 9, "more": []}')
    with pytest.raises(CheckError, match="version 9; this build reads version 1"):
        sources(tmp_path, [])


async def test_a_wrong_manifest_is_found_after_the_restore_and_the_stream_stays_marked(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 4))
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    assert source.entry is not None
    samples = source.entry.samples | {7: "not this"}
    entry = msgspec.structs.replace(source.entry, samples=samples)
    wrong = type(source)(
        name=source.name, archive=source.archive, config=source.config, state=source.state, entry=entry
    )
    with pytest.raises(CheckError, match="1 of 33 sampled messages differ, first 7"):
        await restore(new, own(backup_silence_seconds=3), wrong, Change(), lambda *_: None)
    assert UNFINISHED in (await config(new, "dex-swaps"))["metadata"]
    with pytest.raises(PeerError, match="half restored"):
        await require_streams(new)
    with pytest.raises(CheckError, match="half restored"):
        await put_back(new, path)
    (done,) = await put_back(new, path, discard=True)
    assert done.messages == 33
    assert UNFINISHED not in (await config(new, "dex-swaps"))["metadata"]


async def test_smaller_limits_of_the_other_server_are_named_and_leave_nothing(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 201), size=2000)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    async with (
        NatsServer(store_dir=tmp_path / "small", sync="2m", max_store_bytes=2_000_000) as small,
        connected(settings(small.url), Metrics()) as connection,
    ):
        with pytest.raises((PeerError, UsageError), match="dex-swaps") as caught:
            await put_back(connection, path)
        assert "limits" in caught.value.hint
        with pytest.raises(ApiError, match="not found"):
            await config(connection, "dex-swaps")


async def test_replicas_of_a_cluster_are_refused_with_the_way_out(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    with pytest.raises(PeerError, match=r"replicas > 1 not supported.*; nothing of it is there") as caught:
        await restore(new, own(), source, Change(replicas=3), lambda *_: None)
    assert "--replicas 1" in caught.value.hint
    assert (await restore(new, own(), source, Change(replicas=1), lambda *_: None)).messages == 11


async def test_a_restore_that_is_cancelled_deletes_what_was_there(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 301), size=1000)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    seen = asyncio.Event()

    def report(_: str, sent: int, total: int) -> None:
        if sent > total // 2:
            seen.set()

    work = asyncio.create_task(restore(new, own(backup_chunk_bytes=1024), source, Change(), report))
    await asyncio.wait_for(seen.wait(), 60)
    assert UNFINISHED in (await config(new, "dex-swaps"))["metadata"]
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(ApiError, match="not found"):
        await config(new, "dex-swaps")
