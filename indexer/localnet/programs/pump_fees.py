"""The fees of pump.fun's trades, and the fee program that both pump programs ask for rates: it moves nothing."""

from dataclasses import dataclass

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_scene import Scene

FEE_PROGRAM = "pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ"
FEE_CONFIG = address("pump", "fee config")
GET_FEES = bytes.fromhex("e7257e55cf5b3f34")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The fees of one trade in the quote; ``buyback`` is a part of the protocol's."""

    protocol: int
    creator: int
    buyback: int

    @property
    def total(self) -> int:
        """Everything besides the curve's own leg."""
        return self.protocol + self.creator + self.buyback

    @property
    def kept(self) -> int:
        """What waits on the curve where its instructions keep it."""
        return self.protocol + self.creator

    def share(self, part: int, whole: int) -> "Costs":
        """The same of a part of the trade."""
        return Costs(
            protocol=self.protocol * part // whole,
            creator=self.creator * part // whole,
            buyback=self.buyback * part // whole,
        )

    def without(self, other: "Costs") -> "Costs":
        """The rest."""
        return Costs(
            protocol=self.protocol - other.protocol,
            creator=self.creator - other.creator,
            buyback=self.buyback - other.buyback,
        )


def quote_fees(scene: Scene, caller: str, amount: int, *, latest: bool) -> None:
    """Ask for the fee rates of a trade of this size; ``caller`` is the program that asks."""
    data = GET_FEES + b"\1" + bytes(16) + amount.to_bytes(8, "little") + (b"\0" if latest else b"")
    with scene.call(FEE_PROGRAM, [FEE_CONFIG, caller], data, log="GetFees", cost=3_100):
        scene.write_log(f"Program return: {FEE_PROGRAM} AAAAAAAAAABfAAAAAAAAAB4AAAAAAAAA")
