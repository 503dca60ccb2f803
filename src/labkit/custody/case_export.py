"""A ledger in CASE/UCO, as JSON-LD: for tools that read the community's ontology.

CASE 1.4 and UCO 1.4 know investigative actions, who did them with what to what, places, digests and where a thing was
derived from. They have no words for seals, for the two sides of a handover, for signatures and for the chain of lines.
Such fields keep their names in a vocabulary of our own, so that nothing is lost; readers that do not know it pass over
it.

Source: https://ontology.caseontology.org and https://ontology.unifiedcyberontology.org, the classes and shapes of
investigation, action, core, identity, location, observable, tool and types.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from labkit.custody.algorithms import plain_algorithm
from labkit.custody.ledger import Ledger
from labkit.model.custody import Authority, Case, Event, Exhibit, ExhibitKind, HashRecord, Location, Person

KB = "https://labkit.example/kb/"
OWN = "https://labkit.example/custody/1#"
CONTEXT: Mapping[str, str] = {
    "kb": KB,
    "custody": OWN,
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-location": "https://ontology.unifiedcyberontology.org/uco/location/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DEVICES = frozenset({ExhibitKind.DEVICE, ExhibitKind.MEDIUM})
# As the vocabulary HashNameVocab of UCO spells them, where it has them.
_HASH_NAMES = {name: name for name in ("MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")} | {
    "SHA3256": "SHA3-256", "SHA3384": "SHA3-384", "SHA3512": "SHA3-512",
}  # fmt: skip
_SPOKEN = frozenset(
    {
        "actor", "event_at", "exhibits", "location", "hash", "tool", "authority_ref", "note", "seq", "type", "schema",
    }
)  # fmt: skip


def case_bundle(ledger: Ledger) -> dict[str, Any]:
    """Return the ledger as one CASE bundle, a JSON-LD object. The same ledger gives the same identifiers."""
    names = _Names(ledger.head)
    objects = [node for maker in (_people, _places, _exhibits, _cases, _events) for node in maker(ledger, names)]
    return {
        "@context": dict(CONTEXT),
        "@id": names.of("bundle", "ledger"),
        "@type": "uco-core:Bundle",
        "uco-core:name": "chain of custody",
        "uco-core:description": f"custody ledger with head {ledger.head}",
        "uco-core:object": objects,
    }


class _Names:
    """Identifiers of nodes: kind and name in the ledger to a UUID that depends on nothing else."""

    def __init__(self, head: str) -> None:
        self._namespace: UUID = uuid5(NAMESPACE_URL, f"{KB}{head}")

    def of(self, kind: str, name: object) -> str:
        return f"kb:{kind}-{uuid5(self._namespace, f'{kind} {name}')}"

    def ref(self, kind: str, name: object) -> dict[str, str]:
        return {"@id": self.of(kind, name)}


def _people(ledger: Ledger, names: _Names) -> Iterator[dict[str, Any]]:
    declared = {person.person_id: person for person in ledger.people}
    for person in declared.values():
        yield _person(person, names)
    acting = {event.actor for event in ledger.events} - declared.keys() - {""}
    for name in sorted(acting):
        yield _person(Person(0, person_id=name, name=name), names)
    for org in sorted({person.org for person in declared.values()} - {""}):
        yield {"@id": names.of("organization", org), "@type": "uco-identity:Organization", "uco-core:name": org}


def _person(person: Person, names: _Names) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": names.of("person", person.person_id),
            "@type": "uco-identity:Person",
            "uco-core:name": person.name,
            "uco-core:description": person.role.value if person.role else "",
            "custody:person_id": person.person_id,
            "custody:name_latin": person.name_latin,
            "custody:badge_no": person.badge_no,
            "custody:specimen_signature": person.specimen_signature,
            "custody:org": names.ref("organization", person.org) if person.org else "",
        }
    )


def _places(ledger: Ledger, names: _Names) -> Iterator[dict[str, Any]]:
    declared = {place.loc_id: place for place in ledger.locations}
    for place in declared.values():
        yield _place(place, names)
    named = {event.location for event in ledger.events} - declared.keys() - {""}
    for name in sorted(named):
        yield _place(Location(0, loc_id=name), names)


def _place(place: Location, names: _Names) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": names.of("location", place.loc_id),
            "@type": "uco-location:Location",
            "uco-core:name": place.loc_id,
            "uco-core:description": place.address_fictional,
            "custody:kind": place.kind.value if place.kind else "",
            "custody:tz": place.tz,
            "custody:access_list": list(place.access_list),
        }
    )


def _exhibits(ledger: Ledger, names: _Names) -> Iterator[dict[str, Any]]:
    digests: dict[str, list[HashRecord]] = {}
    for event in ledger.events:
        for record in event.hashes:
            whose = record.exhibit or (event.exhibits[-1] if event.exhibits else "")
            if record not in digests.setdefault(whose, []):
                digests[whose].append(record)
    declared = {exhibit.exhibit_no: exhibit for exhibit in ledger.exhibits}
    used = {number for event in ledger.events for number in event.exhibits} - declared.keys()
    for exhibit in [*declared.values(), *(Exhibit(0, exhibit_no=number) for number in sorted(used))]:
        yield _thing(exhibit, digests.get(exhibit.exhibit_no, []), names)
        yield _without_empty(
            {
                "@id": names.of("exhibit", exhibit.exhibit_no),
                "@type": "case-investigation:ProvenanceRecord",
                "uco-core:description": exhibit.description,
                "case-investigation:exhibitNumber": exhibit.exhibit_no,
                "case-investigation:rootExhibitNumber": exhibit.root_exhibit_no,
                "uco-core:object": names.ref("thing", exhibit.exhibit_no),
                "custody:condition": exhibit.condition,
                "custody:kind": exhibit.kind.value if exhibit.kind else "",
            }
        )
        for source in exhibit.derived_from:
            yield {
                "@id": names.of("relation", f"{exhibit.exhibit_no} {source}"),
                "@type": "uco-core:Relationship",
                "uco-core:source": names.ref("thing", exhibit.exhibit_no),
                "uco-core:target": names.ref("thing", source),
                "uco-core:kindOfRelationship": "Derived_From",
                "uco-core:isDirectional": True,
            }


def _thing(exhibit: Exhibit, digests: list[HashRecord], names: _Names) -> dict[str, Any]:
    number = exhibit.exhibit_no
    facets: list[dict[str, Any]] = []
    if exhibit.kind in _DEVICES and (exhibit.serial or exhibit.model):
        device = {
            "@id": names.of("device-facet", number),
            "@type": "uco-observable:DeviceFacet",
            "uco-observable:model": exhibit.model,
            "uco-observable:serialNumber": exhibit.serial,
        }
        facets.append(_without_empty(device))
    if digests or exhibit.capacity_bytes is not None:
        size = {"@type": "xsd:integer", "@value": str(exhibit.capacity_bytes)}
        content = {
            "@id": names.of("content-facet", number),
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:sizeInBytes": size if exhibit.capacity_bytes is not None else "",
            "uco-observable:hash": [
                _hash(one, f"{number} {place}", names) for place, one in enumerate(digests) if _is_hex(one.value)
            ],
            # What is not hexadecimal can not stand there; it stays visible as somebody wrote it.
            "custody:digest_as_written": [f"{one.alg}:{one.value}" for one in digests if not _is_hex(one.value)],
        }
        facets.append(_without_empty(content))
    return _without_empty(
        {
            "@id": names.of("thing", number),
            "@type": "uco-observable:Device" if exhibit.kind in _DEVICES else "uco-observable:ObservableObject",
            "uco-core:name": number,
            "uco-core:description": exhibit.description,
            "custody:make": exhibit.make,
            "uco-core:hasFacet": facets,
        }
    )


def _hash(record: HashRecord, name: str, names: _Names) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": names.of("hash", name),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": _HASH_NAMES.get(plain_algorithm(record.alg), record.alg),
            "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": record.value.upper()},
            "custody:of": record.of.value if record.of else "",
            "custody:stage": record.stage.value if record.stage else "",
        }
    )


def _is_hex(value: str) -> bool:
    return bool(value) and len(value) % 2 == 0 and set(value) <= set("0123456789abcdefABCDEF")


def _cases(ledger: Ledger, names: _Names) -> Iterator[dict[str, Any]]:
    for case in ledger.cases:
        for authority in case.authority:
            yield _authorization(authority, names)
        yield _investigation(case, ledger, names)


def _authorization(authority: Authority, names: _Names) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": names.of("authorization", authority.auth_id),
            "@type": "case-investigation:Authorization",
            "case-investigation:authorizationIdentifier": authority.auth_id,
            "case-investigation:authorizationType": authority.kind.value if authority.kind else "",
            "uco-core:description": authority.scope_text,
            "uco-core:startTime": _time(authority.valid_from),
            "uco-core:endTime": _time(authority.valid_to),
            "custody:issuer": authority.issuer,
            "custody:scope_items": list(authority.scope_items),
        }
    )


def _investigation(case: Case, ledger: Ledger, names: _Names) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": names.of("investigation", case.case_id),
            "@type": "case-investigation:Investigation",
            "uco-core:name": case.case_id,
            "uco-core:description": case.offence_ref,
            "case-investigation:relevantAuthorization": [
                names.ref("authorization", authority.auth_id) for authority in case.authority
            ],
            "uco-core:object": [names.ref("event", event.seq) for event in ledger.events],
            "custody:jurisdiction": case.jurisdiction,
            "custody:protocol_no": case.protocol_no,
        }
    )


def _events(ledger: Ledger, names: _Names) -> Iterator[dict[str, Any]]:
    before: dict[str, int] = {}  # exhibit -> the event before, which informs this one
    raw = {entry.seq: data for entry, data in zip(ledger.entries, ledger.raw, strict=True)}
    for event in ledger.events:
        informed = {before[number] for number in event.exhibits if number in before}
        before |= dict.fromkeys(event.exhibits, event.seq)
        instruments: list[dict[str, str]] = []
        if event.tool is not None and event.tool.name:
            yield _without_empty(
                {
                    "@id": names.of("tool", event.seq),
                    "@type": "uco-tool:Tool",
                    "uco-core:name": event.tool.name,
                    "uco-tool:version": event.tool.version,
                }
            )
            instruments.append(names.ref("tool", event.seq))
        yield _action(event, raw[event.seq], sorted(informed), instruments, names)


def _action(
    event: Event,
    data: Mapping[str, Any],
    informed: list[int],
    instruments: list[dict[str, str]],
    names: _Names,
) -> dict[str, Any]:
    own = {f"custody:{key}": _plain(value) for key, value in data.items() if key not in _SPOKEN}
    return _without_empty(
        {
            "@id": names.of("event", event.seq),
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": event.type.value,
            "uco-core:description": event.note,
            "uco-action:startTime": _time(event.event_at),
            "uco-action:performer": names.ref("person", event.actor) if event.actor else "",
            "uco-action:location": [names.ref("location", event.location)] if event.location else [],
            "uco-action:object": [names.ref("exhibit", number) for number in event.exhibits],
            "uco-action:instrument": instruments,
            "case-investigation:wasInformedBy": [names.ref("event", seq) for seq in informed],
            "case-investigation:relevantAuthorization": (
                [names.ref("authorization", event.authority_ref)] if event.authority_ref else []
            ),
            "custody:seq": event.seq,
            **own,
        }
    )


def _plain(value: Any) -> Any:
    """Return a value of our own vocabulary: texts and numbers as they are, records as their JSON text."""
    if isinstance(value, Mapping):
        return _json(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _json(value: Any) -> str:
    from labkit.canonical import canonical_json

    return canonical_json(value).decode()


def _time(moment: Any) -> Any:
    """Return a time as ``xsd:dateTime``; one without an offset can not be compared and is left out."""
    if moment is None or not moment.has_offset:
        return ""
    return {"@type": "xsd:dateTime", "@value": moment.at.isoformat()}


def _without_empty(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node without what was never written: an empty field is not exported as an empty text."""
    return {key: value for key, value in node.items() if value not in ("", [], None)}
