package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.docs.StructDiagram.Field;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AbiDocTest {
  private static final Path HEADER =
      Path.of(System.getProperty("basedir", "."), "..")
          .resolve("native-bridge/src/main/c/include/sluice_attach.h");
  private static final Pattern ATTACH_ROW =
      Pattern.compile("^\\| (?:ATTACH|ARENA|START|SETTLED)[^|]*\\| (`.*?) \\|", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("`([a-z_]+)`");

  @Test
  void shouldShowTheLayoutsOfTheCode() throws IOException {
    GeneratedDoc.assertBlocksUpToDate("abi.md", AbiTables.blocks());
  }

  @Test
  void shouldDescribeEveryFieldThatTheCodeHasAnOffsetFor() {
    AbiTables.fields()
        .forEach(
            (type, fields) -> {
              Set<String> described = fields.stream().map(Field::name).collect(Collectors.toSet());
              Set<String> missing =
                  Stream.of(type.getDeclaredFields())
                      .filter(field -> Modifier.isPublic(field.getModifiers()))
                      .map(field -> field.getName().toLowerCase(Locale.ROOT))
                      .filter(name -> name.endsWith("_offset") && !name.equals("free_queue_offset"))
                      .map(name -> name.substring(0, name.length() - "_offset".length()))
                      .filter(name -> !described.contains(name))
                      .collect(Collectors.toCollection(TreeSet::new));
              assertTrue(missing.isEmpty(), () -> type.getSimpleName() + " lacks " + missing);
            });
  }

  @Test
  void shouldNameFieldsOfTheAttachMessageThatExist() throws IOException {
    String header = Files.readString(HEADER);
    List<String> unknown = new ArrayList<>();
    Matcher row = ATTACH_ROW.matcher(GeneratedDoc.read("abi.md"));
    int rows = 0;
    while (row.find()) {
      rows++;
      Matcher name = NAME.matcher(row.group(1));
      while (name.find()) {
        if (!Pattern.compile("\\b" + name.group(1) + "(\\[\\w+\\])?;").matcher(header).find()) {
          unknown.add(name.group(1));
        }
      }
    }
    assertEquals(List.of(), unknown);
    assertTrue(rows >= 4, "the table of the attach message was not found");
  }

  @Test
  void shouldRefuseFieldsThatOverlap() {
    List<Field> overlapping = List.of(new Field("a", 0, "u64", ""), new Field("b", 4, "u32", ""));
    assertThrows(IllegalArgumentException.class, () -> new StructDiagram(16, overlapping));
  }
}
