"""Who was harmed: decided by where Alice's bytes went, and in this one place.

                      let in         refused
    the bank          connected      locked out
    somebody else     intercepted    attack blocked

`Outcome` is what the device decided.  A device that refuses after it has sent the login has been
intercepted all the same, and a device that refuses its own bank has locked its owner out.
"""

from __future__ import annotations

from enum import Enum

from pinlib.tls.verdicts import Verdict


class Ending(Enum):
    """How a connection ended for its owner.  The value is the word for it, everywhere."""

    CONNECTED = "connected"
    LOCKED_OUT = "locked out"
    INTERCEPTED = "intercepted"
    BLOCKED = "attack blocked"

    @property
    def harm(self) -> bool:
        """Whether somebody was harmed: robbed, or locked out of their own bank."""
        return self in {Ending.LOCKED_OUT, Ending.INTERCEPTED}

    @property
    def let_in(self) -> bool:
        """In which column of the square it stands."""
        return self in {Ending.CONNECTED, Ending.INTERCEPTED}

    @property
    def by_the_bank(self) -> bool:
        """In which row of the square it stands: whether the bank itself answered."""
        return self in {Ending.CONNECTED, Ending.LOCKED_OUT}

    def said(self, *, reported: bool = False) -> str:
        """Return the word; a device that only reports its pin failures has reported this one."""
        return f"{self.value} (reported)" if reported else self.value


def ending_of(verdict: Verdict, *, by_the_bank: bool, leaked: int) -> Ending:
    """Decide who was harmed.

    `leaked` counts the bytes of application data that reached somebody who is not the bank: any
    make it an interception, whatever the device decided afterwards.  An eavesdropper is nobody
    who answers: to her, application data is sealed.  Somebody who was let in and has heard nothing
    yet counts as well: the app's next words go there.
    """
    if by_the_bank:
        return Ending.CONNECTED if verdict.connected else Ending.LOCKED_OUT
    return Ending.INTERCEPTED if leaked or verdict.connected else Ending.BLOCKED


def ending_for_users(*, mallory_let_in: bool, bank_let_in: bool) -> Ending:
    """Decide who was harmed where both the bank and Mallory come by: a robbery counts first."""
    if mallory_let_in:
        return Ending.INTERCEPTED
    return Ending.BLOCKED if bank_let_in else Ending.LOCKED_OUT
