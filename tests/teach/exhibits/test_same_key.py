"""Twins: what a pin on the first certificate says of the second, computed or plainly cited."""

from __future__ import annotations

import re

import pytest

from pinlib import Kind, PinSet, certificate_pin, key_pin, public_roots, story
from pinlib.teach.exhibits.inspection.same_key import (
    CROSSED,
    REKEYED,
    RENEWED,
    Paired,
    TwinsPanel,
    compare,
    pairs,
)
from pinlib.tls.certificates import Validity

CAST = story()


def test_what_the_panel_says_is_what_a_pin_set_does() -> None:
    """For the lab's pairs, whose bytes are here, PinSet.match is asked instead of us."""
    events = CAST.events
    crossed = events["cross-sign: the chain ends at another root"].identity.chain[1]
    held = {
        CROSSED: (CAST.issuing.certificate, crossed),
        RENEWED: (CAST.bank.leaf, events["renew, same key"].identity.leaf),
        REKEYED: (CAST.bank.leaf, events["renew with an unknown key"].identity.leaf),
    }
    for name, (one, other) in held.items():
        for kind, pin_of in {Kind.KEY: key_pin, Kind.CERTIFICATE: certificate_pin}.items():
            found = PinSet.of(pin_of(one)).match([other]) is not None
            view = TwinsPanel(Paired(name, kind))._view
            assert (view.facts["outcome"] == "same") is found, (name, kind)
            assert compare(one, other, kind).facts["outcome"] == view.facts["outcome"]


def test_a_key_cross_signed_now_keeps_its_pin_each_time() -> None:
    """Signed twice, live: three certificates, one key pin."""
    ages = Validity.of(CAST.root.certificate)
    crossed = [CAST.other_root.cross_sign(CAST.issuing, valid=ages) for _ in range(2)]
    pins = {certificate_pin(one.certificate) for one in (CAST.issuing, *crossed)}
    assert len(pins) == 3
    for one in crossed:
        assert compare(CAST.issuing.certificate, one.certificate).facts["outcome"] == "same"


@pytest.mark.parametrize("name", ["ISRG Root X1", "ISRG Root X2"])
def test_a_real_root_is_computed_and_its_twin_is_cited(name: str) -> None:
    """The pin of the self-signed one comes out of certifi; the other says where it was read."""
    ours, theirs = pairs()[name]
    assert not ours.cited
    assert ours.pins[Kind.KEY] == key_pin(public_roots()[name]) == theirs.pins[Kind.KEY]
    assert theirs.cited
    view = TwinsPanel(Paired(name))._view
    assert view.facts["cited"] == "1"
    assert "computed here, from certifi's root" in view.text
    assert "cited, not computed: letsencrypt.org, certificates page" in view.picture


def test_what_is_in_no_store_is_cited_on_both_sides() -> None:
    """Nothing is said to be computed that was not."""
    for name, (one, other) in pairs().items():
        for side in (one, other):
            assert side.cited is ("cited" in side.origin), name
    assert TwinsPanel(Paired("R3"))._view.facts["cited"] == "2"


def test_every_published_twin_is_in_the_panel() -> None:
    """All pairs of the table can be chosen."""
    assert {"ISRG Root X1", "ISRG Root X2", "E5", "R3", "Root YE", "Root YR"} <= set(pairs())


def test_headline_ladder_and_words_agree_with_the_pins() -> None:
    """For every pair: the colours of the keys, both rungs, and what is said of them."""
    for name, (one, other) in pairs().items():
        same = one.pins[Kind.KEY] == other.pins[Kind.KEY]
        view = TwinsPanel(Paired(name))._view
        assert ("the same key" in view.picture) is same, name
        assert ("another key" in view.picture) is not same, name
        assert f"The key pins {'are the same' if same else 'differ'}." in view.words
        assert "The certificate pins differ." in view.words
        marks = re.findall(r'data-rung="([^"]+)" data-mark="([^"]+)"', view.picture)
        assert marks == [("key-pin", "holds" if same else "fails"), ("certificate-pin", "fails")]
    for (pair, pinned), words in {
        (RENEWED, Kind.KEY): "The pin holds for both",
        (REKEYED, Kind.KEY): "The pin ends with the key",
        (RENEWED, Kind.CERTIFICATE): "The pin ends with the first",
    }.items():
        assert TwinsPanel(Paired(pair, pinned))._view.headline.words == words


def test_a_cross_signed_authority_has_another_issuer() -> None:
    """One subject, two issuers: that is what cross-signing is."""
    one, other = pairs()[CROSSED]
    assert (one.subject, one.issuer) == ("Lab Issuing CA", "Lab Root")
    assert (other.subject, other.issuer) == ("Lab Issuing CA", "Other Root")
