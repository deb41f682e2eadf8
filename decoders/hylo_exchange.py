"""Hylo: liquid staking tokens, other collateral, hyUSD and xSOL against each other at the protocol's own price.

Layouts over time are those of its published interface (github.com/hylo-so/sdk).
"""

from decoders.engine.families_hylo import HYLO
from decoders.engine.others import HYLO_EXCHANGE_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="hylo_exchange",
    address="HYEXCHtHkBagdStcJCp3xbbb9B7sdMdWXFNj6mdsG4hn",
    kind="conversion",
    default=False,
    swaps=HYLO,
    others=HYLO_EXCHANGE_OTHERS,
)
