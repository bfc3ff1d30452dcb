"""The judges of checkpoints: solutions pass, and each wrong answer hears of its own mistake."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import pinlib
from pinlib import Check, Mark, Outcome, Pin, Strategy, key_pin, parts, story
from pinlib.encoding.naming import key_name
from pinlib.operations.drill import Move, Op, Situation, begin, live, step
from pinlib.operations.fleet import people, usual
from pinlib.operations.schedules import Rule
from pinlib.operations.sweep import apps
from pinlib.operations.update_attacks import Field
from pinlib.operations.updater import AtExpiry, Updater
from pinlib.operations.updates import Enforcement, PinUpdate, genuine
from pinlib.pins.notations import Notation, read_notation
from pinlib.scenes.cast import HOST, TODAY
from pinlib.scenes.scenario import Middle
from pinlib.teach.judges import judge_of, lesson_05
from pinlib.teach.lesson_texts import script
from pinlib.tls.devices import PATH_CHECKS
from pinlib.tls.handshake import connect

CAST = story()


def called(one: Any) -> str:
    """Name an answer or a message, so that a test can be asked for by hand."""
    return str(getattr(one, "__name__", one))[:40]


def _solution(number: str, name: str) -> Any:
    scope: dict[str, Any] = {
        "Outcome": Outcome,
        "cast": CAST,
        "Encoding": Encoding,
        "PublicFormat": PublicFormat,
        "b64encode": b64encode,
        "sha256": sha256,
        "Pin": Pin,
        "parts": parts,
        "Middle": Middle,
        "pinlib": pinlib,
    }
    exec(script(number).tasks[name].solution, scope)  # noqa: S102 - our own solution
    return scope[name]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        *(
            ("00", "who_refused"),
            ("01", "may_log_in"),
            ("01", "gullible"),
        ),
        *(("02", "key_pin"), ("02", "what_was_hashed")),
        *(("03", "pin_check"), ("04", "breaks"), ("05", "decide")),
    ],
)
def test_the_solution_passes(number: str, name: str) -> None:
    """What "Show a solution" shows is a solution."""
    feedback = judge_of(number, name)(_solution(number, name))
    assert feedback.passed, feedback.message


def _by_alert(verdict: Any) -> str:
    if verdict.connected:
        return "nobody"
    return "pin" if verdict.alert == "bad_certificate" else "TLS"


def _by_pinned(verdict: Any) -> str:
    if verdict.connected:
        return "nobody"
    return "pin" if verdict.device.is_pinned else "TLS"


def _by_any_refusal(verdict: Any) -> str:
    return "nobody" if verdict.connected else "pin"


def _by_no_match(verdict: Any) -> str:
    if verdict.rung(Check.PIN).mark is Mark.HOLDS:
        return "nobody"
    return "TLS" if verdict.connected else "pin"


WRONG_WHO = {
    _by_any_refusal: "Not every refusal is the pin's",
    _by_pinned: "Having a pin isn’t the same",
    _by_alert: "The alert alone doesn’t tell",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_WHO.items(), ids=called)
def test_a_wrong_who_refused_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], str], told: str
) -> None:
    """Each wrong answer is right about the notebook's own verdict, and fails a hidden phone."""
    visible = CAST.events["another trusted CA mis-issues"].verdict(Strategy.LEAF_KEY)
    assert answer(visible) == "pin"
    feedback = judge_of("00", "who_refused")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_a_constant_who_refused_fails() -> None:
    """An answer that suits the example alone is found out at the first hidden phone."""
    assert "Nobody refused it" in judge_of("00", "who_refused")(lambda _: "pin").message
    assert "Nobody refused it" in judge_of("00", "who_refused")(_by_no_match).message


def _whatever(presented: Any, verified: Any, signature: Any) -> bool:
    return True


def _if_verified(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(verified)


def _if_signed(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(signature.verifies(presented[0].public_key()))


def _by_any_of_them(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(verified) and any(signature.verifies(one.public_key()) for one in presented)


def _by_the_certificate(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(presented[0] == CAST.bank.leaf)


def _by_its_length(presented: Any, verified: Any, signature: Any) -> bool:
    return len(verified) > len(presented)


def _if_there_is_one(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(verified and signature.signature)


def _by_the_root(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(verified) and bool(signature.verifies(verified[-1].public_key()))


def _by_the_last(presented: Any, verified: Any, signature: Any) -> bool:
    return bool(signature.verifies(presented[-1].public_key()))


WRONG_LOGIN = {
    _whatever: "only the signature tells",
    _if_verified: "only the signature tells",
    _if_signed: "not that she is the bank",
    _by_any_of_them: "not just any of them",
    _by_the_certificate: "only the signature tells",
    _by_its_length: "only the signature tells",
    _if_there_is_one: "only the signature tells",
    _by_the_root: "Alice couldn’t log in",
    _by_the_last: "Alice couldn’t log in",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_LOGIN.items(), ids=called)
def test_a_shortcut_to_may_log_in_hears_whom_it_let_in(
    answer: Callable[[Any, Any, Any], bool], told: str
) -> None:
    """Nine in one line: each is found out by a connection, and told which."""
    feedback = judge_of("01", "may_log_in")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_what_crashes_or_is_no_answer_is_told() -> None:
    """An empty chain has no first certificate; and a key is no True."""
    crashes = judge_of("01", "may_log_in")(lambda _, v, s: s.verifies(v[0].public_key()))
    assert not crashes.passed and "IndexError" in crashes.message
    assert "True or False" in judge_of("01", "may_log_in")(lambda *all_of_it: all_of_it).message


def _without_checks(_: Any) -> Any:
    return CAST.phone.without(*PATH_CHECKS)


def _hard_coded(_: Any) -> Any:
    return CAST.phone.trusting(CAST.impostor.certificate)


def _without_the_chain(_: Any) -> Any:
    return CAST.phone.without(Check.CHAIN)


def _without_the_date(authority: Any) -> Any:
    phone = CAST.phone.trusting(authority.certificate)
    return phone.without(Check.DATE)


def _without_the_bank(authority: Any) -> Any:
    return replace(CAST.phone, roots=(authority.certificate,))


WRONG_PHONE = {
    _without_checks: "for another name too",
    _hard_coded: "whichever that is",
    _without_the_chain: "any CA at all",
    _without_the_date: "expired",
    _without_the_bank: "keep the roots it had",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_PHONE.items(), ids=called)
def test_a_wrong_gullible_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], Any], told: str
) -> None:
    """Each wrong phone lets the visible impostor in, and fails a hidden visitor."""
    impostor = CAST.events["unknown CA"].identity
    assert connect(answer(CAST.impostor), impostor, HOST, TODAY).connected
    feedback = judge_of("01", "gullible")(answer)
    assert not feedback.passed
    assert told in feedback.message


# 02: a pin by hand

LEAF = CAST.bank.leaf
_START = LEAF.public_bytes(Encoding.DER).index(parts(LEAF)["SPKI"])
_HEADER = parts(LEAF)["SPKI"][:26]


def _written(content: bytes) -> str:
    return f"sha256/{b64encode(sha256(content).digest()).decode()}"


def _of_text(text: str) -> str:
    return _written(text.encode())


def _digits_in_base64(content: bytes) -> str:
    return f"sha256/{b64encode(sha256(content).hexdigest().encode()).decode()}"


def _of_the_example(_: Any) -> str:
    return str(key_pin(LEAF))


def _at_a_fixed_place(certificate: Any) -> str:
    return _written(certificate.public_bytes(Encoding.DER)[_START : _START + 91])


def _by_name(certificate: Any, known: dict[str, str] = {}) -> str:  # noqa: B006 - the mistake
    return known.setdefault(certificate.subject.rfc4514_string(), str(key_pin(certificate)))


def _behind_a_header_of_p256(certificate: Any) -> str:
    return _written(_HEADER + parts(certificate)["key bits"])


def _of_curves_alone(certificate: Any) -> str:
    form = PublicFormat.UncompressedPoint
    return _written(_HEADER + certificate.public_key().public_bytes(Encoding.X962, form))


WRONG_PIN = {
    _of_the_example: "Let the certificate itself say which",
    _at_a_fixed_place: "is elsewhere in the bytes",
    _by_name: "the bank's name and a different key",
    _behind_a_header_of_p256: "build nothing by hand",
    _of_curves_alone: "whose key is RSA-2048",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_PIN.items(), ids=called)
def test_a_wrong_key_pin_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], str], told: str
) -> None:
    """Each wrong answer is right about the bank's certificate, and fails a hidden one."""
    assert answer(LEAF) == str(key_pin(LEAF))
    feedback = judge_of("02", "key_pin")(answer)
    assert not feedback.passed
    assert told in feedback.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda c: _written(c.public_bytes(Encoding.DER)), "a hash of the whole certificate"),
        (lambda c: _written(parts(c)["key bits"]), "a hash of the bare key bits"),
        (lambda c: _written(parts(c)["PEM text"]), "a hash of the PEM text"),
        (lambda c: _written(c.tbs_certificate_bytes), "the signed part alone"),
        (
            lambda c: _of_text(parts(c)["SPKI"].hex()),
            "Text for bytes: this is a hash of",
        ),
        (lambda c: _of_text(parts(c)["SPKI"].hex()), "(hex digits of the SPKI)"),
        (
            lambda c: _of_text(parts(c)["SPKI"].hex(":").upper()),
            "hex in capitals, with colons,",
        ),
        (lambda c: _of_text(c.public_bytes(Encoding.DER).hex()), "(hex digits of the certificate)"),
        (lambda c: _of_text(str(parts(c)["SPKI"])), "what Python prints of the SPKI"),
        (lambda c: _of_text(b64encode(parts(c)["SPKI"]).decode()), "its base64 alone"),
        (lambda c: _of_text(b64encode(parts(c)["key bits"]).decode()), "base64 of the key bits"),
        (lambda c: _written(c.public_bytes(Encoding.PEM)), "Text for bytes: this is a hash of the"),
        (lambda c: _written(c.public_bytes(Encoding.PEM)), "of the certificate"),
        (lambda c: _digits_in_base64(parts(c)["SPKI"]), "Take .digest(), not .hexdigest()"),
        (lambda c: _digits_in_base64(c.public_bytes(Encoding.DER)), "Take .digest(), not"),
        (lambda c: key_pin(c).digest, "the right 32 bytes. Now write them"),
        (lambda c: key_pin(c).digest.hex(), "The right bytes, written for hex"),
        (lambda c: str(key_pin(c)).removeprefix("sha256/"), "written for base64"),
        (lambda c: "sha256/" + key_pin(c).digest.hex(), "looks like hex"),
        (lambda c: key_pin(c), "A pin is text here"),
        (lambda _: sha256(b"x").digest(), "A pin is text here"),
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda _: ..., "Not written yet"),
        (lambda _: None, "returned nothing"),
    ],
)
def test_a_slip_in_the_example_itself_is_named(answer: Callable[[Any], Any], told: str) -> None:
    """Whoever hashes other bytes hears which; whoever writes them otherwise hears that."""
    feedback = judge_of("02", "key_pin")(answer)
    assert not feedback.passed
    assert told in feedback.message


def _digest(pin: str) -> bytes:
    return Pin.parse(pin).digest


def _by_heart(_: Any, pin: str) -> str:
    names = ("SPKI", "certificate", "key bits", "PEM text", "SPKI")
    return dict(zip(CAST.colleagues.values(), names, strict=True)).get(pin, "something else")


def _with_a_fixed_header(certificate: Any, pin: str) -> str:
    found = parts(certificate)
    found["key bits"] = found["SPKI"][26:]
    return next(
        (n for n, c in found.items() if sha256(c).digest() == _digest(pin)), "something else"
    )


def _by_exclusion(certificate: Any, pin: str) -> str:
    found = {n: sha256(c).digest() for n, c in parts(certificate).items() if n != "PEM text"}
    return next((n for n, digest in found.items() if digest == _digest(pin)), "PEM text")


def _of_three_notations(certificate: Any, pin: str) -> str:
    hexed = re.fullmatch(r"sha256:([0-9a-f]{64})", pin)
    for name, content in parts(certificate).items():
        digest = sha256(content).digest()
        if hexed and digest.hex() == hexed[1]:
            return name
        if pin in (_written(content), _written(content).replace("/", "//", 1)):
            return name
    return "something else"


def _of_the_bank(_: Any, pin: str) -> str:
    found = parts(LEAF).items()
    return next((n for n, c in found if sha256(c).digest() == _digest(pin)), "something else")


WRONG_STORY = {
    _by_heart: "An RSA certificate",
    _with_a_fixed_header: "Its header isn’t as long",
    _by_exclusion: "don’t guess by elimination",
    _of_three_notations: "The spelling doesn’t say what was hashed",
    _of_the_bank: "An RSA certificate",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_STORY.items(), ids=called)
def test_a_wrong_story_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any, str], str], told: str
) -> None:
    """Each wrong answer is right about all five colleagues, and fails a hidden pin."""
    names = ["SPKI", "certificate", "key bits", "PEM text", "SPKI"]
    assert [answer(LEAF, pin) for pin in CAST.colleagues.values()] == names
    feedback = judge_of("02", "what_was_hashed")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_a_word_that_is_none_is_told() -> None:
    """The names are given; another one is not guessed at."""
    feedback = judge_of("02", "what_was_hashed")(lambda *_: "the key")
    assert "Answer one of SPKI, certificate" in feedback.message


# 03: a pin check


def _key(certificate: Any, pins: Any) -> Any:
    return next((pin for pin in pins if pin == key_pin(certificate)), None)


def _of_what_was_presented(evidence: Any, pins: Any) -> Any:
    return pins.match(evidence.presented)


def _of_the_leaf(evidence: Any, pins: Any) -> Any:
    return _key(evidence.verified[0], pins) if evidence.verified else None


def _of_the_first_pin(evidence: Any, pins: Any) -> Any:
    first = next(iter(pins))
    return first if first in map(key_pin, evidence.verified) else None


def _of_the_certificate(evidence: Any, pins: Any) -> Any:
    seen = any(one == CAST.bank.leaf for one in evidence.verified)
    return next(iter(pins)) if seen else None


def _of_any_key(evidence: Any, pins: Any) -> Any:
    return next(
        (key_pin(one) for one in evidence.verified[-1:] if "Proxy" not in str(one.subject)), None
    )


def _if_nothing_differs(evidence: Any, pins: Any) -> Any:
    chain = evidence.verified
    if all(any(key_pin(one) in pins for one in chain) for _ in chain):
        return next(iter(pins))
    return None


def _of_another_pin(evidence: Any, pins: Any) -> Any:
    return next(iter(pins)) if any(key_pin(one) in pins for one in evidence.verified) else None


def _of_all_pins(evidence: Any, pins: Any) -> Any:
    seen = {key_pin(one) for one in evidence.verified}
    return next(iter(pins)) if all(pin in seen for pin in pins) else None


def _as_text(evidence: Any, pins: Any) -> Any:
    return next((key_pin(one) for one in evidence.verified if str(key_pin(one)) in pins), None)


WRONG_CHECK = {
    _of_what_was_presented: "look at evidence.verified",
    _of_the_leaf: "not only the leaf",
    _of_the_first_pin: "rotated to its backup key",
    _of_the_certificate: "any of them",
    _of_any_key: "Another CA issued Mallory",
    _if_nothing_differs: "all() of nothing is true",
    _of_another_pin: "isn’t the one that matches",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_CHECK.items(), ids=called)
def test_a_wrong_check_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any, Any], Any], told: str
) -> None:
    """Each lets the bank in and keeps the company's proxy out, and fails a hidden visitor."""
    for name, right in {"initial": True, "proxy CA in the device's store": False}.items():
        event = CAST.events[name]
        pins = CAST.pins(Strategy.LEAF_KEY_AND_BACKUP)
        device = replace(event.device(), pins=pins, pin_check=partial(answer, pins=pins))
        met = connect(device, event.identity, HOST, event.date)
        assert met.connected is right
    feedback = judge_of("03", "pin_check")(answer)
    assert not feedback.passed
    assert told in feedback.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda *_: ..., "Not written yet"),
        (lambda *_: None, "your check refused it"),
        (_of_all_pins, "One matching pin is enough"),
        (_as_text, "text such as str(pin) is never in the set"),
        (lambda e, _: str(key_pin(e.verified[0])), "You returned text or bytes"),
        (lambda _, pins: next(iter(pins)), "company’s proxy"),
        (lambda *_: True, "Return the Pin that matches"),
        (lambda evidence, _: key_pin(evidence.verified[9]), "IndexError"),
        (lambda _: None, "TypeError"),
        (lambda *_: next(iter(())), "raised StopIteration, given"),
        ("check", "Give a function"),
    ],
)
def test_a_check_that_is_none_is_told(answer: Any, told: str) -> None:
    """Unfinished, too strict, too lax, of the wrong kind: a sentence each."""
    feedback = judge_of("03", "pin_check")(answer)
    assert not feedback.passed
    assert told in feedback.message


@pytest.mark.parametrize(
    ("kind", "told"),
    {
        "RSA-2048": "This one has an RSA key",
        "P-384": "This one has a P-384 key",
        "Ed25519": "This one has an Ed25519 key",
        "RSA-4096": "This one is real",
    }.items(),
)
def test_every_kind_of_key_is_among_the_hidden_ones(kind: str, told: str) -> None:
    """Whoever fails for one kind alone is found out by that one."""

    def answer(certificate: Any) -> str:
        right = key_name(parts(certificate)["SPKI"]) != kind
        return str(key_pin(certificate) if right else key_pin(story().backup))

    feedback = judge_of("02", "key_pin")(answer)
    assert not feedback.passed
    assert told in feedback.message


@pytest.mark.parametrize("notation", [n for n in Notation if n is not Notation.OKHTTP])
def test_every_notation_is_among_the_hidden_ones(notation: Notation) -> None:
    """Whoever is blind to one alone hears which."""

    def blind(certificate: Any, pin: str) -> str:
        said = read_notation(pin)
        if said.notation is notation:
            return "something else"
        found = parts(certificate).items()
        return next((n for n, c in found if sha256(c).digest() == said.digest), "something else")

    feedback = judge_of("02", "what_was_hashed")(blind)
    assert not feedback.passed
    first = {Notation.CURL: "Dan's pin", Notation.KUBEADM: "Edith's pin"}
    assert first.get(notation, f"written for {notation.value}") in feedback.message


def test_whoever_remembers_by_key_forgets_the_renewal() -> None:
    """Same key, other certificate: what was true of the old one is not of the new."""
    known: dict[bytes, dict[str, bytes]] = {}

    def by_key(certificate: Any, pin: str) -> str:
        found = known.setdefault(parts(certificate)["SPKI"], parts(certificate)).items()
        digest = read_notation(pin).digest
        return next((n for n, c in found if sha256(c).digest() == digest), "something else")

    feedback = judge_of("02", "what_was_hashed")(by_key)
    assert not feedback.passed
    assert "before the renewal" in feedback.message


@pytest.mark.parametrize(
    "answer", [lambda _: "", lambda c: f"{key_pin(c)};{key_pin(c)}"], ids=["none", "two"]
)
def test_no_pin_and_two_pins_are_told(answer: Callable[[Any], str]) -> None:
    """The judge has words for both, and no exception."""
    feedback = judge_of("02", "key_pin")(answer)
    assert not feedback.passed
    assert len(feedback.message) > 20


def test_a_forgotten_header_is_told_with_its_story() -> None:
    """What was hashed, and what to do about it."""
    feedback = judge_of("02", "key_pin")(lambda c: _written(parts(c)["key bits"]))
    assert "header that says the key’s kind is missing" in feedback.message


# 04: the day on which an app breaks

NEW_KEYS = Rule(200, reuse=False).plan()
LEAF_KEY = apps(NEW_KEYS, "v1")[2]


def _when_it_ends(plan: Any, app: Any) -> Any:
    shown = (one for one in plan.deployments if not one.shows.isdisjoint(app.pins))
    return next((one.ends for one in shown if one.replaced), None)


def _by_key_alone(plan: Any, app: Any) -> Any:
    keys = [pin for pin in app.pins if pin.startswith("key")]
    return next((one.day for one in plan.deployments if keys and one.key not in keys), None)


def _by_all_pins(plan: Any, app: Any) -> Any:
    missing = (one.day for one in plan.deployments if not set(app.pins) <= one.shows)
    return next((day for day in missing if day > app.day), None)


def _by_second_certificate(plan: Any, app: Any) -> Any:
    second = plan.deployments[1]
    return second.day if app.pins and second.shows.isdisjoint(app.pins) else None


def _whenever(plan: Any, app: Any) -> Any:
    days = [one.day for one in plan.deployments if app.pins and one.shows.isdisjoint(app.pins)]
    return days[0] if days else None


def _the_last_stretch(plan: Any, app: Any) -> Any:
    """Return the day since which the app is out now: right unless the bank came back."""
    broken = None
    for one in plan.deployments:
        if one.day < app.day or not app.pins or not one.shows.isdisjoint(app.pins):
            broken = None
        else:
            broken = broken or one.day
    return broken


def _any_change(plan: Any, app: Any) -> Any:
    later = (one for one in plan.deployments if one.day > app.day and app.pins)
    return next((one.day for one in later if one.key != plan.deployments[0].key), None)


WRONG_DAY = {
    _by_key_alone: "you said",
    _by_all_pins: "you said",
    _by_second_certificate: "Look at every deployment",
    _whenever: "what the bank showed before app.day does not concern it",
    _the_last_stretch: "Return the first day",
    _any_change: "the pins on a CA hold",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_DAY.items(), ids=called)
def test_a_wrong_day_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any, Any], Any], told: str
) -> None:
    """Each is right about the app on screen, which pins a key that is replaced on 14 May."""
    assert answer(NEW_KEYS, LEAF_KEY) == NEW_KEYS.deployments[1].day
    feedback = judge_of("04", "breaks")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_the_end_of_a_certificate_is_not_the_day() -> None:
    """The most common answer fails at once, and hears by which word it went wrong."""
    feedback = judge_of("04", "breaks")(_when_it_ends)
    assert not feedback.passed
    assert "in real handshakes its pins refuse" in feedback.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda *_: "2027-05-14", "Return a date, or None"),
        (lambda *_: datetime(2027, 5, 14), "Return a date, or None"),
        (lambda *_: ..., "Not written yet"),
        (lambda _: None, "Your function raised TypeError"),
        (date(2027, 5, 14), "Give a function here, not a date"),
        (lambda *given: given[1].day, "An app that pins nothing has no pin to refuse with"),
        (lambda *_: None, "its pins refuse on 2027-05-01"),
    ],
)
def test_what_is_no_day_is_feedback(answer: Any, told: str) -> None:
    """One sentence each."""
    feedback = judge_of("04", "breaks")(answer)
    assert not feedback.passed
    assert told in feedback.message


# 05: a year of 47-day certificates


def _careful(now: Situation) -> Move:
    scope: dict[str, Any] = {}
    exec(script("05").tasks["decide"].solution, scope)  # noqa: S102 - our own solution
    made: Move = scope["decide"](now)
    return made


def _renews_alone(now: Situation) -> Move:
    return Move(Op.RENEW) if (now.ends - now.day).days < 16 else Move(Op.WEEK)


def _rotates_alone(now: Situation) -> Move:
    return Move(Op.ROTATE) if now.in_use in now.stolen else _renews_alone(now)


def _pins_nothing(now: Situation) -> Move:
    if now.shipped.pins and now.shipped.version == "v1":
        return Move(Op.RELEASE)
    return _rotates_alone(now)


def _pins_its_authority(now: Situation) -> Move:
    wanted = (*now.held, now.issuer)
    if now.shipped.pins != wanted and now.shipped.day < now.day:
        return Move(Op.RELEASE, wanted)
    return _rotates_alone(now)


def _rotates_to_the_unknown(now: Situation) -> Move:
    if (now.ends - now.day).days < 16:
        return Move(Op.ROTATE) if now.backups else Move(Op.BACKUP)
    return Move(Op.WEEK)


def _makes_no_backup(now: Situation) -> Move:
    if now.in_use in now.stolen:
        return Move(Op.ROTATE)
    if now.shipped.pins != now.held:
        return Move(Op.RELEASE, now.held)
    return _renews_alone(now)


def _renews_first(now: Situation) -> Move:
    return Move(Op.RENEW) if (now.ends - now.day).days < 16 else _careful(now)


def _waits(_: Situation) -> Move:
    return Move(Op.MONTH)


WRONG_YEAR = {
    _renews_alone: "Check whether now.in_use is in now.stolen",
    _rotates_alone: "release an app that doesn’t know it, the same day",
    _pins_nothing: "pins nothing, so it accepts any certificate",
    _pins_its_authority: "Pin the bank's own keys alone",
    _rotates_to_the_unknown: "that app doesn’t know the key",
    _waits: "it has expired: renew in time",
    _makes_no_backup: "no backup that the newest app knows",
    _renews_first: "The theft came on that day: check for it first",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_YEAR.items(), ids=called)
def test_a_wrong_year_hears_why(answer: Callable[[Situation], Move], told: str) -> None:
    """Each plan is lived through, and fails by what handshakes count."""
    feedback = judge_of("05", "decide")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_a_plan_that_is_good_for_one_year_meets_another() -> None:
    """Moves that were made for the first hidden year fail in a later one."""
    _, moves = live(begin(lesson_05.year(3), 47), _careful)

    def by_heart(now: Situation) -> Move:
        here = begin(lesson_05.year(3), 47)
        for move in moves:
            if (here.day, here.events, here.backups) == (now.day, now.events, now.backups):
                return move
            here = step(here, move)
        return _renews_alone(now)

    feedback = judge_of("05", "decide")(by_heart)
    assert not feedback.passed
    assert "Year 1" not in feedback.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: "jump", "'jump' isn’t a move; there are"),
        (lambda _: "backup", "without waiting: wait a day"),
        (lambda _: Move(Op.ROTATE), "you’ve already installed a certificate today"),
        (lambda _: 3, "Return a Move, such as Move(Op.WEEK)"),
        (lambda _: ..., "Not written yet"),
        (lambda now: now.nothing, "Your function raised AttributeError"),
    ],
)
def test_what_is_no_move_is_feedback(answer: Any, told: str) -> None:
    """One sentence each."""
    feedback = judge_of("05", "decide")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_the_bounds_can_be_met_and_two_parts_in_a_hundred_cannot() -> None:
    """What the lesson claims: at best 6.4 % in the worst case, and 2 % with no published fleet."""
    waiting = np.arange(46.0)  # the days on which a key stolen on its second day is good
    least = {who.name: float((1 - who.updated(waiting)).sum()) / 365 for who in people().values()}
    assert least[usual().name] == pytest.approx(0.064, abs=0.0005)
    assert least[usual().name] < lesson_05.FOOLED
    published = [share for name, share in least.items() if "wishful" not in name]
    assert min(published) > 0.02
    assert judge_of("05", "decide")(_careful).passed


# 06: the naive updater, repaired


def _reads(text: bytes) -> PinUpdate:
    return PinUpdate.read(text.partition(b"\n")[0])


def _as_it_comes(app: Updater, text: bytes, now: datetime) -> Updater:
    return replace(app, has=_reads(text))


def _any_signature(app: Updater, text: bytes, now: datetime) -> Updater:
    newer = b"\n" in text and _reads(text).version > app.has.version and _reads(text).expires > now
    return replace(app, has=_reads(text)) if newer else app


def _any_version(app: Updater, text: bytes, now: datetime) -> Updater:
    good = genuine(text, app.trusts) and _reads(text).expires > now
    return replace(app, has=_reads(text)) if good else app


def _for_ever(app: Updater, text: bytes, now: datetime) -> Updater:
    good = genuine(text, app.trusts) and _reads(text).version > app.has.version
    return replace(app, has=_reads(text)) if good else app


def _next_one_alone(app: Updater, text: bytes, now: datetime) -> Updater:
    after = _for_ever(app, text, now)
    good = after.has.version == app.has.version + 1 and after.has.expires > now
    return after if good else app


def _nothing_new(app: Updater, text: bytes, now: datetime) -> Updater:
    return app


def _version_three(app: Updater, text: bytes, now: datetime) -> Updater:
    after = _any_version(app, text, now)
    return after if after.has.version >= 3 else app


def _rewritten(**changed: Any) -> Callable[..., Updater]:
    def take(app: Updater, text: bytes, now: datetime) -> Updater:
        after = _any_version(app, text, now)
        newer = after.has.version > app.has.version
        return replace(app, has=replace(after.has, **changed)) if newer else app

    return take


def _by(*newer: str) -> Callable[..., Updater]:
    def take(app: Updater, text: bytes, now: datetime) -> Updater:
        if not genuine(text, app.trusts):
            return app
        update = _reads(text)
        later = all(getattr(update, field) > getattr(app.has, field) for field in newer)
        return replace(app, has=update) if later and update.expires > now else app

    return take


def _pins_alone(app: Updater, text: bytes, now: datetime) -> Any:
    after = _by("version")(app, text, now)
    return app if after == app else replace(app, has=replace(app.has, pins=after.has.pins))


def _no_update(app: Updater, text: bytes, now: datetime) -> Any:
    after = _by("version")(app, text, now)
    return app if after == app else replace(app, has=after.has.pins)  # type: ignore[arg-type]


WRONG_UPDATER = {
    _rewritten(mode=Enforcement.REPORT): "the bank has signed all of it",
    _rewritten(expires=datetime(9999, 1, 1, tzinfo=UTC)): "the bank has signed all of it",
    _pins_alone: "`has` is neither the set that the app had nor the one that came",
    _no_update: "`has` is neither the set that the app had nor the one that came",
    _by("expires"): "Only the version says what is newer",
    _by("issued"): "Only the version says what is newer",
    _by("version", "expires"): "It’s signed, newer, and hasn’t expired",
    _any_signature: "Signed by another: afterwards Mallory is let in",
    _any_version: "Rolled back: afterwards Mallory is let in",
    _for_ever: "Compare update.expires with now",
    _next_one_alone: "A phone that was off misses some sets",
    _nothing_new: "The bank's own set, 1 later, enforce: afterwards the bank is refused",
    _version_three: "Rolled back: afterwards Mallory is let in",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_UPDATER.items(), ids=called)
def test_a_wrong_updater_stands_the_visible_attack_and_hears_why(
    answer: Callable[..., Updater], told: str
) -> None:
    """Each refuses what nobody has signed, and falls for another attack, by a real handshake."""
    key = Ed25519PrivateKey.generate()
    field = Field.of(story(), key)
    app, tried = field.app(), field.attempts["unsigned"]
    assert answer(app, tried.text, tried.clock) == app
    feedback = judge_of("06", "take")(answer)
    assert not feedback.passed
    assert told in feedback.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (_as_it_comes, "Unsigned: afterwards Mallory is let in"),
        (lambda *_: ..., "Not written yet"),
        (lambda *_: 3, "Return an app, `app` itself or replace(app, has=update)"),
        (lambda app, *_: app.nothing, "Your function raised AttributeError"),
        (lambda app, *_: replace(app, at_expiry=AtExpiry.OPEN), "change only `has`"),
        (3, "Give a function here, not a int"),
    ],
)
def test_what_is_no_updater_is_feedback(answer: Any, told: str) -> None:
    """One sentence each."""
    feedback = judge_of("06", "take")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_an_updater_may_refuse_aloud() -> None:
    """The package's own one raises NotTaken: that is a refusal as good as any."""
    feedback = judge_of("06", "take")(Updater.take)
    assert feedback.passed, feedback.message
