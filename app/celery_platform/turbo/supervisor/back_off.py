"""How long a process that keeps crashing waits before it starts again."""

from celery_platform.turbo.supervisor.options import SupervisorOptions


class BackOff:
    """Waits of 1, 2, 4 ... seconds, until a process lives for `recovered_seconds` of the options.

    Example: three crashes at start, with the default options: waits of 1, 2 and 4 seconds.
    """

    def __init__(self, options: SupervisorOptions) -> None:
        self._options = options
        self._crashes = 0

    def after(self, lived_seconds: float, *, crashed: bool) -> float:
        """Seconds to wait after a process that ran for `lived_seconds`; 0 unless it crashed."""
        if not crashed:
            return 0.0
        if lived_seconds >= self._options.recovered_seconds:
            self._crashes = 0
        self._crashes += 1
        return min(2.0 ** (self._crashes - 1), self._options.longest_back_off_seconds)
