"""Raydium CPMM: constant product pools for Token and Token-2022 mints."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, EXACT_OUT
from decoders.engine.spec import Program, SwapIx

_SWAP = Event(
    "SwapEvent",
    "pool:pubkey _:u64 _:u64 net_in:u64 amount_out:u64 transfer_fee_in:u64 transfer_fee_out:u64 _:bool"
    " | _:pubkey _:pubkey fee_in_lp:u64 fee_creator:u64 on_input:bool",
    via="log",
)

PROGRAM = Program(
    name="raydium_cpmm",
    address="CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=13, pool=3, vaults=(6, 7), users=(4, 5), mints=(10, 11), user=0, args=args, events=(_SWAP,)
        )
        for name, args in (("swap_base_input", EXACT_IN), ("swap_base_output", EXACT_OUT))
    ),
    # github.com/raydium-io/raydium-cp-swap
    others="initialize initialize_with_permission deposit withdraw create_amm_config update_amm_config"
    " update_pool_status collect_protocol_fee collect_fund_fee collect_creator_fee close_permission_pda"
    " create_permission_pda",
)
