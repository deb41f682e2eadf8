"""What a user may publish, as the server's own answer says it."""

from typing import Any

import pytest

from indexer.doctor_nats import may_publish

DELETE = "$JS.API.STREAM.DELETE.dex-swaps"


@pytest.mark.parametrize(
    ("publish", "may"),
    [
        (None, True),
        ({}, True),
        ({"allow": ["$JS.API.>"]}, True),
        ({"allow": [">"]}, True),
        ({"allow": ["$JS.API.STREAM.*.dex-swaps"]}, True),
        ({"allow": ["$JS.API.STREAM.DELETE.*"]}, True),
        ({"allow": ["$JS.API.STREAM.INFO.*", "dex.sol.>"]}, False),
        ({"allow": ["$JS.API.STREAM.DELETE"]}, False),
        ({"allow": ["$JS.API.STREAM.DELETE.dex-swaps.>"]}, False),
        ({"allow": ["$JS.API.>"], "deny": ["$JS.API.STREAM.DELETE.>"]}, False),
        ({"deny": ["$JS.API.STREAM.DELETE.*"]}, False),
        ({"deny": ["$JS.API.STREAM.PURGE.*"]}, True),
        ({"allow": []}, False),
    ],
)
def test_who_may_delete_the_stream(publish: Any, may: bool) -> None:  # noqa: FBT001 - a column of the table
    assert may_publish(DELETE, {} if publish is None else {"publish": publish}) is may
