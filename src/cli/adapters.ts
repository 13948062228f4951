import { basename } from 'node:path';
import type { Model } from '../engine/model.ts';
import { HearthError } from '../protocol/errors.ts';
import { openFile } from './file-source.ts';
import type { Flags } from './flags.ts';

/** Loads each `--lora FILE[:SCALE]` beside the model, for all that is asked of it. */
export async function loadAdapters(flags: Flags, model: Model): Promise<void> {
  for (const text of flags.strings('lora')) {
    const { path, scale } = parseLora(text);
    const prepared = await model.prepareAdapter(await openFile(path));
    await model.putAdapter(`${basename(path)} ${model.adapters.length}`, prepared, scale);
  }
}

/** The last colon is the scale's where a number follows. */
export function parseLora(text: string): { path: string; scale: number } {
  const [, path = text, after] = /^(.+):([^:/\\]*)$/.exec(text) ?? [];
  if (after === undefined) return { path, scale: 1 };
  const scale = Number(after);
  if (after.trim() !== '' && Number.isFinite(scale)) return { path, scale };
  throw new HearthError(
    'bad-input',
    `--lora is FILE or FILE:SCALE, and ${JSON.stringify(after)} is no number.`,
  );
}
