"""XML from evidence: elements and text only. A document that declares entities or a document type is refused."""

from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from labkit.evidence.artifacts.source import DamagedArtifactError


class _NoDocumentType(TreeBuilder):
    def doctype(self, *_declared: str | None) -> NoReturn:
        raise DamagedArtifactError("its XML declares a document type, which such files never do; it is not read")


def plain_xml(text: str | bytes) -> Element:
    """Return the root element.

    Raises:
        DamagedArtifactError: It is not well-formed, or declares a document type.
    """
    parser = XMLParser(target=_NoDocumentType())  # noqa: S314 - without a document type there are no entities
    try:
        parser.feed(text)
        root = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise DamagedArtifactError(f"its XML is damaged ({error})") from error
    assert isinstance(root, Element)  # noqa: S101 - what a TreeBuilder returns
    return root


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
