"""The café: choose who is in the middle and what the app checks, and see who is harmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from pinlib import Event, Strategy, Tls
from pinlib.data import ByTitle
from pinlib.errors import BadInput
from pinlib.scenes.scenario import Day, HeldAgainst, Middle, Scenario, run, run_event, scenarios
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.attack.scene_view import show_scene
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.devices import Device, Moment


def _scenes() -> dict[str, Scenario]:
    return {title: told.scenario for title, told in scenarios().items()}


class CafePanel(Panel[Scenario]):
    """Choose who is in the middle, and see who is harmed."""

    name = "cafe"
    controls = (
        Control(
            "middle",
            "In the middle",
            {middle.value: middle for middle in Middle},
            "Who is between the phone and the bank. Unlike an iPhone, or an app made for Android "
            "17, this phone doesn’t ask for proof that a certificate was logged",
        ),
        Control(
            "pins", "The app pins", {one.value: one for one in Strategy}, "What the app insists on"
        ),
        Control(
            "moment",
            "It checks",
            {
                "inside the handshake": Moment.INSIDE,
                "right after it": Moment.AFTER,
                "after the login": Moment.LATE,
            },
            tooltips=(
                "As Android and Apple do: whoever answered sees an alert",
                "As OkHttp and curl do: no alert says why",
                "Too late: the login is sent before the pin is checked",
            ),
        ),
        Control(
            "chain",
            "It checks the pin against",
            {chain.value: chain for chain in HeldAgainst},
            "Checking whatever was sent is a famous bug",
            more=True,
        ),
        Control("tls", "Version", {tls.value: tls for tls in Tls}, "The version of TLS", more=True),
        Control("day", "Day", {day.value: day for day in Day}, "When it happens", more=True),
        Control("checks_name", "It checks the name", tooltip="Some libraries forget to", more=True),
        Control(
            "trusts_user_roots",
            "Its Android app trusts added CAs",
            tooltip='Apps for Android 7 or later do so only with <certificates src="user"/> in '
            "their network security config, whoever added the CA",
            more=True,
        ),
        Control("lies", "Mallory changes the balance", tooltip="If she is let in", more=True),
        Control("relays", "She passes the login on", tooltip="Or answers it herself", more=True),
    )
    presets: ClassVar[Mapping[str, Scenario]] = ByTitle("scene", _scenes)
    initial = Scenario()

    def view(self, state: Scenario) -> View:
        """Let it happen, and draw who was harmed."""
        return show_scenario(state)


def show_scenario(scenario: Scenario, device: Device | None = None, *, ladder: bool = True) -> View:
    """Let a scenario happen and draw it, for a cell that ends with it.

    Another `device` takes the place of the scenario's own; without `ladder` the checks stay out of
    the picture.  Raises BadInput for anything but a scenario.
    """
    if not isinstance(scenario, Scenario):
        wanted = "show takes a Scenario, such as Scenario(Middle.COPY); CafePanel takes a title too"
        raise BadInput(wanted, seen=repr(scenario))
    device = device or scenario.device
    scene = run(scenario, device)
    if not ladder:
        return show_scene(scene)
    if device.is_pinned:
        other = run(scenario, replace(device, pins=None, pin_check=None))
        return show_scene(scene, other, "Same connection, without a pin")
    same = scenario.pins is not Strategy.NONE  # then it is the device that differs
    other = run(scenario if same else replace(scenario, pins=Strategy.LEAF_KEY_AND_BACKUP))
    return show_scene(scene, other, "Same connection, with a pin")


def show_event(event: Event, strategy: Strategy = Strategy.NONE, tls: Tls = Tls.V1_3) -> View:
    """Let one of the events of the story happen, and draw who was harmed."""
    scene = run_event(event, strategy, tls)
    without = strategy is Strategy.NONE
    other = run_event(event, Strategy.LEAF_KEY_AND_BACKUP if without else Strategy.NONE, tls)
    return show_scene(scene, other, f"Same connection, {'with' if without else 'without'} a pin")
