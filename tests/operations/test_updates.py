"""Signed pin sets as they travel: what is signed, and that nothing else is read as a set."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import PinSet, certificate_pin, key_pin, story
from pinlib.errors import BadInput
from pinlib.operations.updates import (
    Audience,
    EitherKey,
    Enforcement,
    NotTaken,
    PinUpdate,
    Reason,
    genuine,
    sign,
)
from pinlib.scenes.cast import TODAY

CAST = story()
KEY = Ed25519PrivateKey.generate()
FIRST_PIN, SECOND_PIN = key_pin(CAST.bank.leaf), key_pin(CAST.backup)
SECOND = PinUpdate(
    *(2, PinSet.of(SECOND_PIN), TODAY - timedelta(10), TODAY + timedelta(80)),
    online=KEY.public_key().public_bytes_raw(),
)


def test_a_set_reads_back() -> None:
    """Every mode, several pins; the body is what is signed, whatever the order of its keys."""
    for mode in Enforcement:
        update = replace(SECOND, mode=mode, pins=PinSet.of(FIRST_PIN, SECOND_PIN))
        assert PinUpdate.read(update.body) == update
        assert sign(update, KEY).startswith(update.body)


SAID = json.loads(SECOND.body)


def test_a_body_says_for_whom_and_for_which_hosts_it_is() -> None:
    """Who signs for two apps, or for the ones under test, signs sets that cannot be mistaken."""
    assert SAID["app"] == "example.bank" and SAID["environment"] == "production"
    assert SAID["hosts"] == ["bank.example"]
    for audience in Audience("example.bank", "staging"), Audience("example.shop", "production"):
        assert replace(SECOND, audience=audience).body != SECOND.body
    assert replace(SECOND, hosts=("shop.example",)).body != SECOND.body


MISTAKES: list[tuple[str, object, Reason, str]] = [
    ("pins", [], Reason.FORM, "an empty pin set refuses everyone"),
    ("pins", ["sha256/AAAA"], Reason.NOTATION, ""),
    ("pins", dict.fromkeys(map(str, SECOND.pins)), Reason.TYPE, "pins is an object"),
    ("pins", str(SECOND_PIN), Reason.TYPE, 'pins is "sha256/'),
    ("pins", [3], Reason.TYPE, "pins is 3"),
    ("pins", [[str(SECOND_PIN)]], Reason.TYPE, "pins is a list"),
    ("version", "two", Reason.TYPE, 'version is "two"'),
    ("version", "3", Reason.TYPE, 'version is "3"'),
    ("version", True, Reason.TYPE, "version is true"),
    ("version", 3.0, Reason.TYPE, "version is 3.0"),
    ("version", 3.9, Reason.TYPE, "version is 3.9"),
    ("version", float("inf"), Reason.TYPE, "version is Infinity"),
    ("version", float("nan"), Reason.TYPE, "version is NaN"),
    ("version", None, Reason.TYPE, "version is null"),
    ("version", [3], Reason.TYPE, "version is a list"),
    ("version", [], Reason.TYPE, "version is a list"),
    ("version", {}, Reason.TYPE, "version is an object"),
    ("version", 0, Reason.FORM, "a version is a whole number, such as 7"),
    ("version", -3, Reason.FORM, "a version is a whole number, such as 7"),
    ("era", False, Reason.TYPE, "era is false"),
    ("era", 0, Reason.FORM, "a version is a whole number, such as 7"),
    ("issued", "0001-01-01T00:00:00+23:59", Reason.FORM, ""),
    ("expires", "9999-12-31T23:59:59-23:59", Reason.FORM, ""),
    ("expires", "2027-13-01", Reason.FORM, ""),
    ("expires", 1_811_000_000, Reason.TYPE, "expires is 1811000000"),
    ("expires", SAID["issued"], Reason.FORM, "a set ends after it begins"),
    ("issued", "2027-01-01T00:00:00", Reason.FORM, "a time needs a time zone"),
    ("mode", "perhaps", Reason.FORM, 'no "perhaps"'),
    ("mode", "ENFORCE", Reason.FORM, 'no "ENFORCE"'),
    ("mode", "oﬀ", Reason.FORM, 'no "oﬀ"'),  # a ligature, which in capitals is OFF
    ("mode", 3, Reason.TYPE, "mode is 3"),
    ("app", "", Reason.FORM, "give an audience an app and its environment"),
    ("environment", None, Reason.TYPE, "environment is null"),
    ("app", ["example.bank"], Reason.TYPE, "app is a list"),
    ("hosts", "bank.example", Reason.TYPE, 'hosts is "bank.example"'),
    ("hosts", [], Reason.FORM, "hosts are named bank.example or *.bank.example, not ''"),
    ("hosts", ["*"], Reason.FORM, "not '*'"),
    ("hosts", ["Bank.example"], Reason.FORM, "not 'Bank.example'"),
    ("hosts", ["bank.*"], Reason.FORM, "not 'bank.*'"),
    ("hosts", ["https://bank.example"], Reason.FORM, "not 'https://bank.example'"),
    ("online", "AAAA", Reason.FORM, "an Ed25519 key has 32 bytes"),
    ("online", "!", Reason.FORM, ""),
    ("online", None, Reason.TYPE, "online is null"),
    ("starts", "2027-06-01", Reason.UNKNOWN, 'It says "starts", which this app doesn’t know'),
    ("Version", 3, Reason.UNKNOWN, '"Version"'),
    ("\u202e" * 99, 3, Reason.UNKNOWN, "\\u202e"),
]


@pytest.mark.parametrize(
    ("field", "wrong", "reason", "told"),
    MISTAKES,
    ids=range(len(MISTAKES)),
)
def test_a_signed_mistake_is_no_set(field: str, wrong: object, reason: Reason, told: str) -> None:
    """The update key's owner errs too: the refusal shows what was seen, on one line."""
    with pytest.raises(NotTaken) as refused:
        PinUpdate.read(json.dumps({**SAID, field: wrong}).encode())
    assert refused.value.reason is reason
    assert told in str(refused.value)
    assert len(str(refused.value)) < 160 and str(refused.value).isprintable()


@pytest.mark.parametrize("name", SAID)
def test_a_set_says_everything_and_nothing_twice(name: str) -> None:
    """What is missing is told by its name, and what stands twice is nobody's to choose from."""
    less = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises(NotTaken, match=f'it has no "{name}"'):
        PinUpdate.read(json.dumps(less).encode())
    for again in SAID[name], "something else":
        twice = SECOND.body[:-1] + f', "{name}": {json.dumps(again)}}}'.encode()
        with pytest.raises(NotTaken, match=f'It says "{name}" twice') as refused:
            PinUpdate.read(twice)
        assert refused.value.reason is Reason.TWICE


OTHER_NOTATIONS = {
    "bare hex": SECOND_PIN.digest.hex(),
    "hex with colons": SECOND_PIN.digest.hex(":").upper(),
    "kubeadm": f"sha256:{SECOND_PIN.digest.hex()}",
    "bare base64": str(SECOND_PIN).removeprefix("sha256/"),
    "curl": str(SECOND_PIN).replace("/", "//", 1),
    "a blank": f" {SECOND_PIN}",
    "quotes": f'"{SECOND_PIN}"',
    "a line": f"{SECOND_PIN}\n",
    "a certificate": str(certificate_pin(CAST.bank.leaf)),
}


@pytest.mark.parametrize("notation", OTHER_NOTATIONS)
def test_a_pin_in_a_signed_set_is_written_in_one_way(notation: str) -> None:
    """Elsewhere any notation will do; here nobody looks on, and bare hex means a certificate."""
    with pytest.raises(NotTaken, match="bare hex would be read as a certificate pin") as refused:
        PinUpdate.read(
            json.dumps({**SAID, "pins": [str(FIRST_PIN), OTHER_NOTATIONS[notation]]}).encode()
        )
    assert refused.value.reason is Reason.NOTATION


def test_whoever_writes_a_set_is_told_what_could_not_be_read_back() -> None:
    """Before it is signed, not at ten thousand phones."""
    for wrong, told in [
        ({"version": True}, "a version is a whole number"),
        ({"era": 0}, "a version is a whole number"),
        ({"pins": PinSet.of(certificate_pin(CAST.bank.leaf))}, "pins keys, not certificates"),
        ({"hosts": ()}, "hosts are named bank.example"),
        ({"online": b"short"}, "an Ed25519 key has 32 bytes"),
        ({"expires": SECOND.issued}, "a set ends after it begins"),
    ]:
        with pytest.raises(BadInput, match=told):
            replace(SECOND, **wrong)
    with pytest.raises(BadInput, match="give an audience an app and its environment"):
        Audience("example.bank", "")


NO_OBJECTS = {
    "nothing": b"",
    "a list": b"[]",
    "a number": b"3",
    "a text": b'"{}"',
    "null": b"null",
    "UTF-16": SECOND.body.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + SECOND.body,
    "no UTF-8": b"\xff",
    "brackets without end": b"[" * 60_000,
    "two objects": SECOND.body + b"{}",
}


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_what_is_no_object_of_json_is_no_set(name: str) -> None:
    """In UTF-8 alone, which everybody reads alike; and nothing stands beside it."""
    with pytest.raises(NotTaken) as refused:
        PinUpdate.read(NO_OBJECTS[name])
    assert refused.value.reason is Reason.FORM


def test_a_number_too_large_for_any_version_is_no_set() -> None:
    """JSON has numbers that Python reads as infinity, and numbers that it does not read."""
    for number, reason in [
        *((b"1e999", Reason.TYPE), (b"-1e999", Reason.TYPE), (b"Infinity", Reason.TYPE)),
        (b"9" * 5000, Reason.FORM),
    ]:
        with pytest.raises(NotTaken) as refused:
            PinUpdate.read(SECOND.body.replace(b'"version": 2', b'"version": ' + number))
        assert refused.value.reason is reason


def test_a_host_is_covered_by_its_name_or_by_a_star_for_one_label() -> None:
    """As in OkHttp, whatever the case, and with the dot at the end that curl takes too."""
    update = replace(SECOND, hosts=("bank.example", "*.api.example"))
    for host in "bank.example", "Bank.Example", "bank.example.", "eu.api.example":
        assert update.covers(host), host
    for host in "api.example", "a.b.api.example", "www.bank.example", "bank.example.com", "", "*":
        assert not update.covers(host), host


@pytest.mark.parametrize("junk", [b" ", b"\n", b"!", b"\xff", b"="])
def test_a_signature_is_base64_and_nothing_else(junk: bytes) -> None:
    """One text for one set: nobody can write a second one that is genuine too."""
    text = sign(replace(SECOND, version=3), KEY)
    assert genuine(text, KEY.public_key())
    for changed in (text[:-10] + junk + text[-10:], text + junk):
        assert not genuine(changed, KEY.public_key())


def test_a_signature_is_written_in_one_way() -> None:
    """The last digit of its base64 has four bits that decode to nothing: another is not genuine."""
    text = sign(SECOND, KEY)
    spare = [text[:-3] + bytes([digit]) + b"==" for digit in b"ABCDQRSTghijwxyz"]
    assert [one for one in spare if genuine(one, KEY.public_key())] == [text]


def test_either_key_may_sign_and_no_third() -> None:
    """A threshold of one: whichever of the two is lost or stolen, the other is still believed."""
    offline, third = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    either = EitherKey((offline.public_key(), KEY.public_key()))
    assert genuine(sign(SECOND, KEY), either) and genuine(sign(SECOND, offline), either)
    assert not genuine(sign(SECOND, third), either)
    assert not genuine(sign(SECOND, KEY), EitherKey(()))


def test_whoever_asks_with_the_wrong_kind_of_key_is_not_told_that_it_is_no_signature() -> None:
    """The private key verifies nothing: that is a slip in a program, and no forged set."""
    with pytest.raises(AttributeError, match="verify"):
        genuine(sign(SECOND, KEY), KEY)  # type: ignore[arg-type]
