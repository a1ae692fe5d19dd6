/**
 * The CANN libraries of an Ascend host, as far as profiling memory needs them: device memory, its
 * mapping into this process, and the routes by which another process can import it
 * (docs/integrating-a-runtime.md, Which memory).
 *
 * <p>Nothing is loaded before it is requested, and a host without CANN gets an answer with a cause.
 * {@link dev.sluice.bridge.cann.CannCode} is the one place that translates return codes into text.
 *
 * <p>No call of this package has run on hardware: signatures, values and codes come from public
 * headers and documents, and the tests run them against a stand-in with the same names.
 */
package dev.sluice.bridge.cann;
