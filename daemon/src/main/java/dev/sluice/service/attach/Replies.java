package dev.sluice.service.attach;

import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.Started;
import dev.sluice.service.Token;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.ToLongFunction;

/** Writes what clients get. Each reply is a new buffer of one whole message. */
final class Replies {
  private final ByteBufAllocator allocator;

  Replies(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** ARENA or RESUMED. */
  ByteBuf granted(MessageType type, Granted granted) {
    ByteBuf message = message(type, AttachStatus.OK, granted.session());
    message.setBytes(Messages.TOKEN_OFFSET, granted.token().toBytes());
    message.setIntLE(Messages.ARENA_PLACEMENT_OFFSET, granted.placement());
    message.setIntLE(Messages.ARENA_SLOT_COUNT_OFFSET, granted.slotCount());
    message.setLongLE(Messages.ARENA_ARENA_BYTES_OFFSET, granted.arenaBytes());
    message.setLongLE(Messages.ARENA_REGION_OFFSET_OFFSET, granted.regionOffset());
    message.setLongLE(Messages.ARENA_REGION_BYTES_OFFSET, granted.regionBytes());
    message.setLongLE(Messages.ARENA_ROTATION_OFFSET_OFFSET, granted.rotationOffset());
    message.setLongLE(Messages.ARENA_BUFFERS_OFFSET_OFFSET, granted.buffersOffset());
    for (int kind = 0; kind < granted.buffers().size(); kind++) {
      message.setIntLE(
          Messages.ARENA_BUFFERS_OFFSET + kind * Integer.BYTES, granted.buffers().get(kind));
      message.setLongLE(
          Messages.ARENA_BUFFER_OFFSET_OFFSET + kind * Long.BYTES,
          granted.bufferOffsets().get(kind));
    }
    return message;
  }

  /** SHARE, which follows ARENA in place of a file descriptor. */
  ByteBuf share(Granted granted, Granted.DeviceShare share) {
    ByteBuf message = message(MessageType.SHARE, AttachStatus.OK, granted.session());
    message.setBytes(Messages.TOKEN_OFFSET, granted.token().toBytes());
    boolean isKey = !share.key().isEmpty();
    message.setIntLE(
        Messages.SHARE_ROUTE_OFFSET,
        isKey ? Messages.SHARE_ROUTE_IPC_KEY : Messages.SHARE_ROUTE_HANDLE);
    message.setIntLE(Messages.SHARE_DEVICE_OFFSET, share.device());
    message.setLongLE(Messages.SHARE_BYTES_OFFSET, share.bytes());
    message.setLongLE(Messages.SHARE_SHAREABLE_OFFSET, share.shareable());
    text(message, Messages.SHARE_KEY_OFFSET, Granted.DeviceShare.KEY_BYTES, share.key());
    return message;
  }

  ByteBuf started(Token token, Started started) {
    ByteBuf message = message(MessageType.STARTED, AttachStatus.OK, started.session());
    message.setBytes(Messages.TOKEN_OFFSET, token.toBytes());
    return message;
  }

  /** SETTLED or DETACHED. */
  ByteBuf books(MessageType type, Token token, Books books) {
    return books(type, AttachStatus.OK, token, books);
  }

  /** DETACHED, unasked: its status says that it is no answer. */
  ByteBuf ended(Token token, Books books) {
    return books(MessageType.DETACHED, AttachStatus.STATE, token, books);
  }

  private ByteBuf books(MessageType type, AttachStatus status, Token token, Books books) {
    ByteBuf message = message(type, status, books.session());
    message.setBytes(Messages.TOKEN_OFFSET, token.toBytes());
    column(message, Messages.BOOKS_PRODUCED_OFFSET, books, Books.KindBooks::produced);
    column(message, Messages.BOOKS_COLLECTED_OFFSET, books, Books.KindBooks::collected);
    column(message, Messages.BOOKS_DROPPED_OFFSET, books, Books.KindBooks::dropped);
    column(message, Messages.BOOKS_SALVAGED_OFFSET, books, Books.KindBooks::salvaged);
    column(message, Messages.BOOKS_UNACCOUNTED_OFFSET, books, Books.KindBooks::unaccounted);
    text(message, Messages.BOOKS_TEXT_OFFSET, Messages.BOOKS_TEXT_BYTES, books.text());
    return message;
  }

  /**
   * A refusal. Books have room for a shorter text only, at another place; so what would be answered
   * with books is refused with REFUSED.
   */
  ByteBuf refused(MessageType type, AttachStatus status, String text) {
    boolean isBooks = type == MessageType.SETTLED || type == MessageType.DETACHED;
    ByteBuf message = message(isBooks ? MessageType.REFUSED : type, status, 0);
    text(message, Messages.REFUSED_TEXT_OFFSET, Messages.REFUSED_TEXT_BYTES, text);
    return message;
  }

  private ByteBuf message(MessageType type, AttachStatus status, int session) {
    ByteBuf message = allocator.buffer(Messages.BYTES, Messages.BYTES);
    message.writeZero(Messages.BYTES);
    message.setIntLE(Messages.MAGIC_OFFSET, Messages.MAGIC);
    message.setShortLE(Messages.VERSION_OFFSET, Messages.VERSION);
    message.setShortLE(Messages.TYPE_OFFSET, type.code());
    message.setIntLE(Messages.STATUS_OFFSET, status.code());
    message.setIntLE(Messages.SESSION_OFFSET, session);
    return message;
  }

  private static void column(
      ByteBuf message, int offset, Books books, ToLongFunction<Books.KindBooks> value) {
    for (int kind = 0; kind < books.kinds().size(); kind++) {
      message.setLongLE(offset + kind * Long.BYTES, value.applyAsLong(books.kinds().get(kind)));
    }
  }

  /** One line, cut at a character, always NUL terminated. */
  private static void text(ByteBuf message, int offset, int bytes, String text) {
    ByteBuffer target = ByteBuffer.allocate(bytes - 1);
    String line = text == null ? "" : text.replaceAll("\\s*\\R\\s*", " ");
    // Stops before the first character that does not fit whole.
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(line), target, true);
    target.flip();
    message.setBytes(offset, target);
  }
}
