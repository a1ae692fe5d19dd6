/**
 * {@code sluice doctor}: what this host provides and lacks, with a remedy for each finding.
 *
 * <p>A check reads files under {@link dev.sluice.tool.doctor.HostFiles} and the settings, changes
 * nothing, and returns within milliseconds. An unreadable file is a finding, not an exception.
 */
package dev.sluice.tool.doctor;
