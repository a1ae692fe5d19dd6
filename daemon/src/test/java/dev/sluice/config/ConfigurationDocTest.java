package dev.sluice.config;

import dev.sluice.docs.GeneratedDoc;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ConfigurationDocTest {
  @Test
  void shouldDocumentEveryKey() throws IOException {
    GeneratedDoc.assertUpToDate("configuration.md", render());
  }

  private static String render() {
    Configuration defaults = Configuration.load(ConfigSources.none());
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration

            <!-- Generated from ConfigKeys.java by ConfigurationDocTest. Do not edit. -->

            The file is [HOCON](https://github.com/lightbend/config/blob/main/HOCON.md). \
            `config/sluice.conf` is the commented reference with every default; it is also what is
            built in. A value is taken from the first of these that has it:

            1. `--set key=value` on the command line, the last one if there are several;
            2. the environment variable of the key;
            3. the file given with `--config`, else `/etc/sluice/sluice.conf` where there is one;
            4. the built-in reference.

            An unknown key is an error that names the nearest known one. A variable that begins with
            `SLUICE_` and the name of a section counts as a key; others are ignored. In `--set` and in
            variables a list is written with commas. `sluice daemon --check-config` checks without
            starting, `sluice daemon --print-config` prints the values in force and where each came
            from.

            SIGHUP, `sluice reload`, `systemctl reload sluice` and `POST /v1/reload` on the control
            socket read everything again. A configuration that is wrong anywhere changes nothing:
            the daemon keeps the old one and says why. Otherwise each changed key is in force when
            its column *changed* says. What needs a restart keeps its old value until then, and is
            named in the log, in the answer, in `/api/v1/status`, and counted in
            `sluice_config_restart_required`. The environment of a process does not change; only the
            file does.

            Sizes: `500MB` is decimal, `512MiB` is binary. Durations: `30us`, `1ms`, `10s`, `2m`.

            """);
    for (ConfigKey<?> key : ConfigKeys.all()) {
      page.append("## `").append(key.path()).append("`\n\n");
      page.append(wrap(key.doc())).append("\n\n");
      page.append("| default | allowed | variable | changed |\n|---|---|---|---|\n");
      page.append(
          String.format(
              "| `%s` | %s | `%s` | %s |%n%n",
              defaults.written(key),
              key.type().allowed(),
              key.environmentVariable(),
              key.applies().text()));
    }
    appendOwn(page);
    return page.toString().stripTrailing() + "\n";
  }

  private static void appendOwn(StringBuilder page) {
    page.append(
        """
        ## `sluice.device.ID`

        What a device may have of its own. `sluice.device.3.arena.bytes` is for device 3 what
        `sluice.arena.bytes` is for all others: same values, same time at which a change counts. A
        key that is not set here has the general value. In a file:

        ```
        sluice.device {
          3 { placement = device-copied, arena.bytes = 512MiB, capture.enabled = false }
        }
        ```

        | key | is for the device what |
        |---|---|
        """);
    DeviceKeys.all()
        .forEach(
            (name, general) ->
                page.append(
                    String.format("| `sluice.device.ID.%s` | `%s` |%n", name, general.path())));
    page.append("\nIts variable is that of any key: `SLUICE_DEVICE_3_ARENA_BYTES`.\n");
  }

  private static String wrap(String text) {
    return text.replaceAll("(.{1,100})(?: |$)", "$1\n").stripTrailing();
  }
}
