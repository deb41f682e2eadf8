"""Base58 text to bytes, fast: instruction data is decoded for every swap and transfer of a block."""

from functools import lru_cache

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {chr(char): digit for digit, char in enumerate(_ALPHABET)}
_TO_DIGIT = bytes(max(_ALPHABET.find(char), 0) for char in range(256))
_STRANGERS = bytes(set(range(256)) - set(_ALPHABET))
#: up to here the plain loop wins over folding
_SHORT_CHARS = 30


def decode(text: str) -> bytes:
    """The bytes behind base58 text. Raises ValueError when a character is not of the alphabet."""
    number = _fold(text) if len(text) > _SHORT_CHARS else _add_up(text)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes(len(text) - len(text.lstrip("1"))) + data if text.startswith("1") else data


def encode(data: bytes) -> str:
    """Base58 text of an address or of instruction data."""
    number = int.from_bytes(data, "big")
    digits = bytearray()
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    digits.extend(_ALPHABET[:1] * zeros)
    digits.reverse()
    return digits.decode()


def _add_up(text: str) -> int:
    number = 0
    try:
        for char in text:
            number = number * 58 + _DIGITS[char]
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not base58") from None
    return number


def _fold(text: str) -> int:
    """Neighbouring digits are joined all at once, in lanes of one big integer: a few wide steps, not one per digit."""
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise ValueError("not base58") from error
    digits = raw.translate(_TO_DIGIT, _STRANGERS)
    if len(digits) != len(raw):
        raise ValueError("not base58")
    number = int.from_bytes(digits, "big")
    base = 58
    for bits, mask in _masks((len(digits) - 1).bit_length()):
        number = (number >> bits & mask) * base + (number & mask)
        base *= base
    return number


@lru_cache(maxsize=32)
def _masks(steps: int) -> tuple[tuple[int, int], ...]:
    """For each step: the lane width, and a mask over every second lane."""
    total = 8 << steps
    return tuple((8 << step, ((1 << total) - 1) // ((1 << (8 << step)) + 1)) for step in range(steps))
