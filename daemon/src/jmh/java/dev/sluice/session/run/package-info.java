/** What one buffer costs each agent of a run. */
package dev.sluice.session.run;
