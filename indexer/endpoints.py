"""RPC endpoints: which one to ask next, and when. Their addresses carry API keys: nothing here shows more than a host.

No waiting and no talking: that is `rpc`.
"""

import random
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

#: The first pause after a failure; it doubles with each further one.
FIRST_BACKOFF_SECONDS = 0.1
#: An endpoint that asks for a longer pause is tried again after this one.
LONGEST_RETRY_AFTER_SECONDS = 120.0
#: How much of the allowed rate may be sent at once: providers count in short windows.
_BURST_SECONDS = 0.1
_HIDDEN = "…"
_LOOPBACK = ("http://127.0.0.1:", "http://[::1]:", "http://localhost:")


def redact(url: str) -> str:
    """``scheme://host/…``: what may be shown of a URL. Path, query, user and password may be keys."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or _HIDDEN
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return _HIDDEN
    if parts.scheme not in ("http", "https", "ws", "wss"):
        return _HIDDEN
    shown = f"[{host}]" if ":" in host else host
    secret = bool(parts.path.strip("/") or parts.query or parts.fragment)
    return f"{parts.scheme}://{shown}{port}{'/' + _HIDDEN if secret else ''}"


def scrub(text: str, url: str) -> str:
    """``text`` without the URL and without any part of it that may be a key, as peers and libraries echo them."""
    text = text.replace(url, redact(url))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _secrets(url: str) -> Iterable[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    candidates = [*parts.path.split("/"), parts.query, parts.fragment, parts.username, parts.password]
    candidates += [pair.partition("=")[2] for pair in parts.query.split("&")]
    for candidate in candidates:
        if candidate and len(candidate) > 3:  # noqa: PLR2004 - "v2" or "rpc" in a path is no key
            yield candidate
            yield unquote(candidate)


def retry_after(header: str | None, *, now: float) -> float | None:
    """Seconds that a Retry-After header (a number or a date) asks for; ``now`` is Unix time. None: nothing usable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS) if seconds == seconds else None  # noqa: PLR0124 - NaN


class Endpoint:
    """One address with its health: not before when it may be asked again, and how fast."""

    def __init__(self, url: str, *, requests_per_second: float, longest_backoff_seconds: float) -> None:
        self.url = url
        self.name = redact(url)
        self.is_loopback = self.name.startswith(_LOOPBACK)
        self.genesis: str | None = None  # known once it has told
        self._interval = 1 / requests_per_second if requests_per_second else 0.0
        self._longest = longest_backoff_seconds
        self._burst_seconds = max(_BURST_SECONDS, self._interval)
        self._paid_until = 0.0  # the token bucket as a time: a full one lies a burst behind now
        self._not_before = 0.0
        self._failed_at = 0.0
        self._failures = 0

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    def scrub(self, text: object) -> str:
        """Text that came from this endpoint or a library, without its keys."""
        return scrub(str(text), self.url)

    def ready_at(self, now: float) -> float:
        """When the next request may be sent, in the clock of ``now``."""
        token = self._paid_until - self._burst_seconds + self._interval if self._interval else now
        return max(now, self._not_before, token)

    def is_down(self, now: float) -> bool:
        """It failed, and its pause is not over."""
        return self._not_before > now

    def spend(self, now: float, calls: int) -> None:
        """A request of so many calls will be sent when its time has come."""
        if self._interval:
            self._paid_until = max(self._paid_until, now) + self._interval * calls

    def succeeded(self) -> None:
        """It answered."""
        self._failures = 0

    def failed(self, *, sent_at: float, now: float, pause: float | None = None) -> None:
        """It did not. ``pause`` is what it asked for; else exponential backoff with full jitter.

        Requests in flight at the same time fail together and count once.
        """
        if sent_at >= self._failed_at:
            self._failures += 1
            self._failed_at = now
        ceiling = min(self._longest, FIRST_BACKOFF_SECONDS * 2 ** min(self._failures - 1, 30))
        wait = pause if pause is not None else random.uniform(0, ceiling)  # noqa: S311 - jitter, no secret
        self._not_before = max(self._not_before, now + wait)


def pick(endpoints: Iterable[Endpoint], now: float) -> Endpoint:
    """The one to ask: the first that is ready, else the one that is ready soonest. There must be one."""
    return min(endpoints, key=lambda endpoint: endpoint.ready_at(now))  # min takes the first of equals
