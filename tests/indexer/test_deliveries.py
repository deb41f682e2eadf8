"""Deliveries: what a reply subject, headers and a status say."""

import pytest

from indexer.deliveries import Headers, delivery, emptied, meaning

REPLY = "$JS.ACK.stream.durable.2.35.7.1700000000500000000.9"


def test_a_reply_subject_is_read_in_both_of_its_forms() -> None:
    plain = delivery("s", "$JS.ACK.stream.durable.2.35.7.1700000000500000000.9", b"", b"x")
    long = delivery("s", "$JS.ACK.hub.HASH.stream.durable.2.35.7.1700000000500000000.9.token", b"", b"x")
    for one in (plain, long):
        assert (one.deliveries, one.sequence, one.order, one.seconds, one.pending) == (2, 35, 7, 1_700_000_000.5, 9)
    for reply in ("", "_INBOX.x", "$JS.ACK.stream.durable.2"):
        with pytest.raises(ValueError, match="not a delivery"):
            delivery("s", reply, b"", b"")


def test_words_of_the_server_and_what_they_mean() -> None:
    said = [("100", "Idle Heartbeat"), ("408", "Request Timeout"), ("409", "Consumer Deleted"), ("503", "")]
    assert [meaning(*one) for one in said] == ["stands", "ended", "gone", "ended"]


def test_headers_are_read_as_the_client_library_reads_them() -> None:
    block = b"NATS/1.0\r\nNats-Msg-Id: 501:1\r\nDex-Mode:repair\r\nNote: a: b \xff\r\nno header\r\nEmpty:\r\n\r\n"
    headers = delivery("s", REPLY, block, b"").headers
    assert headers == {"Nats-Msg-Id": "501:1", "Dex-Mode": "repair", "Note": "a: b \ufffd", "Empty": ""}
    assert [name in headers for name in ("Dex-Mode", "Dex", "no header")] == [True, False, False]
    assert headers.get("Absent") is None
    assert repr(headers) == repr(dict(headers))
    assert dict(delivery("s", REPLY, b"", b"").headers) == dict(Headers()) == {}


def test_emptied_delivery_can_still_be_acked() -> None:
    one = emptied(delivery("s", REPLY, b"NATS/1.0\r\nA: b\r\n\r\n", b"x"))
    assert (one.reply, one.order, one.payload, len(one.headers)) == (REPLY, 7, b"", 0)
