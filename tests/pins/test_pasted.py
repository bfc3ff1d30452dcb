"""What people paste, as it stands in public bug reports: logs, exceptions, XML, lists, programs."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from time import process_time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pinlib import Pin, PinSet, certificate_pin, key_pin
from pinlib.errors import BadPin
from pinlib.pins.notations import Kind, Notation, read_notation
from pinlib.pins.pasted import read_pasted
from pinlib.scenes.cast import Cast

KEYTOOL = shutil.which("keytool")
needs_keytool = pytest.mark.skipif(not KEYTOOL, reason="keytool is not on the PATH")

A, B, C = (Pin(Kind.KEY, sha256(name).digest()) for name in (b"a", b"b", b"c"))
WHOLE = Pin(Kind.CERTIFICATE, A.digest)
A64, B64, C64 = (pin.write(Notation.BASE64) for pin in (A, B, C))
HEX, COLONS = A.digest.hex(), A.digest.hex(":").upper()
BLOCKS = A.digest.hex(" ", 4)


def okhttp(peer: str, pinned: str, before: str = "") -> str:
    """Write the exception as CertificatePinner.kt of OkHttp does, with what logcat puts before."""
    lines = [
        "javax.net.ssl.SSLPeerUnverifiedException: Certificate pinning failure!",
        "  Peer certificate chain:",
        *(f"    {pin}" for pin in peer.splitlines()),
        "  Pinned certificates for bank.example:",
        *(f"    {pin}" for pin in pinned.splitlines()),
        "    at okhttp3.CertificatePinner.check$okhttp(CertificatePinner.kt:199)",
    ]
    return "\n".join(before + line for line in lines)


EXCEPTION = (f"{A}: CN=bank.example\n{C}: CN=Lab CA,O=Lab, Inc.,C=US", f"{B}\n{C}")
TRUSTKIT = (
    "=== TrustKit: Checking certificate with CN: Lab Root\n"
    "=== TrustKit: Subject Public Key Info hash was found in the cache\n"
    f"=== TrustKit: Testing SSL Pin <{BLOCKS}>\n"
    "=== TrustKit: Checking certificate with CN: bank.example\n"
    f"=== TrustKit: Testing SSL Pin <{B.digest.hex(' ', 4)}>\n"
    "=== TrustKit: Error: SSL Pin not found for bank.example\n"
)


@pytest.mark.parametrize(
    ("text", "pin", "notation"),
    [
        (f"SHA256: {COLONS}", WHOLE, Notation.COLON_HEX),
        (f"\t SHA256: {COLONS[:48]}\n{COLONS[48:]}", WHOLE, Notation.COLON_HEX),
        (f"SHA-256: {COLONS}", WHOLE, Notation.COLON_HEX),
        (f"SHA256 Fingerprint: {COLONS}", WHOLE, Notation.COLON_HEX),
        (f"Fingerprint SHA256: {HEX}", WHOLE, Notation.HEX),
        (f"Pin SHA256: {A64}", A, Notation.BASE64),
        (f"<{BLOCKS}>", A, Notation.BASE64),
        (f"0x{HEX}", A, Notation.BASE64),
        (f"0x{BLOCKS}", A, Notation.BASE64),
        (f"{{length = 32, bytes = 0x{HEX}}}", A, Notation.BASE64),
        (BLOCKS, WHOLE, Notation.HEX),
        (A.digest.hex(" "), WHOLE, Notation.HEX),
        (A.digest.hex(" ", 2), WHOLE, Notation.HEX),
        (A.digest.hex("-").upper(), WHOLE, Notation.COLON_HEX),
        (f"{HEX[:40]}\n{HEX[40:]}", WHOLE, Notation.HEX),
        (f"{A}"[:30] + "\n" + f"{A}"[30:], A, Notation.OKHTTP),
        (f"{A}"[:30] + "\r\n    " + f"{A}"[30:], A, Notation.OKHTTP),
        (f"{A64[:20]} {A64[20:]}", A, Notation.BASE64),
        (f"<pin digest=“SHA-256”>{A64}</pin>", A, Notation.ANDROID),
        (f"<pin digest=”SHA-256″>\n  {A64}\n</pin>", A, Notation.ANDROID),
        (f"pin-sha256=“{A64}”", A, Notation.HPKP),
        (f"“{A}”,", A, Notation.OKHTTP),
        (f"‘{A}’", A, Notation.OKHTTP),
        (f"\u200b{A}\u00a0\ufeff", A, Notation.OKHTTP),
        (f"_443._tcp.x. IN TLSA ( 3 1 1\n   {HEX[:32]}\n   {HEX[32:]} )", A, Notation.TLSA),
    ],
)
def test_one_pin_is_read_as_people_paste_it(text: str, pin: Pin, notation: Notation) -> None:
    """Alone, and as a set of one; in whose notation is known, and so what its tool hashes."""
    assert Pin.parse(text) == pin
    assert read_notation(text).notation is notation
    assert PinSet.parse(text) == PinSet.of(pin)


def _plist(pins: list[Pin]) -> str:
    """Write an Info.plist as Apple's NSPinnedDomains wants it."""
    identities = [{"SPKI-SHA256-BASE64": pin.write(Notation.BASE64)} for pin in pins]
    domain = {"NSIncludesSubdomains": True, "NSPinnedCAIdentities": identities}
    pinned = {"NSAppTransportSecurity": {"NSPinnedDomains": {"bank.example": domain}}}
    return plistlib.dumps(pinned).decode()


def _trustkit(pins: list[Pin]) -> str:
    """Write TrustKit's configuration as a property list."""
    hashes = [pin.write(Notation.BASE64) for pin in pins]
    domain = {"TSKEnforcePinning": True, "TSKPublicKeyHashes": hashes}
    return plistlib.dumps(
        {"TSKConfiguration": {"TSKPinnedDomains": {"x.example": domain}}}
    ).decode()


LISTS = {
    "Apple's plist": _plist([A, B]),
    "TrustKit's plist": _trustkit([A, B]),
    "TrustKit in Swift": f'kTSKPublicKeyHashes: [\n  "{A64}",  // now\n  "{B64}",\n],',
    "TrustKit in Objective-C": f'kTSKPublicKeyHashes : @[\n @"{A64}",\n @"{B64}"\n ],',
    "JSON": json.dumps([str(A), str(B)]),
    "JSON, indented": json.dumps({"pins": {"bank.example": [A64, B64]}}, indent=2),
    "Dart": f"const pins = <String>['{A}', '{B}'];",
    "Dart, lines": f"final List<String> pins = [\n  '{A}',\n  '{B}',\n];",
    "Kotlin": f'Builder()\n  .add("x.example", "{A}")\n  .add("x.example", "{B}")\n  .build()',
    "broken inside XML": f'<pin-set>\n<pin digest="SHA-256">{A64[:22]}\n    {A64[22:]}</pin>\n'
    f'<pin digest="SHA-256">{B64}</pin>\n</pin-set>',
    "a comment in XML": f'<pin-set><!-- old: <pin digest="SHA-256">{C64}</pin> -->'
    f'<pin digest="SHA-256">{A64}</pin><pin digest="SHA-256">{B64}</pin></pin-set>',
    "one broken in a list": f"{str(A)[:30]}\n{str(A)[30:]}\n{B}",
    "OkHttp": okhttp(f"{C}: CN=x", f"{A}\n{B}"),
}


@pytest.mark.parametrize("one_line", [False, True], ids=["as it stands", "in a field of one line"])
@pytest.mark.parametrize("name", LISTS)
def test_a_set_is_read_out_of_what_it_stands_in(name: str, one_line: bool) -> None:
    """XML, property lists, JSON and programs; a browser's field makes blanks of the line ends."""
    text = LISTS[name]
    if one_line:
        text = re.sub(r" // now", "", text).replace("\n", " ")
    assert PinSet.parse(text) == PinSet.of(A, B)


@pytest.mark.parametrize("separator", [",", ", ", ",\n  "])
def test_bytes_of_a_program_are_a_pin(separator: str) -> None:
    """An array of Go, C or Dart."""
    array = separator.join(f"0x{byte:02x}" for byte in A.digest)
    assert PinSet.parse(f"var pin = []byte{{{array}}}") == PinSet.of(WHOLE)


def test_a_fingerprint_and_a_pin_are_told_apart() -> None:
    """SSL Labs shows one below the other: each has its kind."""
    text = f"Fingerprint SHA256: {HEX}\nPin SHA256: {B64}"
    for one in text, text.replace("\n", ""):
        assert PinSet.parse(one) == PinSet.of(WHOLE, B)


@pytest.mark.parametrize("before", ["", "10-13 10:20:36.556  3863  3888 I System.out: "])
@pytest.mark.parametrize("joint", ["\n", "", " "], ids=["lines", "Firefox", "Chrome"])
def test_okhttps_exception_is_two_lists(before: str, joint: str) -> None:
    """Whom the app met, and whom it expects: only the second is its pin set."""
    text = okhttp(*EXCEPTION, before).replace("\n", joint)
    found = read_pasted(text)
    assert [pin.digest for pin in found.shown] == [A.digest, C.digest]
    assert [pin.digest for pin in found.pinned] == [B.digest, C.digest]
    assert PinSet.parse(text) == PinSet.of(B, C)


def test_an_exception_that_is_logged_twice_is_one() -> None:
    """A stack trace repeats it after "Caused by:"."""
    assert read_pasted(f"{okhttp(*EXCEPTION)}\nCaused by: {okhttp(*EXCEPTION)}") == read_pasted(
        okhttp(*EXCEPTION)
    )


def test_trustkits_log_is_of_the_peers_chain() -> None:
    """It tests the key of each certificate shown; what it has pinned, it prints at its start."""
    found = read_pasted(TRUSTKIT)
    assert [pin.digest for pin in found.shown] == [A.digest, B.digest]
    assert found.pinned == ()
    start = f'TSKPublicKeyHashes = "{{(\\n    <{C.digest.hex(" ", 4)}>\\n)}}";\n'
    both = read_pasted(start + TRUSTKIT)
    assert [pin.digest for pin in both.pinned] == [C.digest]
    assert both.shown == found.shown


def test_a_log_that_leaves_the_middle_out_is_told() -> None:
    """NSData prints the first 16 and the last 8 bytes: of these no pin can be made."""
    shortened = f"{BLOCKS[:35]} ... {BLOCKS[-17:]}"
    for text in (
        f"0x{shortened}",
        f"{{length = 32, bytes = 0x{shortened} }}",
        f'TSKPublicKeyHashes = "{{(\\n    {{length = 32, bytes = 0x{shortened} }}\\n)}}";',
    ):
        with pytest.raises(BadPin, match="24 of its 32 bytes: log it in base64"):
            PinSet.parse(text)


@needs_keytool
def test_what_keytool_prints_is_read(cast: Cast, tmp_path: Path) -> None:
    """The whole of it pasted, with the SHA-1 above and the key's size below."""
    file = tmp_path / "leaf.pem"
    file.write_bytes(cast.bank.leaf.public_bytes(Encoding.PEM))
    printed = subprocess.run(
        [str(KEYTOOL), "-printcert", "-file", str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert PinSet.parse(printed) == PinSet.of(certificate_pin(cast.bank.leaf))
    (line,) = (line for line in printed.splitlines() if "SHA256:" in line)
    assert Pin.parse(line) == certificate_pin(cast.bank.leaf)
    (weak,) = (line for line in printed.splitlines() if "SHA1:" in line)
    with pytest.raises(BadPin, match="SHA-1 pin is too weak"):
        Pin.parse(weak)


def _dashed() -> Pin:
    """Return a pin with both letters that URL-safe base64 writes otherwise."""
    return Pin(Kind.KEY, b"\xfb\xff" + A.digest[2:])


@pytest.mark.parametrize("prefix", ["", "sha256/", "sha256//", 'pin-sha256="'])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("safe", [True, False])
def test_url_safe_and_unpadded_base64_is_corrected(prefix: str, padded: bool, safe: bool) -> None:
    """The sentence has the text that can be pasted instead: in the notation that was meant."""
    right = _dashed().write(Notation.BASE64)
    after = '"' if prefix.endswith('"') else ""
    wrong = right.replace("+", "-").replace("/", "_") if safe else right
    wrong = wrong if padded else wrong.removesuffix("=")
    text = f"{prefix}{wrong}{after}"
    if wrong == right:
        assert Pin.parse(text) == _dashed()
        return
    for read in Pin.parse, PinSet.parse:
        with pytest.raises(BadPin) as refused:
            read(text)
        words = str(refused.value)
        assert ("URL-safe" in words) is safe
        assert ("=" in words and "missing" in words) is (not padded)
        (offered,) = re.findall(r"write (\S+) instead$", words)
        assert offered == f"{prefix}{right}{after}"
        assert Pin.parse(offered) == _dashed()


@pytest.mark.parametrize("text", ["sha256/" + "A" * 39, "B" * 43 + "=", "sha256/" + "*" * 43 + "="])
def test_a_placeholder_that_is_no_pin_is_told(text: str) -> None:
    """As examples have them: one letter again and again."""
    for read in Pin.parse, PinSet.parse:
        with pytest.raises(BadPin, match="a placeholder from an example: compute your own"):
            read(text)


@pytest.mark.parametrize(
    "slip",
    [
        "sha256/AAAA",
        A64[:-1],
        "sha256/" + A64[:-1],
        HEX[:-1],
        "9bN1Z2tDICtsshLb3mdhnl1i5E4=",
        HEX[:40],
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "{good}\n{slip}",
        '["{good}", "{slip}"]',
        '  .add("x.example", "{slip}")\n  .add("x.example", "{good}")',
        '<pin digest="SHA-256">{slip}</pin>\n<pin digest="SHA-256">{good}</pin>\n</pin-set> x',
    ],
    ids=["lines", "JSON", "Kotlin", "XML"],
)
def test_a_slip_never_leaves_a_shorter_set_behind(text: str, slip: str) -> None:
    """Wherever it stands: what claims to be a pin and is none is named, and nothing is read."""
    good = A64 if "<pin" in text else str(A)
    with pytest.raises(BadPin):
        PinSet.parse(text.format(good=good, slip=slip))


def test_a_dump_is_no_pin() -> None:
    """`openssl x509 -text` prints keys and signatures in hex: none of it is taken for a pin."""
    for separator in ":", " ":
        dump = separator.join(["ab"] * 256)
        assert PinSet.parse(f"Modulus:\n {dump}\nPin SHA256: {A64}\n") == PinSet.of(A)
        with pytest.raises(BadPin):
            PinSet.parse(f"Modulus:\n {dump}\n")


def test_prose_around_pins_is_passed_over() -> None:
    """A mail, a path, a host name, a version: nothing in it claims to be a pin."""
    text = (
        f"Hi, our new pin for api.bank.example (v2.1.0, see docs/pinning/howto.md) is {A}, thanks!"
    )
    assert PinSet.parse(text) == PinSet.of(A)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<pin ",
            "<!--",
            "<pin-set ",
            'pin-sha256="',
            "sha256/",
            "sha256/ ",
            "sha256/a ",
            "ab ",
            "ab:",
        ),
        *(
            "0x",
            "abcdabcd ",
            "abcd ",
            "Peer certificate chain:",
            "0xab ... ",
            "sha256 ",
            "“",
            '"',
            "(",
        ),
        *("SHA256: ", "Testing SSL Pin <", "a" * 63 + " ", "A" * 42 + " ", "3 1 1 ", "#", "x y\n"),
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """Twice as much of anything takes about twice as long."""

    def seconds(count: int) -> float:
        text = piece * (count // len(piece))
        best = 9e9
        for _ in range(3):
            started = process_time()
            with pytest.raises(BadPin):
                PinSet.parse(text)
            best = min(best, process_time() - started)
        return best

    once = seconds(100_000)
    assert seconds(400_000) < 12 * max(once, 0.002)


def test_the_hash_of_nothing_is_a_pin_to_read(cast: Cast) -> None:
    """What it is of is told by who recognises it; the notation is fine."""
    nothing = b64encode(sha256(b"").digest()).decode()
    assert Pin.parse(nothing).digest == sha256().digest()
    assert key_pin(cast.bank.leaf) not in PinSet.parse(nothing)
