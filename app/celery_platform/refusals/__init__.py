"""Refuses messages that would later be lost, run twice or never end. One file for each reason."""

from celery_platform.refusals.publishing import refuse, refused_in_words

__all__ = ["refuse", "refused_in_words"]
