"""The frames of an S2 stream: how much they hold, whether they end where they should, in pieces of any size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.frames import Frames

IDENTIFIER = b"\xff\x06\x00\x00S2sTwO"


def compressed(unpacked: int, body: bytes) -> bytes:
    length, value = bytearray(), unpacked
    while value >= 0x80:
        length.append(value & 0x7F | 0x80)
        value >>= 7
    length.append(value)
    chunk = b"sum4" + bytes(length) + body
    return b"\x00" + len(chunk).to_bytes(3, "little") + chunk


def plain(body: bytes) -> bytes:
    return b"\x01" + (len(body) + 4).to_bytes(3, "little") + b"sum4" + body


def skippable(body: bytes) -> bytes:
    return b"\xfe" + len(body).to_bytes(3, "little") + body


@given(st.lists(st.tuples(st.integers(0, 4_000_000), st.binary(max_size=300)), max_size=6), st.integers(1, 40))
@settings(max_examples=60)
def test_any_pieces_give_the_same(chunks: list[tuple[int, bytes]], step: int) -> None:
    stream = IDENTIFIER + b"".join(compressed(size, body) + plain(body) + skippable(body) for size, body in chunks)
    frames = Frames()
    for at in range(0, len(stream), step):
        frames.feed(stream[at : at + step])
    assert frames.whole
    assert frames.unpacked == sum(size + len(body) for size, body in chunks)


@given(st.integers(1, 500))
@settings(max_examples=60)
def test_a_cut_is_seen(cut: int) -> None:
    stream = IDENTIFIER + compressed(100_000, b"x" * 200) + plain(b"y" * 290)
    frames = Frames()
    frames.feed(stream[: min(cut, len(stream) - 1)])
    at_a_frame = cut in (len(IDENTIFIER), len(IDENTIFIER) + len(compressed(100_000, b"x" * 200)))
    assert frames.whole == at_a_frame


def test_nothing_is_not_whole() -> None:
    assert not Frames().whole


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (b"hello world, this is text", "not an S2 stream"),
        (IDENTIFIER + b"\x02\x01\x00\x00x", "unknown kind 0x2"),
        (IDENTIFIER + b"\x00\x0a\x00\x00sum4" + b"\xff" * 6, "without a length"),
    ],
)
def test_something_else_is_refused(stream: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Frames().feed(stream)
