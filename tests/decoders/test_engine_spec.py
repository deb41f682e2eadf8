"""A program that is written down wrongly is refused when it is built."""

from collections.abc import Callable

import pytest

from decoders.engine import text58
from decoders.engine.errors import REASONS, DecodeError
from decoders.engine.layout import Layout
from decoders.engine.registry import Registry
from decoders.engine.spec import Args, Program, Router, SwapIx, anchor, anchor_event, exact
from tests.decoders.scene import address
from tests.decoders.toy import REGISTRY, venue


def swap(**changes: object) -> SwapIx:
    fields = {"accounts": 6, "pool": 0, "vaults": (1, 2), "users": (3, 4), "user": 5, **changes}
    return SwapIx("swap", **fields)  # type: ignore[arg-type]


def program(**changes: object) -> Program:
    return Program(**{"name": "one", "address": address("one"), "kind": "amm", "swaps": (swap(),), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: swap(vaults=(1, 6)), "no account 6"),
        (lambda: swap(user=-1), "no account -1"),
        (lambda: swap(pool=None), "no pool"),
        (lambda: swap(tag=b"\x01", at=3), "exact size"),
        (lambda: program(swaps=(swap(), swap())), "twice"),
        (lambda: program(swaps=()), "no instruction"),
        (lambda: program(swaps=(swap(tag=b"\x01"), swap(tag=b"\x01\x02"))), "begins the tag"),
        (lambda: program(others="swap"), "a swap and not a swap"),
        (lambda: program(name="One"), "module name"),
        (lambda: program(address="abc"), "address"),
        (lambda: Router("r", "0"), "base58"),
        (lambda: Args("a:u64", (exact("in", "b"),)), "no argument 'b'"),
        (lambda: Args("a:u64", (exact("in", "a", when=("c", 1)),)), "no argument 'c'"),
        (lambda: Layout("a:u64 a:u8"), "twice"),
        (lambda: Layout("a:str"), "not a field"),
        (lambda: Layout("a:string"), "variable size"),
        (lambda: Registry((program(), program())), "one name or one address"),
        (lambda: Registry((program(),), (Router("one", address("r")),)), "one name or one address"),
    ],
)
def test_mistake_is_named(build: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()


def test_tags_are_derived_from_names() -> None:
    assert anchor("swap").hex() == "f8c69e91e17587c8"
    assert anchor_event("SwapEvent").hex() == "40c6cde8260871e2"
    assert swap().tag == anchor("swap")


def test_layout_reads_a_prefix_and_what_was_appended() -> None:
    layout = Layout("a:u8 _:u16 b:bool | c:u32 _:string d:u8 e:vec2 f:u8")
    head = bytes((7, 0, 0, 1))
    assert layout.read(head) == {"a": 7, "b": True}
    tail = (9).to_bytes(4, "little") + b"\x02\0\0\0hi" + b"\x05" + b"\x01\0\0\0xy" + b"\x06"
    assert layout.read(head + tail) == {"a": 7, "b": True, "c": 9, "d": 5, "f": 6}
    assert layout.read(head + tail[:-1]) == {"a": 7, "b": True, "c": 9, "d": 5}
    assert layout.read(head + tail[:7]) == {"a": 7, "b": True, "c": 9}
    assert layout.read(b"..." + head, 3) == {"a": 7, "b": True}
    with pytest.raises(DecodeError):
        layout.read(head[:3])


def test_two_registries_of_the_same_programs_have_the_same_hash() -> None:
    one = Registry((venue("a", address("a")),))
    assert one.programs_hash == Registry((venue("a", address("a")),)).programs_hash
    assert one.programs_hash != Registry((venue("a", address("b")),)).programs_hash
    assert len(REGISTRY.programs_hash) == 12


@pytest.mark.parametrize("size", [0, 1, 8, 9, 24, 31, 32, 33, 64, 200, 1232, 10_000])
def test_base58_goes_both_ways(size: int) -> None:
    for data in (bytes(range(256)) * (size // 256 + 1), bytes(3) + b"\xff" * size, bytes(size)):
        assert text58.decode(text58.encode(data[:size])) == data[:size]


@pytest.mark.parametrize("text", ["0", "O" * 40, "abcé" * 20, "l", "a b", "I" * 31])
def test_text_that_is_not_base58_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base58"):
        text58.decode(text)


def test_reasons_are_a_closed_set() -> None:
    assert len(set(REASONS)) == len(REASONS) == 11
