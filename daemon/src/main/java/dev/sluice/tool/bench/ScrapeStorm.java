package dev.sluice.tool.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The program that scrapes in {@link ScrapesWorkload}, a process of its own as a scraper is. It
 * opens many connections, asks on each for {@code /metrics}, reads every answer to its end, and
 * begins anew, until its standard input ends; so it does not outlive whoever started it. Then it
 * prints how many answers were 200, how many 503, and how many did not come.
 */
public final class ScrapeStorm {
  private static final int TIMEOUT_MS = 20_000;
  private static final byte[] REQUEST =
      "GET /metrics HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final int port;
  private final int connections;
  private long served;
  private long refused;
  private long unanswered;

  private ScrapeStorm(int port, int connections) {
    this.port = port;
    this.connections = connections;
  }

  /** Arguments: port and connections. */
  public static void main(String[] args) throws IOException {
    ScrapeStorm storm = new ScrapeStorm(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
    AtomicBoolean isOver = new AtomicBoolean();
    Thread watch = new Thread(() -> awaitEnd(isOver), "watch");
    watch.setDaemon(true);
    watch.start();
    do {
      storm.round();
    } while (!isOver.get());
    System.out.println(storm.served + " " + storm.refused + " " + storm.unanswered);
  }

  /** Nothing is ever written to the standard input: what can be read is its end. */
  private static void awaitEnd(AtomicBoolean isOver) {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException ignored) {
      // As good as its end.
    }
    isOver.set(true);
  }

  /** All connections are open before the first asks; then the answers are read one by one. */
  private void round() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(socket);
        socket.setSoTimeout(TIMEOUT_MS);
      }
      for (Socket socket : sockets) {
        socket.getOutputStream().write(REQUEST);
      }
      for (Socket socket : sockets) {
        String status = status(socket);
        served += status.equals("200") ? 1 : 0;
        refused += status.equals("503") ? 1 : 0;
        unanswered += status.isEmpty() ? 1 : 0;
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** The status of an answer that came whole; empty if none did. */
  private static String status(Socket socket) {
    try {
      InputStream from = socket.getInputStream();
      String line = new String(from.readNBytes(12), StandardCharsets.US_ASCII);
      from.transferTo(OutputStream.nullOutputStream());
      return line.startsWith("HTTP/1.1 ") ? line.substring(9) : "";
    } catch (IOException e) {
      return "";
    }
  }
}
