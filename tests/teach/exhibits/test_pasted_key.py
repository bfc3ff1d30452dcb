"""The paste box answers all that pinlib reads: pins in any notation, lists, certificates, keys."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)

from pinlib import Kind, Notation, Pin, PinSet, certificate_pin, key_pin, key_pins, story
from pinlib.scenes.cast import HOST
from pinlib.teach.exhibits.inspection.pasted_key import LET_GO
from pinlib.teach.exhibits.inspection.pin import Pinned, PinPanel
from pinlib.tls.certificates import request, rsa2048
from tests.pins.test_pasted import LISTS

CAST = story()
LEAF = CAST.bank.leaf
PEM, DER = Encoding.PEM, Encoding.DER
SPKI = PublicFormat.SubjectPublicKeyInfo
LOCK = BestAvailableEncryption(b"secret")


# Everything that has a key, as text: what `key_pins` reads, and whether it is the bank's key.
READ = {
    "certificate": (LEAF.public_bytes(PEM), "same_key"),
    "chain": (b"".join(one.public_bytes(PEM) for one in CAST.verified), "same_key"),
    "renewed": (
        CAST.events["renew, same key"].identity.leaf.public_bytes(PEM),
        "same_key",
    ),
    "another's": (CAST.root.certificate.public_bytes(PEM), "other_key"),
    "request": (request(HOST, CAST.bank.key).public_bytes(PEM), "same_key"),
    "public key": (LEAF.public_key().public_bytes(PEM, SPKI), "same_key"),
    "RSA public key": (
        rsa2048().public_key().public_bytes(PEM, PublicFormat.PKCS1),
        "other_key",
    ),
    "SSH public key": (
        CAST.backup.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "other_key",
    ),
    "bundle": (pkcs7.serialize_certificates(list(CAST.verified), PEM), "same_key"),
    "base64 of DER": (b64encode(LEAF.public_bytes(DER)), "same_key"),
    "base64 of PEM": (b64encode(LEAF.public_bytes(PEM)), "same_key"),
    "base64 of an SPKI": (b64encode(LEAF.public_key().public_bytes(DER, SPKI)), "same_key"),
}
SECRETS = {
    "private key": CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()),
    "old form": CAST.backup.private_bytes(PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "locked": CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, LOCK),
    "OpenSSH": CAST.backup.private_bytes(PEM, PrivateFormat.OpenSSH, NoEncryption()),
    "beside a certificate": LEAF.public_bytes(PEM)
    + CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()),
    "base64 of DER": b64encode(CAST.backup.private_bytes(DER, PrivateFormat.PKCS8, NoEncryption())),
    "a store in base64": b64encode(
        pkcs12.serialize_key_and_certificates(b"x", CAST.bank.key, LEAF, None, LOCK)
    ),
    "cut short": CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())[:-40],
}
JOINED: dict[str, Callable[[str], str]] = {
    "lines": str,
    "without line ends, as a browser's field has it": lambda text: text.replace("\n", ""),
    "blanks for line ends": lambda text: text.replace("\n", " "),
}


@pytest.mark.parametrize("join", JOINED)
@pytest.mark.parametrize("name", READ)
def test_whatever_has_a_key_is_answered_by_its_pin(name: str, join: str) -> None:
    """It is no pin, but it has one: that, and whether it is the pin of what is looked at."""
    content, outcome = READ[name]
    panel = PinPanel()
    panel.control("pasted").value = JOINED[join](content.decode())
    view = panel._view
    assert view.facts["outcome"] == outcome
    assert any(str(pin) in view.headline.reason for pin in key_pins(content))
    assert "not a pin" in view.headline.reason
    assert view.not_in_words() == []
    assert 'data-part="SPKI"' in panel._picture.value  # the map stays


@pytest.mark.parametrize("join", JOINED)
@pytest.mark.parametrize("name", SECRETS)
def test_a_pasted_private_key_is_let_go_of(name: str, join: str) -> None:
    """Neither state, picture, field nor Undo has it afterwards."""
    text = JOINED[join](SECRETS[name].decode())
    panel = PinPanel()
    panel.control("pasted").value = text
    assert panel._view.facts["outcome"] == "refused"
    assert panel.state.pasted == panel.control("pasted").value == LET_GO
    panel.undo()
    kept = repr(panel._past) + repr(panel.state) + panel._picture.value + panel.text
    assert text[40:80] not in kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----", "a revocation list"),
        ("-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----", "DSA parameters"),
        ("-----BEGIN CERTIFICATE-----\nMIIB", "copy the whole block"),
        ("-----BEGIN NOTHING-----\nMIIB\n-----END NOTHING-----", "isn’t a certificate"),
        ("Content-Type: application/pkcs7-mime; x\n\nMIIB", "a signed email"),
        ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", "an SSH public key in RFC 4716"),
    ],
)
def test_what_can_be_named_is_named(text: str, words: str) -> None:
    """What has no key to hash is called by its name, with what to do instead."""
    view = PinPanel(Pinned(pasted=text))._view
    assert view.facts["outcome"] == "unreadable"
    assert words in view.headline.reason


@pytest.mark.parametrize("notation", Notation, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", Kind)
def test_a_pin_in_any_notation_is_still_a_pin(notation: Notation, kind: Kind) -> None:
    """What `Pin.parse` reads is held against the certificate, and is never taken for a file."""
    pin: Pin = key_pin(LEAF) if kind is Kind.KEY else certificate_pin(LEAF)
    view = PinPanel(Pinned(pasted=pin.write(notation)))._view
    assert view.facts["outcome"] in {"match", "wrong"}
    assert view.facts["notation"] == notation.name.lower()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_that_is_read_is_answered(name: str) -> None:
    """Each form of a list that `PinSet.parse` reads: none of these pins is the bank's."""
    PinSet.parse(LISTS[name])
    view = PinPanel(Pinned(pasted=LISTS[name]))._view
    assert view.facts["outcome"] == "stranger"
    assert view.facts["set"] in {"none", "one"}
