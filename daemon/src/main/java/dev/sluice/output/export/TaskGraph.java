package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Dependencies between tasks, and the kernels of each task: the runtime's {@code deps.json}. Tasks
 * are nodes numbered by ascending task id; edges are in two arrays, by predecessor and by
 * successor. Parsed as a stream into arrays of longs and ints, so that a graph of millions of edges
 * fits into the heap. Immutable.
 *
 * <p>Ids are numbers or quoted numbers, depending on the version of the runtime. Duplicate edges
 * are merged. Rows without the required ids are skipped and counted.
 */
public final class TaskGraph {
  /** A graph without nodes or edges. */
  public static final TaskGraph NONE = new TaskGraph(new long[0], new long[0], 0);

  static final int NO_NODE = -1;
  private static final int NO_KERNEL = -1;
  private static final int KERNELS = 3;
  private static final int TASK_FIELDS = 1 + KERNELS;

  private final long[] taskIds;
  // Sorted edges: source node in the high half, target node in the low half.
  private final long[] outgoing;
  // The same edges with the halves swapped.
  private final long[] incoming;
  private final int[] kernels;
  private final long skippedRows;

  /**
   * @param pairs alternating predecessors and successors
   * @param tasks groups of a task id and three kernel ids
   */
  TaskGraph(long[] pairs, long[] tasks, long skippedRows) {
    this.skippedRows = skippedRows;
    LongStream described =
        IntStream.range(0, tasks.length / TASK_FIELDS).mapToLong(i -> tasks[i * TASK_FIELDS]);
    taskIds = LongStream.concat(Arrays.stream(pairs), described).sorted().distinct().toArray();
    kernels = new int[taskIds.length * KERNELS];
    Arrays.fill(kernels, NO_KERNEL);
    for (int i = 0; i < tasks.length; i += TASK_FIELDS) {
      int node = node(tasks[i]);
      for (int k = 0; k < KERNELS; k++) {
        kernels[node * KERNELS + k] = (int) tasks[i + 1 + k];
      }
    }
    outgoing =
        IntStream.range(0, pairs.length / 2)
            .mapToLong(i -> pair(node(pairs[2 * i]), node(pairs[2 * i + 1])))
            .sorted()
            .distinct()
            .toArray();
    incoming = Arrays.stream(outgoing).map(edge -> Long.rotateLeft(edge, 32)).sorted().toArray();
  }

  private static long pair(int from, int to) {
    return ((long) from << Integer.SIZE) | to;
  }

  /** Returns the index of the first edge with a node in its high half. */
  private static int first(long[] edges, int node) {
    int found = Arrays.binarySearch(edges, pair(node, 0));
    return found < 0 ? -found - 1 : found;
  }

  /**
   * @throws ExportException if the file is missing or not a dependency file
   */
  public static TaskGraph read(Path file) throws IOException {
    LongStream.Builder pairs = LongStream.builder();
    LongStream.Builder tasks = LongStream.builder();
    long skipped = 0;
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = new JsonFactory().createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ExportException("not a dependency file: " + file + " is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isEdges = parser.currentName().equals("edges");
        boolean isWanted = isEdges || parser.currentName().equals("tasks");
        if (parser.nextToken() != JsonToken.START_ARRAY || !isWanted) {
          parser.skipChildren();
          continue;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          boolean isRow = parser.currentToken() == JsonToken.START_OBJECT;
          Map<String, Object> row = isRow ? JSON.std.mapFrom(parser) : Map.of();
          skipped += (isEdges ? addEdge(row, pairs) : addTask(row, tasks)) ? 0 : 1;
          parser.skipChildren();
        }
      }
      return new TaskGraph(pairs.build().toArray(), tasks.build().toArray(), skipped);
    } catch (NoSuchFileException e) {
      throw new ExportException("no such dependency file: " + file, e);
    } catch (JsonProcessingException e) {
      throw new ExportException("not a dependency file: " + file + ": " + NameMap.firstLine(e), e);
    }
  }

  private static boolean addEdge(Map<String, Object> row, LongStream.Builder pairs) {
    Long predecessor = number(row.get("pred"));
    Long successor = number(row.get("succ"));
    if (predecessor == null || successor == null) {
      return false;
    }
    pairs.add(predecessor).add(successor);
    return true;
  }

  private static boolean addTask(Map<String, Object> row, LongStream.Builder tasks) {
    Long id = number(row.get("task_id"));
    if (id == null) {
      return false;
    }
    tasks.add(id);
    // With fewer than three ids, it is unknown which core runs what.
    List<?> ids =
        row.get("kernel_ids") instanceof List<?> all && all.size() == KERNELS ? all : null;
    for (int i = 0; i < KERNELS; i++) {
      Long kernel = ids == null ? null : number(ids.get(i));
      tasks.add(kernel == null ? NO_KERNEL : kernel);
    }
    return true;
  }

  /** Parses a 64-bit number, quoted or not; returns null for anything that is not one. */
  private static Long number(Object value) {
    String text = String.valueOf(value).strip();
    try {
      return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Rows of the file without the required ids. */
  public long skippedRows() {
    return skippedRows;
  }

  int nodes() {
    return taskIds.length;
  }

  /** Returns the node of a task, or {@link #NO_NODE}. */
  int node(long taskId) {
    int found = taskIds.length == 0 ? NO_NODE : Arrays.binarySearch(taskIds, taskId);
    return found < 0 ? NO_NODE : found;
  }

  long taskId(int node) {
    return taskIds[node];
  }

  /** Returns the tasks that wait for a task, by ascending id. */
  int[] successors(int node) {
    return ends(outgoing, node);
  }

  /** Returns the tasks that a task waits for, by ascending id. */
  int[] predecessors(int node) {
    return ends(incoming, node);
  }

  private static int[] ends(long[] edges, int node) {
    int first = first(edges, node);
    int[] ends = new int[first(edges, node + 1) - first];
    Arrays.setAll(ends, i -> (int) edges[first + i]);
    return ends;
  }

  /** Returns the number of an edge; edges that leave one task are numbered consecutively. */
  int edge(int from, int to) {
    return Arrays.binarySearch(outgoing, pair(from, to));
  }

  int edges() {
    return outgoing.length;
  }

  /**
   * Returns the function that a task runs on a core, or -1. A task names one for AIC and one for
   * each of the two AIVs of a block; if it names only one AIV function, both run that one.
   */
  int kernel(int node, boolean isAic, int aivOfBlock) {
    int first = node * KERNELS;
    if (isAic) {
      return kernels[first];
    }
    int own = kernels[first + 1 + aivOfBlock];
    return own != NO_KERNEL ? own : kernels[first + 2 - aivOfBlock];
  }
}
