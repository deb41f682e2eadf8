"""Dead letters into their stream, at least once: each acknowledged before the slot they belong to is published."""

import asyncio
from collections.abc import Sequence

from indexer.batch import Refused, verdict
from indexer.errors import TransientError
from indexer.jetstream_api import call
from indexer.message import DEAD_STREAM, Message
from indexer.nats_connection import Connection, NobodyListens

AT_ONCE = 100


async def send_letters(connection: Connection, letters: Sequence[Message], *, seconds: float) -> bool:
    """Store at most ``AT_ONCE`` letters side by side; True when all are acknowledged, stored before or not.

    Raises TransientError when some may not be, ApiError when the stream is gone, PeerError when it is denied.
    """
    asks = (
        connection.ask(letter.subject, letter.payload, headers={"Nats-Msg-Id": letter.id}, seconds=seconds)
        for letter in letters
    )
    try:
        answers = [verdict(answer.data) for answer in await asyncio.gather(*asks)]
    except NobodyListens:
        await call(connection, f"STREAM.INFO.{DEAD_STREAM}", seconds=seconds)
        raise
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    if refusals:
        raise TransientError(f"{DEAD_STREAM} refuses messages: {refusals[0].reason} ({refusals[0].code})")
    return True
