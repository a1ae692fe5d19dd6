package dev.sluice;

import dev.sluice.bridge.NativeTools;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;

/** {@code sluice daemon} as a process of its own, as systemd runs it. */
final class DaemonProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;
  private static final List<String> CLASSES = List.of("-cp", System.getProperty("java.class.path"));

  private final Process process;
  private final Path output;

  private DaemonProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /**
   * @param shellPrefix what a shell does before it becomes the daemon, e.g. sets a limit
   */
  static DaemonProcess start(String shellPrefix, Path folder, String... settings)
      throws IOException {
    return start(shellPrefix, CLASSES, List.of(), folder, settings);
  }

  /**
   * @param options of the daemon command
   */
  static DaemonProcess startWith(List<String> options, Path folder) throws IOException {
    return start("", CLASSES, options, folder);
  }

  /** Under {@code sluice supervise}, with captures in {@code captures}. */
  static DaemonProcess supervised(Path folder) throws IOException {
    return supervised(CLASSES, folder);
  }

  /**
   * @param program options of the JVM that say what to run, as of {@link ClassArchive}
   */
  static DaemonProcess supervised(List<String> program, Path folder) throws IOException {
    return start(
        "set -- '" + NativeTools.find("sluice-supervise") + "' -- \"$@\";",
        program,
        List.of(),
        folder,
        "sluice.capture.enabled=true",
        "sluice.capture.directory=" + folder.resolve("captures"),
        "sluice.attach.socket=" + folder.resolve("attach.sock"),
        "sluice.control.socket=" + folder.resolve("control.sock"));
  }

  /** From the next start on the daemon of a supervisor may have so many descriptors. */
  void limitDescriptors(int most) throws Exception {
    String limit = "--nofile=" + most + ":";
    Process prlimit =
        new ProcessBuilder("prlimit", "--pid", Long.toString(process.pid()), limit).start();
    Assertions.assertEquals(0, prlimit.waitFor());
  }

  /** SIGKILL for the daemon that a supervisor runs; returns its number, 0 if none runs now. */
  long killChild() {
    Optional<ProcessHandle> child = process.children().findFirst();
    child.ifPresent(ProcessHandle::destroyForcibly);
    return child.map(ProcessHandle::pid).orElse(0L);
  }

  /** As {@link #killChild}; the supervisor starts the next one after this was done to a memory. */
  void killChild(String memory, Consumer<ByteBuffer> meanwhile) throws Exception {
    signal("STOP");
    Path processes = Path.of("/proc");
    ProcessHandle child = process.children().findFirst().orElseThrow();
    child.destroyForcibly();
    Path stat = processes.resolve(child.pid() + "/stat");
    Await.until(() -> Files.readString(stat).contains(") Z "), () -> "not dead: " + child);
    try (Stream<Path> all = Files.list(processes.resolve(process.pid() + "/fd"))) {
      for (Path fd : (Iterable<Path>) all::iterator) {
        if (Files.readSymbolicLink(fd).toString().startsWith("/memfd:" + memory)) {
          try (FileChannel channel =
              FileChannel.open(fd, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            meanwhile.accept(
                channel
                    .map(FileChannel.MapMode.READ_WRITE, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN));
          }
        }
      }
    }
    signal("CONT");
  }

  /** How often it has printed something. */
  int count(String text) {
    return output().split(Pattern.quote(text), -1).length - 1;
  }

  /** Waits until it has printed something so often, while it starts again and again. */
  void awaitOutput(String text, int times) throws Exception {
    Await.until(
        Duration.ofMinutes(2),
        () -> {
          if (!process.isAlive()) {
            Assertions.fail("the daemon ended: " + output());
          }
          return count(text) >= times;
        },
        () -> "not printed " + times + " times: " + text + "\n" + output());
  }

  /** The command that runs the program, up to where its arguments begin. */
  static List<String> java(List<String> program) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Limits of the size of files would hit the JVM's own as well.
    command.add("-XX:-UsePerfData");
    // As it is started, for tests of that limit.
    command.add("-XX:-MaxFDLimit");
    String programs = System.getProperty(NativeTools.PATH_PROPERTY);
    if (programs != null) {
      command.add("-D" + NativeTools.PATH_PROPERTY + "=" + programs);
    }
    command.addAll(program);
    command.add(Sluice.class.getName());
    return command;
  }

  private static DaemonProcess start(
      String shellPrefix,
      List<String> program,
      List<String> options,
      Path folder,
      String... settings)
      throws IOException {
    List<String> command = new ArrayList<>();
    // A build under nohup ignores SIGHUP, and a JVM that it starts would go on ignoring it.
    command.addAll(List.of("env", "--default-signal=HUP"));
    command.addAll(List.of("/bin/sh", "-c", shellPrefix + " exec \"$@\"", "sh"));
    command.addAll(java(program));
    command.add("daemon");
    command.addAll(options);
    List<String> all = new ArrayList<>(TestDaemon.settingsFor(folder));
    all.addAll(List.of(settings));
    all.forEach(setting -> command.addAll(List.of("--set", setting)));
    Path output = Files.createTempFile("sluice-daemon-", ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new DaemonProcess(process, output);
  }

  /** Waits until it serves; a start takes long where others want the processors. */
  DaemonProcess awaitReady() throws Exception {
    Await.until(
        Duration.ofMinutes(1),
        () -> {
          if (!process.isAlive()) {
            Assertions.fail("the daemon ended: " + output());
          }
          return output().contains("ready after");
        },
        () -> "not ready: " + output());
    return this;
  }

  /** All that it printed so far, log and errors. */
  String output() {
    try {
      return Files.readString(output, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "unreadable: " + e;
    }
  }

  /**
   * All samples of {@code /metrics}.
   *
   * @param start of the daemon, from 1
   */
  Map<String, Double> metrics(int start) throws Exception {
    Map<String, Double> samples = new HashMap<>();
    for (String line : get(start, "/metrics").split("\n", -1)) {
      int value = line.lastIndexOf(' ');
      if (value > 0 && line.charAt(0) != '#') {
        samples.put(line.substring(0, value), Double.valueOf(line.substring(value + 1)));
      }
    }
    return samples;
  }

  /** What it answers, if that is no error. */
  String get(int start, String path) throws IOException {
    String[] ready = output().split("http 127.0.0.1:", -1);
    String port = ready[start].substring(0, ready[start].indexOf(','));
    try (InputStream in = URI.create("http://127.0.0.1:" + port + path).toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  long pid() {
    return process.pid();
  }

  /** SIGTERM; returns the exit code. */
  int terminate() throws Exception {
    process.destroy();
    return awaitEnd();
  }

  /** Another signal, by its name without SIG. */
  void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    Assertions.assertEquals(0, kill.waitFor());
  }

  /** SIGKILL. */
  void kill() throws Exception {
    process.destroyForcibly().waitFor();
  }

  int awaitEnd() throws Exception {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      Assertions.fail("the daemon still runs: " + output());
    }
    return process.exitValue();
  }

  @Override
  public void close() throws Exception {
    kill();
    FailureDump.keep(output());
    Files.delete(output);
  }
}
