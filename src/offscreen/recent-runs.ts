import type { GenerateOutput } from '../protocol/generate.ts';
import type { RecentRun } from '../protocol/page-calls.ts';
import { isRemembered, type Page } from './page.ts';

const KEPT_RUNS = 8;
/** Sites that asked last. */
const KEPT_SITES = 64;

/** What was so when a page asked. */
export interface AskedUnder {
  /** Its words may be computed on other machines. */
  mayLeave: boolean;
  /** Other machines that shared. */
  sharing: number;
}

/** Where the last answers of each site were computed, for that site alone: machines have names that are no site's business. */
export class RecentRuns {
  readonly #runs = new Map<string, RecentRun[]>();

  add(page: Page, { model, stages }: Pick<GenerateOutput, 'model' | 'stages'>, asked: AskedUnder): void {
    // Private windows leave nothing, and pages without an origin share none
    if (!isRemembered(page)) return;
    const before = this.#runs.get(page.origin) ?? [];
    // The site that asked last stands last
    this.#runs.delete(page.origin);
    const run = { model, where: whereItRan(stages), why: whyThere(stages, asked) };
    this.#runs.set(page.origin, [run, ...before].slice(0, KEPT_RUNS));
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > KEPT_SITES) this.#runs.delete(oldest!);
  }

  /** Newest first. */
  of(page: Page): RecentRun[] {
    return isRemembered(page) ? (this.#runs.get(page.origin) ?? []) : [];
  }
}

export function whereItRan(stages: GenerateOutput['stages']): RecentRun['where'] {
  if (!stages || stages.length === 0) return 'this machine';
  return stages.length === 1 ? 'one machine of the room' : 'several machines of the room';
}

function whyThere(stages: GenerateOutput['stages'], { mayLeave, sharing }: AskedUnder): string {
  switch (whereItRan(stages)) {
    case 'several machines of the room':
      return `The model does not fit this machine: ${stages!.length} machines of the room have computed it together.`;
    case 'one machine of the room':
      return 'A machine of the room was predicted to answer sooner than this one, or this one cannot hold the model.';
    default:
      if (!mayLeave) return 'This machine is in no room, or what this site says stays on it.';
      if (sharing === 0) return 'No other machine of the room shares what it has.';
      return 'No other machine of the room could answer this request so, or none was predicted to do so much sooner.';
  }
}
