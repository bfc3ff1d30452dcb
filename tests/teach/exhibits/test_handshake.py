"""The handshake panel: what it says from outside is what this library did, and no other."""

from __future__ import annotations

import pytest

from pinlib.teach.exhibits.inspection.handshake import Eyes, HandshakePanel, Watched, Wrong
from pinlib.tls.openssl import Mode, engine_mode


@pytest.mark.skipif(engine_mode() is Mode.HEADERS, reason="this Python cannot encrypt our alert")
@pytest.mark.parametrize("wrong", [Wrong.EXPIRED, Wrong.UNKNOWN_CA, Wrong.COPY])
def test_how_a_refusal_in_tls_1_3_ends_is_told_as_this_librarys_own(wrong: Wrong) -> None:
    """Our gate encrypts its alert, OpenSSL refuses a copy by itself in clear: both are said."""
    words = HandshakePanel().view(Watched(wrong, eyes=Eyes.EAVESDROPPER)).text
    copied = wrong is Wrong.COPY
    assert ("in clear: decrypt_error" in words) == copied
    assert ("OpenSSL found the bad signature itself" in words) == copied
    assert ("other TLS libraries send it in clear, or none" in words) == (not copied)
