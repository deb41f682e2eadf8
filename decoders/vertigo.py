"""Vertigo: launchpad pools; a buy pays the first mint, a sale the second."""

from decoders.engine.families import PAIR_BUY, PAIR_SELL, UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="vertigo",
    address="vrTGoBuy5rYSxAfV3jaRJWHH6nN9WK4NRExGxsk1bCJ",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=13, pool=0, vaults=(7, 8), users=(5, 6), mints=(3, 4), user=1, args=UP_TO_IN, events=events
        )
        for name, events in (("buy", PAIR_BUY), ("sell", PAIR_SELL))
    ),
    # as in github.com/sevenlabs-hq/carbon
    others="quote_buy quote_sell create claim",
)  # fmt: skip
