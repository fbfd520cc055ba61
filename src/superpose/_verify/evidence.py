"""What speaks for a pose: numbers that only grow with how likely it is, each measured against this very pair."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._verify.fields import Fields, Views
from superpose._verify.residual_lead import ResidualLead
from superpose._verify.rivals import score_rivals
from superpose._verify.settings import EvidenceSettings, TurnSettings
from superpose._verify.slope_lead import SlopeLead
from superpose._verify.slopes import Slopes
from superpose._verify.tiles import (
    Consistency,
    TileCorrelations,
    agreement,
    consistency,
    correlate_tiles,
    filled,
    spread,
    unexplained,
)
from superpose.image import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap, about, max_corner_distance, shifted_on, turn

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contender:
    """Another pose, and how surely it is worse.

    Attributes
    ----------
    pose : PhysicalMap
        From fixed to moving physical coordinates.
    relative : float
        Its score as part of the pose's own.
    lead : float
        The paired t of the pose's tiles against this one's: their mean difference against its own scatter. Where tiles
        do not say enough it is that of cells of slopes, if larger (see `SlopeLead`).
    covered : float
        How much the images share under it, as part of what they share under the pose.
    """

    pose: PhysicalMap
    relative: float
    lead: float
    covered: float = 1.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured at a pose.

    Attributes
    ----------
    consistency : ndarray, shape (levels, channels)
        How clearly the tiles place the pose where it is, in standard deviations, fine to coarse.
    weighted : ndarray, shape (levels, channels)
        The same, tiles counting as much as they have structure.
    slopes : float
        How well the images' slopes agree, 0 to 1 (see `Slopes.correlation`).
    above : float
        How far its score lies above its shifts' and quarter turns', in standard deviations of these.
    contenders : tuple of Contender
        The hardest to tell from the pose first.
    lead_over_start : float or None
        The contender's lead where the registration started from another pose.
    unexplained : float
        The part of the tiles that do not place the pose where it is, by directions of either kind if signs agree.
    """

    consistency: Floats
    weighted: Floats
    slopes: float
    above: float
    contenders: tuple[Contender, ...]
    lead_over_start: float | None
    unexplained: float


def gather_evidence(
    views: Views,
    pose: PhysicalMap,
    family: Family,
    others: list[PhysicalMap],
    start: PhysicalMap | None,
    settings: EvidenceSettings,
) -> Evidence:
    """Measure what speaks for a pose.

    Parameters
    ----------
    views : Views
        Of the pair.
    pose : PhysicalMap, shape (3, 3)
        From fixed to moving physical coordinates.
    family : Family
        Of transforms that the pose was looked for in.
    others : list of PhysicalMap
        Poses that could be right instead, such as the search's other basins.
    start : PhysicalMap or None
        The pose that the registration started from: it is compared where it is another one.
    settings : EvidenceSettings
        What is measured.
    """
    fine, coarse = views.level_with(settings.fine_side), views.level_with(settings.coarse_side)
    tiles = [correlate_tiles(views.under(pose, fine), settings.tiles)]
    tiles.append(tiles[0] if fine == coarse else correlate_tiles(views.under(pose, coarse), settings.tiles))
    found = [consistency(each) for each in tiles]
    consistent = np.array([each.plain for each in found])
    # Poses are compared where this one is seen most clearly: noise may leave nothing of the finer level.
    level, channel = np.unravel_index(int(np.argmax(consistent)), consistent.shape)
    clearest = (_clearer(views, pose, fine, tiles[0], found[0], settings), found[1])
    consistent, weighted = (np.array(each) for each in zip(*((k.plain, k.weighted) for k in clearest), strict=True))
    pair = views.pair(pose, fine)
    slopes = Slopes(views, pose, settings.slopes)
    # What is nearer than that is on the slope of the pose's own peak.
    distance = settings.rivals.distance * float(np.mean(pair.fixed.image.grid.spacing))
    apart = _Apart(pose, slopes.structure_box(), distance)
    by_slopes = SlopeLead(slopes, settings.leads, apart)
    compared = views.pair(pose, views.level_with(settings.slopes.side))
    by_residuals = ResidualLead(compared, pose, family, apart, views.threads, settings.residuals)
    judge = _Judge(views, (fine, coarse)[level], tiles[level], int(channel), apart, by_slopes, by_residuals, settings)
    scored = score_rivals(pair, pair.to_index(pose), family.turns, views.threads, settings.rivals)
    contenders = [
        judge.compare(pair.to_physical(each.pose), each.score)
        for each in scored.rivals
        if each.score > settings.min_relative
    ]
    turns = _turns_of_few(pose, slopes, apart.structure, settings.turns) if family.turns else []
    few = [judge.compare(each, None) for each in turns]
    contenders += [each for each in few if each.relative > settings.min_relative]
    others = [each for each in others if apart(each)][: settings.proposals]
    contenders += [judge.compare(each, None) for each in others]
    moved = start is not None and apart(start)
    at_start = judge.compare(start, None, exact=True) if start is not None and moved else None
    if at_start is not None and at_start.relative > settings.min_relative:
        contenders.append(at_start)
    contenders.sort(key=lambda each: each.lead)
    lead_over_start = None if at_start is None else at_start.lead
    blind, signed = unexplained(tiles[0])
    left = max(blind, signed) if found[0].plain[1] > found[0].plain[0] else blind
    return Evidence(
        consistent, weighted, slopes.correlation(), scored.above, tuple(contenders), lead_over_start, float(left)
    )


def _clearer(
    views: Views, pose: PhysicalMap, fine: int, tiles: TileCorrelations, found: Consistency, settings: EvidenceSettings
) -> Consistency:
    """Return how consistent the fine level's tiles are, or those of the next finer one if only their number limits it.

    Halving leaves half as many pixels along a side as could be, or nearly all: a quarter of the tiles, and evidence of
    one scene grows with their number. Of few objects there are few outlines on any level. Rivals are not compared
    there: what tells two poses apart may be one outline, of which smaller tiles are no more witnesses.
    """
    if fine == 0 or len(tiles.places) >= settings.few_tiles or spread(tiles) < settings.even_spread:
        return found
    if unexplained(tiles).min() > settings.few_unexplained:
        return found
    finer = consistency(correlate_tiles(views.under(pose, fine - 1), settings.tiles))
    return finer if finer.plain.max() > found.plain.max() else found


def _turns_of_few(pose: PhysicalMap, slopes: Slopes, structure: Grid, settings: TurnSettings) -> list[PhysicalMap]:
    """Return the pose turned about the middle of the structure, if that is but a part of the image."""
    if np.prod(structure.shape) > settings.few * np.prod(slopes.grid.shape):
        return []
    middle, none = structure.centre, np.zeros(structure.ndim)
    angles = [2 * np.pi / parts for parts in settings.parts]
    return [PhysicalMap(matmul(pose, about(turn(angle), none, middle))) for angle in angles]


@dataclass(frozen=True, eq=False)
class _Apart:
    """Says which poses are others than this one: those that take the structure elsewhere, not only plain corners."""

    pose: PhysicalMap
    structure: Grid
    distance: float

    def __call__(self, other: PhysicalMap) -> bool:
        # In units of fixed's coordinates, as the distance is.
        spacing = float(np.mean(self.structure.spacing))
        return max_corner_distance(other, self.pose, self.structure) * spacing > self.distance


@dataclass(frozen=True, eq=False)
class _Judge:
    """Compares the pose with others, by its tiles on the level and in the channel where they are most consistent."""

    views: Views
    level: int
    own: TileCorrelations
    channel: int
    apart: _Apart
    by_slopes: SlopeLead
    by_residuals: ResidualLead
    settings: EvidenceSettings

    def compare(self, pose: PhysicalMap, relative: float | None, exact: bool = False) -> Contender:
        """Compare the pose's tiles with those of another.

        Parameters
        ----------
        pose : PhysicalMap
            The other.
        relative : float or None
            Its score as part of the pose's own; taken from tiles where it is None.
        exact : bool
            Whether it is known better than to some pixels.
        """
        own, channel = self.own, self.channel
        fields = self.views.under(pose, self.level, (channel,))
        other = correlate_tiles(fields, own.settings)
        covered = float(np.count_nonzero(fields.both) / max(own.pixels, 1.0))
        # What plain tiles correlate by are the last digits of zeros.
        kept, mine, theirs = np.intersect1d(
            own.places[filled(own)[channel]], other.places, assume_unique=True, return_indices=True
        )
        mine = np.flatnonzero(filled(own)[channel])[mine]
        if not len(kept):
            return Contender(pose, relative or 0.0, np.inf, covered)
        shift, pose = ((0,) * own.ndim, pose) if exact else self._best_shift(other, pose)
        at_pose, at_other = own.at(*[0] * own.ndim)[channel], other.at(*shift)[0]
        gaps = at_pose[mine] - at_other[theirs]
        if relative is None:
            relative = float(at_other[theirs].sum() / max(at_pose[mine].sum(), 1e-9))
        # Few tiles say little about their own scatter: what wrong shifts of each scatter by stands in for some more.
        assumed = self.settings.assumed_tiles
        wrong = 2 * float(own.scores[channel][:, own.is_far].var())
        squares = float(((gaps - gaps.mean()) ** 2).sum())
        # Tiles without an edge have no scatter at all, and lead by nothing.
        scatter = max(float(np.sqrt((squares + assumed * wrong) / (len(gaps) - 1 + assumed))), 1e-12)
        lead = float(gaps.mean() / scatter * np.sqrt(len(gaps)))
        few = len(gaps) < self.settings.few_tiles
        if few or lead < self.settings.enough_lead:
            by_slopes = self.by_slopes.over(pose, signed=Fields.folds[channel] == 1)
            # Of few tiles each may lose a little by a pose between pixels, all of them alike, though the outline is the
            # same: slopes that agree as well there say so.
            equal = few and self.by_slopes.can_say and by_slopes < self.settings.equal_slopes
            lead = min(lead, by_slopes) if equal and np.isfinite(by_slopes) else max(lead, by_slopes)
        # What a nearly symmetric scene is not symmetric by is faint in tiles and slopes, and all that is left over.
        if lead < self.settings.enough_lead and self.by_slopes.can_say:
            left, refuted = self.by_residuals.over(pose)
            # Light that stays with the camera moves tiles and slopes alike, and nothing of what is left in even light.
            least = min(lead, self.settings.unclear * max(left, 0.0)) if np.isfinite(left) else lead
            lead = max(left if left >= self.settings.clear_residuals else least, refuted)
        if lead < self.settings.enough_lead and covered < self.settings.much_less:
            lead = max(lead, self._lead_alone(other, shift))
        return Contender(pose, relative, lead, covered)

    def _lead_alone(self, other: TileCorrelations, shift: tuple[int, ...]) -> float:
        """Return by how many deviations tiles that only the pose shows agree more than tiles that only another shows.

        Where a zebra crossing looks like itself turned around, the car beside it does not: under the other pose it is
        chance that it agrees. Minus infinity where it is not beyond chance.
        """
        channel, own = self.channel, self.own
        alone = float(agreement(own.ranks[channel], filled(own)[channel] & ~np.isin(own.places, other.places)))
        if alone < self.settings.clear_alone:
            return -np.inf
        others = float(agreement(other.ranks_at(*shift)[0], filled(other)[0] & ~np.isin(other.places, own.places)))
        return alone - max(others, 0.0)

    def _best_shift(self, tiles: TileCorrelations, pose: PhysicalMap) -> tuple[tuple[int, ...], PhysicalMap]:
        """Return the shift, in pixels of the level, at which another pose's tiles agree best, and the pose shifted so.

        It is not known finer; but it stays another pose.
        """
        weights = tiles.weights[:, *[None] * tiles.ndim]
        total = (tiles.scores[0] * weights).sum(0)
        around = range(-self.settings.around, self.settings.around + 1)
        shifts = product(around, repeat=tiles.ndim)
        for shift in sorted(shifts, key=lambda at: -total[tuple(k % tiles.side for k in at)]):
            shifted = shifted_on(pose, shift, self.views.fixed[self.level].image.grid)
            if self.apart(shifted):
                return shift, shifted
        return (0,) * tiles.ndim, pose
