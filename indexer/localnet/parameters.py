"""Reads the parameters of a call; what does not fit is refused with -32602."""

from collections.abc import Mapping, Sequence
from typing import Any

from solders.pubkey import Pubkey
from solders.signature import Signature

from indexer.localnet.refusal import Refusal
from indexer.localnet.visible import COMMITMENTS, Commitment

_DETAILS = ("full", "signatures", "accounts", "none")
_ENCODINGS = ("binary", "base64", "base58", "json", "jsonParsed", "base64+zstd")
_U64 = 2**64
_U8 = 2**8


class Parameters:
    """The positional parameters of one call, ``least`` to ``most`` of them."""

    def __init__(self, values: Any, *, least: int, most: int) -> None:
        values = [] if values is None else values
        if not isinstance(values, list):
            raise Refusal.invalid_params("`params` should be an array")
        if len(values) < least:
            raise Refusal.invalid_params(f"`params` should have at least {least} argument(s)")
        if len(values) > most:
            wanted = f"from {least} to {most}" if least != most else f"{most}"
            raise Refusal.invalid_params(f"Expected {wanted} parameters.", f'"Got: {len(values)}"')
        self._values: Sequence[Any] = values

    def __getitem__(self, position: int) -> Any:
        return self._values[position] if position < len(self._values) else None

    def number(self, position: int) -> int:
        """A u64."""
        return _number(self[position], _U64, "u64")

    def optional_number(self, position: int) -> int | None:
        """A u64 or nothing; an object there is the configuration."""
        value = self[position]
        return None if value is None or isinstance(value, dict) else self.number(position)

    def config(self, position: int, *, shorthand: str = "") -> "Config":
        """The configuration object; some methods take one field's bare value in its place."""
        value = self[position]
        if shorthand and isinstance(value, str):
            value = {shorthand: value}
        if value is not None and not isinstance(value, dict):
            raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(value)}, expected a map.")
        return Config(value or {})

    def signature(self, position: int) -> str:
        """A base58 signature."""
        return _checked_signature(self[position])

    def signatures(self, position: int, *, most: int) -> list[str]:
        """A list of base58 signatures."""
        values = self[position]
        if not isinstance(values, list):
            raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(values)}, expected a sequence.")
        if len(values) > most:
            raise Refusal.invalid_params(f"Too many inputs provided; max {most}")
        return [_checked_signature(value) for value in values]

    def address(self, position: int) -> str:
        """A base58 address."""
        return checked_address(self[position], "Invalid param: {problem}")


class Config:
    """The configuration object of a call."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def commitment(self, *, least: Commitment = "processed") -> Commitment:
        """The commitment, finalized when absent. Methods on history refuse processed."""
        value = self._fields.get("commitment")
        if value is None:
            return "finalized"
        for known in COMMITMENTS:
            if known == value:
                if known == "processed" and least != "processed":
                    raise Refusal.invalid_params("Method does not support commitment below `confirmed`")
                return known
        raise _unknown_variant(value, COMMITMENTS)

    def encoding(self) -> None:
        """Refuses every encoding but json, the only one served here."""
        value = self._fields.get("encoding", "json")
        if value not in _ENCODINGS and value is not None:
            raise _unknown_variant(value, _ENCODINGS)
        if value not in ("json", None):
            raise Refusal.invalid_params(f"Invalid params: localnet serves encoding `json` alone, not `{value}`.")

    def details(self) -> str:
        """How much getBlock tells of transactions."""
        value = self._fields.get("transactionDetails") or "full"
        if value not in _DETAILS:
            raise _unknown_variant(value, _DETAILS)
        return str(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean field."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(value)}, expected a boolean.")
        return default if value is None else value

    def max_version(self) -> int | None:
        """`maxSupportedTransactionVersion`, a u8, or None when the client knows no versions."""
        value = self._fields.get("maxSupportedTransactionVersion")
        return None if value is None else _number(value, _U8, "u8")

    def number(self, name: str) -> int | None:
        """A u64 field."""
        value = self._fields.get(name)
        return None if value is None else _number(value, _U64, "u64")

    def signature(self, name: str) -> str | None:
        """A base58 signature field."""
        value = self._fields.get(name)
        return None if value is None else _checked_signature(value)


def checked_address(value: Any, sentence: str) -> str:
    """The base58 address ``value``; ``sentence`` is the refusal's, with {problem} in it."""
    if not isinstance(value, str):
        raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(value)}, expected a string.")
    try:
        return str(Pubkey.from_string(value))
    except ValueError as error:
        problem = "WrongSize" if "size" in str(error) else "Invalid"
        raise Refusal.invalid_params(sentence.format(problem=problem)) from error


def _checked_signature(value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(value)}, expected a string.")
    try:
        return str(Signature.from_string(value))
    except ValueError as error:
        problem = "WrongSize" if "size" in str(error) else "Invalid"
        raise Refusal.invalid_params(f"Invalid param: {problem}") from error


def _number(value: Any, limit: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal.invalid_params(f"Invalid params: invalid type: {_typed(value)}, expected {name}.")
    if not 0 <= value < limit:
        raise Refusal.invalid_params(f"Invalid params: invalid value: integer `{value}`, expected {name}.")
    return value


def _unknown_variant(value: Any, known: Sequence[str]) -> Refusal:
    listed = ", ".join(f"`{one}`" for one in known)
    return Refusal.invalid_params(f"Invalid params: unknown variant `{value}`, expected one of {listed}.")


def _typed(value: Any) -> str:
    """A JSON value as Agave's parser names it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, str):
        return f'string "{value}"'
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    return "map" if isinstance(value, dict) else "sequence"
