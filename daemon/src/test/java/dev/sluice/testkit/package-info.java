/**
 * Stand-ins for the outside world: a device that shares the host's memory and is stepped on one
 * thread, a manual clock, a writer of synthetic records. Written from abi.md, not from the code
 * under test.
 */
package dev.sluice.testkit;
