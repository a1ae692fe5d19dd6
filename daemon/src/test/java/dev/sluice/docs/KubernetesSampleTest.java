package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Checks deploy/container and deploy/kubernetes by parsing alone; no container engine is needed.
 */
class KubernetesSampleTest {
  private static final Path DEPLOY = Path.of(System.getProperty("basedir", "."), "..", "deploy");

  @TempDir Path directory;

  /** Returns the documents of a file; duplicate keys are an error. */
  private static List<Map<String, Object>> documents(String file) throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    List<Map<String, Object>> documents = new ArrayList<>();
    for (Object document :
        new Yaml(new SafeConstructor(options))
            .loadAll(Files.readString(DEPLOY.resolve("kubernetes").resolve(file)))) {
      documents.add(map(document));
    }
    return documents;
  }

  @SuppressWarnings("unchecked") // keys of these files are strings
  private static Map<String, Object> map(Object value) {
    assertTrue(value instanceof Map, () -> "no section: " + value);
    return (Map<String, Object>) value;
  }

  /** Resolves a dotted path; numbers are indices. */
  private static Object at(Object from, String path) {
    Object value = from;
    for (String step : path.split("\\.", -1)) {
      value =
          value instanceof List<?> list ? list.get(Integer.parseInt(step)) : map(value).get(step);
      assertNotNull(value, "nothing at " + step + " of " + path);
    }
    return value;
  }

  private static Map<String, Object> ofKind(String kind) throws IOException {
    return documents("sluice.yaml").stream()
        .filter(document -> kind.equals(document.get("kind")))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind));
  }

  @Test
  void shouldHaveWhatEveryObjectNeeds() throws IOException {
    List<Map<String, Object>> all = new ArrayList<>(documents("sluice.yaml"));
    all.addAll(documents("servicemonitor.yaml"));
    List<Object> kinds = all.stream().map(document -> document.get("kind")).toList();
    assertEquals(
        List.of("Namespace", "ConfigMap", "DaemonSet", "Service", "ServiceMonitor"), kinds);
    for (Map<String, Object> document : all) {
      assertNotNull(document.get("apiVersion"), document::toString);
      assertEquals("sluice", at(document, "metadata.name"));
      if (!"Namespace".equals(document.get("kind"))) {
        assertEquals("sluice", at(document, "metadata.namespace"));
      }
    }
  }

  @Test
  void shouldRunWithoutPrivilege() throws IOException {
    Object pod = at(ofKind("DaemonSet"), "spec.template.spec");
    assertEquals(true, at(pod, "securityContext.runAsNonRoot"));
    assertEquals("RuntimeDefault", at(pod, "securityContext.seccompProfile.type"));
    assertEquals(false, at(pod, "automountServiceAccountToken"));
    assertFalse(map(pod).containsKey("hostNetwork"));
    assertFalse(map(pod).containsKey("hostIPC"));
    for (String list : List.of("containers", "initContainers")) {
      for (Object container : (List<?>) at(pod, list)) {
        assertEquals(false, at(container, "securityContext.allowPrivilegeEscalation"));
        assertEquals(true, at(container, "securityContext.readOnlyRootFilesystem"));
        assertEquals(List.of("ALL"), at(container, "securityContext.capabilities.drop"));
        assertFalse(map(at(container, "securityContext")).containsKey("privileged"));
        assertNotNull(at(container, "resources.limits.memory"));
        assertFalse(map(at(container, "resources.limits")).containsKey("cpu"), "throttling drops");
      }
    }
    assertFalse(
        map(at(pod, "containers.0.securityContext.capabilities")).containsKey("add"),
        "the daemon itself needs no capability");
  }

  @Test
  void shouldMountAllThatIsDeclaredAndDeclareAllThatIsMounted() throws IOException {
    Object pod = at(ofKind("DaemonSet"), "spec.template.spec");
    Set<Object> declared =
        ((List<?>) at(pod, "volumes"))
            .stream().map(volume -> at(volume, "name")).collect(Collectors.toSet());
    Set<Object> mounted =
        ((List<?>) at(pod, "containers.0.volumeMounts"))
            .stream().map(mount -> at(mount, "name")).collect(Collectors.toSet());
    assertEquals(declared, mounted);
    Set<String> paths =
        ((List<?>) at(pod, "containers.0.volumeMounts"))
            .stream()
                .map(mount -> at(mount, "mountPath").toString())
                .collect(Collectors.toCollection(TreeSet::new));
    // The root file system is read-only: every written path is mounted, and /dev/shm has a size.
    assertTrue(paths.containsAll(Set.of("/run/sluice", "/var/lib/sluice", "/tmp", "/dev/shm")));
    assertTrue(
        ((List<?>) at(pod, "volumes"))
            .stream()
                .filter(volume -> "shm".equals(at(volume, "name")))
                .allMatch(volume -> at(volume, "emptyDir.sizeLimit") != null));
  }

  @Test
  void shouldProbeWhatTheDaemonServes() throws IOException {
    Object container = at(ofKind("DaemonSet"), "spec.template.spec.containers.0");
    assertEquals("/-/healthy", at(container, "livenessProbe.httpGet.path"));
    assertEquals("/-/ready", at(container, "readinessProbe.httpGet.path"));
    assertEquals("/-/ready", at(container, "startupProbe.httpGet.path"));
    Object port = at(container, "ports.0.name");
    for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      assertEquals(port, at(container, probe + ".httpGet.port"));
    }
    assertEquals(port, at(ofKind("Service"), "spec.ports.0.targetPort"));
    Object monitor = documents("servicemonitor.yaml").get(0);
    assertEquals(at(ofKind("Service"), "spec.ports.0.name"), at(monitor, "spec.endpoints.0.port"));
    assertEquals("/metrics", at(monitor, "spec.endpoints.0.path"));
  }

  @Test
  void shouldSelectItsOwnPods() throws IOException {
    Object labels = at(ofKind("DaemonSet"), "spec.template.metadata.labels");
    assertEquals(labels, at(ofKind("DaemonSet"), "spec.selector.matchLabels"));
    assertEquals(labels, at(ofKind("Service"), "spec.selector"));
    assertEquals(
        at(ofKind("Service"), "metadata.labels"),
        at(documents("servicemonitor.yaml").get(0), "spec.selector.matchLabels"));
  }

  @Test
  void shouldConfigureTheDaemonLegallyAndOnThePortThatIsProbed() throws IOException {
    Map<String, Object> data = map(at(ofKind("ConfigMap"), "data"));
    Path file =
        Files.writeString(directory.resolve("sluice.conf"), data.get("sluice.conf").toString());
    Settings settings =
        Configuration.load(new ConfigSources(Optional.of(file), Map.of(), List.of())).settings();
    assertEquals(
        at(ofKind("DaemonSet"), "spec.template.spec.containers.0.ports.0.containerPort"),
        settings.http().listen().port());
    assertEquals("0.0.0.0", settings.http().listen().host());
  }

  /** Checks that the image uses the cluster's non-root user, the port, and existing files. */
  @Test
  void shouldBuildAnImageForThatUserFromWhatIsThere() throws IOException {
    List<String> lines = Files.readAllLines(DEPLOY.resolve("container/Containerfile"));
    Object user = at(ofKind("DaemonSet"), "spec.template.spec.securityContext.runAsUser");
    assertTrue(lines.contains("USER " + user + ":" + user));
    assertTrue(lines.contains("EXPOSE 9797"));
    assertTrue(lines.contains("RUN deploy/container/stage /image"));
    assertTrue(Files.isExecutable(DEPLOY.resolve("container/stage")));
    assertTrue(Files.isExecutable(DEPLOY.resolve("packages/build")));
    assertEquals(2, lines.stream().filter(line -> line.startsWith("FROM ")).count());
  }
}
