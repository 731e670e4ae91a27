"""Which code page names were written in that are no UTF-8, by how much they read like names in each.

Two characters are enough: detectors for whole texts take short Chinese names for Korean ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

# That Windows and DOS wrote names in; cp932 is its shift_jis, cp950 its big5.
_PAGES = ("cp949", "cp932", "gbk", "cp950", "cp437", "cp1252", "cp1251", "cp866", "koi8-r", "cp1253", "cp737")
_EAST = {"cp949": "euc_kr", "cp932": "shift_jis", "gbk": "gb2312", "cp950": "big5"}  # with the older, smaller set in each
# First bytes of the common characters there.
_LEVEL_1 = {"cp949": (0xB0, 0xC8), "cp932": (0x88, 0x98), "gbk": (0xB0, 0xD7), "cp950": (0xA4, 0xC6)}
# The most frequent characters, for bytes that are hangul in one code page and hanzi in another.
_HANGUL = frozenset(
    "이다는의에을가고로하지한기은를사도인있어자나해시아리서스정대라그것들과만부일수게전원장보동제상구면성관안국여무조오우비"
    "용분소내마진주생신공당위경유거니며치년선트세심중연학모간저적물계음방화발실문반산까재업바말때입출차또양레드회호더건강식"
    "행집타않민단된개포등워루남명파미피평복였려터점달습통류살교작환월린술불금데키본체없같감운노각청외결태절육러디토료크즈설요"
    "역와최확품합럼버석표질종력할천책박히손배울카퍼색움판좋임열플송영투근군향현애매추약길처코북족벌급쪽글슬권란채목번온속형법"
    "격필름왕편끼랑돼새꽃잎별눈귀코입팔옷컵칼밥빵떡국닭곰범쥐뱀말개굴얼폴더셔츠앞뒤검증훈련험뿌얀빨노란파초록검흰봄펭귄숭귤놀람혐"
)
_HANGUL_TOO = frozenset(  # less frequent, but of everyday words
    "갈갑갓갖갚객갱걀걱걷걸겁겉겨견겸곁곡곤곧골곱곳광괜괴굳굵굶굽궁규균극긁긋긍긴김깃깊깎깐깔깜깝깡깥깨꺼껍껏께껴꼬꼭꼴꼼꼽꽁"
    "꽉꽤꾸꾼꿀꿈꿔꿩끄끈끊끌끓끔끗끝낀낌낙낚난날낡납낫낭낮낯낱낳낸낼냄냇냉냐냥너넉넌널넓넘넣네넥넷녀녁념녕녹논놈농높놓놔뇌누"
    "눌눕뉴느늑늘늙능늦닌님닥닦닫닮담답닿댁댐덕던덜덟덤덧덩덮덴델독돈돋돌돕되두둑둔둘둠둡둥뒷득든듣듬듭듯딘딜딩따딱딴딸땀땅땐"
    "땡떠떤떨떻떼똑똥뚜뚝뚫뛰뜨뜩뜯뜰뜻띄락랍랗래랜램랫략량럭런럴럽럿렁렇렉렌렬렵령례론롬롭롯룡룩룹륙률르른릇릎릭림립릿막많맑"
    "맘맙맛망맞맡맥맨맵맺머먹먼멀멈멋멍메멘멸몇몬몰몸몹못몽묘묵묻믿밀밑및밖받밝밟밤밭백뱃벗베벨벼벽변병볶볼봇봉붉붐붓붕붙뷰브"
    "블빈빌빗빚빛빠빼뺨뻐뻔뻗뼈뽑뿐쁘쁨삭삶삼샤섞섬섭센셈셋션솔솜솟솥쇄쇠쇼숙순숨숫숲쉬쉰쉽슈슨슴슷승싣싫십싱싸싹싼쌀쌍쌓써썩"
    "썰썹쏘쏟쑤쑥쓰쓴쓸씀씌씨씩씬씹씻악앉알앓암압앗앙액야얄얇얕얗얘억언얹얻엄엇엉엌엎엔엘염엽엿옆예옛옥올옮옳완왜왠왼욕욱웃웅"
    "웨웬윗율으윽응익읽잃잇잊잔잖잘잠잡잦쟁젊접젓젖젠져존졸좀좁좌죄죽준줄줌줍즉즌즐즘직짐짓징짙짚짜짝짧째쩌쩍쫓쭈쭉찌찍찢착찬"
    "찮찰참창찾챔척철첫쳐촉촌총촬축춘춤춥충취측츰층칙친칠칫침칭칸캐캠커컨컬컴컷케켓켜콘콜콤콩쾌쿄쿠퀴큰클큼킬탁탄탈탑탓탕택턱"
    "털텅테텍텔템톤톱퇴툼퉁특튼틀틈티틱팀팅팎패팩팬페펴펼폐폭푸푹풀풍퓨프픔픽핏핑함항핵핸햄햇허헌헤헬혀혈협혜혹혼홀홍활황획횟"
    "효후훌훔훨휘휴흉흐흑흔흘흙흡흥흩희힘"
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
_TRADITIONAL = _HANZI | frozenset(  # of which big5 has those that were never simplified, and these
    "這個們來爲為國說時會對產於過發後裡裏種業實點還長見動無經學現當沒進樣開從軍與機體話問氣題記條東愛兩間義關頭電數報務場車馬"
    "鳥魚龍貓雞鴨鵝豬獅牛鹿鳳龜蝦蟹貝蟲蝶蟻蛙鯨鯊雀鷹鴿鴉鰐鱷葉樹樓橋門窗燈鏡錶鐘鏈鞋襪褲裙襯衫帽傘車輛飛輪船圖畫像冊頁"
    "詞筆紙硯臉張紅黃藍綠灰銀褐訓練測試驗證類別樣缺陷損壞雲陽雷電雪霧風島灣灘岩橘橙蘋果葡萄檸檬桃梨棗莓茄蔥蒜薑鹽醬湯麵飯餅"
    "糖茶醫護師傅農場廠貨錢幣貴賓員歲爺媽姊妹孫嬰兒婦樂懼驚訝憤傷遊戲劇場聲雙邊這裡應該認識讓給帶導爭術領觀請聽寫讀買賣賽"
    "萬億總統計劃設備檔資料夾圍牆庫館院縣鄉鎮區號線語課書館歷總結構標準處變種備選舊號夠強彈彎歸錄隊階際陸陰險雖雜離難靜須頂順"
)
_FREQUENT = {"cp949": _HANGUL, "gbk": _HANZI, "cp950": _TRADITIONAL}
_USUAL = {"cp949": 0.2, "cp932": 1.8, "gbk": 1.0, "cp950": 0.6}  # Korean hardly does without its frequent syllables
_LATIN = frozenset("áéíóúàèìòùâêîôûäëïöüÿåãõñçæœøßÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛÄËÏÖÜŸÅÃÕÑÇÆŒØýžšÝŽŠ")


class _Alphabet(NamedTuple):
    """The small letters of a script with an alphabet of its own, the frequent ones, the vowels, of which a word has one, and
    those with an accent, of which a word with two vowels has one where the script has any.
    """

    letters: frozenset[str]
    frequent: frozenset[str]
    vowels: frozenset[str]
    accents: frozenset[str] = frozenset()


_CYRILLIC = _Alphabet(
    frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђјљњћџ"), frozenset("оеаинтсрвлкмдпуя"), frozenset("аеёиоуыэюяіїє")
)
_GREEK = _Alphabet(
    frozenset("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"),
    frozenset("αοιετσνηυρπκμλςάί"),
    frozenset("αεηιουωάέήίόύώϊϋΐΰ"),
    frozenset("άέήίόύώΐΰ"),
)
_ALPHABETS = {**dict.fromkeys(("cp1251", "cp866", "koi8-r"), _CYRILLIC), **dict.fromkeys(("cp1253", "cp737"), _GREEK)}
_LEAD = 0.2  # of one alphabet over the others: a byte is a letter in many of them
_WORDS = re.compile(r"[^\W\d_]*[^\x00-\x7f]+[^\W\d_]*")  # with a character that is not ASCII, up to a sign or a digit
_LOOKED_AT, _LONGEST = 500, 200  # names that decide, spread over all, and the characters of each


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def text_of(data: bytes, page: str) -> str:
    """Return a name in NFC: in UTF-8, else in `page`, else ("") with surrogates for the bytes that are not UTF-8."""
    if page and not (is_utf8(data) and _meant_as_utf8(data, page)):
        return unicodedata.normalize("NFC", data.decode(page, "surrogateescape"))
    return unicodedata.normalize("NFC", data.decode("utf-8", "surrogateescape"))


def _meant_as_utf8(data: bytes, page: str) -> bool:
    """Whether bytes that are UTF-8, among others that are not, are no accident: two bytes of an eastern code page may be both."""
    text = data.decode()
    return any(character >= "\u0800" for character in text) or _plausible(data, page) < max(1.0, _plausible(data, "utf-8"))


def code_page(names: Sequence[bytes]) -> str:
    """Return the code page in which names that are no UTF-8 read most plausibly together; "" for none."""
    names = names[:: len(names) // _LOOKED_AT + 1]
    if not names:
        return ""
    found = [(_score(names, page), page) for page in _PAGES]
    best, page = max(found, key=lambda one: one[0])  # of equals the first
    rivals = [score for score, other in found if page in _ALPHABETS and other in _ALPHABETS and other != page]
    return page if best > max([0.0, *(score + _LEAD for score in rivals)]) else ""


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
    if page in _ALPHABETS:
        words = _WORDS.findall(text)
        return sum(_alphabetic(word, _ALPHABETS[page]) * len(word) for word in words) / max(1, sum(map(len, words)))
    plain = sum(map(_is_letter, text)) / len(text)  # a western word is mostly of plain letters
    if 4 * sum(map(_is_letter, text)) < len(foreign):  # of hardly any: it was not written in this page
        return -1.0
    return sum(1.0 + plain if _western(text, place) else -3.0 for place in foreign) / len(foreign)


def _western(text: str, place: int) -> bool:
    """Whether a character is a letter of western Europe; no capital follows a small one."""
    return text[place] in _LATIN and not (text[place].islower() and text[place + 1 : place + 2].isupper())


def _alphabetic(word: str, alphabet: _Alphabet) -> float:
    """How usual the letters of a word are in a script with an alphabet: written alike throughout, and with a vowel."""
    small = word.lower()
    if not set(small) <= alphabet.letters or (word[1:] != small[1:] and not word.isupper()):
        return -3.0
    usual = sum(2.4 if letter in alphabet.frequent else 0.4 for letter in small) / len(word)
    vowels = sum(letter in alphabet.vowels for letter in small)
    lacks_accent = alphabet.accents and vowels > 1 and not word.isupper() and not alphabet.accents & set(small)
    unlikely = (0.6 if word.isupper() else 0.0) + (0.0 if vowels and not lacks_accent else 1.5)
    return min(usual, 1.0 if len(word) < 3 else 3.0) - unlikely


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
        return (1.5 if page == "cp949" and character in _HANGUL_TOO else _USUAL[page]) + broken
    return (-0.5 if page == "cp949" else 0.2) + broken


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
