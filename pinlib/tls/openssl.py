"""The few places where OpenSSL is set up: contexts, keys on their way in, secrets on their way out.

Two surprises from outside shape this module:

- `load_cert_chain` reads files only, so a private key must touch the disk: encrypted, under a
  password that lives in memory, in a private folder that is gone a millisecond later.
- On some Windows builds of Python, setting `keylog_filename` aborts the process ("no
  OPENSSL_Applink", python-build-standalone #640, cpython #152784).  So a subprocess tries it
  first; where that dies, the engine works on without the secrets (`Mode.HEADERS`).
"""

from __future__ import annotations

import os
import secrets
import ssl
import subprocess
import sys
import threading
import weakref
from contextlib import ExitStack, suppress
from enum import Enum
from functools import cache, lru_cache
from hashlib import md5
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from pinlib.scratch import private_folder
from pinlib.tls.certificates import Identity, PrivateKey


class Tls(Enum):
    """The two versions of TLS in use (RFC 5246, RFC 8446)."""

    V1_2 = "TLS 1.2"
    V1_3 = "TLS 1.3"


class Mode(Enum):
    """How much of a TLS 1.3 handshake the laboratory can show on this Python."""

    OPENED = "opened: every message of TLS 1.3 can be shown"
    HEADERS = "headers only: this Python cannot log the secrets of TLS 1.3"


_VERSIONS = {Tls.V1_2: ssl.TLSVersion.TLSv1_2, Tls.V1_3: ssl.TLSVersion.TLSv1_3}
_FULL = 1000  # handshakes, after which a key log is replaced by a fresh one
_PROBE = """
import os, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.keylog_filename = sys.argv[1]
context.keylog_filename = None
"""


def engine_mode() -> Mode:
    """Return the mode in use; `PINLIB_ENGINE=headers` in the environment asks for the lesser."""
    if os.environ.get("PINLIB_ENGINE") == "headers":
        return Mode.HEADERS
    return _probed()


@cache
def _probed() -> Mode:
    """Let another process try what might kill this one; a virtual environment remembers."""
    known = f"{sys.version} {ssl.OPENSSL_VERSION}"
    remembered = Path(sys.prefix) / "pinlib-keylog-survived.txt"
    if remembered.is_file() and remembered.read_bytes() == known.encode():
        return Mode.OPENED
    with private_folder("keylog") as folder:
        command = [sys.executable, "-I", "-c", _PROBE, str(folder / "probe")]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own text
        except (OSError, subprocess.SubprocessError):
            return Mode.HEADERS
    if sys.prefix != sys.base_prefix:
        with suppress(OSError):  # a read-only environment is probed again next time
            remembered.write_bytes(known.encode())
    return Mode.OPENED


class KeyLog:
    """Where OpenSSL writes the secrets of our own client's handshakes, and we read them.

    OpenSSL appends, and many handshakes share the file, so a secret is always looked up by the
    random of its own ClientHello.  With `unlinked` (POSIX) the file has no name any more once
    OpenSSL has opened it; elsewhere it lies in a private folder.
    """

    def __init__(self, context: ssl.SSLContext, *, unlinked: bool = os.name == "posix") -> None:
        with ExitStack() as until_it_is_open:
            path = until_it_is_open.enter_context(private_folder("keylog")) / "secrets"
            path.touch()
            self._file = path.open("rb", buffering=0)
            context.keylog_filename = str(path)
            folder = None if unlinked else until_it_is_open.pop_all()
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, _close, self._file, context, folder)

    @property
    def size(self) -> int:
        """Bytes written so far: where a handshake that starts now should begin to read."""
        return os.fstat(self._file.fileno()).st_size

    def secrets(self, random: bytes, since: int) -> dict[str, bytes]:
        """Return the secrets logged for the ClientHello with this random: name to secret."""
        with self._lock:
            self._file.seek(since)
            written = self._file.read()
        wanted = random.hex().encode()
        lines = (line.split() for line in written.splitlines() if wanted in line)
        return {name.decode(): bytes.fromhex(secret.decode()) for name, _, secret in lines}

    def close(self) -> None:
        """Close the file, and remove it where it still has a name."""
        self._finalizer()


def _close(file: IO[bytes], context: ssl.SSLContext, folder: ExitStack | None) -> None:
    file.close()
    if folder is not None:
        context.keylog_filename = None  # type: ignore[assignment] # typeshed does not know of None
        folder.close()


# Python's own default.  Debian builds Python with OpenSSL's, which still has key transport by RSA:
# the same phone would then connect on one laptop and not on another.
_CIPHERS = (
    "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
)


class Client:
    """The one client context of a TLS version, and its key log where this Python can have one."""

    def __init__(self, tls: Tls, mode: Mode) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = self.context.maximum_version = _VERSIONS[tls]
        # ╔════════════════════════════════════════════════════════════════════════════════════╗
        # ║ NEVER COPY THIS.  OpenSSL is told to check nothing because `handshake` checks          ║
        # ║ everything itself, at the date of the story, before one byte of data is released.    ║
        # ║ In an app of your own start from ssl.create_default_context() and add the pin.       ║
        # ╚════════════════════════════════════════════════════════════════════════════════════╝
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.options |= ssl.OP_NO_TICKET
        self.context.set_ciphers(_CIPHERS)
        self.keylog = KeyLog(self.context) if mode is Mode.OPENED else None
        self.used = 0


_clients: dict[tuple[Tls, Mode], Client] = {}
_clients_lock = threading.Lock()


def client(tls: Tls, *, logged: bool = True) -> Client:
    """Return the client of a TLS version: one context serves everybody, roots and pins stay out.

    Its secrets are `logged` where this Python can do that, unless they are not wanted.
    """
    key = (tls, engine_mode() if logged else Mode.HEADERS)
    with _clients_lock:
        known = _clients.get(key)
        if known is None or known.used == _FULL:
            known = _clients[key] = Client(*key)
        known.used += 1
        return known


@cache
def careless_client() -> ssl.SSLContext:
    """Return the context of a client that checks nothing: an attacker's, and never an app's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # NEVER COPY THIS: whoever answers is taken for the server
    context.options |= ssl.OP_NO_TICKET
    context.set_ciphers(_CIPHERS)
    return context


@lru_cache(maxsize=64)
def server_context(identity: Identity, curve: str | None = None) -> ssl.SSLContext:
    """Return a server's context: both TLS versions, no tickets.

    `curve` (an OpenSSL name) makes it insist on one key exchange: a client that guessed another
    is told so in a HelloRetryRequest.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    if curve:
        context.set_ecdh_curve(curve)
    password = secrets.token_hex(16)
    key = _copied_key(identity, password) if identity.is_copy else _sealed(identity.key, password)
    pem = serialization.Encoding.PEM
    chain = b"".join(certificate.public_bytes(pem) for certificate in identity.chain)
    with private_folder("key") as folder:
        file = folder / "identity.pem"
        file.write_bytes(key + chain)
        try:
            context.load_cert_chain(file, password=password)
        except ssl.SSLError:
            # OpenSSL shows no weak key and no old hash unless told to; clients refuse them.
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.load_cert_chain(file, password=password)
    return context


def _sealed(key: PrivateKey, password: str) -> bytes:
    """Return a key file that only the password opens, and that is opened quickly.

    PKCS #8 spends half a millisecond on making a password hard to guess; this one is 128 bits of
    chance.  A key that has no older form (Ed25519) is written so all the same.
    """
    forms = serialization.PrivateFormat
    quick = isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key.private_bytes(
        serialization.Encoding.PEM,
        forms.TraditionalOpenSSL if quick else forms.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )


def _copied_key(identity: Identity, password: str) -> bytes:
    """Return a key file that pairs the copied leaf's public point with the impostor's own scalar.

    OpenSSL compares public halves only, so it loads this; what it then signs does not verify.
    The file is an ECPrivateKey (RFC 5915) in OpenSSL's own PEM encryption, since a library that
    checks its keys would not write one that is false.
    """
    public, key = identity.leaf.public_key(), identity.key
    p256_only = isinstance(public, ec.EllipticCurvePublicKey) and public.key_size == 256
    if not p256_only or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("only a P-256 certificate can be copied in this laboratory")
    point = public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    der = bytes.fromhex("30770201010420") + scalar
    der += bytes.fromhex("a00a06082a8648ce3d030107a144034200") + point
    salt, secret = secrets.token_bytes(16), password.encode()
    # The key derivation that OpenSSL's PEM encryption has had since the nineties.
    first = md5(secret + salt[:8], usedforsecurity=False).digest()
    second = md5(first + secret + salt[:8], usedforsecurity=False).digest()
    padder = PKCS7(128).padder()
    padded = padder.update(der) + padder.finalize()
    encryptor = Cipher(algorithms.AES(first + second), modes.CBC(salt)).encryptor()
    body = ssl.DER_cert_to_PEM_cert(encryptor.update(padded) + encryptor.finalize())
    lines = body.splitlines()[1:-1]
    head = ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-256-CBC,{salt.hex().upper()}", ""]
    label = "EC PRIVATE KEY"
    block = [f"-----BEGIN {label}-----", *head, *lines, f"-----END {label}-----", ""]
    return "\n".join(block).encode()
