"""A file that a learner gives: read at once, and whatever should not have been given is let go."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256

from pinlib.encoding.der import Document, Form, Packing
from pinlib.encoding.files import contents, documents, spki
from pinlib.encoding.foreign import command_for
from pinlib.encoding.naming import title_of, visible
from pinlib.errors import BadInput

# What has a private key in it, or may have one: nobody sees into a store from outside.
_STORES = {Form.KEY_STORE, Form.JAVA_STORE, Form.JCEKS_STORE}
_SECRET = {Form.PRIVATE_KEY, Form.LOCKED_KEY, Form.SSH_PRIVATE_KEY, *_STORES}
_BEGINS = b"PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Given:
    """What is in a file, or why it is refused; never a private key.

    `digest` is the SHA-256 of the file itself; `entries` are one line for each thing in it, as a
    list shows it, or one for a refused file; `command` is what to do instead, ready to paste.
    """

    name: str
    documents: tuple[Document, ...] = ()
    digest: bytes = b""
    entries: tuple[str, ...] = ()
    refusal: str = ""
    command: str = ""

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, name: str, content: bytes) -> Given:
        """Read a file by its name and content; that it cannot be read is an answer too."""
        name = visible(name)
        try:
            found = contents(content)
            if secret := next((one for one in found if one.form in _SECRET), None):
                return cls._with_a_secret(name, secret, found)
            usable = documents(content)
            for one in usable:
                spki(one)  # a key that cannot be loaded is refused now, and not where it is drawn
            return cls(name, usable, sha256(content).digest(), _entries(name, usable))
        except BadInput as unreadable:
            if _BEGINS in content:
                damaged = Document(Form.PRIVATE_KEY, b"", packing=Packing("PEM"))
                return cls._with_a_secret(name, damaged, ())
            return cls(name, entries=_entries(name, ()), refusal=f"{name}: {unreadable}.")

    @classmethod
    def _with_a_secret(cls, name: str, secret: Document, found: tuple[Document, ...]) -> Given:
        begins = "There’s a private key in"
        what, command = "public half", command_for(secret)
        if secret.form in _STORES:
            begins, what = "There may be a private key in", "certificates"
        elif any(one.form is Form.CERTIFICATE for one in found):
            what, command = "certificate", "openssl x509 -in FILE -out certificate.pem"
        return cls(
            name,
            entries=_entries(name, ()),
            refusal=f"{begins} {name}, so it wasn’t kept. Don’t send it anywhere. "
            f"Extract its {what} with the command below, and give that.",
            command=command.replace("FILE", shlex.quote(name)),
        )


def _entries(name: str, usable: tuple[Document, ...]) -> tuple[str, ...]:
    count = len(usable)
    if not count:
        return (f"{name} (refused)",)
    return tuple(
        f"{name}{f', {number} of {count}' if count > 1 else ''}: {title_of(one)}"
        for number, one in enumerate(usable, 1)
    )
