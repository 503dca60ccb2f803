"""The page of a custody file: people, places, exhibits, entries. It shows what the lines say and nothing more."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from labkit.synthesis.records.draft import Line
from labkit.synthesis.records.page import page, row, signature_drawn, table, time_text
from labkit.synthesis.records.phrases import in_both
from labkit.synthesis.records.setting import CASE_NUMBER, PROTOCOL, WARRANT
from labkit.synthesis.records.terms import DIGEST_OF, KINDS, ROLE_NAMES, SEAL_STATES, STAGES


def ledger_page(content: Sequence[Line], title: str) -> str:
    """Return a page with the lines of a custody file, as they were sealed, each with its number ``seq``."""
    names = {line["person_id"]: line["name"] for line in content if line["type"] == "person"}
    parts = [
        table("People / Участники", ("No. / №", "Code / Код", "Name / Имя", "Role / Роль", "Office / Служба",
               "Specimen of signature / Образец подписи"), _people(content)),
        table("Places / Места", ("No. / №", "Code / Код", "Place / Место", "Zone / Часовой пояс",
               "Site, km on the map / Участок, км на схеме", "Access / Доступ"), _places(content)),
        table("Exhibits / Объекты", ("No. / №", "Exhibit / Объект", "Description / Описание",
               "Serial, capacity / Серийный номер, объём",
               "Found / Обнаружен", "State / Состояние"), _exhibits(content)),
        table("Entries / Записи", ("No. / №", "Time, entered / Время, внесено", "What / Что", "Exhibits / Объекты",
               "Who, where, why / Кто, где, зачем", "Seals and bags / Пломбы и пакеты",
               "Digests, tools / Хеш-суммы, средства", "Notes, signatures / Примечания, подписи"),
               _events(content, names)),
    ]  # fmt: skip
    head = (
        f'<p class="sub" id="line-1">1. Case / Дело {CASE_NUMBER} · protocol / протокол {PROTOCOL} · '
        f"warrant / постановление {WARRANT}</p>"
    )
    return page(title, head + "".join(parts))


def _people(content: Sequence[Line]) -> Iterator[str]:
    for line in content:
        if line["type"] == "person":
            yield row(
                [
                    ("No. / №", str(line["seq"])), ("Code / Код", line["person_id"]), ("Name / Имя", line["name"]),
                    ("Role / Роль", ROLE_NAMES[line["role"]]), ("Office / Служба", in_both(line["org"])),
                    ("Specimen / Образец", signature_drawn(line["specimen_signature"])),
                ],
                raw=frozenset({"Specimen / Образец"}),
                number=line["seq"],
            )  # fmt: skip


def _places(content: Sequence[Line]) -> Iterator[str]:
    for line in content:
        if line["type"] == "location":
            east, north = line.get("map_km", ("–", "–"))
            yield row(
                [
                    ("No. / №", str(line["seq"])), ("Code / Код", line["loc_id"]),
                    ("Place / Место", in_both(line["address_fictional"])), ("Zone / Часовой пояс", line["tz"]),
                    ("Site, map / Участок, схема", f"{line.get('site', '–')}, {east} / {north}"),
                    ("Access / Доступ", ", ".join(line["access_list"]) or "–"),
                ],
                number=line["seq"],
            )  # fmt: skip


def _exhibits(content: Sequence[Line]) -> Iterator[str]:
    for line in content:
        if line["type"] == "exhibit":
            made = f" (from / из {', '.join(line['derived_from'])})" if line.get("derived_from") else ""
            size = f", {line['capacity_bytes']} B" if "capacity_bytes" in line else ""
            state = [
                in_both(line["condition"]) if "condition" in line else "",
                f"found / застигнут: {in_both(line['power_state_at_seizure'])}"
                if "power_state_at_seizure" in line
                else "",
                f"clock / часы: {line['clock_observed']}, reference / эталон: {line['clock_reference']}"
                if "clock_observed" in line
                else "",
            ]
            yield row(
                [
                    ("No. / №", str(line["seq"])), ("Exhibit / Объект", line["exhibit_no"]),
                    ("Description / Описание", f"{in_both(line['description'])}{made}"),
                    ("Serial / Серийный номер", f"{line.get('serial', '–')}{size}"),
                    ("Found / Обнаружен", f"{line.get('found_at', '–')}, {line.get('found_by', '–')}"),
                    ("State / Состояние", "; ".join(filter(None, state)) or "–"),
                ],
                number=line["seq"],
            )  # fmt: skip


def _events(content: Sequence[Line], names: Mapping[str, str]) -> Iterator[str]:
    raw = frozenset(
        {"Time / Время", "Exhibits / Объекты", "Seals / Пломбы", "Digests / Хеш-суммы", "Notes / Примечания"}
    )
    for line in content:
        if "event_at" not in line:
            continue
        entered = f'<br><span class="late">{escape(time_text(line["recorded_at"]))}</span></span>'
        yield row(
            [
                ("No. / №", str(line["seq"])),
                ("Time / Время", f'<span class="when">{escape(time_text(line["event_at"]))}{entered}'),
                ("What / Что", KINDS[line["type"]]),
                ("Exhibits / Объекты", ", ".join(map(_whole, line["exhibits"]))),
                ("Who / Кто", _who(line, names)),
                ("Seals / Пломбы", _seals(line)),
                ("Digests / Хеш-суммы", _technique(line)),
                ("Notes / Примечания", _notes(line, names)),
            ],
            raw=raw,
            number=line["seq"],
        )


def _who(line: Line, names: Mapping[str, str]) -> str:
    def name(person: str) -> str:
        return f"{names.get(person, person)} ({person})"

    parts = [name(line["actor"]), line["location"], in_both(line["purpose"])]
    if "released_by" in line or "received_by" in line:
        giver = name(line["released_by"]) if "released_by" in line else "–"
        taker = name(line["received_by"]) if "received_by" in line else "–"
        parts.append(f"from / от: {giver} → to / кому: {taker}")
    if "witnesses" in line:
        parts.append("witnesses / присутствовали: " + ", ".join(map(name, line["witnesses"])))
    if "authority_ref" in line:
        parts.append(f"ground / основание: {line['authority_ref']}")
    transport = line.get("transport")
    if transport:
        parts.append(
            " ".join(
                filter(
                    None,
                    (
                        in_both(transport["carrier"]),
                        transport.get("tracking_no", ""),
                        *map(name, transport.get("escort", [])),
                    ),
                )
            )
        )
    return "; ".join(parts)


def _whole(number: str) -> str:
    """Return a number that no line end cuts in two, so that a column of them can be compared."""
    return f'<span class="whole">{escape(number)}</span>'


def _seals(line: Line) -> str:
    parts = []
    for key, word in (("seal_before", "found / обнаружена"), ("seal_after", "left / оставлена")):
        parts += [f"{word}: {_whole(seal['number'])} {SEAL_STATES[seal['state']]}" for seal in line.get(key, [])]
    if "bag_no_after" in line:
        parts.append(f"bag / пакет {_whole(line['bag_no_after'])}")
    if "condition_after" in line:
        parts.append(escape(in_both(line["condition_after"])))
    return "; ".join(parts) or "–"


def _technique(line: Line) -> str:
    parts = [
        f"{escape(one['alg'])}, {DIGEST_OF[one['of']]} {_whole(one.get('exhibit', ''))}, {STAGES[one['stage']]}, "
        f"{escape(time_text(one['computed_at']))}:<br><code>{escape(one['value'])}</code>"
        for one in line.get("hash", [])
    ]
    if "tool" in line:
        parts.append(escape(f"{line['tool']['name']} {line['tool']['version']}"))
    blocker = line.get("write_block")
    if blocker:
        tested = blocker.get("tested_event")
        told = f"; tested in / проверен в {tested}" if tested else ""
        parts.append(escape(f"write blocker / блокиратор: {in_both(blocker['kind'])} {blocker.get('id', '')}{told}"))
    parts += [
        escape(f"seen / считано: {seen['exhibit']} {seen['serial']}, {seen['sectors']} sectors / секторов")
        for seen in line.get("observed", [])
    ]
    parts += [
        escape(f"unreadable / не читаются: {run['lba']}–{run['lba'] + run['count'] - 1}")
        for run in line.get("read_errors", [])
    ]
    return "<br>".join(parts) or "–"


def _notes(line: Line, names: Mapping[str, str]) -> str:
    parts = [
        escape(in_both(line[key]))
        for key in ("note", "justification", "change_description", "competence_ref")
        if key in line
    ]
    if "corrects_event" in line:
        parts.append(f"corrects / исправляет: {line['corrects_event']}")
    parts += [
        f"{escape(names.get(one['person'], one['person']))} {signature_drawn(one['value'])}"
        for one in line.get("signatures", [])
    ]
    return "<br>".join(parts) or "–"
