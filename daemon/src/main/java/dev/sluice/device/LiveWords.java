package dev.sluice.device;

/** Reads the device's words directly at each load. */
public record LiveWords(DeviceMemory memory) implements ControlWords {
  @Override
  public boolean refresh() {
    return true; // live words are never stale
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
