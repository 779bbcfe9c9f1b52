"""How Slack says no."""

import pytest
from slack_sdk.errors import SlackApiError


def refusal(caught: pytest.ExceptionInfo[SlackApiError]) -> str:
    code: str = caught.value.response["error"]
    return code
