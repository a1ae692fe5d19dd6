package dev.sluice.service.attach;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Splits the byte stream into whole messages of the right magic and version. Checks the header as
 * soon as it arrives, so that a client with another protocol or version is refused at once.
 */
final class MessageDecoder extends ByteToMessageDecoder {
  private static final int FIRST_VERSION = 1;

  private boolean isFirstVersion;

  /** Whether the client spoke version 1, which needs a refusal in its own format. */
  boolean isFirstVersion() {
    return isFirstVersion;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int start = in.readerIndex();
    int readable = in.readableBytes();
    if (readable >= Message.VERSION_OFFSET && in.getIntLE(start) != Message.MAGIC) {
      throw refuse(in, AttachStatus.VERSION, "this socket speaks the protocol of sluice_attach.h");
    }
    if (readable >= Message.TYPE_OFFSET) {
      checkVersion(in, in.getUnsignedShortLE(start + Message.VERSION_OFFSET));
    }
    if (readable >= Message.HEADER_BYTES) {
      long bytes = in.getUnsignedIntLE(start + Message.BYTES_OFFSET);
      if (bytes < Message.HEADER_BYTES || bytes > Message.MAX_BYTES || bytes % 8 != 0) {
        throw refuse(
            in,
            AttachStatus.MALFORMED,
            "a message of " + bytes + " bytes: not a multiple of 8 up to " + Message.MAX_BYTES);
      }
      if (readable >= bytes) {
        out.add(in.readRetainedSlice((int) bytes));
      }
    }
  }

  private void checkVersion(ByteBuf in, int version) {
    if (version != Message.VERSION) {
      isFirstVersion = version == FIRST_VERSION;
      throw refuse(
          in,
          AttachStatus.VERSION,
          "attach protocol "
              + version
              + ", this daemon speaks 2: rebuild with its sluice_attach.h");
    }
  }

  private static AttachRefusedException refuse(ByteBuf in, AttachStatus status, String text) {
    in.skipBytes(in.readableBytes());
    return new AttachRefusedException(status, text);
  }

  @Override
  protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    decode(context, in, out);
    if (out.isEmpty() && in.isReadable()) {
      int bytes = in.readableBytes();
      in.skipBytes(bytes);
      // Fired, not thrown: a thrown exception would arrive after the end of the connection, too
      // late.
      context.fireExceptionCaught(
          new AttachRefusedException(
              AttachStatus.MALFORMED,
              "the connection ended after " + bytes + " bytes of a message"));
    }
  }
}
