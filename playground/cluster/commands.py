"""What commands do in the containers of practice pods: a handful of programs, and files without content."""

import asyncio
import json
from collections.abc import AsyncIterator

CHANNELS = "v4.channel.k8s.io"
"""How a command's words come back: in frames whose first byte says which stream they are of."""
STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"
FRAME = 32 * 1024
NOT_FOUND = 127


class Containers:
    """The files of every pod, by its uid."""

    def __init__(self) -> None:
        self._files: dict[str, set[str]] = {}

    async def run(self, pod: str, command: list[str]) -> AsyncIterator[bytes]:
        """Run a command and yield the frames of its answer."""
        if command[0] == "sleep":
            await asyncio.sleep(float(command[1]))
        code, said, complained = self._done(self._files.setdefault(pod, set()), command)
        for at in range(0, len(said), FRAME):
            yield STDOUT + said[at : at + FRAME]
        if complained:
            yield STDERR + complained
        yield STATUS + json.dumps(_status(code)).encode()

    def _done(self, files: set[str], command: list[str]) -> tuple[int, bytes, bytes]:
        match command:
            case ["echo", *words]:
                return 0, f"{' '.join(words)}\n".encode(), b""
            case ["touch", *names]:
                files.update(names)
                return 0, b"", b""
            case ["ls"]:
                return 0, "".join(f"{name}\n" for name in sorted(files)).encode(), b""
            case ["yes"]:
                return 0, b"y\n" * 100_000, b""
            case ["sleep", _]:
                return 0, b"", b""
            case ["false"]:
                return 1, b"", b"it is not so\n"
        return NOT_FOUND, b"", f"{command[0]}: not found\n".encode()


def _status(code: int) -> dict[str, object]:
    if code == 0:
        return {"kind": "Status", "status": "Success", "metadata": {}}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    message = f"command terminated with non-zero exit code: exit code {code}"
    reason = {"reason": "NonZeroExitCode", "details": {"causes": causes}}
    return {"kind": "Status", "status": "Failure", "metadata": {}, "message": message, **reason}
