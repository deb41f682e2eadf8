"""Instruction data that programs without a public interface hide behind a fixed mask."""


def humidifi(data: bytes) -> bytes:
    """HumidiFi: every 8 bytes are masked with one key and with the number of the block as 16 bits over and over."""
    blocks = -(-len(data) // len(_HUMIDIFI_KEY))
    mask = b"".join(
        bytes(key ^ number[at % 2] for at, key in enumerate(_HUMIDIFI_KEY))
        for number in (block.to_bytes(2, "little") for block in range(blocks))
    )
    return bytes(byte ^ hidden for byte, hidden in zip(data, mask, strict=False))


_HUMIDIFI_KEY = bytes.fromhex("3aff2fffe2baebc3")
