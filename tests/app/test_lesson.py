"""What a class has in common: what the teacher shows reaches all who follow, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from ganlab.app.api import routes
from ganlab.app.api.lesson import HERE_SECONDS, PAGES, Lesson, Shown
from ganlab.app.asgi import Prefix
from ganlab.app.security import classroom, visitor
from ganlab.app.security.gate import Gate
from ganlab.app.security.rights import Role
from tests.support.fake_runs import FakeRun
from tests.support.whole_app import headers

OURS = {"X-GANLab": "1"}
SHOWN = {"page": "watch", "query": {"run": "a"}, "view": {"step": "300", "zoom": "1,2"}, "tab": "t1"}
SCHOOL = "http://192.0.2.7:8501"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    monkeypatch.setenv(classroom.VARIABLE, "1")
    return tmp_path


@pytest.fixture
def client(root: Path) -> TestClient:
    return TestClient(Starlette(routes=routes(lambda: [SCHOOL]), middleware=[Middleware(Prefix), Middleware(Gate)]))


def seen(client: TestClient, role: Role = Role.STUDENT) -> Any:
    return client.get("/api/lesson", headers=headers(role)).json()


def test_students_see_what_the_teacher_shows_and_who_is_here(client: TestClient, root: Path) -> None:
    ada = headers(Role.STUDENT)
    before = client.get("/api/lesson", headers=ada)
    assert before.json() == {"class": True, "teaches": False, "newest": "", "students": 1, "shown": None}
    assert client.post("/api/lesson", json=SHOWN, headers=headers(Role.TEACHER) | OURS).status_code == 204
    again = ada | {"If-None-Match": before.headers["etag"]}
    assert client.get("/api/lesson", headers=again).json()["shown"] == SHOWN
    again["If-None-Match"] = client.get("/api/lesson", headers=ada).headers["etag"]
    unchanged = client.get("/api/lesson", headers=again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert seen(client)["students"] == 2
    assert seen(client, Role.TEACHER) == {"class": True, "teaches": True, "newest": "", "students": 2, "shown": SHOWN}


def test_only_the_teacher_shows_and_invites(client: TestClient) -> None:
    for role, status in ((Role.STRANGER, 401), (Role.STUDENT, 403)):
        assert client.post("/api/lesson", json=SHOWN, headers=headers(role) | OURS).status_code == status
        for path in ("/api/lesson/join", "/api/lesson/join.svg"):
            assert client.get(path, headers=headers(role)).status_code == status
    elsewhere = {"Origin": "https://example.org"}
    assert client.post("/api/lesson", json=SHOWN, headers=headers(Role.TEACHER) | elsewhere).status_code == 403
    assert seen(client)["shown"] is None


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.text() | st.integers(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_whatever_is_sent_is_a_page_with_short_texts_or_refused(body: bytes) -> None:
    try:
        shown = Shown.parse(body)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert shown.page in PAGES


@pytest.mark.parametrize(
    "change",
    [
        {"page": "../runs"},
        {"page": ["watch"]},
        {"tab": "<b>"},
        {"tab": None},
        {"query": {"run/..": "a"}},
        {"query": {"run": 7}},
        {"query": {"run": "a" * 401}},
        {"view": {"hide": "a\nb"}},
        {"view": {f"n{'a' * n}": "x" for n in range(17)}},
        {"view": ["step"]},
        {"filler": "a" * 4000},
    ],
)
def test_what_could_be_markup_a_path_or_a_flood_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    answer = client.post("/api/lesson", json=SHOWN | change, headers=headers(Role.TEACHER) | OURS)
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")


def test_a_new_run_is_news_for_all(client: TestClient, root: Path) -> None:
    fake = FakeRun(root)
    assert seen(client)["newest"] == fake.id


def test_it_is_gone_with_the_keys_of_the_class_and_students_with_time() -> None:
    now = [0.0]
    lesson, shown = Lesson(lambda: now[0]), Shown("watch", {}, {}, "t")
    lesson.show(shown, "one")
    assert [lesson.students("one", "ada"), lesson.students("one", "bob"), lesson.students("one", "ada")] == [1, 2, 2]
    now[0] = HERE_SECONDS + 1
    assert lesson.students("one", "bob") == 1 and lesson.shown("one") == shown
    assert lesson.shown("two") is None and lesson.students("two") == 0


@pytest.mark.parametrize(
    ("host", "prefix", "expected"),
    [
        ("127.0.0.1:8501", "", SCHOOL),
        ("localhost:8501", "/lab", f"{SCHOOL}/lab"),
        ("gan.school.test", "/lab", "http://gan.school.test/lab"),
        ("192.0.2.9:8501", "", "http://192.0.2.9:8501"),
    ],
)
def test_the_join_address_is_one_that_students_reach(client: TestClient, host: str, prefix: str, expected: str) -> None:
    given = headers(Role.TEACHER) | {"Host": host} | ({"X-Forwarded-Prefix": prefix} if prefix else {})
    assert client.get("/api/lesson/join", headers=given).json() == {"address": expected, "code": visitor.keys().spoken}
    picture = client.get("/api/lesson/join.svg", headers=given)
    assert picture.headers["content-type"] == "image/svg+xml" and "<svg" in picture.text


def test_an_address_that_is_set_comes_first_and_none_is_said_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = TestClient(Starlette(routes=routes()))
    here = {"Host": "127.0.0.1:8501"}
    assert alone.get("/api/lesson/join", headers=here).json()["address"] == ""
    assert alone.get("/api/lesson/join.svg", headers=here).status_code == 404
    monkeypatch.setenv("GANLAB_URL", "https://gan.example/lab/")
    assert alone.get("/api/lesson/join", headers=here).json()["address"] == "https://gan.example/lab"


def test_without_a_class_there_is_the_newest_run_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(classroom.VARIABLE)
    client = TestClient(Starlette(routes=routes()))
    assert client.get("/api/lesson").json() == {"class": False, "teaches": True, "newest": ""}
    assert client.post("/api/lesson", json=SHOWN, headers=OURS).status_code == 409
    assert client.get("/api/lesson/join").status_code == 409
