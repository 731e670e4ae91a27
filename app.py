"""GANLab in the browser: `streamlit run app.py` serves the pages, the playground and the live view on one port.

The file is read twice. Imported by the server it makes the ASGI application; run as Streamlit's script it is the router.
"""

from __future__ import annotations

import streamlit as st

from ganlab.app.compat import runs_as_page
from ganlab.app.index_page import PAGES

if not runs_as_page():
    from ganlab.app.server import middleware, routes_and_lifespan, tune_process

    _middleware = middleware()
    _routes, _lifespan = routes_and_lifespan()
    app = st.App(__file__, routes=_routes, lifespan=_lifespan, middleware=_middleware)
    tune_process()
else:
    from ganlab.app.views.page_frame import frame

    pages = [st.Page(f"pages/{name}.py", title=name.capitalize(), url_path=name, default=name == "home") for name in PAGES]
    page = st.navigation(pages, position="top")
    frame(page.title, pages)
    page.run()
