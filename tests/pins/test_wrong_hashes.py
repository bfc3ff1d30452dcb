"""Hashes of the wrong bytes: each is recognised, none is taken for another."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pinlib.encoding.files import documents
from pinlib.errors import BadPin
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import Pin, certificate_pin, key_pin, key_pins
from pinlib.pins.published import public_roots
from pinlib.pins.wrong_hashes import (
    FAMOUS,
    Hashed,
    candidates,
    is_placeholder,
    parts,
    recognise,
    where,
)
from pinlib.scenes.cast import TODAY, Cast, story
from pinlib.tls.certificates import Identity, Validity, ed25519_key, p384, request, rsa2048

OPENSSL = shutil.which("openssl")
openssl = pytest.mark.skipif(not OPENSSL, reason="openssl is not on the PATH")


def okhttp(content: bytes) -> str:
    """Return the SHA-256 of some bytes as an OkHttp pin, computed by nothing of ours."""
    return f"sha256/{b64encode(sha256(content).digest()).decode()}"


@pytest.fixture(params=["P-256", "P-384", "RSA", "Ed25519"])
def server(request: pytest.FixtureRequest, cast: Cast) -> Identity:
    """Return a server with a key of each kind."""
    kinds = {"P-384": p384, "RSA": rsa2048, "Ed25519": ed25519_key}
    if request.param == "P-256":
        return cast.bank
    return cast.issuing.issue(
        "bank.example", valid=Validity.days(TODAY, 90), key=kinds[request.param]
    )


def test_each_wrong_hash_is_recognised(server: Identity) -> None:
    """Bytes made by cryptography alone, for every kind of key."""
    leaf, public = server.leaf, server.leaf.public_key()
    info = PublicFormat.SubjectPublicKeyInfo
    made = {
        Hashed.SPKI: public.public_bytes(Encoding.DER, info),
        Hashed.CERTIFICATE: leaf.public_bytes(Encoding.DER),
        Hashed.PEM: public.public_bytes(Encoding.PEM, info),
        Hashed.TBS: leaf.tbs_certificate_bytes,
    }
    for hashed, content in made.items():
        (found,) = recognise(okhttp(content), documents(leaf))
        assert found.hashed is hashed
        assert found.matches is (hashed is Hashed.SPKI)
        assert found.notation is Notation.OKHTTP
    bits = parts(leaf)["key bits"]
    assert recognise(okhttp(bits), documents(leaf))[0].hashed is Hashed.KEY_BITS
    assert made[Hashed.SPKI].endswith(bits)


def test_pem_is_recognised_however_its_lines_end(cast: Cast) -> None:
    """With and without the last line end, with those of Windows, and as bare base64."""
    leaf = cast.bank.leaf
    key = leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for whose, text in {
        "of the certificate": leaf.public_bytes(Encoding.PEM),
        "of the public key": key,
    }.items():
        body = b"".join(text.split(b"\n")[1:-2])
        for detail, content in {
            whose: text,
            f"{whose}, without its final newline": text.rstrip(b"\n"),
            f"{whose}, with Windows line endings": text.replace(b"\n", b"\r\n"),
            f"{whose}, its base64 alone": body,
        }.items():
            (found,) = recognise(okhttp(content), documents(leaf))
            assert (found.hashed, found.detail) == (Hashed.PEM, detail)


@openssl
def test_openssls_own_slips_are_recognised(cast: Cast) -> None:
    """The pipeline without its DER step, and the digest of a .pem file, as openssl prints them."""
    pem = cast.bank.leaf.public_bytes(Encoding.PEM)

    def run(*words: str, given: bytes) -> bytes:
        return subprocess.run(
            [str(OPENSSL), *words], input=given, capture_output=True, check=True
        ).stdout

    text = run("x509", "-pubkey", "-noout", given=pem)
    for given, detail in {text: "of the public key", pem: "of the certificate"}.items():
        printed = run("dgst", "-sha256", given=given).decode()
        (found,) = recognise(printed, documents(cast.bank.leaf))
        assert (found.hashed, found.detail) == (Hashed.PEM, detail)
        assert not found.matches


def test_a_notation_decides_whether_a_hash_of_the_right_bytes_matches(cast: Cast) -> None:
    """A certificate's hash is right as a fingerprint, and wrong in the clothes of a key pin."""
    leaf = cast.bank.leaf
    key, whole = key_pin(leaf), certificate_pin(leaf)
    for notation in Notation:
        as_key = recognise(Pin(Kind.KEY, whole.digest).write(notation), documents(leaf))[0]
        assert as_key.hashed is Hashed.CERTIFICATE
        assert as_key.matches is (notation in {Notation.HEX, Notation.COLON_HEX})
        right = recognise(key.write(notation), documents(leaf))[0]
        assert right.hashed is Hashed.SPKI
        assert right.matches
    tlsa = Pin(Kind.CERTIFICATE, key.digest).write(Notation.TLSA)
    assert not recognise(tlsa, documents(leaf))[0].matches
    assert recognise(whole.write(Notation.TLSA), documents(leaf))[0].matches


def test_a_strangers_pin_is_recognised_as_nothing(cast: Cast) -> None:
    """No guess is made where nothing fits; the notation is told all the same."""
    (found,) = recognise(
        key_pin(cast.root.certificate).write(Notation.CURL), documents(cast.bank.leaf)
    )
    assert (found.hashed, found.matches, found.notation) == (None, False, Notation.CURL)


def test_a_pin_of_another_certificate_of_the_file_is_told_by_its_number(cast: Cast) -> None:
    """Whoever pinned the intermediate by mistake learns which one it was."""
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in cast.verified)
    found = documents(pem)
    for first in range(3):
        seen = [recognise(str(pin), found, first=first)[0] for pin in key_pins(pem)]
        assert [one.number for one in seen] == [0, 1, 2]
        assert all(one.matches for one in seen)


def test_the_document_that_is_looked_at_comes_first(cast: Cast) -> None:
    """Where two certificates share a key, the one on screen is the one that is told."""
    pem = cast.bank.leaf.public_bytes(Encoding.PEM) * 2
    for first in range(2):
        assert (
            recognise(str(key_pin(cast.bank.leaf)), documents(pem), first=first)[0].number == first
        )


def test_several_pins_are_told_each(cast: Cast) -> None:
    """A curl option with a backup is two answers, in its order."""
    leaf, backup = key_pin(cast.bank.leaf), key_pin(cast.backup)
    text = f"{leaf.write(Notation.CURL)};{backup.write(Notation.CURL)}"
    assert [one.hashed for one in recognise(text, documents(cast.bank.leaf))] == [Hashed.SPKI, None]
    with pytest.raises(BadPin):
        recognise("nonsense;more of it", documents(cast.bank.leaf))


@pytest.mark.parametrize(
    "text",
    [
        "kubeadm join 127.0.0.1:6443 --discovery-token-ca-cert-hash sha256:{hex}",
        "curl --pinnedpubkey 'sha256//{b64}' https://bank.example/",
        '    .add("bank.example", "sha256/{b64}")',
        "<dict><key>SPKI-SHA256-BASE64</key><string>{b64}</string></dict>",
        '<domain>bank.example</domain><pin-set><pin digest="SHA-256">{b64}</pin></pin-set>',
        "(stdin)= {hex}",
        "SHA-256 {colons} and more",
    ],
)
def test_a_pin_is_found_in_what_it_is_part_of(cast: Cast, text: str) -> None:
    """People paste a command, a line of their program, a page of XML."""
    pin = key_pin(cast.bank.leaf)
    filled = text.format(
        hex=pin.digest.hex(),
        b64=pin.write(Notation.BASE64),
        colons=pin.write(Notation.COLON_HEX),
    )
    assert [one.hashed for one in recognise(filled, documents(cast.bank.leaf))] == [Hashed.SPKI]


def test_the_file_itself_may_have_been_hashed(cast: Cast) -> None:
    """sha256sum of a bundle is the hash of a file, and of no certificate in it."""
    pem = b"# ours\n" + cast.bank.leaf.public_bytes(Encoding.PEM)
    digest = sha256(pem).digest()
    assert recognise(digest.hex(), documents(pem))[0].hashed is None
    assert recognise(digest.hex(), documents(pem), file=digest)[0].hashed is Hashed.FILE


def test_no_two_candidates_are_the_same_bytes(server: Identity) -> None:
    """So a recognised hash has one story only."""
    for one in server.chain:
        digests = [candidate.digest for candidate in candidates(documents(one)[0])]
        assert len(set(digests)) == len(digests) == 28


def test_keys_and_requests_have_fewer_candidates(cast: Cast) -> None:
    """What has no certificate cannot have been hashed as one."""
    hashed = {one.hashed for one in candidates(documents(cast.backup)[0])}
    assert hashed == {Hashed.SPKI, Hashed.KEY_BITS, Hashed.PEM, Hashed.SPELLED}
    assert set(parts(cast.backup)) == {"SPKI", "key bits", "PEM text"}


def test_a_recognised_hash_has_its_place_in_the_map(cast: Cast) -> None:
    """What was hashed can be marked; PEM text is no part of the DER, and has no place."""
    (leaf,) = documents(cast.bank.leaf)
    for one in candidates(leaf):
        part = where(one.hashed, leaf)
        if one.hashed in {Hashed.PEM, Hashed.SPELLED}:
            assert part is None
        else:
            assert part is not None
            assert leaf.der[part.bytes] == one.content


def test_every_slip_has_a_story() -> None:
    """A sentence for each, and the three famous ones are wrong."""
    assert all(hashed.story.endswith(".") for hashed in Hashed)
    assert Hashed.SPKI not in FAMOUS


def test_the_file_is_only_named_where_nothing_better_is(cast: Cast) -> None:
    """sha256sum of a DER file is its fingerprint; of a bundle it belongs to the one looked at."""
    der = cast.bank.leaf.public_bytes(Encoding.DER)
    digest = sha256(der).digest()
    assert recognise(digest.hex(), documents(der), file=digest)[0].hashed is Hashed.CERTIFICATE
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in cast.verified)
    digest = sha256(chain).digest()
    assert recognise(digest.hex(), documents(chain), first=2, file=digest)[0].number == 2


def test_a_requests_slips_are_recognised(cast: Cast) -> None:
    """A backup pin is computed from a request, and can go wrong in the same ways."""
    made = request("bank.example", cast.backup)
    for content, hashed, detail in (
        (made.public_bytes(Encoding.PEM), Hashed.PEM, "of the request"),
        (made.tbs_certrequest_bytes, Hashed.TBS, ""),
    ):
        (found,) = recognise(sha256(content).hexdigest(), documents(made))
        assert (found.hashed, found.detail) == (hashed, detail)


def test_each_story_is_of_its_own_bytes() -> None:
    """Advice for one slip under the name of another would be worse than none."""
    words = {
        Hashed.CERTIFICATE: "fingerprint",
        Hashed.KEY_BITS: "header",
        Hashed.PEM: ".pem",
        Hashed.TBS: "CA signed",
        Hashed.FILE: "file",
    }
    assert all(word in hashed.story for hashed, word in words.items())


def written(digest: bytes) -> tuple[str, ...]:
    """Write 32 bytes in every notation."""
    return tuple(Pin(Kind.KEY, digest).write(notation) for notation in Notation)


@openssl
@pytest.mark.parametrize(
    ("pipeline", "hashed", "detail"),
    [
        ("openssl x509 -in missing -pubkey -noout 2>/dev/null", Hashed.NOTHING, ""),
        ("echo", Hashed.LINE_END, ""),
        (r"printf '\r\n'", Hashed.LINE_END, "as Windows writes it"),
    ],
)
def test_a_pipeline_whose_first_step_failed_is_recognised(
    cast: Cast, pipeline: str, hashed: Hashed, detail: str
) -> None:
    """Run in a shell: what reaches the hash is nothing, or the end of a line."""
    for last in ("-binary | openssl base64", "-hex"):
        printed = subprocess.run(
            ["/bin/sh", "-c", f"{pipeline} | openssl dgst -sha256 {last}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        (found,) = recognise(printed, documents(cast.bank.leaf))
        assert (found.hashed, found.detail, found.matches) == (hashed, detail, False)
        assert "step" in found.hashed.story


def test_the_famous_hash_of_nothing_is_that() -> None:
    """As it stands in a published sample, and in hex."""
    nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    (leaf,) = documents(story().bank.leaf)
    for text in (nothing, f"sha256/{nothing}", *written(sha256().digest())):
        assert recognise(text, [leaf])[0].hashed is Hashed.NOTHING


@pytest.mark.parametrize(
    "digest",
    [
        bytes(32),
        b"\xff" * 32,
        b"\x04\x10\x41" * 10 + b"\x04\x10",  # BBBB…
        bytes.fromhex("0123456789abcdef" * 4),
        bytes.fromhex("deadbeef" * 8),
        bytes(range(32)),
        bytes(range(32, 0, -1)),
    ],
    ids=lambda digest: digest.hex()[:8],
)
def test_a_placeholder_is_recognised(cast: Cast, digest: bytes) -> None:
    """No hash repeats itself after a few bytes, or counts: somebody typed these."""
    for text in written(digest):
        (found,) = recognise(text, documents(cast.bank.leaf))
        assert (found.hashed, found.matches) == (Hashed.PLACEHOLDER, False)


def test_no_hash_is_taken_for_a_placeholder() -> None:
    """Ten thousand of them, and every public root's."""
    for number in range(10_000):
        assert not is_placeholder(sha256(str(number).encode()).digest())
    assert not any(is_placeholder(key_pin(der).digest) for der in public_roots().values())


def chain_hash(certificates: list[bytes]) -> bytes:
    """Compute what V2Ray and Xray pin, as transport/internet/tls/pin.go does, one after another."""
    value = b""
    for certificate in certificates:
        out = sha256(certificate).digest()
        value = sha256(value + out).digest() if value else out
    return value


def test_a_hash_of_the_whole_chain_is_recognised(cast: Cast) -> None:
    """Of the chain as it was sent, and of the first of a file that holds the root too."""
    ders = [one.public_bytes(Encoding.DER) for one in cast.verified]
    chain = [documents(der)[0] for der in ders]
    for count in (2, 3):
        (found,) = recognise(b64encode(chain_hash(ders[:count])).decode(), chain)
        assert (found.hashed, found.detail) == (Hashed.CHAIN, f"the first {count} certificates")
        assert not found.matches
    assert recognise(chain_hash(ders[:1]).hex(), chain)[0].hashed is Hashed.CERTIFICATE
    assert recognise(chain_hash(ders[::-1]).hex(), chain)[0].hashed is None
    key = documents(cast.backup.public_key())  # keys beside certificates are no part of a chain
    assert recognise(chain_hash(ders[:2]).hex(), [*key, *chain])[0].hashed is Hashed.CHAIN


def test_what_was_shown_is_told_from_what_is_pinned(cast: Cast) -> None:
    """OkHttp's exception: each pin is held against the file, and knows on which side it stood."""
    leaf, issuing = (key_pin(one) for one in cast.verified[:2])
    text = (
        f"Certificate pinning failure!\n  Peer certificate chain:\n    {leaf}: CN=bank.example\n"
        f"    {issuing}: CN=Lab Issuing CA\n  Pinned certificates for bank.example:\n"
        f"    {key_pin(cast.backup)}"
    )
    found = recognise(text, documents(cast.bank.leaf))
    assert [(one.shown, one.hashed) for one in found] == [
        (False, None),
        (True, Hashed.SPKI),
        (True, None),
    ]


def test_every_hash_has_a_name_and_a_story() -> None:
    """A placeholder is no hash of anything, and is not called one."""
    for hashed in Hashed:
        assert hashed.told.startswith("a hash of ") is (hashed is not Hashed.PLACEHOLDER)


def test_a_record_with_another_usage_matches_nothing(cast: Cast) -> None:
    """Usage 2 is never found at a leaf, nor 3 at a CA: RFC 7671, section 5."""
    chain = [documents(one)[0] for one in cast.verified]
    for one in cast.verified:
        for authority in (False, True):
            record = key_pin(one).write(Notation.TLSA, authority=authority)
            (found,) = recognise(record, chain)
            assert found.hashed is Hashed.SPKI
            assert found.matches is (authority is (one is not cast.bank.leaf))
