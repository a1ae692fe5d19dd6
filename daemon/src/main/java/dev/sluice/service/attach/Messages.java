package dev.sluice.service.attach;

/**
 * Where each field of {@code struct sluice_message} is, in bytes from its start; a test compares
 * these with the comments of sluice_attach.h. Little endian.
 */
final class Messages {
  static final int MAGIC = 0x43554C53;
  static final int VERSION = 1;
  static final int BYTES = 256;
  static final int FLAG_SYNTHETIC = 1;
  static final int FLAG_JITTERED = 2;

  static final int MAGIC_OFFSET = 0;
  static final int VERSION_OFFSET = 4;
  static final int TYPE_OFFSET = 6;
  static final int STATUS_OFFSET = 8;
  static final int SESSION_OFFSET = 12;
  static final int TOKEN_OFFSET = 16;

  static final int GEOMETRY_DEVICE_OFFSET = 32;
  static final int GEOMETRY_GENERATION_OFFSET = 36;
  static final int GEOMETRY_PLATFORM_OFFSET = 38;
  static final int GEOMETRY_LEVEL_OFFSET = 40;
  static final int GEOMETRY_NUM_CORES_OFFSET = 44;
  static final int GEOMETRY_SCHED_THREADS_OFFSET = 48;
  static final int GEOMETRY_ORCH_THREADS_OFFSET = 52;
  static final int GEOMETRY_SLOT_COUNT_OFFSET = 56;
  static final int GEOMETRY_READY_QUEUE_ENTRIES_OFFSET = 60;
  static final int GEOMETRY_BUFFER_RECORDS_OFFSET = 64;
  static final int GEOMETRY_BUFFERS_PER_INSTANCE_OFFSET = 80;
  static final int GEOMETRY_FLAGS_OFFSET = 96;
  static final int GEOMETRY_PLACEMENTS_OFFSET = 100;
  static final int GEOMETRY_PLACEMENTS_KNOWN = 0b11110;
  static final int GEOMETRY_SYNTHETIC_SEED_OFFSET = 104;
  static final int GEOMETRY_SYNTHETIC_ORIGIN_TICKS_OFFSET = 112;
  static final int GEOMETRY_SYNTHETIC_PERIOD_TICKS_OFFSET = 120;
  static final int GEOMETRY_NAME_OFFSET = 128;
  static final int GEOMETRY_NAME_BYTES = 64;
  static final int GEOMETRY_BARE_PROCESS_OFFSET = 192;
  static final int GEOMETRY_PAD_OFFSET = 196;
  static final int GEOMETRY_FACTS_OFFSET = 200;
  static final int GEOMETRY_PAD_2_OFFSET = 208;
  static final int GEOMETRY_END_OFFSET = 256;

  static final int END_IS_LOST_OFFSET = 32;
  static final int END_LOST_REASON_OFFSET = 160;
  static final int END_LOST_REASON_BYTES = 96;

  static final int START_DEVICE_BASE_OFFSET = 32;

  static final int ARENA_PLACEMENT_OFFSET = 32;
  static final int ARENA_SLOT_COUNT_OFFSET = 36;
  static final int ARENA_ARENA_BYTES_OFFSET = 40;
  static final int ARENA_REGION_OFFSET_OFFSET = 48;
  static final int ARENA_REGION_BYTES_OFFSET = 56;
  static final int ARENA_ROTATION_OFFSET_OFFSET = 64;
  static final int ARENA_BUFFERS_OFFSET_OFFSET = 72;
  static final int ARENA_BUFFERS_OFFSET = 80;
  static final int ARENA_BUFFER_OFFSET_OFFSET = 96;

  static final int SHARE_ROUTE_OFFSET = 32;
  static final int SHARE_DEVICE_OFFSET = 36;
  static final int SHARE_BYTES_OFFSET = 40;
  static final int SHARE_SHAREABLE_OFFSET = 48;
  static final int SHARE_KEY_OFFSET = 56;
  static final int SHARE_ROUTE_IPC_KEY = 1;
  static final int SHARE_ROUTE_HANDLE = 2;

  static final int BOOKS_PRODUCED_OFFSET = 32;
  static final int BOOKS_COLLECTED_OFFSET = 64;
  static final int BOOKS_DROPPED_OFFSET = 96;
  static final int BOOKS_SALVAGED_OFFSET = 128;
  static final int BOOKS_UNACCOUNTED_OFFSET = 160;
  static final int BOOKS_TEXT_OFFSET = 192;
  static final int BOOKS_TEXT_BYTES = 64;

  static final int REFUSED_TEXT_OFFSET = 160;
  static final int REFUSED_TEXT_BYTES = 96;

  private Messages() {}
}
