"""Other programs' files: what they are, and the command that takes out of them what can be read."""

from __future__ import annotations

import re

from pinlib.encoding.der import Document, Form
from pinlib.encoding.pem import printable
from pinlib.errors import LockedKey, NotReadable

_KEY = "openssl pkey{der} -in FILE -pubout -out public.pem"
_SIGNERS = "openssl cms -cmsout -noout -inform {notation} -in FILE -certsout certificates.pem"
_COMMANDS = {
    Form.PRIVATE_KEY: _KEY,
    Form.LOCKED_KEY: _KEY,
    Form.SSH_PRIVATE_KEY: "ssh-keygen -y -f FILE > public.pub",
    Form.SSH2_PUBLIC_KEY: "ssh-keygen -i -f FILE > public.pub",
    Form.KEY_STORE: "openssl pkcs12 -in FILE -nokeys -out certificates.pem",
    Form.JAVA_STORE: "keytool -list -rfc -keystore FILE > certificates.pem",
    Form.JCEKS_STORE: "keytool -list -rfc -storetype JCEKS -keystore FILE > certificates.pem",
    Form.SIGNED: _SIGNERS,
    Form.OPEN_ENDED: _SIGNERS,
    Form.MAIL: _SIGNERS.replace("{notation}", "SMIME"),
}

_INSTEAD = {
    Form.LOCKED_KEY: "only its public half is needed",
    Form.SSH_PRIVATE_KEY: "only its public half is needed",
    Form.SSH2_PUBLIC_KEY: "convert it to one line",
    Form.KEY_STORE: "extract its certificates (add -legacy if openssl calls it unsupported)",
    Form.JAVA_STORE: "extract its certificates",
    Form.JCEKS_STORE: "extract its certificates",
    Form.SIGNED: "its certificates are its signer’s, not a server’s; to see them anyway",
    Form.OPEN_ENDED: "extract its certificates (in a signed file, they’re the signer’s)",
    Form.MAIL: "its certificates are its sender’s, not a server’s; to see them anyway",
    Form.REVOCATIONS: "it holds no key; give the certificate of the CA that signed it",
    Form.PARAMETERS: "it holds no key; give the key, or its certificate",
    Form.UNKNOWN: "give a certificate, a certificate request or a key",
}


def command_for(document: Document) -> str:
    """Return the command that makes of FILE what can be read, or nothing if there is none."""
    notation = document.packing.notation
    der = " -inform DER" if notation == "DER" else ""  # PEM is what `pkey` expects
    command = _COMMANDS.get(document.form, "").format(notation=notation, der=der)
    if not document.packing.step:
        return command
    command = command.replace(" -in FILE", "").replace("-f FILE", "-f /dev/stdin")
    return f"{document.packing.step} | {command}"


def unreadable(document: Document) -> LockedKey | NotReadable:
    """Return the error that names what this is, with the command that helps at its end."""
    seen = document.form.value
    error = LockedKey if document.form is Form.LOCKED_KEY else NotReadable
    command = command_for(document)
    told = f"this is {seen}: {_INSTEAD[document.form]}"
    return error(f"{told}: {command}" if command else told, seen=seen)


# RFC 8551, section 3.2; the lines before it are those of any mail.
_MAIL = re.compile(
    rb"(?im)^content-type:\s*(?:multipart/signed|application/(?:x-)?pkcs7-mime)[;\s]"
)
_HEADERS = 10_000  # bytes in which a mail's headers are looked for
_FORMS = {
    rb"\xfe\xed\xfe\xed": Form.JAVA_STORE,
    rb"\xce\xce\xce\xce": Form.JCEKS_STORE,
    rb"---- BEGIN SSH2 PUBLIC KEY": Form.SSH2_PUBLIC_KEY,
    # X.690, section 8.1.3.6: the length is left open, and what ends it is two zeros.
    rb"\x30\x80\x02\x01\x03\x30": Form.KEY_STORE,
    rb"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": Form.OPEN_ENDED,
}


def foreign_form(data: bytes) -> Form | None:
    """Recognise by its first bytes what is neither PEM nor DER, and can be named."""
    for magic, form in _FORMS.items():
        if re.match(magic, data):
            return form
    return Form.MAIL if _MAIL.search(data[:_HEADERS]) else None


_MAGIC = {
    rb"\x89PNG": "a PNG picture",
    rb"\xff\xd8\xff": "a JPEG picture",
    rb"%PDF": "a PDF",
    rb"PK\x03\x04": "a ZIP archive",
    rb"ssh-|ecdsa-sha2": "an SSH public key",
    rb"sha256[/:]|pin-sha256=": "a pin",
    rb"\s*(?:M[A-P]|LS0t)[A-Za-z0-9+/]{12}": "base64 without its BEGIN and END lines",
}
# Is not quoted, for it may be of a private key.
_LONG_WORD = re.compile(rb"[A-Za-z0-9+/=_-]{16}")


def describe(data: bytes) -> str:
    """Say in a few printable words what this looks like, quoting its first bytes at most."""
    if not data:
        return "nothing (0 bytes)"
    for magic, name in _MAGIC.items():
        if re.match(magic, data):
            return f"{name} of {len(data):,} bytes"
    if re.fullmatch(rb"[\t\r\n -~]+", data[:40]):
        return f"text, {printable(_LONG_WORD.split(data[:40])[0][:24])!r}"
    return f"{len(data):,} bytes beginning {data[:8].hex(' ')}"
