"""The three kinds of error, sorted in one place: transient, poison, and everything else, which stops the process."""


class TransientError(Exception):
    """A peer could not answer now. Retried with backoff up to a limit.

    ``retry_after_seconds`` is what the peer asked for, if it did.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class FatalError(Exception):
    """Stops the process with a message, a hint what to do next, and an exit code."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(FatalError):
    """Wrong flags or settings."""

    exit_code = 2


class PeerError(FatalError):
    """A peer cannot be reached, refuses us, or is not the one expected."""

    exit_code = 3


class DataError(FatalError):
    """The data asked for cannot be had."""

    exit_code = 4


class CheckError(FatalError):
    """A check failed."""

    exit_code = 5
