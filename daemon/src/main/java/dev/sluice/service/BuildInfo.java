package dev.sluice.service;

/** The running program: version of the build, revision of its source, and Java version. */
public record BuildInfo(String version, String revision, String javaVersion) {}
