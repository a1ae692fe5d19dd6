/**
 * Interfaces and values shared by the daemon's sockets.
 *
 * <p>The attach, control and HTTP servers in the packages below never see the engine. They request
 * sessions through {@link dev.sluice.service.SessionBroker}, act through {@link
 * dev.sluice.service.ControlActions} and read through {@link dev.sluice.service.DaemonView}; the
 * composition root implements all three. The records here are immutable, keyed by the label strings
 * of {@link dev.sluice.service.Labels}, and thread-safe.
 */
package dev.sluice.service;
