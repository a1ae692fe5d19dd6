package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real file system with injectable disk faults. Checks the alignment of direct I/O but performs
 * it through the page cache, so that it works on any file system.
 */
final class FaultyFiles implements CaptureFiles {
  /** Reaction of the file system to direct I/O, and its block size. */
  enum Disk {
    DIRECT(4096),
    SMALL_BLOCKS(512),
    LARGE_BLOCKS(64 << 10),
    HUGE_BLOCKS(1 << 20),
    REFUSED_AT_OPEN(4096),
    REFUSED_AT_WRITE(4096);

    private final int blockBytes;

    Disk(int blockBytes) {
      this.blockBytes = blockBytes;
    }

    /** Returns whether segments are finally written past the page cache. */
    boolean isDirect() {
      return ordinal() < HUGE_BLOCKS.ordinal();
    }
  }

  private final CaptureFiles disk = new DiskFiles();
  private volatile IOException failure;
  private volatile RuntimeException defect;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile CountDownLatch blocked = new CountDownLatch(1);
  private volatile long usable = Long.MAX_VALUE;
  private volatile Disk kind = Disk.DIRECT;
  private final AtomicInteger directWrites = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();
  private volatile Path filled;
  private volatile Path pinned;
  private volatile IOException spaceFailure;
  // Names that a power loss would remove.
  private final Set<Path> unforced = ConcurrentHashMap.newKeySet();
  private final AtomicInteger writesBeforeFailure = new AtomicInteger();

  /** Makes every disk access throw this; null heals the disk. */
  void failWith(IOException newFailure) {
    failure = newFailure;
    writesBeforeFailure.set(0);
  }

  /** Fails the disk after this many further writes. */
  void failAfter(int writes, IOException newFailure) {
    failure = newFailure;
    writesBeforeFailure.set(writes);
  }

  /** Makes writes throw this; null for none. */
  void breakWith(RuntimeException newDefect) {
    defect = newDefect;
  }

  /** Blocks writes until {@link #unblock}. */
  void block() {
    blocked = new CountDownLatch(1);
    gate = new CountDownLatch(1);
  }

  void unblock() {
    gate.countDown();
  }

  /** Returns once a write is blocked. */
  void awaitBlocked() throws InterruptedException {
    blocked.await();
  }

  void become(Disk newKind) {
    kind = newKind;
  }

  /** Returns the number of writes past the page cache so far. */
  int directWrites() {
    return directWrites.get();
  }

  /** Returns the number of segment writes so far. */
  int writes() {
    return writes.get();
  }

  /** Makes queries for free space throw this. */
  void hideSpace(IOException newFailure) {
    spaceFailure = newFailure;
  }

  void usable(long bytes) {
    usable = bytes;
  }

  /** Sets the size of the disk, which all files under this directory fill. */
  void capacity(Path under, long bytes) {
    filled = under;
    usable = bytes;
  }

  static long filledBytes(Path under) throws IOException {
    try (var all = Files.walk(under)) {
      return all.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** Returns the names that a power loss would remove now, directly or with a parent. */
  Set<Path> lostWithoutPower(Path under) {
    Set<Path> lost = new TreeSet<>();
    for (Path name : unforced) {
      if (name.startsWith(under) && disk.exists(name)) {
        lost.add(under.relativize(name));
      }
    }
    return lost;
  }

  private void touch() throws IOException {
    if (failure == null) {
      return;
    }
    if (writesBeforeFailure.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      return;
    }
    throw failure;
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    touch();
    for (Path at = directory; at != null && !disk.exists(at); at = at.getParent()) {
      unforced.add(at);
    }
    disk.createDirectories(directory);
  }

  @Override
  public void forceNames(Path directory) throws IOException {
    touch();
    disk.forceNames(directory);
    unforced.removeIf(name -> directory.equals(name.getParent()));
  }

  @Override
  public SegmentFile create(Path file, boolean isDirect) throws IOException {
    touch();
    unforced.add(file);
    // Some kernels create the file even when the open fails.
    SegmentFile created = disk.create(file, false);
    refuseAtOpen(file, isDirect, created);
    return new Faulty(created, isDirect);
  }

  private void refuseAtOpen(Path file, boolean isDirect, SegmentFile opened) throws IOException {
    if (isDirect && kind == Disk.REFUSED_AT_OPEN) {
      opened.close();
      throw new FileSystemException(file.toString(), null, "Invalid argument");
    }
  }

  @Override
  public SegmentFile reopen(Path file, boolean isDirect) throws IOException {
    touch();
    SegmentFile opened = disk.reopen(file, false);
    refuseAtOpen(file, isDirect, opened);
    return new Faulty(opened, isDirect);
  }

  @Override
  public long blockBytes(Path directory) {
    return kind.blockBytes;
  }

  @Override
  public void replace(Path file, ByteBuffer content, boolean isForced) throws IOException {
    touch();
    unforced.add(file);
    disk.replace(file, content, isForced);
  }

  @Override
  public void overwrite(Path file, ByteBuffer content) throws IOException {
    touch();
    disk.overwrite(file, content);
  }

  @Override
  public void linkOrCopy(Path from, Path to) throws IOException {
    touch();
    unforced.add(to);
    disk.linkOrCopy(from, to);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    touch();
    refuseIfPinned(from);
    unforced.add(to);
    disk.move(from, to);
  }

  /** Makes files under this directory impossible to rename or delete; null for none. */
  void pin(Path under) {
    pinned = under;
  }

  private void refuseIfPinned(Path file) throws IOException {
    if (pinned != null && file.startsWith(pinned)) {
      throw new AccessDeniedException(file.toString());
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    touch();
    refuseIfPinned(file);
    disk.delete(file);
  }

  @Override
  public boolean exists(Path file) {
    return disk.exists(file);
  }

  @Override
  public boolean isShared(Path file) throws IOException {
    return disk.isShared(file);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    if (spaceFailure != null) {
      throw spaceFailure;
    }
    return Math.min(
        usable - (filled == null ? 0 : filledBytes(filled)), disk.usableBytes(directory));
  }

  private final class Faulty implements SegmentFile {
    private final SegmentFile file;

    private final boolean isDirect;

    Faulty(SegmentFile file, boolean isDirect) {
      this.file = file;
      this.isDirect = isDirect;
    }

    /** Checks the kernel's alignment rules for direct I/O. */
    private void checkAligned(ByteBuffer from, long offset) {
      int blockBytes = kind.blockBytes;
      if (offset % blockBytes != 0
          || from.remaining() % blockBytes != 0
          || from.alignmentOffset(from.position(), blockBytes) != 0) {
        throw new AssertionError(
            from.remaining() + " bytes at " + offset + " are not aligned to " + blockBytes);
      }
    }

    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
      if (gate.getCount() > 0) {
        blocked.countDown();
        try {
          gate.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      if (defect != null) {
        throw defect;
      }
      touch();
      writes.incrementAndGet();
      if (isDirect) {
        checkAligned(from, offset);
        if (kind == Disk.REFUSED_AT_WRITE) {
          throw new IOException("Invalid argument");
        }
        directWrites.incrementAndGet();
      }
      file.write(from, offset);
    }

    @Override
    public void force() throws IOException {
      touch();
      file.force();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
