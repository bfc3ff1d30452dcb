"""Lesson 02: a pin by hand, and what was hashed."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from cryptography import x509

from pinlib import Cast, Kind, Notation, Pin, parts, public_roots, story
from pinlib.encoding.files import documents
from pinlib.encoding.naming import key_name, name_of
from pinlib.errors import BadPin
from pinlib.pins.wrong_hashes import Hashed, candidates, recognise
from pinlib.scenes.cast import HOST
from pinlib.teach.judges.core import NotYet, ask, expect, judge
from pinlib.tls.certificates import Validity, ed25519_key, p384, rsa2048


def _with_key(key: Any) -> x509.Certificate:
    cast = story()
    return cast.issuing.issue(HOST, valid=Validity.of(cast.bank.leaf), key=key).leaf


def _key_pin_cases(cast: Cast) -> Iterable[tuple[x509.Certificate, str]]:
    yield cast.bank.leaf, "This is the bank's certificate, which you can see."
    yield (
        cast.other_issuing.issue("www.shop.example", valid=Validity.of(cast.bank.leaf)).leaf,
        "This one has longer names, so its key is elsewhere in the bytes, and it’s a "
        "different key. Let the certificate itself say which.",
    )
    yield (
        cast.events["renew with an unknown key"].identity.leaf,
        "This one has the bank's name and a different key. A pin depends on the key alone.",
    )
    yield (
        _with_key(rsa2048),
        "This one has an RSA key, which is longer, and has a different header from P-256. Take the "
        "SPKI as it is, and build nothing by hand.",
    )
    yield _with_key(p384), "This one has a P-384 key: longer than P-256, with another header."
    yield _with_key(ed25519_key), "This one has an Ed25519 key: 32 bytes, with a short header."
    root = x509.load_der_x509_certificate(public_roots()["ISRG Root X1"])
    yield root, "This one is real: ISRG Root X1, one of the public roots."


@judge("02", "key_pin")
def judge_key_pin(answer: Any) -> str:
    """Judge a function from a certificate to its key pin, as OkHttp writes it."""
    for certificate, message in _key_pin_cases(story()):
        right = Pin(Kind.KEY, sha256(parts(certificate)["SPKI"]).digest())
        said = ask(answer, certificate, when=f"given {_told(certificate)}")
        if isinstance(said, bytes) and said == right.digest:
            raise NotYet("These are the right 32 bytes. Now write them: sha256/ and base64.")
        expect(
            isinstance(said, str),
            f"A pin is text here, such as sha256/…=; this was of type {type(said).__name__}.",
        )
        expect(said == str(right), _what_went_wrong(said, certificate, message))
    return "Seven certificates, four kinds of key, one real root: all correct."


def _told(certificate: x509.Certificate) -> str:
    """Say in a few words which certificate a function was given."""
    key = key_name(parts(certificate)["SPKI"])
    return f"the certificate of {name_of(certificate.subject)}, whose key is {key}"


def _what_went_wrong(said: str, certificate: x509.Certificate, message: str) -> str:
    """Recognise the bytes that were hashed, or else say what is special about this certificate."""
    bare, once = said.strip(), sha256(parts(certificate)["SPKI"]).digest()
    if f"{bare[:7].lower()}{bare[7:]}" == str(Pin(Kind.KEY, once)):
        return "The right pin, except for a space, a newline or a capital in sha256/: fix that."
    twice = sha256(once).digest()
    if _of_digits(bare, certificate):
        return (
            "Text for bytes: you wrote the hash’s hex digits in base64, which makes 64 bytes of "
            "32. Take .digest(), not .hexdigest()."
        )
    try:
        if Pin.parse(bare).digest == twice:
            return "You hashed twice: hash the SPKI, and write that hash as text."
        found = recognise(said, documents(certificate))
    except BadPin as unreadable:
        return f"{unreadable}."
    if len(found) == 1 and found[0].hashed is Hashed.SPKI:
        return f"The right bytes, written for {found[0].notation.value}; OkHttp wants sha256/…=."
    if len(found) == 1 and (hashed := found[0].hashed):
        if hashed in {Hashed.PEM, Hashed.SPELLED}:
            return f"Text for bytes: this is {hashed.told} ({found[0].detail}). {hashed.story}"
        return f"This is {hashed.told}. {hashed.story}"
    size = len(parts(certificate)["SPKI"])
    asked = f"its SPKI has {size} bytes: how many did you hash?"
    return f"{message} Your pin matches nothing in it; {asked}"


def _of_digits(said: str, certificate: x509.Certificate) -> bool:
    """Tell whether base64 was made of a hash's hex digits, whatever had been hashed."""
    try:
        inside = b64decode(said.removeprefix("sha256/"), validate=True).lower()
    except (binascii.Error, ValueError):
        return False
    (document,) = documents(certificate)
    return inside in {one.digest.hex().encode() for one in candidates(document)}


def _what_was_hashed_cases(cast: Cast) -> Iterable[tuple[x509.Certificate, str, str, str]]:
    """Yield a certificate, a pin, what it was made of, and what to say to a wrong answer."""
    rsa, bank = _with_key(rsa2048), cast.bank.leaf
    for colleague, (name, _) in cast.hashed_by.items():
        yield (
            *(bank, cast.colleagues[colleague], name),
            f"{colleague}'s pin is a hash of the {name}; you said {{said}}. Hash each part, and "
            "compare the 32 bytes with those of the pin, one part after another.",
        )
    for name, part in parts(rsa).items():
        pin = Pin(Kind.KEY, sha256(part).digest())
        yield (
            *(rsa, str(pin), name),
            f"An RSA certificate, and a hash of its {name}; you said {{said}}. Its header isn’t as "
            "long as P-256's: let parts(certificate) find the bytes.",
        )
    key = Pin(Kind.KEY, sha256(parts(bank)["SPKI"]).digest())
    for notation in Notation:
        yield (
            *(bank, key.write(notation), "SPKI"),
            f"The bank's own key pin, written for {notation.value}; you said {{said}}. The "
            "spelling doesn’t say what was hashed: compare the 32 bytes. Pin.parse(…) reads any.",
        )
    stranger = Pin(Kind.KEY, sha256(parts(cast.other_issuing.certificate)["SPKI"]).digest())
    yield (
        *(bank, str(stranger), "something else"),
        "This pin belongs to another certificate; you said {said}. What matches none of the "
        'parts is "something else": don’t guess by elimination.',
    )
    renewed = cast.events["renew, same key"].identity.leaf
    old = Pin(Kind.CERTIFICATE, sha256(parts(bank)["certificate"]).digest())
    yield (
        *(renewed, str(old), "something else"),
        "This is the fingerprint of the certificate before the renewal, and you were given the one "
        "after it; you said {said}. Look at the certificate you’re given.",
    )


@judge("02", "what_was_hashed")
def what_was_hashed(answer: Any) -> str:
    """Judge a function from a certificate and a pin to the name of what was hashed."""
    names = ("SPKI", "certificate", "key bits", "PEM text", "something else")
    cast = story()
    for certificate, pin, right, message in _what_was_hashed_cases(cast):
        said = ask(answer, certificate, pin, when="given a certificate and then a pin")
        shown = repr(said)[:40]
        known = isinstance(said, str) and said in names
        expect(known, f"Answer one of {', '.join(names)}; this was {shown}.")
        expect(said == right, message.format(said=shown))
    return (
        "Ben hashed the whole certificate, Chloé the bare key bits, Dan the PEM text; Edith is "
        "right, in another notation. And you can tell them apart for other kinds of key."
    )
