/**
 * The CANN libraries of an Ascend host, as far as profiling memory needs them: device memory, its
 * mapping into this process, and the routes by which another process can see it (abi.md 5.2, 5.5).
 *
 * <p>Nothing here is loaded before it is asked for, and a host without CANN gets an answer with a
 * cause. Every return code becomes words in one place, {@link dev.sluice.bridge.cann.CannCode}.
 *
 * <p>No call of this package has met hardware: signatures, values and codes are those of public
 * headers and documents, and the tests drive them against a stand-in with the same names.
 */
package dev.sluice.bridge.cann;
