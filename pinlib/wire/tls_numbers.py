"""What the numbers on the wire are called: messages, extensions, groups, signature schemes, suites.

The names are those of the standards, from `data/tls_numbers.csv`; suites have OpenSSL's own.  A
number without a name is shown as a number.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache

from pinlib.data import read_table


def number_name(kind: str, number: int) -> str:
    """Return what a number of this kind is called, such as `extension` 0; else kind and number."""
    return _names().get((kind, number)) or f"{kind.replace('_', ' ')} {number}"


def suite_name(number: int) -> str:
    """Return a cipher suite's name as OpenSSL spells it, or its number in hex."""
    return _suites().get(number, f"suite 0x{number:04X}")


def alert_name(code: int) -> str:
    """Return an alert's name as RFC 8446, section 6, spells it: 42 is `bad_certificate`."""
    try:
        return ssl.AlertDescription(code).name.removeprefix("ALERT_DESCRIPTION_").lower()
    except ValueError:
        return f"alert {code}"


@cache
def _names() -> Mapping[tuple[str, int], str]:
    rows = read_table("tls_numbers.csv", {"kind": str, "number": int, "name": str, "source": str})
    return {(row["kind"], row["number"]): row["name"] for row in rows}


@cache
def _suites() -> Mapping[int, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    # Not a cipher suite: it says that renegotiation is safe (RFC 5746, section 3.3).
    named = {0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"}
    return {**named, **{one["id"] & 0xFFFF: one["name"] for one in context.get_ciphers()}}
