"""The workers, broker and store that turbo's tests share."""

from tests.celery_platform.turbo.harness.bench import bench, where, worker

__all__ = ["bench", "where", "worker"]
