package dev.sluice.service.attach;

/** {@code enum sluice_message_type}; the ordinal is the wire number; 0 is unused. */
enum MessageType {
  NONE,
  ATTACH,
  ARENA,
  START,
  STARTED,
  RUN_END,
  SETTLED,
  DETACH,
  DETACHED,
  RESUME,
  RESUMED,
  REFUSED,
  SHARE;

  private static final MessageType[] VALUES = values();

  int code() {
    return ordinal();
  }

  /** Returns the request with this number, or NONE if it is not a request. */
  static MessageType request(int codeUntrusted) {
    if (codeUntrusted < 0 || codeUntrusted >= VALUES.length) {
      return NONE;
    }
    MessageType type = VALUES[codeUntrusted];
    return switch (type) {
      case ATTACH, START, RUN_END, DETACH, RESUME -> type;
      default -> NONE;
    };
  }
}
