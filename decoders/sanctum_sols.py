"""SOLS: minted for wrapped SOL."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="sanctum_sols",
    address="so1f7APRw5pJ5iNJrM9g5X9tQgXzk8kMUnXxDNdt99b",
    kind="conversion",
    default=False,
    swaps=(
        SwapIx(
            "deposit_wrapped_sol", tag=b"\x02", accounts=7, pool=2, vaults=(4, 0), users=(3, 1), mints=(6, 0), user=5
        ),
    ),
)
