// @ts-check
import './node-version.mjs';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { build, DIST } from './extension.mjs';
import { ensurePackages } from './packages.mjs';
import { out, root } from './run.mjs';
import { main } from './trouble.mjs';

await main(async () => {
  await ensurePackages();
  // From nothing, so that the zip holds what these sources make and no more
  const dist = resolve(root, DIST);
  rmSync(dist, { recursive: true, force: true });
  await build();

  const files = new Map(
    readdirSync(dist, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => resolve(parentPath, name))
      .map((path) => [relative(dist, path).replaceAll('\\', '/'), readFileSync(path)]),
  );
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
  // Imported here, since it stands on a package that may have been installed only now
  const { storeZip } = await import('./store-zip.mjs');
  const zip = storeZip(files, version);

  const path = resolve(out, `hearth-${version}.zip`);
  mkdirSync(out, { recursive: true });
  writeFileSync(path, zip);
  console.log(`${relative(root, path)}: ${files.size} files, ${(zip.length / 1e6).toFixed(2)} MB`);
});
