package dev.sluice.output.export;

/**
 * What an export did.
 *
 * @param records records read, those outside the selection included
 * @param rows what was made of them: rows of tables, or tasks drawn
 * @param bytes written
 * @param aicpuWithoutAicore AICPU records left out of a trace for want of a partner
 * @param aicoreWithoutAicpu the other way round
 * @param givenUp tasks of a trace that waited for their phase, and submissions that waited for
 *     their task, until there were too many of them; drawn without
 */
public record ExportSummary(
    long records,
    long rows,
    long bytes,
    long aicpuWithoutAicore,
    long aicoreWithoutAicpu,
    long givenUp) {}
