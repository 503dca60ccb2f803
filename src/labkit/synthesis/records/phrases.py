"""What the people of the case wrote, in English as the lines have it, and in Russian for the pages."""

import re
from collections.abc import Mapping
from itertools import chain

_SAID: Mapping[str, str] = {
    # where people work, and places
    "Port Sarva Police": "полиция Порт-Сарвы",
    "Port Sarva Police, evidence store": "полиция Порт-Сарвы, хранилище вещественных доказательств",
    "Port Sarva Police, laboratory": "полиция Порт-Сарвы, лаборатория",
    "resident": "местный житель",
    "Northline Courier": "курьерская служба «Нортлайн»",
    "Central Laboratory": "Центральная лаборатория",
    "Prosecutor's Office of Port Sarva": "прокуратура Порт-Сарвы",
    "Bar of Port Sarva": "коллегия адвокатов Порт-Сарвы",
    "Court of Port Sarva": "суд Порт-Сарвы",
    "Heron Dock Services, Quay Street 4, office": "Heron Dock Services, Причальная улица, 4, офис",
    "Heron Dock Services, Quay Street 4, server room": "Heron Dock Services, Причальная улица, 4, серверная",
    "Quay Street 4, yard: private car of an employee": "Причальная улица, 4, двор: личный автомобиль работника",
    "police car 17": "служебная машина 17",
    "Police, Lighthouse Street 1, evidence store": "полиция, Маячная улица, 1, хранилище вещественных доказательств",
    "Police, Lighthouse Street 1, laboratory": "полиция, Маячная улица, 1, лаборатория",
    "Central Laboratory, Mill Lane 9": "Центральная лаборатория, Мельничный переулок, 9",
    "Prosecutor's Office, Long Square 5": "прокуратура, Длинная площадь, 5",
    "Court of Port Sarva, Long Square 2": "суд Порт-Сарвы, Длинная площадь, 2",
    "office and server room of Heron Dock Services, Quay Street 4: computers, media, phones": (
        "офис и серверная компании Heron Dock Services, Причальная улица, 4: компьютеры, носители, телефоны"
    ),
    # exhibits
    "USB stick, blue, 16 GB": "USB-накопитель, синий, 16 ГБ",
    "desktop computer, black, running": "настольный компьютер, чёрный, включён",
    "external hard disk, 500 GB": "внешний жёсткий диск, 500 ГБ",
    "mobile phone, grey, running": "мобильный телефон, серый, включён",
    "memory card, 8 GB": "карта памяти, 8 ГБ",
    "locked, display sound": "заблокирован, экран цел",
    "no visible damage": "видимых повреждений нет",
    "running, user signed in": "включён, пользователь вошёл в систему",
    "on": "включён",
    "as described, packing undamaged": "соответствует описанию, упаковка не повреждена",
    "dent at the lower left edge, packing undamaged": "вмятина на нижнем левом ребре, упаковка не повреждена",
    "seal broken on arrival": "пломба при поступлении повреждена",
    # why
    "condition of the case in the locker": "состояние корпуса в ячейке",
    "condition of the phone in the locker": "состояние телефона в ячейке",
    "condition of the phone: the display shows the first page of a new phone": (
        "состояние телефона: на экране первая страница нового телефона"
    ),
    "correction of an entry": "исправление записи",
    "court: handed to the registry": "суд: передано в канцелярию",
    "court: transport to the hearing": "суд: перевозка на заседание",
    "court: verification before submission": "суд: проверка перед представлением",
    "disclosure to the defence": "раскрытие защите",
    "disclosure: to be shown to the defence": "раскрытие: показать защите",
    "examination ended: new seal": "исследование окончено: новая пломба",
    "examination: files and deleted files": "исследование: файлы и удалённые файлы",
    "examination: first look at the folders": "исследование: первый взгляд на папки",
    "examination: second look": "исследование: второй взгляд",
    "examination: times of the shipping papers": "исследование: время транспортных документов",
    "extract: letters that speak for the suspect": "извлечение: письма, говорящие в пользу подозреваемого",
    "extract: shipping papers": "извлечение: транспортные документы",
    "isolation: bag that no radio leaves": "изоляция: пакет, не пропускающий радиосигнал",
    "packing for transport": "упаковка для перевозки",
    "preservation: image of the memory": "обеспечение сохранности: образ оперативной памяти",
    "preservation: memory of a running computer": "обеспечение сохранности: память включённого компьютера",
    "report of the examiner": "отчёт эксперта лаборатории",
    "report of the expert": "заключение эксперта",
    "sealing at the scene": "опечатывание на месте",
    "search: what the warrant names": "обыск: то, что названо в постановлении",
    "seizure under the warrant": "изъятие по постановлению",
    "state before anything is touched": "состояние до того, как чего-либо коснулись",
    "storage: Central Laboratory": "хранение: Центральная лаборатория",
    "storage: evidence store": "хранение: хранилище вещественных доказательств",
    "storage: safe 2": "хранение: сейф 2",
    "transport: back to Port Sarva": "перевозка: обратно в Порт-Сарву",
    "transport: computer shut down": "перевозка: компьютер выключен",
    "transport: to the Central Laboratory": "перевозка: в Центральную лабораторию",
    "transport: to the Prosecutor's Office": "перевозка: в прокуратуру",
    "transport: to the evidence store": "перевозка: в хранилище вещественных доказательств",
    "verification of the image": "проверка образа",
    "verification: image compressed again to save space": "проверка: образ сжат заново, чтобы занимал меньше места",
    "verification: second pass over the disk": "проверка: второй проход по диску",
    "working copy for the examination": "рабочая копия для исследования",
    # notes
    "memory and open sessions are lost when it is switched off": (
        "при выключении пропадут оперативная память и открытые сеансы"
    ),
    "labdump started from a stick of the police: one new process, the stick in the registry": (
        "labdump запущен с накопителя полиции: один новый процесс, накопитель записан в реестре"
    ),
    "shut down from the start menu": "выключен через меню «Пуск»",
    "entered a day late: the ledger was in use at the laboratory; the photo carries its own time": (
        "внесено на день позже: журнал был занят в лаборатории; на снимке есть его собственное время"
    ),
    "mounted on the workstation, read and write": "подключён к рабочей станции, для чтения и записи",
    "the lamp in the store was off at check-out; the seal was read in the corridor": (
        "при выдаче лампа в хранилище не горела; номер пломбы прочли в коридоре"
    ),
    "unreadable sectors came back as zeros in this pass": "нечитаемые секторы в этом проходе вернулись нулями",
    "hw": "аппаратный",
    "none": "нет",
}
# With numbers of the case in it.
_SAID_OF: Mapping[str, str] = {
    r"image of (HN-\d+), E01": r"образ \1, E01",
    r"letters that speak for the suspect, from (\S+)": r"письма, говорящие в пользу подозреваемого, из \1",
    r"memory of (HN-\d+)": r"память \1",
    r"shipping papers from (\S+)": r"транспортные документы из \1",
    r"working copy of (\S+)": r"рабочая копия \1",
    r"court: hearing of (\d+) April": r"суд: заседание \1 апреля",
    r"examination: image of (HN-\d+)": r"исследование: образ \1",
    r"storage: locker of case (\d+)": r"хранение: ячейка дела \1",
    r"test of the write blocker (\S+), firmware (\S+): writes are refused": (
        r"проверка блокиратора записи \1, прошивка \2: запись не проходит"
    ),
    r"certificate (\S+) of the officer": r"свидетельство \1 сотрудника",
    r"one digit is smudged on the photograph; (\S+) and (\S+) read the seal itself, number as entered": (
        r"на снимке одна цифра смазана; \1 и \2 прочли саму пломбу, номер внесён с неё"
    ),
}
_PATTERNS = [(re.compile(pattern), said) for pattern, said in _SAID_OF.items()]


def in_russian(text: str) -> str | None:
    """Return what a text of the file says in Russian; None where it is a name that stays as it is."""
    patterned = (pattern.sub(said, text) for pattern, said in _PATTERNS if pattern.fullmatch(text))
    return next(chain(filter(None, [_SAID.get(text)]), patterned), None)


def in_both(text: str) -> str:
    """Return a text of the file in English and Russian."""
    russian = in_russian(text)
    return f"{text} / {russian}" if russian else text
