/** What single steps of the engine cost, by JMH; the whole is measured by {@code sluice bench}. */
package dev.sluice;
