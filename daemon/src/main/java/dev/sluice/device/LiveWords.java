package dev.sluice.device;

/** The device's words themselves, each read when it is asked for. */
public record LiveWords(DeviceMemory memory) implements ControlWords {
  @Override
  public boolean refresh() {
    return true; // there is nothing that could be old
  }

  @Override
  public boolean isLive() {
    return true;
  }

  @Override
  public int loadIntAcquire(int at) {
    return memory.loadIntAcquire(at);
  }

  @Override
  public long loadLongAcquire(int at) {
    return memory.loadLongAcquire(at);
  }
}
