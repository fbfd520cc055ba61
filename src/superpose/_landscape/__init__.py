"""How a metric changes as the pose does: the view an optimiser has."""
