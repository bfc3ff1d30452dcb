"""A file that a learner gives: read at once, and whatever should not have been given is let go."""

from __future__ import annotations

import shlex
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256

from pinlib.encoding.der import Document, Form
from pinlib.encoding.files import contents, documents, spki
from pinlib.encoding.naming import title_of, visible
from pinlib.errors import BadInput

_SECRET = {Form.PRIVATE_KEY, Form.LOCKED_KEY, Form.KEY_STORE}
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
            if _BEGINS in content:
                return cls._with_a_secret(name, content)
            found = contents(content)
            if _SECRET & {one.form for one in found}:
                return cls._with_a_secret(name, content, {one.form for one in found})
            usable = documents(content)
            for one in usable:
                spki(one)  # a key that cannot be loaded is refused now, and not where it is drawn
            return cls(name, usable, sha256(content).digest(), _entries(name, usable))
        except BadInput as unreadable:
            return cls(name, entries=_entries(name, ()), refusal=f"{name}: {unreadable}.")

    @classmethod
    def _with_a_secret(
        cls, name: str, content: bytes, forms: AbstractSet[Form] = frozenset()
    ) -> Given:
        here, what = shlex.quote(name), "certificate"
        if b"-----BEGIN CERTIFICATE-----" in content:
            command = f"openssl x509 -in {here} -out certificate.pem"
        elif Form.KEY_STORE in forms:
            command = f"openssl pkcs12 -in {here} -nokeys -clcerts -out certificate.pem"
        else:
            what = "public half"
            command = f"openssl pkey -in {here} -pubout -out public.pem"
            if b"BEGIN OPENSSH" in content:
                command = f"ssh-keygen -e -m PKCS8 -f {here} > public.pem"
            elif forms and content[:1] == b"\x30":
                command = f"openssl pkey -inform DER -in {here} -pubout -out public.pem"
        return cls(
            name,
            entries=_entries(name, ()),
            refusal=f"There is a private key in {name}: it was not kept, and should not travel. "
            f"Take its {what} out with the command below, and give that.",
            command=command,
        )


def _entries(name: str, usable: tuple[Document, ...]) -> tuple[str, ...]:
    count = len(usable)
    if not count:
        return (f"{name} (refused)",)
    return tuple(
        f"{name}{f', {number} of {count}' if count > 1 else ''}: {title_of(one)}"
        for number, one in enumerate(usable, 1)
    )
