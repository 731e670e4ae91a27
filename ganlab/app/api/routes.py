"""The ASGI routes: runs as JSON, sheets as PNG, exports, and the live view's files. For `st.App(routes=...)` or Starlette."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ganlab.app.api.admitted import Handler, in_turns
from ganlab.app.api.assets import asset_routes
from ganlab.app.api.compare import compared
from ganlab.app.api.doctor import Doctors
from ganlab.app.api.export import export_zip, metrics_csv
from ganlab.app.api.feed import Answer, Feeds
from ganlab.app.api.lesson import Lessons
from ganlab.app.api.snapshot import Seen
from ganlab.app.api.summary import MOST, PAGE, Pages, detailed
from ganlab.app.security import rights, sandbox
from ganlab.app.security.origin import refusal
from ganlab.app.security.redact import redact
from ganlab.app.security.rights import Action
from ganlab.app.security.visitor import recorded_name, visitor_of
from ganlab.core.errors import is_disk_full
from ganlab.core.files import read_bounded
from ganlab.core.images import MOST_SHEET_BYTES
from ganlab.core.interventions import Command
from ganlab.core.names import shown
from ganlab.runtime.run import UNREADABLE, Run

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 1000  # of a request to control a run
_DAMAGED = "The run's record is damaged and cannot be read; its checkpoints and sheets may still be whole."
_FRESH = {"Cache-Control": "no-store"}
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(bases: Callable[[], Sequence[str]] = list) -> list[BaseRoute]:
    """All routes of the web API and the live view, with caches of their own; `bases` are the addresses of this server."""
    feeds, pages, doctors, asked, lesson = Feeds(), Pages(), Doctors(), in_turns("quick jobs"), Lessons(bases)

    async def all_runs(request: Request) -> Response:
        offset, limit = max(0, _number(request, "offset") or 0), _number(request, "limit") or PAGE
        if not 1 <= limit <= MOST:
            raise HTTPException(400, f"limit = {limit} is not within 1 to {MOST}.")
        page = await pages.get(offset, limit)
        headers = _FRESH | {"X-Total-Count": str(page.total)}
        if offset + limit < page.total:
            headers["Link"] = f'<?limit={limit}&offset={offset + limit}>; rel="next"'
        return JSONResponse(_fit_for(request, page.items), headers=headers)

    async def delta(request: Request) -> Response:
        sheets = _number(request, "sheets")
        seen = Seen(_number(request, "since"), -1 if sheets is None else sheets, _number(request, "notes"))
        return _json(request, await feeds.of(_run(request)).delta(seen, private=_may_know(request)))

    async def detail(request: Request) -> Response:
        start, stop = _number(request, "from"), _number(request, "to")
        if start is None or stop is None:
            raise HTTPException(400, "A detail needs the steps 'from' and 'to'.")
        return _json(request, await feeds.of(_run(request)).detail(start, stop))

    async def doctor(request: Request) -> Response:
        return JSONResponse(_fit_for(request, await doctors.examined(_run(request))), headers=_FRESH)

    return [
        Route("/api/runs", _answering(all_runs)),
        Route("/api/compare", _answering(asked(_compare))),
        Route("/api/runs/{id}", _answering(_summary)),
        Route("/api/runs/{id}/delta", _answering(delta)),
        Route("/api/runs/{id}/detail", _answering(asked(detail))),
        Route("/api/runs/{id}/doctor", _answering(asked(doctor))),
        Route("/api/runs/{id}/sheets/{step:int}.png", _answering(_sheet)),
        Route("/api/runs/{id}/real.png", _answering(_real)),
        Route("/api/runs/{id}/thumbnail.png", _answering(_thumbnail)),
        Route("/api/runs/{id}/metrics.csv", _answering(_metrics)),
        Route("/api/runs/{id}/export.zip", _answering(_export)),
        Route("/api/runs/{id}/stop", _answering(_stop), methods=["POST"]),
        Route("/api/runs/{id}/control", _answering(_control), methods=["POST"]),
        Route("/api/lesson", _answering(lesson.now)),
        Route("/api/lesson", _answering(lesson.show), methods=["POST"]),
        Route("/api/lesson/join", _answering(lesson.join)),
        Route("/api/lesson/join.svg", _answering(lesson.code)),
        *asset_routes(),
    ]


async def _summary(request: Request) -> Response:
    run = _run(request)
    found = await asyncio.to_thread(detailed, run)
    user = visitor_of(request)
    found |= {"refusal": rights.refusal(user.role, Action.CONTROL, own=sandbox.owns(user, run))}
    if not rights.may(user.role, Action.CHANGE):
        found |= {"live": []}
    return JSONResponse(_fit_for(request, found), headers=_FRESH)


async def _compare(request: Request) -> Response:
    try:
        return JSONResponse(_fit_for(request, await asyncio.to_thread(compared, request.query_params)), headers=_FRESH)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


async def _sheet(request: Request) -> Response:
    run, step = _run(request), request.path_params["step"]
    path = run.sample_path(step)
    if not path.is_file():
        raise HTTPException(404, f"The run {run.id} has no sample sheet at step {step}.")
    return await _png(path, _FOREVER)


async def _real(request: Request) -> Response:
    run = _run(request)
    if not run.real_path.is_file():
        raise HTTPException(404, f"The run {run.id} has kept no real images to compare with.")
    return await _png(run.real_path, _FOREVER)


async def _png(path: Path, headers: dict[str, str]) -> Response:
    """Read here, where a run that is deleted meanwhile is still a sentence."""
    return Response(await asyncio.to_thread(read_bounded, path, MOST_SHEET_BYTES), media_type="image/png", headers=headers)


async def _thumbnail(request: Request) -> Response:
    run = _run(request)
    steps = await asyncio.to_thread(run.samples)
    if not steps:
        raise HTTPException(404, f"The run {run.id} has no sample sheet yet.")
    headers = {"ETag": f'"{steps[-1]}"', "Cache-Control": "no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return await _png(run.sample_path(steps[-1]), headers)


async def _metrics(request: Request) -> Response:
    run = _run(request)
    return await _streamed(metrics_csv(run), "text/csv", f"{run.id}.csv")


async def _export(request: Request) -> Response:
    run = _run(request)
    return await _streamed(export_zip(run, private=_may_know(request)), "application/zip", f"{run.id}.zip")


async def _streamed(parts: Iterator[bytes], kind: str, name: str) -> Response:
    """The first part, which reads the whole record, is made before the answer begins: a damaged one is still a sentence."""
    first = await asyncio.to_thread(next, parts, b"")
    return StreamingResponse(chain((first,), parts), media_type=kind, headers=_saved_as(name))


async def _stop(request: Request) -> Response:
    run = await _controlled(request, "stop")
    await asyncio.to_thread(run.request_stop, _name(request))
    return JSONResponse({"message": "The run will keep a checkpoint and stop."}, status_code=202)


async def _control(request: Request) -> Response:
    """Send the run a command; it is carried out between two steps, and a change then shows as a mark on the charts."""
    run = await _controlled(request, "control")
    body = await request.body()
    try:
        values = json.loads(body if len(body) <= _MOST_BYTES else b"")
        fields = {**values, "who": _name(request)} if isinstance(values, dict) else {}
        command = Command.parse(fields, run.config_now, run.config)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise HTTPException(400, 'A request is a small JSON object, such as {"command": "pause"}.') from None
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    if command.command == "change" and (reason := rights.refusal(visitor_of(request).role, Action.CHANGE)):
        raise HTTPException(403, reason)
    await asyncio.to_thread(run.mailbox.add, command)
    return JSONResponse({"message": "The command was sent to the run."}, status_code=202)


def _may_know(request: Request) -> bool:
    """Whether this visitor may know where things lie on the server."""
    return rights.may(visitor_of(request).role, Action.INSPECT)


def _fit_for(request: Request, values: Any) -> Any:
    """JSON values as this visitor may read them."""
    return values if _may_know(request) else redact(values)


def _name(request: Request) -> str:
    return recorded_name(visitor_of(request), request.client.host if request.client else "")


async def _controlled(request: Request, what: str) -> Run:
    """The run, if this request may change it and a worker trains it; HTTPException otherwise."""
    reason = refusal(request)
    if reason:
        raise HTTPException(403, reason)
    run = _run(request)
    status = await asyncio.to_thread(run.status)
    if not status.active:
        raise HTTPException(409, f"The run {run.id} is {status.state}: there is nothing to {what}.")
    return run


def _answering(handler: Handler) -> Handler:
    """Turn what goes wrong into one JSON sentence with the fitting status."""

    async def answer(request: Request) -> Response:
        try:
            try:
                return await handler(request)
            except (sqlite3.OperationalError, FileNotFoundError):
                _run(request)  # 404 when it was deleted meanwhile
                raise HTTPException(503, "The run is being written to right now: ask again in a second.") from None
            except sqlite3.DatabaseError:
                raise HTTPException(500, _DAMAGED) from None
            except OSError as error:
                raise HTTPException(507 if is_disk_full(error) else 500, _trouble(error)) from None
            except ValueError as error:
                raise HTTPException(500, str(error)) from error
            except UNREADABLE as error:  # what no record of ours holds; a fault of the program looks the same, so it is logged
                _LOG.exception("%s %s", request.method, request.url.path)
                raise HTTPException(500, _DAMAGED) from error
        except HTTPException as error:
            return JSONResponse(_fit_for(request, {"error": shown(error.detail)}), status_code=error.status_code, headers=_FRESH)

    return answer


def _trouble(error: OSError) -> str:
    """One sentence without a path."""
    if is_disk_full(error):
        return "The server's disk is full, so this was not done: free some space, then try again."
    return f"The server cannot use the run's files ({error.strerror or type(error).__name__}): see to them, then try again."


def _run(request: Request) -> Run:
    try:
        return Run.open(request.path_params["id"])
    except ValueError as error:
        raise HTTPException(404, str(error)) from None


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return max(-1, min(int(text), 2**53))
    except ValueError:
        raise HTTPException(400, f"{name} = {text!r} is not a whole number.") from None


def _json(request: Request, answer: Answer) -> Response:
    headers = _FRESH | {"Vary": "Accept-Encoding"}
    if answer.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(answer.gzipped, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})
    return Response(answer.plain, media_type="application/json", headers=headers)


def _saved_as(name: str) -> dict[str, str]:
    return _FRESH | {"Content-Disposition": f'attachment; filename="{name}"'}
