"""Lesson 00: who refused?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pinlib import Cast, Event, Moment, Strategy, Tls, Verdict, connect, story
from pinlib.scenes.cast import HOST
from pinlib.teach.judges.core import ask, expect, judge


def _after(event: Event) -> Verdict:
    """Return what comes of an event on a phone that checks its pin after the handshake."""
    device = replace(event.device(Strategy.LEAF_KEY), moment=Moment.AFTER)
    return connect(device, event.identity, HOST, event.date)


def _who_refused_cases(cast: Cast) -> Iterable[tuple[Verdict, str, str]]:
    happens = cast.events
    pinned = Strategy.LEAF_KEY
    yield (
        happens["initial"].verdict(),
        "nobody",
        "A phone without a pin connected to its bank, and you said {said}. Nobody refused it.",
    )
    yield (
        happens["initial"].verdict(pinned),
        "nobody",
        "A phone with a pin connected to its bank, and you said {said}. A pin that matches "
        "refuses nobody.",
    )
    yield (
        happens["unknown CA"].verdict(),
        "TLS",
        "This phone pins nothing, and refused an unknown CA; you said {said}. "
        "Not every refusal is the pin's.",
    )
    yield (
        happens["expired leaf"].verdict(pinned),
        "TLS",
        "This phone has a pin, but the certificate had expired: TLS refused it first, and the pin "
        "was never checked. You said {said}. Having a pin isn’t the same as refusing by it.",
    )
    yield (
        happens["wrong host"].verdict(pinned),
        "TLS",
        "A wrong name brings the same alert, bad_certificate, as a wrong pin; you said {said}. "
        "The alert alone doesn’t tell. Look at the outcome, or the rung that fails.",
    )
    yield (
        _after(happens["another trusted CA mis-issues"]),
        "pin",
        "This phone checks its pin after the handshake and sends no alert at all; you said {said}. "
        "It was the pin all the same.",
    )
    yield (
        happens["proxy CA in the device's store"].verdict(Strategy.LEAF_CERTIFICATE, Tls.V1_2),
        "pin",
        "This phone pins a whole certificate and speaks TLS 1.2; you said {said}. It was the pin.",
    )


@judge("00", "who_refused")
def who_refused(answer: Any) -> str:
    """Judge a function from a verdict to "nobody", "TLS" or "pin"."""
    for verdict, right, message in _who_refused_cases(story()):
        said = ask(answer, verdict, when=f"when the verdict was “{verdict.outcome.value}”")
        expect(
            str(said).lower() in ("nobody", "tls", "pin"),
            f'Answer "nobody", "TLS" or "pin"; this was {said!r}.',
        )
        expect(str(said).lower() == right.lower(), message.format(said=repr(said)))
    return "You tell them apart on seven phones you hadn’t seen."
