"""What is not decoded is said, with a reason, and is not half-decoded elsewhere."""

from decoders.engine import text58
from decoders.programs import PROGRAMS, ROUTERS
from decoders.undecodable import UNDECODABLE


def test_what_is_not_decoded_has_no_decoder() -> None:
    known = {one.address for one in (*PROGRAMS, *ROUTERS)} | {one.name for one in (*PROGRAMS, *ROUTERS)}
    for one in UNDECODABLE:
        assert one.name.isidentifier()
        assert not {one.name, one.address} & known
        assert len(text58.decode(one.address)) == 32
        assert len(one.reason.split()) > 3


def test_nothing_is_said_twice() -> None:
    assert len({one.name for one in UNDECODABLE}) == len({one.address for one in UNDECODABLE}) == len(UNDECODABLE)
