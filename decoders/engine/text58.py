"""Base58 text to bytes, fast: instruction data is decoded for every swap and transfer of a block."""

from functools import lru_cache

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {chr(char): digit for digit, char in enumerate(_ALPHABET)}
_TO_DIGIT = bytes(max(_ALPHABET.find(char), 0) for char in range(256))
_STRANGERS = bytes(set(range(256)) - set(_ALPHABET))
#: up to here the few texts that calls without arguments have come again and again
_REMEMBERED_CHARS = 4
#: up to here the plain loop wins over folding
_LOOPED_CHARS = 21
#: up to here an error names the character
_NAMED_CHARS = 30


def decode(text: str) -> bytes:
    """The bytes behind base58 text. Raises ValueError when a character is not of the alphabet."""
    return _remembered(text) if len(text) <= _REMEMBERED_CHARS else _decode(text)


def _decode(text: str) -> bytes:
    if len(text) > _LOOPED_CHARS:
        number = _fold(text)
    else:
        number = 0
        try:
            for char in text:
                number = number * 58 + _DIGITS[char]
        except KeyError:
            raise _refusal(text) from None
    data = number.to_bytes(number.bit_length() + 7 >> 3, "big")
    return bytes(len(text) - len(text.lstrip("1"))) + data if text.startswith("1") else data


_remembered = lru_cache(maxsize=1024)(_decode)


def _fold(text: str) -> int:
    """Neighbouring digits are joined all at once, in lanes of one big integer: a few wide steps, not one per digit."""
    raw = text.encode("ascii", "replace")
    digits = raw.translate(_TO_DIGIT, _STRANGERS)
    if len(digits) != len(raw):
        raise _refusal(text)
    number = int.from_bytes(digits, "big")
    for bits, mask, surplus in _steps((len(digits) - 1).bit_length()):
        number -= (number >> bits & mask) * surplus
    return number


@lru_cache(maxsize=32)
def _steps(count: int) -> tuple[tuple[int, int, int], ...]:
    """For each step: the lane width, a mask over every second lane, and what a lane counts above the base 58."""
    total = 8 << count
    widths = [8 << step for step in range(count)]
    return tuple(
        (width, ((1 << total) - 1) // ((1 << width) + 1), (1 << width) - 58 ** (width // 8)) for width in widths
    )


def _refusal(text: str) -> ValueError:
    if len(text) > _NAMED_CHARS:
        return ValueError("not base58")
    return ValueError(f"{next(char for char in text if char not in _DIGITS)!r} is not base58")


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
