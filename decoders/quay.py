"""Quay: market makers' strategies; a maker's strategies share its vaults. agg_swap offers five and takes the best.

The layout is that of the builders in Quay's own adapters for aggregators.
"""

from decoders.engine.families import UP_TO_IN
from decoders.engine.hubs import BestOf
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="quay",
    address="QUayE6nexQWYNZAEqfN8FxoNwQDSu3CAzT2qq9J1ArG",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_20",
            tag=b"\x20",
            accounts=13,
            pool=1,
            vaults=(4, 5),
            users=(6, 7),
            mints=(9, 10),
            user=8,
            args=UP_TO_IN,
            shared_vaults=True,
        ),
        SwapIx(
            "agg_swap_tag_21",
            tag=b"\x21",
            accounts=33,
            legs=BestOf(count=5, pools=6, vaults=(21, 26), users=(2, 3), mints=(4, 5)),
            user=1,
            args=UP_TO_IN,
            shared_vaults=True,
        ),
    ),
    # configuration, quotes, market makers with their deposits and withdrawals, strategies
    others=tuple(bytes((tag,)) for tag in (0, 1, *range(4, 14), *range(16, 23))),
)
