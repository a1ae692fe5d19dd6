package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;

/** Indexes of loss counts in an array by kind and reason. */
final class LossBooks {
  private static final int REASONS = LossReason.ALL.size();

  static final int SIZE = BufferKind.COUNT * REASONS;

  private LossBooks() {}

  static int at(BufferKind kind, LossReason reason) {
    return kind.ordinal() * REASONS + reason.ordinal();
  }
}
