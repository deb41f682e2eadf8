"""The bench of everything embedded: how it reckons lag, and that it runs."""

from tests.bench.embedded import Lag, Track, embedded


def test_lag_is_what_came_since_the_stream_was_where_the_consumer_is() -> None:
    track = Track([], [])
    for now, sequence in enumerate((0, 100, 200, 200, 300), 10):
        track.add(now, sequence)
    assert [track.behind(position) for position in (300, 200, 199, 50, 0)] == [
        (0, 0.0),
        (100, 1.0),
        (101, 3.0),
        (250, 4.0),
        (300, 4.0),
    ]
    row = Lag([0, 0, 0, 8], [0.0, 0.5, 1.0, 2.0]).row("one")
    assert (row["messages_p50"], row["messages_max"], row["seconds_p50"], row["seconds_max"]) == (0, 8, 0.75, 2)


async def test_two_seconds_of_it_end_with_every_swap_in_clickhouse_once() -> None:
    found = await embedded(rate=200, seconds=2)
    (run,) = found["run"]
    assert (run["swaps"], run["once_in_clickhouse"]) == (420, 420)
    assert [row["consumer"] for row in found["lag"]] == ["candle-builder", "clickhouse-sink"]
    assert sorted(row["process"] for row in found["processes"]) == ["candles", "feeder", "nats-server", "sink"]
    assert all(row["peak_megabytes"] > 0 for row in found["processes"])
