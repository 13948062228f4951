import type { EngineCalls } from './engine-calls.ts';
import type { SharedFileKeeping } from './shared-files.ts';

/**
 * What popup, options and the prompt window call on the offscreen document: most of the engine's calls,
 * passed on, and the questions that wait for the user's answer.
 */
export interface ScreenCalls
  extends Pick<
    EngineCalls,
    | 'watch'
    | 'models'
    | 'load'
    | 'unload'
    | 'loadAdapter'
    | 'removeAdapter'
    | 'stop'
    | 'download'
    | 'importFile'
    | 'importFolder'
    | 'remove'
    | 'searchHub'
    | 'pin'
    | 'modelFile'
    | 'configure'
    | 'savedTexts'
    | 'forgetTexts'
    | 'performance'
    | 'profile'
    | keyof SharedFileKeeping
  > {
  question: { input: { question: string }; part: never; output: Question };
  answer: { input: { question: string; answer: Answer }; part: never; output: undefined };
  /** A site's consent was taken back: its pages lose their grant and their running sequences. */
  revoke: { input: { origin: string }; part: never; output: undefined };
  /** What the machine has, for the caps' sliders. */
  machine: { input: undefined; part: never; output: { memoryBytes: number; adapter: string } };
}

/** `own`: the browser is to answer, not Hearth. */
export type Answer = 'once' | 'allow' | 'block' | 'own' | 'dismiss';

export interface Question {
  origin: string;
  /** False where an answer ends with the page, whatever it is: private windows, pages without an origin. */
  isRemembered: boolean;
  /** True if the browser could answer instead. */
  hasOwn: boolean;
  /** `files`: those that sites share by their hash; then `models` is empty. */
  wants: 'models' | 'files';
  models: {
    id: string;
    name: string;
    sizeBytes: number;
    needsDownload: boolean;
    /** Where it would be downloaded from. */
    url?: string;
    licence: string | undefined;
  }[];
}
