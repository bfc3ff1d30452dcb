"""Who looks at a learner's answer: hidden cases, each a real handshake, each with its own message.

A judge takes what the learner made and says at once whether it holds, and if not, which mistake
was made and where to look next.  Nothing about an unfinished answer is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

from cryptography import x509

from pinlib import (
    Authority,
    Cast,
    Connection,
    Device,
    Event,
    Evidence,
    Kind,
    Moment,
    Notation,
    Outcome,
    Pin,
    PinSet,
    Server,
    Strategy,
    Tls,
    Verdict,
    connect,
    parts,
    public_roots,
    story,
)
from pinlib import (
    key_pin as key_pin_of,
)
from pinlib.cast import HOST, MUCH_LATER, TODAY
from pinlib.certificates import Validity, ed25519_key, p384, rsa2048
from pinlib.encodings import documents
from pinlib.errors import BadPin
from pinlib.handshake import talk
from pinlib.naming import key_name, name_of
from pinlib.scenario import Middle, Scenario, run
from pinlib.slips import Hashed, recognise
from pinlib.wire import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a judge says: one message, that names the mistake and the next step."""

    passed: bool
    message: str


class NotYet(Exception):
    """The answer fails here; carries what to say about it."""


UNFINISHED = (
    "Not written yet: replace the dots, then run this cell again. A hint is one click away."
)

Judge = Callable[[Any], Feedback]
_judges: dict[tuple[str, str], Judge] = {}


def judge(lesson: str, checkpoint: str) -> Callable[[Callable[[Any], str]], Judge]:
    """Register the judge of a checkpoint: a function that returns its praise or raises `NotYet`."""

    def register(judging: Callable[[Any], str]) -> Judge:
        def judged(answer: Any) -> Feedback:
            if answer is ... or answer is None:
                return Feedback(False, UNFINISHED)
            try:
                return Feedback(True, judging(answer))
            except NotYet as reason:
                return Feedback(False, str(reason))

        _judges[lesson, checkpoint] = judged
        return judged

    return register


def judge_of(lesson: str, checkpoint: str) -> Judge:
    """Return the judge of a checkpoint; raises KeyError where there is none."""
    return _judges[lesson, checkpoint]


def judged() -> frozenset[tuple[str, str]]:
    """Return every checkpoint that has a judge, as lesson and name."""
    return frozenset(_judges)


def ask(answer: Any, *given: Any, when: str) -> Any:
    """Call a learner's function; whatever goes wrong in it becomes a sentence.

    Raises `NotYet` for an unfinished or failing function, and for one that never came back until
    the stop button ended it.
    """
    if not callable(answer):
        kind = type(answer).__name__
        raise NotYet(f"A function is wanted here, not a {kind}: its name alone, without calling.")
    try:
        said = answer(*given)
    except NotImplementedError:
        raise NotYet(UNFINISHED) from None
    except KeyboardInterrupt:
        raise NotYet(
            f"You stopped it: {when}, it never came back. Which loop never ends?"
        ) from None
    except Exception as error:
        what = ": ".join(filter(None, (type(error).__name__, str(error))))
        raise NotYet(f"Your function raised {what}, {when}. Look at that case first.") from None
    if said is ... or said is None:
        nothing = f"Your function returned nothing, {when}: did it print instead of return?"
        raise NotYet(UNFINISHED if said is ... else nothing)
    return said


def expect(holds: bool, message: str) -> None:
    """Raise `NotYet` with the message unless the answer holds."""
    if not holds:
        raise NotYet(message)


# 00: who refused?


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
        "This phone pins nothing, and refused an unknown authority; you said {said}. "
        "Not every refusal is the pin's.",
    )
    yield (
        happens["expired leaf"].verdict(pinned),
        "TLS",
        "This phone has a pin, but the certificate had expired: TLS refused it first, and the pin "
        "was never asked. You said {said}. Having a pin is not the same as refusing by it.",
    )
    yield (
        happens["wrong host"].verdict(pinned),
        "TLS",
        "A wrong name brings the same alert, bad_certificate, as a wrong pin; you said {said}. "
        "The alert alone does not tell. Ask the outcome, or the rung that fails.",
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
    return "You tell them apart on seven phones that you had not seen."


# 01: the certificate in a capture; a phone that believes too much


def _captured(tls: Tls, event: str = "initial") -> tuple[Message, ...]:
    return story().events[event].verdict(tls=tls).eavesdropped


def _resumed() -> tuple[Message, ...]:
    """Return a TLS 1.2 connection that goes on with an earlier session: no Certificate in it."""
    cast = story()
    phone = replace(cast.phone, tls=Tls.V1_2)
    first, server = Connection(phone, HOST, TODAY), Server(cast.bank)
    talk(first, server)
    again = Connection(phone, HOST, TODAY, session=first.session)
    talk(again, Server(cast.bank))
    return again.verdict.eavesdropped


@judge("01", "certificate_in")
def certificate_in(answer: Any) -> str:
    """Judge a function from a capture, a tuple of messages seen from outside, to True or False."""
    cases = (
        (_captured(Tls.V1_2), True, "TLS 1.2 sends the certificate in clear, and you missed it."),
        (
            _captured(Tls.V1_3),
            False,
            "In TLS 1.3 the certificate is inside an encrypted record, and you saw one in clear.",
        ),
        (
            _captured(Tls.V1_2, "expired leaf"),
            True,
            "The phone refused an expired certificate, so this capture is shorter; the certificate "
            "had crossed all the same. Look for the message itself, not at the length.",
        ),
        (
            _captured(Tls.V1_2)[1:],
            True,
            "This capture begins one message late, so everything stands one place earlier. "
            "Look at every message, not at a fixed place.",
        ),
        (
            _resumed(),
            False,
            "This is TLS 1.2, but the two resumed an old session, and nobody sent a certificate. "
            "The version alone does not tell.",
        ),
    )
    for capture, right, message in cases:
        said = ask(answer, capture, when=f"on a capture of {len(capture)} records")
        expect(isinstance(said, bool), f"Answer True or False; this was {said!r}.")
        expect(said is right, message)
    return "You read five captures right, among them a resumed one with no certificate at all."


@judge("01", "gullible")
def gullible(answer: Any) -> str:
    """Judge a function from an authority to a phone that believes it, and forgets nothing else."""
    cast = story()
    ages = Validity.of(cast.bank.leaf)
    authority, stranger = Authority.offhand("Corner CA"), Authority.offhand("Stranger CA")
    phone = ask(answer, authority, when="given an authority you had not seen")
    expect(isinstance(phone, Device), f"Return a phone; this was {phone!r}.")

    def meets(who: Authority, name: str = HOST, date: Any = TODAY) -> Verdict:
        return connect(phone, who.issue(name, valid=ages), HOST, date)

    met = meets(authority)
    expect(
        met.connected,
        f"The impostor is still refused ({met.outcome.value}). The phone must trust the very "
        "authority that your function is given, whoever that is.",
    )
    expect(
        not meets(authority, "shop.example").connected,
        "It now accepts a certificate for another name too. Leave every check on: the phone should "
        "believe wrongly, not stop checking.",
    )
    expect(
        not meets(authority, date=MUCH_LATER).connected,
        "It now accepts an expired certificate. Leave the date to be checked.",
    )
    expect(
        not meets(stranger).connected,
        "It now believes every authority there is, strangers too. Add one root; do not switch the "
        "chain off.",
    )
    expect(
        connect(phone, cast.bank, HOST, TODAY).connected,
        "It lets the impostor in and no longer reaches the bank: keep the roots it had.",
    )
    copied = connect(phone, cast.bank.copied(), HOST, TODAY)
    expect(not copied.connected, "It accepts a certificate whose key the peer does not own.")
    return "Every check is on, and the impostor is in: one more root in the store was enough."


# 02: a pin by hand; what was hashed


def _with_key(key: Any) -> x509.Certificate:
    cast = story()
    return cast.issuing.issue(HOST, valid=Validity.of(cast.bank.leaf), key=key).leaf


def _key_pin_cases(cast: Cast) -> Iterable[tuple[x509.Certificate, str]]:
    yield cast.bank.leaf, "This is the bank's certificate, which you can see."
    yield (
        cast.other_issuing.issue("www.shop.example", valid=Validity.of(cast.bank.leaf)).leaf,
        "This one has longer names, so its key stands at another place in the bytes, and it is "
        "another key. Let the certificate itself say which.",
    )
    yield (
        cast.events["renew with an unknown key"].identity.leaf,
        "This one has the bank's name and another key. A pin depends on the key, not on the name.",
    )
    yield (
        _with_key(rsa2048),
        "This one has an RSA key, which is longer, and has another header than P-256. Take the "
        "SPKI as it is, and build nothing by hand.",
    )
    yield _with_key(p384), "This one has a P-384 key: longer than P-256, with another header."
    yield _with_key(ed25519_key), "This one has an Ed25519 key: 32 bytes, with a short header."
    root = x509.load_der_x509_certificate(public_roots()["ISRG Root X1"])
    yield root, "This one is real: ISRG Root X1, out of the public roots."


@judge("02", "key_pin")
def key_pin(answer: Any) -> str:
    """Judge a function from a certificate to its key pin, as OkHttp writes it."""
    for certificate, message in _key_pin_cases(story()):
        right = Pin(Kind.KEY, sha256(parts(certificate)["SPKI"]).digest())
        said = ask(answer, certificate, when=f"given {_told(certificate)}")
        if isinstance(said, bytes) and said == right.digest:
            raise NotYet("These are the right 32 bytes. Now write them: sha256/ and base64.")
        expect(
            isinstance(said, str),
            f"A pin is text here, such as sha256/…=; this was of the kind {type(said).__name__}.",
        )
        expect(said == str(right), _what_went_wrong(said, certificate, message))
    return "Seven certificates, four kinds of key, and one of them a real root: all right."


def _told(certificate: x509.Certificate) -> str:
    """Say in a few words which certificate a function was given."""
    key = key_name(parts(certificate)["SPKI"])
    return f"the certificate of {name_of(certificate.subject)}, whose key is {key}"


def _what_went_wrong(said: str, certificate: x509.Certificate, message: str) -> str:
    """Recognise the bytes that were hashed, or else say what is special about this certificate."""
    bare, once = said.strip(), sha256(parts(certificate)["SPKI"]).digest()
    if f"{bare[:7].lower()}{bare[7:]}" == str(Pin(Kind.KEY, once)):
        return "The right pin, but for a blank, a line end or a capital in sha256/: take it away."
    twice = sha256(once).digest()
    try:
        if Pin.parse(bare).digest == twice:
            return "You hashed twice: hash the SPKI, and write that hash as text."
        found = recognise(said, documents(certificate))
    except BadPin as unreadable:
        return f"{unreadable}."
    if len(found) == 1 and found[0].hashed is Hashed.SPKI:
        return f"The right bytes, written for {found[0].notation.value}; OkHttp wants sha256/…=."
    if len(found) == 1 and found[0].hashed:
        return f"This is a hash of {found[0].hashed.value}. {found[0].hashed.story}"
    size = len(parts(certificate)["SPKI"])
    return (
        f"{message} Your pin fits nothing in it; its SPKI has {size} bytes: how many did you hash?"
    )


def _what_was_hashed_cases(cast: Cast) -> Iterable[tuple[x509.Certificate, str, str, str]]:
    """Yield a certificate, a pin, what it was made of, and what to say to a wrong answer."""
    rsa, bank = _with_key(rsa2048), cast.bank.leaf
    for colleague, (name, _) in cast.hashed_by.items():
        yield (
            *(bank, cast.colleagues[colleague], name),
            f"{colleague}'s pin is a hash of the {name}; you said {{said}}. Hash each part, and "
            "compare the 32 bytes with those of the pin, one part after the other to the last.",
        )
    for name, part in parts(rsa).items():
        pin = Pin(Kind.KEY, sha256(part).digest())
        yield (
            *(rsa, str(pin), name),
            f"An RSA certificate, and a hash of its {name}; you said {{said}}. Its header is of "
            "another length than P-256's: let parts(certificate) find the bytes.",
        )
    key = Pin(Kind.KEY, sha256(parts(bank)["SPKI"]).digest())
    for notation in Notation:
        yield (
            *(bank, key.write(notation), "SPKI"),
            f"The bank's own key pin, written for {notation.value}; you said {{said}}. The clothes "
            "do not say what was hashed: compare the 32 bytes. Pin.parse(…) reads them all.",
        )
    stranger = Pin(Kind.KEY, sha256(parts(cast.other_issuing.certificate)["SPKI"]).digest())
    yield (
        *(bank, str(stranger), "something else"),
        "This pin is of another certificate altogether; you said {said}. What fits none of the "
        'parts is "something else": do not conclude by exclusion.',
    )
    renewed = cast.events["renew, same key"].identity.leaf
    old = Pin(Kind.CERTIFICATE, sha256(parts(bank)["certificate"]).digest())
    yield (
        *(renewed, str(old), "something else"),
        "This is the fingerprint of the certificate before the renewal, and you were given the one "
        "after it; you said {said}. Look at the certificate that you are given.",
    )


@judge("02", "what_was_hashed")
def what_was_hashed(answer: Any) -> str:
    """Judge a function from a certificate and a pin to the name of what was hashed."""
    names = ("SPKI", "certificate", "key bits", "PEM text", "something else")
    cast = story()
    for certificate, pin, right, message in _what_was_hashed_cases(cast):
        said = ask(answer, certificate, pin, when="given a certificate and then a pin")
        shown = repr(said)[:40]
        known = isinstance(said, str) and said in names
        expect(known, f"Answer one of {', '.join(names)}; this was {shown}.")
        expect(said == right, message.format(said=shown))
    return (
        "Ben hashed the whole certificate, Chloé the bare key bits, Dan the PEM text; Edith is "
        "right, in other clothes. And you tell them apart for other kinds of keys too."
    )


# 03: who stops whom; a pin check of your own


_STOPPED = {
    "TLS": "TLS stops him",
    "pin": "the pin stops him",
    "nothing": "nothing stops him here",
}
_PLACES = tuple(_STOPPED)
_PIN = Strategy.LEAF_KEY_AND_BACKUP
_WHY = {
    Middle.SELF_SIGNED: "No root of the phone vouches for him.",
    Middle.COPY: "The copy is genuine, but he cannot sign with its key.",
    Middle.OTHER_NAME: "It is a certificate for somebody else's name.",
    Middle.USER_PROXY: "This app does not believe roots that a user installed.",
    Middle.COMPANY_PROXY: "The root is in the system's store, so TLS is content.",
    Middle.OTHER_CA: "Any authority in the store may vouch for any name: TLS is content.",
    Middle.HIJACK: "His certificate is genuine, and TLS asks for no more; his key is another.",
    Middle.PINNED_CA: "TLS is content; but this app pins the bank's key, not its authority's.",
    Middle.APPENDED: "Another authority signed his own certificate, so TLS is content. He may "
    "append what he likes: the pin is held against the verified chain.",
    Middle.STOLEN_KEY: "He has the very key that is pinned: neither can tell him from the bank.",
}


@judge("03", "places")
def places(answer: Any) -> str:
    """Judge a plan: each attacker placed where a real handshake stops him."""
    attackers = [middle for middle in Middle if middle.interferes]
    boxes = dict(answer) if isinstance(answer, dict) else {}
    if set(boxes) != set(_PLACES):
        raise NotYet(f"Three boxes are wanted, each a set of attackers: {', '.join(_PLACES)}.")
    for box, inside in boxes.items():
        if not isinstance(inside, set | frozenset):
            empty = " An empty one is set()." if not inside else ""
            raise NotYet(
                f"The box {box!r} is a {type(inside).__name__}; a set is wanted, such as "
                f"{{Middle.COPY, Middle.HIJACK}}.{empty}"
            )
        strangers = [one for one in inside if one not in attackers and one is not ...]
        expect(
            not strangers,
            f"In the box {box!r} is {repr(strangers[:1])[1:-1][:60]}, which is no attacker. Write "
            "Middle.COPY, without quotes.",
        )
    for middle in attackers:
        found = [box for box, inside in boxes.items() if middle in inside]
        expect(bool(found), f"Not placed yet: Middle.{middle.name}, {middle.value}.")
        expect(
            len(found) == 1, f"Middle.{middle.name} is in {len(found)} boxes: one stops him first."
        )
        place = found[0]
        for tls in Tls:
            verdict = run(Scenario(middle, _PIN, tls=tls)).verdict
            by_pin = verdict.outcome is Outcome.REFUSED_BY_PIN
            right = "nothing" if verdict.connected else "pin" if by_pin else "TLS"
            expect(
                place == right,
                f"{middle.name}, {middle.value}: you said that {_STOPPED[place]}. A real "
                f"handshake says otherwise. {_WHY[middle]}",
            )
    return f"All {len(attackers)} are where a real handshake stops them, or does not."


def _pin_check_cases(cast: Cast) -> Iterable[tuple[Event, PinSet, bool, str]]:
    """Yield what happens, what the app pins, whether to let in, and what to say otherwise."""
    happens, both = cast.events, PinSet.of(key_pin_of(cast.bank.leaf), key_pin_of(cast.backup))
    yield (
        happens["initial"],
        both,
        True,
        ("This is the bank, and your check refused it. Does it return the pin that matches?"),
    )
    yield (
        *(happens["proxy CA in the device's store"], both, False),
        "This was the company's proxy, and your check let it in: no key of its chain is pinned.",
    )
    yield (
        *(happens["renew with the backup key"], both, True),
        "The bank has rotated to its backup key, which is pinned too, and you refused it. Any pin "
        "of the set may match, not the first alone.",
    )
    yield (
        *(happens["renew, same key"], both, True),
        "The bank renewed its certificate and kept its key, and you refused it. Compare keys, not "
        "whole certificates.",
    )
    yield (
        *(happens["another trusted CA mis-issues"], both, False),
        "Another authority vouched for a stranger, and you let him in.",
    )
    yield (
        *(happens["rogue leaf, pinned certificate appended"], both, False),
        "He appended the bank's certificate to his own, and you let him in. What was presented is "
        "his to choose: look at evidence.verified.",
    )
    yield (
        *(happens["initial"], PinSet.of(key_pin_of(cast.issuing.certificate)), True),
        "This app pins the intermediate's key, and you refused the bank. Any certificate of the "
        "verified chain may match, not the leaf alone.",
    )


@judge("03", "pin_check")
def pin_check(answer: Any) -> str:
    """Judge a function from evidence and pins to the pin that matches, or None."""
    cast = story()
    called: list[Evidence] = []
    others: list[Event] = []

    def checked(pins: PinSet) -> Callable[[Evidence], Pin | None]:
        def check(evidence: Evidence) -> Pin | None:
            called.append(evidence)
            said = _answered(answer, evidence, pins)
            if said is None or isinstance(said, Pin):
                return said
            raise NotYet(f"Return the Pin that matches, or None; this was {repr(said)[:40]}.")

        return check

    for event, pins, right, message in _pin_check_cases(cast):
        for tls in Tls:
            device = replace(event.device(tls=tls), pins=pins, pin_check=checked(pins))
            met = connect(device, event.identity, HOST, event.date)
            expect(met.connected is right, f"{message} ({tls.value})")
            if met.match != pins.match(met.verified):
                others.append(event)
    nobody = Evidence((), (), HOST, resumed=True)
    expect(
        checked(PinSet.of(key_pin_of(cast.bank.leaf)))(nobody) is None,
        "On a resumed session nobody shows a certificate: both chains are empty, and you let the "
        "peer in. all() of nothing is true; ask for a match instead.",
    )
    expect(
        not others, "You let the right peers in, but return a pin that is not the one that matches."
    )
    return f"{len(called)} connections, two versions of TLS, and nobody got in who should not."


def _answered(answer: Any, evidence: Evidence, pins: PinSet) -> Any:
    """Call the learner's check; here None is an answer, and three dots are none."""
    said: list[Any] = []

    def remember(*given: Any) -> bool:
        said.append(answer(*given))
        return True

    many = f"{len(evidence.verified)} verified certificates"
    ask(answer if not callable(answer) else remember, evidence, pins, when=f"given {many}")
    if said[0] is ...:
        raise NotYet(UNFINISHED)
    return said[0]
