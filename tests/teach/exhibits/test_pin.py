"""The pin panel: the bytes it marks, the pins it writes, and the files that people give it."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)

from pinlib import Authority, Kind, Notation, Pin, certificate_pin, key_pin, public_roots, story
from pinlib.encoding.files import LIMIT
from pinlib.errors import BadInput
from pinlib.pins.wrong_hashes import FAMOUS, Hashed
from pinlib.scenes.cast import HOST, TODAY
from pinlib.teach.exhibits.inspection.pin import (
    BANK,
    REQUEST,
    ROOT,
    Look,
    Pinned,
    PinPanel,
    shelf,
    slip,
)
from pinlib.teach.exhibits.inspection.pin_picture import every_notation
from pinlib.teach.widgets.uploads import Given
from pinlib.tls.certificates import Validity, request, rsa2048
from tests.strangers import SHORT_KEY, strange_bundle

CAST = story()
LEAF = CAST.bank.leaf
PEM, DER = Encoding.PEM, Encoding.DER
SPKI = PublicFormat.SubjectPublicKeyInfo
SCRIPT = "<script>alert(1)</script>"
AGES = Validity.of(CAST.root.certificate)
SECRET = CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())
EVIL = CAST.root.intermediate(SCRIPT, valid=AGES).certificate


def give(panel: PinPanel, name: str, content: bytes) -> None:
    """Give a file to the panel as the browser does: through its widget."""
    about = {"name": name, "type": "", "size": len(content), "last_modified": TODAY}
    panel.control("file").value = ({**about, "content": memoryview(content)},)


# -- Files: the same twelve in every way of looking ----------------------------------------------


@cache
def _readable() -> dict[str, tuple[bytes, int]]:
    """Return files that can be looked at, and how many things are in each."""
    rsa = rsa2048().public_key()
    return {
        "leaf.pem": (LEAF.public_bytes(PEM), 1),
        "leaf.der": (LEAF.public_bytes(DER), 1),
        "chain.pem": (b"".join(one.public_bytes(PEM) for one in CAST.verified), 3),
        "backup.csr": (request(HOST, CAST.backup).public_bytes(PEM), 1),
        "backup.pub": (CAST.backup.public_key().public_bytes(PEM, SPKI), 1),
        "rsa.pub": (rsa.public_bytes(PEM, PublicFormat.PKCS1), 1),
        "powershell.pem": (LEAF.public_bytes(PEM).decode().encode("utf-16"), 1),
        "evil.pem": (EVIL.public_bytes(PEM), 1),
        f"{SCRIPT}.pem": (LEAF.public_bytes(PEM), 1),
        "roots.pem": (Path(certifi.where()).read_bytes(), len(public_roots())),
        "notes.pem": (b"# saved by hand\n" + LEAF.public_bytes(PEM) + b"and more\n", 1),
        "twice.pem": (LEAF.public_bytes(PEM) * 2, 2),
        "bundle.p7b": (pkcs7.serialize_certificates(list(CAST.verified), DER), 3),
        "bundle.p7": (pkcs7.serialize_certificates([LEAF], PEM), 1),
    }


@cache
def _refused() -> dict[str, tuple[bytes, str]]:
    """Return files that are refused, and words of the reason."""
    key, locked = CAST.backup, BestAvailableEncryption(b"secret")
    store = pkcs12.serialize_key_and_certificates(b"x", CAST.bank.key, LEAF, None, locked)
    return {
        "server.key": (SECRET, "openssl pkey -in server.key -pubout"),
        "server key.der": (
            key.private_bytes(DER, PrivateFormat.PKCS8, NoEncryption()),
            "openssl pkey -inform DER -in 'server key.der' -pubout",
        ),
        "locked.key": (key.private_bytes(PEM, PrivateFormat.PKCS8, locked), "openssl pkey"),
        "old.key": (
            key.private_bytes(PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            "openssl pkey -in old.key",
        ),
        "both.pem": (LEAF.public_bytes(PEM) + SECRET, "openssl x509 -in both.pem"),
        "store.p12": (store, "openssl pkcs12 -in store.p12 -nokeys"),
        "id_ed25519": (
            CAST.backup.private_bytes(PEM, PrivateFormat.OpenSSH, NoEncryption()),
            "ssh-keygen -y -f id_ed25519",
        ),
        "photo.png": (b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG picture"),
        "empty.pem": (b"", "0 bytes"),
        "cut.der": (LEAF.public_bytes(DER)[:-9], "cut short"),
        "damaged.pem": (LEAF.public_bytes(PEM).replace(b"MII", b"M!I", 1), "damaged"),
        "short.key": (SHORT_KEY, "openssl pkey -inform DER -in short.key -pubout"),
        "strange.p7b": (strange_bundle(LEAF), "(.p7b), but is broken: save it again"),
        "tiny.der": (bytes.fromhex("3006020101020101"), "an RSA public key (PKCS#1), but cannot"),
        "large.pem": (b"x" * (2 * LIMIT), "more than 1,000,000 bytes"),
    }


@pytest.mark.parametrize("name", _readable())
@pytest.mark.parametrize("look", Look)
def test_a_file_is_shown_in_every_way(name: str, look: Look) -> None:
    """Each of twelve files, at each zoom and in each notation: its pins, and words for them all."""
    content, count = _readable()[name]
    panel = PinPanel(Pinned(look=look))
    give(panel, name, content)
    assert panel.state.file is not None
    assert len(panel.state.file.documents) == count
    assert panel.state.source == panel.state.file.entries[0]
    assert panel._view.facts["outcome"] == "shown"
    assert panel._view.not_in_words() == []
    assert "<script" not in panel._picture.value
    assert panel.control("file").value == ()
    if "leaf" in name or name == "powershell.pem":
        assert str(key_pin(LEAF)) in panel._view.text
        assert str(certificate_pin(LEAF)) in panel._view.text


@pytest.mark.parametrize("name", _refused())
def test_a_file_is_refused_in_words(name: str) -> None:
    """What was seen, what to do, nothing lost: the list still has everything else."""
    content, words = _refused()[name]
    panel = PinPanel()
    give(panel, name, content)
    assert panel._view.facts["outcome"] == "refused"
    assert words in panel._view.text
    assert name in panel._view.text
    assert panel._view.not_in_words() == []
    panel.control("source").value = ROOT
    assert panel._view.facts["outcome"] == "shown"
    panel.control("source").value = f"{name} (refused)"
    assert panel._view.facts["outcome"] == "refused"
    panel.start_over()
    assert (panel.state, panel.control("file").value) == (Pinned(), ())
    assert f"{name} (refused)" not in dict(panel.control("source").options)


@pytest.mark.parametrize(
    "name", ["server.key", "server key.der", "locked.key", "both.pem", "id_ed25519"]
)
def test_a_private_key_is_nowhere_afterwards(name: str) -> None:
    """Neither in the state, nor in the widget, nor on the page: not even one line of it."""
    content, _ = _refused()[name]
    panel = PinPanel()
    give(panel, name, content)
    lines = [line for line in content.splitlines() if b"-----" not in line and len(line) > 20]
    if name == "both.pem":
        lines = SECRET.splitlines()[1:-1]
    kept = repr(panel.state) + panel._picture.value + repr(panel.get_state())
    kept += repr([widget.get_state() for widget in panel._widgets.values()])
    assert lines
    for line in lines:
        assert line.decode("latin-1") not in kept
        assert repr(line) not in kept
        assert line.hex() not in kept
    assert panel._view.facts["outcome"] == "refused"


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")
@pytest.mark.parametrize(
    "name", ["server.key", "server key.der", "old.key", "both.pem", "store.p12"]
)
def test_the_command_for_a_private_key_does_what_it_says(name: str, tmp_path: Path) -> None:
    """Pasted into a shell beside the file, it leaves a file without a secret, of the same pin."""
    content, _ = _refused()[name]
    (tmp_path / name).write_bytes(content)
    given = Given.of(name, content)
    command = f"{given.command} -passin pass:secret" if "p12" in name else given.command
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True, capture_output=True)
    (made,) = [file for file in tmp_path.iterdir() if file.name != name]
    after = Given.of(made.name, made.read_bytes())
    expected = key_pin(LEAF if name in {"both.pem", "store.p12"} else CAST.backup)
    assert not after.refusal
    assert key_pin(after.documents[0].der) == expected


def test_one_entry_for_each_certificate_of_a_bundle() -> None:
    """A chain can be gone through one by one; the list says which is which."""
    panel = PinPanel()
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    names = [
        f"chain.pem, {n} of 3: {who}"
        for n, who in enumerate((HOST, "Lab Issuing CA", "Lab Root"), 1)
    ]
    assert list(dict(panel.control("source").options))[:3] == names
    for name, one in zip(names, CAST.verified, strict=True):
        panel.control("source").value = name
        assert str(key_pin(one)) in panel._view.text


def test_another_file_takes_the_place_of_the_first() -> None:
    """Two uploads in a row: the second is shown, the first is gone from the list."""
    panel = PinPanel()
    give(panel, "leaf.pem", LEAF.public_bytes(PEM))
    give(panel, "root.pem", CAST.root.certificate.public_bytes(PEM))
    assert panel.state.source == "root.pem: Lab Root"
    assert f"leaf.pem: {HOST}" not in dict(panel.control("source").options)
    give(panel, "root.pem", CAST.root.certificate.public_bytes(PEM))
    assert panel._view.facts["outcome"] == "shown"


def test_a_line_of_text_names_the_file_and_asks_for_it() -> None:
    """A panel that holds the file reads its own line; another one says that the file is wanted."""
    panel = PinPanel()
    give(panel, "my chain.pem", _readable()["chain.pem"][0])
    line = panel.text
    assert "file='my chain.pem'" in line
    panel.show(line)
    assert panel.text == line
    with pytest.raises(BadInput, match=r"give 'my chain\.pem' to this panel first"):
        PinPanel().show(line)


# -- What is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [BANK, ROOT, REQUEST, "ISRG Root X2"])
def test_the_map_marks_the_bytes_of_the_spki(source: str) -> None:
    """What is set off in hex is, digit by digit, the SPKI; its place and width are to scale."""
    document = shelf()[source]
    spki = key_spki(source)
    panel = PinPanel(Pinned(source, look=Look.SPKI))
    html = panel._picture.value
    digits = re.search(r'<code title="([0-9a-f]+)">', html)
    assert digits is not None
    assert bytes.fromhex(digits[1]) == spki[:512]
    whole = PinPanel(Pinned(source))._picture.value
    marked = "".join(re.findall(r'<b class="pl-holds">([0-9a-f ]+)</b>', whole)).replace(" ", "")
    start = document.der.index(spki)
    assert bytes.fromhex(marked) == document.der[start : min(start + len(spki), 512)]
    place = re.search(r'data-part="SPKI" style="left:([\d.]+)%;width:([\d.]+)%"', whole)
    assert place is not None
    size = len(document.der)
    assert float(place[1]) == pytest.approx(100 * start / size, abs=0.001)
    assert float(place[2]) == pytest.approx(100 * len(spki) / size, abs=0.001)


def key_spki(source: str) -> bytes:
    """Return the SPKI as cryptography finds it."""
    der = shelf()[source].der
    load: Callable[[bytes], Any] = x509.load_der_x509_certificate
    if source == REQUEST:
        load = x509.load_der_x509_csr
    encoded: bytes = load(der).public_key().public_bytes(DER, SPKI)
    return encoded


@pytest.mark.parametrize("source", [BANK, ROOT])
def test_every_notation_of_both_pins_can_be_copied(source: str) -> None:
    """Each stands there whole, to be marked or copied, computed by hashlib alone."""
    html = PinPanel(Pinned(source, look=Look.NOTATIONS))._picture.value
    copies = [text.replace("&quot;", '"') for text in re.findall(r'data-copy="([^"]*)"', html)]
    copies = [text.replace("&lt;", "<").replace("&gt;", ">") for text in copies]
    key = sha256(key_spki(source)).digest()
    whole = sha256(shelf()[source].der).digest()
    usage = "2" if source == ROOT else "3"  # RFC 7671, section 5: of a CA, of a server
    for digest, selector in (key, "1"), (whole, "0"):
        b64, digits = b64encode(digest).decode(), digest.hex()
        for text in (
            *(f"sha256//{b64}", f"sha256/{b64}", f'pin-sha256="{b64}"', f"sha256:{digits}"),
            *(f'<pin digest="SHA-256">{b64}</pin>', f"{usage} {selector} 1 {digits}", b64, digits),
            digest.hex(":").upper(),
        ):
            assert text in copies
    assert html.count("pl-unread") == 8  # seven tools hash keys, two certificates, and TLSA says


def test_the_three_famous_wrong_hashes_stand_beside_the_pins() -> None:
    """In both ways of looking, computed from the root's own bytes."""
    root = x509.load_der_x509_certificate(public_roots()[ROOT])
    made = (
        root.public_bytes(DER),
        root.public_key().public_bytes(DER, PublicFormat.PKCS1),
        root.public_key().public_bytes(PEM, SPKI),
    )
    for look in Look.WHOLE, Look.NOTATIONS:
        text = PinPanel(Pinned(ROOT, look=look))._view.text
        for content in made:
            assert f"sha256/{b64encode(sha256(content).digest()).decode()}" in text


# -- A pin from somewhere -------------------------------------------------------------------------


@pytest.mark.parametrize("notation", Notation, ids=lambda one: one.name)
def test_the_right_pin_matches_in_every_notation(notation: Notation) -> None:
    """And the panel says which notation it was."""
    pin = key_pin(public_roots()[ROOT]).write(notation, authority=True)
    panel = PinPanel(Pinned(ROOT, pasted=pin))
    assert panel._view.facts["outcome"] == "match"
    assert panel._view.facts["notation"] == notation.name.lower()
    assert f"Written for {notation.value}" in panel._view.headline.reason


@pytest.mark.parametrize("hashed", FAMOUS, ids=lambda one: one.name)
@pytest.mark.parametrize("look", Look)
def test_a_wrong_pin_is_told_by_name(hashed: Hashed, look: Look) -> None:
    """The verdict says what was hashed; the map marks it where it is a part of the file."""
    panel = PinPanel(Pinned(ROOT, look=look, pasted=slip(hashed)))
    assert panel._view.facts["outcome"] == "wrong"
    assert panel._view.headline.words == f"No match: a hash of {hashed.value}"
    assert panel._view.headline.reason.endswith(hashed.story)
    if look is Look.WHOLE and hashed is Hashed.KEY_BITS:
        assert 'pl-part pl-fails" data-part="key bits"' in panel._picture.value
        assert 'data-part="SPKI" style' in panel._picture.value
    if look is Look.NOTATIONS:
        assert panel._picture.value.count("pl-card pl-bad") == 1


@pytest.mark.parametrize(
    ("pasted", "outcome", "words"),
    [
        ("", "shown", "bytes make the key pin"),
        ("   ", "shown", "bytes make the key pin"),
        ("# a comment only", "shown", "bytes make the key pin"),
        ("hello", "unreadable", "'hello' is not a pin"),
        (SCRIPT, "unreadable", "is not a pin"),
        pytest.param(str(key_pin(LEAF)), "stranger", "it’s someone else’s", id="the leaf’s"),
        (str(key_pin(public_roots()["ISRG Root X2"])), "stranger", "the public root ISRG Root X2"),
        (
            f"{key_pin(LEAF)};{key_pin(public_roots()[ROOT])}",
            "match",
            "1 of 2 pins matches: one is enough",
        ),
        (certificate_pin(public_roots()[ROOT]).write(Notation.HEX), "match", "certificate pin"),
        (key_pin(public_roots()[ROOT]).digest.hex(), "match", "The key’s hash, in bare hex"),
        (
            replace(key_pin(public_roots()[ROOT]), kind=Kind.CERTIFICATE).write(
                Notation.TLSA, authority=True
            ),
            "wrong",
            "write 2 1 1",
        ),
        (slip(Hashed.TBS), "wrong", "signed part alone"),
    ],
)
def test_whatever_is_pasted_has_an_answer(pasted: str, outcome: str, words: str) -> None:
    """Nothing, nonsense, a stranger's, several, the other kind: a verdict and a reason each."""
    panel = PinPanel(ROOT_STATE)
    panel.control("pasted").value = pasted
    assert panel._view.facts["outcome"] == outcome
    assert words in panel._view.text
    assert panel._view.not_in_words() == []
    assert "<script" not in panel._picture.value
    assert 'data-part="SPKI"' in panel._picture.value  # the map stays


ROOT_STATE = Pinned(ROOT)


@pytest.mark.parametrize("looked_at", [0, 1, 2])
@pytest.mark.parametrize("pinned", [0, 1, 2])
def test_a_pin_of_another_certificate_of_the_file_is_told(looked_at: int, pinned: int) -> None:
    """The wrong key of this chain is no match, and no stranger: its number and name are said."""
    panel = PinPanel()
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    assert panel.state.file is not None
    panel.control("source").value = panel.state.file.entries[looked_at]
    panel.control("pasted").value = str(key_pin(CAST.verified[pinned]))
    words, reason = panel._view.headline.words, panel._view.headline.reason
    name = (HOST, "Lab Issuing CA", "Lab Root")[pinned]
    assert f"{name}, number {pinned + 1} of 3" in reason
    if looked_at == pinned:
        assert panel._view.facts["outcome"] == "match"
        assert words.startswith("It matches")
    else:
        assert panel._view.facts["outcome"] == "elsewhere"
        assert words == f"Not this key: that of number {pinned + 1} in the same file"
        assert ("a CA" in reason) is (pinned > 0)
    assert 'pl-part pl-holds" data-part="SPKI"' in panel._picture.value
    assert panel._view.not_in_words() == []


def test_the_hash_of_the_file_is_told() -> None:
    """sha256sum of a saved file that holds more than the certificate."""
    panel = PinPanel()
    content = _readable()["notes.pem"][0]
    give(panel, "notes.pem", content)
    panel.control("pasted").value = f"{sha256(content).hexdigest()}  notes.pem"
    assert panel._view.headline.words == "No match: a hash of the file as it was uploaded"


def test_scenes_are_what_they_are_called() -> None:
    """A scene's verdict is what an instructor announces with it."""
    outcomes = {name: PinPanel(name)._view.facts["outcome"] for name in PinPanel.presets}
    assert [name for name, outcome in outcomes.items() if outcome == "wrong"] == [
        *("Hashed: all of it", "Hashed: the bare bits", "Hashed: the PEM text")
    ]
    assert [name for name, outcome in outcomes.items() if outcome == "match"] == [
        "A pin that matches"
    ]


def test_a_name_of_markup_is_text_in_every_view() -> None:
    """A certificate may be called anything, and so may the authority in a shelf or a file."""
    evil = Authority.root(SCRIPT, valid=AGES).certificate
    for look in Look:
        panel = PinPanel(Pinned(look=look))
        give(panel, f"{SCRIPT}.pem", evil.public_bytes(PEM))
        assert "<script" not in panel._picture.value
        assert "&lt;script&gt;" in panel._picture.value


def test_a_key_of_a_kind_that_nobody_knows_has_a_pin_all_the_same() -> None:
    """The bytes are hashed as they stand; the kind of key is said to be unknown."""
    strange = LEAF.public_bytes(DER).replace(
        bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d02ff")
    )
    panel = PinPanel()
    give(panel, "strange.der", strange)
    assert panel._view.facts["outcome"] == "shown"
    assert "of type unknown" in panel._view.text
    assert str(key_pin(strange)) in panel._view.text


# -- What was found missing by breaking the code -------------------------------------------------


@pytest.mark.parametrize("name", ["server.key", "locked.key", "both.pem", "store.p12", "old.key"])
def test_nothing_of_a_refused_secret_is_kept(name: str) -> None:
    """Neither decoded bytes nor a hash of the file, whatever form the key was in."""
    given = Given.of(name, _refused()[name][0])
    assert (given.documents, given.digest) == ((), b"")
    assert given.command


def test_a_locked_key_beside_a_certificate_is_a_secret_too() -> None:
    """The command takes out the certificate; of a key alone, its public half."""
    locked = CAST.backup.private_bytes(PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"s"))
    both = Given.of("both.pem", LEAF.public_bytes(PEM) + locked)
    assert both.refusal
    assert "openssl x509" in both.command
    assert "public half" in Given.of("locked.key", locked).refusal
    for before in (b"\n", b"Bag Attributes\n    friendlyName: x\n"):
        assert "-inform" not in Given.of("k", before + SECRET).command


def test_a_file_name_hides_nothing() -> None:
    """Control characters, and those that turn the direction of writing, are spelled out."""
    given = Given.of("a\x1b[2J\u202egnp.pem", LEAF.public_bytes(PEM))
    assert given.name.isprintable()
    assert all(entry.isprintable() for entry in given.entries)


def test_the_headline_counts_the_bytes() -> None:
    """Of a certificate, of a bare SPKI, and of a key whose SPKI has to be built."""
    size = len(LEAF.public_bytes(DER))
    assert PinPanel()._view.headline.words == f"91 of {size} bytes make the key pin"
    public = PinPanel(Pinned("backup key: the public key (lab)"))
    assert public._view.headline.words == "All 91 bytes make the key pin"
    give(public, "rsa.pub", _readable()["rsa.pub"][0])
    assert public._view.headline.words == "The key pin is computed: 294 bytes"


def test_each_pin_is_told_with_the_bytes_that_it_hashes() -> None:
    """The SPKI's size stands beside the key pin, the file's beside the other."""
    spki, whole = len(key_spki(BANK)), len(LEAF.public_bytes(DER))
    text = PinPanel()._view.text
    assert f"SHA-256 of the SPKI, {spki} bytes: {key_pin(LEAF)}" in text
    assert f"SHA-256 of the whole certificate, {whole} bytes: {certificate_pin(LEAF)}" in text


def test_what_is_struck_through_is_said_to_be() -> None:
    """A screen reader hears of each pin whether its tool would ever find it."""
    words = PinPanel(Pinned(ROOT, look=Look.NOTATIONS))._view.words
    root = public_roots()[ROOT]
    for notation in Notation:
        for pin in key_pin(root), certificate_pin(root):
            text = pin.write(notation, authority=True)
            told = f"{notation.value}, {pin.kind.value} pin: {text}, struck through. Read by nobody"
            assert (told in words) is (pin.kind not in notation.means)


def test_the_best_of_several_pins_is_told() -> None:
    """A known slip says more than a stranger's pin, in whatever order they were pasted."""
    view = PinPanel(Pinned(ROOT, pasted=f"{key_pin(LEAF)};{slip(Hashed.PEM)}"))._view
    assert (view.facts["outcome"], view.facts["hashed"]) == ("wrong", "pem")


def test_the_map_marks_what_is_on_screen() -> None:
    """A pin of another certificate of the file is not drawn into this one."""
    panel = PinPanel()
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    panel.control("pasted").value = str(key_pin(CAST.root.certificate))
    assert "the pasted pin hashes these" not in panel._picture.value
    assert "the key pin hashes these" in panel._picture.value
    whole = PinPanel(Pinned(ROOT, pasted=slip(Hashed.CERTIFICATE)))
    assert "<b class=" not in whole._picture.value  # everything at once needs no setting off


def test_of_two_alike_the_one_on_screen_is_told() -> None:
    """The same certificate twice: the number is that of the chosen one."""
    panel = PinPanel()
    give(panel, "twice.pem", _readable()["twice.pem"][0])
    assert panel.state.file is not None
    panel.control("source").value = panel.state.file.entries[1]
    panel.control("pasted").value = str(key_pin(LEAF))
    assert "number 2 of 2" in panel._view.headline.reason


def test_a_matching_certificate_pin_is_not_shown_as_wrong() -> None:
    """Its digest is also that of a famous slip; here it is worn rightly."""
    pasted = certificate_pin(public_roots()[ROOT]).write(Notation.HEX)
    panel = PinPanel(Pinned(ROOT, look=Look.NOTATIONS, pasted=pasted))
    assert panel._view.facts["outcome"] == "match"
    assert "pl-card pl-bad" not in panel._picture.value


def test_bare_hex_of_a_key_is_a_caution_and_nothing_else_is() -> None:
    """Only where the tools of a notation hash certificates is the key's hash not a plain match."""
    for notation in Notation:
        pin = key_pin(public_roots()[ROOT]).write(notation)
        reason = PinPanel(Pinned(ROOT, pasted=pin))._view.headline.reason
        assert ("want the certificate’s" in reason) is (
            notation in {Notation.HEX, Notation.COLON_HEX}
        )


def test_a_part_that_is_missing_is_said_to_be() -> None:
    """A public key has neither TBS nor signature; the bank's certificate has both."""
    for look in Look.TBS, Look.SIGNATURE:
        assert "none in here" not in PinPanel(Pinned(look=look))._view.words
        public = PinPanel(Pinned("backup key: the public key (lab)", look=look))
        assert "none in here" in public._view.words


def test_a_key_without_bits_breaks_nothing() -> None:
    """An SPKI whose bit string is empty: odd, and drawn all the same."""
    panel = PinPanel()
    give(panel, "x.der", bytes.fromhex("3009300506032b65700300"))
    assert panel._view.facts["outcome"] == "shown"


def test_a_public_roots_fingerprint_is_recognised() -> None:
    """As well as its key pin: whoever pasted it learns whose it is."""
    pasted = certificate_pin(public_roots()[ROOT]).write(Notation.HEX)
    assert "the public root ISRG Root X1" in PinPanel(Pinned(pasted=pasted))._view.headline.reason


def test_a_state_with_a_file_can_be_shown_and_made() -> None:
    """What one panel has, another can be given; a text in place of a file is refused."""
    given = Given.of("leaf.pem", LEAF.public_bytes(PEM))
    asked = Pinned(given.entries[0], given)
    panel = PinPanel()
    panel.show(asked)
    for one in (panel, PinPanel(asked)):
        assert one.control("source").value == given.entries[0]
    for line in ("pin: file=None", "pin: file=leaf.pem"):
        with pytest.raises(BadInput):
            PinPanel().show(line)
    with pytest.raises(BadInput, match="a file can’t be given as text"):
        PinPanel(Pinned(file="leaf.pem"))  # type: ignore[arg-type]


def test_a_pasted_colon_is_not_the_panels_name() -> None:
    """A line may begin with a pin that has a colon in it; typing is answered with Enter."""
    panel = PinPanel()
    panel.show(f"pasted=sha256:{key_pin(LEAF).digest.hex()}")
    assert panel.state.pasted.startswith("sha256:")
    assert panel.control("pasted").continuous_update is False


# -- What is pasted out of bug reports ------------------------------------------------------------

CHAIN = tuple(key_pin(one) for one in CAST.verified)
BACKUP = key_pin(CAST.backup)


def refused_by_okhttp(shown: Sequence[Pin], pinned: Sequence[Pin | str]) -> str:
    """Write OkHttp's exception, in the one line that a browser's field makes of it."""
    peer = "".join(f"     {pin}: CN=somebody,O=Some, Inc." for pin in shown)
    ours = "".join(f"     {pin}" for pin in pinned)
    return (
        "javax.net.ssl.SSLPeerUnverifiedException: Certificate pinning failure!"
        f"   Peer certificate chain:{peer}   Pinned certificates for bank.example:{ours}"
    )


NOTHING = f"sha256/{b64encode(sha256().digest()).decode()}"
STRANGERS = tuple(Pin(Kind.KEY, sha256(bytes([n])).digest()) for n in range(3))


@pytest.mark.parametrize(
    ("shown", "pinned", "outcome", "words", "next_step"),
    [
        (
            STRANGERS,
            CHAIN[:1],
            "pinned",
            "The app pins this key; the server showed others",
            "between",
        ),
        (CHAIN, STRANGERS, "shown", "The server showed this key; the app pins others", "ship"),
        (CHAIN, [BACKUP], "shown", "The server showed this key; the app pins others", "ship"),
        (STRANGERS, [BACKUP], "stranger", "Neither side of the refusal is in here", "chain"),
        (CHAIN, CHAIN[2:], "both", "A pinned key was shown: this pin isn’t the reason", "verified"),
        (CHAIN, [NOTHING], "wrong", "The app’s pin: a hash of nothing at all", "step"),
        (CHAIN, [slip(Hashed.PEM)], "shown", "The server showed this key; the app pins others", ""),
        (
            CHAIN,
            [str(Pin(Kind.KEY, bytes(32)))],
            "wrong",
            "The app’s pin: a placeholder",
            "your own",
        ),
        (
            CHAIN[1:],
            STRANGERS,
            "shown",
            "The server showed number 2 here; the app pins others",
            "CA",
        ),
        (
            STRANGERS,
            CHAIN[2:],
            "pinned",
            "The app pins number 3 here; the server showed others",
            "",
        ),
    ],
)
def test_okhttps_exception_is_explained(
    shown: Sequence[Pin], pinned: Sequence[Pin | str], outcome: str, words: str, next_step: str
) -> None:
    """Who was met and who was expected, held against the chain in hand: and what to do next."""
    panel = PinPanel()
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    panel.control("pasted").value = refused_by_okhttp(shown, pinned)
    view = panel._view
    assert (view.headline.words, view.facts["outcome"]) == (words, outcome)
    assert next_step in view.headline.reason
    assert view.text.count("The server showed sha256/") == len(shown)
    assert view.text.count("The app pins sha256/") == len(pinned)
    assert view.not_in_words() == []


def test_a_public_root_in_an_exception_is_named() -> None:
    """Whoever was met, its root is often a well-known one."""
    root = key_pin(public_roots()[ROOT])
    panel = PinPanel(Pinned(pasted=refused_by_okhttp([*STRANGERS, root], [BACKUP])))
    assert f"The server showed {root}: no match, the public root {ROOT}." in panel._view.text


def test_a_log_without_pins_of_the_app_is_explained() -> None:
    """TrustKit prints the keys it met, and not those that it has pinned."""
    log = " ".join(f"Testing SSL Pin <{pin.digest.hex(' ', 4)}>" for pin in reversed(CHAIN))
    panel = PinPanel(Pinned(pasted=log))
    assert panel._view.headline.words == "The server showed this key"
    assert panel._view.facts["outcome"] == "shown"
    assert PinPanel(Pinned(ROOT, pasted=log))._view.facts["outcome"] == "stranger"
    give(panel, "chain.pem", _readable()["chain.pem"][0])  # its root comes first in the log
    assert panel._view.headline.words == "The server showed this key"


@pytest.mark.parametrize(
    ("pasted", "words", "next_step"),
    [
        (NOTHING, "No match: a hash of nothing at all", "run that step alone"),
        (sha256().hexdigest(), "No match: a hash of nothing at all", "run that step alone"),
        (f"3 1 1 {sha256().hexdigest()}", "No match: a hash of nothing at all", "that step alone"),
        (sha256(b"\n").hexdigest(), "No match: a hash of a lone newline", "run that step alone"),
        ("A" * 43 + "=", "No match: a placeholder", "compute your own"),
    ],
)
def test_what_is_of_no_file_is_not_told_of_this_one(
    pasted: str, words: str, next_step: str
) -> None:
    """Nothing here was hashed, so nothing here is named."""
    view = PinPanel(Pinned(ROOT, pasted=pasted))._view
    assert view.headline.words == words
    assert next_step in view.headline.reason
    assert ROOT not in view.headline.reason
    assert view.facts["outcome"] == "wrong"


def test_a_chain_hash_is_told() -> None:
    """With how much of the chain it is of: V2Ray hashes what the server sends."""
    panel = PinPanel()
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    leaf, issuing = (sha256(one.public_bytes(DER)).digest() for one in CAST.verified[:2])
    panel.control("pasted").value = b64encode(sha256(leaf + issuing).digest()).decode()
    assert panel._view.headline.words == "No match: a hash of the whole chain"
    assert "the first 2 certificates" in panel._view.headline.reason
    assert "V2Ray" in panel._view.headline.reason


def test_a_cas_pin_for_a_tool_that_refuses_it_is_a_caution() -> None:
    """The right pin of a root, which curl never finds: curl looks at the leaf alone."""
    root = key_pin(public_roots()[ROOT])
    for notation in Notation:
        view = PinPanel(Pinned(ROOT, pasted=root.write(notation, authority=True)))._view
        assert ("exit code 90" in view.headline.reason) is (notation is Notation.CURL)
    leaf = PinPanel(Pinned(pasted=CHAIN[0].write(Notation.CURL)))._view
    assert leaf.headline.words == "It matches: this is the key pin"


def test_a_record_of_the_wrong_usage_is_told() -> None:
    """3 is a server's own certificate and 2 a CA's; the other way about, neither is ever found."""
    for source, pin, wrong, right in (
        (ROOT, key_pin(public_roots()[ROOT]), "3 1 1", "2 1 1"),
        (BANK, CHAIN[0], "2 1 1", "3 1 1"),
    ):
        view = PinPanel(Pinned(source, pasted=f"{wrong} {pin.digest.hex()}"))._view
        assert view.facts["outcome"] == "wrong"
        assert view.headline.words == f"No match: usage {wrong[0]} is for another certificate"
        assert f"write {right}" in view.headline.reason
        fine = PinPanel(Pinned(source, pasted=f"{right} {pin.digest.hex()}"))._view
        assert fine.facts["outcome"] == "match"
    key = f"2 1 1 {key_pin(CAST.backup).digest.hex()}"  # a key alone may be anybody's
    assert PinPanel(Pinned(REQUEST, pasted=key))._view.facts["outcome"] == "match"


def test_a_corrected_pin_can_be_copied_from_the_sentence() -> None:
    """No full stop touches it."""
    pin = "sha256/" + b64encode(b"\xfb\xff" + bytes(range(30))).decode()
    view = PinPanel(Pinned(pasted=pin.replace("+", "-").replace("/", "_", 2)[:-1]))._view
    assert view.facts["outcome"] == "unreadable"
    view = PinPanel(Pinned(pasted="sha256/" + pin[7:].translate({43: "-", 47: "_"})))._view
    assert f"write {pin} instead" in view.headline.reason


@pytest.mark.parametrize("look", Look)
def test_each_pasted_pin_is_told_from_the_others(look: Look) -> None:
    """A refusal in two lists, the server's and the app's, each key with what it is of."""
    root = key_pin(public_roots()[ROOT])
    panel = PinPanel(Pinned(look=look))
    give(panel, "chain.pem", _readable()["chain.pem"][0])
    panel.control("look").value = look
    text = refused_by_okhttp([CHAIN[0], CHAIN[2], root], [NOTHING, slip(Hashed.PEM), STRANGERS[0]])
    panel.control("pasted").value = text
    view = panel._view
    words = view.text
    for told in (
        f"The server showed {CHAIN[0]}: match, key of {HOST} (1 of 3).",
        f"The server showed {CHAIN[2]}: match, key of Lab Root (3 of 3).",
        f"The server showed {root}: no match, the public root {ROOT}.",
        f"The app pins {NOTHING}: no match, a hash of nothing at all.",
        f"The app pins {STRANGERS[0]}: no match, not in here.",
    ):
        assert told in words
    assert view.not_in_words() == []
    html = panel._picture.value
    assert html.index(">The server showed<") < html.index(">The app pins<")


def test_a_list_of_pins_is_told_pin_by_pin() -> None:
    """A set with a backup, and one of a wrong hash: only one of them can be in the headline."""
    pasted = f"{CHAIN[0]}, {BACKUP}, {CHAIN[0].digest.hex()}"
    view = PinPanel(Pinned(pasted=pasted))._view
    assert f"Pasted {CHAIN[0]}: match, key of {HOST}." in view.text
    assert f"Pasted {BACKUP}: no match, not in here." in view.text
    assert view.not_in_words() == []
    alone = PinPanel(Pinned(pasted=str(CHAIN[0])))._view
    assert "Pasted " not in alone.text


def test_many_pasted_pins_are_counted() -> None:
    """A whole file of them does not fill the screen."""
    pasted = "\n".join(str(Pin(Kind.KEY, sha256(bytes([n, n])).digest())) for n in range(100))
    view = PinPanel(Pinned(pasted=pasted))._view
    assert "and 88 more" in view.text
    assert view.text.count("Pasted sha256/") == 12


def test_a_shown_key_is_not_called_pasted_in_the_map() -> None:
    """What is marked is the key that the server showed; a pinned one is called the app's."""
    for shown, pinned, words in (
        (CHAIN, STRANGERS, "the server showed these 91"),
        (STRANGERS, CHAIN, "the app pins these 91"),
    ):
        html = PinPanel(Pinned(pasted=refused_by_okhttp(shown, pinned)))._picture.value
        assert words in html


def test_a_notation_that_reads_the_other_kind_says_who_would_read_what() -> None:
    """In the panel's list and in the lesson's table: the key's hash as hex is a certificate's."""
    told = "nobody: urllib3 would take it for a certificate pin"
    html = PinPanel(Pinned(look=Look.NOTATIONS))._picture.value
    assert html.count(f'pl-reader">{told}') == 2
    assert html.count('pl-reader">nobody: OkHttp would take it for a key pin') == 1
    view = every_notation(LEAF)
    assert view.facts["unread"] == "2"
    for notation in Notation:
        text = key_pin(LEAF).write(notation)
        reader = notation.reader(Kind.KEY)
        assert f"{notation.value}: {text}. Read by {reader}." in view.words
        assert ("nobody" in reader) is (notation in {Notation.HEX, Notation.COLON_HEX})
    assert view.picture.count("pl-unread") == 2
    assert view.not_in_words() == []


def test_urllib3_takes_hex_with_and_without_colons_for_a_certificates_hash() -> None:
    """Asked of urllib3 itself: the certificate's is accepted, the key's is refused."""
    ssl_ = pytest.importorskip("urllib3.util.ssl_")
    der = LEAF.public_bytes(DER)
    for notation in Notation.HEX, Notation.COLON_HEX:
        ssl_.assert_fingerprint(der, certificate_pin(LEAF).write(notation))
        with pytest.raises(Exception, match="did not match"):
            ssl_.assert_fingerprint(der, key_pin(LEAF).write(notation))


COLLEAGUES = dict(CAST.colleagues)
TWO = [pin.removeprefix("sha256/") for pin in (COLLEAGUES["Ana"], COLLEAGUES["Ben"])]


@pytest.mark.parametrize(
    ("pasted", "words", "found"),
    [
        pytest.param(
            "\n".join(f"{name:6} {pin}" for name, pin in COLLEAGUES.items()),
            *("2 of 5 pins match: one is enough", "some"),
            id="lines, as they are printed",
        ),
        pytest.param(
            "".join(f"{name:6} {pin}" for name, pin in COLLEAGUES.items()),
            *("2 of 5 pins match: one is enough", "some"),
            id="lines without their ends, as a browser's field leaves them",
        ),
        pytest.param(
            "<domain-config><domain>bank.example</domain><pin-set expiration='2028-01-01'>"
            + "".join(f'<pin digest="SHA-256">{pin}</pin>' for pin in TWO)
            + "</pin-set></domain-config>",
            *("1 of 2 pins matches: one is enough", "some"),
            id="Android's config",
        ),
        pytest.param(
            f'Public-Key-Pins: pin-sha256="{TWO[0]}"; pin-sha256="{TWO[1]}"; max-age=9',
            *("1 of 2 pins matches: one is enough", "some"),
            id="HPKP",
        ),
        pytest.param(
            f"curl --pinnedpubkey 'sha256//{TWO[0]};sha256//{TWO[1]}' https://bank.example/",
            *("1 of 2 pins matches: one is enough", "some"),
            id="curl",
        ),
        pytest.param(
            f"{COLLEAGUES['Ben']}, {COLLEAGUES['Dan']}", "None of 2 pins matches", "none", id="none"
        ),
        pytest.param(
            f"{COLLEAGUES['Ana']}, {COLLEAGUES['Edith']}",
            *("2 of 2 pins match: one is enough", "all"),
            id="all",
        ),
    ],
)
def test_of_a_set_any_pin_will_do(pasted: str, words: str, found: str) -> None:
    """Lists and configs: how many match is said first, and match or no match of each."""
    view = PinPanel(Pinned(pasted=pasted))._view
    assert view.headline.words == words
    assert view.facts["set"] == found
    said = re.findall(r"\d+", words)
    hits, count = (int(said[0]), int(said[1])) if len(said) == 2 else (0, int(said[0]))
    assert view.picture.count("pl-match") == count
    assert view.words.count(": match, ") == hits
    assert view.words.count(": no match, ") == count - hits
    assert view.not_in_words() == []


def test_one_pin_is_no_set() -> None:
    """It is in the headline, and no list is drawn."""
    assert PinPanel(Pinned(pasted=COLLEAGUES["Ana"]))._view.facts["set"] == "one"
    assert PinPanel()._view.facts["set"] == "empty"
