package dev.sluice.service.attach;

import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.Started;
import dev.sluice.service.Token;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.ToLongFunction;

/** Writes the daemon's messages. Each is a new buffer with one whole message. */
final class Replies {
  private static final int SHARE_IPC_KEY = 1;
  private static final int SHARE_HANDLE = 2;

  private static final int FIRST_VERSION = 1;
  private static final int FIRST_VERSION_BYTES = 256;
  private static final int FIRST_VERSION_TEXT_OFFSET = 160;

  private final ByteBufAllocator allocator;

  Replies(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** ARENA or RESUMED. */
  ByteBuf granted(MessageType type, Granted granted) {
    return message(type, AttachStatus.OK, granted.session(), granted.token())
        .number(AttachKey.PLACEMENT, granted.placement())
        .number(AttachKey.SLOTS, granted.slotCount())
        .number(AttachKey.ARENA_BYTES, granted.arenaBytes())
        .numbers(AttachKey.REGION_OFFSETS, numbers(granted.regionOffsets()))
        .numbers(AttachKey.REGION_BYTES, numbers(granted.regionBytes()))
        .number(AttachKey.ROTATION_OFFSET, granted.rotationOffset())
        .number(AttachKey.BUFFERS_OFFSET, granted.buffersOffset())
        .number(AttachKey.LOCKS_OFFSET, granted.locksOffset())
        .numbers(AttachKey.GRANTED, granted.buffers().stream().mapToLong(n -> n).toArray())
        .numbers(AttachKey.BUFFER_OFFSETS, numbers(granted.bufferOffsets()))
        .encode(allocator);
  }

  private static long[] numbers(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** SHARE, which follows ARENA in place of a file descriptor. */
  ByteBuf share(Granted granted, Granted.DeviceShare share) {
    boolean isKey = !share.key().isEmpty();
    return message(MessageType.SHARE, AttachStatus.OK, granted.session(), granted.token())
        .number(AttachKey.SHARE_ROUTE, isKey ? SHARE_IPC_KEY : SHARE_HANDLE)
        .number(AttachKey.DEVICE, share.device())
        .number(AttachKey.SHARE_BYTES, share.bytes())
        .number(AttachKey.SHARE_HANDLE, share.shareable())
        .text(AttachKey.SHARE_KEY, share.key())
        .encode(allocator);
  }

  ByteBuf started(Token token, Started started) {
    return message(MessageType.STARTED, AttachStatus.OK, started.session(), token)
        .number(AttachKey.TERMINAL_BANK, started.terminalBank())
        .encode(allocator);
  }

  /** SETTLED or DETACHED. */
  ByteBuf books(MessageType type, Token token, Books books) {
    return books(type, AttachStatus.OK, token, books);
  }

  /** DETACHED, unsolicited: its status shows that it is not a reply. */
  ByteBuf ended(Token token, Books books) {
    return books(MessageType.DETACHED, AttachStatus.STATE, token, books);
  }

  private ByteBuf books(MessageType type, AttachStatus status, Token token, Books books) {
    return message(type, status, books.session(), token)
        .numbers(AttachKey.PRODUCED, column(books, Books.KindBooks::produced))
        .numbers(AttachKey.COLLECTED, column(books, Books.KindBooks::collected))
        .numbers(AttachKey.DROPPED, column(books, Books.KindBooks::dropped))
        .numbers(AttachKey.SALVAGED, column(books, Books.KindBooks::salvaged))
        .numbers(AttachKey.NEVER_STARTED, column(books, Books.KindBooks::neverStarted))
        .numbers(AttachKey.UNACCOUNTED, column(books, Books.KindBooks::unaccounted))
        .text(AttachKey.TEXT, books.text())
        .encode(allocator);
  }

  private static long[] column(Books books, ToLongFunction<Books.KindBooks> value) {
    return books.kinds().stream().mapToLong(value).toArray();
  }

  ByteBuf refused(MessageType type, AttachStatus status, String text) {
    return Message.of(type)
        .number(AttachKey.STATUS, status.code())
        .text(AttachKey.TEXT, text)
        .encode(allocator);
  }

  /**
   * REFUSED in the format of version 1: 256 bytes, with the text at a fixed offset. The text must
   * be ASCII and short.
   */
  ByteBuf refusedInFirstVersion(AttachStatus status, String text) {
    ByteBuf message = allocator.buffer(FIRST_VERSION_BYTES, FIRST_VERSION_BYTES);
    message.writeIntLE(Message.MAGIC).writeShortLE(FIRST_VERSION);
    message.writeShortLE(MessageType.REFUSED.code()).writeIntLE(status.code());
    message.writeZero(FIRST_VERSION_TEXT_OFFSET - message.writerIndex());
    message.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    return message.writeZero(FIRST_VERSION_BYTES - message.writerIndex());
  }

  private static Message message(MessageType type, AttachStatus status, int session, Token token) {
    return Message.of(type)
        .number(AttachKey.STATUS, status.code())
        .number(AttachKey.SESSION, session)
        .bytes(AttachKey.TOKEN, token.toBytes());
  }
}
