"""Every address and every action of the pages, tried as stranger, student and teacher: only what is allowed succeeds."""

from __future__ import annotations

import ast
import importlib
import io
import json
import pkgutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio.utils import get_function_with_locals
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

import ganlab.app
from ganlab.analysis.jobs import Job
from ganlab.app.index_page import PAGES
from ganlab.app.security import classroom, gate, rights, visitor
from ganlab.app.security.redact import redact
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.sessions import Sessions
from ganlab.app.security.upload_owners import FILES
from ganlab.app.views import permissions, students
from ganlab.metrics.value import Value
from ganlab.runtime.run import runs_root
from tests.support.app_server import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.whole_app import APP, NAMES, PASSED, Asked, addresses, concrete, headers, seat, whole_app

ROLES = pytest.mark.parametrize("role", Role, ids=NAMES.get)
FOR_ALL = {"/join", "/shared/tokens.css", "/join/join.css", "/font.woff2", "/_stcore/health"}
READS = ("GET", "HEAD", "OPTIONS")


@pytest.fixture(autouse=True)
def in_class(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")


@pytest.fixture(scope="module")
def app() -> Iterator[Starlette]:
    with whole_app() as made:
        yield made


@pytest.fixture(scope="module")
def served(app: Starlette) -> list[tuple[str, str]]:
    """(path, method) of everything that the app serves."""
    return sorted(set(addresses(app.routes)))


# -- Addresses ------------------------------------------------------------------------------------------------------------


def test_every_route_has_a_line_in_the_table(served: list[tuple[str, str]]) -> None:
    assert len(served) > 100, "the app's routes were not found"
    known = {rule.path for rule in rights.RULES}

    def fits(path: str, method: str) -> rights.Rule | None:
        return next(rights.fitting(concrete(path), method), None)

    def closed(rule: rights.Rule | None) -> bool:
        return rule is not None and rule.action is Action.CLOSED

    missing = [path for path, method in served if path not in known and not _is_page(path) and not closed(fits(path, method))]
    assert not missing, (
        f"{sorted(set(missing))}: give each a Rule in RULES of ganlab/app/security/rights.py and say who may ask for it"
    )
    ours = [path for path, method in served if path.startswith("/api/") and closed(fits(path, method))]
    assert not ours, f"{ours} are closed to all: give each a Rule, with its methods, in RULES of ganlab/app/security/rights.py"


def _is_page(path: str) -> bool:
    """Streamlit's own files and its page under any address."""
    return path.strip("/") in ("", *PAGES) or path == "/{path:path}" or path.startswith("/live/")


def test_no_rule_outlives_its_route(served: list[tuple[str, str]]) -> None:
    paths = {path for path, _ in served}
    ahead = {"/api/runs/{id}/doctor", "/oauth2callback"}
    gone = [rule.path for rule in rights.RULES if rule.action is not Action.CLOSED and rule.path not in paths | ahead]
    assert not [path for path in gone if not path.startswith("/playground/")], "these rules fit nothing that is served"


@ROLES
def test_only_what_is_allowed_passes_the_gate(role: Role, served: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Asked()
    FILES.show_all(["1"])  # where `concrete` leads to a file
    for path, method in served:
        monkeypatch.setattr(gate, "SESSIONS", Sessions())  # and to a tab, which each seat here would have to have opened
        answer = ask(method, concrete(path), headers(role, **{"Content-Length": "10"}))  # an upload must say how much it brings
        allowed = rights.may(role, rights.action_of(concrete(path), method))
        assert answer.passed is allowed, (method, path, answer)
        if not allowed and method != "WEBSOCKET":
            assert answer.status in (401, 403, 404) and answer.error.endswith("."), (method, path, answer)


def test_a_stranger_reaches_the_door_and_nothing_else(served: list[tuple[str, str]]) -> None:
    open_to_all = {path for path, method in served if rights.may(Role.STRANGER, rights.action_of(concrete(path), method))}
    assert open_to_all <= FOR_ALL
    assert rights.may(Role.STRANGER, rights.action_of("/join", "POST"))


def test_a_student_changes_nothing_but_what_is_played_with(served: list[tuple[str, str]]) -> None:
    changing = {path for path, method in served if method not in (*READS, "WEBSOCKET")}
    student = {path for path in changing if rights.may(Role.STUDENT, rights.action_of(concrete(path), "POST"))}
    assert {path for path in student if not path.startswith("/playground/gradio_api/")} == {"/join"}
    for closed in ("proxy=x", "vibe-edit", "process_recording", "deep_link", "run-history/records", "dev/reload", "runs"):
        assert rights.action_of(f"/playground/gradio_api/{closed}", "GET") is Action.CLOSED


def test_what_no_rule_knows_is_closed() -> None:
    ask, teacher = Asked(), headers(Role.TEACHER)
    for path in ("/api/new", "/api/runs/x/new", "/playground/monitoring", "/_stcore/agent/mcp", "/auth/login"):
        assert ask("GET", path, teacher).status == 404, path
    assert ask("POST", "/watch", teacher).status == 404
    assert ask("DELETE", "/api/runs/x", teacher).status == 404


@ROLES
def test_the_pages_websocket(role: Role) -> None:
    ask = Asked()
    answer = ask("WEBSOCKET", "/_stcore/stream", headers(role))
    assert answer.status == (1008 if role is Role.STRANGER else PASSED)
    assert ask("WEBSOCKET", "/_stcore/stream", headers(role, Origin="http://evil.example")).status == 1008


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
    ids=str,
)
def test_no_other_site_changes_anything(elsewhere: dict[str, str], served: list[tuple[str, str]]) -> None:
    ask, given = Asked(), headers(Role.TEACHER, **elsewhere)
    for path, method in served:
        if method not in READS:
            assert ask(method, concrete(path), given).status in (403, 1008), (method, path)


def test_a_proxy_that_asks_by_another_name_is_no_other_site() -> None:
    ask, stop = Asked(), "/api/runs/x/stop"
    through = headers(Role.TEACHER, Origin="https://lab.example", Host="127.0.0.1:8501")
    assert ask("POST", stop, through).status == 403
    assert ask("POST", stop, through | {"X-Forwarded-Host": "lab.example"}).passed
    assert ask("POST", stop, through | {"Sec-Fetch-Site": "same-origin"}).passed


@ROLES
def test_runs_in_the_whole_app(role: Role, app: Starlette) -> None:
    """The handlers behind the gate, not a stand-in: who sees the run, and who stops it."""
    fake = FakeRun(runs_root()).start().train(100)
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    ours = headers(role, **{"X-GANLab": "1"})
    seen = [client.get(f"/api/runs/{fake.id}{what}", headers=ours) for what in ("", "/delta", "/sheets/0.png", "/metrics.csv")]
    assert [answer.status_code for answer in seen] == [401 if role is Role.STRANGER else 200] * 4
    stopped = client.post(f"/api/runs/{fake.id}/stop", headers=ours)
    paused = client.post(f"/api/runs/{fake.id}/control", headers=ours, json={"command": "pause"})
    expected = {Role.STRANGER: 401, Role.STUDENT: 403, Role.TEACHER: 202}[role]
    assert (stopped.status_code, paused.status_code) == (expected, expected)
    assert fake.run.stop_requested() is (role is Role.TEACHER)
    assert bool(fake.run.mailbox.new()) is (role is Role.TEACHER)
    if role is not Role.STRANGER:
        refusal = "" if role is Role.TEACHER else "Only the teacher can pause, change or stop runs."
        assert seen[0].json()["refusal"] == refusal
    fake.finish("stopped")


def test_the_record_says_who_and_takes_nobodys_word_for_it(app: Starlette) -> None:
    fake = FakeRun(runs_root()).start().train(100)
    client, ours = TestClient(app), headers(Role.TEACHER, **{"X-GANLab": "1"})
    body = {"command": "change", "name": "lr", "value": 0.001, "who": "Anna"}
    assert client.post(f"/api/runs/{fake.id}/control", headers=ours, json=body).status_code == 202
    assert client.post(f"/api/runs/{fake.id}/stop", headers=ours).status_code == 202
    assert [command.who for command in fake.run.mailbox.new()] == ["the teacher", "the teacher"]
    fake.finish("stopped")


def test_outside_of_a_class_it_is_this_machine_or_the_other_one_and_never_a_user_of_the_system() -> None:
    here = visitor.HERE
    names = [visitor.recorded_name(here, address) for address in ("127.0.0.1", "::1", "", "192.0.2.7")]
    assert names == ["this computer"] * 3 + ["192.0.2.7"]
    assert visitor.recorded_name(visitor.Visitor(Role.TEACHER, "a3"), "192.0.2.7") == "the teacher"


PLACE = "/home/teacher/private/faces.zip"


def test_no_student_learns_where_the_data_lie(app: Starlette) -> None:
    fake = FakeRun(runs_root(), dataset="folder", data_path=PLACE).start().train(100).checkpoint()
    other = FakeRun(runs_root(), dataset="folder", data_path="/home/teacher/other").start().train(100)
    fake.fail(f"data_path = '{PLACE}' does not exist.")
    client = TestClient(app)
    one = f"/api/runs/{fake.id}"
    texts: dict[Role, list[str]] = {}
    for role in (Role.STUDENT, Role.TEACHER):
        get = lambda path, role=role: client.get(path, headers=headers(role))  # noqa: E731
        words = [get(path).text for path in ("/api/runs", one, f"{one}/delta", f"/api/compare?runs={fake.id},{other.id}")]
        with zipfile.ZipFile(io.BytesIO(get(f"{one}/export.zip").content)) as archive:
            words += [archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")]
        assert len(words) > 5
        texts[role] = words
    assert not [text for text in texts[Role.STUDENT] if "/home" in text or "teacher/" in text]
    assert [text for text in texts[Role.TEACHER] if PLACE in text]
    assert "'faces.zip' does not exist." in texts[Role.STUDENT][2]
    other.finish("stopped")
    (fake.run.path / "config.json").write_text("{damaged")
    damaged = client.get(f"{one}/export.zip", headers=headers(Role.STUDENT))
    assert damaged.json() == {"error": f"config.json in {fake.id} is damaged: it is not JSON."}


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER], ids=NAMES.get)
def test_no_student_reads_on_a_page_where_the_data_lie(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(role))
    fake = FakeRun(runs_root(), dataset="folder", data_path=PLACE).start().train(100).checkpoint()
    fake.fail(f"data_path = '{PLACE}' does not exist.")
    forked = {"run": fake.id, "step": 100, "changes": {"data_path": [PLACE, "/home/teacher/other"], "lr": [0.1, 0.2]}}
    fork = FakeRun(runs_root(), dataset="folder", data_path="/home/teacher/other").start().train(100)
    fork.finish("stopped")
    (fork.run.path / "config.json").write_text(json.dumps(fork.run.settings.to_dict() | {"parent": forked}))
    for state in ("failed", "stopped"):
        job = Job.create("evaluate", EVALUATED, "Faces")
        job.write("failures.json", [f"{PLACE}: it holds no images."])
        job.write("values.json", [MEASURED.to_dict()])
        job.write("outcome.json", {"state": state, "sentence": f"{state}: '{PLACE}' does not exist."})
        words = "".join(_everything_on(page) for page in ("home", "runs", "watch", "evaluate", "train"))
        assert "faces.zip" in words and "0.2" in words
        texts = [line for line in words.splitlines() if "/home/teacher" in line]
        assert bool(texts) is (role is Role.TEACHER), texts
        job.delete()


def test_an_unforeseen_error_tells_nobody_where_anything_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"{PLACE} is odd")

    monkeypatch.setattr("ganlab.app.views.home.welcome.hero", broken)
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/home.py").run()
    (error,) = shown.exception
    texts = str(error.proto)
    assert "RuntimeError" in texts and "has encountered an error" in texts
    assert PLACE not in texts and str(ROOT) not in texts


EVALUATED = {"subjects": [PLACE], "metrics": ["frechet-lenet"], "n": 100, "reference": PLACE, "split": "train", "seed": 0}
EVALUATED |= {"floors": False, "device": "auto"}
MEASURED = Value("lenet-mnist distance", 5.2, 0.2, 100, 100, "faces.zip 1a2b", "lenet-mnist b1", "bilinear 28", 0, subject=PLACE)


def _everything_on(page: str) -> str:
    """All that a page sends to the browser, and the files it offers, with no escapes."""
    offered: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.download_button", lambda label, data, *_, **__: offered.append(data.decode()))
        shown = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{page}.py").run()
    assert not shown.exception
    return "\n".join([*(str(getattr(part, "proto", "")) for part in shown._tree), *offered]).replace("\\", "")


@given(st.lists(st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True), min_size=2, max_size=6), st.sampled_from(["", "'", '"']))
def test_a_path_in_a_sentence_keeps_its_last_part(parts: list[str], quote: str) -> None:
    path = "/" + "/".join(parts)
    assert redact(f"The file {quote}{path}{quote} is damaged") == f"The file {quote}{parts[-1]}{quote} is damaged"
    assert redact({"a": [{"data_path": path}]}) == {"a": [{"data_path": ""}]}
    for text in ("loss/G/adversarial", "1/2 of the pictures", "https://a.example/b/c", "3 and/or 4", 0.5, None):
        assert redact(text) == text


# -- Actions of the pages ---------------------------------------------------------------------------------------------------

STARTERS = {"launch", "launch_together", "resume", "fork", "repeat", "keep", "pull", "clean", "cancel", "delete"}
STARTERS |= {"request_stop"}
UI = [*(ROOT / "ganlab" / "app" / "views").rglob("*.py"), *(ROOT / "ganlab" / "app" / "playground").rglob("*.py")]
UI += (ROOT / "pages").glob("*.py")
assert len(UI) > 60


@pytest.fixture(scope="module")
def actions() -> dict[str, Action]:
    """All that the pages can do, in whichever module."""
    for module in pkgutil.walk_packages(ganlab.app.__path__, "ganlab.app."):
        importlib.import_module(module.name)
    return {name: action for name, (action, _) in permissions.ACTIONS.items()}


@pytest.mark.parametrize("file", UI, ids=lambda path: str(path.relative_to(ROOT)))
def test_whatever_changes_something_requires_a_right(file: Path) -> None:
    """Names that start, stop, delete or take in something appear in functions marked with @requires alone."""
    tree = ast.parse(file.read_text())
    actions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_action(node)]
    inside = {id(part) for action in actions for part in ast.walk(action)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg in ("on_click", "on_change")]
    loose = [
        f"line {node.lineno}: {name}"
        for node in [*(call.func for call in calls if not _dry(call)), *given]
        if (name := _name(node)) in STARTERS and id(node) not in inside and name not in _OTHERS.get(file.name, ())
    ]
    assert not loose, (
        f"{file.name}, {loose}: call it in a function marked with @requires(Action....) of ganlab/app/views/permissions.py"
    )


# Names that mean something else there.
_OTHERS = {"alone.py": ("launch",), "server.py": ("cancel",)}


def _dry(call: ast.Call) -> bool:
    """Whether it only reports what it would do."""
    return any(keyword.arg == "dry_run" and ast.unparse(keyword.value) == "True" for keyword in call.keywords)


def _is_action(function: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Call) and _name(mark.func) == "requires" for mark in function.decorator_list)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_the_actions_are_known(actions: dict[str, Action]) -> None:
    teachers = (Action.LAUNCH, Action.CONTROL, Action.RESUME, Action.FORK, Action.DELETE, Action.UPLOAD, Action.MEASURE)
    assert set(teachers) <= set(actions.values())
    assert {name for name, action in actions.items() if rights.may(Role.STUDENT, action)} == {
        "ganlab.app.views.train.student._start"
    }, "what else is open to students?"


@ROLES
def test_only_the_teacher_does_it(role: Role, actions: dict[str, Action], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(role))
    monkeypatch.setattr(permissions, "ACTIONS", dict(permissions.ACTIONS))
    for name, (action, act) in list(permissions.ACTIONS.items()):
        done: list[str] = []
        marked = permissions.requires(action)(lambda name=name, done=done: done.append(name))
        if rights.may(role, action):
            marked()
            assert done == [name]
            continue
        with pytest.raises(permissions.Refusal) as refused:
            act()
        assert str(refused.value) == rights.refusal(role, action)
        with pytest.raises(permissions.Refusal):
            marked()
        assert not done


ASKED = {"Train digits now", "Train shapes", "Start training", "Resume", "Repeat", "Fork", "Stop", "Delete", "Measure"}
ASKED |= {"Clean up", "Cancel", "Reproduce", "Start my run"}
DISABLED = ("button", "checkbox", "multiselect", "number_input", "selectbox", "slider", "text_input", "text_area", "toggle")


@pytest.mark.parametrize("page", ["home", "train", "watch", "runs", "evaluate", "play"])
def test_a_page_shows_a_student_what_can_be_done_and_nothing_disabled(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT))
    fake = FakeRun(runs_root(), steps=400).start().train(200).checkpoint()
    fake.finish("stopped")
    other = FakeRun(runs_root(), owner="0123456789abcdef").start()
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{page}.py")
    shown.session_state["runs.selected"] = [fake.id]
    shown.run()
    assert not shown.exception
    assert not ASKED & {button.label for button in shown.button}
    assert not [part for kind in DISABLED for part in shown.get(kind) if part.proto.disabled]
    assert "Train this" not in {link.proto.label for link in shown.get("page_link")}
    lines = [caption.value for caption in shown.caption if caption.value.startswith("You can ")]
    assert lines == [students._LINES[page]]
    other.finish("stopped")


def test_a_student_learns_nothing_of_the_servers_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT))
    words = []
    for folder in (tmp_path, tmp_path / "not there"):
        shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/train.py")
        for name, value in {"family": "gan", "dataset": "folder", "data_path": str(folder)}.items():
            shown.query_params[name] = value
        shown.run()
        words.append([element.value for kind in (shown.info, shown.error, shown.caption) for element in kind])
    assert words[0] == words[1]
    assert not any(str(tmp_path) in text for text in words[0])


@ROLES
def test_only_the_teacher_fetches_from_the_hub(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """The playground asks the request that Gradio hands it."""
    import gradio as gr
    from starlette.requests import Request

    from ganlab.app.playground import hub_menu

    asked: list[str] = []
    texts: list[str] = []
    monkeypatch.setattr(hub_menu, "_download", lambda name, progress: asked.append(name))
    monkeypatch.setattr(gr, "Warning", lambda text, **_: texts.append(text))
    cookies = [(name.lower().encode(), value.encode()) for name, value in headers(role).items()]
    request = gr.Request(Request({"type": "http", "headers": cookies}))
    get_function_with_locals(hub_menu.fetched, gr.Blocks(), None, True, request, None)("org/name", None)
    assert asked == (["org/name"] if role is Role.TEACHER else [])
    assert texts == ([] if role is Role.TEACHER else [rights.refusal(role, Action.PULL)])


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER], ids=NAMES.get)
def test_no_student_is_offered_what_only_the_teacher_fetches(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """The menus, the boxes for addresses, the word on a model that is not here, asked as Gradio asks; and the cards of Home."""
    import gradio as gr
    from starlette.requests import Request

    from ganlab.app import playground
    from ganlab.app.playground import hub_menu
    from ganlab.models import pretrained

    monkeypatch.setattr(permissions, "cookies", lambda: seat(role))
    monkeypatch.setattr(hub_menu.HUB_MODELS, "absent", lambda: list(pretrained.HUB))
    cookies = [(name.lower().encode(), value.encode()) for name, value in headers(role).items()]
    request = gr.Request(Request({"type": "http", "headers": cookies, "query_string": b""}))
    demo, fetches = playground.build(), role is Role.TEACHER
    (box,) = (one for one in demo.blocks.values() if getattr(one, "label", "") == "Another model from the Hub")
    assert not box.visible, "a stranger's before the visitor is known"
    asked = lambda function, *given: get_function_with_locals(function, demo, None, True, request, None)(*given)  # noqa: E731
    assert bool(asked(hub_menu.menu, [], "any")) is fetches
    (opened,) = (one.fn for one in demo.fns.values() if one.name == "opened")
    assert asked(opened, request)[1]["visible"] is fetches
    for name in (pretrained.HUB[0].name, "org/name"):
        assert ("Only the teacher can fetch" in asked(playground.missing, name)) is not fetches
    assert ("On the Hub" in _everything_on("home")) is fetches


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER], ids=NAMES.get)
def test_empty_pages_send_no_student_to_what_only_the_teacher_starts(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(role))
    measured = _everything_on("evaluate")
    assert ("press **Measure**" in measured) is (role is Role.TEACHER)
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", ROOT / "nothing")
    for page in ("watch", "runs", "evaluate"):
        words = _everything_on(page)
        assert ('label: "Train a GAN"' in words) is (role is Role.TEACHER), page
        assert ("your teacher" in words) is (role is Role.STUDENT), page
    assert ("Press a button above" in _everything_on("home")) is (role is Role.TEACHER)


@ROLES
def test_only_the_teacher_searches_pictures_that_were_uploaded(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel's own function and the named endpoint, with the request as Gradio puts it among their arguments."""
    import gradio as gr
    from gradio.helpers import special_args
    from starlette.requests import Request

    from ganlab.app.playground.explore import nearest
    from ganlab.app.playground.html import as_gradio_error

    monkeypatch.setattr(nearest, "_picture", lambda *_: (None, None, None))
    monkeypatch.setattr(nearest, "training_of", lambda _: {"dataset": "folder", "data_path": "/srv/faces.zip"})
    monkeypatch.setattr(nearest, "absence", lambda _: "Here it would be searched.")
    cookies = [(name.lower().encode(), value.encode()) for name, value in headers(role).items()]
    request = gr.Request(Request({"type": "http", "headers": cookies}))
    expected = "Here it would be searched." if role is Role.TEACHER else nearest._NOT_SHOWN
    (shown,) = nearest.search(*special_args(nearest.search, ["faces", "", "0"], request, None)[0])
    assert expected in shown
    named = as_gradio_error(nearest.answer)
    with pytest.raises(gr.Error, match=expected[:20]):
        named(*special_args(named, ["faces", "0", ""], request, None)[0])
