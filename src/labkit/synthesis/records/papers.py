"""The papers that belong to a custody file: seizure protocol, warrant, photo sheet."""

from html import escape

from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.page import page, row, signature_drawn, table, time_text
from labkit.synthesis.records.setting import CASE_NUMBER, PROTOCOL, SEIZED, WARRANT
from labkit.synthesis.records.terms import ROLE_NAMES


def protocol_page(draft: Draft) -> str:
    """Return the seizure protocol: what was taken, as the paper has it."""
    case, seized = draft["case"], draft["seized"]
    people = [seized["actor"], *seized["witnesses"]]
    items = [
        row([("No. / №", str(number)), ("Exhibit / Объект", item["exhibit_no"]),
              ("Description / Описание", item["description"]), ("Serial / Серийный номер", item["serial"])])
        for number, item in enumerate(case["protocol_items"], start=1)
    ]  # fmt: skip
    signed = "".join(
        f"<p>{escape(draft[one]['name'])}, {ROLE_NAMES[draft[one]['role']]} "
        f"{signature_drawn(draft[one]['specimen_signature'])}</p>"
        for one in people
    )
    listed = table("Items / Предметы", ("No. / №", "Exhibit / Объект", "Description / Описание",
                   "Serial / Серийный номер"), items)  # fmt: skip
    begun = min(line["event_at"] for key, line in draft.events() if key in ("identified", "disk identified"))
    head = (
        f"<p class='sub'>{PROTOCOL} · case / дело {CASE_NUMBER}</p>"
        f"<p>Search begun / Обыск начат: {time_text(begun)}. Ground / Основание: {WARRANT}.</p>"
    )
    return page("Seizure protocol / Протокол изъятия", head + listed + signed)


def warrant_page(draft: Draft) -> str:
    """Return the warrant with its validity and scope."""
    (warrant,) = draft["case"]["authority"]
    places = ", ".join(draft[place]["address_fictional"] for place in warrant["scope_items"])
    rows = [
        ("Issued by / Выдан", warrant["issuer"]),
        ("Issued / Дата выдачи", time_text(warrant["issued_at"])),
        ("Valid from / Действителен с", time_text(warrant["valid_from"])),
        ("Valid to / Действителен до", time_text(warrant["valid_to"])),
        ("Scope / Предмет", warrant["scope_text"]),
        ("Places / Места", places),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return page(
        "Search warrant / Постановление об обыске", f"<p class='sub'>{WARRANT} · {CASE_NUMBER}</p><dl>{listed}</dl>"
    )


def photo_page(draft: Draft) -> str:
    """Return the photo sheet: labels, seals and bags as they were photographed at the scene."""
    cards = []
    for exhibit in SEIZED:
        (seal,) = draft[f"{exhibit} sealed"]["seal_after"]
        packed = draft[f"{exhibit} packed"] if f"{exhibit} packed" in draft else draft["phone isolated"]
        rows = [
            ("Label / Этикетка", f"{draft[exhibit].get('make', '')} {draft[exhibit].get('model', '')}"),
            ("Serial / Серийный номер", draft[exhibit]["serial"]),
            ("Bag / Пакет", packed["bag_no_after"]),
            ("Seal / Печать", seal["number"]),
        ]
        cards.append(row([("Exhibit / Объект", exhibit), *rows]))
    heads = ("Exhibit / Объект", "Label / Этикетка", "Serial / Серийный номер", "Bag / Пакет", "Seal / Печать")
    head = f"<p class='sub'>{CASE_NUMBER} · read off the photographs of the scene / снято с фотографий на месте</p>"
    return page("Photo sheet / Фототаблица", head + table("", heads, cards))
