"""What an answer leaves unexplained: structure that stays on the sensor, and second motions."""
