"""Fields and their values for people; the table of fields is the server's own."""

from typing import Any

import pytest

from indexer import topology_fields as fields
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.jetstream_api import ApiError, call
from indexer.metrics import Metrics
from indexer.nats_connection import connected


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("max_age", 168 * 3600 * 10**9, "168h"), ("ack_wait", 90 * 10**9, "90s"), ("ack_wait", 0, "0"),
        ("ack_wait", 250_000_000, "250ms"), ("ack_wait", 1, "1ns"), ("backoff", [10**9, 60 * 10**9], "1s, 1m"),
        ("max_bytes", -1, "-1"), ("sealed", True, "true"), ("mirror", None, "not set"), ("description", "", "not set"),
        ("subjects", ["a", "b"], "a, b"), ("placement", {"tags": ["x"]}, "{'tags': ['x']}"),
    ],
)  # fmt: skip
def test_values_are_for_people(key: str, value: Any, shown: str) -> None:
    assert fields.human(key, value) == shown


async def test_the_server_knows_every_field_and_has_no_other(nats_server: NatsServer) -> None:
    """A field of ours the server did not know would be accepted in a file and refused at the end."""
    settings = Settings(_env_file=None, nats_url=nats_server.url)  # type: ignore[call-arg]
    async with connected(settings, Metrics()) as nats:

        async def refusal(name: str, body: dict[str, Any]) -> str:
            try:
                await call(nats, name, body, seconds=30)
            except ApiError as error:
                return error.description
            return ""

        for key, default in fields.STREAM.items():
            assert "unknown field" not in await refusal(
                "STREAM.CREATE.s", {"name": "s", "subjects": ["s"], key: default}
            )
        for key, default in fields.CONSUMER.items():
            config = {"durable_name": "c", "ack_policy": "explicit", key: default}
            body = {"stream_name": "s", "config": config}
            assert "unknown field" not in await refusal("CONSUMER.CREATE.s.c", body)
        assert "unknown field" in await refusal("STREAM.CREATE.s", {"name": "s", "replicas": 1})
        await call(nats, "STREAM.CREATE.t", {"name": "t"}, seconds=30)
        await call(nats, "CONSUMER.CREATE.t.c", {"stream_name": "t", "config": {"durable_name": "c"}}, seconds=30)
        stream = (await call(nats, "STREAM.INFO.t", seconds=30))["config"]
        consumer = (await call(nats, "CONSUMER.INFO.t.c", seconds=30))["config"]
    assert set(stream) <= set(fields.STREAM)
    assert set(consumer) <= set(fields.CONSUMER)
    shown = {"name", "subjects", "metadata", "consumer_limits"}
    assert {key: stream[key] for key in stream.keys() - shown} == {
        key: fields.STREAM[key] for key in stream.keys() - shown
    }
    shown = {"name", "durable_name", "metadata", "max_ack_pending", "ack_wait", "pause_until"}
    keys = consumer.keys() - shown
    assert {key: consumer[key] for key in keys} == {key: fields.CONSUMER[key] for key in keys}
