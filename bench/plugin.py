"""An action that does nothing, in a package of its own: what is left of a step is the engine."""

from datetime import timedelta
from pathlib import Path

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.registry import GROUP

ROOT = Path(__file__).parent.parent


class Nothing(Frozen):
    """No input, and no output."""


class DoNothing(Action[Nothing, Plan, Nothing]):
    """Return at once."""

    name = "bench.nothing"
    risk = Risk.READ
    effect = Effect.READ
    settle = timedelta(seconds=1)

    def permissions(self, want: Nothing) -> list[Permission]:
        return []

    def plan(self, want: Nothing) -> Plan:
        return Plan(summary="nothing")

    def run(self, want: Nothing, plan: Plan, key: str) -> Nothing:
        return Nothing()


def install_plugin(folder: Path) -> str:
    """Write what a package that brings this action has, and return the PYTHONPATH that finds it."""
    metadata = folder / "tocsin_bench-0.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tocsin-bench\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{DoNothing.name} = {__name__}:DoNothing\n")
    return f"{folder}:{ROOT}:{ROOT / 'src'}"
