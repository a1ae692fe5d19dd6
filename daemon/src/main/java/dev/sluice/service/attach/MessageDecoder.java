package dev.sluice.service.attach;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts the byte stream into whole messages of the right magic and version. The start is checked as
 * soon as it is there, so that somebody who speaks another protocol is told at once.
 */
final class MessageDecoder extends ByteToMessageDecoder {
  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int start = in.readerIndex();
    if (in.readableBytes() >= Messages.VERSION_OFFSET
        && in.getIntLE(start + Messages.MAGIC_OFFSET) != Messages.MAGIC) {
      in.skipBytes(in.readableBytes());
      throw new AttachRefusedException(
          AttachStatus.VERSION, "this socket speaks the protocol of sluice_attach.h only");
    }
    if (in.readableBytes() >= Messages.TYPE_OFFSET) {
      int version = in.getUnsignedShortLE(start + Messages.VERSION_OFFSET);
      if (version != Messages.VERSION) {
        in.skipBytes(in.readableBytes());
        throw new AttachRefusedException(
            AttachStatus.VERSION,
            "message version "
                + version
                + ", this daemon speaks "
                + Messages.VERSION
                + ": update the older one");
      }
    }
    if (in.readableBytes() >= Messages.BYTES) {
      out.add(in.readRetainedSlice(Messages.BYTES));
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    decode(context, in, out);
    if (out.isEmpty() && in.isReadable()) {
      int bytes = in.readableBytes();
      in.skipBytes(bytes);
      // Fired, not thrown: a thrown one would arrive after the end of the connection, and be late.
      context.fireExceptionCaught(
          new AttachRefusedException(
              AttachStatus.MALFORMED,
              "the connection ended after "
                  + bytes
                  + " of "
                  + Messages.BYTES
                  + " bytes of a message"));
    }
  }
}
