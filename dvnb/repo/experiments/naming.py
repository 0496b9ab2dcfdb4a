"""Names for experiments that were given none: an adjective and a noun, such as `calm-heron`."""

from __future__ import annotations

import random

from dvnb.errors import TargetError
from dvnb.git.worktree import Git
from dvnb.repo.experiments.refs import Experiment

_ADJECTIVES = """
agile amber ample arctic azure bold brave brief bright brisk calm candid cheery clear clever coral cosy crisp curly
dapper daring deep deft dusky eager early earnest easy fabled fair famed fine firm fleet fluent fond frank fresh
gentle giddy glad golden grand green handy happy hardy hazel hearty honest humble icy ivory jolly jovial keen kind
large late light lilac lively loyal lucid lucky lunar mellow merry mild mint misty modest neat nimble noble olive
opal pale patient placid plain polite prime proud quick quiet rapid rare ready regal ripe robust rosy round royal
rustic sable sage scarlet serene sharp shiny silent silver sleek smart smooth snowy sober soft solar solid spry
stable steady still stoic strong subtle sunny sure swift tame teal tender tidy tiny topaz true vast velvet violet
vital vivid warm wary whole wide wild wise witty young zesty
"""
_NOUNS = """
acorn alder aspen aster badger basin bay beach beaver birch bison bloom breeze briar bridge brook canyon cedar cliff
cloud clover comet condor coral cove crane creek dahlia dale dawn delta desert dolphin dove dune eagle echo elk elm
falcon fern field finch fjord flame forest fox frost garden geyser glacier glade glen grove gull harbor hare hawk
hazel heath hedge heron hill hollow ibis inlet iris island ivy jay juniper kestrel lagoon lake larch lark laurel
leaf lily linden linnet lotus lynx maple marsh meadow mesa mist moon moss moth myrtle oak oasis ocean orchid oriole
osprey otter owl pebble petal pine plain planet pond poplar poppy prairie quail quartz rain raven reed reef ridge
river robin rook rose sable sand sea shore sky snow sparrow spring spruce squall star stone stork storm stream
summit sun swallow swan sycamore tern thicket thistle thrush tide trail trout tulip tundra valley violet wave willow
wind wolf wood wren yew
"""
_TRIES = 1000


def free_name(git: Git, baseline: str) -> str:
    """A name that no experiment of a baseline has; a seed that someone gave `random` does not matter.

    Raises: TargetError if all names seem to be taken.
    """
    dice = random.Random()  # noqa: S311 - no secret
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    for _ in range(_TRIES):
        name = f"{dice.choice(adjectives)}-{dice.choice(nouns)}"
        if git.ref(Experiment(baseline, name).ref) is None:
            return name
    raise TargetError("no name is free for another experiment: give it one")
