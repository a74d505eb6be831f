"""Who may make an effect: claims on keys, kept in Valkey or, with `claims.sql`, in a SQL database."""

from celery_platform.reliability.claims.claim import Claim, ClaimStore, State
from celery_platform.reliability.claims.valkey import ValkeyClaims, valkey_claims

__all__ = ["Claim", "ClaimStore", "State", "ValkeyClaims", "valkey_claims"]
