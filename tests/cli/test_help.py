import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from tests.cli.shell import Shell
from tocsin.cli.table import COMMANDS, Leaf, Topic

LEAVES = [
    *(((name,), entry) for name, entry in COMMANDS.items() if isinstance(entry, Leaf)),
    *(
        ((name, verb), leaf)
        for name, topic in COMMANDS.items()
        if isinstance(topic, Topic)
        for verb, leaf in topic.commands.items()
    ),
]
TOPICS = [(name,) for name, entry in COMMANDS.items() if isinstance(entry, Topic)]
EVERY = [(), *TOPICS, *(words for words, _ in LEAVES)]
ANYWHERE = Shell({})
HEAVY = ("fastapi", "uvicorn", "slack_bolt", "slack_sdk", "kubernetes", "boto3", "sqlalchemy")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_says_how_it_is_used_and_how_it_exits(words: tuple[str, ...]) -> None:
    help = ANYWHERE.says(*words, "--help")
    assert "Example: tocsin" in help
    assert "Exit codes" in help


@pytest.mark.parametrize(("words", "leaf"), LEAVES, ids=[" ".join(words) for words, _ in LEAVES])
def test_a_command_is_listed_as_it_describes_itself(words: tuple[str, ...], leaf: Leaf) -> None:
    module, _, function = leaf.where.partition(":")
    written = inspect.getdoc(getattr(import_module(module), function)) or ""
    assert leaf.help == written.partition("\n")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_help_lists_every_command(name: str) -> None:
    assert f"│ {name} " in ANYWHERE.says("--help")


@pytest.mark.parametrize(
    "words", [["--help"], ["runbook", "--help"], ["runbook", "lint", "PLAIN"]], ids=" ".join
)
def test_what_a_command_does_not_need_is_not_imported(words: list[str], tmp_path: object) -> None:
    plain = f"{tmp_path}/plain.yaml"
    with open(plain, "w") as file:
        file.write("schema: runbook/v1\nname: plain\ntitle: Plain\nsteps: [{ id: rest, wait: 1m }]\n")
    typed = [plain if word == "PLAIN" else word for word in words]
    program = (
        "import sys; from tocsin.cli import app\n"
        f"try: app({typed!r})\n"
        "except SystemExit as exit: assert not exit.code, exit.code\n"
        f"print('imported', [one for one in {HEAVY!r} if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported []"


def test_a_misspelt_command_is_answered_with_the_nearest_one() -> None:
    result = ANYWHERE("runbok")
    assert result.exit_code == 2
    assert "Did you mean 'runbook'" in result.stderr


def test_no_command_at_all_prints_the_help() -> None:
    assert "Usage: tocsin" in ANYWHERE().output
