package dev.sluice.tool.doctor;

/**
 * One line of the report.
 *
 * @param check a stable name, for scripts
 * @param found state of the host, one line
 * @param fix remedy; empty if none is needed
 */
public record Finding(String check, Grade grade, String found, String fix) {
  static Finding ok(String check, String found) {
    return new Finding(check, Grade.OK, found, "");
  }

  static Finding warn(String check, String found, String fix) {
    return new Finding(check, Grade.WARN, found, fix);
  }

  static Finding bad(String check, String found, String fix) {
    return new Finding(check, Grade.BAD, found, fix);
  }
}
