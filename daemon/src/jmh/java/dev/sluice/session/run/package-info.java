/** Cost of one buffer for each agent of a run. */
package dev.sluice.session.run;
