package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Which task waits for which, and which kernels a task runs: the runtime's {@code deps.json}. Tasks
 * are nodes numbered by ascending task id; edges lie in two arrays, by predecessor and by
 * successor. Read as a stream into arrays of longs and ints, so that a graph of millions of edges
 * fits into the heap. Immutable.
 *
 * <p>Ids are numbers or quoted numbers, as the runtime's versions write them. An edge stands once,
 * however often the file names it. Rows without the ids that they need are skipped and counted.
 */
public final class TaskGraph {
  /** No file: no nodes, no edges. */
  public static final TaskGraph NONE = new TaskGraph(new long[0], new long[0], 0);

  static final int NO_NODE = -1;
  private static final int NO_KERNEL = -1;
  private static final int KERNELS = 3;
  private static final int TASK_FIELDS = 1 + KERNELS + 1;

  private final long[] taskIds;
  // Sorted edges: the node that they leave in the high half, the one they arrive at in the low one.
  private final long[] outgoing;
  private final int[] outgoingFrom;
  // Likewise with the halves swapped.
  private final long[] incoming;
  private final int[] incomingFrom;
  private final int[] kernels;
  private final int[] blocks;
  private final long skippedRows;

  /**
   * @param pairs predecessor, successor, and so on
   * @param tasks task id, three kernel ids, block count, and so on
   */
  TaskGraph(long[] pairs, long[] tasks, long skippedRows) {
    this.skippedRows = skippedRows;
    LongStream described =
        IntStream.range(0, tasks.length / TASK_FIELDS).mapToLong(i -> tasks[i * TASK_FIELDS]);
    taskIds = LongStream.concat(Arrays.stream(pairs), described).sorted().distinct().toArray();
    kernels = new int[taskIds.length * KERNELS];
    Arrays.fill(kernels, NO_KERNEL);
    blocks = new int[taskIds.length];
    Arrays.fill(blocks, 1);
    for (int i = 0; i < tasks.length; i += TASK_FIELDS) {
      int node = node(tasks[i]);
      for (int k = 0; k < KERNELS; k++) {
        kernels[node * KERNELS + k] = (int) tasks[i + 1 + k];
      }
      blocks[node] = (int) tasks[i + 1 + KERNELS];
    }
    outgoing =
        IntStream.range(0, pairs.length / 2)
            .mapToLong(i -> edge(node(pairs[2 * i]), node(pairs[2 * i + 1])))
            .sorted()
            .distinct()
            .toArray();
    incoming = Arrays.stream(outgoing).map(edge -> Long.rotateLeft(edge, 32)).sorted().toArray();
    outgoingFrom = firstOfNodes(outgoing);
    incomingFrom = firstOfNodes(incoming);
  }

  private static long edge(int from, int to) {
    return ((long) from << Integer.SIZE) | to;
  }

  private int[] firstOfNodes(long[] edges) {
    int[] first = new int[nodes() + 1];
    for (long edge : edges) {
      first[(int) (edge >>> Integer.SIZE) + 1]++;
    }
    Arrays.parallelPrefix(first, Integer::sum);
    return first;
  }

  /**
   * @throws ExportException if the file is missing or is no dependency file
   */
  public static TaskGraph read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = new JsonFactory().createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ExportException("not a dependency file: " + file + " holds no object");
      }
      Rows rows = new Rows();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        boolean isArray = parser.nextToken() == JsonToken.START_ARRAY;
        if (isArray && (key.equals("edges") || key.equals("tasks"))) {
          rows.read(parser, key.equals("edges"));
        } else {
          parser.skipChildren();
        }
      }
      return new TaskGraph(
          rows.pairs.build().toArray(), rows.tasks.build().toArray(), rows.skipped);
    } catch (NoSuchFileException e) {
      throw new ExportException("no such dependency file: " + file, e);
    } catch (JsonProcessingException e) {
      throw new ExportException("not a dependency file: " + file + ": " + NameMap.firstLine(e), e);
    }
  }

  /** The rows of a file while it is read. */
  private static final class Rows {
    private final LongStream.Builder pairs = LongStream.builder();
    private final LongStream.Builder tasks = LongStream.builder();
    private long skipped;

    void read(JsonParser parser, boolean isEdges) throws IOException {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() == null) {
          return; // the end of a file that is cut off
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          parser.skipChildren();
          skipped++;
          continue;
        }
        Long id = null;
        Long successor = null;
        long blockCount = 1;
        int[] kernelIds = {NO_KERNEL, NO_KERNEL, NO_KERNEL};
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          parser.nextToken();
          switch (key) {
            case "pred", "task_id" -> id = number(parser);
            case "succ" -> successor = number(parser);
            case "block_num" -> {
              Long blocks = number(parser);
              blockCount = blocks == null ? 1 : Math.max(1, Math.min(blocks, Integer.MAX_VALUE));
            }
            case "kernel_ids" -> kernelIds = kernels(parser);
            default -> parser.skipChildren();
          }
        }
        if (id == null || (isEdges && successor == null)) {
          skipped++;
        } else if (isEdges) {
          pairs.add(id).add(successor);
        } else {
          tasks.add(id);
          Arrays.stream(kernelIds).forEach(tasks::add);
          tasks.add(blockCount);
        }
      }
    }

    /** A number of 64 bits, quoted or not; null for anything else. */
    private static Long number(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_STRING
          && parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        parser.skipChildren();
        return null;
      }
      String text = parser.getText().strip();
      try {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
      } catch (NumberFormatException e) {
        return null;
      }
    }

    /** Three ids, or none: fewer say nothing of which core runs what. */
    private static int[] kernels(JsonParser parser) throws IOException {
      int[] ids = {NO_KERNEL, NO_KERNEL, NO_KERNEL};
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        parser.skipChildren();
        return ids;
      }
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY && parser.currentToken() != null) {
        Long id = number(parser);
        if (count < KERNELS) {
          ids[count] = id == null ? NO_KERNEL : (int) (long) id;
        }
        count++;
      }
      return count == KERNELS ? ids : new int[] {NO_KERNEL, NO_KERNEL, NO_KERNEL};
    }
  }

  /** Rows of the file that lack the ids that they need. */
  public long skippedRows() {
    return skippedRows;
  }

  int nodes() {
    return taskIds.length;
  }

  /** The node of a task, or {@link #NO_NODE}. */
  int node(long taskId) {
    int found = taskIds.length == 0 ? NO_NODE : Arrays.binarySearch(taskIds, taskId);
    return found < 0 ? NO_NODE : found;
  }

  long taskId(int node) {
    return taskIds[node];
  }

  /** Edges are numbered so that those leaving a node follow each other. */
  int firstOutgoing(int node) {
    return outgoingFrom[node];
  }

  int outgoingCount(int node) {
    return outgoingFrom[node + 1] - outgoingFrom[node];
  }

  int successor(int edge) {
    return (int) outgoing[edge];
  }

  int incomingCount(int node) {
    return incomingFrom[node + 1] - incomingFrom[node];
  }

  /** The task at the other end of the i-th edge that arrives at a node. */
  int predecessor(int node, int i) {
    return (int) incoming[incomingFrom[node] + i];
  }

  /** The number of the i-th edge that arrives at a node. */
  int incomingEdge(int node, int i) {
    return Arrays.binarySearch(outgoing, edge(predecessor(node, i), node));
  }

  int edges() {
    return outgoing.length;
  }

  /** In how many blocks the task runs. */
  int blocks(int node) {
    return blocks[node];
  }

  /**
   * The function that a task runs on a core, or -1. A task names one for AIC and one for each of
   * the two AIV of a block; where only one of these is named, it serves both.
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
