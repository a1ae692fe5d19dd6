package dev.sluice.tool.doctor;

import dev.sluice.bridge.NativeColumns;
import dev.sluice.bridge.NativeTools;
import dev.sluice.config.IoReason;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;

/** Checks the JVM and the limits of its process. */
final class ProcessChecks {
  private static final int GENERATIONAL_ZGC = 21;
  private static final long DESCRIPTORS_PER_SESSION = 8;
  private static final long DESCRIPTORS_OF_DAEMON = 128;

  private ProcessChecks() {}

  static Finding java(Runtime.Version version, String vendor) {
    String found = version + " (" + vendor + ")";
    return version.feature() >= GENERATIONAL_ZGC
        ? Finding.ok("java", found)
        : Finding.warn(
            "java",
            found + ": its ZGC is not generational and pauses longer under load",
            "21 or newer; 17 is supported");
  }

  static Finding nativeTools() {
    try {
      String producer = NativeTools.find(NativeTools.PRODUCER).toString();
      return NativeColumns.missing()
          .map(
              reason ->
                  Finding.warn(
                      "native",
                      "codec unavailable, captures cost twice the processor time: " + reason,
                      "install the package for this architecture"))
          .orElseGet(() -> Finding.ok("native", producer));
    } catch (IOException e) {
      return Finding.bad("native", e.getMessage(), "install the package for this architecture");
    }
  }

  static Finding descriptors(HostFiles host, Settings settings) {
    Optional<String> line =
        host.read("/proc/self/limits").stream()
            .flatMap(String::lines)
            .filter(candidate -> candidate.startsWith("Max open files"))
            .findFirst();
    if (line.isEmpty()) {
      return Finding.warn("open-files", "cannot read the limit of open files", "");
    }
    String soft = line.get().substring("Max open files".length()).strip().split("\\s+", 2)[0];
    long need = DESCRIPTORS_OF_DAEMON + settings.attach().maxSessions() * DESCRIPTORS_PER_SESSION;
    boolean isEnough = soft.equals("unlimited") || Long.parseLong(soft) >= need;
    String found = "at most " + soft;
    return isEnough
        ? Finding.ok("open-files", found)
        : Finding.warn(
            "open-files",
            found + ", " + need + " for " + settings.attach().maxSessions() + " sessions",
            "LimitNOFILE= in the service, or lower sluice.attach.max-sessions");
  }

  /** Checks whether a new daemon could listen; a running daemon already owns the address. */
  static Finding listener(Settings settings) {
    ListenAddress listen = settings.http().listen();
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(listen.host(), listen.port()));
      return Finding.ok("listener", listen + " is free");
    } catch (IOException e) {
      return Finding.warn(
          "listener",
          listen + " cannot be used: " + IoReason.of(e),
          "in use, by a running daemon or another program: free it, or set sluice.http.listen");
    }
  }
}
