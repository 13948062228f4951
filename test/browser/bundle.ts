import { join } from 'node:path';
import { build, type Rolldown } from 'vite';

/** A script of this folder with all that it imports, as a site would serve it. */
export async function bundle(entry: string): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(import.meta.dirname, entry), formats: ['iife'], name: 'sdk' },
    },
  })) as Rolldown.RolldownOutput[];
  return result[0]!.output[0].code;
}
