"""Imports point down only, and the outside world is met in few places."""

from __future__ import annotations

import ast
import graphlib

import pytest

from tests.architecture import source

LAYERS = ("kernel", "domain", "journeys", "web", "jobs", "cli", "app")
ROOMS = (  # from below; rooms of one row do not see each other
    {"approvals", "ledger", "audit", "inbox", "notifications", "integrations"},
    {"identity"},
    {"policies"},
    {"billing", "wallet"},
    {"payments"},
    {"reconciliation", "overdue", "disputes", "claims"},
    {"reports"},
)
# what stands beside the layers -> the parts that may see it
BESIDE = {
    "config": {"app", "cli", "web"},
    "logs": {"app", "cli"},
    "schema": {"app", "cli"},
    "documents": {"journeys", "web", "app"},
    "sandbox": set(),
}
# what these parts see of ours, whatever else is allowed
SEES_ONLY = {
    "kernel": {"kernel"},
    "domain": {"domain", "kernel"},
    "documents": {"documents", "kernel"},
    "gateways": {"gateways", "kernel"},
    "config": set(),
    "logs": set(),
    "sandbox": {"sandbox"},
}
PORTS = "portal.gateways.ports"
MEET_ADAPTERS = {
    "portal.app",
    "portal.cli.demo",  # starts the embedded database
    "portal.cli.seed_demo",  # is the browser of made-up customers
}
MEET_STRIPE = {"portal.gateways.stripe_api", "portal.gateways.stripe_views"}
BELOW_THE_WEB = {"flask", "flask_babel", "flask_login", "flask_wtf", "stripe", "procrastinate"}


def part(name):
    """The part of the product a module is in: `portal.web.customer.home` is in web."""
    return name.split(".")[1] if "." in name else ""


def arrows():
    for module in source.modules().values():
        for target in module.ours:
            yield module.name, target


def show(found):
    return "\n".join(sorted(f"{start} -> {end}" for start, end in found))


def test_every_part_has_its_place():
    known = {*LAYERS, *BESIDE, "gateways", ""}
    assert {part(name) for name in source.modules()} <= known


def test_no_layer_imports_a_higher_one():
    rank = {name: height for height, name in enumerate(LAYERS)}
    wrong = [
        (start, end)
        for start, end in arrows()
        if part(start) in rank and part(end) in rank and rank[part(start)] < rank[part(end)]
    ]
    assert not wrong, show(wrong)


def test_what_stands_beside_the_layers_is_seen_by_few():
    wrong = [
        (start, end)
        for start, end in arrows()
        if part(end) in BESIDE and part(start) not in BESIDE[part(end)] | {part(end)}
    ]
    assert not wrong, show(wrong)


def test_low_parts_see_only_what_is_lower_still():
    wrong = [
        (start, end)
        for start, end in arrows()
        if part(start) in SEES_ONLY and part(end) not in SEES_ONLY[part(start)]
    ]
    assert not wrong, show(wrong)


def test_only_the_composition_root_sees_adapters():
    wrong = [
        (start, end)
        for start, end in arrows()
        if part(end) == "gateways"
        and end != PORTS
        and part(start) != "gateways"
        and start not in MEET_ADAPTERS
    ]
    assert not wrong, show(wrong)


def test_a_room_sees_only_rooms_below_it():
    level = {room: height for height, row in enumerate(ROOMS) for room in row}
    wrong = []
    for start, end in arrows():
        if part(start) != "domain" or part(end) != "domain" or end.count(".") < 2:
            continue
        here, there = start.split(".")[2:3], end.split(".")[2:3]
        if here and here != there and level[here[0]] <= level[there[0]]:
            wrong.append((start, end))
    assert not wrong, show(wrong)


def test_every_room_has_its_level():
    rooms = {name.split(".")[2] for name in source.modules() if name.startswith("portal.domain.")}
    assert rooms <= set().union(*ROOMS)


def test_rules_know_neither_database_nor_models():
    for module in source.modules().values():
        if ".rules" in module.name:
            assert "sqlalchemy" not in module.others, module.name
            assert not [name for name in module.ours if ".models" in name], module.name


def test_screens_import_no_models():
    wrong = [(start, end) for start, end in arrows() if part(start) == "web" and ".models" in end]
    assert not wrong, show(wrong)


def test_stripe_is_met_in_the_gateway_only():
    meeting = {m.name for m in source.modules().values() if "stripe" in m.others}
    assert meeting <= MEET_STRIPE


@pytest.mark.parametrize("layer", ["kernel", "domain"])
def test_the_low_layers_know_no_web_no_stripe_and_no_queue(layer):
    for module in source.modules().values():
        if part(module.name) == layer:
            assert not module.others & BELOW_THE_WEB, module.name


def test_the_import_graph_has_no_circle():
    graph = {module.name: module.ours - {module.name} for module in source.modules().values()}
    order = tuple(graphlib.TopologicalSorter(graph).static_order())
    assert order.index("portal.kernel.money") < order.index("portal.app")


def test_nothing_is_imported_inside_a_function():
    wrong = [
        f"{module.path}:{one.lineno}"
        for module in source.modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for one in ast.walk(node)
        if isinstance(one, ast.Import | ast.ImportFrom)
    ]
    assert not wrong, wrong


def test_of_our_own_modules_and_types_are_imported_but_no_functions():
    known = frozenset(source.modules())
    wrong = [
        f"{module.path}:{node.lineno} {alias.name}"
        for module in source.modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("portal")
        for alias in node.names
        if f"{node.module}.{alias.name}" not in known and not alias.name[0].isupper()
    ]
    assert not wrong, wrong
