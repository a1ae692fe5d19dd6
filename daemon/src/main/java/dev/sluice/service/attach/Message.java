package dev.sluice.service.attach;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * One message as defined in sluice_attach.h: a type, and fields by key. A message that was read
 * obeys all rules of the format; its values are checked elsewhere.
 */
final class Message {
  static final int MAGIC = 0x43554C53;
  static final int VERSION = 2;
  static final int HEADER_BYTES = 16;
  static final int MAX_BYTES = 8192;
  static final int REQUIRED = 1;

  static final int VERSION_OFFSET = 4;
  static final int TYPE_OFFSET = 6;
  static final int BYTES_OFFSET = 8;

  private static final int RESERVED_OFFSET = 12;
  private static final int FIELD_HEADER_BYTES = 8;
  private static final int MAX_TEXT_BYTES = 500;

  private final MessageType type;
  private final Map<AttachKey, byte[]> fields = new EnumMap<>(AttachKey.class);

  private Message(MessageType type) {
    this.type = type;
  }

  // --- reading ---------------------------------------------------------------------------------

  /** Parses a request; its length and version have been checked. */
  static Message read(ByteBuf in) {
    int start = in.readerIndex();
    int code = in.getUnsignedShortLE(start + TYPE_OFFSET);
    MessageType type = MessageType.request(code);
    if (type == MessageType.NONE) {
      throw malformed("unknown request type " + code);
    }
    if (in.getIntLE(start + RESERVED_OFFSET) != 0) {
      throw malformed("reserved bytes of the header are not 0");
    }
    Message message = new Message(type);
    Set<Integer> seen = new HashSet<>();
    int end = in.writerIndex();
    int at = start + HEADER_BYTES;
    while (at < end) {
      at = message.readField(in, at, end, seen);
    }
    return message;
  }

  /** Returns the position of the next field. */
  private int readField(ByteBuf in, int at, int end, Set<Integer> seen) {
    int code = in.getUnsignedShortLE(at);
    int flags = in.getUnsignedShortLE(at + 2);
    long bytes = in.getUnsignedIntLE(at + 4);
    int from = at + FIELD_HEADER_BYTES;
    if (bytes > end - from) {
      throw malformed("field " + code + " of " + bytes + " bytes extends past its message");
    }
    int length = (int) bytes;
    int next = from + padded(length);
    if (!seen.add(code)) {
      throw malformed("field " + code + " is repeated");
    }
    if ((flags & ~REQUIRED) != 0) {
      throw malformed("field " + code + " has unknown flags 0x" + Integer.toHexString(flags));
    }
    for (int i = from + length; i < next; i++) {
      if (in.getByte(i) != 0) {
        throw malformed("the padding of field " + code + " is not 0");
      }
    }
    AttachKey key = AttachKey.of(code, type);
    if (key != null) {
      byte[] value = new byte[length];
      in.getBytes(from, value);
      fields.put(key, value);
    } else if (flags == REQUIRED) {
      throw malformed(type + " requires field " + code + ", which this daemon does not know");
    }
    return next;
  }

  private static int padded(int bytes) {
    return (bytes + 7) & -8;
  }

  private static AttachRefusedException malformed(String text) {
    return new AttachRefusedException(AttachStatus.MALFORMED, text);
  }

  MessageType type() {
    return type;
  }

  boolean has(AttachKey key) {
    return fields.containsKey(key);
  }

  Message require(AttachKey... keys) {
    for (AttachKey key : keys) {
      if (!has(key)) {
        throw malformed(type + " has no " + key);
      }
    }
    return this;
  }

  /** Returns the number of a key; 0 if absent. */
  long number(AttachKey key) {
    return has(key) ? numbers(key, 1)[0] : 0;
  }

  /** Returns {@code count} numbers; those beyond the end of the field are 0. */
  long[] numbers(AttachKey key, int count) {
    long[] numbers = new long[count];
    byte[] value = fields.getOrDefault(key, new byte[0]);
    boolean isRight = value.length % Long.BYTES == 0 && (count > 1 || value.length <= Long.BYTES);
    if (!isRight || (has(key) && value.length == 0)) {
      throw malformed(key + " has " + value.length + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count && bytes.hasRemaining(); i++) {
      numbers[i] = bytes.getLong();
    }
    return numbers;
  }

  /** Returns the text of a key, at most {@code limit} bytes; empty if absent. */
  String text(AttachKey key, int limit) {
    byte[] value = fields.getOrDefault(key, new byte[0]);
    if (value.length > limit) {
      throw malformed(key + " has " + value.length + " bytes, at most " + limit + " are allowed");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
      // The text goes into logs and pages, where control characters would forge lines.
      return text.replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?").strip();
    } catch (CharacterCodingException ignored) {
      throw malformed(key + " is not UTF-8");
    }
  }

  /** Returns the bytes of a key, exactly {@code count}. */
  byte[] bytes(AttachKey key, int count) {
    byte[] value = fields.getOrDefault(key, new byte[0]);
    if (value.length != count) {
      throw malformed(key + " has " + value.length + " bytes, not " + count);
    }
    return value;
  }

  // --- writing ---------------------------------------------------------------------------------

  static Message of(MessageType type) {
    return new Message(type);
  }

  Message number(AttachKey key, long number) {
    return numbers(key, number);
  }

  Message numbers(AttachKey key, long... numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    return bytes(key, bytes.array());
  }

  /** Adds one line of text, truncated at a character boundary. */
  Message text(AttachKey key, String text) {
    ByteBuffer target = ByteBuffer.allocate(MAX_TEXT_BYTES);
    String line = text == null ? "" : text.replaceAll("\\s*\\R\\s*", " ");
    // The encoder stops before the first character that does not fit.
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(line), target, true);
    byte[] bytes = new byte[target.flip().remaining()];
    target.get(bytes);
    return bytes(key, bytes);
  }

  Message bytes(AttachKey key, byte[] bytes) {
    fields.put(key, bytes);
    return this;
  }

  /** Returns a new buffer with the whole message. */
  ByteBuf encode(ByteBufAllocator allocator) {
    int bytes =
        fields.values().stream()
            .mapToInt(value -> FIELD_HEADER_BYTES + padded(value.length))
            .reduce(HEADER_BYTES, Integer::sum);
    ByteBuf out = allocator.buffer(bytes, bytes);
    out.writeIntLE(MAGIC).writeShortLE(VERSION).writeShortLE(type.code());
    out.writeIntLE(bytes).writeIntLE(0);
    fields.forEach(
        (key, value) -> {
          out.writeShortLE(key.code()).writeShortLE(0).writeIntLE(value.length);
          out.writeBytes(value).writeZero(padded(value.length) - value.length);
        });
    return out;
  }
}
