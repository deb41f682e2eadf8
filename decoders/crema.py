"""Crema: concentrated liquidity; a partner may get a part of the fee."""

from decoders.engine.events import Event
from decoders.engine.families_amm import CREMA_ARGS
from decoders.engine.spec import Program, SwapIx

_TEXT = "pool:pubkey _:pubkey _:pubkey _:bool amount_in:u64 amount_out:u64"

PROGRAM = Program(
    name="crema",
    address="CLMM9tUoggJu2wagPkkqs9eFG4BWhVBZWkP1qv3Sp7tR",
    kind="clmm",
    swaps=tuple(
        SwapIx(
            name, accounts=accounts, pool=1, vaults=(6, 7), users=(4, 5), mints=(2, 3), user=9, args=CREMA_ARGS,
            events=(Event(event, _TEXT, via="log"),), pays=pays,
        )
        for name, accounts, event, pays in (
            ("swap", 11, "SwapEvent", ()),
            ("swap_with_partner", 14, "SwapWithPartnerEvent", (("referral", 11), ("referral", 12))),
        )
    ),
    others="initialize_clmm_config create_fee_tier update_config update_fee_rate transfer_protocol_authority"
    " accept_protocol_authority create_clmmpool create_tick_array create_tick_array_map open_position remove_position"
    " increase_liquidity increase_liquidity_with_fixed_token decrease_liquidity collect_fee collect_protocol_fee"
    " create_partner update_partner collect_partner_fee initialize_rewarder update_rewarder_emission collect_rewarder"
    " transfer_partner_claim_authority accept_partner_claim_authority pause_clmmpool unpause_clmmpool"
    " create_clmmpool_metadata",
)  # fmt: skip
