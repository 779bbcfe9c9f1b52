"""What every action that names one thing of AWS has: its lock, and its rights."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar, get_args

from tocsin.actions.aws.client import InAccount, allowed
from tocsin.actions.base import Action, Frozen, Permission, Plan
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass


class Named(InAccount):
    """Inputs that name one thing."""

    @property
    @abstractmethod
    def path(self) -> str:
        """Return the thing's place beneath its account: ``ecs/shop/checkout``."""

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.path}"

    @property
    def short(self) -> str:
        """Return the path without its system, for sentences."""
        return self.path.partition("/")[2]


WantT = TypeVar("WantT", bound=Named)
PlanT = TypeVar("PlanT", bound=Plan)
OutputT = TypeVar("OutputT", bound=Frozen)


class OnAws(Action[WantT, PlanT, OutputT], Generic[WantT, PlanT, OutputT]):
    """One verb on one thing. A base in between may leave its input open."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Read the models that stand in the brackets; one that is left open, a subclass gives."""
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            given = get_args(base)
            if given and isinstance(given[0], type):
                cls.input_model = given[0]
            if len(given) == 3:
                cls.plan_model, cls.output_model = given[1:]

    def resources(self, want: WantT) -> list[str]:
        return [want.resource]

    def permissions(self, want: WantT) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        return allowed(at, *self.rights(at, want))

    @abstractmethod
    def rights(self, at: AwsConnection, want: WantT) -> Iterable[tuple[str, str]]:
        """Return each IAM action with its ARN."""


def refused(why: str, instead: str, kind: ErrorClass = ErrorClass.INVALID) -> ActionFailed:
    """Return the failure of something that must not be, or not now."""
    return ActionFailed(f"{why}; nothing was changed. {instead}", kind)


def busy(why: str, instead: str = "Wait until it is done.") -> ActionFailed:
    """Return the failure of something that is not ready for it."""
    return refused(why, instead, ErrorClass.CONFLICT)


def no_such(what: str) -> ActionFailed:
    """Return the failure of something that is not there."""
    return refused(f"there is no {what}", "Correct its name, or the connection.", ErrorClass.MISSING)
