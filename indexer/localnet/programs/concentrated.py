"""Concentrated liquidity with code of its own: bins, ticks, one event per bin, the output first."""

from collections.abc import Callable

from indexer.localnet.builder_keys import raw
from indexer.localnet.programs.form import (
    Act,
    Form,
    got,
    paid,
    pools_of,
    table_row,
)
from indexer.localnet.programs.pools import BOTH, EITHER, MIXED, SWAP_EVENT, TAXED, logged, vaults
from indexer.localnet.programs.venue import Venue, u64


def _bin_events(act: Act) -> None:
    trade, bins = act.trade, act.scene.draw.choice((1, 1, 2, 3))
    left_in, left_out = trade.amount_in, trade.amount_out
    for at in range(bins):
        last = at == bins - 1
        part_in = left_in if last else left_in // (bins - at)
        part_out = left_out if last else left_out // (bins - at)
        left_in, left_out = left_in - part_in, left_out - part_out
        event = bytes.fromhex("372ac0c2e6f30948") + raw(trade.pool.address) + bytes((trade.a_to_b,)) + u64(0)
        event += (
            (8_388_608 + at).to_bytes(4, "little") + u64(part_in) + u64(part_out) + bytes(4) + u64(trade.fee // bins)
        )
        act.scene.event(act.account("program"), act.account("event_authority"), event)


def _crema_event(tag: str) -> Callable[[Act], bytes]:
    def event(act: Act) -> bytes:
        trade = act.trade
        partner = raw(act.account("partner")) if tag != "40c6cde8260871e2" else bytes(32)
        amounts = (trade.amount_in, trade.amount_out, 0, trade.fee, trade.fee // 5, *vaults(act))
        event = bytes.fromhex(tag) + raw(trade.pool.address) + raw(trade.user) + partner + bytes((trade.a_to_b,))
        return event + b"".join(map(u64, amounts))

    return event


def _crema(name: str, accounts: str, tag: str, event: str) -> Form:
    return Form(
        name=name,
        accounts=f"config pool* mint_a mint_b user_a* user_b* vault_a* vault_b* ticks* user {accounts}",
        data=f"x{tag} sells exact amount limit z16",
        last=logged(_crema_event(event)),
        log="Swap",
        kind=EITHER | {"styles": ("plain", "checked")},
    )


def _cykura_event(act: Act) -> bytes:
    trade = act.trade
    signed = [trade.amount_in, -trade.amount_out]
    if not trade.a_to_b:
        signed.reverse()
    event = SWAP_EVENT + raw(trade.pool.address) + raw(trade.user) + raw(trade.user_a) + raw(trade.user_b)
    event += b"".join(amount.to_bytes(8, "little", signed=True) for amount in signed)
    return event + u64(2**32) + u64(10**12) + bytes(4)


VENUES: tuple[Venue, ...] = (
    table_row(
        "saros_dlmm",
        "1qbkdrr3z4ryLA7pZykqxvxWPoeifcVKo6ZG9CfkvVE",
        pools_of("saros_dlmm", *TAXED),
        Form(
            name="swap",
            accounts="pool* mint_a mint_b bins_0* bins_1* vault_a* vault_b* user_a* user_b* user program_a program_b "
            "memo hook* hooks_program event_authority program",
            data="xf8c69e91e17587c8 amount limit sells exact_out",
            log="Swap",
            last=_bin_events,
            cost=70_000,
            kind={"exact": "either"} | BOTH,
        ),
    ),
    table_row(
        "crema",
        "CLMM9tUoggJu2wagPkkqs9eFG4BWhVBZWkP1qv3Sp7tR",
        pools_of("crema", *MIXED),
        _crema("swap", "token", "f8c69e91e17587c8", "40c6cde8260871e2"),
        _crema("swap_with_partner", "partner partner_a* partner_b* token", "85d7bfd666f33719", "5a1405fc91252696"),
    ),
    table_row(
        "cykura",
        "cysPXAjehMpVKUapzbMCCnpFxUFFryEWEaLgnb9NrR8",
        pools_of("cykura", *MIXED),
        Form(
            name="swap",
            accounts="user user_in* user_out* vault_in* vault_out* token factory pool* observation* callback",
            data="xf8c69e91e17587c8 offered z8",
            log="Swap",
            last=logged(_cykura_event),
            kind={"partial": True, "styles": ("plain",)},
        ),
        Form(
            name="exact_input_single",
            accounts="user factory pool* user_in* user_out* vault_in* vault_out* observation* program token",
            data="x17715aa1ed8f990d deadline offered least z8",
            log="ExactInputSingle",
            acts=(got, paid),
            last=logged(_cykura_event),
            kind={"partial": True, "styles": ("plain",)},
        ),
        weight=0.5,
    ),
    table_row(
        "invariant",
        "HyaB3W9q6XdA5xwpU4XnSZV94htfmbmqJXZcEbRaJutt",
        pools_of("invariant", *MIXED),
        Form(
            name="swap",
            accounts="state pool* tickmap* user_a* user_b* vault_a* vault_b* user program_authority token",
            data="xf8c69e91e17587c8 sells amount exact z16",
            owner="program_authority",
            log="Swap",
            acts=(got, paid),
            kind=EITHER | {"styles": ("plain",)},
        ),
    ),
)
