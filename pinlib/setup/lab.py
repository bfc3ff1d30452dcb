"""JupyterLab as the workshop starts it: for this person alone, on this machine alone.

    python3 workshop.py        (or: python -m pinlib.setup.lab, and options of JupyterLab)

A machine-wide configuration (/etc/jupyter, /usr/local/etc/jupyter) is read whatever a person says,
and an empty token in it switches authentication off.  Only options win over it, so everything the
workshop relies on is an option here.  The options are handed over inside this process: on a real
command line, any user of a shared machine could read the token with `ps`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Timer

from jupyterlab.commands import get_workspaces_dir
from jupyterlab.labapp import LabApp
from jupyterlab_server.workspaces_handler import WorkspacesManager

from pinlib.setup.copies import ANSWERS, WORK, WORKSHOP

_SAID = "JupyterLab is at "
_FIRST_PAGE = f"/lab/tree/{WORK}/00_start_here.ipynb"
_OPTIONS = (
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.sock=",
    "--ServerApp.certfile=",
    "--ServerApp.port_retries=50",
    "--ServerApp.base_url=/",
    "--ServerApp.custom_display_url=",
    # A token and nothing else: no password, no login code of somebody's own.
    "--ServerApp.identity_provider_class=jupyter_server.auth.identity.IdentityProvider",
    "--ServerApp.allow_remote_access=False",
    "--ServerApp.allow_origin=",
    "--ServerApp.allow_origin_pat=",
    "--ServerApp.disable_check_xsrf=False",
    "--ServerApp.use_redirect_file=True",  # or the browser's command line would show the token
    "--ServerApp.allow_root=True",  # in a container there may be nobody else
    "--ServerApp.answer_yes=True",
    "--ServerApp.log_level=WARN",
    "--LabApp.log_level=WARN",
    f"--LabApp.default_url={_FIRST_PAGE}",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    # Between server and kernel too, another user of the machine could listen.
    "--KernelManager.transport_encryption=required",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Start JupyterLab, print the address that opens it, and stay until it ends."""
    # Kernels inherit it: that is how a lesson knows where its learner's answers are kept.
    os.environ["PINLIB_ANSWERS"] = str(WORKSHOP / WORK / ANSWERS)
    _close_the_sidebar()
    token = secrets.token_hex(24)
    given = sys.argv[1:] if arguments is None else arguments
    # Of two options with one name the last counts.
    options = [*given, *_OPTIONS, f"--IdentityProvider.token={token}"]
    server = LabApp.initialize_server(argv=options)
    address = f"{server.connection_url}{_FIRST_PAGE[1:]}?token={token}"
    # Behind the one that opens the port, so that whoever reads the line can come at once.
    server.io_loop.add_callback(print, _SAID + address, flush=True)
    server.start()


def _close_the_sidebar() -> None:
    """Let the first page have the whole width; whoever opens the sidebar later keeps it open."""
    workspaces = WorkspacesManager(get_workspaces_dir())
    if not workspaces.list_workspaces():
        shut = {"collapsed": True, "visible": True}
        layout = {"left": shut, "right": shut, "relativeSizes": [0, 1, 0]}
        content = {"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}
        workspaces.save("default", json.dumps(content))


@contextmanager
def on_trial(*options: str, seconds: float = 60) -> Iterator[tuple[str, str]]:
    """Start it in a process of its own and without a browser; yield its address and its token."""
    command = [sys.executable, "-m", __name__, "--no-browser", "--ServerApp.port=0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        watchdog = Timer(seconds, process.kill)
        watchdog.start()
        try:
            lines = iter(process.stdout or ())
            found = (re.match(_SAID + r"(\S+?/)lab\S+token=(\w+)", line) for line in lines)
            place = next(filter(None, found), None)
            if place is None:
                raise RuntimeError("JupyterLab did not start")
            yield place[1], place[2]
        finally:
            watchdog.cancel()
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


if __name__ == "__main__":
    main()
