"""Orca Whirlpools: concentrated liquidity; two_hop_swap holds two swaps in one instruction."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import CLMM_ARGS, TWO_HOP_ARGS
from decoders.engine.spec import Leg, Program, SwapIx

_TRADED = Event(
    "Traded",
    "whirlpool:pubkey a_to_b:bool _:u128 _:u128 input:u64 output:u64 transfer_fee_in:u64 transfer_fee_out:u64"
    " lp_fee:u64 protocol_fee:u64",
    via="log",
    pool="whirlpool",
    amount_in=("input",),
    amount_out=("output",),
    transfer_fee_in="transfer_fee_in",
    transfer_fee_out="transfer_fee_out",
    fees=(EventFee("lp", "lp_fee", "in"), EventFee("protocol", "protocol_fee", "in")),
)
_EVENTS = (_TRADED,)

PROGRAM = Program(
    name="orca_whirlpool",
    address="whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc",
    kind="clmm",
    swaps=(
        SwapIx("swap", accounts=11, pool=2, vaults=(4, 6), users=(3, 5), user=1, args=CLMM_ARGS, events=_EVENTS),
        SwapIx(
            "swap_v2",
            accounts=15,
            pool=4,
            vaults=(8, 10),
            users=(7, 9),
            mints=(5, 6),
            user=3,
            args=CLMM_ARGS,
            events=_EVENTS,
        ),
        SwapIx(
            "two_hop_swap",
            accounts=20,
            user=1,
            legs=(Leg(pool=2, vaults=(5, 7), users=(4, 6)), Leg(pool=3, vaults=(9, 11), users=(8, 10))),
            args=TWO_HOP_ARGS,
            events=_EVENTS,
        ),
        SwapIx(
            "two_hop_swap_v2",
            accounts=24,
            user=14,
            legs=(
                Leg(pool=0, vaults=(9, 10), users=(8, 11), mints=(2, 3)),
                Leg(pool=1, vaults=(11, 12), users=(10, 13), mints=(3, 4)),
            ),
            args=TWO_HOP_ARGS,
            events=_EVENTS,
        ),
    ),
)
