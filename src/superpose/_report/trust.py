"""How far a registration can be trusted, in words: the verdict, one sentence, and all that it rests on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from superpose._verify.settings import DEFAULTS as VERIFICATION
from superpose.result import Registration


def trust_of(registration: Registration) -> dict[str, Any]:
    """Return how far it can be trusted, and what speaks for and against it."""
    confidence, uncertainty = registration.confidence, registration.uncertainty
    known = bool(np.isfinite(confidence))
    state = ("yes" if registration.reliable else "no") if known else "unknown"
    return {
        "state": state,
        "verdict": {"yes": "Reliable", "no": "Not reliable", "unknown": "Reliability not known"}[state],
        "confidence": _percent(confidence) if known else "not known",
        "uncertainty": f"{uncertainty:.2g} {registration.unit}" if np.isfinite(uncertainty) else "not known",
        "overlap": f"{100 * registration.overlap:.0f} %",
        "why": sentence_of(registration),
        "reasons": reasons_of(registration),
    }


def sentence_of(registration: Registration) -> str:
    """Return in one sentence what speaks for it."""
    seen = registration.evidence
    if "lead" not in seen and "consistency" in seen:
        parts = f"{seen['consistency']:.0f} standard deviations from chance"
        return f"The volumes' parts, each by itself, {'agree on' if registration.reliable else 'place'} it ({parts})."
    if not {"consistency", "lead"} <= seen.keys():
        return "It was not verified." if np.isnan(registration.confidence) else "How sure it is was measured."
    parts = f"{seen['consistency']:.0f} standard deviations from chance"
    lead = _lead(registration)
    if registration.reliable:
        others = f"no other place fits as well ({lead} behind)"
        return f"The images' parts, each by itself, agree on it ({parts}), and {others}."
    return f"The images' parts, each by itself, place it {parts}; the next best place is {lead} behind."


def reasons_of(registration: Registration) -> list[str]:
    """Return what the numbers say, a sentence each."""
    value = f"{registration.value:.6g}" if np.isfinite(registration.value) else "not known"
    reasons = [f"{registration.metric} is {value} over the overlap."]
    basins = registration.basins
    if len(basins) == 1:
        reasons.append("The search found no other place where the images might fit.")
    elif basins:
        best, second = basins[0].score, basins[1].score
        reasons.append(
            f"Of the {len(basins)} places that the search found, the best scores {best:.3f} and the next {second:.3f}."
        )
    else:
        reasons.append("No other place where the images might fit was followed.")
    reasons += evidence_of(registration)
    if np.isfinite(registration.uncertainty):
        error = f"{registration.uncertainty:.2g} {registration.unit}"
        reasons.append(f"At fixed's corners an error of {error} is to be expected (1 sigma).")
    reasons += [f"{each.words[0].upper()}{each.words[1:]} by the images." for each in registration.free_directions]
    if registration.ending:
        reasons.append(f"The refinement ended: {registration.ending}.")
    return reasons


def evidence_of(registration: Registration) -> list[str]:
    """Return what `confidence` was made of, a sentence each; none where it was not measured."""
    seen, sentences = registration.evidence, []
    # A file that another version wrote may hold other numbers.
    if {"consistency", "consistency_coarser"} <= seen.keys():
        sentences.append(
            f"Cut into tiles, each for itself places the pose here: {seen['consistency']:.1f} standard deviations from "
            f"chance, and {seen['consistency_coarser']:.1f} at half the resolution."
        )
    if "agreeing" in seen:
        sentences.append(
            f"Cut into tiles, each for itself places the pose here: {seen.get('consistency', 0.0):.1f} standard "
            f"deviations from chance, and tiles with {100 * seen['agreeing']:.0f} % of the structure prefer it to any "
            "far shift."
        )
    if {"consistency_weighted", "slopes"} <= seen.keys():
        slopes = math.tanh(seen["slopes"])
        sentences.append(
            f"Tiles that count as much as they have structure place it by {seen['consistency_weighted']:.1f} standard "
            f"deviations, and without noise the images' slopes would correlate by {slopes:.2f}."
        )
    if "above" in seen:
        sentences.append(
            f"The pose scores {seen['above']:.1f} standard deviations more than shifts and quarter turns of it do."
        )
    if "significance" in seen:
        sentences.append(
            f"In the search it stood out by {seen['significance']:.1f} standard deviations from the best that chance "
            "lets expect."
        )
    if "lead" in seen:
        sentences.append(f"It leads over any rival by {_lead(registration)}.")
    return sentences


def _lead(registration: Registration) -> str:
    lead, clear = registration.evidence["lead"], VERIFICATION[registration.fixed_grid.ndim].evidence.clear_lead
    return f"{'more than ' if lead >= clear else ''}{lead:.1f} standard deviations"


def _percent(part: float) -> str:
    """Return a probability in percent; nearer to 0 or 1 than a thousandth it is not calibrated."""
    if part < 0.001:
        return "less than 0.1 %"
    return "more than 99.9 %" if part > 0.999 else f"{100 * part:.1f} %"
