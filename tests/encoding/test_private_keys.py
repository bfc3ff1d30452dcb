"""A private key's pin: that of its own certificate and request, and openssl is the judge."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pinlib.encoding.files import documents
from pinlib.errors import NotReadable
from pinlib.pins.pins import key_pin

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")

RSA = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
PSS = "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"
MINDED = "-pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256"
DSA = "genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024"

# How openssl makes a key of each kind: each step reads what the one before it wrote.
KINDS = {
    "RSA": RSA,
    "RSA, PKCS#1": f"{RSA} | rsa -traditional",
    "RSA, e=3": f"{RSA} -pkeyopt rsa_keygen_pubexp:3",
    "RSA, 512 bits": "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:512",
    "RSA, three primes": f"{RSA} -pkeyopt rsa_keygen_primes:3",
    "RSA, three primes, PKCS#1": f"{RSA} -pkeyopt rsa_keygen_primes:3 | rsa -traditional",
    "RSA-PSS": PSS,
    "RSA-PSS, its hash": f"{PSS} {MINDED}",
    "RSA-PSS, its hash and salt": f"{PSS} {MINDED} -pkeyopt rsa_pss_keygen_saltlen:32",
    "Ed25519": "genpkey -algorithm ED25519",
    "Ed448": "genpkey -algorithm ED448",
    "X25519": "genpkey -algorithm X25519",
    "X448": "genpkey -algorithm X448",
    "SM2": "genpkey -algorithm SM2",
    "DSA": f"{DSA} | genpkey -paramfile /dev/stdin",
    "DSA, traditional": f"{DSA} | genpkey -paramfile /dev/stdin | dsa",
    "DH": "genpkey -algorithm DH -pkeyopt group:ffdhe2048",
    "DH, X9.42": "genpkey -algorithm DHX -pkeyopt dh_rfc5114:2",
}
# Where bits or parameters cannot be known.  (Some curves without a public part can: see below.)
REFUSED = re.compile("no public part|explicit, (compressed|hybrid)|^DH")
CURVES = ("P-256", "brainpoolP384t1", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "sect233k1")
AT_ONCE = CURVES[:2]  # one that every library knows, and one that cryptography does not
VARIANTS = {
    "": "",
    ", traditional": " | ec",
    ", compressed": " | pkey -ec_conv_form compressed",
    ", hybrid": " | pkey -ec_conv_form hybrid",
    ", compressed, traditional": " | ec -conv_form compressed",
    ", hybrid, traditional": " | ec -conv_form hybrid",
    ", no public part": " | ec -no_public | pkcs8 -topk8 -nocrypt",
    ", no public part, traditional": " | ec -no_public",
    ", compressed, no public part": " | ec -conv_form compressed -no_public",
    ", explicit": " | pkey -ec_param_enc explicit",
    ", explicit, traditional": " | ec -param_enc explicit",
    ", explicit, compressed": " | pkey -ec_param_enc explicit -ec_conv_form compressed",
    ", explicit, hybrid": " | pkey -ec_param_enc explicit -ec_conv_form hybrid",
    ", explicit, no public part": " | ec -param_enc explicit -no_public",
    ", explicit, compressed, no public part": (
        " | ec -param_enc explicit -conv_form compressed -no_public"
    ),
}
KINDS |= {
    f"{curve}{variant}": f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve}{steps}"
    for curve in CURVES
    for variant, steps in VARIANTS.items()
}


def openssl(command: str, given: bytes = b"") -> bytes:
    """Return what openssl writes, or nothing where it refuses."""
    words = [shutil.which("openssl") or "", *shlex.split(command)]
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def made(kind: str) -> bytes:
    """Return a new key of this kind."""
    text = b""
    for step in KINDS[kind].split(" | "):
        text = openssl(step, text)
    if not text:
        pytest.skip(f"this openssl cannot make {kind}")
    return text


def command_in(sentence: str) -> str:
    """Return the command that a sentence ends with."""
    return sentence.rpartition(": ")[2]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] if kind.startswith(CURVES[2:]) else [])
        for kind in KINDS
    ],
)
def test_a_private_keys_pin_is_that_of_its_own_certificate_and_request(
    kind: str, tmp_path: Path
) -> None:
    """What openssl calls its public half is hashed; a key that can sign is in papers of its own.

    Where the half has to be computed and cannot be, the sentence has the command that does it.
    """
    key, file = made(kind), tmp_path / "server.key"
    file.write_bytes(key)
    half = openssl("pkey -pubout -outform DER", key)
    expected = sha256(half).digest()
    assert key_pin(half).digest == expected
    papers = [
        openssl(f"{paper} -key {shlex.quote(str(file))} -subj /CN=bank.example")
        for paper in ("req -new", "req -new -x509")
    ]
    assert {key_pin(paper).digest for paper in papers if paper} <= {expected}
    assert all(papers) or kind.startswith(("X", "DH", "RSA, 512"))
    for given in (key, openssl("pkey -outform DER", key)):
        file.write_bytes(given)
        try:
            assert key_pin(given).digest == key_pin(file).digest == expected
        except NotReadable as refused:
            assert REFUSED.search(kind), kind
            command = command_in(str(refused)).replace("FILE", shlex.quote(file.name))
            subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True)
            assert key_pin(tmp_path / "public.pem").digest == expected


def test_what_the_library_loads_is_not_refused() -> None:
    """Public parts that are left out are computed wherever the curve is known."""
    for kind in ("P-256, no public part", "P-256, explicit, no public part", "Ed25519", "DSA"):
        assert key_pin(made(kind))


def test_a_public_half_beside_the_private_one_is_taken_as_it_stands() -> None:
    """As ring and Java write an Ed25519 key (RFC 5958): openssl 3.0 and cryptography read none."""
    key = ed25519.Ed25519PrivateKey.generate()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    half = b"\x81\x21\x00" + key.public_key().public_bytes_raw()
    version_2 = bytes([0x30, len(plain) - 2 + len(half), 2, 1, 1]) + plain[5:] + half
    assert key_pin(version_2) == key_pin(key)


def test_a_compressed_point_on_a_curve_that_is_spelled_out() -> None:
    """Parameters and point as they stand, where openssl, too, leaves both so."""
    key = made("P-256, explicit, traditional")
    der = openssl("ec -param_enc explicit -outform DER", key)
    whole = der[-65:]
    short = bytes([2 + whole[-1] % 2]) + whole[1:33]
    mixed = der[:-70] + b"\xa1\x24\x03\x22\x00" + short
    mixed = mixed[:2] + (len(mixed) - 4).to_bytes(2, "big") + mixed[4:]
    half = openssl("pkey -inform DER -pubout -outform DER", mixed)
    assert short in half
    assert key_pin(mixed).digest == sha256(half).digest()


def test_rsa_without_its_null_is_written_with_it() -> None:
    """RFC 3279 wants it there, and openssl puts it into every request (section 2.3.1)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    oid = bytes.fromhex("06092a864886f70d010101")
    assert plain[7:22] == b"\x30\x0d" + oid + b"\x05\x00"
    shorter = plain[:2] + (len(plain) - 6).to_bytes(2, "big") + plain[4:7]
    shorter += b"\x30\x0b" + oid + plain[22:]
    half = openssl("pkey -inform DER -pubout -outform DER", shorter)
    assert key_pin(shorter).digest == sha256(half).digest()
    assert key_pin(shorter) == key_pin(key)


def test_parameters_of_dh_are_no_rsa_key() -> None:
    """In DER they are two numbers too, and a generator of 2 is no exponent."""
    parameters = openssl("genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048")
    with pytest.raises(NotReadable, match="its exponent is 1 or even"):
        key_pin(openssl("dhparam -outform DER", parameters))
    bare = rsa.generate_private_key(public_exponent=3, key_size=2048).public_key()
    given = bare.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert key_pin(documents(given)[0].der) == key_pin(bare)


def test_a_key_that_names_no_curve_is_told() -> None:
    """RFC 5915 lets the curve be left out where it is known from elsewhere."""
    with pytest.raises(NotReadable, match="names no curve"):
        key_pin(bytes.fromhex("30250201010420") + bytes(31) + b"\x01")
