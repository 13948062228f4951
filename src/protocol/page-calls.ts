import type { BuiltInCalls } from './built-in-ai.ts';
import type { EmbedProgress } from './embed.ts';
import type { TaskProgress } from './tasks.ts';
import type { SharedFileCalls } from './shared-files.ts';

/**
 * What a page may call on the offscreen document. Its origin is the browser's word, never the page's. Requests
 * and answers have OpenAI's shapes, as `page/hearth.d.ts` publishes them: they are understood and made at the
 * far end, so that every page carries as little as possible.
 */
export interface PageCalls extends BuiltInCalls, SharedFileCalls {
  /** Whether the user lets this site use shared files; asks them if need be. Fails with `not-allowed` if not. */
  shareFiles: { input: undefined; part: never; output: undefined };
  /** Asks the user, if they have not answered for this origin and these models before; waits for what they must download. */
  request: { input: { models?: string[] }; part: never; output: { models: string[] } };
  /** Fails with `not-allowed` until the user has said yes. */
  models: { input: undefined; part: never; output: object };
  /** Asks the user first if need be. Chunks are parts if the request wants a stream; else the output is the answer. */
  chat: { input: object; part: object; output: object | undefined };
  complete: { input: object; part: object; output: object | undefined };
  /** Asks the user first if need be. */
  embed: {
    input: object;
    part: EmbedProgress;
    output: {
      model: string;
      vectors: Float32Array[];
      usage: { prompt_tokens: number; total_tokens: number };
    };
  };
  /** Asks the user first if need be, downloads the model if it is not here, and loads it. */
  pipeline: { input: object; part: TaskProgress; output: { task: string; model: string } };
  /** Asks the user first if need be. `args` are those of Transformers.js's pipeline; so is the output, made plain. */
  runPipeline: { input: object; part: unknown; output: unknown };
  /** The room that this machine is in: 0 machines if in none. Fails with `not-allowed` until the user has said yes. */
  meshStatus: {
    input: undefined;
    part: never;
    output: { machines: number; sharing: number; mayUse: boolean; recent: RecentRun[] };
  };
  /** An HTTP request to OpenAI's or Anthropic's endpoints. The first part is the head of the response, the others its body. */
  fetch: { input: HttpRequest; part: HttpHead | string; output: undefined };
}

/** Where an answer of the site was computed, and why there, without the names of machines. */
export interface RecentRun {
  model: string;
  where: 'this machine' | 'one machine of the room' | 'several machines of the room';
  why: string;
}

export interface HttpRequest {
  method: string;
  url: string;
  /** A text, or the parts of a form. */
  body: string | [name: string, value: string | Blob][];
  /** Anthropic's client asks, by a header of its own: paths that both APIs have are answered in its shape. */
  isAnthropic?: boolean | undefined;
}

export interface HttpHead {
  status: number;
  headers: Record<string, string>;
}
