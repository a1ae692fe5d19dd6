/** Shared by the tests that generate pages under docs/ from declarations in the code. */
package dev.sluice.docs;
