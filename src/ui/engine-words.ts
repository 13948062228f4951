import type { EngineStatus, RunningSequence } from '../protocol/engine-calls.ts';

/** How the engine does, in a word, and how good that is. */
export function describeState(
  status: EngineStatus | undefined,
  trouble: string | undefined,
): { word: string; tone: 'good' | 'warning' | 'danger' } {
  if (trouble) return { word: 'Not answering', tone: 'danger' };
  switch (status?.state) {
    case 'ready':
      return { word: 'Ready', tone: 'good' };
    case 'recovering':
      return { word: 'Recovering', tone: 'warning' };
    default:
      return { word: 'Starting', tone: 'warning' };
  }
}

export function describeBackend(status: EngineStatus): string {
  return status.backend === 'webgpu' ? 'WebGPU' : 'WebAssembly on the processor';
}

const PHASES: Record<RunningSequence['phase'], string> = {
  waiting: 'Waiting its turn',
  prefill: 'Reading the prompt',
  decode: 'Answering',
  paused: 'Waiting for the page to read',
};

export function describePhase(phase: RunningSequence['phase']): string {
  return PHASES[phase];
}

/** Sequences by site, in the order in which the sites began. */
export function groupByOrigin(running: readonly RunningSequence[]): Map<string, RunningSequence[]> {
  const sites = new Map<string, RunningSequence[]>();
  for (const sequence of running) {
    const others = sites.get(sequence.origin);
    if (others) others.push(sequence);
    else sites.set(sequence.origin, [sequence]);
  }
  return sites;
}
