package dev.sluice.output.export;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decodes a Perfetto trace like its trace processor, independently from the public description of
 * the format: sorts packets by time, pairs slices by nesting, and connects slices by flow id. Field
 * numbers are deliberately repeated here.
 */
final class PerfettoTrace {
  /** A declared track. */
  record Track(
      long uuid, long parent, String name, int pid, String processName, boolean isCounter) {}

  /** One slice and its annotations. */
  static final class SliceRead {
    long track;
    String name = "";
    String category = "";
    long beginNs;
    long endNs = -1;
    final Map<String, Long> annotations = new LinkedHashMap<>();
  }

  /** One value of a counter. */
  record Counter(long track, long timeNs, long value) {}

  /** A flow arrow. */
  record Arrow(SliceRead from, SliceRead to) {}

  private static final class Event {
    long timeNs;
    long track;
    int type;
    String name = "";
    String category = "";
    long value;
    final List<Long> counters = new ArrayList<>();
    final Map<String, Long> annotations = new LinkedHashMap<>();
    final List<Long> flows = new ArrayList<>();
  }

  private static final class Sequence {
    long defaultTrack;
    final List<Long> counterTracks = new ArrayList<>();
    long clockNs;
    long defaultClock = 6;
    boolean isValid;
    final Map<Long, String> names = new HashMap<>();
    final Map<Long, String> categories = new HashMap<>();
    final Map<Long, String> annotations = new HashMap<>();
  }

  final Map<Long, Track> tracks = new TreeMap<>();
  final List<SliceRead> slices = new ArrayList<>();
  final List<Counter> counters = new ArrayList<>();
  final List<Arrow> arrows = new ArrayList<>();

  /** Host clock snapshots by clock id: id, time. */
  final Map<Long, long[]> hostClocks = new HashMap<>();

  /** Process labels by pid. */
  final Map<Integer, String> labels = new HashMap<>();

  private final Map<Long, Sequence> sequences = new HashMap<>();
  private final List<Event> events = new ArrayList<>();

  PerfettoTrace(byte[] bytes) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    in.setSizeLimit(Integer.MAX_VALUE);
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      require(WireFormat.getTagFieldNumber(tag) == 1, "a trace has only packets");
      packet(in.readByteArray());
    }
    replay();
  }

  private static void require(boolean isTrue, String what) {
    if (!isTrue) {
      throw new AssertionError(what);
    }
  }

  private interface Field {
    /** Reads the field's value; returns false to skip it. */
    boolean read(int number, CodedInputStream in) throws IOException;
  }

  private static void message(byte[] bytes, Field field) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      if (!field.read(WireFormat.getTagFieldNumber(tag), in)) {
        require(in.skipField(tag), "a whole message");
      }
    }
  }

  private void packet(byte[] bytes) throws IOException {
    long[] sequenceId = {0};
    message(
        bytes,
        (number, in) -> {
          if (number == 10) {
            sequenceId[0] = in.readUInt32();
          }
          return number == 10;
        });
    require(sequenceId[0] != 0, "every packet has a sequence");
    Sequence sequence = sequences.computeIfAbsent(sequenceId[0], id -> new Sequence());
    long[] time = {-1, 0};
    byte[][] parts = new byte[4][];
    long[] flags = {0};
    message(
        bytes,
        (number, in) -> {
          switch (number) {
            case 6 -> parts[0] = in.readByteArray();
            case 8 -> time[0] = in.readUInt64();
            case 11 -> parts[1] = in.readByteArray();
            case 12 -> interned(sequence, in.readByteArray());
            case 13 -> flags[0] = in.readUInt32();
            case 58 -> time[1] = in.readUInt32();
            case 59 -> parts[3] = in.readByteArray();
            case 60 -> parts[2] = in.readByteArray();
            default -> {
              return false;
            }
          }
          return true;
        });
    if ((flags[0] & 1) != 0) {
      sequence.isValid = true;
    }
    if (parts[3] != null) {
      defaults(sequence, parts[3]);
    }
    if (parts[0] != null && sequenceId[0] == 1) {
      hostClocks.putAll(clocks(parts[0]));
    } else if (parts[0] != null) {
      sequence.clockNs = snapshot(parts[0]);
    }
    if (parts[2] != null) {
      descriptor(parts[2]);
    }
    if (parts[1] != null) {
      require((flags[0] & 2) != 0 && sequence.isValid, "state that an event needs");
      long clock = time[1] == 0 ? sequence.defaultClock : time[1];
      require(time[0] >= 0, "an event has a time");
      long now = clock == 6 ? time[0] : sequence.clockNs + time[0];
      if (clock != 6) {
        sequence.clockNs = now;
      }
      event(sequence, now, parts[1]);
    }
  }

  private static void interned(Sequence sequence, byte[] bytes) throws IOException {
    message(
        bytes,
        (number, in) -> {
          Map<Long, String> into =
              switch (number) {
                case 1 -> sequence.categories;
                case 2 -> sequence.names;
                case 3 -> sequence.annotations;
                default -> null;
              };
          if (into == null) {
            return false;
          }
          long[] iid = {0};
          String[] name = {""};
          message(
              in.readByteArray(),
              (entry, value) -> {
                switch (entry) {
                  case 1 -> iid[0] = value.readUInt64();
                  case 2 -> name[0] = value.readString();
                  default -> {
                    return false;
                  }
                }
                return true;
              });
          require(into.put(iid[0], name[0]) == null, "a name is sent once");
          return true;
        });
  }

  private static void defaults(Sequence sequence, byte[] bytes) throws IOException {
    message(
        bytes,
        (number, in) -> {
          switch (number) {
            case 58 -> sequence.defaultClock = in.readUInt32();
            case 11 ->
                message(
                    in.readByteArray(),
                    (field, value) -> {
                      if (field == 11) {
                        sequence.defaultTrack = value.readUInt64();
                      } else if (field == 31) {
                        sequence.counterTracks.add(value.readUInt64());
                      }
                      return field == 11 || field == 31;
                    });
            default -> {
              return false;
            }
          }
          return true;
        });
  }

  /** Returns the start of the sequence's incremental clock, which must agree with boot time. */
  private static long snapshot(byte[] bytes) throws IOException {
    Map<Long, long[]> clocks = clocks(bytes);
    require(clocks.get(64L)[3] == 1 && clocks.get(6L)[3] == 0, "64 is incremental, 6 is not");
    require(clocks.get(64L)[2] == clocks.get(6L)[2], "both begin together");
    return clocks.get(64L)[2];
  }

  private static Map<Long, long[]> clocks(byte[] bytes) throws IOException {
    Map<Long, long[]> clocks = new HashMap<>();
    message(
        bytes,
        (number, in) -> {
          long[] clock = new long[4];
          message(
              in.readByteArray(),
              (field, value) -> {
                clock[field] = value.readUInt64();
                return true;
              });
          clocks.put(clock[1], clock);
          return true;
        });
    return clocks;
  }

  private void descriptor(byte[] bytes) throws IOException {
    long[] numbers = new long[3];
    String[] names = {"", ""};
    boolean[] isCounter = {false};
    message(
        bytes,
        (number, in) -> {
          switch (number) {
            case 1 -> numbers[0] = in.readUInt64();
            case 2 -> names[0] = in.readString();
            case 3 ->
                message(
                    in.readByteArray(),
                    (field, value) -> {
                      switch (field) {
                        case 1 -> numbers[2] = value.readInt32();
                        case 6 -> names[1] = value.readString();
                        case 8 -> labels.put((int) numbers[2], value.readString());
                        default -> {
                          return false;
                        }
                      }
                      return true;
                    });
            case 5 -> numbers[1] = in.readUInt64();
            case 8 -> {
              in.readByteArray();
              isCounter[0] = true;
            }
            default -> {
              return false;
            }
          }
          return true;
        });
    Track track =
        new Track(numbers[0], numbers[1], names[0], (int) numbers[2], names[1], isCounter[0]);
    require(tracks.put(track.uuid(), track) == null, "a track is declared once");
    require(track.parent() == 0 || tracks.containsKey(track.parent()), "a parent comes first");
  }

  private void event(Sequence sequence, long timeNs, byte[] bytes) throws IOException {
    Event event = new Event();
    event.timeNs = timeNs;
    event.track = sequence.defaultTrack;
    message(
        bytes,
        (number, in) -> {
          switch (number) {
            case 3 -> event.category = known(sequence.categories, in.readUInt64());
            case 4 -> annotation(sequence, event, in.readByteArray());
            case 9 -> event.type = in.readUInt32();
            case 10 -> event.name = known(sequence.names, in.readUInt64());
            case 11 -> event.track = in.readUInt64();
            case 23 -> event.name = in.readString();
            case 12 -> event.counters.add(in.readInt64());
            case 30 -> event.value = in.readInt64();
            case 47 -> event.flows.add(in.readFixed64());
            default -> throw new AssertionError("field " + number + " of an event");
          }
          return true;
        });
    require(tracks.containsKey(event.track), "an event's track is declared");
    for (int i = 0; i < event.counters.size(); i++) {
      long track = sequence.counterTracks.get(i);
      require(tracks.get(track).isCounter(), "a counter's track is one");
      counters.add(new Counter(track, event.timeNs, event.counters.get(i)));
    }
    if (event.type == 4) {
      require(tracks.get(event.track).isCounter(), "a counter's track is one");
      counters.add(new Counter(event.track, event.timeNs, event.value));
    } else {
      require(!tracks.get(event.track).isCounter(), "a slice is on a counter track");
      events.add(event);
    }
  }

  private static String known(Map<Long, String> names, long iid) {
    String name = names.get(iid);
    require(name != null, "name " + iid + " was sent before");
    return name;
  }

  private static void annotation(Sequence sequence, Event event, byte[] bytes) throws IOException {
    String[] name = {""};
    long[] content = {0};
    message(
        bytes,
        (number, in) -> {
          switch (number) {
            case 1 -> name[0] = known(sequence.annotations, in.readUInt64());
            case 3, 4 -> content[0] = in.readInt64();
            default -> throw new AssertionError("field " + number + " of an annotation");
          }
          return true;
        });
    event.annotations.put(name[0], content[0]);
  }

  private void replay() {
    events.sort(Comparator.comparingLong(event -> event.timeNs));
    Map<Long, Deque<SliceRead>> open = new HashMap<>();
    Map<Long, SliceRead> flowAt = new HashMap<>();
    Map<Long, Integer> flowEnds = new HashMap<>();
    for (Event event : events) {
      Deque<SliceRead> stack = open.computeIfAbsent(event.track, t -> new ArrayDeque<>());
      SliceRead slice = null;
      switch (event.type) {
        case 1 -> {
          slice = new SliceRead();
          slice.track = event.track;
          slice.name = event.name;
          slice.category = event.category;
          slice.beginNs = event.timeNs;
          slice.annotations.putAll(event.annotations);
          slices.add(slice);
          stack.push(slice);
        }
        case 2 -> {
          require(!stack.isEmpty(), "an end has a beginning");
          slice = stack.pop();
          slice.endNs = event.timeNs;
        }
        default -> throw new AssertionError("type " + event.type);
      }
      for (long flow : event.flows) {
        flowEnds.merge(flow, 1, Integer::sum);
        SliceRead before = flowAt.put(flow, slice);
        if (before != null) {
          arrows.add(new Arrow(before, slice));
        }
      }
    }
    flowEnds.forEach((id, ends) -> require(ends == 2, "arrow " + id + " has " + ends + " ends"));
    for (Deque<SliceRead> stack : open.values()) {
      require(stack.isEmpty(), "every slice ends");
    }
  }

  /** Returns process and name of a track. */
  String place(long uuid) {
    Track track = tracks.get(uuid);
    Track process = tracks.get(track.parent());
    return process.pid() + " " + process.processName() + "/" + track.name();
  }
}
