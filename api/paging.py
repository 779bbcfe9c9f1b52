"""Lists in pages: a cursor says where the next one begins, whatever is added meanwhile."""

import base64
import binascii
import json
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tocsin.errors import Invalid

ItemT = TypeVar("ItemT")
PlaceT = TypeVar("PlaceT")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[ItemT, ...]
    next_cursor: str | None = None
    """Give it back as ``cursor`` for the next page; null on the last one. Opaque."""


NAME = TypeAdapter(str)
"""The place in a list that is sorted by name."""
Limit = Annotated[int, Query(ge=1, le=200, description="Items per page")]
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")]


def cursor_of(place: object) -> str:
    """Return a cursor that stands for ``place``: where a list goes on."""
    return base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


def place_of(cursor: str | None, kind: TypeAdapter[PlaceT]) -> PlaceT | None:
    """Return the place that a cursor stands for; raise Invalid when it is not one of this list's."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        return kind.validate_json(text)
    except (ValidationError, binascii.Error, ValueError) as error:
        raise Invalid("this cursor is not of this list; leave it out to begin at the top") from error
