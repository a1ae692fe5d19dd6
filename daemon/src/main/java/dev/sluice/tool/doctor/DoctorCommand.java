package dev.sluice.tool.doctor;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Invocation;
import dev.sluice.tool.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Reports what this host provides and lacks. */
@Command(
    name = "doctor",
    description = {
      "Check this host against the configuration, and say how to fix each finding.",
      "Changes nothing. Run it as the service's user, to check that user's rights and limits.",
      "Exit code 1 if anything is bad; warnings alone are 0."
    },
    footer = {
      "",
      "Example: sudo -u sluice " + Invocation.PROGRAM + " doctor",
      "         "
          + Invocation.PROGRAM
          + " doctor --set sluice.placement.default=device-mapped --json"
    })
public final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "HOCON file. Default: /etc/sluice/sluice.conf if it exists.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key; overrides the file; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() {
    List<String> overrides =
        settings.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    Configuration configuration =
        Configuration.load(ConfigSources.of(Optional.ofNullable(config), overrides));
    List<Finding> findings = Doctor.ofThisHost(configuration.settings()).measure();
    if (isJson) {
      out().println(Json.print(json(findings)));
    } else {
      print(findings);
    }
    out().flush();
    return count(findings, Grade.BAD) > 0 ? ExitCode.FAILED : ExitCode.FINE;
  }

  private static long count(List<Finding> findings, Grade grade) {
    return findings.stream().filter(finding -> finding.grade() == grade).count();
  }

  private void print(List<Finding> findings) {
    int width = findings.stream().mapToInt(finding -> finding.check().length()).max().orElse(0);
    for (Finding finding : findings) {
      out()
          .printf(
              "%-4s  %-" + width + "s  %s%n",
              finding.grade().label(),
              finding.check(),
              finding.found());
      if (!finding.fix().isEmpty()) {
        out().printf("      %-" + width + "s  -> %s%n", "", finding.fix());
      }
    }
    out()
        .printf(
            "%n%d ok, %d warn, %d bad%n",
            count(findings, Grade.OK), count(findings, Grade.WARN), count(findings, Grade.BAD));
  }

  private static Map<String, Object> json(List<Finding> findings) {
    List<Map<String, Object>> checks = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, Object> check = new LinkedHashMap<>();
      check.put("check", finding.check());
      check.put("grade", finding.grade().label());
      check.put("found", finding.found());
      check.put("fix", finding.fix());
      checks.add(check);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    for (Grade grade : Grade.values()) {
      answer.put(grade.label(), count(findings, grade));
    }
    answer.put("checks", checks);
    return answer;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
