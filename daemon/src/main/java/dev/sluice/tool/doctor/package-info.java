/**
 * {@code sluice doctor}: what this host has and lacks, each finding with what to do about it.
 *
 * <p>A check reads files under {@link dev.sluice.tool.doctor.HostFiles} and the settings, changes
 * nothing, and answers within milliseconds. What cannot be read is a finding, not an exception.
 */
package dev.sluice.tool.doctor;
