"""Where this PagerDuty lives, and how it therefore writes references."""

from pydantic import BaseModel, ConfigDict

from tocsin.playground.pagerduty.world import Reference

Json = dict[str, object]


class Addresses(BaseModel):
    """The API's base URL, and the base of the pages a person opens in a browser. No slash at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: str
    web: str

    def links(self, path: str) -> Json:
        """Write a resource's `self` and `html_url`."""
        return {"self": f"{self.api}/{path}", "html_url": f"{self.web}/web/{path}"}

    def mention(self, thing: Reference) -> Json:
        """Write a reference: type `..._reference`, id, summary and links."""
        return {
            "id": thing.id,
            "type": f"{thing.kind}_reference",
            "summary": thing.summary,
            **self.links(thing.path),
        }

    def mention_or_null(self, thing: Reference | None) -> Json | None:
        """Write a reference that may be absent."""
        return None if thing is None else self.mention(thing)
