"""Path validation: which fact was wrong, found by changing one and asking again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pinlib import Authority
from pinlib.encoding.naming import subject_of
from pinlib.errors import BadHost
from pinlib.tls.certificates import Identity, PrivateKey, Validity, p256, usual_extensions
from pinlib.tls.path_validation import NO_PATH, claims, faults, unchecked, validate
from tests.strangers import EDI_PARTY_NAME, SAN, X400_ADDRESS, raw, stranger

HOST = "bank.example"
TODAY = datetime(2027, 3, 1, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AGES = Validity(TODAY - 1000 * DAY, TODAY + 1000 * DAY)
LEAF = Validity(TODAY - 30 * DAY, TODAY + 30 * DAY)

ROOT = Authority.root("Root", valid=AGES)
ISSUING = ROOT.intermediate("Issuing", valid=AGES)
BANK = ISSUING.issue(HOST, valid=LEAF)
ROOTS = (ROOT.certificate,)


def facts(
    identity: Identity,
    roots: tuple[x509.Certificate, ...] = ROOTS,
    host: str = HOST,
    date: datetime = TODAY,
) -> tuple[bool | None, bool | None, bool | None]:
    """Return what is found of chain, name and date."""
    path = validate(identity.chain, roots, host, date)
    assert bool(path.verified) == ((path.chain, path.name, path.date) == (True, True, True))
    return path.chain, path.name, path.date


def nameless() -> Identity:
    """Return a server whose certificate has no SAN: its common name alone says bank.example."""
    key = p256()
    builder = x509.CertificateBuilder(
        ISSUING.certificate.subject,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]),
        key.public_key(),
        7,
        LEAF.starts,
        LEAF.ends,
    ).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ISSUING.key.public_key()), False
    )
    return Identity((builder.sign(ISSUING.key, hashes.SHA256()), *ISSUING.sent_along), key)


def test_an_honest_chain_is_verified_up_to_the_root() -> None:
    """All facts hold, and the verified chain ends with the anchor that was not presented."""
    path = validate(BANK.chain, ROOTS, HOST, TODAY)
    assert path.verified == path.found == (*BANK.chain, ROOT.certificate)


def test_each_fact_is_found_wrong_by_itself() -> None:
    """One wrong fact is told from another, and from an unknown authority."""
    stranger = Authority.root("Root", valid=AGES).certificate  # the same name, another key
    assert facts(BANK, host="shop.example") == (True, False, True)
    assert facts(BANK, date=TODAY + 60 * DAY) == (True, True, False)
    assert facts(BANK, date=TODAY - 60 * DAY) == (True, True, False)
    assert facts(BANK, host="shop.example", date=TODAY + 60 * DAY) == (True, False, False)
    assert facts(BANK, (stranger,)) == (False, None, None)
    assert facts(BANK, ()) == (False, None, None)
    assert facts(BANK.alone()) == (False, None, None)
    assert validate((), ROOTS, HOST, TODAY) == NO_PATH


def test_the_first_and_the_last_second_hold() -> None:
    """A chain is valid through the whole validity of its shortest certificate, ends included."""
    for date, expected in [
        (LEAF.starts - SECOND, False),
        (LEAF.starts, True),
        (LEAF.ends, True),
        (LEAF.ends + SECOND, False),
    ]:
        assert facts(BANK, date=date) == (True, True, expected), date


@pytest.mark.parametrize("which", ["root", "issuing"])
@pytest.mark.parametrize("shift", [-500, 500])
def test_an_authority_out_of_date_is_a_matter_of_date(which: str, shift: int) -> None:
    """An expired or future root or intermediate reads as a wrong date, not as an unknown CA."""
    narrow = Validity(TODAY + (shift - 20) * DAY, TODAY + (shift + 20) * DAY)
    root = Authority.root("Root", valid=narrow if which == "root" else AGES)
    issuing = root.intermediate("Issuing", valid=narrow if which == "issuing" else AGES)
    identity = issuing.issue(HOST, valid=AGES)
    path = validate(identity.chain, (root.certificate,), HOST, TODAY)
    assert (path.chain, path.name, path.date) == (True, True, False)
    assert len(path.found) == 3


def test_certificates_that_never_held_together_are_no_path() -> None:
    """A leaf issued after its issuer had ended leads nowhere, on any day."""
    past = Validity(TODAY - 900 * DAY, TODAY - 800 * DAY)
    issuing = ROOT.intermediate("Old", valid=past)
    assert facts(issuing.issue(HOST, valid=LEAF)) == (False, None, None)


def test_order_and_strangers_in_the_chain_do_not_matter() -> None:
    """The leaf stands first; after it, any order, the root itself and strangers are all right."""
    below = ISSUING.intermediate("Below", valid=AGES)
    leaf, *rest = below.issue(HOST, valid=LEAF).chain
    stranger = Authority.offhand("Stranger").certificate
    for order in permutations([*rest, ROOT.certificate, stranger]):
        path = validate((leaf, *order), ROOTS, HOST, TODAY)
        assert path.verified == (leaf, *rest, ROOT.certificate)


def test_a_leaf_without_names_is_refused_for_its_name() -> None:
    """Only the SAN counts (RFC 9525): issuer and date hold, and nobody is named."""
    assert facts(nameless()) == (True, False, True)
    assert facts(nameless(), date=TODAY + 60 * DAY) == (True, False, False)
    stranger = Authority.offhand("Stranger").certificate
    assert facts(nameless(), (stranger,)) == (False, None, None)


def test_a_nameless_leaf_is_never_verified() -> None:
    """Even a device that does not look at names gets no verified chain from it."""
    path = validate(nameless().chain, ROOTS, HOST, TODAY, check_name=False, check_date=False)
    assert path.verified == ()


@pytest.mark.parametrize(
    "san",
    [X400_ADDRESS, bytes.fromhex("300587030a0000")],
    ids=["x400Address", "three bytes of an address"],
)
def test_a_leaf_whose_names_cannot_be_read_is_refused_for_its_name(san: bytes) -> None:
    """Nobody can be named in such words; issuer and date hold, and what is wrong is told apart."""
    leaf = stranger(ISSUING, LEAF, raw(SAN, san))
    assert facts(leaf, host="shop.example") == (True, False, True)
    assert facts(leaf, host="shop.example", date=TODAY + 60 * DAY) == (True, False, False)
    assert facts(leaf.alone()) == (False, None, None)
    assert validate(leaf.chain, ROOTS, "shop.example", TODAY, check_name=False).verified == ()
    assert validate(leaf.chain, ROOTS, "shop.example", TODAY).found == (
        *leaf.chain,
        ROOT.certificate,
    )
    assert not claims(leaf.leaf, "shop.example")


def test_a_name_beside_one_in_other_words_is_a_name() -> None:
    """An ediPartyName says nothing to a client, and takes nothing from the DNS name beside it."""
    leaf = stranger(ISSUING, LEAF, raw(SAN, EDI_PARTY_NAME))
    assert facts(leaf) == (True, True, True)
    assert facts(leaf, host="shop.example") == (True, False, True)
    assert facts(leaf, date=TODAY + 60 * DAY) == (True, True, False)
    assert claims(leaf.leaf, HOST)


def test_a_nameless_leaf_has_authorities_above_it() -> None:
    """One that another server's key has signed leads nowhere, whatever it names."""
    server = ISSUING.issue(HOST, valid=LEAF)
    below = stranger(Authority(server.leaf, server.key, server.chain[1:]), LEAF)
    assert facts(below) == (False, None, None)


def test_names_no_host_can_have_do_no_harm() -> None:
    """A SAN with an underscore or a lone star names nobody that could be asked for."""
    for strange in ("_dmarc.bank.example", "*", "not a host"):
        key = p256()
        builder = (
            x509.CertificateBuilder(
                ISSUING.certificate.subject,
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
                key.public_key(),
                7,
                LEAF.starts,
                LEAF.ends,
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(strange)]), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ISSUING.key.public_key()), False
            )
        )
        leaf = builder.sign(ISSUING.key, hashes.SHA256())
        path = validate((leaf, *ISSUING.sent_along), ROOTS, HOST, TODAY)
        assert path.verified == ()
        assert path.name is not True


def test_a_check_left_out_is_not_made() -> None:
    """A device that ignores the name, the date or both verifies what it would have refused."""
    late = TODAY + 60 * DAY
    path = validate(BANK.chain, ROOTS, "shop.example", TODAY, check_name=False)
    assert (len(path.verified), path.name, path.date) == (3, None, True)
    path = validate(BANK.chain, ROOTS, HOST, late, check_date=False)
    assert (len(path.verified), path.name, path.date) == (3, True, None)
    path = validate(BANK.chain, ROOTS, "no.example", late, check_name=False, check_date=False)
    assert (len(path.verified), path.name, path.date) == (3, None, None)
    path = validate(BANK.chain, ROOTS, "no.example", late, check_date=False)
    assert (path.verified, path.name, path.date) == ((), False, None)


def test_who_asks_nobody_verifies_nothing() -> None:
    """Without the chain check there is no verified chain, whatever the leaf claims of itself."""
    impostor = Authority.offhand("Café").issue(HOST, valid=LEAF)
    path = unchecked(impostor.chain, HOST, TODAY, check_name=True, check_date=True)
    assert (path.verified, path.chain, path.name, path.date) == ((), None, True, True)
    path = unchecked(
        impostor.chain, "shop.example", TODAY + 60 * DAY, check_name=True, check_date=True
    )
    assert (path.name, path.date) == (False, False)
    path = unchecked(impostor.chain, "shop.example", TODAY, check_name=False, check_date=False)
    assert (path.name, path.date) == (None, None)
    assert unchecked((), HOST, TODAY, check_name=False, check_date=False) == NO_PATH


def test_a_wildcard_claims_one_label() -> None:
    """`*.bank.example` is www.bank.example, and neither bank.example nor a.b.bank.example."""
    leaf = ISSUING.issue("*.bank.example", "2001:db8::1", valid=LEAF).leaf
    assert claims(leaf, "www.bank.example")
    assert claims(leaf, "WWW.bank.EXAMPLE")
    assert claims(leaf, "2001:db8:0::1")
    assert not claims(leaf, "bank.example")
    assert not claims(leaf, "a.b.bank.example")


def test_a_name_is_the_same_in_capitals() -> None:
    """The certificate may write its names as it likes (RFC 4343): BANK.example is bank.example."""
    leaf = stranger(ISSUING, LEAF, x509.SubjectAlternativeName([x509.DNSName("BANK.example")])).leaf
    assert claims(leaf, HOST)
    assert not claims(leaf, "shop.example")


@pytest.mark.parametrize("host", ["10.0.0.1", "2001:db8::1"])
@pytest.mark.parametrize("star", [False, True])
def test_a_dns_name_is_no_address(host: str, star: bool) -> None:
    """An address is matched by an iPAddress entry alone (RFC 5280, section 4.2.1.6; RFC 9525)."""
    text = host.replace("10", "*", 1) if star else host
    leaf = stranger(ISSUING, LEAF, x509.SubjectAlternativeName([x509.DNSName(text)]))
    assert not claims(leaf.leaf, host)
    assert facts(leaf, host=host) == (True, False, True)
    real = ISSUING.issue(host, valid=LEAF)
    assert claims(real.leaf, host)
    assert facts(real, host=host) == (True, True, True)


def test_a_bad_host_is_said_before_anything_is_asked() -> None:
    """The host is the caller's own mistake, so it is an error and no verdict."""
    with pytest.raises(BadHost):
        validate(BANK.chain, ROOTS, "not a host", TODAY)


# --- a root did sign it, and the chain does not hold


def rsa1024() -> PrivateKey:
    """Return a key that was good enough until 2013."""
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused


def altered(
    issuer: Authority,
    *,
    authority: bool = False,
    without: tuple[type[x509.ExtensionType], ...] = (),
    adding: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    key: PrivateKey | None = None,
) -> Authority:
    """Return what an issuer signs beside the usual: extensions left out, others put in."""
    key = key or p256()
    builder = x509.CertificateBuilder(
        issuer.certificate.subject,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "altered")]),
        key.public_key(),
        77,
        LEAF.starts,
        LEAF.ends,
    )
    usual = list(usual_extensions(key.public_key(), issuer.key.public_key(), authority=authority))
    if not authority:
        usual.append((x509.SubjectAlternativeName([x509.DNSName(HOST)]), False))
    kept = [one for one in usual if type(one[0]) not in without]
    for extension, critical in (*kept, *adding):
        builder = builder.add_extension(extension, critical)
    return Authority(builder.sign(issuer.key, hashes.SHA256()), key, issuer.sent_along)


ELSEWHERE = x509.NameConstraints([x509.DNSName("shop.example")], None)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
NO_PATH_BELOW = (x509.BasicConstraints(ca=True, path_length=0), True)
FOR_CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
FAULTS: dict[str, tuple[Callable[[], Identity], str, str]] = {
    "name constraints": (
        lambda: altered(ROOT, authority=True, adding=((ELSEWHERE, True),)).issue(HOST, valid=LEAF),
        "altered",
        "name constraints",
    ),
    "path length": (
        lambda: (
            altered(ROOT, authority=True, without=(x509.BasicConstraints,), adding=(NO_PATH_BELOW,))
            .intermediate("Below", valid=AGES)
            .issue(HOST, valid=LEAF)
        ),
        "altered",
        "basic constraints",
    ),
    "extended key usage": (
        lambda: leaf(without=(x509.ExtendedKeyUsage,), adding=((FOR_CLIENTS, False),)),
        "altered",
        "extended key usage",
    ),
    "unknown critical": (lambda: leaf(adding=((UNKNOWN, True),)), "altered", "1.3.6.1.4.1.99999.1"),
    "no key usage": (
        lambda: altered(ROOT, authority=True, without=(x509.KeyUsage,)).issue(HOST, valid=LEAF),
        "altered",
        "no key usage",
    ),
    "no authority key identifier": (
        lambda: leaf(without=(x509.AuthorityKeyIdentifier,)),
        "altered",
        "no authority key identifier",
    ),
    "weak key": (
        lambda: ISSUING.issue(HOST, valid=LEAF, key=rsa1024()),
        HOST,
        "key is too weak",
    ),
    "no day": (
        lambda: ROOT.intermediate(
            "Old", valid=Validity(TODAY - 900 * DAY, TODAY - 800 * DAY)
        ).issue(HOST, valid=LEAF),
        HOST,
        "no day",
    ),
    "broken beside": (
        lambda: leaf(without=(x509.BasicConstraints,), adding=((raw(BASIC, b"\x01"), True),)),
        "altered",
        "basic constraints",
    ),
}
BASIC = x509.oid.ExtensionOID.BASIC_CONSTRAINTS


def leaf(
    *,
    without: tuple[type[x509.ExtensionType], ...] = (),
    adding: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Identity:
    """Return a server with an altered certificate under the usual intermediate."""
    made = altered(ISSUING, without=without, adding=adding)
    return Identity((made.certificate, *made.above), made.key)


@pytest.mark.parametrize("case", FAULTS)
def test_what_keeps_a_chain_from_its_root_is_told_by_name(case: str) -> None:
    """A trusted root did sign it: the certificate and its fact are found, one and no other."""
    make, whose, what = FAULTS[case]
    made = make()
    assert facts(made) == (False, None, None)
    found = faults(made.chain, ROOTS, HOST)
    assert found is not None
    assert [(subject_of(one.certificate), what in one.about) for one in found] == [(whose, True)]


def test_several_faults_are_all_told() -> None:
    """Where mending one does not help, each that breaks a good chain is named."""
    made = leaf(without=(x509.AuthorityKeyIdentifier,), adding=((UNKNOWN, True),))
    found = faults(made.chain, ROOTS, HOST)
    assert found is not None
    assert {one.about.rpartition("its ")[0] == "" for one in found} == {True}
    assert len(found) == 2


def test_where_no_root_signed_there_is_no_fault_to_name() -> None:
    """Only then does no root vouch: a stranger's, one of the same name, a chain cut short."""
    namesake = Authority.root("Root", valid=AGES).certificate
    assert faults(BANK.chain, (namesake,), HOST) is None
    assert faults(BANK.alone().chain, ROOTS, HOST) is None
    assert faults(BANK.chain, (), HOST) is None
    assert faults((), ROOTS, HOST) is None


def test_a_nameless_leaf_lacks_names_and_not_a_root() -> None:
    """A device that skips the name check refuses it all the same, and knows why."""
    path = validate(nameless().chain, ROOTS, HOST, TODAY, check_name=False)
    assert path.chain is False
    found = faults(nameless().chain, ROOTS, HOST)
    assert found is not None
    assert any("no list of names" in one.about for one in found)


@pytest.mark.parametrize("host", ["my_host.example", "bank.example.", "my_host.bank.example."])
def test_an_underscore_and_a_last_dot_are_names_as_any_other(host: str) -> None:
    """As in curl: a dot at the end is left out, wherever it stands, and an underscore compared."""
    server = ISSUING.issue(host, valid=LEAF)
    dotted = stranger(ISSUING, LEAF, x509.SubjectAlternativeName([x509.DNSName(host)]))
    for identity in (server, dotted):
        for asked in (host, host.removesuffix(".")):
            assert facts(identity, host=asked) == (True, True, True)
        assert facts(identity, host="shop.example") == (True, False, True)
        assert facts(identity, host=host, date=TODAY + 60 * DAY) == (True, True, False)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    assert facts(stranger(ISSUING, LEAF, names, purpose), host=host)[0] is False


def test_strangers_who_signed_each_other_hold_nobody_up() -> None:
    """Two hundred certificates of one name and key lead to no root, and that is soon found."""
    one = Authority.root("Loop", valid=AGES)
    many = tuple(one.cross_sign(one, valid=AGES).certificate for _ in range(200))
    made = one.issue(HOST, valid=LEAF)
    before = time.process_time()
    assert faults((*made.chain, *many), ROOTS, HOST) is None
    assert time.process_time() - before < 5


def test_a_key_that_no_library_reads_is_a_fault_too() -> None:
    """Of a kind of key that nobody knows: the leaf is told, and nothing fails."""
    made = leaf()
    der = made.leaf.public_bytes(Encoding.DER)
    curve = bytes.fromhex("2a8648ce3d030107")
    tbs = made.leaf.tbs_certificate_bytes.replace(curve, bytes.fromhex("2a8648ce3d030163"))
    key = ISSUING.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    while len(signature := key.sign(tbs, ec.ECDSA(hashes.SHA256()))) != len(made.leaf.signature):
        pass
    forged = der.replace(made.leaf.tbs_certificate_bytes, tbs)
    forged = forged.replace(made.leaf.signature, signature)
    strange = x509.load_der_x509_certificate(forged)
    found = faults((strange, *made.chain[1:]), ROOTS, HOST)
    assert found is not None
    assert [one.about for one in found] == ["its own key is too weak, or of an unknown kind"]
