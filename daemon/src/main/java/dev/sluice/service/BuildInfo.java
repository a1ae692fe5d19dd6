package dev.sluice.service;

/** What runs: the version of the build, the revision of its source, the Java that runs it. */
public record BuildInfo(String version, String revision, String javaVersion) {}
