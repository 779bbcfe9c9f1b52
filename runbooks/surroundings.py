"""What a run knows of the incident it belongs to, as expressions see it."""

from pydantic import JsonValue

from tocsin.incidents.tables import Incident
from tocsin.organisation import Organisation


def incident_scope(incident: Incident, organisation: Organisation, base_url: str) -> dict[str, JsonValue]:
    """Return an incident as expressions see it: ``incident``."""
    service = organisation.services.get(incident.service or "")
    return {
        **incident.model_dump(include={"id", "number", "title", "severity", "status", "channel"}),
        "ref": incident.ref,
        "url": f"{base_url}/incidents/{incident.ref}",
        "service": {"slug": incident.service, "name": service.name, "labels": dict(service.labels)}
        if service
        else None,
        "pagerduty_id": None,
    }
