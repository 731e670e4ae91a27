"""The real panels, mounted as the app mounts them: no request makes the server read a file or an address for a visitor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.security import classroom
from ganlab.app.security.rights import Role
from ganlab.core.images import png
from tests.support.whole_app import NAMES, headers

GRADIO = "/playground/gradio_api"
ROLES = pytest.mark.parametrize("role", [Role.STRANGER, Role.STUDENT], ids=NAMES.get)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("playground")


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    """The app's own routes, lifespan and middleware, started."""
    from ganlab.app.server import middleware, routes_and_lifespan

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_RUNS", str(home / "runs"))
        patch.setenv("GANLAB_DATA", str(home / "data"))
        patch.setenv("GRADIO_TEMP_DIR", str(home / "uploads"))
        patch.setenv(classroom.VARIABLE, "1")
        routes, lifespan = routes_and_lifespan()
        app = Starlette(routes=routes, lifespan=lifespan, middleware=middleware())
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as started:
            yield started


@pytest.fixture(autouse=True)
def in_class(own_directories: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(home / "runs"))
    monkeypatch.setenv(classroom.VARIABLE, "1")


@pytest.fixture(scope="module")
def secret(home: Path) -> Path:
    """A picture that nobody has uploaded."""
    path = home / "private" / "secret.png"
    path.parent.mkdir()
    path.write_bytes(_picture())
    return path


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the server was made to ask; it does not get there."""
    asked: list[str] = []

    async def get(url: str, *_: Any, **__: Any) -> None:
        asked.append(url)
        raise OSError("not in a test")

    monkeypatch.setattr("gradio.processing_utils.sh.get", get)
    return asked


def _picture() -> bytes:
    from PIL import Image

    return png(Image.effect_noise((48, 48), 80).convert("RGB"))


def _file(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}} | more


def _blocks(client: TestClient) -> Any:
    """The playground."""
    (blocks,) = (route.app.get_blocks() for route in client.app.routes if hasattr(getattr(route, "app", None), "get_blocks"))
    return blocks


def _functions(client: TestClient) -> list[Any]:
    """Everything of the playground that a request can call."""
    return list(_blocks(client).fns.values())


def _takes_files(component: Any) -> bool:
    model = getattr(component, "data_model", None)
    return model is not None and '"path"' in json.dumps(model.model_json_schema())


def _forged(function: Any, path: Any, everywhere: bool = False) -> list[Any]:
    """Inputs with the path wherever a file belongs; `everywhere`, at any other place too."""
    return [path if everywhere or _takes_files(component) else None for component in function.inputs]


def _tab(function: Any, given: dict[str, str]) -> str:
    """The name of a tab, which is one seat's."""
    return f"s{function._id}{given.get('Cookie', '')[-8:]}"


def _queued(client: TestClient, function: Any, data: list[Any], given: dict[str, str]) -> tuple[int, str]:
    """What the queue, which the panels use, answers: the status of the request, and the messages."""
    session = {"session_hash": _tab(function, given)}
    joined = client.post(f"{GRADIO}/queue/join", json={"data": data, "fn_index": function._id, **session}, headers=given)
    if joined.status_code != 200:
        return joined.status_code, joined.text
    return 200, client.get(f"{GRADIO}/queue/data", params=session, headers=given).text


def _asked(client: TestClient, path: str, role: Role, queue: bool) -> list[tuple[int, str]]:
    """Every function that takes a file, given this path."""
    answers = []
    for function in _functions(client):
        if not any(map(_takes_files, function.inputs)):
            continue
        data = _forged(function, _file(path))
        if queue:
            answers.append(_queued(client, function, data, headers(role)))
        elif function.api_visibility != "private":
            answer = client.post(f"{GRADIO}/run/{function.api_name}", json={"data": data}, headers=headers(role))
            answers.append((answer.status_code, answer.text))
    return answers


def test_the_panels_that_take_files_are_all_tried(client: TestClient) -> None:
    taking = {
        component.get_block_name() for function in _functions(client) for component in function.inputs if _takes_files(component)
    }
    assert {"image", "file"} <= taking
    assert {"translate", "draw_closest"} <= {
        function.api_name for function in _functions(client) if any(map(_takes_files, function.inputs))
    }


@ROLES
@pytest.mark.parametrize("queue", [False, True], ids=["named", "queue"])
def test_no_file_of_the_server_is_read(
    queue: bool, role: Role, client: TestClient, home: Path, secret: Path, fetched: list[str]
) -> None:
    inside = home / "uploads"
    link = inside / "link.png"
    inside.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    for path in (
        str(secret),
        f"{inside}/../private/secret.png",
        str(link),
        "/dev/null",
        "http://198.51.100.7/a.png",
        "a\0b",
        str(inside),
    ):
        answers = _asked(client, path, role, queue)
        assert len(answers) >= 2
        for status, text in answers:
            assert status == 401 if role is Role.STRANGER else status in (200, 400, 422, 500), (path, status, text)
            assert role is Role.STRANGER or '"success":false' in text or status != 200, (path, text)
            assert str(secret) not in text
    assert secret.read_bytes() not in [data for path, data in _lying(home) if path != link]
    assert secret.is_file() and fetched == []


def _lying(home: Path) -> list[tuple[Path, bytes]]:
    return [(path, path.read_bytes()) for path in (home / "uploads").rglob("*") if path.is_file()]


def test_a_path_is_refused_wherever_it_stands(client: TestClient, secret: Path, fetched: list[str], home: Path) -> None:
    """Not only where a component takes a file: a menu that is given one must not copy it either."""
    for path in (str(secret), "https://198.51.100.7/a.png"):
        for function in _functions(client):
            if not function.inputs or function.api_visibility == "private":
                continue
            data = _forged(function, [_file(path, is_stream=True)], everywhere=True)
            answer = client.post(f"{GRADIO}/run/{function.api_name}", json={"data": data}, headers=headers(Role.STUDENT))
            assert answer.status_code >= 400, (function.api_name, answer.text)
    assert secret.read_bytes() not in [data for path, data in _lying(home) if not path.is_symlink()]
    assert fetched == []


def test_what_a_student_gave_is_used(client: TestClient) -> None:
    ada = headers(Role.STUDENT)
    (path,) = client.post(f"{GRADIO}/upload", files=[("files", ("mine.png", _picture(), "image/png"))], headers=ada).json()
    asked = {"data": [_file(path), "facades-light", "AtoB", 64, False, False]}
    answer = client.post(f"{GRADIO}/run/translate", json=asked, headers=ada)
    assert answer.status_code == 200, answer.text
    after = answer.json()["data"][0][1]["path"]
    assert client.get(f"{GRADIO}/file={after}", headers=ada).headers["content-type"] == "image/png"
    for bob in (headers(Role.STUDENT), headers(Role.TEACHER)):
        assert client.get(f"{GRADIO}/file={after}", headers=bob).status_code == 404, "what was made of it is no other's"
        forged = client.post(f"{GRADIO}/run/translate", json=asked, headers=bob)
        assert forged.status_code == 500 and "Only a file that was given to this page" in forged.text


def test_what_the_queue_answers_is_one_seats_too(client: TestClient) -> None:
    ada = headers(Role.STUDENT)
    (path,) = client.post(f"{GRADIO}/upload", files=[("files", ("mine.png", _picture(), "image/png"))], headers=ada).json()
    translate = next(one for one in _functions(client) if one.api_name == "translate")
    _, text = _queued(client, translate, [_file(path), "facades-light", "AtoB", 64, False, False], ada)
    made = set(re.findall(r'"path":"([^"]+)"', text)) - {path}
    assert made
    for one in made:
        assert client.get(f"{GRADIO}/file={one}", headers=ada).status_code == 200
        assert client.get(f"{GRADIO}/file={one}", headers=headers(Role.STUDENT)).status_code == 404


def test_a_tab_is_the_seats_that_opened_it(client: TestClient) -> None:
    """Also where its name, which the page draws by chance, were known."""
    ada, bob = headers(Role.STUDENT), headers(Role.STUDENT)
    named = next(one for one in _functions(client) if one.api_name == "explore_arithmetic")
    _, text = _queued(client, named, [None] * len(named.inputs), ada)
    assert "process_completed" in text
    tab = {"session_hash": _tab(named, ada)}
    for path in (f"queue/data?session_hash={tab['session_hash']}", f"heartbeat/{tab['session_hash']}"):
        assert client.get(f"{GRADIO}/{path}", headers=bob).status_code == 404
    data = [None] * len(named.inputs)
    forged = client.post(f"{GRADIO}/run/{named.api_name}", json={"data": data} | tab, headers=bob)
    assert forged.status_code == 500 and "another visitor" in forged.text


def test_the_pictures_of_the_page_itself_are_for_all(client: TestClient) -> None:
    samples = re.findall(r'"path":"([^"]+drawn-horse.png)"', client.get("/playground/config", headers=headers(Role.STUDENT)).text)
    assert samples
    for role in (Role.STUDENT, Role.TEACHER):
        assert client.get(f"{GRADIO}/file={samples[0]}", headers=headers(role)).status_code == 200


def test_no_component_answers_by_itself(client: TestClient) -> None:
    """Gradio lets some of its components run functions of their own, such as one that lists folders; ours have none."""
    all_of_them = {component for function in _functions(client) for component in (*function.inputs, *function.outputs)}
    assert not [
        one
        for one in all_of_them
        if any(getattr(getattr(type(one), name, None), "_is_server_fn", False) for name in dir(type(one)))
    ]
    answer = client.post(f"{GRADIO}/component_server", json={}, headers=headers(Role.STUDENT))
    assert answer.status_code == 404


def test_the_tabs_of_a_class_are_remembered_and_no_more(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose state was dropped goes on with a new one."""
    kept, ada = _blocks(client).state_holder, headers(Role.STUDENT)
    assert kept.capacity == 300
    monkeypatch.setattr(kept, "capacity", 3)
    kept.session_data.clear()
    stateful = [function for function in _functions(client) if any(one.stateful for one in function.outputs)]
    loads = [function for function in stateful if not [one for one in function.inputs if not one.stateful]]
    assert loads
    session = _tab(loads[0], ada)
    for _ in range(2):
        status, text = _queued(client, loads[0], [None] * len(loads[0].inputs), ada)
        assert status == 200 and '"success":true' in text, text
        assert session in kept
        for other in range(10):
            assert kept[f"other{other}"]
        assert session not in kept and len(kept.session_data) == 3


def test_what_was_sent_is_not_written_into_the_log(client: TestClient, capfd: pytest.CaptureFixture[str]) -> None:
    function = next(one for one in _functions(client) if len(one.inputs) > 1)
    status, text = _queued(client, function, ["sent" * 100], headers(Role.STUDENT))
    assert status == 200 and '"success":false' in text
    assert "sent" * 100 not in "".join(capfd.readouterr())
