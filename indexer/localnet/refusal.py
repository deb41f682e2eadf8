"""Every way the node refuses a call: code, sentence and data as Agave answers."""

from typing import Any, Self


class Refusal(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message, self.data = code, message, data

    def value(self) -> dict[str, Any]:
        """The `error` member of the answer."""
        value = {"code": self.code, "message": self.message}
        return value if self.data is None else {**value, "data": self.data}

    @classmethod
    def parse_error(cls) -> Self:
        """The request is not JSON."""
        return cls(-32700, "Parse error")

    @classmethod
    def invalid_request(cls, message: str = "Invalid request") -> Self:
        """The request is JSON, but not a JSON-RPC 2.0 call."""
        return cls(-32600, message)

    @classmethod
    def method_not_found(cls) -> Self:
        """No such method here."""
        return cls(-32601, "Method not found")

    @classmethod
    def invalid_params(cls, message: str, data: Any = None) -> Self:
        """A parameter is missing, of the wrong type or out of range."""
        return cls(-32602, message, data)

    @classmethod
    def cleaned_up(cls, slot: int, first: int) -> Self:
        """The slot is older than the node's history."""
        return cls(-32001, f"Block {slot} cleaned up, does not exist on node. First available block: {first}")

    @classmethod
    def not_available(cls, slot: int) -> Self:
        """The block is not here yet, or not at this commitment."""
        return cls(-32004, f"Block not available for slot {slot}")

    @classmethod
    def unhealthy(cls, slots_behind: int | None) -> Self:
        """The node lags behind the cluster."""
        message = "Node is unhealthy" if slots_behind is None else f"Node is behind by {slots_behind} slots"
        return cls(-32005, message, {"numSlotsBehind": slots_behind})

    @classmethod
    def skipped(cls, slot: int) -> Self:
        """The slot has no block here."""
        return cls(-32007, f"Slot {slot} was skipped, or missing due to ledger jump to recent snapshot")

    @classmethod
    def long_term_skipped(cls, slot: int) -> Self:
        """The slot has no block in the node's archive."""
        return cls(-32009, f"Slot {slot} was skipped, or missing in long-term storage")

    @classmethod
    def not_yet(cls, slot: int) -> Self:
        """The block's metadata are still being written."""
        return cls(-32014, f"Block status not yet available for slot {slot}")

    @classmethod
    def unsupported_version(cls, version: int) -> Self:
        """A transaction is newer than the client says it can read."""
        return cls(
            -32015,
            f"Transaction version ({version}) is not supported by the requesting client. Please try the request again "
            f'with the following configuration parameter: "maxSupportedTransactionVersion": {version}',
        )

    @classmethod
    def context_slot_not_reached(cls, tip: int) -> Self:
        """The node has not seen the client's minimum slot."""
        return cls(-32016, "Minimum context slot has not been reached", {"contextSlot": tip})
