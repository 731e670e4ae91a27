"""The app: the pages, the playground, the live view and what is served for them.

Importing it prepares the process: PyTorch and the HTTP clients read the environment as they are imported.
"""

from __future__ import annotations

import os

from ganlab.app.compat_import import import_gradio_without_stubs
from ganlab.core.network import direct_loopback, unusable_proxy
from ganlab.core.threads import yielding_threads

if _problem := unusable_proxy(os.environ):
    raise SystemExit(f"ganlab: {_problem}")
os.environ |= yielding_threads(direct_loopback(os.environ))  # runs train beside this server
import_gradio_without_stubs()
