"""AWS IAM: switch an access key off."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, partition
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, no_such, refused
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

SESSIONS = "sessions that were begun with it may live on for hours; deny them by a policy of their own"


class KeyNamed(Named):
    """An access key of a user."""

    user: str = Field(pattern=r"^[A-Za-z0-9+=,.@_-]+$", max_length=64)
    key_id: str = Field(pattern=r"^[A-Z0-9]{16,128}$", description="Its id, never its secret")

    @property
    def path(self) -> str:
        return f"iam/{self.user}/{self.key_id}"


class KeyState(Frozen):
    """Whether a key is good for anything."""

    status: str
    """``Active`` or ``Inactive``"""


class DeactivateKey(Desired[KeyNamed, KeyState]):
    """Switch an access key off. Undo switches it on again, if it was."""

    name = "iam.deactivate_key"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--user-name {given.get('user')} --access-key-id {given.get('key_id')}"
        return f"aws iam update-access-key {at} --status Inactive"

    def rights(self, at: AwsConnection, want: KeyNamed) -> Iterable[tuple[str, str]]:
        user = f"arn:{partition(at.region)}:iam::{at.account or '*'}:user/{want.user}"
        verbs = ("ListAccessKeys", "UpdateAccessKey", "GetAccessKeyLastUsed")
        return [(f"iam:{verb}", user) for verb in verbs]

    def look(self, account: Account, want: KeyNamed) -> KeyState:
        listed = account.call("iam", "list_access_keys", UserName=want.user)["AccessKeyMetadata"]
        for one in listed:
            if one["AccessKeyId"] == want.key_id:
                return KeyState(status=one["Status"])
        raise no_such(f"access key {want.key_id} of {want.user}")

    def goal(self, account: Account, want: KeyNamed, now: KeyState) -> KeyState:
        at = self.connections.get(want.connection, AwsConnection)
        if at.access_key_id is not None and at.access_key_id.get_secret_value() == want.key_id:
            raise refused("that is the key of this connection itself", "Do it by hand, from elsewhere.")
        return KeyState(status="Inactive")

    def warn(self, account: Account, want: KeyNamed, now: KeyState, goal: KeyState) -> Iterable[str]:
        answer = account.call("iam", "get_access_key_last_used", AccessKeyId=want.key_id)
        used: dict[str, Any] = answer["AccessKeyLastUsed"]
        if used.get("LastUsedDate"):
            at = f"{used['LastUsedDate']:%Y-%m-%d %H:%M} UTC"
            yield f"it was used last at {at}, for {used['ServiceName']} in {used['Region']}"
        yield SESSIONS

    def told(self, want: KeyNamed, now: KeyState, goal: KeyState) -> str:
        return f"Switch the access key {want.key_id} of {want.user} off"

    def put(self, account: Account, want: KeyNamed, now: KeyState, goal: KeyState) -> None:
        given = {"UserName": want.user, "AccessKeyId": want.key_id, "Status": goal.status}
        account.call("iam", "update_access_key", **given)
