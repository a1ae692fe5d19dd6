/**
 * The only package that calls native code: libc through JNA's direct mapping, and the places of our
 * own native programs. Knows bytes and addresses; knows nothing of layouts, agents or files.
 */
package dev.sluice.bridge;
