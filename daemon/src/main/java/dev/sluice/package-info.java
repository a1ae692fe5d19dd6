/**
 * The composition root: builds the daemon from its parts, starts consumers before producers and
 * stops producers before consumers. Everything may be imported here; nothing imports this package.
 */
package dev.sluice;
