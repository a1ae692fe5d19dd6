package dev.sluice.service.security;

import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads one {@code web-config.yml} and the files it names. Refuses unknown and unsupported
 * settings: silently ignoring a security setting is worse than an error.
 */
final class WebConfigReader {
  private static final int MAX_FILE_BYTES = 1 << 20;
  private static final Pattern HASH = Pattern.compile("\\$2[abxy]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");

  /** A check takes about 4 seconds at cost 16, and twice as long with each step. */
  private static final int MAX_COST = 16;

  private static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");
  private static final Set<String> HEADERS =
      Set.of(
          "content-security-policy",
          "x-frame-options",
          "x-content-type-options",
          "x-xss-protection",
          "strict-transport-security");

  private final Path file;
  private final List<FileState> read = new ArrayList<>();

  WebConfigReader(Path file) {
    this.file = file;
  }

  /** Returns every file read so far with its state at that time: a change triggers a reload. */
  List<FileState> filesRead() {
    return List.copyOf(read);
  }

  WebConfig read() throws WebConfigException {
    YamlSection root = new YamlSection("", parse());
    root.only("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit");
    Optional<YamlSection> tls = root.section("tls_server_config");
    return new WebConfig(
        tls.isPresent() ? Optional.of(tls(tls.get())) : Optional.empty(),
        headers(root),
        users(root),
        rateLimit(root));
  }

  private Object parse() throws WebConfigException {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file.toString())
            .setAllowDuplicateKeys(false)
            .setCodePointLimit(MAX_FILE_BYTES)
            .build();
    String text = text(file, "this file");
    try {
      Object root = new Load(settings).loadFromString(text);
      return root == null ? Map.of() : root;
    } catch (MarkedYamlEngineException e) {
      // The message quotes the line, which may contain a secret.
      String line = e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1)).orElse("a line");
      throw new WebConfigException(line + " is not valid YAML: " + e.getProblem());
    } catch (YamlEngineException | NumberFormatException e) {
      // NumberFormatException for a truncated escape.
      throw new WebConfigException("is not readable YAML");
    }
  }

  private String text(Path path, String what) throws WebConfigException {
    read.add(FileState.of(path)); // before reading: a concurrent change triggers another reload
    try {
      if (Files.size(path) > MAX_FILE_BYTES) {
        throw new WebConfigException(what + ": " + path + " is larger than a megabyte");
      }
      return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new WebConfigException(what + ": cannot read " + path + ": " + IoReason.of(e));
    }
  }

  private WebConfig.Tls tls(YamlSection tls) throws WebConfigException {
    tls.only(
        "cert_file",
        "cert",
        "key_file",
        "key",
        "client_ca_file",
        "client_ca",
        "client_auth_type",
        "client_allowed_sans",
        "min_version",
        "max_version",
        "cipher_suites",
        "prefer_server_cipher_suites",
        "curve_preferences");
    if (!tls.list("curve_preferences").isEmpty()) {
      throw tls.wrong("curve_preferences", "cannot be set: Java's own curves are used");
    }
    tls.bool("prefer_server_cipher_suites"); // known, but the server's order is always used
    Optional<WebConfig.Pem> certificate = pem(tls, "cert");
    Optional<WebConfig.Pem> key = pem(tls, "key");
    if (certificate.isEmpty() || key.isEmpty()) {
      throw tls.wrong(certificate.isEmpty() ? "cert_file" : "key_file", "is missing");
    }
    Optional<WebConfig.Pem> clientCa = pem(tls, "client_ca");
    WebConfig.ClientAuth clientAuth = clientAuth(tls);
    if (clientAuth.verifies() != clientCa.isPresent()) {
      throw clientCa.isPresent()
          ? tls.wrong("client_auth_type", "a client_ca_file needs one that verifies")
          : tls.wrong("client_ca_file", "is missing, and client_auth_type needs one");
    }
    List<String> names = tls.list("client_allowed_sans");
    if (!names.isEmpty() && !clientAuth.verifies()) {
      throw tls.wrong("client_allowed_sans", "needs a client_auth_type that verifies");
    }
    return new WebConfig.Tls(
        certificate.get(), key.get(), clientCa, clientAuth, names, protocols(tls), ciphers(tls));
  }

  /** Reads PEM text from the file itself, or from another file whose path is relative to it. */
  private Optional<WebConfig.Pem> pem(YamlSection tls, String key) throws WebConfigException {
    Optional<String> inline = tls.text(key);
    Optional<String> named = tls.text(key + "_file");
    if (inline.isPresent() && named.isPresent()) {
      throw tls.wrong(key, "conflicts with " + key + "_file; set only one");
    }
    if (inline.isPresent()) {
      return Optional.of(new WebConfig.Pem("tls_server_config." + key, inline.get()));
    }
    if (named.isEmpty()) {
      return Optional.empty();
    }
    String origin = "tls_server_config." + key + "_file";
    return Optional.of(new WebConfig.Pem(origin, text(file.resolveSibling(named.get()), origin)));
  }

  private static WebConfig.ClientAuth clientAuth(YamlSection tls) throws WebConfigException {
    String given = tls.text("client_auth_type").orElse("NoClientCert");
    List<String> known = new ArrayList<>();
    for (WebConfig.ClientAuth auth : WebConfig.ClientAuth.values()) {
      if (auth.label().equals(given)) {
        return auth;
      }
      known.add(auth.label());
    }
    throw tls.wrong("client_auth_type", "must be one of " + String.join(", ", known));
  }

  private static List<String> protocols(YamlSection tls) throws WebConfigException {
    int first = protocol(tls, "min_version", 0);
    int last = protocol(tls, "max_version", PROTOCOLS.size() - 1);
    if (first > last) {
      throw tls.wrong("max_version", "is before min_version");
    }
    return PROTOCOLS.subList(first, last + 1);
  }

  private static int protocol(YamlSection tls, String key, int otherwise)
      throws WebConfigException {
    Optional<String> given = tls.text(key);
    if (given.isEmpty()) {
      return otherwise;
    }
    int index = List.of("TLS12", "TLS13").indexOf(given.get());
    if (index < 0) {
      throw tls.wrong(key, "must be TLS12 or TLS13; older versions are not supported");
    }
    return index;
  }

  private static List<String> ciphers(YamlSection tls) throws WebConfigException {
    List<String> known = TlsContexts.supportedCiphers();
    List<String> ciphers = new ArrayList<>();
    for (String name : tls.list("cipher_suites")) {
      // Go omits the suffix if there is only one variant.
      String full = name.endsWith("_CHACHA20_POLY1305") ? name + "_SHA256" : name;
      if (!known.contains(full)) {
        throw tls.wrong("cipher_suites", "this Java has no " + name);
      }
      ciphers.add(full);
    }
    return ciphers;
  }

  private static Map<String, String> headers(YamlSection root) throws WebConfigException {
    Optional<YamlSection> http = root.section("http_server_config");
    if (http.isEmpty()) {
      return Map.of();
    }
    http.get().only("http2", "headers");
    http.get().bool("http2"); // accepted, but HTTP/2 is not supported
    Optional<YamlSection> section = http.get().section("headers");
    Map<String, String> headers = new LinkedHashMap<>();
    if (section.isPresent()) {
      for (String name : section.get().keys()) {
        String lower = name.toLowerCase(Locale.ROOT);
        String value = section.get().text(name).orElse("");
        if (!HEADERS.contains(lower)) {
          throw section.get().wrong(name, "only these can be set: " + sorted(HEADERS));
        }
        if (value.chars().anyMatch(c -> c < ' ' || c > '~')) {
          throw section.get().wrong(name, "has a character that is not allowed in a header");
        }
        if (!value.isEmpty()) {
          headers.put(lower, value);
        }
      }
    }
    return headers;
  }

  private static Map<String, String> users(YamlSection root) throws WebConfigException {
    Optional<YamlSection> section = root.section("basic_auth_users");
    Map<String, String> users = new HashMap<>();
    if (section.isPresent()) {
      for (String user : section.get().keys()) {
        String hash = section.get().text(user).orElse("");
        Matcher parts = HASH.matcher(hash);
        if (!parts.matches()) {
          throw section
              .get()
              .wrong(user, "is not a bcrypt hash; make one with htpasswd -nBC 10 \"\"");
        }
        int cost = Integer.parseInt(parts.group(1));
        if (cost < 4 || cost > MAX_COST) {
          throw section.get().wrong(user, "the cost of the hash must be 4 to " + MAX_COST);
        }
        users.put(user, hash);
      }
    }
    return users;
  }

  private static Optional<WebConfig.RateLimit> rateLimit(YamlSection root)
      throws WebConfigException {
    Optional<YamlSection> section = root.section("rate_limit");
    if (section.isEmpty()) {
      return Optional.empty();
    }
    section.get().only("interval", "burst");
    long interval;
    int burst;
    try {
      String text = section.get().text("interval").orElse("0s");
      interval = text.equals("0") ? 0 : Quantities.nanos(text);
      burst = Integer.parseInt(section.get().text("burst").orElse("1"));
    } catch (IllegalArgumentException e) {
      throw section.get().wrong("interval", "write a duration such as 100ms, and a whole burst");
    }
    if (burst < 1) {
      throw section.get().wrong("burst", "must be at least 1");
    }
    return interval == 0 ? Optional.empty() : Optional.of(new WebConfig.RateLimit(interval, burst));
  }

  private static String sorted(Set<String> names) {
    String[] sorted = names.toArray(String[]::new);
    Arrays.sort(sorted);
    return String.join(", ", sorted);
  }
}
