"""The Slack app's manifest: what the code uses, and nothing else."""

from collections.abc import Mapping

from tocsin.bot.app import COMMANDS
from tocsin.bot.hearing import EVENTS
from tocsin.bot.names import SHORTCUT
from tocsin.bot.words import hint

METHODS: Mapping[str, tuple[str, ...]] = {
    "auth_test": (),
    "chat_getPermalink": (),
    "chat_postEphemeral": ("chat:write",),
    "chat_postMessage": ("chat:write",),
    "chat_update": ("chat:write",),
    "conversations_create": ("channels:manage", "groups:write"),
    "conversations_history": ("channels:history", "groups:history", "im:history"),
    "conversations_invite": ("channels:manage", "groups:write"),
    "conversations_list": ("channels:read", "groups:read"),
    "conversations_open": ("im:write",),
    "conversations_replies": ("channels:history", "groups:history"),
    "conversations_setPurpose": ("channels:manage", "groups:write"),
    "conversations_setTopic": ("channels:manage", "groups:write"),
    "files_upload_v2": ("files:write",),
    "pins_add": ("pins:write",),
    "reactions_add": ("reactions:write",),
    "reactions_remove": ("reactions:write",),
    "users_info": ("users:read", "users:read.email"),
    "users_lookupByEmail": ("users:read.email",),
    "views_open": (),
}
"""Every method we call, and the scopes it takes: https://docs.slack.dev/reference/methods."""
EVENT_SCOPES: Mapping[str, tuple[str, ...]] = {
    "member_joined_channel": ("channels:read", "groups:read"),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
_DESCRIPTIONS = {
    "/incident": "Declare, follow and resolve incidents",
    "/runbook": "Plan, run and steer runbooks",
}


def manifest(base_url: str | None) -> dict[str, object]:
    """Return the manifest; for Socket Mode when there is no address that Slack can reach."""
    url = {"request_url": f"{base_url.rstrip('/')}/slack/events"} if base_url else {}
    return {
        "display_information": {
            "name": "Tocsin",
            "description": "Incident response and runbooks",
            "background_color": "#7a1f1f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Tocsin", "always_online": True},
            "shortcuts": [
                {
                    "name": "Declare an incident",
                    "type": "global",
                    "callback_id": SHORTCUT,
                    "description": "Open an incident and its channel",
                }
            ],
            "slash_commands": [_command(command, base_url) for command in COMMANDS],
        },
        "oauth_config": {"scopes": {"bot": scopes()}},
        "settings": {
            "event_subscriptions": {**url, "bot_events": sorted(EVENTS)},
            "interactivity": {"is_enabled": True, **url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": base_url is None,
            "token_rotation_enabled": False,
        },
    }


def scopes() -> list[str]:
    """Return every scope that the commands, methods and events take."""
    needed = [*METHODS.values(), *(EVENT_SCOPES[event] for event in EVENTS)]
    return sorted({"commands", *(scope for some in needed for scope in some)})


def _command(command: str, base_url: str | None) -> dict[str, object]:
    url = {"url": f"{base_url.rstrip('/')}/slack/events"} if base_url else {}
    words = {"description": _DESCRIPTIONS[command], "usage_hint": hint(COMMANDS[command])}
    return {"command": command, **url, **words, "should_escape": True}
