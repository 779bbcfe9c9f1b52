"""The people of the practice workspace."""

from tocsin.playground.slack.records import Channel, User, Usergroup

BOT = User("U0TOCSIN", "tocsin", "Tocsin", title="Incident response", is_bot=True)
BOT_ID = "B0TOCSIN"
SLACKBOT = User("USLACKBOT", "slackbot", "Slackbot", is_bot=True)

ANA = User("U0ANA", "ana", "Ana Lindqvist", "Incident commander", "Europe/Stockholm", 3600)
BO = User("U0BO", "bo", "Bo Achterberg", "SRE, on call", "Europe/Amsterdam", 3600)
CHIDI = User("U0CHIDI", "chidi", "Chidi Okafor", "Payments owner", "Africa/Lagos", 3600)
DEE = User("U0DEE", "dee", "Dee Marchetti", "Customer support", "America/New_York", -18000)
ELIF = User("U0ELIF", "elif", "Elif Yıldız", "Platform engineer", "Europe/Istanbul", 10800)

PEOPLE = (ANA, BO, CHIDI, DEE, ELIF)
EVERYONE = (*PEOPLE, BOT, SLACKBOT)
GROUPS = (
    Usergroup("S0SRE", "sre", "Site reliability", (BO.id, ELIF.id)),
    Usergroup("S0PAYMENTS", "payments-team", "Payments", (CHIDI.id,)),
)
COMMANDS = (
    (
        "/incident",
        "declare, update, resolve an incident",
        "[declare | update | severity | role | resolve | help]",
    ),
    ("/runbook", "plan and run a runbook", "[list | plan NAME k=v | run NAME k=v | status | help]"),
)


def first_channels(created: int) -> list[Channel]:
    """Build the channels a fresh workspace has; the bot is in #general and #incidents."""
    people = [person.id for person in PEOPLE]
    return [
        Channel("C0GENERAL", "general", ANA.id, created, is_general=True, members=[*people, BOT.id]),
        Channel("C0INCIDENTS", "incidents", ANA.id, created, members=[*people, BOT.id]),
        Channel("C0PAYMENTS", "payments", CHIDI.id, created, members=[ANA.id, BO.id, CHIDI.id]),
    ]
