"""The ground truth: every planted trace, with the values that readers and typical mistakes give.

A trace is a bag of named facts. The names are a closed vocabulary (``FACTS``), so that exercises can refer to a
fact by text, ``item:trace.fact``, and the content lint can tell a slip from a value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError

FactValue = str | int | datetime | tuple[str, ...] | tuple[int, ...]

FACTS: Mapping[str, tuple[type, str]] = {
    # name: (type, meaning). Times are aware UTC; digests lower-case hex; ranges half-open.
    "name": (str, "file name, or what a reader shows of it"),
    "path": (str, "path from the root of its volume, starting with /"),
    "old_path": (str, "path before a rename or a move"),
    "other_path": (str, "path of a second file that matters here (the live namesake, the overwriter)"),
    "volume": (int, "number of the partition, from 1; 0 without a partition table"),
    "address": (int, "inode, MFT record number or FAT entry address, as the Sleuth Kit counts it"),
    "parent_address": (int, "the same for its directory"),
    "entry_offset_bytes": (int, "where its directory entry begins, from byte 0 of the medium"),
    "sequence": (int, "NTFS: sequence number that the file's MFT record had; a deleted one states one more"),
    "size_bytes": (int, "length of the content"),
    "size_sectors": (int, "length in sectors of 512 bytes"),
    "offset_bytes": (int, "where it begins, from byte 0 of the medium (or of the file, for plain files)"),
    "offset_sectors": (int, "the same in sectors of 512 bytes"),
    "last_sector": (int, "number of the last sector that belongs to it"),
    "volume_offset_bytes": (int, "where it begins, from byte 0 of its volume"),
    "file_offset_bytes": (int, "where it begins, from byte 0 of its host file"),
    "thumbnail_offset_bytes": (int, "where the small picture inside a photo begins, from byte 0 of the medium"),
    "thumbnail_size_bytes": (int, "length of that small picture"),
    "first_cluster": (int, "number of its first cluster, FAT counting (the first is 2)"),
    "last_cluster": (int, "number of its last cluster"),
    "clusters": (tuple, "all its clusters in order"),
    "cluster_bytes": (int, "bytes in one cluster"),
    "lost_cluster": (int, "the first of its clusters that now belongs to another file"),
    "md5": (str, "digest of the content"),
    "sha1": (str, "digest of the content"),
    "sha256": (str, "digest of the content"),
    "sha256_with_newline": (str, "digest of the content and one newline: the slip of a text editor"),
    "sha256_written": (str, "digest of an image made while a computer could write to the medium"),
    "sha256_skipped": (str, "digest of an image that leaves out what could not be read, without zeros in its place"),
    "sha256_mixed": (str, "digest of what stands in the clusters now, after they were overwritten"),
    "sha256_with_slack": (str, "digest of the content with the slack of its last cluster"),
    "stored_md5": (str, "digest that the container states for its media"),
    "stored_sha1": (str, "digest that the container states for its media"),
    "text": (str, "planted text"),
    "words": (tuple, "planted words"),
    "names": (tuple, "names of several files"),
    "lbas": (tuple, "sector numbers from 0 of the medium"),
    "lba_count": (int, "how many sectors"),
    "real_type": (str, "what the content is, whatever its name says"),
    "extension": (str, "what the name says"),
    "serial": (str, "serial number of the volume or device, as readers print it"),
    "label": (str, "volume label"),
    "zone": (str, "IANA time zone of the clock that wrote the times"),
    "clock_offset_s": (int, "device clock minus true time, in seconds; positive is fast"),
    "at_utc": (datetime, "when it truly happened"),
    "at_device_utc": (datetime, "when it happened by the device's clock"),
    "at_local": (datetime, "what the device's clock showed, the local digits taken for UTC"),
    "taken_utc": (datetime, "when a photo was truly taken"),
    "taken_overcorrected_utc": (
        datetime,
        "the same, the computer's clock error taken off, though the camera's is another",
    ),
    "camera_zone": (str, "IANA zone of the camera's clock"),
    "first_utc": (datetime, "when it truly happened for the first time"),
    "first_device_utc": (datetime, "the same by the device's clock"),
    "before_device_utc": (datetime, "what the clock showed right before it was set"),
    "local_text": (str, "a local time as a person writes it, without a zone"),
    "sample_set": (str, "name of a generated set of sample files, for YARA tasks"),
    "option": (str, "identifier of the right option of an ENUM task"),
    "file_count": (int, "how many files"),
    "host": (str, "name or address of a computer, as a configuration, a connection or a log gives it"),
    "port": (int, "number of the port beside it"),
    "endpoint": (str, "both as host:port"),
    "xor_key": (int, "the byte by which a text is hidden (XOR)"),
    "found_count": (int, "how many of the files that a rule is meant for it hits"),
    "clean_count": (int, "how many clean files a rule hits"),
    "other_option": (str, "identifier of the option that is its opposite"),
    # What Windows notes of people's doings.
    "stream": (str, "name of a named stream"),
    "stream_size_bytes": (int, "length of that stream"),
    "stream_md5": (str, "digest of that stream"),
    "stream_sha1": (str, "digest of that stream"),
    "stream_sha256": (str, "digest of that stream"),
    "url": (str, "address of a page or of a file that was fetched"),
    "title": (str, "title of a page"),
    "referrer": (str, "page that led to a download"),
    "browser": (str, "name of the browser: edge or firefox"),
    "history_path": (str, "path of the browser's history"),
    "shortcut_path": (str, "path of the shortcut in Recent"),
    "device_path": (str, "path on a stick, with its drive letter, as Windows wrote it"),
    "device_serial": (str, "serial number of a stick"),
    "letter": (str, "drive letter"),
    "record": (int, "number of a record in an event log"),
    "index_path": (str, "path of the index file in the recycle bin"),
    "index_name": (str, "name of the index file in the recycle bin"),
    "program": (str, "name of a program's file"),
    "program_path": (str, "path of a program's file"),
    "prefetch_path": (str, "path of its prefetch file"),
    "run_count": (int, "how often a program ran"),
    "mailbox_path": (str, "path of a mailbox"),
    "message_id": (str, "Message-ID of a mail"),
    "sender": (str, "address of a mail's sender"),
    "recipient": (str, "address of a mail's recipient"),
    "subject": (str, "subject of a mail"),
    "encoding": (str, "encoding of a text"),
    # What is seen at a scene and recorded on paper.
    "picture": (str, "file name of the picture or page that shows it"),
    "number": (int, "number of an object in the picture of the room, or of a hop of a message, from 1"),
    "numbers": (tuple, "numbers of several objects"),
    "options": (tuple, "identifiers of several options"),
    "scope": (str, "whether the warrant covers an object: in or out"),
    "seize": (str, "whether an object is to be seized: yes or no"),
    "order": (tuple, "identifiers of steps in their right order"),
    "exhibit": (str, "exhibit number"),
    "exhibits": (tuple, "exhibit numbers of an event"),
    "make": (str, "make of a device, as its label says"),
    "model": (str, "model of a device, as its label says"),
    "capacity": (str, "capacity of a device, as its label says"),
    "bag_number": (str, "number of an evidence bag"),
    "bag_picture": (str, "file name of the picture of the bag"),
    "seal_number": (str, "number of a seal; a digit that nobody can read is a question mark"),
    "smudged_position": (int, "which digit of a seal number can not be read, counted from 1 among its digits"),
    "guesses": (tuple, "the seal numbers that guessing the digit would give"),
    "reference_text": (str, "what the reference clock shows"),
    "device_text": (str, "what the device's clock shows"),
    "written": (str, "a time as it is written by hand, with its offset"),
    "event_type": (str, "type of a custody event"),
    "by": (str, "name of the person who did it and wrote it down"),
    "giver": (str, "name of the person who gave an exhibit away"),
    "receiver": (str, "name of the person who took an exhibit"),
    "document_number": (str, "number of a document, such as a warrant"),
    "valid_from_utc": (datetime, "when a warrant begins to be valid"),
    "valid_to_utc": (datetime, "when a warrant is no longer valid"),
    # What was in a machine's memory.
    "pid": (int, "number of a process"),
    "pid_read_as_hex": (int, "its decimal digits taken for hexadecimal ones"),
    "pids": (tuple, "numbers of processes"),
    "parent_pid": (int, "number of the process that started it"),
    "parent_name": (str, "name of that process"),
    "user": (str, "name of a user"),
    "user_id": (int, "number of a user"),
    "line": (str, "terminal of a log-in"),
    "arguments": (tuple, "command line, the program's own name first"),
    "environment": (tuple, "environment of a process, NAME=value"),
    "commands": (tuple, "what was typed into a shell, in order"),
    "virtual_address": (int, "address as a process or the kernel sees it"),
    "address_shift": (int, "by how much the kernel's own addresses were moved (KASLR)"),
    "physical_shift": (int, "by how much the kernel was moved in memory (KASLR)"),
    "release": (str, "release of a kernel"),
    "local_endpoint": (str, "own end of a connection, address:port"),
    "local_port": (int, "own port of a connection"),
    "captured_utc": (datetime, "when a memory image was truly taken"),
    "captured_device_utc": (datetime, "the same by the machine's clock"),
    "captured_local": (datetime, "the same, local digits taken for UTC"),
    "booted_utc": (datetime, "when a machine was truly started"),
    "booted_device_utc": (datetime, "the same by the machine's clock"),
    "booted_local": (datetime, "the same, local digits taken for UTC"),
    "started_utc": (datetime, "when a process truly began"),
    "started_device_utc": (datetime, "the same by the machine's clock"),
    "started_local": (datetime, "the same, local digits taken for UTC"),
    # Logs, mail and captured traffic.
    "at_other_rule_utc": (datetime, "the same, the zone's offset of the other half of the year taken"),
    "at_twice_utc": (datetime, "the same, the zone's offset taken off twice"),
    "at_other_clock_utc": (datetime, "the same, the error of another device's clock taken off"),
    "clock_offset_negated_s": (int, "the error of a clock with the wrong sign"),
    "clock_offset_with_zone_s": (int, "the error of a clock, local digits compared with UTC"),
    "proxy_host": (str, "address of the provider's own proxy that passed a request on"),
    "proxy_endpoint": (str, "the same with its port"),
    "server_endpoint": (str, "address and port of the service itself"),
    "failed_endpoint": (str, "client's end of the last log-in that failed before one that did not"),
    "neighbour_endpoint": (str, "another subscriber's end, with the same address, nearest in time"),
    "neighbour_user": (str, "account of that subscriber"),
    "record_count": (int, "how many records a log has, or lacks"),
    "first_record": (int, "number of the first record that is missing"),
    "last_record": (int, "number of the last record that is missing"),
    "before_record": (int, "number of the last record before a gap"),
    "after_record": (int, "number of the first record behind a gap"),
    "stated_sha256": (str, "digest that a note states for a file"),
    "hop_count": (int, "how many hops a message states (header fields Received)"),
    "number_from_top": (int, "number of a hop counted from the top, from 1"),
    "number_by_digits": (int, "hop whose local digits run backwards although its time is right, from the bottom"),
    "other_host": (str, "name that another one is made to look like"),
    "position": (int, "place of a letter in a name, from 1"),
    "packet_count": (int, "how many packets a capture has"),
    "last_utc": (datetime, "when the last of several things truly happened"),
    "started_router_local": (datetime, "when a connection began by the router's clock, local digits taken for UTC"),
    # A custody file and what was planted into it.
    "lines": (tuple, "numbers of lines of a custody file or a log, from 1"),
    "first_line": (int, "number of the first line of several, from 1; 0 for none"),
    "line_count": (int, "how many lines a custody file has"),
    "copy_line_count": (int, "how many lines an earlier copy of it has"),
    "defect": (str, "number of a planted defect, D01 to D32"),
    "category": (str, "kind of a planted defect"),
    "consequences": (tuple, "what a planted defect may lead to"),
    "cure": (str, "what may be done about a planted defect"),
    # For each of born, modified, accessed: true UTC; UTC with the clock error left in; the stored local digits
    # read as if they were UTC.
    "born_utc": (datetime, "true creation time"),
    "born_device_utc": (datetime, "creation time by the device's clock"),
    "born_stored": (datetime, "stored local digits taken for UTC"),
    "modified_utc": (datetime, "true last-write time"),
    "modified_device_utc": (datetime, "last-write time by the device's clock"),
    "modified_stored": (datetime, "stored local digits taken for UTC"),
    "accessed_utc": (datetime, "true last access (FAT keeps the date only)"),
    "accessed_device_utc": (datetime, "last access by the device's clock"),
    "accessed_stored": (datetime, "stored local date taken for UTC"),
    # File systems that store UTC (the stored value is *_device_utc): the machine's local digits taken for UTC.
    "born_local": (datetime, "creation time, local digits taken for UTC"),
    "modified_local": (datetime, "last-write time, local digits taken for UTC"),
    "accessed_local": (datetime, "last access, local digits taken for UTC"),
    # NTFS: the record's own last change, and the times that $FILE_NAME keeps.
    "changed_utc": (datetime, "true time of the last change of the record"),
    "changed_device_utc": (datetime, "the same by the device's clock"),
    "changed_local": (datetime, "the same, local digits taken for UTC"),
    "name_born_utc": (datetime, "true creation time by $FILE_NAME"),
    "name_born_device_utc": (datetime, "the same by the device's clock"),
    "name_born_local": (datetime, "the same, local digits taken for UTC"),
    "name_modified_utc": (datetime, "true last-write time by $FILE_NAME"),
    "name_modified_device_utc": (datetime, "the same by the device's clock"),
    "name_modified_local": (datetime, "the same, local digits taken for UTC"),
}


@dataclass(frozen=True, slots=True)
class Trace:
    """What one event leaves behind, on purpose. ``kind`` is the way it is confirmed (see verification)."""

    id: str
    kind: str
    event: str | None
    facts: Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """All planted traces of one evidence item of one trainee."""

    item: str
    traces: Mapping[str, Trace]


@dataclass(frozen=True, slots=True)
class CaseTruth:
    """Everything that is known by construction about one trainee's case."""

    case: str
    variables: Mapping[str, str]
    items: Mapping[str, GroundTruth]

    def fact(self, reference: str) -> FactValue:
        """Return the value of ``item:trace.fact``, or of ``var:name`` for a variable.

        Raises:
            SynthesisError: Nothing of that name is known.
        """
        item, _, rest = reference.partition(":")
        try:
            if item == "var":
                return self.variables[rest]
            trace, _, fact = rest.rpartition(".")
            return self.items[item].traces[trace].facts[fact]
        except KeyError:
            raise SynthesisError(
                f"the truth of case {self.case} has no {reference!r}",
                remedy="Write item:trace.fact with names that the scenario plants; labkit author lint lists them.",
            ) from None

    def references(self) -> Iterator[str]:
        """Yield every reference that ``fact`` answers."""
        for name in self.variables:
            yield f"var:{name}"
        for item, truth in self.items.items():
            for trace in truth.traces.values():
                for fact in trace.facts:
                    yield f"{item}:{trace.id}.{fact}"
