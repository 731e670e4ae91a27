"""Names from outside: decoded together, compared in NFC, escaped where nothing else helps."""

from __future__ import annotations

import json
import os
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core.names import clean, decoded, located, shown

WORDS = """
강아지 고양이 토끼 사과 자동차 사진 정상 불량 데이터 봄 여름 가을 겨울 다람쥐 독수리 딸기 복숭아
犬 猫 うさぎ ライオン りんご 写真 正常 不良 データ 新しいフォルダー 春 夏 秋 冬 桜 包丁
狗 猫 兔子 大象 狮子 苹果 香蕉 汽车 照片 正常 缺陷 数据 春天 夏天 秋天 冬天 玫瑰
Größe tür café niño crème straße Ångström smörgås façade
狗 貓 兔子 大象 獅子 蘋果 香蕉 汽車 照片 正常 缺陷 數據 春天 夏天 秋天 冬天 玫瑰
кошка собака Птица яблоко груша лошадь поезд мужчина женщина обучение дефект норма фото рисунок
γάτα σκύλος σπίτι άλογο λουλούδι μήλο Αυτοκίνητο πουλί
"""
KOREAN, JAPANESE, CHINESE, WESTERN, TRADITIONAL, RUSSIAN, GREEK = (line.split() for line in WORDS.strip().splitlines())
UTF8 = ((words, "utf-8") for words in (KOREAN, WESTERN))


def read(names: list[str], page: str) -> list[str]:
    """What is made of `names` in `page`."""
    raw = [name.encode(page) for name in names]
    texts = decoded(raw)
    return [texts[name] for name in raw]


@pytest.mark.parametrize(
    ("words", "page"),
    [
        *((KOREAN, "cp949"), (JAPANESE, "cp932"), (CHINESE, "gbk"), (WESTERN, "cp437"), (TRADITIONAL, "cp950")),
        *((RUSSIAN, "cp1251"), (RUSSIAN, "cp866"), (RUSSIAN, "koi8-r"), (GREEK, "cp1253"), (GREEK, "cp737"), *UTF8),
    ],
)
@pytest.mark.parametrize("number", [2, 3, 10])
def test_names_of_one_code_page_are_read_together(words: list[str], page: str, number: int) -> None:
    rng = random.Random(0)
    right = 0
    for _ in range(50):
        some = rng.sample(words, min(number, len(words)))
        right += read(some, page) == some
    assert right >= (50 if number > 2 else 47)


def test_plain_names_beside_foreign_ones_stay() -> None:
    assert read(["images", "train_01.png", "강아지", "고양이"], "cp949") == ["images", "train_01.png", "강아지", "고양이"]


def test_latin_names_of_windows_are_read() -> None:
    assert read(["café", "pájaro"], "cp1252") == ["café", "pájaro"]


def test_a_word_of_accents_alone_is_not_taken_for_a_western_one() -> None:
    """Hebrew, for which no code page here stands, is no row of accented letters."""
    names = [name.encode("cp1255") for name in ("חתול", "כלב")]
    assert all(text.isascii() for text in decoded(names).values())


def test_utf8_beside_another_code_page_stays() -> None:
    names = ["고양이".encode(), "naïve".encode(), "강아지".encode("cp949"), "정상".encode("cp949")]
    assert list(decoded(names).values()) == ["고양이", "naïve", "강아지", "정상"]


def test_two_bytes_that_are_utf8_by_accident_follow_the_others() -> None:
    assert "칼".encode("cp949").decode() == "Į"
    assert read(["칼", "강아지", "고양이"], "cp949") == ["칼", "강아지", "고양이"]


def test_names_are_compared_in_nfc() -> None:
    apart = [unicodedata.normalize("NFD", name) for name in (*KOREAN, *WESTERN, "がぎぐ")]
    assert list(decoded(apart).values()) == [*KOREAN, *WESTERN, "がぎぐ"]


def test_the_file_system_s_names_are_read_like_bytes() -> None:
    assert decoded([os.fsdecode(b"\xbb\xe7\xc1\xf8")]) == {"\udcbb\udce7\udcc1\udcf8": "사진"}


def test_what_no_code_page_explains_is_escaped() -> None:
    assert decoded([b"a\xff\xfe"]) == {b"a\xff\xfe": "a\\xff\\xfe"}
    assert shown("a\x1b[31m\u202eb\n\ud800") == "a\\x1b[31m\\u202eb\\x0a\\ud800"


@pytest.mark.parametrize("text", ["plain", "사진 1", "نمی\u200cخواهم", "👩\u200d🔬", "　全角", "a\\b"])
def test_what_is_harmless_stays(text: str) -> None:
    assert shown(text) == text


def test_values_of_json_are_cleaned() -> None:
    assert clean({"a\udcbb": ["\u202e", 1, None, {"b": ("\x00",)}]}) == {"a\\xbb": ["\\u202e", 1, None, {"b": ["\\x00"]}]}


@given(st.sets(st.binary(max_size=20), max_size=12))
def test_any_bytes_become_text_that_every_place_takes(names: set[bytes]) -> None:
    texts = decoded(names)
    assert texts.keys() == names
    for text in texts.values():
        text.encode()
        assert text == shown(text) == unicodedata.normalize("NFC", text) or "\\" in text
        assert json.loads(json.dumps(text, ensure_ascii=False).encode()) == text
        assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


@given(st.text(st.characters(), max_size=20))
def test_any_text_can_be_shown_and_once_is_enough(text: str) -> None:
    shown(text).encode()
    assert shown(shown(text)) == shown(text)


@given(st.binary(min_size=1, max_size=30).filter(lambda data: b"/" not in data and b"\0" not in data and b"\\" not in data))
def test_a_shown_name_leads_back_to_its_file(data: bytes) -> None:
    place = "/nowhere/" + os.fsdecode(data)
    assert located(shown(place)) == Path(place)


def test_a_name_with_backslashes_of_its_own_is_found_first(tmp_path: Path) -> None:
    (tmp_path / "\\xbb").mkdir()
    assert located(str(tmp_path / "\\xbb")) == tmp_path / "\\xbb"
    (tmp_path / os.fsdecode(b"\xbc")).mkdir()
    assert located(str(tmp_path / "\\xbc")).is_dir()
    assert located("~no-such-user/x") == Path("~no-such-user/x")
