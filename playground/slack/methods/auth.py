"""api.*, auth.*, apps.*: who is calling."""

from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.people import BOT, BOT_ID
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace


def api_test(workspace: Workspace, call: Call) -> Json:
    """Answer what was sent, or the error that was asked for."""
    if call.text("error"):
        raise SlackError(call.text("error"), extra={"args": call.args})
    return {"args": call.args}


def auth_test(workspace: Workspace, call: Call) -> Json:
    """Tell which bot of which workspace the token belongs to."""
    return {
        "url": workspace.address,
        "team": workspace.settings.team_name,
        "user": BOT.name,
        "team_id": workspace.settings.team_id,
        "user_id": BOT.id,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def apps_connections_open(workspace: Workspace, call: Call) -> Json:
    """Give the address of a new Socket Mode connection; its ticket works once."""
    address = workspace.address.replace("http", "ws", 1)
    return {"url": f"{address}socket?ticket={workspace.issue_ticket()}&app_id={workspace.settings.app_id}"}


def team_info(workspace: Workspace, call: Call) -> Json:
    """Describe the workspace."""
    settings = workspace.settings
    return {
        "team": {
            "id": settings.team_id,
            "name": settings.team_name,
            "domain": settings.team_domain,
            "url": workspace.address,
        }
    }


def bots_info(workspace: Workspace, call: Call) -> Json:
    """Describe the app's bot."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise SlackError("bot_not_found")
    bot = {"id": BOT_ID, "deleted": False, "name": BOT.real_name, "user_id": BOT.id, "updated": 0}
    return {"bot": {**bot, "app_id": workspace.settings.app_id}}
