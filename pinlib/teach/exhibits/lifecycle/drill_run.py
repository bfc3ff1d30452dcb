"""A year of the drill as one frozen value: what was done, and how far the picture has seen it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from pinlib.errors import BadInput
from pinlib.operations.drill import LIFE, Move, Op, Situation, play, runbook, step
from pinlib.operations.fleet import usual


class Ship(Enum):
    """What the next release pins; the value is how people say it."""

    ALL = "the key in use and all backups"
    ONE = "the key in use and the oldest backup"
    ALONE = "the key in use alone"
    BACKUPS = "the backups alone"
    AUTHORITY = "the authority’s key"

    def pins(self, now: Situation) -> tuple[str, ...]:
        """Return the names; raises BadInput where there are none."""
        found = {
            Ship.ALL: now.held,
            Ship.ONE: now.held[:2],
            Ship.ALONE: now.held[:1],
            Ship.BACKUPS: now.backups,
            Ship.AUTHORITY: (now.issuer,),
        }[self]
        if not found:
            raise BadInput("there is no backup key to pin: make one first", seen="no backup")
        return found


@dataclass(frozen=True, slots=True)
class DrillRun:
    """A seed, the moves made so far as one line, and how many of them are shown (-1: all)."""

    seed: int = 3
    op: Op = Op.WEEK
    ship: Ship = Ship.ALL
    moves: str = ""
    seen: int = -1
    users: str = usual().name
    rewound: int = 0
    """How often a move was taken back, which nobody can do in life."""

    @property
    def done(self) -> tuple[Move, ...]:
        """The moves.  Raises BadInput for a word that is none."""
        return tuple(map(Move.parse, self.moves.split()))

    @property
    def shown(self) -> tuple[Move, ...]:
        """The moves that the picture has seen."""
        return self.done if self.seen < 0 else self.done[: self.seen]

    @property
    def now(self) -> Situation:
        """Where those have led to.  Raises BadInput for moves that cannot be made."""
        return played(self.seed, self.shown)


@lru_cache(maxsize=256)
def played(seed: int, moves: tuple[Move, ...]) -> Situation:
    """Return where moves have led to; kept, since a panel asks for the same again and again."""
    return play(seed, moves)


def do(run: DrillRun) -> DrillRun:
    """Make the chosen move where the picture stands; later ones of a replay are given up."""
    now = run.now
    move = Move(run.op, run.ship.pins(now) if run.op is Op.RELEASE else ())
    step(now, move)
    return replace(run, moves=" ".join(map(str, (*run.shown, move))), seen=-1)


def rewind(run: DrillRun) -> DrillRun:
    """Take the last move back, as nobody can in life: it's counted."""
    if not run.shown:
        raise BadInput("there’s no move to rewind", seen="no move")
    back = " ".join(map(str, run.shown[:-1]))
    return replace(run, moves=back, seen=-1, rewound=run.rewound + 1)


def by_runbook(seed: int) -> DrillRun:
    """Return the runbook's own run, to be replayed move by move."""
    return DrillRun(seed, moves=" ".join(map(str, runbook(seed))))


def idle(seed: int) -> DrillRun:
    """Return the run of a bank that renews, and waits for better times."""
    run = DrillRun(seed, Op.MONTH)
    while not run.now.over:
        late = (run.now.ends - run.now.day).days <= LIFE // 3
        run = do(replace(run, op=Op.RENEW if late else Op.MONTH))
    return replace(run, op=Op.WEEK)
