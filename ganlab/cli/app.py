"""`ganlab app`: the app, or the playground alone, as a server."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec

from ganlab.app import start
from ganlab.app.security import classroom, frames, proxies, quotas, sandbox
from ganlab.core.shipped import shipped


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.description = "Serve the app, by default to this machine only."
    parser.add_argument("--host", help="the address to serve at (default: 127.0.0.1, this machine alone; of a class 0.0.0.0)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name, beside this machine's own, by which it may be asked: a proxy's, such as lab.example.org",
    )
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument(
        "--allow-frame",
        action="append",
        default=[],
        metavar="SITE",
        help=f"a site whose pages may show the app in a frame, such as https://moodle.example.org; or set {frames.VARIABLE}",
    )
    parser.add_argument(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=f"a proxy in front of the app, whose X-Forwarded-For and -Proto are believed; or set {proxies.VARIABLE}",
    )
    parser.add_argument("--only", choices=("playground",), help="serve the playground alone, at /")
    parser.add_argument(
        "--classroom", action="store_true", help="serve the local network; students join with a code, to watch and play only"
    )
    parser.add_argument(
        "--new-code", action="store_true", help="with --classroom: make a new code and a new teacher's link; all join again"
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help=f"with --classroom: let students start small runs from the beginning; or set {sandbox.VARIABLE}=1",
    )
    parser.add_argument(
        "--limits",
        metavar="FACTOR",
        help=f"with --classroom: multiply what a student and an address may use, such as 2; or set {quotas.VARIABLE}",
    )
    parser.add_argument(
        "rest", nargs="*", default=[], metavar="-- OPTION", help="options of the server: -- --server.baseUrlPath lab"
    )


def run(options: argparse.Namespace) -> int:
    """Become `streamlit run app.py` with the current folder's runs; with --only playground start a server without Streamlit."""
    if options.new_code and not options.classroom:
        raise ValueError("--new-code belongs to --classroom: only a class has a join code.")
    if options.limits is not None and not options.classroom:
        raise ValueError("--limits belongs to --classroom: only a class shares a server.")
    if options.sandbox and not options.classroom:
        raise ValueError("--sandbox belongs to --classroom: only a class has students.")
    if options.classroom and options.only:
        raise ValueError("--classroom and --only exclude each other: the playground alone has no join code.")
    if not find_spec("gradio" if options.only == "playground" else "streamlit"):
        raise ValueError("The app needs Streamlit and Gradio: pip install 'ganlab-studio[app]'.")
    if options.allow_frame:
        os.environ[frames.VARIABLE] = " ".join(frames.allowed_frames(options.allow_frame))
    if options.proxy:
        os.environ[proxies.VARIABLE] = ",".join(proxies.trusted_proxies(options.proxy))
    if options.classroom:
        os.environ[classroom.VARIABLE] = "1"
    if options.sandbox:
        os.environ[sandbox.VARIABLE] = "1"
    if options.limits is not None:
        os.environ[quotas.VARIABLE] = options.limits
    start.check()
    host = options.host or ("0.0.0.0" if options.classroom else "127.0.0.1")
    start.listen(host, options.port).close()
    if options.only == "playground":
        playground = [sys.executable, "-m", "ganlab.app.playground_server", f"--host={host}", f"--port={options.port}"]
        return subprocess.call([*playground, *(f"--allow-host={name}" for name in options.allow_host), *options.rest])
    if not (options.classroom or host.startswith(start.LOOPBACK)):
        others = "with --classroom others only watch and play"
        print(f"Every computer that reaches {host}:{options.port} can start and delete runs here; {others}.")
    # Streamlit reads the .streamlit/config.toml beside app.py, wherever the command is typed.
    command = [sys.executable, "-m", "streamlit", "run", str(shipped("app.py")), f"--server.port={options.port}"]
    if options.host or options.classroom:
        command.append(f"--server.address={host}")
    command += [f"--server.allowedHosts={name}" for name in options.allow_host]
    if options.classroom:
        command.append("--logger.hideWelcomeMessage=true")  # the server prints its own
    if options.new_code:
        classroom.forget()  # the keys beside the server's runs
    command += options.rest
    return os.execv(command[0], command)  # the same process: ending it ends the server
