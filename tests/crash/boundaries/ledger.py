"""The far side: boxes in a database of their own, where every effect is written down as it happens."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from tests.runbooks.world import Call, World

_SCHEMA = """
create table box (name text primary key, value int not null);
create table effect (
  id bigint generated always as identity primary key, verb text not null, box text not null, key text not null
);
create table death (
  stream text not null, version int not null, kind text not null, pid int, primary key (stream)
);
"""


class Death(NamedTuple):
    """Where a process dies, or freezes: at the transaction that makes the run ``version`` events long."""

    stream: str
    version: int
    kind: str
    """``before``: with what it was about to commit. ``after``: it is committed. ``freeze``: likewise."""


class Ledger(World):
    """The boxes as one process sees them. Boxes whose name ends in ``blind`` show nobody what was done."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._connection = psycopg.connect(url, autocommit=True)
        self._turn = threading.RLock()

    def call(self, verb: str, box: str, effect: Callable[[], object] = lambda: None, key: str = "") -> None:
        """Let it happen, or not, as one transaction of the far side."""
        with self._turn, self._connection.transaction():
            self._connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (box,))
            self._learn(box)
            super().call(verb, box, effect, key)

    def put(self, verb: str, box: str, value: int, key: str = "") -> None:
        """Change a box."""
        super().put(verb, box, value, key)
        self._connection.execute("insert into effect (verb, box, key) values (%s, %s, %s)", (verb, box, key))
        self._connection.execute(
            "insert into box values (%s, %s) on conflict (name) do update set value = excluded.value",
            (box, value),
        )

    def all_effects(self) -> list[Call]:
        """Return every effect there was, in order."""
        with self._turn:
            rows = self._connection.execute("select verb, box, key from effect order by id").fetchall()
        return [Call(*row) for row in rows]

    def all_boxes(self) -> dict[str, int]:
        """Return what is in every box."""
        with self._turn:
            return dict(self._connection.execute("select name, value from box").fetchall())

    def order(self, deaths: list[Death]) -> None:
        """Let processes die there, one for each."""
        with self._turn:
            self._connection.cursor().executemany(
                "insert into death (stream, version, kind) values (%s, %s, %s)", deaths
            )

    def ordered(self) -> dict[str, Death]:
        """Return the deaths that nobody has died yet, by stream."""
        with self._turn:
            query = "select stream, version, kind from death where pid is null"
            return {row[0]: Death(*row) for row in self._connection.execute(query).fetchall()}

    def claim(self, death: Death, pid: int) -> bool:
        """Say whether the process is the one that dies this death."""
        with self._turn:
            query = "update death set pid = %s where stream = %s and pid is null"
            return self._connection.execute(query, (pid, death.stream)).rowcount == 1

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _learn(self, box: str) -> None:
        rows = self._connection.execute("select value from box where name = %s", (box,)).fetchall()
        self.boxes[box] = rows[0][0] if rows else 0
        made = self._connection.execute("select verb, box, key from effect where box = %s", (box,)).fetchall()
        self.effects = [Call(*row) for row in made]
        if box.endswith("blind"):
            self.blind.add(box)


def build(url: str) -> None:
    """Make the far side's tables in an empty database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SCHEMA)
