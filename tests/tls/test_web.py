"""The bank's web application: a login, and patience with whoever cannot speak HTTP."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib.scenes.cast import FORM
from pinlib.tls.web import Bank

LONGEST = 100_000  # bytes of a form that the bank reads


def post(body: bytes, target: bytes = b"/login", more: bytes = b"") -> bytes:
    """Write a request as a browser does."""
    head = b"POST %s HTTP/1.1\r\nHost: bank.example\r\nContent-Length: %d\r\n%s\r\n"
    return head % (target, len(body), more) + body


def test_a_login_is_answered_with_a_token_and_a_balance() -> None:
    """The reply is JSON, of the length that it says."""
    head, _, body = Bank(balance=77)(post(FORM)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"token": "t0k3n", "balance": 77}


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_request_may_arrive_in_pieces(cut: int) -> None:
    """And two in a row on one connection are both answered, in their order."""
    bank, sent = Bank(), post(FORM) + b"GET / HTTP/1.1\r\nHost: bank.example\r\n\r\n"
    heard = b"".join(bank(sent[at : at + cut]) for at in range(0, len(sent), cut))
    assert heard.count(b"HTTP/1.1 200") == 2
    assert heard.endswith(b"This is the bank.\n")
    assert not bank.closed


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (post(b"user=alice"), b"401"),
        (post(FORM, b"/elsewhere"), b"404"),
        (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (post(b"\xff\xfe=%zz&=&"), b"401"),
        (b"not http at all\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    ],
)
def test_other_requests_get_a_status_of_their_own(sent: bytes, status: bytes) -> None:
    """Wrong forms, wrong pages and no HTTP: an answer in words, never an exception."""
    assert Bank()(sent).startswith(b"HTTP/1.1 " + status)


CHUNKED = b" / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_a_head_is_answered_without_a_body_even_where_its_own_is_broken(cut: int) -> None:
    """What answers a HEAD ends with its head (RFC 9110, section 9.3.2); then the bank closes."""
    bank, sent = Bank(), b"HEAD" + CHUNKED + b"no length\r\n"
    heard = b"".join(bank(sent[at : at + cut]) for at in range(0, len(sent), cut))
    assert heard.startswith(b"HTTP/1.1 400")
    assert heard.endswith(b"\r\n\r\n")
    assert bank.closed


def test_a_broken_request_after_a_head_is_answered_with_a_body() -> None:
    """Each request is answered for itself; so is one that ends in the middle."""
    bank = Bank()
    assert bank(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")
    assert bank(b"\x00\x01\r\n\r\n").endswith(b"That was no HTTP/1.1.\n")
    assert Bank()(b"GET" + CHUNKED + b"no length\r\n").endswith(b"That was no HTTP/1.1.\n")
    cut_short = Bank()
    assert cut_short(b"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab") == b""
    assert cut_short(b"").endswith(b"\r\n\r\n")


def test_a_form_is_read_up_to_its_longest_and_no_further() -> None:
    """The longest form logs in; one byte more is cut off, here a password of one letter."""
    form = b"&user=alice&password=h"
    filler = b"x=" + b"a" * (LONGEST - len(form) - 2)
    assert Bank()(post(filler + form)).startswith(b"HTTP/1.1 200")
    assert Bank()(post(filler + b"a" + form)).startswith(b"HTTP/1.1 401")


def test_a_form_without_end_is_not_kept() -> None:
    """Whoever sends for ever fills nobody's memory."""
    bank, piece = Bank(), b"a" * (1 << 16)
    bank(post(b"")[:-4].replace(b"Length: 0", b"Length: 999999999") + b"\r\n\r\n")
    tracemalloc.start()
    try:
        for _ in range(40):
            assert bank(piece) == b""
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 4 * LONGEST < 40 * len(piece)


def test_who_asks_to_close_is_let_go() -> None:
    """Connection: close ends it after the answer; so does a broken request."""
    polite, rude = Bank(), Bank()
    polite(post(FORM, more=b"Connection: close\r\n"))
    rude(b"\x00\x01\r\n\r\n")
    assert polite.closed
    assert rude.closed


def test_who_waits_to_be_told_to_continue_is_told() -> None:
    """Curl asks before it sends a long form (RFC 9110, section 10.1.1)."""
    bank = Bank()
    head, body = post(FORM, more=b"Expect: 100-continue\r\n").split(b"\r\n\r\n")
    assert bank(head + b"\r\n\r\n").startswith(b"HTTP/1.1 100")
    assert bank(body).startswith(b"HTTP/1.1 200")


HEADS = [
    *(method + CHUNKED for method in (b"HEAD", b"GET", b"POST", b"CONNECT")),
    *(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", post(b"")[:-2] + b"Expect: 100-continue\r\n\r\n"),
    *(b"HEAD / HTTP/1.0\r\n\r\n", post(FORM), b"5\r\nhello\r\n0\r\n\r\n", b""),
]


@given(st.lists(st.binary(max_size=60) | st.sampled_from(HEADS), max_size=5))
def test_arbitrary_bytes_never_raise(pieces: list[bytes]) -> None:
    """Whatever arrives, the bank answers or waits."""
    bank = Bank()
    for piece in pieces:
        if not bank.closed:
            bank(piece)
