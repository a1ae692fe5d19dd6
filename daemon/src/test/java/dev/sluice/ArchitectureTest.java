package dev.sluice;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Enforces the package dependencies. Each new package needs a row in the table. */
class ArchitectureTest {
  private static final String ROOT = "dev.sluice";

  private static final String[] GROUND_FLOOR = {"abi", "agent", "config", "counters"};

  /** Allowed imports by package, besides its own subpackages. */
  private static final Map<String, String[]> MAY_IMPORT =
      Map.ofEntries(
          Map.entry("bridge", none()),
          Map.entry("abi", none()),
          Map.entry("config", none()),
          Map.entry("counters", none()),
          Map.entry("agent", of("counters")),
          Map.entry("handoff", of("abi", "counters")),
          Map.entry("device", groundFloorAnd("bridge", "handoff")),
          // For the native loop of the record codec.
          Map.entry("output.capture", of("abi", "bridge", "config", "counters")),
          Map.entry("output.export", of("abi", "config", "counters", "output.capture")),
          Map.entry("ingest", groundFloorAnd("handoff", "output.capture")),
          Map.entry("headroom", of("counters", "config")),
          Map.entry(
              "session",
              groundFloorAnd("bridge", "device", "handoff", "headroom", "ingest", "output")),
          Map.entry("service", groundFloorAnd("headroom")),
          // For locating the native programs that the commands start.
          Map.entry("tool", of("abi", "config", "bridge", "headroom", "output")));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String[] none() {
    return new String[0];
  }

  private static String[] of(String... packages) {
    return packages;
  }

  private static String[] groundFloorAnd(String... packages) {
    String[] all = Arrays.copyOf(GROUND_FLOOR, GROUND_FLOOR.length + packages.length);
    System.arraycopy(packages, 0, all, GROUND_FLOOR.length, packages.length);
    return all;
  }

  private static String tree(String name) {
    return ROOT + "." + name + "..";
  }

  @Test
  void shouldImportOnlyWhatTheTableAllows() {
    MAY_IMPORT.forEach(
        (name, allowed) ->
            noClasses()
                .that()
                .resideInAPackage(tree(name))
                .should()
                .dependOnClassesThat(
                    resideInAPackage(ROOT + "..")
                        .and(not(resideInAPackage(tree(name))))
                        .and(
                            not(
                                resideInAnyPackage(
                                    Arrays.stream(allowed)
                                        .map(ArchitectureTest::tree)
                                        .toArray(String[]::new)))))
                .because("of the table of packages")
                .check(CLASSES));
  }

  @Test
  void shouldHaveARowForEveryPackage() {
    Set<String> packages =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(ROOT + "."))
            .map(name -> name.substring(ROOT.length() + 1))
            // Each output package has its own row.
            .map(name -> name.startsWith("output.") ? name : name.replaceFirst("\\..*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(MAY_IMPORT.keySet()), packages);
  }

  @Test
  void shouldLetNobodyImportTheRoot() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".*..")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT))
        .check(CLASSES);
  }

  /** The root package only creates the registry that it passes to the service. */
  @Test
  void shouldKeepServerAndMetricsLibrariesInTheService() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".*..")
        .and()
        .resideOutsideOfPackage(tree("service"))
        .should()
        .dependOnClassesThat(resideInAnyPackage("io.netty..", "io.micrometer..", "io.prometheus.."))
        .check(CLASSES);
  }

  @Test
  void shouldKeepJnaInTheBridge() {
    noClasses()
        .that()
        .resideOutsideOfPackage(tree("bridge"))
        .should()
        .dependOnClassesThat(resideInAPackage("com.sun.jna.."))
        .check(CLASSES);
  }

  @Test
  void shouldNotUseUnsafe() {
    noClasses()
        .should()
        .dependOnClassesThat(resideInAnyPackage("sun.misc..", "jdk.internal.."))
        .check(CLASSES);
  }

  @Test
  void shouldNeitherLockNorLogOnTheHotPath() {
    String[] hot = {tree("device"), tree("handoff"), tree("ingest")};
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(hot)
        .should()
        .haveModifier(JavaModifier.SYNCHRONIZED)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage(hot)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("java.util.concurrent..", "org.slf4j..", "java.util.logging.."))
        .check(CLASSES);
  }

  @Test
  void shouldDescribeEveryPackage() {
    classes()
        .should(
            new ArchCondition<>("be in a package with package-info") {
              @Override
              public void check(JavaClass item, ConditionEvents events) {
                boolean isDescribed = hasPackageInfo(item.getPackageName());
                events.add(
                    new SimpleConditionEvent(
                        item, isDescribed, item.getPackageName() + " has no package-info.java"));
              }
            })
        .check(CLASSES);
  }

  /** Checks the sources: a package-info without annotations produces no class file. */
  private static boolean hasPackageInfo(String name) {
    String file = "src/main/java/" + name.replace('.', '/') + "/package-info.java";
    Path module = Path.of("").toAbsolutePath();
    return Files.exists(module.resolve(file))
        || Files.exists(module.resolve("../native-bridge").resolve(file));
  }
}
