/**
 * What tests play the outside world with: a device that works on the same bytes as the host and is
 * stepped on one thread, a clock that is moved by hand, the writer of synthetic records. Written
 * from abi.md and not from the code under test.
 */
package dev.sluice.testkit;
