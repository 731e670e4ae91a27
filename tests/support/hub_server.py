"""A Hugging Face Hub on this machine: enough of its HTTP API for the real client to pull and push, and ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import huggingface_hub
import pytest
from huggingface_hub import constants

TOKEN = "hf_of_the_owner"
STRANGER = "hf_of_a_stranger"
_SMALL = 1000  # bytes; larger files are stored beside git, and served from another host


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    """Commits of one repository; `listed` are further names it claims to hold, `checksums` false ones."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    listed: tuple[str, ...] = ()

    def commit(self, files: dict[str, bytes], ref: str = "main") -> str:
        """A new commit with `files` on top of what `ref` holds."""
        files = self.commits.get(self.refs.get(ref, ""), {}) | files
        names = json.dumps([len(self.commits), {name: sha256(data) for name, data in files.items()}])
        commit = hashlib.sha1(names.encode()).hexdigest()
        self.commits[commit], self.refs[ref] = files, commit
        return commit

    def resolve(self, revision: str) -> str | None:
        """The full commit that a branch, a tag or a commit's first digits mean."""
        found = [commit for commit in self.commits if len(revision) >= 7 and commit.startswith(revision)]
        return self.refs.get(revision) or (found[0] if len(found) == 1 else None)

    @property
    def files(self) -> dict[str, bytes]:
        """The newest."""
        return self.commits[self.refs["main"]]


@dataclass
class Request:
    """What was asked; `host` is who for."""

    method: str
    path: str
    host: str
    range: str
    token: str


@dataclass
class Hub:
    """The server's state. `cuts`: after how many bytes to hang up, one entry per answer; `answers`: statuses to give first."""

    repos: dict[str, Repo] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)  # (part of a path, status), each used once
    moved: dict[str, str] = field(default_factory=dict)  # old names of repositories
    spoiled: bool = False  # bodies come with one wrong byte
    surplus: int = 0  # bytes that bodies have too many
    ranges: bool = True
    page: bytes | None = None  # a login page instead of every answer
    stored: dict[str, bytes] = field(default_factory=dict)  # what was uploaded beside git
    address: str = ""

    def add(self, name: str, files: dict[str, bytes], **how: Any) -> str:
        """A repository, "org/name", "spaces/org/name" or "datasets/org/name"; returns its commit."""
        self.repos[name] = Repo(**how)
        return self.repos[name].commit(files)

    def bodies(self) -> list[Request]:
        """The requests for files' content."""
        return [request for request in self.asked if request.method == "GET" and "/cdn/" in request.path]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._handle()

    do_GET = do_POST = do_PUT = do_HEAD

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.asked.append(Request(self.command, path, self.headers.get("Host", ""), self.headers.get("Range", ""), token))
        self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.hub.page is not None:
            return self._send(200, self.hub.page, {"Content-Type": "text/html"})
        for answer in self.hub.answers:
            if answer[0] in path:
                self.hub.answers.remove(answer)
                return self._send(answer[1], b"no")
        for old, new in self.hub.moved.items():
            if f"/{old}" in path:
                return self._send(307, b"", {"Location": self.path.replace(f"/{old}", f"/{new}", 1)})
        if token not in ("", TOKEN, STRANGER):
            return self._refuse(401, "", "Invalid credentials in Authorization header")
        for pattern, method in _ROUTES:
            if found := re.fullmatch(pattern, path):
                return method(self, token, parse_qs(parts.query), **found.groupdict())
        return self._refuse(404, "", "no such route")

    def _repo(self, name: str, token: str) -> Repo | None:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and token != TOKEN):
            self._refuse(404 if token else 401, "RepoNotFound", "Repository not found")
            return None
        return repo

    def info(self, token: str, query: dict[str, list[str]], *, kind: str, name: str, revision: str | None = None) -> None:
        """GET /api/models/org/name[/revision/main]?blobs=true"""
        repo = self._repo(("" if kind == "models" else f"{kind}/") + name, token)
        if repo is None:
            return None
        commit = repo.resolve(revision or "main")
        if commit is None:
            return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        siblings: list[dict[str, Any]] = []
        for file, data in repo.commits[commit].items():
            row: dict[str, Any] = {"rfilename": file}
            if "blobs" in query:
                row |= {"size": len(data), "blobId": git_sha1(data)}
                if len(data) > _SMALL:
                    row["lfs"] = {"size": len(data), "sha256": sha256(data), "pointerSize": 130}
            siblings.append(row)
        siblings += [{"rfilename": file, "size": 4, "blobId": git_sha1(b"evil")} for file in repo.listed]
        facts = {"id": name, "sha": commit, "private": repo.private, "gated": "manual" if repo.gated else False}
        return self._json(facts | {"siblings": siblings, "tags": []})

    def resolve(self, token: str, query: object, *, name: str, revision: str, file: str) -> None:
        """HEAD and GET /[spaces/]org/name/resolve/main/file: small files at once, others by a link to another host."""
        repo = self._repo(name, token)
        if repo is None:
            return None
        if repo.gated and token != TOKEN:
            return self._refuse(403 if token else 401, "GatedRepo", "Access to this repository is restricted.")
        commit = repo.resolve(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound", "Invalid rev id")
        data = repo.commits[commit].get(file, b"evil" if file in repo.listed else None)
        if data is None:
            return self._refuse(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        headers = {"X-Repo-Commit": commit, "ETag": f'"{git_sha1(data)}"'}
        if len(data) <= _SMALL:
            return self._body(data, headers)
        self.hub.stored[sha256(data)] = data
        there = self.hub.address.replace("127.0.0.1", "localhost") + f"/cdn/{sha256(data)}"
        headers |= {"X-Linked-Etag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data)), "Location": there}
        return self._send(302, b"", headers)

    def cdn(self, token: str, query: object, *, sha: str) -> None:
        """The other host, which never sees a token."""
        if self.command == "PUT":
            self.hub.stored[sha] = self.content
            return self._send(200, b"")
        return self._body(self.hub.stored[sha], {"ETag": f'"{sha}"'})

    def _body(self, data: bytes, headers: dict[str, str]) -> None:
        asked = self.headers.get("Range", "")
        start = int(re.sub(r"\D", "", asked)) if asked and self.hub.ranges else 0
        if start and start >= len(data):
            return self._send(416, b"")
        if start:
            headers |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        part = data[start:]
        if self.hub.spoiled and part:
            part = part[:-1] + bytes([part[-1] ^ 1])
        part += bytes(self.hub.surplus)
        cut = self.hub.cuts.pop(0) if self.hub.cuts and self.command == "GET" else None
        return self._send(206 if start else 200, part, headers, cut)

    def create(self, token: str, query: object) -> None:
        """POST /api/repos/create"""
        asked = json.loads(self.content)
        name = f"{asked['organization']}/{asked['name']}"
        if token != TOKEN:
            return self._refuse(403 if token else 401, "", "You don't have the rights to create a model under this namespace")
        if name in self.hub.repos:
            return self._json({"url": f"{self.hub.address}/{name}", "error": "You already created this model repo"}, 409)
        self.hub.repos[name] = Repo({"0" * 40: {}}, {"main": "0" * 40}, private=asked.get("visibility") == "private")
        return self._json({"url": f"{self.hub.address}/{name}"})

    def validate(self, token: str, query: object) -> None:
        """POST /api/validate-yaml"""
        assert json.loads(self.content)["content"].startswith("---\n")
        self._json({"errors": [], "warnings": []})

    def preupload(self, token: str, query: object, *, name: str, revision: str) -> None:
        """POST /api/models/org/name/preupload/main: which files go beside git."""
        files = json.loads(self.content)["files"]
        modes = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["size"] > _SMALL else "regular",
                "shouldIgnore": False,
                "oid": None,
            }
            for file in files
        ]
        self._json({"files": modes})

    def batch(self, token: str, query: object, *, name: str) -> None:
        """POST /org/name.git/info/lfs/objects/batch: where to put them."""
        objects = [
            one | {"actions": {"upload": {"href": f"{self.hub.address}/cdn/{one['oid']}"}}}
            for one in json.loads(self.content)["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def commit(self, token: str, query: object, *, name: str, revision: str) -> None:
        """POST /api/models/org/name/commit/main, a line of JSON for each file."""
        if token != TOKEN:
            return self._refuse(403, "", "You cannot write here")
        files = {}
        for line in map(json.loads, self.content.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
        commit = self.hub.repos[name].commit(files)
        url = f"{self.hub.address}/{name}/commit/{commit}"
        return self._json({"commitUrl": url, "commitOid": commit})

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        about_error = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {}) | (headers or {})
        self._send(status, json.dumps({"error": message}).encode(), about_error | {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: int | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])


_NAME = r"(?P<name>[^/]+/[^/]+?)"
_ROUTES = (
    (rf"/api/(?P<kind>models|spaces|datasets)/{_NAME}(/revision/(?P<revision>.+))?", _Handler.info),
    (r"/(?P<name>((spaces|datasets)/)?[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)", _Handler.resolve),
    (r"/cdn/(?P<sha>[0-9a-f]{64})", _Handler.cdn),
    (r"/api/repos/create", _Handler.create),
    (r"/api/validate-yaml", _Handler.validate),
    (rf"/api/models/{_NAME}/preupload/(?P<revision>.+)", _Handler.preupload),
    (rf"/{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    (rf"/api/models/{_NAME}/commit/(?P<revision>.+)", _Handler.commit),
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the test."""


@contextmanager
def serving() -> Iterator[Hub]:
    """An empty Hub whose `address` answers while the context lasts."""
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def use(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the client in this process talk to `hub` and keep its files under `home`; returns the cache.

    A process of its own would be told by HF_ENDPOINT and HF_HOME, which the client reads when it is imported.
    """
    huggingface_hub.close_session()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    return home / "hub"


def environment(hub: Hub, home: Path) -> dict[str, str]:
    """What a process of its own needs to do the same."""
    quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return quiet | {"HF_ENDPOINT": hub.address, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1,localhost"}
