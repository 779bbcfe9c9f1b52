"""The closure digest: one name for everything that decides what a run does. Pure."""

import hashlib
import json
from collections.abc import Mapping

from tocsin.organisation import Organisation


def closure(revision: str, subs: Mapping[str, str], actions: Mapping[str, int], policy: str) -> str:
    """Return the SHA-256 over a revision, the revisions it calls, the versions of actions, and the policy.

    Two runs with the same closure and the same inputs were asked for under the same terms, on any machine.
    """
    return _digest({"revision": revision, "subs": dict(subs), "actions": dict(actions), "policy": policy})


def policy_digest(organisation: Organisation) -> str:
    """Return the digest of what the organisation decides over every run.

    That is: who may do what, what may be touched where, when nothing may be changed, and the reviews that a
    revision takes. Secrets are named in it, and not read.
    """
    decides = {"access", "teams", "connections", "calendars", "runbooks", "env"}
    return _digest(organisation.model_dump(mode="json", include=decides))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
