"""The snapshot protocol where it goes wrong, and the rights it needs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg

from indexer.backup import Taken, Wish, back_up
from indexer.embedded import NatsServer
from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import call
from indexer.jetstream_require import require_streams
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.peek import Looker
from indexer.restore import Change, require_free, restore
from indexer.restore_source import sources
from indexer.snapshot import _chunks
from indexer.swap_rows import Filters
from tests.indexer.stored import fill, settings

BACKUP = (
    "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.LIST.*", "$JS.API.STREAM.SNAPSHOT.*", "$JS.API.STREAM.MSG.GET.*",
    "$JS.SNAPSHOT.ACK.>",
)  # fmt: skip
RESTORE = (
    "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.LIST.*", "$JS.API.STREAM.RESTORE.*", "$JS.API.STREAM.UPDATE.*",
    "$JS.API.STREAM.DELETE.*", "$JS.API.STREAM.MSG.GET.*", "$JS.SNAPSHOT.RESTORE.>",
)  # fmt: skip
PEEK = ("$JS.API.STREAM.INFO.*", "$JS.API.DIRECT.GET.*")


def user(name: str, rights: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{right}"' for right in rights)
    return f'{{user: {name}, password: x, permissions: {{publish: [{listed}], subscribe: ["_INBOX.>"]}}}}'


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    silent = tuple(right for right in BACKUP if "ACK" not in right)
    users = (user("backup", BACKUP), user("silent", silent), user("restore", RESTORE), user("peek", PEEK))
    extra = f"authorization {{ users: [{{user: admin, password: x}}, {', '.join(users)}] }}"
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=extra) as one:
        yield one


def as_user(server: NatsServer, name: str) -> Any:
    return connected(settings(server.url, nats_user=name, nats_password="x"), Metrics())  # noqa: S106 - a test's


async def take(nats: Connection, directory: Path) -> Taken:
    own = settings("unused", backup_chunk_bytes=1024, backup_window_bytes=1024)
    return await back_up(nats, own, Wish(directory=directory, streams=["dex-swaps"]), lambda *_: None)


async def test_the_least_rights_of_each_command_are_enough(server: NatsServer, tmp_path: Path) -> None:
    async with as_user(server, "admin") as admin:
        await fill(admin, settings("unused"), range(1, 11))
        async with as_user(server, "backup") as nats:
            path = (await take(nats, tmp_path / "b")).path
        async with as_user(server, "peek") as nats:
            own, let = settings("unused"), Filters()
            looker = Looker(connection=nats, settings=own, stream="dex-swaps", subject="dex.sol.swaps", filters=let)
            assert len(await looker.last(7)) == 7
        await call(admin, "STREAM.DELETE.dex-swaps", seconds=30)
        async with as_user(server, "restore") as nats:
            (source,) = sources(path, [])
            await require_free(nats, [source], discard=False)
            done = await restore(nats, settings("unused"), source, Change(), lambda *_: None)
        assert done.messages == 110
        await require_streams(admin)


async def test_without_the_right_to_acknowledge_the_reason_is_named(server: NatsServer, tmp_path: Path) -> None:
    async with as_user(server, "admin") as admin:
        await fill(admin, settings("unused"), range(1, 101))
    async with as_user(server, "silent") as nats:
        with pytest.raises(PeerError, match=r"408 No Flow Response: .*\$JS\.SNAPSHOT\.ACK"):
            await take(nats, tmp_path / "b")


async def chunks(nats: Connection, *messages: Msg, generation: int | None = None, seconds: float = 5) -> list[bytes]:
    arrived: asyncio.Queue[Msg] = asyncio.Queue()
    for message in messages:
        arrived.put_nowait(message)
    given = nats.generation if generation is None else generation
    return [chunk async for chunk in _chunks(nats, arrived, given, seconds)]


async def test_a_chunk_that_is_lost_is_noticed(server: NatsServer) -> None:
    async with as_user(server, "admin") as nats:

        def chunk(number: int) -> Msg:
            return Msg(nats, subject="_INBOX.x", reply=f"$JS.SNAPSHOT.ACK.s.id.1.{number}", data=b"%d" % number)

        end = Msg(nats, subject="_INBOX.x")
        assert await chunks(nats, chunk(1), chunk(2), end) == [b"1", b"2"]
        with pytest.raises(TransientError, match="a chunk of the snapshot was lost"):
            await chunks(nats, chunk(1), chunk(3), end)
        with pytest.raises(TransientError, match="the connection to NATS was lost"):
            await chunks(nats, chunk(1), generation=nats.generation - 1)
        with pytest.raises(TransientError, match=r"no chunk of the snapshot came for 0\.05 s"):
            await chunks(nats, chunk(1), seconds=0.05)
        failed = Msg(nats, subject="_INBOX.x", headers={"Status": "500", "Description": "store is closed"})
        with pytest.raises(TransientError, match="500 store is closed"):
            await chunks(nats, failed)
