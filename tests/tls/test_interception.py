"""The man in the middle: what he reads is what was sent, and a victim who refuses gives nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Authority, Event, Outcome, Strategy, Tls
from pinlib.scenes.cast import HOST, LOGIN, REPLY, TODAY, Cast, story
from pinlib.tls.certificates import Validity
from pinlib.tls.devices import Moment
from pinlib.tls.endpoints import Caller, Server
from pinlib.tls.interception import Encounter, Forger, Interception, Interceptor, intercept

PROXY = "proxy CA in the device's store"


def meet(event: Event, strategy: Strategy, tls: Tls = Tls.V1_3, **more: object) -> Encounter:
    """Let somebody who shows the event's certificate sit between the phone and the bank."""
    device = replace(event.device(strategy, tls), **more)
    who = Interceptor(lambda _: event.identity)
    return intercept(
        device, who, event.cast.bank, HOST, event.date, request=LOGIN, application=REPLY
    )


def test_his_notebook_holds_the_password_that_was_sent(cast: Cast, tls: Tls) -> None:
    """A new password each time, found in plain text; and the bank's answer too, unchanged."""
    event = cast.events[PROXY]
    interceptor = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    for _ in range(5):
        password = secrets.token_urlsafe(24).encode()
        request = b"POST /login HTTP/1.1\r\n\r\nuser=alice&password=" + password
        told = intercept(
            *(event.device(tls=tls), interceptor, cast.bank, HOST, TODAY),
            request=request,
            application=REPLY,
        )
        assert told.verdict.connected
        assert told.page.request == request == interceptor.pages[-1].request
        assert told.page.reply == told.page.passed_on == told.heard == REPLY
        assert told.verdict.application_bytes == len(request)
        assert told.page.asked_for == HOST
    assert len(interceptor.pages) == 5


def test_a_pin_gives_him_nothing(cast: Cast, tls: Tls) -> None:
    """No byte of application data, an alert, and a bank that never heard of it."""
    told = meet(cast.events[PROXY], Strategy.LEAF_KEY, tls)
    assert told.verdict.outcome is Outcome.REFUSED_BY_PIN
    assert told.page.application_bytes == told.verdict.application_bytes == 0
    assert told.page.alert == told.verdict.alert == "bad_certificate"
    assert (told.page.request, told.page.reply, told.heard) == (b"", b"", b"")
    assert not told.page.established
    assert told.page.asked_for == HOST  # that much he learns from everybody


def test_a_pin_checked_afterwards_gives_him_a_handshake_and_no_data(cast: Cast, tls: Tls) -> None:
    """He sees a finished handshake, no alert, 0 bytes: the two ways differ in this alone."""
    told = meet(cast.events[PROXY], Strategy.LEAF_KEY, tls, moment=Moment.AFTER)
    assert told.verdict.outcome is Outcome.REFUSED_BY_PIN
    assert told.page.established
    assert told.page.alert is None
    assert told.page.application_bytes == 0


def test_he_changes_what_the_victim_believes(cast: Cast, tls: Tls) -> None:
    """The balance on the victim's screen is his; the bank never said so."""
    event = cast.events[PROXY]
    liar = Interceptor(lambda _: event.identity, change=lambda said: said.replace(b"1250", b"9250"))
    told = intercept(
        *(event.device(tls=tls), liar, cast.bank, HOST, TODAY), request=LOGIN, application=REPLY
    )
    assert b'"balance": 1250' in told.page.reply
    assert b'"balance": 9250' in told.page.passed_on
    assert told.heard == told.page.passed_on


def test_the_verdict_is_that_of_a_phone_that_meets_him_directly(cast: Cast, tls: Tls) -> None:
    """Every attack of the story × every way of pinning: relaying changes nothing for the phone."""
    attacks = [event for event in cast.events.values() if not event.honest]
    assert len(attacks) >= 12
    for event in attacks:
        for strategy in Strategy:
            direct, told = event.verdict(strategy, tls), meet(event, strategy, tls)
            for fact in ("outcome", "reason", "match", "alert", "application_bytes", "verified"):
                seen = getattr(told.verdict, fact), getattr(direct, fact)
                assert seen[0] == seen[1], (event.name, strategy, fact)
            assert (told.page.request == LOGIN) is told.verdict.connected


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_bytes_may_arrive_in_any_pieces(cast: Cast, cut: int) -> None:
    """One byte at a time or many: the same page in his notebook."""
    event = cast.events[PROXY]
    between = Interceptor(lambda _: event.identity).meet()
    server = Server(cast.bank, REPLY)
    victim = Caller(HOST)
    victim.write(LOGIN)
    for _ in range(40):
        for data, take in (
            (victim.send(), between.from_victim),
            (between.to_bank(), server.receive),
            (server.send(), between.from_bank),
            (between.to_victim(), victim.receive),
        ):
            for at in range(0, len(data), cut):
                take(data[at : at + cut])
    assert between.page.request == LOGIN
    assert victim.received == REPLY


def test_he_makes_one_certificate_a_name_and_keeps_it(cast: Cast) -> None:
    """On the fly, for the name that is asked for, under his own authority."""
    forger = Forger(cast.proxy, Validity.days(TODAY, 9))
    assert forger("a.example") is forger("a.example")
    assert forger("b.example").hosts == ("b.example",)
    assert forger("a.example").leaf.issuer == cast.proxy.certificate.subject


def _pages(said: bytes) -> tuple[Interception, Interceptor]:
    interceptor = Interceptor(Forger(Authority.offhand("Proxy CA"), Validity.days(TODAY, 9)))
    between = interceptor.meet()
    between.from_victim(said)
    return between, interceptor


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(70_000)]
)
def test_who_speaks_no_tls_is_let_go(said: bytes) -> None:
    """Plain HTTP, or a hello without end: he hangs up, and keeps a page without data."""
    between, interceptor = _pages(said)
    assert between.closed
    assert [page.request for page in interceptor.pages] == [b""]
    between.from_victim(b"more")  # nothing more is done
    assert len(interceptor.pages) == 1


def test_a_name_that_nobody_can_have_is_let_go(cast: Cast) -> None:
    """He can make no certificate for it; the page says what was asked for."""
    interceptor = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    between = interceptor.meet()
    between.from_victim(Caller("-a.example").send())
    assert between.closed
    assert interceptor.pages[0].asked_for == "-a.example"


def test_a_victim_who_hangs_up_leaves_a_page(cast: Cast) -> None:
    """Before a word, or in the middle of the hello: one page each, and no error."""
    interceptor = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    for said in (b"", Caller(HOST).send()[:50]):
        between = interceptor.meet()
        if said:
            between.from_victim(said)
        between.from_victim(b"")
        assert between.closed
        assert between.calls is None
    assert len(interceptor.pages) == 2


@given(said=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(said: bytes) -> None:
    """Whatever a stranger says, he takes it down or lets it go."""
    between, _ = _pages(said)
    between.from_bank(said)
    between.from_victim(b"")
    assert between.closed
    assert between.page.request == b""


def test_the_story_is_the_same_for_everybody() -> None:
    """The cast that these tests meet is the one of the notebooks."""
    assert story().events[PROXY].identity.leaf.issuer == story().proxy.certificate.subject
