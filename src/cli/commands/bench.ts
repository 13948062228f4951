import { setMaxListeners } from 'node:events';
import type { RunRequest } from '../../engine/answer/answer.ts';
import { systemClock } from '../../engine/clock.ts';
import type { Speculates } from '../../engine/speculate/speculation.ts';
import { copyBytesPerSecond } from '../../engine/measure/ceiling.ts';
import { Governor } from '../../engine/schedule/governor.ts';
import { median } from '../../engine/gpu/median.ts';
import type { Model } from '../../engine/model.ts';
import { GREEDY, type Timings } from '../../protocol/generate.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { MAX_BIASES } from '../../protocol/limits.ts';
import { drafterOf } from '../../engine/drafter.ts';
import { GUESSING_SLOTS, loadDraft, loadModel } from '../load.ts';

/** Wall time of decoding before anything counts: an idle GPU's clocks are low. */
const WARM_UP_TOKENS = 32;

/**
 * Prefill of `--pp` random tokens and decode of `--tg` tokens, each `--repeat` times with `--concurrency` sequences at once, as
 * the scheduler runs them for pages: real sampling (temperature 1), real attention, one token id read back per step.
 * `--draft FILE` decodes with a smaller model's guesses and without. `--copy` decodes what goes on from a text that repeats itself, greedily, with guesses and without. `--mixed` reads one
 * stream alone, and among bulk work that fills every slot, while new pages ask. `--constraint` decodes `--tg` tokens of one
 * answer that is free, of one held to what it says anyway, and of one held to endless JSON.
 */
export async function bench(args: string[]) {
  const flags = new Flags(args, [
    'model',
    'pp',
    'tg',
    'concurrency',
    'repeat',
    'depth',
    'profile',
    'copy',
    'draft',
    'mixed',
    'constraint',
    ...GPU_FLAGS,
  ]);
  const pp = flags.integer('pp', 512, { min: 0 });
  const tg = flags.integer('tg', 128, { min: 0 });
  const depth = flags.integer('depth', 0, { min: 0 });
  const concurrency = flags.integer('concurrency', 1, { min: 1, max: 64 });
  const repeat = flags.integer('repeat', 5, { min: 1, max: 1000 });
  const governor = new Governor(systemClock);
  // Guesses take room for outputs of their own
  const slots = Math.max(
    concurrency + (flags.has('copy') || flags.has('draft') ? GUESSING_SLOTS - 1 : 0),
    flags.has('mixed') ? MIXED_SLOTS : 0,
  );
  const model = await loadModel(flags, { slots, governor });
  const { gpu } = model;

  const run = async (
    promptTokens: number,
    maxTokens: number,
  ): Promise<{ wallMs: number; timings: Timings[] }> => {
    // What the last run left in the cache must not help this one
    model.stop(undefined);
    const startedAt = performance.now();
    const outputs = await Promise.all(
      Array.from({ length: concurrency }, (_, i) =>
        model.run(request(model, promptTokens, maxTokens, i), async () => {}, new AbortController().signal),
      ),
    );
    return { wallMs: performance.now() - startedAt, timings: outputs.map(({ timings }) => timings) };
  };

  await run(8, WARM_UP_TOKENS);
  const tests: unknown[] = [];
  if (pp > 0) {
    const rates: number[] = [];
    for (let i = 0; i <= repeat; i++) {
      const { timings } = await run(pp, 1);
      // The first run warms up what only long prompts use
      if (i > 0)
        rates.push((concurrency * pp * 1000) / Math.max(...timings.map(({ prefillMs }) => prefillMs)));
      process.stderr.write(`\rpp${pp}: ${i}/${repeat} `);
    }
    tests.push({ test: `pp${pp}`, concurrency, tokens_per_second: spread(rates) });
  }
  if (tg > 0) {
    const rates: number[] = [];
    const gpuMs: number[] = [];
    for (let i = 0; i < repeat; i++) {
      // What is before the first token is measured apart, so that it can be taken off
      let paidMs = governor.paidMs;
      await run(Math.max(1, depth), 1);
      const promptMs = governor.paidMs - paidMs;
      paidMs = governor.paidMs;
      const { timings } = await run(Math.max(1, depth), tg + 1);
      gpuMs.push((governor.paidMs - paidMs - promptMs) / tg);
      rates.push((concurrency * tg * 1000) / Math.max(...timings.map(({ decodeMs }) => decodeMs)));
      process.stderr.write(`\rtg${tg}: ${i + 1}/${repeat} `);
    }
    const ceiling = await copyBytesPerSecond(gpu);
    const { median: rate } = spread(rates);
    tests.push({
      test: `tg${tg}`,
      concurrency,
      depth,
      tokens_per_second: spread(rates),
      gpu_ms_per_step: spread(gpuMs),
      weight_bytes_per_token: model.bytesPerToken,
      weight_bytes_per_second: (rate * model.bytesPerToken) / concurrency,
      share_of_ceiling: (rate * model.bytesPerToken) / concurrency / ceiling,
    });
    tests.push({ test: 'copy', bytes_per_second: ceiling });
  }
  if (flags.has('copy')) tests.push(await copyTest(model, Math.max(pp, 2 * PERIOD), Math.max(tg, 1), repeat));
  const draft = await loadDraft(flags, model, { governor });
  if (draft) tests.push(await draftTest(model, draft, Math.max(tg, 2), repeat));
  if (flags.has('mixed')) tests.push(await mixedTest(model, Math.max(pp, 1), Math.max(tg, 2)));
  if (flags.has('constraint')) tests.push(await constraintTest(model, Math.max(tg, 2), repeat));
  process.stderr.write('\n');
  return {
    model: model.file.config.name,
    adapter: { name: gpu.name, vendor: gpu.info.vendor, features: [...gpu.device.features].sort() },
    variants: model.variants,
    load_ms: model.loadMs,
    memory: model.memory,
    tests,
    ...(flags.has('profile') && { profile: await model.profile(depth, tg === 0 ? pp : 0) }),
  };
}

/** As many as the extension has. */
const MIXED_SLOTS = 32;

/** Times between tokens of a stream that somebody reads, and until a new page's first token; in milliseconds. */
async function mixedTest(model: Model, promptTokens: number, maxTokens: number) {
  const read = async () => {
    model.stop('reader');
    const times: number[] = [];
    const asked = {
      ...request(model, 8, maxTokens, 1),
      origin: 'reader',
      onToken: () => void times.push(performance.now()),
    };
    await model.run(asked, async () => {}, new AbortController().signal);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    return { median: median(gaps), p99: gaps.sort((a, b) => a - b)[Math.floor(0.99 * gaps.length)]! };
  };
  const firstToken = async (seed: number) => {
    model.stop('new page');
    const asked = { ...request(model, promptTokens, 1, seed), origin: 'new page' };
    const startedAt = performance.now();
    await model.run(asked, async () => {}, new AbortController().signal);
    return performance.now() - startedAt;
  };
  await Promise.all([read(), firstToken(2)]);
  const solo = { between_tokens: await read(), first_token: await firstToken(3) };

  // Streams and prompts without end, each of an origin of its own; a slot for the reader, one for the new page
  const end = new AbortController();
  setMaxListeners(MIXED_SLOTS, end.signal);
  const load = Array.from({ length: MIXED_SLOTS - 2 }, async (_, i) => {
    for (let round = 0; !end.signal.aborted; round++) {
      const prompt = i % 4 === 0 ? promptTokens : 8;
      const asked = request(model, prompt, i % 4 === 0 ? 1 : maxTokens, 1000 * round + i + 10);
      await model
        .run({ ...asked, origin: `bulk ${i}`, lane: 'bulk' }, async () => {}, end.signal)
        .catch(() => {});
      model.stop(`bulk ${i}`);
    }
  });
  await read();
  const [between, first] = await Promise.all([read(), firstToken(4)]);
  const alone = await read();
  end.abort();
  await Promise.all(load);
  return {
    test: 'mixed',
    solo,
    loaded: { between_tokens: alone, first_token: first, between_tokens_while_a_page_asks: between },
    p99_by_solo_median: alone.p99 / solo.between_tokens.median,
  };
}

/** Records of JSON, one behind the other, so that no end comes before it is asked for. */
const ENDLESS = String.raw`root ::= "{" "\"name\": " string ", \"tags\": [" string (", " string)* "], \"size\": " number "}\n" root
string ::= "\"" [^"\\\x00-\x1f\x7f]* "\""
number ::= "-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})?`;

/**
 * Tokens a second of one answer that is free, of one that is held to the very text that it says by itself, and of one held to
 * a form that a model of random weights never keeps to. What the last costs a real model lies between the two.
 */
async function constraintTest(model: Model, maxTokens: number, repeat: number) {
  const { tokenizer, config } = model.file;
  // Half a character cannot be asked for; models of random weights would say many
  const halves = Array.from({ length: config.vocab }, (_, id) => id).filter((id) =>
    new TextDecoder().decode(tokenizer.tokenBytes(id)).includes('\ufffd'),
  );
  const bias = halves.slice(0, MAX_BIASES).map((id): [number, number] => [id, -100]);
  const say = async (seed: number, held?: RunRequest['held']) => {
    let text = '';
    const asked = request(model, 8, maxTokens, seed);
    const { timings } = await model.run(
      { ...asked, sampling: { ...asked.sampling, bias }, held },
      async (part) => void (text += part.text),
      new AbortController().signal,
    );
    return { text, rate: ((maxTokens - 1) * 1000) / timings.decodeMs };
  };
  const rates: Record<'free' | 'kept' | 'never_kept', number[]> = { free: [], kept: [], never_kept: [] };
  // One after the other in turn, so that a clock that rises favours none; the first of each compiles
  for (let i = 0; i <= repeat; i++) {
    const free = await say(i);
    const kept = await say(i, { constraint: { kind: 'grammar', ebnf: `root ::= ${quoted(free.text)}` } });
    const never = await say(i, { constraint: { kind: 'grammar', ebnf: ENDLESS } });
    if (i === 0) continue;
    rates.free.push(free.rate);
    rates.kept.push(kept.rate);
    rates.never_kept.push(never.rate);
  }
  const [free, kept, neverKept] = [spread(rates.free), spread(rates.kept), spread(rates.never_kept)];
  return {
    test: 'constraint',
    free,
    kept: { ...kept, cost: 1 - kept.median / free.median },
    never_kept: { ...neverKept, cost: 1 - neverKept.median / free.median },
  };
}

/** A text as EBNF has it. */
function quoted(text: string): string {
  const escaped = Array.from(text, (char) =>
    /[\w ]/.test(char) ? char : `\\U${char.codePointAt(0)!.toString(16).padStart(8, '0')}`,
  );
  return `"${escaped.join('')}"`;
}

/** Tokens a second and a step, greedily and drawn, of one answer that a smaller model guesses ahead, and of one on its own. */
async function draftTest(model: Model, draft: Model, maxTokens: number, repeat: number) {
  const measure = async (temperature: number, isDrafted: boolean) => {
    const rates: number[] = [];
    const perStep: number[] = [];
    for (let i = 0; i < repeat; i++) {
      const asked = request(model, 8, maxTokens, i);
      const sampling = { ...asked.sampling, temperature };
      const drafter = isDrafted ? drafterOf(draft, model, { ...asked, sampling }, () => true) : undefined;
      const { timings, steps } = await model.run(
        { ...asked, sampling, drafter },
        async () => {},
        new AbortController().signal,
      );
      rates.push(((maxTokens - 1) * 1000) / timings.decodeMs);
      perStep.push(maxTokens / steps);
    }
    return { tokens_per_second: spread(rates), tokens_per_step: spread(perStep) };
  };
  const both = async (temperature: number) => ({
    without: await measure(temperature, false),
    with: await measure(temperature, true),
  });
  return { test: 'draft', model: draft.file.config.name, greedy: await both(0), drawn: await both(1) };
}

/** Tokens after which the text of `--copy` begins again. */
const PERIOD = 64;

/** Tokens a second and tokens a step. How much of it is a copy is the model's to say: the latter tells. */
async function copyTest(model: Model, promptTokens: number, maxTokens: number, repeat: number) {
  const { vocab } = model.file.config;
  const ids = Array.from({ length: promptTokens }, (_, i) => ((i % PERIOD) * 7919) % vocab);
  const measure = async (speculates: Speculates) => {
    const rates: number[] = [];
    const perStep: number[] = [];
    for (let i = 0; i < repeat; i++) {
      const asked = { ...request(model, 0, maxTokens, 0), ids, sampling: GREEDY, speculates };
      const { timings, steps } = await model.run(asked, async () => {}, new AbortController().signal);
      rates.push(((maxTokens - 1) * 1000) / timings.decodeMs);
      perStep.push(maxTokens / steps);
    }
    return { tokens_per_second: spread(rates), tokens_per_step: spread(perStep) };
  };
  return { test: 'copy text', without: await measure('never'), with: await measure('by gain') };
}

function request(model: Model, promptTokens: number, maxTokens: number, seed: number): RunRequest {
  const { vocab } = model.file.config;
  return {
    // Any tokens do for a dense model, which takes the same time for all; a mixture needs many different ones
    ids: Array.from({ length: promptTokens }, (_, i) => (i * 7919 + seed * 104_729) % vocab),
    maxTokens,
    sampling: { ...GREEDY, temperature: 1, seed },
    stop: [],
    origin: 'bench',
    lane: 'interactive',
    ignoreEnd: true,
  };
}

function spread(values: number[]) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
