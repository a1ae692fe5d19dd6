package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseRecord;
import java.nio.ByteBuffer;

/** When a record of any kind began and ended, in device ticks. */
final class RecordTimes {
  private RecordTimes() {}

  /** For an AICore task the moment of receipt, which lies before the kernel's start. */
  static long start(BufferKind kind, ByteBuffer records, int at) {
    return switch (kind) {
      case AICORE_TASK -> received(records, at);
      case AICPU_TASK -> records.getLong(at + AicpuTaskRecord.DISPATCH_TIME_OFFSET);
      case SCHED_PHASE -> records.getLong(at + SchedPhaseRecord.START_TIME_OFFSET);
      case ORCH_PHASE -> records.getLong(at + OrchPhaseRecord.START_TIME_OFFSET);
    };
  }

  static long end(BufferKind kind, ByteBuffer records, int at) {
    return switch (kind) {
      case AICORE_TASK -> records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET);
      case AICPU_TASK -> records.getLong(at + AicpuTaskRecord.FINISH_TIME_OFFSET);
      case SCHED_PHASE -> records.getLong(at + SchedPhaseRecord.END_TIME_OFFSET);
      case ORCH_PHASE -> records.getLong(at + OrchPhaseRecord.END_TIME_OFFSET);
    };
  }

  private static long received(ByteBuffer records, int at) {
    return records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET)
        - Integer.toUnsignedLong(
            records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET));
  }
}
