"""Every Web API method this workspace answers."""

from collections.abc import Callable

from tocsin.playground.slack.call import Call
from tocsin.playground.slack.methods import auth, channels, chat, files, history, marks, users, views
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace

Method = Callable[[Workspace, Call], Json]

APP_TOKEN_METHODS = frozenset({"apps.connections.open"})

METHODS: dict[str, Method] = {
    "api.test": auth.api_test,
    "apps.connections.open": auth.apps_connections_open,
    "auth.test": auth.auth_test,
    "bookmarks.add": marks.bookmarks_add,
    "bookmarks.edit": marks.bookmarks_edit,
    "bookmarks.list": marks.bookmarks_list,
    "bookmarks.remove": marks.bookmarks_remove,
    "bots.info": auth.bots_info,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.archive": channels.archive,
    "conversations.create": channels.create,
    "conversations.history": history.history,
    "conversations.info": channels.info,
    "conversations.invite": channels.invite,
    "conversations.join": channels.join,
    "conversations.kick": channels.kick,
    "conversations.leave": channels.leave,
    "conversations.list": channels.list_all,
    "conversations.members": channels.members,
    "conversations.open": channels.open_direct,
    "conversations.rename": channels.rename,
    "conversations.replies": history.replies,
    "conversations.setPurpose": channels.set_purpose,
    "conversations.setTopic": channels.set_topic,
    "conversations.unarchive": channels.unarchive,
    "files.completeUploadExternal": files.complete_upload,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.info": files.info,
    "pins.add": marks.pins_add,
    "pins.list": marks.pins_list,
    "pins.remove": marks.pins_remove,
    "reactions.add": marks.reactions_add,
    "reactions.get": marks.reactions_get,
    "reactions.remove": marks.reactions_remove,
    "team.info": auth.team_info,
    "usergroups.list": users.usergroups_list,
    "usergroups.users.list": users.usergroups_users_list,
    "users.conversations": users.users_conversations,
    "users.info": users.users_info,
    "users.list": users.users_list,
    "users.lookupByEmail": users.users_lookup_by_email,
    "views.open": views.open_view,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}
