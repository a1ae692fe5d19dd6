package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Requests with random damage: each is either understood or refused in one line, nothing else comes
 * out of the decoder, and no buffer leaks.
 */
class MessageFuzzTest {
  private static final int ROUNDS = 60_000;
  private static final int[] AT_EDGES = {0, 1, 7, 8, 15, 16, 8192, 0x7fffffff, -1, 0xffff};

  private final Random random = new Random(20261129);
  private final Map<AttachStatus, Integer> refusals = new EnumMap<>(AttachStatus.class);
  private int understood;

  @Test
  void shouldUnderstandOrRefuseInOneLineWhateverComes() {
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = damaged(request().bytes()).array();
      try {
        offer(bytes);
      } catch (AttachRefusedException e) {
        String text = e.getMessage();
        assertFalse(text.isBlank() || text.contains("\n"), text);
        assertTrue(text.length() < 200, text);
        refusals.merge(e.status(), 1, Integer::sum);
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round, e);
      }
    }
    // The damage reaches every check, and leaves some requests as good as before.
    assertTrue(understood > ROUNDS / 10, "understood: " + understood);
    assertTrue(refusals.get(AttachStatus.MALFORMED) > ROUNDS / 10, refusals::toString);
    assertTrue(refusals.containsKey(AttachStatus.VERSION), refusals::toString);
    assertTrue(refusals.containsKey(AttachStatus.GEOMETRY), refusals::toString);
  }

  private RawMessage request() {
    return switch (random.nextInt(4)) {
      case 0 ->
          TestClient.start(random.nextLong())
              .number(AttachKey.RUN_EPOCH.code(), random.nextLong())
              .number(AttachKey.MONOTONIC_NS.code(), 1)
              .number(AttachKey.REALTIME_NS.code(), 2)
              .text(AttachKey.BOOT_ID.code(), "boot");
      case 1 ->
          TestClient.message(MessageType.DETACH).text(AttachKey.LOST_REASON.code(), "rtMemcpy");
      default ->
          TestClient.attach()
              .number(AttachKey.BUFFERS.code(), 1, 2, 3, 4)
              .number(AttachKey.PLACEMENTS.code(), 2)
              .number(AttachKey.SYNTHETIC.code(), 1, 2, 3, 0)
              .text(AttachKey.NAME.code(), "Gerät 3");
    };
  }

  private ByteBuffer damaged(ByteBuffer whole) {
    ByteBuffer message = whole;
    for (int damage = random.nextInt(3); damage >= 0; damage--) {
      int at = random.nextInt(message.capacity() - 3);
      switch (random.nextInt(8)) {
        case 0 -> message.put(at, (byte) random.nextInt());
        case 1 -> message.putInt(at & -4, AT_EDGES[random.nextInt(AT_EDGES.length)]);
        case 2 -> message.putInt(8, AT_EDGES[random.nextInt(AT_EDGES.length)]); // its length
        case 3 -> message.putShort(at & -2, (short) random.nextInt(50));
        case 4 -> message = doubled(message);
        case 5 -> message.putInt(8, 16 + random.nextInt(message.capacity()) / 8 * 8);
        case 6 -> message.put(at, (byte) 0xff); // is in no UTF-8
        default -> {}
      }
    }
    return message;
  }

  /** With its fields twice. */
  private static ByteBuffer doubled(ByteBuffer message) {
    int fields = message.capacity() - RawMessage.HEADER_BYTES;
    ByteBuffer twice = ByteBuffer.allocate(message.capacity() + fields).order(message.order());
    twice.put(message.duplicate().rewind());
    twice.put(message.slice(RawMessage.HEADER_BYTES, fields));
    return twice.putInt(8, twice.capacity()).rewind();
  }

  private void offer(byte[] bytes) {
    EmbeddedChannel channel = new EmbeddedChannel(new MessageDecoder());
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    try {
      channel.writeInbound(in);
      ByteBuf message = channel.readInbound();
      while (message != null) {
        try {
          understand(Message.read(message));
        } finally {
          message.release();
        }
        message = channel.readInbound();
      }
      channel.finish();
    } catch (DecoderException e) {
      throw (RuntimeException) e.getCause();
    } finally {
      channel.finishAndReleaseAll();
      assertEquals(0, in.refCnt());
    }
  }

  private void understand(Message message) {
    switch (message.type()) {
      case ATTACH -> {
        AttachRequest request = Requests.attach(message);
        assertTrue(request.numCores() >= 0 && request.name().length() <= 63, request::toString);
      }
      case START -> {
        Requests.token(message);
        Requests.deviceBase(message);
        Requests.time(message);
      }
      default -> {
        Requests.token(message);
        Requests.lostReason(message);
        Requests.time(message);
      }
    }
    understood++;
  }
}
