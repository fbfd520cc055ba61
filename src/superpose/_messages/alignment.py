"""What is said of an alignment itself."""

from __future__ import annotations

from superpose._messages.message import Message

ALIGNMENT: dict[str, Message] = {
    "small-overlap": Message(
        "{argument} covers only {value} of the smaller image",
        "look at the picture: few pixels say little",
    ),
    "fill": Message(
        "{argument} has {value} of its pixels in a constant fill around the picture, taken for missing",
        "pass a mask that keeps them if they are part of the scene",
    ),
    "field-of-view": Message(
        "{argument} was taken through a field of view: {value} of its pixels, outside and along its rim, are taken for"
        " missing",
        "pass fixed_pattern='keep' (--fixed-pattern keep) if its outline belongs to the scene",
    ),
    "positions-apart": Message(
        "{argument} lies at {value} and fixed at {fixed} by their headers, which do not meet: the search began centre"
        " on centre",
        "pass use_position=False (--ignore-position) if their origins say nothing",
    ),
    "mirror-fits-better": Message(
        "{argument} fits better {value}",
        "pass allow_flip=True if a slide may lie upside down",
    ),
    "unreliable": Message(
        "{argument} cannot be told from {other}: its confidence is {value}",
        "look at it before you use it; on_unreliable='ignore' (--accept-unreliable) says that you have",
    ),
    "not-written": Message(
        "{argument} is {value}, and was not written, for the alignment found is not reliable",
        "look at it in its --report or --plot, and pass --accept-unreliable if it is right",
    ),
    "fixed-pattern": Message(
        "{argument} stays where it is on the sensor, and was left out: {value}",
        "pass fixed_pattern='keep' (--fixed-pattern keep) if it belongs to the scene",
    ),
    "part-moved": Message(
        "{argument} moved otherwise than the rest: {value}",
        "see it with Registration.at(each.basin), for each of .explained",
    ),
    "two-motions": Message(
        "{argument} could be the scene's: {value}",
        "look at each of .explained, and pass a mask that leaves out the one that is not meant",
    ),
    "sensor-only": Message(
        "{argument} may be that of the sensor alone: {value} lies still, and much else does not",
        "pass masks that leave captions, bars and dust out, or fixed_pattern='keep' if they belong to the scene",
    ),
    "lies-still": Message(
        "{argument} lies exactly still between the volumes, whose scene moved: {value} of what is fine in them",
        "pass masks that leave out what is the scanner's, such as a table or a ring, or"
        " fixed_pattern='keep' if it belongs to the scene",
    ),
    "unexplained": Message(
        "{argument} leaves {value} unexplained, and no other motion explains it",
        "look whether parts moved by themselves, and pass masks that leave them out",
    ),
    "symmetric": Message(
        "{argument}, {value}, scores almost the same: the image may be symmetric",
        "see it with Registration.at(basin), for a basin of .basins",
    ),
    "periodic": Message(
        "{argument}, {value}, scores almost the same: the image may repeat itself",
        "see it with Registration.at(basin), for a basin of .basins",
    ),
    "no-better": Message(
        "{argument} found is no better than leaving the images as they are: it leads by {value} standard deviations",
        "look at both, and keep the images as they are if in doubt",
    ),
    "few-levels": Message(
        "{argument} has {value} grey levels",
        "pass the image from before it was thresholded, if there is one",
    ),
    "undetermined": Message(
        "{argument} has {value} to determine the transform, and no error can be stated",
        "choose a smaller family with transform=, or images with more structure",
    ),
    "free-direction": Message(
        "{argument} has too little structure for some directions: {value}",
        "choose a smaller family with transform=, or images with structure there",
    ),
    "not-exact-enough": Message(
        "{argument} may be off by {value}, which is more than {limit}",
        "pass a larger tolerance= (--tolerance) if that is good enough",
    ),
    "misfit": Message(
        "{argument} fits all over: {value}",
        "{wider}, or align the parts one by one, each by a mask (fixed_mask=)",
    ),
    "few-tiles": Message(
        "{argument} could be made better on {value} of {count} tiles of full size only",
        "look at it, and pass tolerance= (--tolerance) if what small copies say is good enough",
    ),
    "tiles-disagree": Message(
        "{argument} of full size do not lie where one transform says: {value} are elsewhere",
        "try a wider family with transform=, or look at where each of them lies",
    ),
    "stopped-early": Message(
        "{argument} stopped the descent at level {value} of {levels}",
        "use the transform as a start (initial=), for it is only as fine as that level",
    ),
    "no-overlap": Message(
        "{argument} leaves {value} of the smaller image covered by the other, and min_overlap is {least}",
        "pass an initial= nearer to the truth, or a smaller min_overlap",
    ),
    "too-little-overlap": Message(
        "{argument}, laid centre on centre, overlaps {value} of the smaller image, and min_overlap is {least}",
        "pass a smaller min_overlap, or a family that turns, such as transform='rigid'",
    ),
    "below-min-overlap": Message(
        "{argument} that fits better covers only {value} of the smaller image, less than min_overlap={least}",
        "pass min_overlap={lower} to admit it, or see it with Registration.at(basin), for the last one of .basins",
    ),
    "family-searched": Message(
        "{argument} tried {value}, for a {family} transform has none",
        "pass transform='similarity' (--transform similarity) if the images may differ in that",
    ),
    "scales-searched": Message(
        "{argument} tried scales {value} only",
        "pass such as search=SearchRange(scale={wider}) (--max-scale {wider}) if one may show the scene larger still",
    ),
}
