package dev.sluice.config;

/**
 * Everything that can be set, checked and frozen. Each part is a record of its own: pass a class
 * the part it uses, not the whole.
 */
public record Settings(
    HttpSettings http,
    LogSettings log,
    ControlSettings control,
    AttachSettings attach,
    ArenaSettings arena,
    ThreadingMode threading,
    DrainSettings drain,
    RefillSettings refill,
    CollectorSettings collector,
    CaptureSettings capture,
    JanitorSettings janitor,
    WatermarkSettings watermark,
    MetricsSettings metrics,
    HeadroomSettings headroom,
    DropSettings drops,
    DeviceFilter devices,
    PlacementSettings placement,
    CannSettings cann,
    FaultSettings faults) {}
