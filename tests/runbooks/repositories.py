"""Real git repositories that tests push to."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

AUTHOR = "Ana <ana@acme.example>"


@dataclass(frozen=True)
class Repo:
    """A repository with a branch ``main``."""

    folder: Path

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(self, *words: str) -> str:
        """Run git in it and return what it prints."""
        told = subprocess.run(
            [
                "git",
                "-C",
                str(self.folder),
                "-c",
                "user.name=Bot",
                "-c",
                "user.email=bot@acme.example",
                *words,
            ],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"},
        )
        return told.stdout.strip()

    def push(self, files: dict[str, str | None], author: str = AUTHOR) -> str:
        """Commit files with these texts, None for one that is taken out; return the commit."""
        for path, text in files.items():
            file = self.folder / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self.commit(author)

    def commit(self, author: str = AUTHOR) -> str:
        """Commit the folder as it stands; return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change", f"--author={author}")
        return self.git("rev-parse", "HEAD")


def new_repo(folder: Path) -> Repo:
    """Make an empty repository."""
    folder.mkdir(parents=True)
    repo = Repo(folder)
    repo.git("init", "--quiet", "--initial-branch=main")
    return repo
