/**
 * What the daemon's sockets share: the questions they ask and the answers they get.
 *
 * <p>The attach, control and HTTP servers in the packages below never see the engine. They ask for
 * sessions through {@link dev.sluice.service.SessionBroker}, act through {@link
 * dev.sluice.service.ControlActions} and read through {@link dev.sluice.service.DaemonView}; the
 * composition root implements all three. The records here are immutable, keyed by the label strings
 * of {@link dev.sluice.service.Labels}, and safe for any thread.
 */
package dev.sluice.service;
