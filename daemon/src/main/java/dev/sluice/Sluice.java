package dev.sluice;

import dev.sluice.service.BuildInfo;
import dev.sluice.tool.CapturesCommand;
import dev.sluice.tool.DaemonCommand;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.DemoCommand;
import dev.sluice.tool.DetachCommand;
import dev.sluice.tool.DropsCommand;
import dev.sluice.tool.ExportCommand;
import dev.sluice.tool.LogLevelCommand;
import dev.sluice.tool.ProduceCommand;
import dev.sluice.tool.ReloadCommand;
import dev.sluice.tool.SluiceCommand;
import dev.sluice.tool.SnapshotCommand;
import dev.sluice.tool.StatusCommand;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.VerifyCommand;
import dev.sluice.tool.bench.BenchCommand;
import dev.sluice.tool.diagnose.DiagnoseCommand;
import dev.sluice.tool.doctor.DoctorCommand;
import dev.sluice.tool.simpler.SimplerCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The main class: builds the command line and gives the daemon to the commands. */
public final class Sluice {
  private static final String UNKNOWN = "unknown";

  private Sluice() {}

  public static void main(String[] arguments) {
    String command = arguments.length == 0 ? "" : arguments[0];
    // File names and all texts use ASCII digits and English, whatever the locale of the host.
    Locale.setDefault(Locale.ENGLISH);
    logAsFits(command);
    boolean isService = command.equals("daemon");
    // Sessions of the previous daemon wait for the service. So load the logger, the slowest part,
    // in parallel, and register no other command.
    CompletableFuture<Void> logging =
        isService
            ? CompletableFuture.runAsync(LoggerFactory::getILoggerFactory)
            : CompletableFuture.completedFuture(null);
    StopSignal stopSignal = new StopSignal();
    stopSignal.install();
    int exitCode = 1;
    try {
      // A daemon inside a demo is not the systemd service, even if systemd runs the demo.
      DaemonHost host = new SluiceHost(buildInfo(), isService ? System.getenv() : Map.of());
      // Not System.out: it swallows errors.
      PrintWriter out =
          new PrintWriter(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
      CommandLine commandLine =
          isService
              ? SluiceCommand.only(version(), List.of(new DaemonCommand(host, stopSignal)))
              : commandLine(host, stopSignal);
      logging.join();
      exitCode = commandLine.setOut(out).execute(arguments);
    } finally {
      stopSignal.finished(exitCode); // otherwise the JVM waits for the command, even if it threw
    }
    System.exit(exitCode);
  }

  /**
   * Sends logs to standard error for all commands but the service: their standard output is the
   * result. A bench or a diagnosis drops records on purpose, so the daemon's warnings are noise.
   * Must run before the first logger is created.
   */
  private static void logAsFits(String command) {
    if (!command.equals("daemon")) {
      boolean isLosingOnPurpose = command.equals("bench") || command.equals("diagnose");
      System.setProperty("sluice.log.target", "System.err");
      if (System.getProperty("sluice.log.level") == null) {
        System.setProperty("sluice.log.level", isLosingOnPurpose ? "ERROR" : "WARN");
      }
    }
  }

  private static String version() {
    BuildInfo build = buildInfo();
    return "sluice "
        + build.version()
        + " (revision "
        + build.revision()
        + ", Java "
        + build.javaVersion()
        + ")";
  }

  static CommandLine commandLine(DaemonHost host, StopSignal stopSignal) {
    return SluiceCommand.commandLine(
        version(),
        List.of(
            new DemoCommand(host, stopSignal),
            new DaemonCommand(host, stopSignal),
            new ProduceCommand(stopSignal),
            new SimplerCommand(host, stopSignal),
            new StatusCommand(stopSignal),
            new DropsCommand(),
            new CapturesCommand(stopSignal),
            new VerifyCommand(stopSignal),
            new ExportCommand(stopSignal),
            new SnapshotCommand(),
            new DetachCommand(stopSignal),
            new ReloadCommand(),
            new LogLevelCommand(),
            new DoctorCommand(),
            new BenchCommand(host, stopSignal),
            new DiagnoseCommand(host, new DiagnoseProbes(), stopSignal)));
  }

  /**
   * Reads the manifest of our jar; "unknown" if the classes are not in a jar, or git was missing.
   */
  static BuildInfo buildInfo() {
    String version = UNKNOWN;
    String revision = UNKNOWN;
    try {
      Enumeration<URL> manifests =
          Sluice.class.getClassLoader().getResources("META-INF/MANIFEST.MF");
      while (manifests.hasMoreElements()) {
        try (InputStream stream = manifests.nextElement().openStream()) {
          Attributes attributes = new Manifest(stream).getMainAttributes();
          if (Sluice.class.getName().equals(attributes.getValue(Attributes.Name.MAIN_CLASS))) {
            version = known(attributes.getValue(Attributes.Name.IMPLEMENTATION_VERSION));
            revision = known(attributes.getValue("Implementation-Revision"));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the manifest of the Sluice jar", e);
    }
    return new BuildInfo(version, revision, System.getProperty("java.version"));
  }

  /** Maps an unset value to "unknown": a build without git leaves the placeholder in place. */
  private static String known(String value) {
    return value == null || value.isEmpty() || value.startsWith("${") ? UNKNOWN : value;
  }
}
