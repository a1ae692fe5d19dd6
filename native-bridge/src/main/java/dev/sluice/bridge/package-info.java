/**
 * The only package that calls native code: libc through JNA's direct mapping, and Sluice's own
 * native libraries and programs. Deals in bytes and addresses; does not depend on layouts, agents
 * or files.
 */
package dev.sluice.bridge;
