/**
 * The wire format as values: six layouts (three generations, two platforms), field offsets, record
 * decoding and the synthetic content. Ground floor: everything that touches device bytes takes its
 * numbers from here, and nothing here touches memory that it was not handed. Little endian
 * throughout; sizes and offsets are bytes, indices and counts are entries.
 */
package dev.sluice.abi;
