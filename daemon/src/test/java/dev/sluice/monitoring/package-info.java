/**
 * The dashboards of deploy/grafana as code, and the consistency checks of dashboards, alert rules,
 * runbook and metrics: {@link dev.sluice.monitoring.Dashboards} defines the dashboards, {@link
 * dev.sluice.monitoring.GrafanaJson} writes them, and the tests check them.
 */
package dev.sluice.monitoring;
