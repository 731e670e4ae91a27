"""Names from outside, of files, folders, classes, zip members and columns, as text that every screen and file can take.

Names are decoded together, since the names of one folder or archive share a code page; compared in NFC; and what no code page
explains is escaped so that it can be seen: the byte 0xBB as `\\xbb`, a right-to-left override as `\\u202e`.
"""

from __future__ import annotations

import json
import os
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipInfo

_PAGES = ("cp949", "cp932", "gbk", "cp437", "cp1252")  # that Windows and DOS wrote names in; cp932 is its shift_jis
_EAST = {"cp949": "euc_kr", "cp932": "shift_jis", "gbk": "gb2312"}  # with the older, smaller set of characters in each
_LEVEL_1 = {"cp949": (0xB0, 0xC8), "cp932": (0x88, 0x98), "gbk": (0xB0, 0xD7)}  # first bytes of the common characters there
# The most frequent characters, for bytes that are hangul in one code page and hanzi in another.
_HANGUL = frozenset(
    "이다는의에을가고로하지한기은를사도인있어자나해시아리서스정대라그것들과만부일수게전원장보동제상구면성관안국여무조오우비"
    "용분소내마진주생신공당위경유거니며치년선트세심중연학모간저적물계음방화발실문반산까재업바말때입출차또양레드회호더건강식"
    "행집타않민단된개포등워루남명파미피평복였려터점달습통류살교작환월린술불금데키본체없같감운노각청외결태절육러디토료크즈설요"
    "역와최확품합럼버석표질종력할천책박히손배울카퍼색움판좋임열플송영투근군향현애매추약길처코북족벌급쪽글슬권란채목번온속형법"
    "격필름왕편끼랑돼새꽃잎별눈귀코입팔옷컵칼밥빵떡국닭곰범쥐뱀말개굴얼폴더셔츠앞뒤검증훈련험뿌얀빨노란파초록검흰봄펭귄숭귤놀람혐"
)
_HANZI = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此"
    "已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代"
    "内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安"
    "少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光"
    "放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运狗猫鱼"
    "鸟花草树叶车船飞汽照片图猪牛羊兔鸡鸭鹅虎狮熊狐狼鹿猴象蛇苹蕉菜米衣裤裙衬衫鞋帽包房屋桌椅杯刀红黄蓝绿黑灰缺陷背训练"
    "试测验证夹素男脸玫瑰衫裤裙袋帽鞋袜表戒链镜伞箱柜床灯窗墙楼桥街城村湖河海岛雪雨云星球棋琴歌舞戏剧影像画册页字词句笔墨纸砚"
    "春夏秋冬早晚午夜年周岁童婴孩妇爷奶爸妈哥姐弟妹叔姨医护士警察师傅农工商贩喜怒哀乐恐惧惊讶厌恶愤悲伤笑哭肉蛋奶茶酒糖盐油"
    "瓜豆薯葱蒜椒茄莓桃梨杏枣葡萄柠檬橘橙猪熊猫鼠兔龙蛇羊猴鹰雀鸽鸦鸭鹅鳄龟蛙鲸鲨虾蟹贝虫蝶蜂蚁蛛毕业设计最终提交扫描稿背"
)
_FREQUENT = {"cp949": _HANGUL, "gbk": _HANZI}
_USUAL = {"cp949": 0.8, "cp932": 1.8, "gbk": 1.0}  # Korean hardly does without its frequent syllables
_LATIN = frozenset("áéíóúàèìòùâêîôûäëïöüÿåãõñçæœøßÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛÄËÏÖÜŸÅÃÕÑÇÆŒØýžšÝŽŠ")
_ESCAPE = re.compile(r"\\x(0[1-9a-f]|1[0-9a-f]|[789a-f][0-9a-f])|\\u([0-9a-f]{4})|\\U(000[0-9a-f]{5})")
_LOOKED_AT, _LONGEST = 500, 200  # names that decide on the code page, spread over all, and the characters of each
_JOINERS = "\u200c\u200d"  # invisible, but Persian and emoji need them


def decoded(names: Iterable[str | bytes]) -> dict[str | bytes, str]:
    """Return {name: its text, fit to be shown}: what `readable` returns, with the rest escaped."""
    return {name: shown(text) for name, text in readable(names).items()}


def readable(names: Iterable[str | bytes]) -> dict[str | bytes, str]:
    """Return {name: its text in NFC} for names that share a code page, as the file system or a zip has them.

    Bytes, or text in which Python keeps undecodable bytes as surrogates. UTF-8 where it fits; the others in the code page in
    which they read most plausibly together; where none is plausible their bytes stay surrogates.
    """
    found: dict[str | bytes, str] = {}
    others: dict[str | bytes, bytes] = {}
    for name in names:
        if isinstance(name, str) and name.isascii():
            found[name] = name
        else:
            others[name] = name if isinstance(name, bytes) else _bytes(name)
    foreign = sorted({data for data in others.values() if not _utf8(data)})
    page = _page(foreign[:: len(foreign) // _LOOKED_AT + 1]) if foreign else ""
    return found | {name: _text(data, page) for name, data in others.items()}


def name_of(path: Path) -> str:
    """Return the last part of a path as text."""
    return next(iter(decoded([path.resolve().name]).values()))


def zip_name(member: ZipInfo) -> str | bytes:
    """Return the name of a zip's member: text where the archive says that it is UTF-8, or the bytes that it has."""
    if member.flag_bits & 0x800:
        return member.filename
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x7075 and size > 5 and _utf8(extra[9 : 4 + size]):  # Info-ZIP's: a version, a checksum, the name in UTF-8
            return extra[9 : 4 + size].decode()
        extra = extra[4 + size :]
    try:
        return member.filename.encode("cp437")
    except UnicodeEncodeError:  # from Python 3.13 on it has read that field itself
        return member.filename


def shown(text: str) -> str:
    """Return `text` with what cannot be encoded or would disturb a line escaped: surrogates, control and bidi characters.

    `located` finds the file again that such a text names.
    """
    if text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def message(error: BaseException) -> str:
    """Return what an error says, each of its lines as `shown` gives it."""
    return "\n".join(map(shown, str(error).split("\n")))


def clean(values: Any) -> Any:
    """Return JSON values with every text in them, keys included, as `shown` gives it."""
    if isinstance(values, str):
        return shown(values)
    if isinstance(values, dict):
        return {shown(key) if isinstance(key, str) else key: clean(value) for key, value in values.items()}
    return [clean(value) for value in values] if isinstance(values, list | tuple) else values


def to_json(values: Any, **layout: Any) -> str:
    """Return values as JSON text with every text in them as `shown` gives it."""
    return json.dumps(clean(values), **layout)


def from_json(text: str | bytes, names: str = "") -> Any:
    """Return the values of JSON text, with every text in them as `shown` gives it; ValueError for what is no JSON.

    The list under the key `names` holds names that share a code page: those that no code page explains alone are escaped.
    """
    try:
        values = json.loads(text)
        if isinstance(values, dict) and isinstance(found := values.get(names), list):
            text_of = decoded(name for name in found if isinstance(name, str))
            values[names] = [text_of.get(name, name) if isinstance(name, str) else name for name in found]
        return clean(values)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def located(text: str | Path) -> Path:
    """Return the path that a text names, `~` expanded: as written or, where nothing is there, without the escapes of `shown`."""
    path = Path(text)
    with suppress(RuntimeError):  # no such user
        path = path.expanduser()
    raw = _ESCAPE.sub(_unescape, str(path))
    if raw == str(path) or os.path.lexists(path):
        return path
    with suppress(UnicodeEncodeError):  # what no file system holds
        os.fsencode(raw)
        return Path(raw)
    return path


def is_there(text: str | Path) -> bool:
    """Whether there is a file or folder that a text names; nothing has a name that is too long for its folder."""
    try:
        return located(text).exists()
    except OSError:
        return False


@contextmanager
def utf8_path(path: Path) -> Iterator[Path]:
    """A path to the same file for libraries that take only UTF-8, good inside the block."""
    if shown(str(path)) == str(path):
        yield path
        return
    with TemporaryDirectory(prefix="ganlab-name-") as folder:
        link = Path(folder, "file")
        link.symlink_to(path.absolute())
        yield link


def _harmless(character: str) -> bool:
    """Letters, signs and spaces of every script; no surrogate, control or format character, no separator of lines."""
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that no decoder took
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1] or found[2] or found[3], 16)
    return chr(code + 0xDC00) if found[1] and code >= 0x80 else chr(code)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape" if _only_bytes(name) else "surrogatepass")


def _only_bytes(name: str) -> bool:
    """Whether every surrogate in a name stands for a byte."""
    return not any("\ud800" <= character <= "\udc7f" or "\udd00" <= character <= "\udfff" for character in name)


def _utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(data: bytes, page: str) -> str:
    """A name in UTF-8, else in `page`, else with surrogates for its bytes."""
    if page and not (_utf8(data) and _meant_as_utf8(data, page)):
        return unicodedata.normalize("NFC", data.decode(page, "surrogateescape"))
    return unicodedata.normalize("NFC", data.decode("utf-8", "surrogateescape"))


def _meant_as_utf8(data: bytes, page: str) -> bool:
    """Whether bytes that are UTF-8, among others that are not, are no accident: two bytes of an eastern code page may be both."""
    text = data.decode()
    return any(character >= "\u0800" for character in text) or _plausible(data, page) < max(1.0, _plausible(data, "utf-8"))


def _page(names: Sequence[bytes]) -> str:
    """The code page in which names that are no UTF-8 read most plausibly; empty where none does."""
    best, page = max(((_score(names, page), -place, page) for place, page in enumerate(_PAGES)), key=lambda found: found[:2])[::2]
    return page if best > 0 else ""


def _score(names: Sequence[bytes], page: str) -> float:
    """The mean plausibility of names."""
    values = [_plausible(data, page) for data in names]
    return sum(values) / len(values)


def _plausible(data: bytes, page: str) -> float:
    """How much a name reads like one, -3 to 3: the mean over its characters that are not ASCII; -3 for what is not in `page`."""
    try:
        text = data.decode(page)[:_LONGEST]
    except UnicodeDecodeError:
        return -3.0
    foreign = [place for place, character in enumerate(text) if not character.isascii()]
    if not foreign:
        return 0.0
    if page in _EAST:
        return sum(_eastern(text, place, page) for place in foreign) / len(foreign)
    plain = sum(map(_is_letter, text)) / len(text)  # a western word is mostly of plain letters
    return sum(1.0 + plain if _western(text, place) else -3.0 for place in foreign) / len(foreign)


def _western(text: str, place: int) -> bool:
    """Whether a character is a letter of western Europe; no capital follows a small one."""
    return text[place] in _LATIN and not (text[place].islower() and text[place + 1 : place + 2].isupper())


def _eastern(text: str, place: int, page: str) -> float:
    """How usual a character is among those of its code page, less where it stands beside a plain letter."""
    character = text[place]
    broken = -1.5 if any(map(_is_letter, text[max(0, place - 1) : place + 2])) else 0.0
    kana = page == "cp932" and "\u3041" <= character <= "\u30fe"
    if kana or character in _FREQUENT.get(page, ()):
        return 3.0 + broken
    encoded = character.encode(_EAST[page], "ignore")
    if len(encoded) != 2:
        return -1.0 + broken
    first, last = _LEVEL_1[page]
    if first <= encoded[0] <= last:
        return _USUAL[page] + broken
    return (-0.5 if page == "cp949" else 0.2) + broken


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
