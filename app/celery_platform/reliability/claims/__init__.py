"""Claims on keys decide which run may make an effect. They are in Valkey or, with `claims.sql`, in a SQL database."""

from celery_platform.reliability.claims.claim import Claim, ClaimStore, State
from celery_platform.reliability.claims.valkey import ValkeyClaims, valkey_claims

__all__ = ["Claim", "ClaimStore", "State", "ValkeyClaims", "valkey_claims"]
