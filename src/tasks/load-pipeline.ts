import type { Library } from './library.ts';
import type { LoadedPipeline, LoadOptions } from './task.ts';

/** The library's own pipeline for a task. */
export async function loadPipeline(
  task: string,
  { pipeline }: Library,
  { name, dtype, session_options }: LoadOptions,
): Promise<LoadedPipeline> {
  // `auto` means: by the session options, which say where
  const options = { dtype, device: 'auto', session_options } as Parameters<typeof pipeline>[2];
  return (await pipeline(task as Parameters<typeof pipeline>[0], name, options)) as unknown as LoadedPipeline;
}
