"""What is said first of a file, and of whatever was pasted: a pin, a list, an app's refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pinlib import Kind
from pinlib.encoding.anatomy import SPKI, Part, anatomy
from pinlib.encoding.der import Document
from pinlib.encoding.files import spki
from pinlib.encoding.naming import key_name, title_of
from pinlib.errors import BadPin
from pinlib.pins.pins import is_authority
from pinlib.pins.published import whose
from pinlib.pins.wrong_hashes import Hashed, Recognised, recognise
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.exhibits.inspection.pasted_key import pasted_instead


@dataclass(frozen=True)
class Subject:
    """What is looked at, among what came with it."""

    all: tuple[Document, ...]
    number: int = 0
    file: bytes = b""

    @property
    def document(self) -> Document:
        """What is looked at."""
        return self.all[self.number]

    @property
    def whole(self) -> Part:
        """All of its bytes, with their names."""
        return anatomy(self.document)

    @property
    def name(self) -> str:
        """What people call it."""
        return title_of(self.document)

    @property
    def about(self) -> str:
        """Its name, its form, and its kind of key."""
        form = self.document.form.value
        named = "" if self.name == form else f"{self.name}: "
        told = f"{named}{form} with a key of type {key_name(spki(self.document))}."
        return told if named else f"{told[0].upper()}{told[1:]}"


@dataclass(frozen=True)
class Answer:
    """What is to be said first, the pasted pin that it is said of, and all that were pasted."""

    headline: Headline
    facts: dict[str, str]
    pin: Recognised | None = None
    pasted: tuple[Recognised, ...] = ()


def held_against(subject: Subject, pasted: str) -> Answer:
    """Say what a pasted pin is a hash of; without one, what the subject's own pins are."""
    if not pasted.strip():
        return Answer(_finding(subject), {"outcome": "shown"})
    if instead := pasted_instead(pasted, subject.document):
        return Answer(instead[0], {"outcome": instead[1]})
    try:
        found = recognise(pasted, subject.all, first=subject.number, file=subject.file)
    except BadPin as unreadable:
        return Answer(
            Headline("That isn’t a pin", f"{unreadable}.", "bad"), {"outcome": "unreadable"}
        )
    if not found:
        return Answer(_finding(subject), {"outcome": "shown"})
    shown = [one for one in found if one.shown]
    if shown:
        answer = _refusal(subject, [one for one in found if not one.shown], shown)
    else:
        # A device that carries several pins accepts any one of them.
        best = _best(subject, found)
        answer = _answer(_outcome(subject, best), _judged(subject, best, len(found)), best)
        if len(found) > 1:
            answer = replace(answer, headline=_of_a_set(answer.headline, found))
    return replace(answer, facts={**answer.facts, "set": _set_of(found)}, pasted=found)


def _of_a_set(best: Headline, found: Sequence[Recognised]) -> Headline:
    """Say how many of a set's pins match; one is enough, for a device accepts any of them."""
    hits, count = sum(one.matches for one in found), len(found)
    if not hits:
        return replace(best, words=f"None of {count} pins matches", reason=_led(best))
    words = f"{hits} of {count} pins match{'es' if hits == 1 else ''}: one is enough"
    if best.words.startswith("Not this key"):
        return replace(best, words=f"{words}, elsewhere", reason=_led(best))
    return replace(best, words=words)


def _led(best: Headline) -> str:
    return f"{best.words}. {best.reason}"


def _set_of(found: Sequence[Recognised]) -> str:
    """Say of several pins whether all of them match, some or none; of one pin, that it is one."""
    hits = sum(one.matches for one in found)
    if len(found) < 2:
        return "one"
    return "all" if hits == len(found) else "some" if hits else "none"


def told_of(subject: Subject, one: Recognised) -> str:
    """Say in a few words what a pin is of."""
    if one.hashed is None:
        name = whose(one.pin.digest)
        return f"the public root {name}" if name else "not in here"
    if not one.matches:
        return f"{one.hashed.told}{_made(subject, one)}"
    kind = "certificate" if one.hashed is Hashed.CERTIFICATE else "key"
    place = f" ({one.number + 1} of {len(subject.all)})" if len(subject.all) > 1 else ""
    return f"{kind} of {title_of(subject.all[one.number])}{place}"


def _best(subject: Subject, found: Sequence[Recognised]) -> Recognised:
    """Return the pin that says most; of several right ones, that of what is looked at."""
    return max(
        found,
        key=lambda one: (one.matches, one.hashed is not None, one.number == subject.number),
    )


def _outcome(subject: Subject, found: Recognised) -> str:
    if found.matches:
        return "match" if found.number == subject.number else "elsewhere"
    return "wrong" if found.hashed else "stranger"


def _answer(outcome: str, headline: Headline, found: Recognised) -> Answer:
    facts = {
        "outcome": outcome,
        "notation": found.notation.name.lower(),
        "hashed": found.hashed.name.lower() if found.hashed else "nothing",
    }
    return Answer(headline, facts, found)


def _finding(subject: Subject) -> Headline:
    """Say how much of the file a key pin looks at."""
    part, size = subject.whole.find(SPKI), len(subject.document.der)
    key = len(spki(subject.document))
    if part is None:
        words = f"The key pin is computed: {key:,} bytes"
        reason = "The SPKI is built around it."
    elif len(part) == size:
        words = f"All {size:,} bytes make the key pin"
        reason = "It’s an SPKI, and nothing else."
    else:
        words = f"{key:,} of {size:,} bytes make the key pin"
        reason = "The SPKI is hashed, and nothing else."
    return Headline(words, f"{subject.about} {reason}", signed=False)


_OF_NO_FILE = {Hashed.NOTHING, Hashed.LINE_END, Hashed.PLACEHOLDER}


def _judged(subject: Subject, found: Recognised, count: int) -> Headline:
    """Say what a pasted pin is a hash of, and whether a tool would find it here."""
    notation = f"Written for {found.notation.value}"
    if count > 1:
        notation = f"One of the {count} is written for {found.notation.value}"
    if found.hashed is None:
        name = whose(found.pin.digest)
        told = (
            f"It belongs to the public root {name}."
            if name
            else "It matches neither the SPKI nor the usual wrong hashes: it’s someone else’s."
        )
        return Headline("No match: not made from anything in here", f"{notation}. {told}", "bad")
    made = f"{notation}{_made(subject, found)}."
    if found.matches:
        return _matching(subject, found, made)
    words, told = f"No match: {found.hashed.told}", found.hashed.story
    right = f"{'2' if is_authority(subject.all[found.number]) else '3'} {{}} 1"
    if found.misused:
        words = f"No match: usage {found.misused} is for another certificate"
        selector = "1" if found.pin.kind is Kind.KEY else "0"
        told = f"A CA’s has 2, a server’s own 3: write {right.format(selector)}."
    elif found.hashed is Hashed.SPKI:
        told = "The record says certificate, but this is the hash of a key: "
        told = f"{told}write {right.format(1)}."
    return Headline(words, f"{made} {told}", "bad")


def _made(subject: Subject, found: Recognised) -> str:
    """Say of what a pin was made; of no certificate, if none had a part in it."""
    if found.hashed in _OF_NO_FILE:
        return f" ({found.detail})" if found.detail else ""
    if found.hashed is Hashed.CHAIN:
        return f", made from {found.detail}"
    detail = f" ({found.detail})" if found.detail else ""
    return f", made from {_named(subject, found)}{detail}"


def _named(subject: Subject, found: Recognised) -> str:
    """Return which of the file's certificates and keys a pin is of."""
    name, count = title_of(subject.all[found.number]), len(subject.all)
    return f"{name}, number {found.number + 1} of {count}" if count > 1 else name


def _matching(subject: Subject, found: Recognised, made: str) -> Headline:
    """Say whose right pin it is, and which tools will not have it."""
    authority = is_authority(subject.all[found.number])
    refused = found.notation.refuses_authorities if authority else ""
    if found.number != subject.number:
        told = "It’s a CA’s, so it accepts whatever that CA issues." if authority else ""
        told = f"Note: {refused} on a CA’s pin." if refused else told
        words = f"Not this key: that of number {found.number + 1} in the same file"
        return Headline(words, f"{made} {told}".rstrip(), signed=False)
    if found.hashed is Hashed.SPKI and Kind.KEY not in found.notation.means:
        told = "The right 32 bytes, but tools that read bare hex want the certificate’s."
        return Headline("The key’s hash, in bare hex", f"{made} {told}", signed=False)
    kind = "certificate pin" if found.hashed is Hashed.CERTIFICATE else "key pin"
    if refused:
        return Headline(f"The right {kind}, of a CA", f"{made} Note: {refused}.", signed=False)
    return Headline(f"It matches: this is the {kind}", made, "good")


def _refusal(subject: Subject, pinned: Sequence[Recognised], shown: Sequence[Recognised]) -> Answer:
    """Explain why an app refused a server: whom it met, whom it expects, and what to do next."""
    theirs = _best(subject, shown)
    ours = _best(subject, pinned) if pinned else None
    who = _which(subject, theirs)

    if ours and (same := {one.pin for one in pinned} & {one.pin for one in shown}):
        theirs = next(one for one in shown if one.pin in same)
        told = "Pins are checked on the verified chain: was that certificate in it?"
        words = "A pinned key was shown: this pin isn’t the reason"
        return _answer("both", Headline(words, told, signed=False), theirs)
    if ours and ours.hashed and not ours.matches:
        words = f"The app’s pin: {ours.hashed.told}"
        return _answer("wrong", Headline(words, ours.hashed.story, "bad"), ours)
    if ours and ours.matches:
        told = "Someone may be in between: compare from another network."
        words = f"The app pins {_which(subject, ours)}; the server showed {who or 'others'}"
        if who:
            told = "Both are in this file: pin the key that’s shown, too."
        return _answer("pinned", Headline(words, told, "bad"), ours)
    if who:
        told = "If this file is your server’s, ship its pin, and a backup’s."
        if is_authority(subject.all[theirs.number]):
            told = "That’s a CA, which issues for others too: whose is the leaf?"
        words = f"The server showed {who}{'; the app pins others' if ours else ''}"
        return _answer("shown", Headline(words, told, signed=False), theirs)
    words = (
        "Neither side of the refusal is in here" if ours else "None of the shown keys is in here"
    )
    told = "Give the server’s chain as a file, and see which of its keys these are."
    return _answer("stranger", Headline(words, told, "bad"), ours or theirs)


def _which(subject: Subject, found: Recognised) -> str:
    """Return which key of the file it is, as seen from the one that is looked at; or nothing."""
    if not found.matches:
        return ""
    return "this key" if found.number == subject.number else f"number {found.number + 1} here"
