"""The shortened way of a message, against a real server: the library's private parts are as it takes them to be."""

import asyncio

import pytest
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError

from indexer.embedded import NatsServer
from indexer.nats_direct import DirectClient

Seen = list[tuple[bytes, bytes, bytes, bytes]]


async def opened(server: NatsServer, errors: list[Exception]) -> DirectClient:
    async def said(error: Exception) -> None:
        errors.append(error)

    client = DirectClient()
    await client.connect(server.url, error_cb=said, reconnect_time_wait=1, max_reconnect_attempts=-1)
    return client


async def there_and_back(client: DirectClient) -> None:
    """All that was sent before has come; the library's flush may overtake what is published before it."""
    own = await client.subscribe("back")
    await client.publish("back")
    await own.next_msg(30)
    await own.unsubscribe()


async def test_what_asks_for_a_reply_comes_at_once_as_it_was_sent_and_the_rest_as_ever(nats_server: NatsServer) -> None:
    seen: Seen = []
    others: list[Msg] = []

    async def other(msg: Msg) -> None:
        others.append(msg)

    client = await opened(nats_server, [])
    subscription = await client.subscribe_direct("in", lambda *parts: seen.append(parts), others=other)
    await client.publish("in", b"a", reply="out")
    await client.publish("in", b"b", reply="out", headers={"Name": "value"})
    await client.publish("in", b"c", headers={"Status": "100"})
    await there_and_back(client)
    assert seen == [(b"in", b"out", b"", b"a"), (b"in", b"out", b"NATS/1.0\r\nName: value\r\n\r\n", b"b")]
    await asyncio.sleep(0)
    assert [(one.data, one.headers) for one in others] == [(b"c", {"Status": "100"})]
    await subscription.unsubscribe()
    await client.publish("in", b"d", reply="out")
    await there_and_back(client)
    await client.close()
    assert (len(seen), len(others)) == (2, 1)


async def test_drained_subscription_has_everything_that_was_on_its_way(nats_server: NatsServer) -> None:
    seen: Seen = []

    async def other(_: Msg) -> None: ...

    client, sender = await opened(nats_server, []), await opened(nats_server, [])
    subscription = await client.subscribe_direct("in", lambda *parts: seen.append(parts), others=other)
    await there_and_back(client)
    sent = await sender.subscribe("in")  # the library's flush may overtake what was published before it
    for number in range(5000):
        await sender.publish("in", b"%d" % number, reply="out")
    for _ in range(5000):
        await sent.next_msg(30)
    await subscription.drain()  # type: ignore[no-untyped-call]
    assert [payload for *_, payload in seen] == [b"%d" % number for number in range(5000)]
    await asyncio.gather(client.close(), sender.close())


async def test_message_that_cannot_be_read_is_reported_and_the_connection_lives(nats_server: NatsServer) -> None:
    errors: list[Exception] = []

    def refuse(*_: bytes) -> None:
        raise ValueError("not a delivery")

    async def other(_: Msg) -> None: ...

    client = await opened(nats_server, errors)
    await client.subscribe_direct("in", refuse, others=other)
    await client.publish("in", b"a", reply="out")
    await there_and_back(client)
    assert [str(error) for error in errors] == ["not a delivery"]
    assert client.is_connected
    await client.close()


async def test_subscription_goes_on_over_a_restart_of_the_server(nats_server: NatsServer) -> None:
    seen: Seen = []

    async def other(_: Msg) -> None: ...

    client = await opened(nats_server, [])
    await client.subscribe_direct("in", lambda *parts: seen.append(parts), others=other)
    await nats_server.kill()
    await nats_server.start()
    async with asyncio.timeout(60):
        while not seen:
            await asyncio.sleep(0.1)
            if client.is_connected:
                await client.publish("in", b"a", reply="out")
    await client.close()


async def test_one_payload_to_many_subjects_is_one_write_and_arrives_everywhere(nats_server: NatsServer) -> None:
    client = await opened(nats_server, [])
    inbox = await client.subscribe("acks.*")
    await client.publish_each([f"acks.{number}" for number in range(3)], b"+ACK")
    await client.publish_each([], b"+ACK")
    found = [await inbox.next_msg(timeout=30) for _ in range(3)]
    assert [(one.subject, one.data, one.reply) for one in found] == [(f"acks.{n}", b"+ACK", "") for n in range(3)]
    await client.close()
    with pytest.raises(ConnectionClosedError):
        await client.publish_each(["acks.0"], b"+ACK")
