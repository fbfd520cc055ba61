"""Which motion is the scene's where some structure lies still on the sensor: its own pattern, or the scene itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from superpose._arithmetic.matrices import matmul
from superpose._motions.answer import Answer
from superpose._motions.explained import Explained, Extent, extents_against, extents_of, held, moved_mask, solid
from superpose._motions.left_out import grown
from superpose._motions.look import Look
from superpose._motions.nearby import short_motion
from superpose._motions.settings import ChoiceSettings
from superpose._motions.spikes import Spikes
from superpose._motions.still import StillStructure
from superpose._sampling.outline import area, convex_hull
from superpose._verify.misfit import measure_misfit
from superpose.image import Mask
from superpose.transforms.geometry import PhysicalMap, inverse


@dataclass(frozen=True, eq=False)
class StillChoice:
    """The first answer, what lies still, single pixels among it, and the look at images free of these.

    `nearby` says that what lies still was told from a scene that moved by little: see `nearby_structure`.
    """

    first: Answer
    still: StillStructure
    spikes: Spikes | None
    look: Look
    nearby: bool = False

    def made(self) -> Answer | None:
        """Return the answer, now that what does not lie still was asked by itself; None where nothing lies still."""
        first, mask = self.first, self.still.mask
        if self._scene_alone(first):
            return None
        second = self.look.answer_without(mask, mask)
        if second is None or not second.verdict.reliable:
            return self._without_second()
        if self._scene_alone(second):
            return first
        found = self._explained(second)
        moved, rest = extents_of(found, self.still.same, self._limits)
        if not moved.tiles and rest.spanned < self._limits.frame and self._is_zero(first):
            return self._without_second()  # what holds in no tile is no object, nor does that make it a scene
        if self._same(first, second):
            return first if self._is_zero(first) else self._found_again(second, found)
        spans = self._spans(moved, found)
        if spans and moved.tiles >= self._limits.scene * rest.tiles:
            exact = second.verdict.uncertainty < self._limits.exact
            return (
                self._scene(second, found)
                if exact and not self._scenery(second, found)
                else self._either(first, second)
            )
        still = self._still_scene(second, found) if self._is_object(moved, rest) and not spans else None
        return still or self._either(first, second)

    @property
    def _limits(self) -> ChoiceSettings:
        return self.look.settings.choice

    def _same(self, one: Answer, other: Answer) -> bool:
        """Whether two answers are one motion."""
        apart = self.look.distance(one.solution.pose, other.solution.pose)
        return apart <= self._limits.same and not (self.nearby and self._told_apart(one, other))

    def _told_apart(self, one: Answer, other: Answer) -> bool:
        """Whether two answers differ by more than their errors."""
        apart = self.look.distance(one.solution.pose, other.solution.pose)
        return apart > self._limits.exactly * math.hypot(one.verdict.uncertainty, other.verdict.uncertainty)

    def _is_zero(self, answer: Answer) -> bool:
        """Whether an answer is the zero pose, within its error."""
        near = max(self._limits.near, self._limits.deviations * answer.verdict.uncertainty)
        return self.look.distance(answer.solution.pose, self.look.identity) < min(self._limits.farthest, near)

    def _scenery(self, answer: Answer, found: Explained, few: bool = False) -> bool:
        """Whether what lies still beside a motion may be the scene too: large and solid, as no sensor's pattern is.

        If `few`, next to nothing lies still that the motion does not explain.
        """
        still = self.still
        if self.spikes is None and (
            (not few and self._drifts(answer)) or self._layer(answer) or (not few and self._moves(answer, found))
        ):
            return True
        if self.nearby or few:
            return False  # after a short motion edges that it runs along lie still as well
        return solid(still.same, found.same, still.moved, self._limits) >= self._limits.scenery

    def _drifts(self, answer: Answer) -> bool:
        """Whether what seems to lie still moved as well, by little, and otherwise than an answer says."""
        look = self.look
        images, zero, swapped = (look.fixed, look.moving), look.identity, self.first.solution.undo.swapped
        if swapped:
            images, zero = images[::-1], PhysicalMap(inverse(zero))
        turns, threads = look.problem.family.turns, look.threads
        motion = None if self.nearby else short_motion(*images, zero, self.still.same, turns, threads, look.settings)
        if motion is None:
            return False
        motion = PhysicalMap(inverse(motion)) if swapped else motion
        return look.distance(motion, answer.solution.pose) > self._limits.same

    def _moves(self, answer: Answer, found: Explained) -> bool:
        """Whether what an answer does not explain surely moved as a whole, and otherwise: what is still lies still."""
        rest = self._answer_beside(answer, found)
        if rest is None or not rest.verdict.reliable:
            return False
        poses = answer.solution.pose, self.look.identity
        return min(self.look.distance(rest.solution.pose, each) for each in poses) > self._limits.same

    def _answer_beside(self, answer: Answer, found: Explained) -> Answer | None:
        """Return the answer to what another one does not explain, or None where that is too little."""
        look = self.look
        there = moved_mask(found.same, look.fixed, look.moving, answer.solution.pose, look.threads)
        by = look.settings.still.grown[-1]
        return look.answer_without(grown(found.same, by), grown(there, by))

    def _layer(self, answer: Answer) -> bool:
        """Whether much of the scene, and far across it, lies elsewhere than an answer says, with nothing left out.

        Of what does not lie still either, less is enough.
        """
        limits, solution = self._limits, replace(self.first.solution, pose=answer.solution.pose)
        least = limits.layer_spanned * math.prod(self.first.problem.fixed_grid.shape)
        for still, part in ((None, limits.layer), (self.look.identity, limits.bent)):
            tiles = measure_misfit(self.first.problem, solution, still).tiles
            off = tiles.distances > answer.verdict.tolerance
            if len(off) < limits.layer_tiles or off.mean() < part:
                continue
            if area(convex_hull(np.rint(tiles.centres[off]).astype(np.intp))) >= least:
                return True
        return False

    def _scene_alone(self, answer: Answer) -> bool:
        """Whether what seems to lie still is the scene's own: along its edges it is much the same after a short motion.

        Then there is as much of it that far beyond the scene's pose as there is before it, at the zero pose.
        """
        look, pose = self.look, answer.solution.pose
        away = look.distance(pose, look.identity)
        if self.nearby or self.spikes is not None or not answer.verdict.reliable:
            return False
        if self._is_zero(answer) or away > self._limits.short:
            return False
        beyond = look.agreement(PhysicalMap(matmul(pose, inverse(look.identity), pose)))
        return look.agreement_at_zero < self._limits.beyond * beyond

    def _is_object(self, moved: Extent, rest: Extent) -> bool:
        """Whether what moved is less than the scene that it moved in."""
        limits = self._limits
        if rest.tiles < limits.dense * rest.spanned:
            return False
        within = rest.spanned >= limits.frame and moved.spanned < limits.spanned * rest.spanned
        return moved.tiles < (limits.within if within else limits.object) * rest.tiles

    def _explained(self, answer: Answer) -> Explained:
        """Return what an answer explains; of what lies still only if it is the zero pose."""
        pose = answer.solution.pose
        near = self.look.distance(pose, self.look.identity) < self._limits.farthest
        near = self._is_zero(answer) if self.nearby else near
        return self.look.explained(answer.solution, None if near else self.still.mask)

    def _spans(self, moved: Extent, found: Explained) -> bool:
        """Whether what moved spans as much of what both images show as a scene does."""
        return moved.spanned >= self._limits.spanned * found.covered

    def _found_again(self, second: Answer, found: Explained) -> Answer:
        """Return the answer where what lies still changes nothing: the scene's, or an object's in a still scene."""
        moved, rest = extents_of(found, self._alone_still(second), self._limits)
        if not rest.tiles:
            return self._surer(second)
        spans = self._spans(moved, found)
        if not spans and self._is_object(moved, rest):
            return self._still_scene(second, found) or self._either(self.first, second)
        few = rest.tiles <= self._limits.few * moved.tiles
        scene = self._scene(self._surer(second), found)
        doubtful = not (spans or few) or self._scenery(scene, found, few)
        return replace(scene.unsure(), outcome="two-motions") if doubtful else scene

    def _surer(self, second: Answer) -> Answer:
        """Return the surer one of two answers that are one motion."""
        first = self.first
        surer = first.verdict.reliable and first.verdict.uncertainty <= second.verdict.uncertainty
        # What lies still may hold an answer back to which it changes little.
        if not surer or self.nearby or self._told_apart(first, second):
            return second
        first = first.with_misfit()
        # It is asked of what is left, too: along a straight line of the sensor's all places are alike.
        return first if first.verdict.fits else first.asked_as(second)

    def _alone_still(self, answer: Answer) -> Mask:
        """Return what lies still and does not hold under an answer as well: a round rim is the same after any turn.

        What is the same under both speaks for neither. After a short motion edges are that run along it.
        """
        look, same = self.look, self.still.same
        if self.nearby or look.distance(answer.solution.pose, look.identity) < self._limits.farthest:
            return same
        return np.asarray(same & ~held(look.explained(answer.solution), self._limits))

    def _without_second(self) -> Answer:
        """Return the answer where nothing else is surely seen to move.

        That is the first one. It is not to be trusted where it is the zero pose, all that speaks for it may be the
        sensor's, and much of the image contradicts it; nor where it is not, and more of the image lies still.
        """
        first = self.first
        if self._is_zero(first):
            against, same = extents_against(self.still.moved, self.still.same, self._limits)
            # An object leaves what contradicts in one place; a scene under a pattern, all over.
            scattered = against.tiles < self._limits.dense * against.spanned
            most = self._limits.doubtful_scattered if scattered else self._limits.doubtful
            if first.verdict.reliable and against.tiles > most * same.tiles:
                return replace(first.unsure(), outcome="sensor-only")
            return first
        found = self._explained(first)
        moved, rest = extents_of(found, self._alone_still(first), self._limits)
        if moved.tiles >= rest.tiles:
            return first
        still = self._still_scene(first, found) if self._is_object(moved, rest) else None
        return still or replace(self._scene(first, found).unsure(), outcome="two-motions")

    def _still_scene(self, second: Answer, found: Explained) -> Answer | None:
        """Return the zero pose as the scene's beside the second one, an object's; or None where that is no answer."""
        first = self.first
        if not self._is_zero(first):
            again = self._answer_beside(second, found)
            if again is None or not again.verdict.reliable or not self._is_zero(again):
                return None
            first = again
        return self._beside(first, second, "part-moved")

    def _either(self, first: Answer, second: Answer) -> Answer:
        """Return the answer that explains more, where either motion could be the scene's."""
        if self._explained(second).share > self._explained(first).share:
            first, second = second, first
        return self._beside(first.unsure(), second, "two-motions")

    def _scene(self, answer: Answer, found: Explained) -> Answer:
        """Return an answer as the scene's, the zero pose as that of what lies still."""
        still = self.look.still_motion(self.first.solution, self.still.mask)
        if self.spikes is not None:
            still = replace(still, mask=self.spikes.marked_in(still.mask))
        return replace(
            answer,
            motions=(self.look.motion(answer.solution, found), still),
            outcome="fixed-pattern",
            spikes=0 if self.spikes is None else self.spikes.count,
        )

    def _beside(self, answer: Answer, other: Answer, outcome: str) -> Answer:
        """Return an answer beside which another motion was seen."""
        motions = (self.look.motion(each.solution, self._explained(each)) for each in (answer, other))
        return replace(answer, motions=tuple(motions), outcome=outcome)
