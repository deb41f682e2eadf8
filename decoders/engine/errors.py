"""Why a listed swap instruction could not be decoded: a closed set, because it becomes a metric label."""

from typing import Literal, get_args

Reason = Literal[
    "accounts",  # fewer accounts than any layout of the instruction has
    "data",  # shorter than the arguments, or not base58
    "token_instruction",  # a token or system instruction below it is cut
    "transfers",  # tokens moved, but not between the accounts the layout names
    "one_sided",  # only one of the two legs moved
    "both_ways",  # the same vault was paid and paid out
    "ambiguous",  # without stack heights more than one transfer could be the leg
    "mint",  # a leg's mint is unknown or stated differently in two places, or both legs have the same
    "event",  # the program's event that states the amounts is missing or does not fit
    "logs",  # the event is in logs that the node cut or did not keep
    "internal",  # a bug of ours
]
REASONS: tuple[Reason, ...] = get_args(Reason)


class DecodeError(Exception):
    """A swap instruction of ours that does not fit its layout, or whose legs do not settle."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
