"""What the files of apps say of their pins: whose they are, when they end, and no surprises."""

from __future__ import annotations

import plistlib
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from pinlib.errors import NotReadable
from pinlib.operations.app_configs import PinnedDomains, android_pin_sets, plist_pin_sets

CONFIG = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- <domain-config><domain>old.example</domain><pin-set expiration="2020-01-01"/>
</domain-config> -->
<network-security-config>
    <base-config cleartextTrafficPermitted="false"/>
    <domain-config>
        <domain includeSubdomains="true">bank.example</domain>
        <domain>
            api.bank<!-- really -->.example
        </domain>
        <pin-set expiration='2027-01-31'><pin digest="SHA-256">AAAA</pin></pin-set>
        <domain-config><domain>inherits.example</domain></domain-config>
        <domain-config>
            <domain>own.example</domain>
            <pin-set><pin digest="SHA-256">AAAA</pin></pin-set>
        </domain-config>
    </domain-config>
    <domain-config>
        <domain-config><domain>none.example</domain></domain-config>
    </domain-config>
    <domain-config>
        <pin-set
            expiration="2028-02-29"><!-- expiration="2021-01-01" --></pin-set>
        <domain>last.example</domain>
    </domain-config>
</network-security-config>
"""


def test_each_set_has_the_domains_of_its_config() -> None:
    """Nested ones too, unless they have a set of their own; comments say nothing."""
    assert android_pin_sets(CONFIG) == (
        PinnedDomains(("own.example",), None),
        PinnedDomains(("bank.example", "api.bank.example", "inherits.example"), "2027-01-31"),
        PinnedDomains(("last.example",), "2028-02-29"),
    )


def test_a_set_alone_is_a_set() -> None:
    """As pasted from an editor; and a commented one is none."""
    assert android_pin_sets(b'<pin-set expiration="x"/>') == (PinnedDomains((), "x"),)
    with pytest.raises(NotReadable, match="no <pin-set>: Android’s network security config was"):
        android_pin_sets(b'<a><!-- <pin-set expiration="2027-01-31"/> --></a>')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_every_encoding_of_xml_is_read(encoding: str) -> None:
    """With the mark in front that Windows writes."""
    text = "<?xml version='1.0' encoding='%s'?><c><domain>é.example</domain><pin-set/></c>"
    xml = (text % encoding.removesuffix("-sig")).encode(encoding)
    assert android_pin_sets(xml) == (PinnedDomains(("é.example",), None),)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE c [<!ENTITY l0 "ha">{LAUGHS}]><c><domain>&l9;</domain><pin-set/></c>',
        f'<!DOCTYPE c [<!ENTITY a "{"a" * 50_000}">]><c>{"&a;" * 50_000}</c>',
        '<!DOCTYPE c [<!ENTITY f SYSTEM "FILE">]><c><domain>&f;</domain><pin-set/></c>',
        '<!DOCTYPE c [<!ENTITY % f SYSTEM "FILE"> %f;]><c><pin-set/></c>',
    ],
    ids=["billion laughs", "quadratic", "external", "parameter"],
)
def test_entities_are_refused(tmp_path: Path, document: str) -> None:
    """Before they grow, and before the file that they name is opened."""
    (tmp_path / "secret").write_text("of this machine", encoding="utf-8")
    text = document.replace("FILE", (tmp_path / "secret").as_uri())
    with pytest.raises(NotReadable, match=r"declares an entity .*, which no config needs"):
        android_pin_sets(text.encode())
    with pytest.raises(NotReadable, match="entity declarations are not supported"):
        plist_pin_sets(b"<?xml version='1.0'?>" + text.encode())


def test_a_document_type_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    """It is named in every plist, and nobody asks for it."""
    document = f'<!DOCTYPE c SYSTEM "{(tmp_path / "dtd").as_uri()}"><c>&f;<pin-set/></c>'
    code = f"""
import sys
from pinlib.operations.app_configs import android_pin_sets
seen = []
sys.addaudithook(lambda name, _: seen.append(name) if name in ("open", "socket.connect") else None)
assert len(android_pin_sets({document.encode()!r})) == 1
assert not seen, seen
"""
    subprocess.run([sys.executable, "-c", code], check=True)


BROKEN = {
    "a tag in a tag": b"<pin-set " * 20_000,
    "an attribute without end": b"<pin-set expiration=" * 20_000,
    "a quote without end": b'<pin-set expiration="' + b"<" * 500_000,
    "open comments": b"<!-- " * 100_000,
    "a comment without end": b"<c><!--" + b"- " * 250_000,
    "nested without end": b"<domain-config>" * 30_000,
    "sections": b"<![CDATA[" * 50_000,
}
LARGE = {
    "nested": b"<domain-config><domain>a</domain>" * 15_000
    + b"<pin-set/>"
    + b"</domain-config>" * 15_000,
    "many sets": b"<c>" + b'<pin-set expiration="2020-01-01"/>' * 14_000 + b"</c>",
    "sets and domains": b"<c>" + b"<domain>a</domain><pin-set/>" * 17_000 + b"</c>",
    "pieces": b"<c><domain>" + b"a<!---->" * 60_000 + b"</domain><pin-set/></c>",
    "attributes": b"<c " + b" ".join(b'a%d="1"' % n for n in range(40_000)) + b"><pin-set/></c>",
    "a long attribute": b'<pin-set expiration="' + b"1" * 500_000 + b'"/>',
}


@pytest.mark.parametrize("kind", [*BROKEN, *LARGE])
def test_hostile_text_is_read_in_the_time_of_its_length(kind: str) -> None:
    """Half a megabyte is read as fast as so much of an honest config, give or take."""

    def seconds(text: bytes) -> float:
        began = process_time()
        if kind in BROKEN and text is not honest:
            with pytest.raises(NotReadable, match="not well-formed"):
                android_pin_sets(text)
        else:
            assert android_pin_sets(text)
        return process_time() - began

    body = CONFIG.partition(b"?>")[2]
    honest = b"<c>" + body * (500_000 // len(body)) + b"</c>"
    hostile = (BROKEN | LARGE)[kind]
    best = [min(seconds(text) for _ in range(3)) for text in (hostile, honest)]
    assert best[0] < 20 * best[1]


PLIST = {
    "TSKConfiguration": {
        "TSKSwizzleNetworkDelegates": True,
        "TSKPinnedDomains": {
            "bank.example": {"TSKExpirationDate": "2027-01-31", "TSKPublicKeyHashes": ["A", "B"]},
            "shop.example": {"TSKPublicKeyHashes": ["A", "B"]},
            "www.bank.example": {"TSKExcludeSubdomainFromParentPolicy": True},
        },
    },
    "NSAppTransportSecurity": {
        "NSPinnedDomains": {
            "api.example": {"NSPinnedLeafIdentities": [{"SPKI-SHA256-BASE64": "A"}]},
        }
    },
}


@pytest.mark.parametrize("kind", [plistlib.FMT_XML, plistlib.FMT_BINARY], ids=["xml", "binary"])
def test_an_info_plist_tells_whose_pins_end(kind: plistlib.PlistFormat) -> None:
    """TrustKit's have a day, or none; Apple's have none; and who pins nothing is not told."""
    assert set(plist_pin_sets(plistlib.dumps(PLIST, fmt=kind))) == {
        PinnedDomains(("bank.example",), "2027-01-31"),
        PinnedDomains(("shop.example",), None),
        PinnedDomains(("api.example",), None),
    }


@pytest.mark.parametrize(
    "said",
    [
        *({}, [], "text", {"TSKConfiguration": 1}, {"TSKConfiguration": {"TSKPinnedDomains": []}}),
        {"NSAppTransportSecurity": {"NSPinnedDomains": {}}},
        {"TSKConfiguration": {"TSKPinnedDomains": {"a.example": "b"}}},
    ],
    ids=repr,
)
def test_a_plist_that_pins_nothing_is_told(said: object) -> None:
    """Of whatever shape it is."""
    with pytest.raises(NotReadable, match="neither TSKPinnedDomains nor NSPinnedDomains"):
        plist_pin_sets(plistlib.dumps(said))


def test_a_broken_plist_is_told() -> None:
    """Cut anywhere, or with a byte changed, it is read or refused in a sentence."""
    binary = plistlib.dumps(PLIST, fmt=plistlib.FMT_BINARY)
    refused = 0
    for at in range(0, len(binary), 3):
        for text in (binary[:at], binary[:at] + b"\xff" + binary[at + 1 :]):
            try:
                plist_pin_sets(text)
            except NotReadable:
                refused += 1
    assert refused > len(binary) // 3
