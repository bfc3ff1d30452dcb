"""Others judge the same connections: pyOpenSSL chain and date, `ssl` the name, hashlib the pins.

Nothing here asks pinlib whether a check holds; it only compares the answers.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from OpenSSL import crypto

from pinlib import Authority, Cast, Event, Identity, Outcome, Strategy, Tls
from pinlib.scenes.cast import HOST
from pinlib.tls.certificates import Validity, ed25519_key, p256, p384, rsa2048, rsa3072

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python has no name for
STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
ERR_EXPIRED, ERR_NOT_YET = 10, 9


def _openssl_path(event: Event, date: datetime) -> tuple[list[x509.Certificate] | None, int | None]:
    """Return the path OpenSSL finds at a date, or the code of its error."""
    store = crypto.X509Store()
    device = event.device()
    for root in device.anchors:
        store.add_cert(crypto.X509.from_cryptography(root))
    store.set_time(date)
    leaf, *rest = (crypto.X509.from_cryptography(one) for one in event.identity.chain)
    context = crypto.X509StoreContext(store, leaf, rest)
    try:
        return [one.to_cryptography() for one in context.get_verified_chain()], None
    except crypto.X509StoreContextError as error:
        return None, error.errors[0]


def _ssl_handshake(
    identity: Identity, roots: tuple[x509.Certificate, ...], tls: Tls, flags: int
) -> ssl.SSLError | None:
    """Let stdlib `ssl` shake hands in memory, and return its error or None."""
    version = {Tls.V1_2: ssl.TLSVersion.TLSv1_2, Tls.V1_3: ssl.TLSVersion.TLSv1_3}[tls]
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= flags
    client.minimum_version = client.maximum_version = version
    for root in roots:
        client.load_verify_locations(cadata=root.public_bytes(Encoding.PEM).decode())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = identity.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"test")
    )
    pem += b"".join(one.public_bytes(Encoding.PEM) for one in identity.chain)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(pem)
        server.load_cert_chain(file, password=b"test")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (ours, theirs):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                return error
    return None


def _sha256_of_spki(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).digest()


def _pinned(cast: Cast, strategy: Strategy, path: list[x509.Certificate]) -> bool:
    """Say by hashlib alone whether an app that pinned the bank's first chain accepts this path."""
    leaf, intermediate = cast.bank.chain
    if strategy is Strategy.NONE:
        return True
    if strategy is Strategy.LEAF_CERTIFICATE:
        want = leaf.fingerprint(leaf.signature_hash_algorithm)
        return any(one.fingerprint(leaf.signature_hash_algorithm) == want for one in path)
    backup = cast.backup.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    wanted = {
        Strategy.LEAF_KEY: {_sha256_of_spki(leaf)},
        Strategy.LEAF_KEY_AND_BACKUP: {_sha256_of_spki(leaf), hashlib.sha256(backup).digest()},
        Strategy.INTERMEDIATE_KEY: {_sha256_of_spki(intermediate)},
        Strategy.ROOT_KEY: {_sha256_of_spki(cast.root.certificate)},
    }[strategy]
    return any(_sha256_of_spki(one) in wanted for one in path)


def test_three_other_judges_agree_on_every_event(cast: Cast, tls: Tls) -> None:
    """Chain and date by pyOpenSSL, the name by `ssl`, the pins by hashlib: all say the same."""
    for event in cast.events.values():
        path, error = _openssl_path(event, event.date)
        handshake = None
        if not event.identity.is_copy:
            anchors = event.device().anchors
            handshake = _ssl_handshake(event.identity, anchors, tls, NO_CHECK_TIME)
        for strategy in Strategy:
            verdict = event.verdict(strategy, tls)
            at = (event.name, strategy.value, verdict.outcome, error, handshake)
            if verdict.outcome is Outcome.REFUSED_BY_KEY:
                assert path, at  # a copied certificate has a path; only the handshake tells
                continue
            if error is not None:
                dated = error in (ERR_EXPIRED, ERR_NOT_YET)
                expected = Outcome.REFUSED_BY_DATE if dated else Outcome.REFUSED_BY_CHAIN
            elif handshake is not None:
                assert isinstance(handshake, ssl.SSLCertVerificationError), at
                assert "Hostname mismatch" in handshake.verify_message, at
                expected = Outcome.REFUSED_BY_NAME
            else:
                pinned = _pinned(cast, strategy, path or [])
                expected = Outcome.CONNECTED if pinned else Outcome.REFUSED_BY_PIN
            assert verdict.outcome is expected, at


def test_the_verified_chain_is_the_one_openssl_builds(cast: Cast) -> None:
    """Where both accept, both lead through the same certificates to the same root."""
    for event in cast.events.values():
        verdict, (path, _) = event.verdict(), _openssl_path(event, event.date)
        if verdict.connected:
            assert list(verdict.verified) == path, event.name


NOW = datetime.now(UTC)
AROUND_NOW = Validity.days(NOW.replace(month=1, day=1), 700)


def _identities() -> dict[str, tuple[Identity, x509.Certificate]]:
    root = Authority.root("Root", valid=AROUND_NOW)
    issuing = root.intermediate("Issuing", valid=AROUND_NOW)
    other = Authority.root("Other", valid=AROUND_NOW)
    crossed = other.cross_sign(issuing, valid=AROUND_NOW)
    crossed_root = other.cross_sign(root, valid=AROUND_NOW)
    offhand = Authority.offhand("Proxy")
    keys = {"P-256": p256, "P-384": p384, "RSA-2048": rsa2048, "RSA-3072": rsa3072}
    made = {
        name: (issuing.issue(HOST, valid=AROUND_NOW, key=key), root.certificate)
        for name, key in (keys | {"Ed25519": ed25519_key}).items()
    }
    first = made["P-256"][0]
    return made | {
        "from the root itself": (root.issue(HOST, valid=AROUND_NOW), root.certificate),
        "two intermediates": (
            issuing.intermediate("Below", valid=AROUND_NOW).issue(HOST, valid=AROUND_NOW),
            root.certificate,
        ),
        "renewed": (issuing.renew(first, valid=AROUND_NOW), root.certificate),
        "cross-signed": (crossed.issue(HOST, valid=AROUND_NOW), other.certificate),
        "cross-signed root": (
            first.presenting(crossed_root.certificate),
            other.certificate,
        ),
        "offhand": (offhand.issue(HOST, valid=AROUND_NOW), offhand.certificate),
        "offhand, intermediate": (
            offhand.intermediate("Below", valid=AROUND_NOW).issue(HOST, valid=AROUND_NOW),
            offhand.certificate,
        ),
    }


IDENTITIES = _identities()


@pytest.mark.parametrize("what", IDENTITIES)
def test_the_strictest_client_accepts_every_lab_chain(what: str, tls: Tls) -> None:
    """Python 3.13's default flags, today and the host name all hold for our certificates."""
    identity, root = IDENTITIES[what]
    assert _ssl_handshake(identity, (root,), tls, STRICT) is None


def test_the_strictest_client_is_strict(tls: Tls) -> None:
    """The judge of the test above does refuse: a stranger's root, and another name."""
    identity, root = IDENTITIES["P-256"]
    stranger = Authority.root("Stranger", valid=AROUND_NOW).certificate
    error = _ssl_handshake(identity, (stranger,), tls, STRICT)
    assert isinstance(error, ssl.SSLCertVerificationError)
    shop = Authority.root("Shop", valid=AROUND_NOW)
    elsewhere = shop.issue("shop.example", valid=AROUND_NOW)
    error = _ssl_handshake(elsewhere, (shop.certificate,), tls, STRICT)
    assert isinstance(error, ssl.SSLCertVerificationError)
    assert "Hostname mismatch" in error.verify_message
    assert root != stranger
