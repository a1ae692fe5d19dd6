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

/**
 * Which task waits for which, and which kernels a task runs: the runtime's {@code deps.json}. Tasks
 * are nodes numbered by ascending task id; edges lie in two arrays, by predecessor and by
 * successor. Read as a stream into arrays of longs and ints, so that a graph of millions of edges
 * fits into the heap. Immutable.
 */
public final class TaskGraph {
  /** No file: no nodes, no edges. */
  public static final TaskGraph NONE = new TaskGraph(new LongList(), new LongList());

  static final int NO_NODE = -1;
  private static final int NO_KERNEL = -1;
  private static final int KERNELS = 3;

  private final long[] taskIds;
  private final int[] successorsFrom;
  private final int[] successors;
  private final int[] predecessorsFrom;
  private final int[] predecessors;
  // By predecessor's edge order: the number of an edge is its place in successors.
  private final int[] incomingEdges;
  private final int[] kernels;
  private final int[] blocks;

  /**
   * @param edges predecessor, successor, and so on
   * @param tasks task id, three kernel ids, block count, and so on
   */
  TaskGraph(LongList edges, LongList tasks) {
    int taskFields = 1 + KERNELS + 1;
    long[] ids = new long[edges.size() + tasks.size() / taskFields];
    int count = 0;
    for (int i = 0; i < edges.size(); i++) {
      ids[count++] = edges.get(i);
    }
    for (int i = 0; i < tasks.size(); i += taskFields) {
      ids[count++] = tasks.get(i);
    }
    taskIds = Arrays.stream(ids).sorted().distinct().toArray();
    kernels = new int[taskIds.length * KERNELS];
    Arrays.fill(kernels, NO_KERNEL);
    blocks = new int[taskIds.length];
    Arrays.fill(blocks, 1);
    for (int i = 0; i < tasks.size(); i += taskFields) {
      int node = node(tasks.get(i));
      for (int k = 0; k < KERNELS; k++) {
        kernels[node * KERNELS + k] = (int) tasks.get(i + 1 + k);
      }
      blocks[node] = (int) tasks.get(i + 1 + KERNELS);
    }

    int edgeCount = edges.size() / 2;
    successorsFrom = new int[taskIds.length + 1];
    predecessorsFrom = new int[taskIds.length + 1];
    int[] from = new int[edgeCount];
    int[] to = new int[edgeCount];
    for (int edge = 0; edge < edgeCount; edge++) {
      from[edge] = node(edges.get(2 * edge));
      to[edge] = node(edges.get(2 * edge + 1));
      successorsFrom[from[edge] + 1]++;
      predecessorsFrom[to[edge] + 1]++;
    }
    Arrays.parallelPrefix(successorsFrom, Integer::sum);
    Arrays.parallelPrefix(predecessorsFrom, Integer::sum);
    successors = new int[edgeCount];
    predecessors = new int[edgeCount];
    incomingEdges = new int[edgeCount];
    int[] nextSuccessor = successorsFrom.clone();
    int[] nextPredecessor = predecessorsFrom.clone();
    for (int edge = 0; edge < edgeCount; edge++) {
      int outgoing = nextSuccessor[from[edge]]++;
      successors[outgoing] = to[edge];
      int incoming = nextPredecessor[to[edge]]++;
      predecessors[incoming] = from[edge];
      incomingEdges[incoming] = outgoing;
    }
  }

  /**
   * @throws ExportException if the file is missing or is no dependency file
   */
  public static TaskGraph read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = new JsonFactory().createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ExportException(file + " is no dependency file: it holds no object");
      }
      LongList edges = new LongList();
      LongList tasks = new LongList();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        parser.nextToken();
        if (key.equals("edges") && parser.currentToken() == JsonToken.START_ARRAY) {
          readEdges(parser, edges);
        } else if (key.equals("tasks") && parser.currentToken() == JsonToken.START_ARRAY) {
          readTasks(parser, tasks);
        } else {
          parser.skipChildren();
        }
      }
      return new TaskGraph(edges, tasks);
    } catch (NoSuchFileException e) {
      throw new ExportException("there is no dependency file " + file, e);
    } catch (JsonProcessingException e) {
      throw new ExportException(
          file + " is no dependency file: " + NameMap.firstLine(e), e);
    }
  }

  private static void readEdges(JsonParser parser, LongList edges) throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      long predecessor = 0;
      long successor = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        parser.nextToken();
        switch (key) {
          case "pred" -> predecessor = parser.getLongValue();
          case "succ" -> successor = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
      edges.add(predecessor);
      edges.add(successor);
    }
  }

  private static void readTasks(JsonParser parser, LongList tasks) throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      long taskId = 0;
      long blockCount = 1;
      long[] kernelIds = {NO_KERNEL, NO_KERNEL, NO_KERNEL};
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        parser.nextToken();
        switch (key) {
          case "task_id" -> taskId = parser.getLongValue();
          case "block_num" -> blockCount = parser.getLongValue();
          case "kernel_ids" -> readKernels(parser, kernelIds);
          default -> parser.skipChildren();
        }
      }
      tasks.add(taskId);
      for (long kernel : kernelIds) {
        tasks.add(kernel);
      }
      tasks.add(blockCount);
    }
  }

  private static void readKernels(JsonParser parser, long[] kernelIds) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return;
    }
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (count < kernelIds.length && parser.currentToken().isNumeric()) {
        kernelIds[count] = parser.getLongValue();
      }
      count++;
    }
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
    return successorsFrom[node];
  }

  int outgoingCount(int node) {
    return successorsFrom[node + 1] - successorsFrom[node];
  }

  int successor(int edge) {
    return successors[edge];
  }

  int incomingCount(int node) {
    return predecessorsFrom[node + 1] - predecessorsFrom[node];
  }

  /** The task at the other end of the i-th edge that arrives at a node. */
  int predecessor(int node, int i) {
    return predecessors[predecessorsFrom[node] + i];
  }

  /** The number of the i-th edge that arrives at a node. */
  int incomingEdge(int node, int i) {
    return incomingEdges[predecessorsFrom[node] + i];
  }

  int edges() {
    return successors.length;
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
