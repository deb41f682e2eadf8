"""Stableswap (Ghost): the accounts are known from its swaps, the arguments are not."""

from decoders.engine.amounts import one_transfer_each
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="stableswap_ghost",
    address="ghosty4ZU1Qk1HN7Ymz4pZ15QfspzJZgSYFkdKN6ZLK",
    kind="stableswap",
    swaps=(SwapIx("swap", accounts=16, pool=10, vaults=(6, 7), users=(8, 9), user=0, amounts=one_transfer_each),),
    # the program's own interface (as in github.com/Stan-lee13/graphite)
    others="add_pair add_to_whitelist add_token change_admin deposit freeze initialize remove_from_whitelist"
    " remove_pair remove_token sweep_fees unfreeze update_pair update_router_pubkey withdraw",
)
