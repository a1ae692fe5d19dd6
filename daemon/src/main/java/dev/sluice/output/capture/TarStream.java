package dev.sluice.output.capture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Some files as a tar stream (POSIX ustar), generated while it is read: one file is open at a time,
 * and none is held in memory. The files must not change.
 */
final class TarStream {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int MODE_AT = 100;
  private static final int UID_AT = 108;
  private static final int GID_AT = 116;
  private static final int SIZE_AT = 124;
  private static final int TIME_AT = 136;
  private static final int CHECKSUM_AT = 148;
  private static final int TYPE_AT = 156;
  private static final int MAGIC_AT = 257;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX_BYTES = 155;
  private static final int SHORT_NUMBER = 8;
  private static final int LONG_NUMBER = 12;
  private static final int MODE = 0640;

  private TarStream() {}

  /**
   * @param folder folder of the files within the archive
   */
  static InputStream of(String folder, List<Path> files) {
    List<Part> parts = new ArrayList<>();
    for (Path file : files) {
      parts.add(() -> entry(folder, file));
    }
    parts.add(() -> new ByteArrayInputStream(new byte[2 * BLOCK]));
    return new Parts(parts.iterator());
  }

  private static InputStream entry(String folder, Path file) throws IOException {
    long size = Files.size(file);
    long timeSeconds = Files.getLastModifiedTime(file).toMillis() / 1000;
    byte[] header = header(folder, file.getFileName().toString(), size, timeSeconds);
    byte[] padding = new byte[(int) (-size & (BLOCK - 1))];
    return new SequenceInputStream(
        new SequenceInputStream(new ByteArrayInputStream(header), Files.newInputStream(file)),
        new ByteArrayInputStream(padding));
  }

  private static byte[] header(String folder, String name, long size, long timeSeconds)
      throws IOException {
    byte[] header = new byte[BLOCK];
    put(header, 0, NAME_BYTES, name);
    putNumber(header, MODE_AT, SHORT_NUMBER, MODE);
    putNumber(header, UID_AT, SHORT_NUMBER, 0);
    putNumber(header, GID_AT, SHORT_NUMBER, 0);
    putNumber(header, SIZE_AT, LONG_NUMBER, size);
    putNumber(header, TIME_AT, LONG_NUMBER, timeSeconds);
    header[TYPE_AT] = '0';
    put(header, MAGIC_AT, SHORT_NUMBER, "ustar\00000");
    put(header, PREFIX_AT, PREFIX_BYTES, folder);
    // The sum is taken with the checksum field filled with spaces.
    put(header, CHECKSUM_AT, SHORT_NUMBER, " ".repeat(SHORT_NUMBER));
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xFF;
    }
    putNumber(header, CHECKSUM_AT, SHORT_NUMBER - 1, sum);
    return header;
  }

  private static void put(byte[] header, int at, int room, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > room) {
      throw new IOException("'" + text + "' is too long for a tar file");
    }
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  /** Octal digits and a zero byte. */
  private static void putNumber(byte[] header, int at, int room, long value) throws IOException {
    String digits = Long.toOctalString(value);
    put(header, at, room - 1, "0".repeat(Math.max(0, room - 1 - digits.length())) + digits);
    header[at + room - 1] = 0;
  }

  private interface Part {
    InputStream open() throws IOException;
  }

  /** Concatenates parts; opens each when the one before ends. */
  private static final class Parts extends InputStream {
    private final Iterator<Part> next;
    private InputStream current = InputStream.nullInputStream();

    Parts(Iterator<Part> next) {
      this.next = next;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = current.read(into, offset, length);
      while (read < 0 && next.hasNext()) {
        current.close();
        current = next.next().open();
        read = current.read(into, offset, length);
      }
      return read;
    }

    @Override
    public void close() throws IOException {
      current.close();
    }
  }
}
