"""Which of two motions is the scene's where neither is the zero pose: what the first one leaves over is asked again."""

from __future__ import annotations

from dataclasses import replace

from superpose._motions.answer import Answer
from superpose._motions.explained import extents_between, held, moved_mask, tiles_against
from superpose._motions.left_out import grown
from superpose._motions.look import Look


def other_motion(first: Answer, look: Look) -> Answer:
    """Return the answer to a pair of which the first one leaves much unexplained.

    It stays the first one unless another motion is found in the rest. Of two the one that explains more is returned. It
    is to be trusted only if the other one explains far less, and is that of an object.
    """
    limits = look.settings.choice
    found = look.explained(first.solution)
    against, same = tiles_against(found.contradicts, found.same, limits)
    if against < limits.contradicted * same:
        return first
    mine = held(found, limits)
    there = moved_mask(mine, look.fixed, look.moving, first.solution.pose, look.threads)
    by = look.settings.still.grown[-1]
    second = look.answer_without(grown(mine, by), grown(there, by))
    if second is None or second.verdict.confidence < limits.likely:
        return first
    if look.distance(first.solution.pose, second.solution.pose) <= limits.same:
        return first
    others = look.explained(second.solution, grown(mine, by))
    own, other = extents_between(found, others, limits)
    motions = look.motion(first.solution, found), look.motion(second.solution, others)
    if other.tiles < limits.object * own.tiles and other.spanned <= own.spanned:
        return replace(first, motions=motions, outcome="part-moved")
    if own.tiles < limits.object * other.tiles and own.spanned <= other.spanned and second.verdict.reliable:
        return replace(second, motions=motions[::-1], outcome="part-moved")
    more = first if own.tiles >= other.tiles else second
    return replace(more.unsure(), motions=motions if more is first else motions[::-1], outcome="two-motions")
