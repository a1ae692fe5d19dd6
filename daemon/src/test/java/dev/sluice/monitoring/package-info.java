/**
 * The dashboards of deploy/grafana as code, and what holds dashboards, alert rules, runbook and
 * metrics together: {@link dev.sluice.monitoring.Dashboards} says what is shown, {@link
 * dev.sluice.monitoring.GrafanaJson} writes it, and the tests compare and check it.
 */
package dev.sluice.monitoring;
