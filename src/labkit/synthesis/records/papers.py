"""The papers that belong to a custody file: seizure protocol, warrant, photo sheet."""

from collections.abc import Mapping
from html import escape

from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.page import page, row, signature_drawn, table, time_text
from labkit.synthesis.records.photographs import RUNNING, picture_name
from labkit.synthesis.records.phrases import in_both
from labkit.synthesis.records.setting import CASE_NUMBER, PROTOCOL, SEIZED, WARRANT
from labkit.synthesis.records.terms import ROLE_NAMES


def protocol_page(draft: Draft) -> str:
    """Return the seizure protocol: what was taken, as the paper has it."""
    case, seized = draft["case"], draft["seized"]
    people = [seized["actor"], *seized["witnesses"]]
    items = [
        row([("No. / №", str(number)), ("Exhibit / Объект", item["exhibit_no"]),
              ("Description / Описание", in_both(item["description"])), ("Serial / Серийный номер", item["serial"])])
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
    places = "; ".join(in_both(draft[place]["address_fictional"]) for place in warrant["scope_items"])
    rows = [
        ("Issued by / Выдан", in_both(warrant["issuer"])),
        ("Issued / Дата выдачи", time_text(warrant["issued_at"])),
        ("Valid from / Действителен с", time_text(warrant["valid_from"])),
        ("Valid to / Действителен до", time_text(warrant["valid_to"])),
        ("Scope / Предмет", in_both(warrant["scope_text"])),
        ("Places / Места", places),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return page(
        "Search warrant / Постановление об обыске", f"<p class='sub'>{WARRANT} · {CASE_NUMBER}</p><dl>{listed}</dl>"
    )


_CAPTIONS: Mapping[str, str] = {
    "label": "label / этикетка",
    "bag": "bag and seal, at the scene / пакет и пломба, на месте",
    "clock": "clock beside a reference clock / часы рядом с эталонными",
}


def photo_page(draft: Draft) -> str:
    """Return the photo sheet: the photographs of labels, bags with their seals, and clocks, exhibit by exhibit."""
    photographer = draft[draft["photographed"]["actor"]]["name"]
    head = (
        f"<p class='sub'>{CASE_NUMBER} · photographs / снимки: {escape(photographer)}</p>"
        "<p>Numbers are read off the pictures. A click shows a picture in full size. / "
        "Номера читают со снимков. Щелчок показывает снимок в полном размере.</p>"
    )
    return page("Photo sheet / Фототаблица", head + "".join(map(_figures, SEIZED)))


def _figures(exhibit: str) -> str:
    kinds = [kind for kind in _CAPTIONS if kind != "clock" or exhibit in RUNNING]
    figures = "".join(
        f'<figure><a href="{name}"><img src="{name}" alt="{escape(exhibit)}: {escape(_CAPTIONS[kind])}"></a>'
        f"<figcaption>{escape(_CAPTIONS[kind])}</figcaption></figure>"
        for kind in kinds
        for name in [picture_name(kind, exhibit)]
    )
    return f'<h2>{escape(exhibit)}</h2><div class="photos">{figures}</div>'
