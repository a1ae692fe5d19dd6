#!/usr/bin/env node
// Compiles the dashboards against the types that Grafana publishes as the npm package @grafana/schema.
// Needs node, npm and a connection; installs into a temporary directory. Exit code 0: they fit.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'dashboards');
const types = '@grafana/schema/dist/esm/raw';
const panels = { stat: 'Stat', timeseries: 'TimeSeries' };
const work = mkdtempSync(join(tmpdir(), 'sluice-grafana-'));

// What only the Prometheus data source knows is not in the types of a dashboard.
function withoutDataSourceKeys(dashboard) {
  for (const annotation of dashboard.annotations.list) {
    for (const key of ['expr', 'step', 'titleFormat', 'textFormat']) delete annotation[key];
  }
  for (const variable of dashboard.templating.list) delete variable.definition;
  return dashboard;
}

try {
  execFileSync('npm', ['install', '--prefix', work, '--no-audit', '--no-fund', '@grafana/schema', 'typescript'], { stdio: 'ignore' });
  const code = [
    // JSON has the values of enumerations and not their names.
    'type Plain<T> = T extends string ? (string extends T ? string : `${T}`) : T extends number ? number',
    '  : T extends boolean ? boolean : T extends (infer U)[] ? Plain<U>[]',
    '  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;',
    `import type { Dashboard } from '${types}/dashboard/x/Dashboard_types.gen';`,
    ...Object.entries(panels).map(([type, name]) =>
      `import type * as ${type} from '${types}/composable/${type}/panelcfg/x/${name}PanelCfg_types.gen';`),
  ];
  for (const file of readdirSync(folder)) {
    const name = file.replace('.json', '').replaceAll('-', '_');
    const dashboard = withoutDataSourceKeys(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    code.push(`export const ${name}: Plain<Dashboard> = ${JSON.stringify(dashboard)};`);
    dashboard.panels.filter((panel) => panel.type !== 'row').forEach((panel, i) => {
      if (!panels[panel.type]) throw new Error(`${file}: add the type ${panel.type} to this script`);
      code.push(`export const ${name}_options${i}: Plain<Partial<${panel.type}.Options>> = ${JSON.stringify(panel.options)};`);
      const custom = panel.fieldConfig.defaults.custom;
      if (custom) code.push(`export const ${name}_custom${i}: Plain<${panel.type}.FieldConfig> = ${JSON.stringify(custom)};`);
    });
  }
  writeFileSync(join(work, 'check.ts'), code.join('\n'));
  writeFileSync(join(work, 'package.json'), '{"type": "module"}');
  const checked = spawnSync(join(work, 'node_modules/.bin/tsc'),
    ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--moduleResolution', 'nodenext', 'check.ts'],
    { cwd: work, stdio: 'inherit' });
  process.exitCode = checked.status;
} finally {
  rmSync(work, { recursive: true, force: true });
}
