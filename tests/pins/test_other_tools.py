"""What `pin --as` writes, judged by the tools it is written for, at a bank of ours on loopback."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pinlib import Notation, certificate_pin, key_pin
from pinlib.__main__ import main
from pinlib.encoding.files import documents
from pinlib.pins.pins import Pin, PinSet, is_authority
from pinlib.pins.published import public_roots
from pinlib.scenes.cast import HOST, Cast
from pinlib.tls.certificates import Identity, Validity, p256
from pinlib.tls.sockets import Door, bank_door

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on the PATH")
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")


NOW = Validity.days(datetime.now(UTC).replace(microsecond=0) - timedelta(days=1), 90)


@pytest.fixture(scope="module")
def bank(cast: Cast) -> Identity:
    """Renew the bank's certificate for today: tools ask this computer's clock."""
    return cast.issuing.renew(cast.bank, valid=NOW)


@pytest.fixture(scope="module")
def door(bank: Identity) -> Iterator[Door]:
    """Open the bank on loopback."""
    with bank_door(bank) as opened:
        yield opened


@pytest.fixture
def chain(bank: Identity, cast: Cast, tmp_path: Path) -> dict[str, Path]:
    """Save what the bank shows, and its root, each certificate in a file of its own."""
    leaf, issuing = bank.chain
    found = {"leaf": leaf, "issuing": issuing, "root": cast.root.certificate}
    for name, one in found.items():
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    return {name: tmp_path / f"{name}.pem" for name in found}


def written(
    capsys: pytest.CaptureFixture[str], tool: str, *files: Path, of: str = ""
) -> tuple[str, str]:
    """Return what the command prints, and what it says beside that."""
    assert main(["pin", "--as", tool, *(["--of", of] if of else []), *map(str, files)]) == 0
    out, err = capsys.readouterr()
    return out.rstrip("\n"), err


@needs_curl
@pytest.mark.parametrize(("name", "status"), [("leaf", 0), ("issuing", 90), ("root", 90)])
def test_curl_takes_the_leafs_pin_alone(
    door: Door,
    chain: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
    name: str,
    status: int,
) -> None:
    """The pin of a CA, though it stands in the very chain, ends in 90, as standard error says."""
    pin, said = written(capsys, "curl", chain[name])
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--cacert", str(chain["root"])),
            *("--resolve", f"{HOST}:{door.port}:127.0.0.1", "--pinnedpubkey", pin),
            f"https://{HOST}:{door.port}/",
        ],
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert ("exit code 90" in said) is (status == 90)
    assert said.count("\n") == (status == 90)


@needs_openssl
@pytest.mark.parametrize("of", ["key", "certificate"])
@pytest.mark.parametrize("name", ["leaf", "issuing"])
def test_openssl_verifies_the_tlsa_record(
    door: Door, chain: dict[str, Path], capsys: pytest.CaptureFixture[str], name: str, of: str
) -> None:
    """Usage 3 with the leaf and 2 with the CA, and neither the other way about (RFC 7671)."""
    record, said = written(capsys, "tlsa", chain[name], of=of)
    assert said == ""
    assert record.startswith("3 " if name == "leaf" else "2 ")
    other = record.replace(record[:2], "2 " if name == "leaf" else "3 ", 1)
    for one, verified in {record: True, other: False}.items():
        done = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{door.port}"),
                *("-servername", HOST, "-verify_hostname", HOST, "-verify_return_error"),
                *("-dane_tlsa_domain", HOST, "-dane_tlsa_rrdata", one),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ("Verification: OK" in done.stdout) is verified, done.stdout + done.stderr
        assert ("Verified peername: bank.example" in done.stdout) is verified


def test_a_set_for_tlsa_has_the_usage_of_each(
    chain: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Leaf and CA in one file: each record has a usage of its own, each selector says the kind."""
    key, _ = written(capsys, "tlsa", *chain.values())
    assert [line[:6] for line in key.splitlines()] == ["3 1 1 ", "2 1 1 ", "2 1 1 "]
    whole, _ = written(capsys, "tlsa", *chain.values(), of="certificate")
    assert [line[:6] for line in whole.splitlines()] == ["3 0 1 ", "2 0 1 ", "2 0 1 "]


def test_who_checks_the_leaf_alone_is_told_by_name(
    chain: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Tools that look at any certificate of the chain take a CA's pin in silence."""
    for tool in ("curl", "hex"):
        _, said = written(capsys, tool, *chain.values())
        assert "Lab Issuing CA, Lab Root" in said
        assert "bank.example" not in said
        assert ("90" in said) is (tool == "curl")
        assert written(capsys, tool, chain["leaf"])[1] == ""
    for tool in ("okhttp", "hpkp", "android", "base64", "kubeadm", "tlsa"):
        assert written(capsys, tool, *chain.values())[1] == ""


def test_a_cas_name_cannot_write_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cast: Cast
) -> None:
    """What a certificate calls itself is spelled out."""
    evil = cast.root.intermediate("x\x1b[2Jy", valid=NOW).certificate
    (tmp_path / "evil.pem").write_bytes(evil.public_bytes(Encoding.PEM))
    _, said = written(capsys, "curl", tmp_path / "evil.pem")
    assert "\x1b" not in said
    assert "exit code 90" in said


def _self_signed(*extensions: x509.ExtensionType) -> x509.Certificate:
    key = p256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "one of its own")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW.starts, NOW.ends)
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return builder.sign(key, hashes.SHA256())


def test_what_is_an_authority(bank: Identity, cast: Cast) -> None:
    """A CA is one that may sign others; a server that signed itself is still a server.

    `openssl req -x509` marks what it makes as a CA, the names of a server in it or not.
    """
    may = x509.BasicConstraints(ca=True, path_length=None)
    server = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    for certificate, answer in (
        (bank.leaf, False),
        (cast.issuing.certificate, True),
        (cast.root.certificate, True),
        (_self_signed(may), True),
        (_self_signed(may, server), False),
        (_self_signed(server), False),
        (_self_signed(), False),
    ):
        assert is_authority(documents(certificate)[0]) is answer
    assert all(is_authority(documents(der)[0]) for der in public_roots().values())
    assert not is_authority(documents(cast.backup.public_key())[0])


def test_a_set_is_told_which_pins_are_a_cas(cast: Cast) -> None:
    """Only TLSA says it; everybody else's notation is the same for both."""
    leaf, ca = key_pin(cast.bank.leaf), key_pin(cast.issuing.certificate)
    both = PinSet.of(leaf, ca)
    for notation in Notation:
        as_written = both.write(notation, authorities={ca})
        if notation is Notation.TLSA:
            assert as_written == f"3 1 1 {leaf.digest.hex()}\n2 1 1 {ca.digest.hex()}"
        else:
            assert as_written == both.write(notation)
    whole = certificate_pin(cast.root.certificate)
    assert whole.write(Notation.TLSA, authority=True) == f"2 0 1 {whole.digest.hex()}"
    assert Pin.parse(whole.write(Notation.TLSA, authority=True)) == whole
