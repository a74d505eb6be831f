"""What is refused before it is sent: it would be lost, run twice or never end later. One file for each reason."""

from celery_platform.refusals.publishing import refuse, refused_in_words

__all__ = ["refuse", "refused_in_words"]
