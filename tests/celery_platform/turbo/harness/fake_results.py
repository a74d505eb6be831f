"""A result store for tests of what happens when it answers and when not; no server can be told to."""

from celery_platform.turbo.results.deferring import DefersResults


class FakeResults(DefersResults):
    """Answers, or does not."""

    answers = True

    def flush(self) -> None:
        """Store nothing.

        Raises:
            OSError: `answers` is false.
        """
        if not self.answers:
            raise OSError("away")
