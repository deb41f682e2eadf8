"""The fee program that both pump programs call in every trade: it moves nothing."""

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_scene import Scene

FEE_PROGRAM = "pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ"
FEE_CONFIG = address("pump", "fee config")
GET_FEES = bytes.fromhex("e7257e55cf5b3f34")


def quote_fees(scene: Scene, caller: str, amount: int, *, latest: bool) -> None:
    """Ask for the fee rates of a trade of this size; ``caller`` is the program that asks."""
    data = GET_FEES + b"\1" + bytes(16) + amount.to_bytes(8, "little") + (b"\0" if latest else b"")
    with scene.call(FEE_PROGRAM, [FEE_CONFIG, caller], data, log="GetFees", cost=3_100):
        scene.write_log(f"Program return: {FEE_PROGRAM} AAAAAAAAAABfAAAAAAAAAB4AAAAAAAAA")
