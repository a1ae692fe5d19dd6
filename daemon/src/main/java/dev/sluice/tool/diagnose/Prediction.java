package dev.sluice.tool.diagnose;

import dev.sluice.tool.CeilingKind;

/**
 * What the model says of one edge.
 *
 * @param value in {@code unit}; infinite if there is no edge
 * @param binding the ceiling that makes it
 * @param arithmetic with the numbers in it
 */
record Prediction(Unit unit, double value, CeilingKind binding, String arithmetic) {}
