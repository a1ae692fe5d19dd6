/**
 * The wire format as values: eight layouts (four generations, two platforms), field offsets, record
 * decoding and the synthetic content. The lowest layer: everything that touches device bytes takes
 * its numbers from here, and nothing here touches memory that it was not given. Little endian
 * throughout; sizes and offsets are in bytes, indices and counts in entries.
 */
package dev.sluice.abi;
