/**
 * The composition root: builds the daemon from its parts, starts consumers before producers and
 * stops producers before consumers. It may import everything; nothing imports it.
 */
package dev.sluice;
