package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.testkit.Corpus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Anything a client may send: each message is either accepted or refused in one line, the decoder
 * throws nothing else, and no buffer leaks.
 */
public final class MessageFuzzTest {
  private static final Map<AttachStatus, Integer> REFUSALS = new EnumMap<>(AttachStatus.class);
  private static int understood;

  @Test
  void shouldUnderstandOrRefuseWhateverAClientSends() {
    Corpus.replay("messages", 400, MessageFuzzTest::fuzzerTestOneInput);
    // The damage reaches every check, but leaves some messages valid.
    assertTrue(understood > 200, "understood: " + understood);
    assertTrue(REFUSALS.get(AttachStatus.MALFORMED) > 300, REFUSALS::toString);
    assertTrue(REFUSALS.containsKey(AttachStatus.VERSION), REFUSALS::toString);
    assertTrue(REFUSALS.containsKey(AttachStatus.GEOMETRY), REFUSALS::toString);
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return; // Netty's empty buffer has no reference count
    }
    try {
      offer(input);
    } catch (AttachRefusedException e) {
      String text = e.getMessage();
      assertFalse(text.isBlank() || text.contains("\n"), text);
      assertTrue(text.length() < 200, text);
      REFUSALS.merge(e.status(), 1, Integer::sum);
    }
  }

  private static void offer(byte[] bytes) {
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

  private static void understand(Message message) {
    switch (message.type()) {
      case ATTACH -> {
        AttachRequest request = Requests.attach(message);
        assertTrue(request.numCores() >= 0 && request.name().length() <= 63, request::toString);
      }
      case START -> {
        Requests.token(message);
        Requests.deviceBase(message);
        Requests.runId(message);
        Requests.time(message);
      }
      default -> {
        Requests.token(message);
        Requests.lostReason(message);
        Requests.recycled(message);
        Requests.time(message);
      }
    }
    understood++;
  }
}
