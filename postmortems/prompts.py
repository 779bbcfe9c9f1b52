"""What only people can say. The questions ask what and how, never who was to blame."""

from tocsin.postmortems.model import Prompt

SUMMARY = "What happened, in three sentences, for somebody who was not there?"

IMPACT = Prompt(
    title="Impact",
    questions=(
        "Who noticed, and what could they not do?",
        "When did the impact begin and end? It may have begun before the incident was opened.",
        "How many people, requests or orders were affected, and how do we know?",
    ),
)
REFLECTION = (
    Prompt(
        title="Contributing factors",
        questions=(
            "Which conditions had to come together for this to happen?",
            "How did each of them come to be? What made it reasonable at the time?",
            "What made the incident harder to see, to understand or to end?",
        ),
    ),
    Prompt(
        title="What went well",
        questions=(
            "What shortened the incident or kept it smaller?",
            "Which tools, runbooks and habits should we keep and spread?",
        ),
    ),
    Prompt(
        title="Where we were lucky",
        questions=(
            "What could as well have gone the other way?",
            "What would have happened at another time of day, or under more load?",
        ),
    ),
    Prompt(
        title="What went badly",
        questions=(
            "Where did responders lack information, access, time or hands?",
            "Which alert, runbook or piece of documentation led in a wrong direction?",
        ),
    ),
)
FOLLOW_UPS = Prompt(
    title="Follow-ups",
    questions=("What changes in the system will prevent this, find it sooner or end it faster?",),
)
