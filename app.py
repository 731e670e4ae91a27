"""GANLab in the browser: `streamlit run app.py` serves the pages, the playground and the live view on one port.

The file is read twice. Imported by the server it makes the ASGI application; run as Streamlit's script it is the router.
"""

from __future__ import annotations

import streamlit as st

from ganlab.app.compat import runs_as_page

PAGES = ("home", "train", "watch", "runs", "evaluate", "play")

if not runs_as_page():
    from starlette.middleware import Middleware

    from ganlab.app.asgi import ForwardedPrefix, prepare_process

    prepare_process()  # before the server imports PyTorch

    from ganlab.app.server import gate, routes_and_lifespan, tune_process

    _routes, _lifespan = routes_and_lifespan()
    app = st.App(__file__, routes=_routes, lifespan=_lifespan, middleware=[gate(), Middleware(ForwardedPrefix)])
    tune_process()
else:
    from ganlab.app.views.page_frame import frame

    pages = [st.Page(f"pages/{name}.py", title=name.capitalize(), url_path=name, default=name == "home") for name in PAGES]
    page = st.navigation(pages, position="top")
    frame(page.title)
    page.run()
