"""What a system answered, read as far as an action needs it."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.errors import ActionFailed, ErrorClass

ReadT = TypeVar("ReadT", bound=BaseModel)


def parsed(model: type[ReadT], item: object, sender: str) -> ReadT:
    """Return a part of an answer; raise ActionFailed, without its values, when it is not as documented."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise ActionFailed(
            f"{sender} sent a {model.__name__.strip('_')} without a usable {fields}; nothing was changed.",
            ErrorClass.INVALID,
        ) from None
