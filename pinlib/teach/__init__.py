"""The classroom's front door: lessons, and everything that a notebook shows.

    from pinlib.teach import CafePanel, start

A panel is loaded when it is first asked for.  So a lesson starts without those that it does not
use, and a broken file of data/ is told where its panel is wanted, while the rest goes on.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pinlib.teach.lesson import Lesson, start

_SHOWN_BY = {
    "charts.plots": (
        "locked_out_over_time",
        "ends",
        "lost_by_lifetime",
    ),
    "exhibits.attack.mallory": ("MalloryPanel",),
    "exhibits.attack.places": (
        "attackers",
        "where_stopped",
    ),
    "exhibits.attack.cafe": (
        "CafePanel",
        "show_event",
        "show_scenario",
    ),
    "exhibits.connection.chain": ("ChainPanel",),
    "exhibits.inspection.changed_byte": ("BytePanel",),
    "exhibits.lifecycle.field_updates": (
        "STALE",
        "Delivery",
        "FieldPanel",
        "fetched",
    ),
    "exhibits.inspection.curl_leaf": ("curl_says",),
    "exhibits.connection.handshake": ("HandshakePanel",),
    "exhibits.connection.signed_view": ("show_signature",),
    "exhibits.inspection.openssl_pipeline": ("pipeline",),
    "exhibits.inspection.own_server": ("OwnServerPanel",),
    "exhibits.inspection.pin": ("PinPanel",),
    "exhibits.inspection.pin_picture": ("every_notation",),
    "exhibits.lifecycle.renewal_calendar": (
        "CalendarPanel",
        "show_plan",
    ),
    "exhibits.lifecycle.drill_run": ("DrillRun",),
    "exhibits.lifecycle.rotation_drill": ("DrillPanel",),
    "exhibits.inspection.same_key": (
        "TwinsPanel",
        "compare",
    ),
}
_WHERE = {name: module for module, names in _SHOWN_BY.items() for name in names}

__all__ = [
    "STALE",
    "BytePanel",
    "CafePanel",
    "CalendarPanel",
    "ChainPanel",
    "Delivery",
    "DrillPanel",
    "DrillRun",
    "FieldPanel",
    "HandshakePanel",
    "Lesson",
    "MalloryPanel",
    "OwnServerPanel",
    "PinPanel",
    "TwinsPanel",
    "attackers",
    "check_machine",
    "compare",
    "curl_says",
    "ends",
    "every_notation",
    "fetched",
    "locked_out_over_time",
    "lost_by_lifetime",
    "pipeline",
    "show_event",
    "show_plan",
    "show_scenario",
    "show_signature",
    "start",
    "where_stopped",
]


def __getattr__(name: str) -> Any:
    if name == "check_machine":
        return import_module("pinlib.setup.doctor").check_machine
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
