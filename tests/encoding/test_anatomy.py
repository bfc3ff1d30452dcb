"""The map of the bytes: every part where another parser finds it, inside its parent, to scale."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pinlib.encoding.anatomy import Part, anatomy
from pinlib.encoding.der import Document, Form, dissect
from pinlib.encoding.files import documents
from pinlib.pins.published import public_roots
from pinlib.scenes.cast import TODAY, Cast
from pinlib.tls.certificates import Validity, ed25519_key, p256, p384, rsa2048

KINDS = {"P-256": p256, "P-384": p384, "RSA": rsa2048, "Ed25519": ed25519_key}


def inside_each_other(part: Part) -> bool:
    """Tell whether all parts lie in their parent, in order, and none over another."""
    edges = [part.start, *(edge for one in part.parts for edge in (one.start, one.end)), part.end]
    return edges == sorted(edges) and all(inside_each_other(one) for one in part.parts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_is_where_another_parser_finds_it(cast: Cast, kind: str) -> None:
    """TBS, names, SPKI, key bits and signature are the very bytes that cryptography reports."""
    made = cast.issuing.issue("bank.example", valid=Validity.days(TODAY, 90), key=KINDS[kind])
    leaf = made.leaf
    der = leaf.public_bytes(Encoding.DER)
    part = anatomy(dissect(der))

    def cut(name: str) -> bytes:
        found = part.find(name)
        assert found is not None, name
        return der[found.bytes]

    assert part.bytes == slice(0, len(der))
    assert cut("TBS") == leaf.tbs_certificate_bytes
    assert cut("issuer") == leaf.issuer.public_bytes()
    assert cut("subject") == leaf.subject.public_bytes()
    assert cut("signature") == leaf.signature
    info = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert cut("SPKI") == info
    bits = {
        "P-256": (Encoding.X962, PublicFormat.UncompressedPoint),
        "P-384": (Encoding.X962, PublicFormat.UncompressedPoint),
        "RSA": (Encoding.DER, PublicFormat.PKCS1),
        "Ed25519": (Encoding.Raw, PublicFormat.Raw),
    }
    assert cut("key bits") == leaf.public_key().public_bytes(*bits[kind])
    assert inside_each_other(part)
    assert [one.name for one in part.parts] == ["TBS", "algorithm", "signature"]


def test_a_key_of_no_bits_lies_inside_its_spki() -> None:
    """What is not there begins nowhere beyond the end."""
    empty = bytes.fromhex("300430000300")
    part = anatomy(dissect(empty))
    bits = part.find("key bits")
    assert bits is not None
    assert len(bits) == 0
    assert inside_each_other(part)


def test_all_public_roots_have_a_map(cast: Cast) -> None:
    """Old ones too: version 1 has neither version nor extensions, others have odd serials."""
    shapes = set()
    for der in public_roots().values():
        part = anatomy(dissect(der))
        assert inside_each_other(part)
        tbs = part.parts[0]
        shapes.add(tuple(one.name for one in tbs.parts))
        assert len(tbs) == tbs.end - tbs.start > len(part.find("SPKI") or ())
    usual = ("serial number", "algorithm", "issuer", "validity", "subject", "SPKI")
    assert ("version", *usual, "extensions") in shapes


def test_a_certificate_of_version_1_has_no_version() -> None:
    """The first field is named for what it is, and everything after it too."""
    der = public_roots()["ISRG Root X1"]
    version = anatomy(dissect(der)).find("version")
    assert version is not None
    cut = der[: version.start] + der[version.end :]
    shorter = len(cut) - 4

    def length(at: int, size: int) -> None:
        nonlocal cut
        cut = cut[: at + 2] + size.to_bytes(2, "big") + cut[at + 4 :]

    length(0, shorter)
    length(4, int.from_bytes(der[6:8], "big") - len(version))
    part = anatomy(dissect(cut))
    assert part.find("version") is None
    assert part.parts[0].parts[0].name == "serial number"
    spki, before = part.find("SPKI"), anatomy(dissect(der)).find("SPKI")
    assert spki is not None
    assert before is not None
    assert cut[spki.bytes] == der[before.bytes]


def test_requests_and_public_keys_have_a_map_of_their_own() -> None:
    """A request has no issuer and no dates; a public key is nothing but an SPKI."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    request = anatomy(documents(made)[0])
    assert [one.name for one in request.parts[0].parts] == [
        *("version", "subject", "SPKI", "attributes")
    ]
    public = anatomy(documents(key.public_key())[0])
    assert (public.name, [one.name for one in public.parts]) == ("SPKI", ["algorithm", "key bits"])
    assert inside_each_other(request)
    assert inside_each_other(public)


def test_what_has_no_parts_is_one_part() -> None:
    """A bare RSA key is a whole without an inside."""
    bare = rsa2048().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert anatomy(Document(Form.RSA_PUBLIC_KEY, bare)) == Part(
        "RSA public key (PKCS#1)", 0, len(bare)
    )
