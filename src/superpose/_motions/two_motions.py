"""Which of two motions is the scene's where neither is the zero pose: what the first one leaves over is asked again."""

from __future__ import annotations

from dataclasses import replace

from superpose._motions.answer import Answer
from superpose._motions.common_part import whole_shift
from superpose._motions.explained import Explained, Extent, extents_against, extents_between, held, moved_mask
from superpose._motions.left_out import grown
from superpose._motions.look import Look
from superpose._motions.settings import ChoiceSettings


def other_motion(first: Answer, look: Look) -> Answer:
    """Return the answer to a pair of which the first one leaves much unexplained, or has a rival that scores as high.

    It stays the first one unless another motion is found in the rest. Of two the one that explains more is returned. It
    is to be trusted only if the other one explains far less, and is that of an object.
    """
    if not first.verdict.matched:
        # What is there by chance has nothing left over.
        return first
    limits, by_intensity = look.settings.choice, first.solution.metric.compares_intensities
    screen = look.settings.screen
    if first.rival is None:
        contradicted, found, tiles = _contradicted(look.coarser(), first, screen.clear)
        if not contradicted and tiles >= screen.few_tiles * found.covered:
            return first
    contradicted, found, _ = _contradicted(look, first, 1.0)
    if not contradicted:
        return _unless_rivalled(first, found, look)
    mine = held(found, limits)
    there = moved_mask(mine, look.fixed, look.moving, first.solution.pose, look.threads)
    by = look.settings.still.grown[-1]
    second = look.answer_without(grown(mine, by), grown(there, by))
    apart = second is not None and look.distance(first.solution.pose, second.solution.pose) > limits.same
    if second is None or not apart or second.verdict.confidence < limits.likely:
        # Between modalities much structure is never the same.
        if by_intensity:
            return replace(first.unsure(), outcome="unexplained")
        return _unless_rivalled(first, found, look)
    others = look.explained(second.solution, grown(mine, by))
    own, other = extents_between(found, others, limits)
    rest, either = extents_against(found.contradicts & ~others.same, found.same | others.same, limits)
    if rest.tiles >= (limits.contradicted if by_intensity else limits.contradicted_blind) * either.tiles:
        # An object beside it makes no answer good that most of the structure still contradicts.
        return replace(first.unsure(), outcome="unexplained")
    motions = look.motion(first.solution, found), look.motion(second.solution, others)
    if _is_object(other, own, limits):
        return replace(first, motions=motions, outcome="part-moved")
    if _is_object(own, other, limits) and second.verdict.reliable:
        # What lies still on the sensor lies whole pixels aside, and may be all that the second one explains.
        sensors = whole_shift(look.problem, second.solution.pose, look.settings.whole) is not None
        return replace(
            second.unsure() if sensors else second,
            motions=motions[::-1],
            outcome="two-motions" if sensors else "part-moved",
        )
    more = first if own.tiles >= other.tiles else second
    return replace(more.unsure(), motions=motions if more is first else motions[::-1], outcome="two-motions")


def _contradicted(look: Look, first: Answer, part: float) -> tuple[bool, Explained, float]:
    """Return whether this part of what would cast doubt on an answer contradicts it, and what the answer explains.

    Also the part of all tiles that says either.
    """
    found = look.explained(first.solution)
    against, same = extents_against(found.contradicts, found.same, look.settings.choice)
    doubtful = against.tiles >= part * look.settings.choice.contradicted * same.tiles
    return doubtful, found, against.tiles + same.tiles


def _is_object(one: Extent, than: Extent, limits: ChoiceSettings) -> bool:
    """Return whether a motion is that of an object: it explains far less, and in a small part of the scene's span."""
    return _far_less(one, than, limits) and one.spanned <= limits.object_spans * than.spanned


def _far_less(one: Extent, than: Extent, limits: ChoiceSettings) -> bool:
    """Return whether what a motion explains reaches no farther than an object before what another one does."""
    return one.tiles < limits.object * than.tiles and one.spanned <= than.spanned


def _unless_rivalled(first: Answer, found: Explained, look: Look) -> Answer:
    """Return an answer, which is in doubt where another pose scores almost the same: each may hold for its own part."""
    rival = first.rival
    if rival is None:
        return first
    others = look.explained(first.solution, held(found, look.settings.choice), rival.pose)
    own, other = extents_between(found, others, look.settings.choice)
    if not other.tiles or _far_less(other, own, look.settings.choice):
        return first  # a logo nearly fits turned by half; what is left holds nowhere
    motions = look.motion(first.solution, found), look.motion(first.solution, others, rival.pose)
    return replace(first.unsure(), motions=motions, outcome="two-motions")
