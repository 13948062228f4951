import type { GenerateOutput } from '../../protocol/generate.ts';
import { type Block, type BlockEvent, blocksOf } from '../blocks.ts';
import type { AnswerStream } from '../answers.ts';
import { newId } from '../written.ts';

interface Answering {
  model: string;
  stream: AnswerStream;
}

/** The answer in one piece. */
export async function wholeMessage({ model, stream }: Answering): Promise<object> {
  const blocks: Block[] = [];
  let message: object = {};
  for await (const event of blocksOf(stream)) {
    if (event.kind === 'close') blocks.push(event.block);
    else if (event.kind === 'end')
      message = {
        ...head(model),
        content: blocks.map(toContent),
        ...ending(event.output, blocks),
        usage: usage(event.output),
      };
  }
  return message;
}

/** The answer as events, from `message_start` to `message_stop`. */
export async function* messageEvents({ model, stream }: Answering): AsyncGenerator<object, void, undefined> {
  const blocks: Block[] = [];
  let hasBegun = false;
  // Nothing goes out before the engine has begun, so that a failure until then fails the call itself
  for await (const event of blocksOf(stream)) {
    if (!hasBegun)
      yield {
        type: 'message_start',
        message: { ...head(model), content: [], stop_reason: null, stop_sequence: null, usage: NO_USAGE },
      };
    hasBegun = true;
    if (event.kind === 'close') blocks.push(event.block);
    yield* toEvents(event, blocks);
  }
  yield { type: 'message_stop' };
}

function* toEvents(event: BlockEvent, blocks: readonly Block[]): Generator<object> {
  if (event.kind === 'end') {
    const { output } = event;
    yield { type: 'message_delta', delta: ending(output, blocks), usage: usage(output) };
    return;
  }
  const { index } = event.block;
  if (event.kind === 'open')
    yield { type: 'content_block_start', index, content_block: toContent(event.block) };
  else if (event.kind === 'delta')
    yield { type: 'content_block_delta', index, delta: toDelta(event.block, event.delta) };
  else yield { type: 'content_block_stop', index };
}

function toDelta({ kind }: Block, delta: string): object {
  if (kind === 'call') return { type: 'input_json_delta', partial_json: delta };
  return kind === 'text' ? { type: 'text_delta', text: delta } : { type: 'thinking_delta', thinking: delta };
}

function toContent({ kind, text, id, name }: Block): object {
  if (kind === 'text') return { type: 'text', text, citations: null };
  // Nobody has to prove to us later that a thought was ours
  if (kind === 'reasoning') return { type: 'thinking', thinking: text, signature: '' };
  return { type: 'tool_use', id, name, input: parseInput(text) };
}

/** A call that was cut off has no whole arguments. */
function parseInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function ending({ finishReason, stop }: GenerateOutput, blocks: readonly Block[]): object {
  const hasCalls = blocks.some(({ kind }) => kind === 'call');
  const reason =
    finishReason === 'length'
      ? 'max_tokens'
      : stop !== undefined
        ? 'stop_sequence'
        : hasCalls
          ? 'tool_use'
          : 'end_turn';
  return { stop_reason: reason, stop_sequence: stop ?? null };
}

function head(model: string): object {
  return { id: newId('msg_'), type: 'message', role: 'assistant', model };
}

/** A prompt's tokens are known when its answer is over: `message_delta` has them. */
const NO_USAGE = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};

/** What came from the cache is not among `input_tokens`. */
function usage({ usage: { promptTokens, completionTokens, cachedTokens } }: GenerateOutput): object {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}
