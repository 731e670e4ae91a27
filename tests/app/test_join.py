"""A classroom: its code and cookies, the door, how often one may ask, whose pictures are whose, and from where."""

from __future__ import annotations

import asyncio
import re
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.__main__ import main
from ganlab.app import server
from ganlab.app.security import classroom, join, visitor
from ganlab.app.security.buckets import Limit, Quotas, network
from ganlab.app.security.classroom import Keys
from ganlab.app.security.origin import rebound
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import COOKIE
from ganlab.core.images import png
from ganlab.runtime.run import runs_root
from tests.support.whole_app import PASSED, Answer, Asked, headers, seat, whole_app


@pytest.fixture(autouse=True)
def in_class(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")


@pytest.fixture
def door() -> TestClient:
    return TestClient(Starlette(routes=join.routes()), follow_redirects=False)


def shown_text(page: str) -> str:
    """What the join page says went wrong."""
    return re.search(r'<p id="problem" role="alert">(.*)</p>', page)[1]  # type: ignore[index]


# -- Keys -----------------------------------------------------------------------------------------------------------------


def test_the_keys_outlive_the_server_but_not_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    first = classroom.keys()
    path = runs_root() / ".classroom.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert classroom.keys() == first
    assert re.fullmatch(r"\d{4} \d{4}", first.spoken) and len(first.token) >= 32
    later = time.time() + 3600 * classroom.HOURS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert classroom.keys().code != first.code and classroom.keys().token != first.token
    path.write_text("{")
    assert classroom.keys().secret != first.secret


def test_a_running_server_has_new_keys_when_their_day_is_over(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr("ganlab.app.server._LOOK_SECONDS", 0.0)
    old, cookies = visitor.keys(), [seat(role) for role in (Role.STUDENT, Role.TEACHER)]

    async def lesson() -> None:
        announcing = asyncio.create_task(server._announce())
        for _ in range(3):
            await asyncio.sleep(0)
        now[0] += 3600 * classroom.HOURS
        for _ in range(3):
            await asyncio.sleep(0)
        announcing.cancel()

    asyncio.run(lesson())
    new, output = visitor.keys(), capfd.readouterr().out
    assert new.code != old.code and new.token != old.token and classroom.keys() == new
    assert [visitor.visitor(cookie).role for cookie in cookies] == [Role.STRANGER] * 2
    assert [output.count(key) for key in (old.spoken, old.token, new.spoken, new.token)] == [1] * 4, "each is told once"


def test_a_seat_is_ours_for_a_day_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    keys, other = Keys.fresh(), Keys.fresh()
    cookie = keys.seat("STUDENT")
    now[0] = 1001.0
    role, name = keys.seated(cookie) or ("", "")
    assert role == "STUDENT" and name
    assert keys.seat("STUDENT") != keys.seat("STUDENT"), "every browser has a name of its own"
    assert keys.seated(keys.seat("TEACHER", name)) == ("TEACHER", name), "unless it has one already"
    assert keys.seated(cookie.replace("STUDENT", "TEACHER")) is None
    assert other.seated(cookie) is None
    now[0] = 1000.0 + 3600 * classroom.HOURS + 1
    assert keys.seated(cookie) is None


@given(st.text(max_size=200))
def test_no_cookie_is_guessed_and_none_breaks(text: str) -> None:
    keys = Keys("12345678", "t", "s", 0.0)
    assert keys.seated(text) is None
    assert keys.seated(f"{text}.{text}.{text}.{text}") is None


@given(st.text(max_size=40))
def test_only_the_code_opens(text: str) -> None:
    keys = Keys("12345678", "a-token", "s", 0.0)
    digits = "".join(letter for letter in text if letter.isdigit())
    assert keys.opens_for_students(text) is (digits == "12345678")
    assert keys.opens_for_students(" 1234-5678 ") and not keys.opens_for_students("1234567")
    assert keys.opens_for_teacher(text) is (text.strip() == "a-token")


def test_the_announcement_has_what_the_teacher_needs() -> None:
    keys = Keys("12345678", "a-token", "s", 0.0)
    text = classroom.announcement(8501, "192.0.2.7", keys)
    assert "http://192.0.2.7:8501\n" in text and "1234 5678" in text and "http://192.0.2.7:8501/join?teacher=a-token" in text
    assert "127.0.0.1" not in "".join(classroom.addresses(8501))


def test_the_announcement_names_the_address_outside_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys("12345678", "a-token", "s", 0.0)
    monkeypatch.setenv("GANLAB_URL", "http://lab.example.org:7860/")
    assert "open   http://lab.example.org:7860\n" in classroom.announcement(7860, "0.0.0.0", keys)
    monkeypatch.setenv("SPACE_HOST", "org-name.hf.space,other.example.org")
    assert "https://org-name.hf.space/join?teacher=a-token\n" in classroom.announcement(7860, "0.0.0.0", keys)


def test_the_playground_alone_is_no_classroom(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["app", "--classroom", "--only", "playground"]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_the_command_opens_to_the_network_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda file, command: became.append(command) or 0)
    monkeypatch.setattr("ganlab.app.start.listen", lambda host, port: socket.socket())
    main(["app", "--port", "1"])
    main(["app", "--port", "1", "--classroom"])
    assert ["0.0.0.0" in " ".join(command) for command in became] == [False, True]


def test_a_new_code_locks_everybody_out_who_had_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.execv", lambda file, command: 0)
    monkeypatch.setattr("ganlab.app.start.listen", lambda host, port: socket.socket())  # another server may run here
    before = classroom.keys()
    seats = [before.seat(role) for role in ("STUDENT", "TEACHER")]
    main(["app", "--classroom"])
    assert classroom.keys() == before
    main(["app", "--classroom", "--new-code"])
    after = classroom.keys()
    assert after.code != before.code and after.token != before.token
    assert [after.seated(seat) for seat in seats] == [None, None]
    main(["app", "--classroom", "--new-code"])  # where there is none to forget
    assert main(["app", "--new-code"]) == 2


def test_a_new_code_is_the_servers_wherever_the_command_was_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("os.execv", lambda file, command: 0)
    monkeypatch.setattr("ganlab.app.start.listen", lambda host, port: socket.socket())  # another server may run here
    for setting, place in (("", "runs"), ("mine", "mine"), ("~/ours", "home/ours")):
        monkeypatch.setenv("GANLAB_RUNS", setting)
        before = classroom.keys(tmp_path / place)
        main(["app", "--classroom", "--new-code"])
        assert runs_root().resolve() == tmp_path / place and classroom.keys(tmp_path / place) != before


# -- The door -------------------------------------------------------------------------------------------------------------


def test_a_code_is_exchanged_for_a_cookie(door: TestClient) -> None:
    page = door.get("/join?to=watch%3Frun%3Da")
    assert (page.status_code, shown_text(page.text)) == (200, "")
    assert 'name="to" value="watch?run=a"' in page.text
    wrong = door.post("/join", data={"code": "0000", "to": "watch?run=a"})
    assert (wrong.status_code, shown_text(wrong.text)) == (
        403,
        "That is not the join code; ask your teacher for the eight digits.",
    )
    assert "set-cookie" not in wrong.headers
    right = door.post("/join", data={"code": visitor.keys().spoken, "to": "watch?run=a"})
    assert (right.status_code, right.headers["location"]) == (303, "./watch?run=a")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert visitor.visitor({COOKIE: door.cookies[COOKIE]}).role is Role.STUDENT
    assert door.get("/join?to=runs").headers["location"] == "./runs", "who is in is not asked again"


@pytest.mark.parametrize(
    ("frames", "base", "kept"),
    [
        ("", "https://testserver", "; secure; samesite=lax"),
        ("https://moodle.example", "http://testserver", "; samesite=lax"),
        ("https://moodle.example", "https://testserver", "; secure; samesite=none; partitioned"),
    ],
)
def test_a_seat_is_kept_in_another_sites_frame_where_browsers_keep_any(
    frames: str, base: str, kept: str, door: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANLAB_ALLOW_FRAME", frames)
    answer = TestClient(door.app, base_url=base, follow_redirects=False).post("/join", data={"code": visitor.keys().code})
    parts = [part.strip() for part in answer.headers["set-cookie"].lower().split(";")][1:]
    assert {part for part in parts if part.startswith(("secure", "samesite", "partitioned"))} == set(kept.split("; ")[1:])
    lost = "a seat is lost at once" in classroom.announcement(8501, "127.0.0.1", visitor.keys())
    assert lost is bool(frames), "the server itself speaks HTTP"


def test_the_teachers_link_leaves_no_token_behind(door: TestClient) -> None:
    link = visitor.keys().teacher_link("")
    answer = door.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert answer.headers["referrer-policy"] == "same-origin" and answer.headers["cache-control"] == "no-store"
    assert visitor.visitor({COOKIE: door.cookies[COOKIE]}).role is Role.TEACHER
    wrong = TestClient(door.app).get(f"{link[:-1]}!")
    assert wrong.status_code == 403 and "not the teacher" in shown_text(wrong.text)
    assert '<meta name="referrer" content="same-origin">' in wrong.text, "with no-referrer the form's Origin would be null"


def test_no_link_and_no_code_lowers_a_teacher(door: TestClient) -> None:
    def here() -> visitor.Visitor:
        return visitor.visitor({COOKIE: door.cookies[COOKIE]})

    keys = visitor.keys()
    door.post("/join", data={"code": keys.code})
    name = here().name
    door.get(keys.teacher_link(""))
    assert here() == visitor.Visitor(Role.TEACHER, name), "raised, with what this browser has uploaded"
    for typed in (keys.code, keys.spoken, "1" * 8, ""):
        door.get("/join", params={"teacher": typed})
        door.get("/join", params={"code": typed})
        door.post("/join", data={"code": typed})
        assert here() == visitor.Visitor(Role.TEACHER, name), typed


def test_a_link_with_the_class_code_gives_no_seat(door: TestClient) -> None:
    """A page of another site could send anyone's browser there: only what is typed into our own page counts."""
    answer = door.get("/join", params={"teacher": visitor.keys().code})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "http://evil.example", "\\\\evil.example", "/\\evil", "javascript:alert(1)", "\r\nSet-Cookie: a=b", ""],
)
def test_the_door_leads_inside_only(to: str, door: TestClient) -> None:
    answer = door.post("/join", data={"code": visitor.keys().code, "to": to})
    assert answer.headers["location"].startswith("./")
    assert "a=b" not in answer.headers["set-cookie"]
    escaped = TestClient(door.app).get("/join", params={"to": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in escaped


def test_guessing_is_slowed_down_and_a_class_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ganlab.app.security.join.Limit", lambda *limits: Limit(*limits, clock=lambda: now[0]))
    ask = Asked(Starlette(routes=join.routes()))
    enter: Callable[[str], Answer] = lambda code: ask("POST", "/join", body=f"code={code}")  # noqa: E731
    right, wrong = visitor.keys().code, "1" * 8
    answers = [enter(wrong).status for _ in range(1000)] + [enter(right).status for _ in range(40)]
    assert answers == [403] * 1000 + [303] * 40, "a class of forty behind one address, one of whom types as fast as can be"
    answers = [enter(wrong).status for _ in range(1000)]
    assert answers.count(403) == 2000 - 1040 and answers[-1] == 429
    late = enter(right)
    assert late.status == 429 and "wait" in shown_text(late.body.decode()) and int(late.headers["retry-after"]) <= 2
    assert ask("GET", visitor.keys().teacher_link("")).status == 303, "the teacher is never kept out"
    assert ask("GET", "/join?teacher=1").status == 429, "nor is the link a way to guess faster"
    guesses = 0
    for now[0] in range(60, 3601, 60):
        guesses += sum(enter(wrong).status == 403 for _ in range(62))
    assert guesses == 3600 and 3600 * classroom.HOURS < 10**8 / 500, "one a second: in a day, few of the codes there are"
    assert enter("1" * 5000).status == 413


def test_one_address_takes_seats_for_some_classes_and_then_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ganlab.app.security.join.Limit", lambda *limits: Limit(*limits, clock=lambda: now[0]))
    ask = Asked(Starlette(routes=join.routes()))
    enter: Callable[..., Answer] = lambda given=None: ask("POST", "/join", given, f"code={visitor.keys().code}")  # noqa: E731
    answers = [enter().status for _ in range(250)]
    assert answers == [303] * 200 + [429] * 50
    late = enter()
    assert "Too many have joined from here" in shown_text(late.body.decode()) and int(late.headers["retry-after"]) <= 5
    assert enter(headers(Role.STUDENT)).status == 303, "who has a seat keeps it and takes no other"
    assert ask("GET", visitor.keys().teacher_link("")).status == 303
    now[0] = 10.0
    assert [enter().status for _ in range(3)] == [303, 303, 429]


def test_addresses_of_one_home_count_together() -> None:
    assert network("2001:db8:1:2::3") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::3")
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("testclient") == "testclient"


def test_a_stranger_is_led_to_the_door_and_back() -> None:
    ask, html = Asked(), {"Accept": "text/html"}
    where = {"/watch?run=a": "join?to=watch%3Frun%3Da", "/": "join?to=", "/live/?run=a": "../join?to=live%2F%3Frun%3Da"}
    for path, to in where.items():
        answer = ask("GET", path, html)
        assert (answer.status, answer.headers["location"]) == (303, to)
    assert ask("GET", "/watch", html | {"Cookie": f"{COOKIE}=TEACHER.a.9999999999.0"}).status == 303
    assert ask("GET", "/api/runs").status == 401


# -- How often ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 10), st.floats(0.1, 10))
def test_never_more_than_the_burst_and_what_time_gives_back(pauses: list[float], burst: int, rate: float) -> None:
    now = [0.0]
    limit = Limit(burst, rate, clock=lambda: now[0])
    taken = 0
    for pause in pauses:
        now[0] += pause
        wait = limit.take("a")
        taken += not wait
        assert taken <= burst + rate * now[0] + 1e-6
        assert 0 <= wait <= 1 / rate + 1e-9
    assert limit.take("b") == 0, "others have a bucket of their own"


def test_thirty_students_behind_one_address_do_not_block_each_other() -> None:
    ask = Asked(clock=lambda: 0.0)
    students = [headers(Role.STUDENT) for _ in range(30)]
    for _ in range(100):
        assert all(ask("GET", "/api/picture?model=a", student).passed for student in students)
    answers = [ask("GET", "/api/picture?model=a", students[0]) for _ in range(60)]
    refused = [answer for answer in answers if not answer.passed]
    assert refused and refused[0].status == 429 and refused[0].error == "You ask too often; wait a moment."
    assert int(refused[0].headers["retry-after"]) >= 1
    assert ask("GET", "/api/picture?model=a", students[1]).passed
    posts = [ask("POST", "/playground/gradio_api/queue/join", students[2]).status for _ in range(200)]
    assert posts[:100] == [PASSED] * 100 and 429 in posts
    assert ask("GET", "/api/runs", students[2]).passed, "watching is not limited"


def test_forty_pupils_behind_one_address_can_work_and_one_who_takes_many_seats_gains_little() -> None:
    now = [0.0]
    quotas = Quotas(lambda: now[0])
    class_of_forty = [visitor.Visitor(Role.STUDENT, f"pupil {number}") for number in range(40)]

    def passed(who: visitor.Visitor, path: str, method: str = "GET", host: str = "192.0.2.9") -> bool:
        return not quotas.wait(who, host, Action.PLAY, path, method, 0)

    picture, asked = "/api/picture", ("/api/compare", "/api/runs/a/delta", "/api/runs/a/doctor")
    opened = [passed(pupil, "/playground/gradio_api/queue/join", "POST") for pupil in class_of_forty for _ in range(30)]
    for _ in range(20):  # seconds in which everybody draws ten pictures, asks and looks
        now[0] += 1
        for pupil in class_of_forty:
            opened += [passed(pupil, path) for path in (picture,) * 10 + asked]
    assert all(opened)
    drawn = 0
    for _ in range(20):
        now[0] += 1
        drawn += sum(passed(pupil, picture) for pupil in class_of_forty for _ in range(40))
    assert 20 * 600 <= drawn <= 20 * 600 + 5000, "forty seats of one address draw what an address may"
    assert passed(visitor.Visitor(Role.TEACHER, "teacher"), picture), "who sits behind the same address"
    assert passed(visitor.Visitor(Role.STUDENT, "elsewhere"), picture, host="198.51.100.2")


def test_what_is_heavy_is_limited_for_students() -> None:
    ask, ada = Asked(clock=lambda: 0.0), headers(Role.STUDENT)
    for path, most in (("/api/runs/a/export.zip", 20), ("/api/compare?runs=a,b", 60)):
        answers = [ask("GET", path, ada).status for _ in range(most + 5)]
        assert answers == [PASSED] * most + [429] * 5, path
    for path in ("/api/runs/a/metrics.csv", "/api/generator?model=a"):
        assert ask("GET", path, ada).status == 429, "they share one bucket"
    assert ask("GET", "/api/runs/a/doctor", ada).status == 429
    sockets = [ask("WEBSOCKET", "/_stcore/stream", ada).status for _ in range(110)]
    assert sockets == [PASSED] * 100 + [1008] * 10
    assert all(ask("GET", path, ada).passed for path in ("/api/runs", "/api/runs/a/delta", "/live/", "/playground/"))


def test_uploads_have_a_budget_of_bytes() -> None:
    now = [0.0]
    ask, upload = Asked(clock=lambda: now[0]), "/playground/gradio_api/upload"
    give = lambda ada, megabytes: ask("POST", upload, ada | {"Content-Length": f"{megabytes}000000"}).status  # noqa: E731
    ada = headers(Role.STUDENT)
    assert [give(ada, 64) for _ in range(6)] == [PASSED] * 4 + [429] * 2
    assert give(headers(Role.STUDENT), 64) == PASSED, "somebody else's is not touched"
    assert give(ada, 300) == 413
    post = "/playground/gradio_api/queue/join"
    assert [ask("POST", post, ada | {"Content-Length": "2000000"}).status for _ in range(2)] == [429] * 2, "wherever it goes"
    now[0] = 130.0
    assert give(ada, 64) == PASSED
    assert sum(give(headers(Role.STUDENT), 64) == PASSED for _ in range(120)) <= (4096 + 4 * 130) / 64


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER, None], ids=["student", "teacher", "no class"])
def test_no_body_is_endless_or_huge(role: Role | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if role is None:
        monkeypatch.delenv(classroom.VARIABLE)
    ask, upload, who = Asked(), "/playground/gradio_api/upload", headers(role or Role.STRANGER)
    for path in ("/playground/gradio_api/queue/join", "/playground/gradio_api/run/a", upload, "/join"):
        for endless in ({"Transfer-Encoding": "chunked"}, {"Transfer-Encoding": "chunked", "Content-Length": "10"}):
            answer = ask("POST", path, who | endless)
            assert answer.status == 411 and "how long" in answer.error, path
        assert ask("POST", path, who).passed, "nothing told is nothing sent"
        most = 64 if path == upload else 2
        assert ask("POST", path, who | {"Content-Length": str(most * 2**20)}).passed
        assert ask("POST", path, who | {"Content-Length": str((most + 2) * 2**20)}).status == 413
    assert ask("WEBSOCKET", "/_stcore/stream", who).passed


def test_no_other_site_shows_the_app_in_a_frame(app: Starlette) -> None:
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    for path in ("/api/runs", "/live/", "/playground/", "/join", "/nowhere", "/playground/proxy=x"):
        for sent in (headers(Role.STUDENT), {}):
            answer = client.get(path, headers=sent)
            assert answer.headers["content-security-policy"] == "frame-ancestors 'self'", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
    framed = Asked(frames=["https://a.example"])("GET", "/live/", headers(Role.STUDENT))
    assert framed.headers["content-security-policy"] == "frame-ancestors 'self' https://a.example"


def test_a_proxy_that_hides_the_host_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    ask = Asked()
    for _ in range(2):
        given = headers(Role.STUDENT, Host="127.0.0.1:8501", Origin="http://lab.example.org")
        assert not ask("WEBSOCKET", "/_stcore/stream", given).passed
    (line,) = capsys.readouterr().err.splitlines()
    assert "'http://lab.example.org' was refused, since it asked for '127.0.0.1:8501'" in line and "header Host" in line


def test_outside_of_a_classroom_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(classroom.VARIABLE)
    ask = Asked()
    assert all(ask("GET", "/api/picture?model=a").passed for _ in range(300))
    assert ask("POST", "/api/runs/a/stop").passed and ask("WEBSOCKET", "/_stcore/stream").passed
    assert ask("PUT", "/_stcore/upload_file/a/b").passed
    assert not (runs_root() / ".classroom.json").exists()


# -- Whose pictures -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app() -> Iterator[Starlette]:
    with pytest.MonkeyPatch.context() as patch, whole_app() as made:
        patch.setenv(classroom.VARIABLE, "1")
        yield made


@pytest.mark.parametrize("many", [1, 40])  # forty names make an answer that is compressed
def test_an_uploaded_picture_is_its_owners_alone(many: int, app: Starlette, tmp_path: Path) -> None:
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    ada, bob = headers(Role.STUDENT), headers(Role.STUDENT)
    picture = _picture()
    files = [("files", (f"mine{index}.png", picture, "image/png")) for index in range(many)]
    sent = client.post("/playground/gradio_api/upload", files=files, headers=ada)
    assert sent.status_code == 200 and len(sent.json()) == many
    path = sent.json()[-1]
    address = f"/playground/gradio_api/file={path}"
    assert client.get(address, headers=ada).content == picture
    folder, name = path.rsplit("/", 1)
    spellings = [path, f"{folder}/./{name}", f"{folder}/../{folder.rsplit('/', 1)[1]}/{name}", f"{folder}/%2e/{name}", f"/{path}"]
    for other in (bob, headers(Role.TEACHER)):
        for spelling in spellings:
            answer = client.get(f"/playground/gradio_api/file={spelling}", headers=other)
            assert answer.status_code >= 400 and answer.content != picture, spelling
        assert client.get(f"/playground/gradio_api/file/{path}", headers=other).status_code >= 400
    assert client.get(address).status_code == 401
    for listing in (folder, folder.rsplit("/", 1)[0], f"{folder}/"):
        assert client.get(f"/playground/gradio_api/file={listing}", headers=ada).status_code >= 400, "folders are not listed"
    client.post("/playground/gradio_api/upload", files=files[-1:], headers=bob)
    assert client.get(address, headers=bob).content == picture, "who gives the same picture may see it"


def _picture() -> bytes:
    """A PNG that no other test has sent."""
    from PIL import Image

    return png(Image.effect_noise((16, 16), 90).convert("RGB"))


def test_the_server_fetches_nothing_for_a_visitor() -> None:
    ask = Asked()
    for address in ("file=http://example.org/a.png", "file=https%3A//example.org/a.png", "proxy=https://a.hf.space/b"):
        assert ask("GET", f"/playground/gradio_api/{address}", headers(Role.TEACHER)).status == 404


def test_no_answer_is_for_pages_of_other_sites(app: Starlette) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/api/runs", "/_stcore/health", "/playground/config", "/playground/gradio_api/info"):
        answer = client.get(path, headers=headers(Role.STUDENT, Origin="http://evil.example"))
        assert answer.status_code in (200, 503), path  # Streamlit itself was not started
        assert not [name for name in answer.headers if name.startswith("access-control-")], path


# -- Names that were made to point here -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "192.0.2.7:8501", "lab.localhost", "", "a.ok"]
)
def test_names_of_this_machine(host: str) -> None:
    assert not rebound(host, ["a.ok"])


@pytest.mark.parametrize("host", ["evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example", "[::1", "b.a.ok"])
def test_names_of_others(host: str) -> None:
    assert rebound(host, ["a.ok"])
    assert not rebound(host, ["*"]) or host == "[::1"
    assert not rebound("b.a.ok:1", ["*.a.ok"])


def test_a_server_for_this_machine_listens_to_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(classroom.VARIABLE)
    ask, here, network = Asked(local_names=["lab.example"]), ("127.0.0.1", 8501), ("192.0.2.7", 8501)
    refused = ask("GET", "/", {"Host": "evil.example:8501"}, server=here)
    assert refused.status == 421 and b"--server.allowedHosts" in refused.body
    assert ask("WEBSOCKET", "/_stcore/stream", {"Host": "evil.example:8501"}, server=here).status == 1008
    for host in ("localhost:8501", "lab.example", "127.0.0.1:9000"):
        assert ask("GET", "/", {"Host": host}, server=here).passed
    assert ask("GET", "/", {"Host": "board.local:8501"}, server=network).passed, "it was bound to the network after all"
    assert Asked()("GET", "/", {"Host": "any.example"}, server=here).passed


def test_a_seat_of_another_class_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cookies = seat(Role.TEACHER)
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "other"))
    assert visitor.visitor(cookies).role is Role.STRANGER
