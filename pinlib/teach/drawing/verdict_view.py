"""How the subject's nouns look: a verdict, its ladder, a certificate.

Panels and the results of cells share these, so that the same thing looks the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from markupsafe import Markup

from pinlib import Mark, Moment, Rung, Verdict, certificate_pin, key_pin
from pinlib.encoding.naming import name_of
from pinlib.teach.drawing import blocks, palette, typeset
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.drawing.typeset import Mono, Text, escape
from pinlib.tls.certificates import Validity

PIN_SHOWN = 11  # characters: both ends, enough to tell two keys apart
_MARKS: dict[Mark, palette.Sign] = {
    Mark.HOLDS: "holds",
    Mark.FAILS: "fails",
    Mark.NOT_CHECKED: "unchecked",
    Mark.NOT_REACHED: "unreached",
}


def verdict_headline(verdict: Verdict) -> Headline:
    """Say what a device decided, and why."""
    return Headline(verdict.outcome.value, verdict.reason, "good" if verdict.connected else "bad")


def verdict_ladder(verdict: Verdict) -> Markup:
    """Draw the checks that a device made, with the evidence for each."""
    return blocks.ladder([_rung(rung) for rung in verdict.ladder])


def verdict_in_a_line(verdict: Verdict) -> Markup:
    """Draw the checks in one line: TLS ✓✓✓✓ · pin ✕, the failing one large."""
    *tls, pin = verdict.ladder
    late = " (too late)" if verdict.moment is Moment.LATE and pin.mark is Mark.FAILS else ""
    signs = Markup("").join(_sign(rung) for rung in tls)
    form = Markup('<span class="pl-in-a-line">TLS {} · pin {}{}</span>')
    return form.format(signs, _sign(pin), late)


def _sign(rung: Rung) -> Markup:
    sign = Markup('<span class="pl-rung-sign" data-mark="{}" title="{}">{}</span>')
    drawn = blocks.mark(_MARKS[rung.mark], bare=True)
    return sign.format(_MARKS[rung.mark], rung.check.value, drawn)


def _rung(rung: Rung) -> blocks.LadderRung:
    lines = tuple(_line(line) for line in rung.evidence)
    return blocks.LadderRung(rung.check.value, _MARKS[rung.mark], lines)


def _line(line: str) -> Text:
    """Set a pin in a line of evidence as what it is: bytes, shortened in the middle."""
    return tuple(_short(word) if _is_pin(word) else word for word in line.split(" "))


def _is_pin(word: str) -> bool:
    return word.startswith("sha256/") or (len(word) == 95 and word.count(":") == 31)


def _short(pin: str) -> Mono:
    return Mono(pin.removeprefix("sha256/"), PIN_SHOWN)


def subjects(certificates: Sequence[x509.Certificate]) -> str:
    """Name the subjects of a chain, leaf first."""
    return ", ".join(name_of(certificate.subject) for certificate in certificates)


def certificate_card(certificate: x509.Certificate, key: palette.Key, note: Text = "") -> Markup:
    """Draw a certificate: who vouches for whom, how long, and both pins."""
    return blocks.certificate(
        name_of(certificate.subject),
        (
            ("signed by", name_of(certificate.issuer)),
            ("valid", str(Validity.of(certificate))),
            ("key pin", _short(str(key_pin(certificate)))),
            ("certificate pin", _short(str(certificate_pin(certificate)))),
        ),
        key,
        note,
    )


def certificate_words(certificate: x509.Certificate) -> str:
    """Say what a certificate's card shows."""
    return (
        f"{name_of(certificate.subject)}, signed by {name_of(certificate.issuer)}, "
        f"valid {Validity.of(certificate)}, key pin {key_pin(certificate)}, "
        f"certificate pin {certificate_pin(certificate)}"
    )


def received(verdict: Verdict) -> str:
    """Say what reached the other end, whoever that is."""
    heard = f"the alert {verdict.alert}" if verdict.alert else "no alert"
    return f"At the other end: {verdict.application_bytes} B of application data, and {heard}."


def verdict_html(verdict: Verdict) -> str:
    """Show a verdict where a cell ends with one: the answer, and the ladder behind it."""
    outcome = escape(verdict.outcome.name.lower())
    return (
        f'{blocks.stylesheet()}<div class="pl" data-outcome="{outcome}">'
        f"{blocks.verdict_line(verdict_headline(verdict))}{verdict_ladder(verdict)}"
        f"{typeset.paragraph(received(verdict), dim=True)}</div>"
    )
