"""The practice company: Acme sells things, and its checkout stands on an orders database."""

from tocsin.playground.pagerduty.world import Person, Policy, Priority, Schedule, Service, Team, World

CHECKOUT_ROUTING_KEY = "c0ffee00c0ffee00c0ffee00c0ffee00"
ORDERS_ROUTING_KEY = "0dde5000dde5000dde5000dde5000dde"


def acme() -> World:
    """Build the account's fixed part; its people are those of the practice Slack workspace."""
    return World(
        team=Team(id="PTSHOP1", name="Shop"),
        people=_people(),
        schedules=_schedules(),
        policies=(
            Policy(id="PEPSHOP", name="Shop on call", levels=("PSPRIME", "PSSECND", "PSLEADS")),
            Policy(id="PEPDATA", name="Databases on call", levels=("PSDATAB", "PSLEADS")),
        ),
        services=_services(),
        priorities=_priorities(),
    )


def _people() -> tuple[Person, ...]:
    return (
        _person("PUSRANA", "ana", "Ana Lindqvist", "Incident commander", "Europe/Stockholm"),
        _person("PUSERBO", "bo", "Bo Achterberg", "SRE, on call", "Europe/Amsterdam"),
        _person("PUCHIDI", "chidi", "Chidi Okafor", "Payments owner", "Africa/Lagos"),
        _person("PUSRDEE", "dee", "Dee Marchetti", "Customer support", "America/New_York"),
    )


def _person(id_: str, handle: str, name: str, job_title: str, time_zone: str) -> Person:
    email = f"{handle}@acme.example"
    return Person(id=id_, handle=handle, name=name, email=email, job_title=job_title, time_zone=time_zone)


def _schedules() -> tuple[Schedule, ...]:
    zone = "Europe/Amsterdam"
    return (
        Schedule(id="PSPRIME", name="Shop primary", users=("PUSERBO", "PUCHIDI"), time_zone=zone),
        Schedule(id="PSSECND", name="Shop secondary", users=("PUCHIDI", "PUSERBO"), time_zone=zone),
        Schedule(id="PSDATAB", name="Databases primary", users=("PUCHIDI",), time_zone=zone),
        Schedule(id="PSLEADS", name="Leads", users=("PUSRANA",), time_zone=zone),
    )


def _services() -> tuple[Service, ...]:
    return (
        Service(
            id="PCHKOUT",
            name="Checkout API",
            description="Takes orders and payments.",
            policy="PEPSHOP",
            routing_key=CHECKOUT_ROUTING_KEY,
        ),
        Service(
            id="PORDERS",
            name="Orders database",
            description="Aurora PostgreSQL cluster “orders”.",
            policy="PEPDATA",
            routing_key=ORDERS_ROUTING_KEY,
        ),
    )


def _priorities() -> tuple[Priority, ...]:
    meanings = {
        "P1": "Everybody is hit; customers are told",
        "P2": "Many customers are hit",
        "P3": "Some customers are hit, or soon will be",
        "P4": "Nobody is hit yet",
        "P5": "Cosmetic",
    }
    return tuple(Priority(id=f"PPRIO{n[1]}X", name=n, description=text) for n, text in meanings.items())
