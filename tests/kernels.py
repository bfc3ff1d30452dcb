"""A kernel for a test, over sockets in a private folder where the system has them.

Over TCP jupyter_client looks for free ports first, and the kernel binds them later: in between some
other test may take one, and the kernel dies ("Address already in use").
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

LONGEST = 107  # bytes in the path of a Unix socket (sun_path)


@contextmanager
def kernel_for(
    notebook: NotebookNode, folder: Path, timeout: int = 600
) -> Iterator[NotebookClient]:
    """Start a kernel for a notebook that lies in this folder; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="k") as private:
        sockets = f"{private}/s"
        found = Config()
        if os.name == "posix" and len(os.fsencode(sockets)) + 3 < LONGEST:
            found.KernelManager.transport, found.KernelManager.ip = "ipc", sockets
        where = {"metadata": {"path": str(folder)}}
        client = NotebookClient(notebook, timeout=timeout, resources=where, config=found)
        with client.setup_kernel():
            yield client
