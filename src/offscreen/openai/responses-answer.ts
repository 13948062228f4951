import type { GenerateOutput, Message, TokenLogprob } from '../../protocol/generate.ts';
import type { AnswerStream } from '../answers.ts';
import { type Block, type BlockEvent, blocksOf } from '../blocks.ts';
import { newId } from '../written.ts';
import { contentLogprobs } from './logprobs.ts';
import { join } from './responses-input.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** A response that has come to its end, and what has been said up to it. */
export interface Finished {
  id: string;
  response: object;
  said: Message[];
}

/** The response in one piece. */
export async function wholeResponse(
  request: ResponsesRequest,
  model: string,
  stream: AnswerStream,
  keep: (finished: Finished) => void,
): Promise<object> {
  let response: object = {};
  for await (const event of responseEvents(request, model, stream, keep))
    if ('response' in event) response = event.response as object;
  return response;
}

/** The response as events, numbered from 0, from `response.created` to `response.completed` or `response.incomplete`. */
export async function* responseEvents(
  request: ResponsesRequest,
  model: string,
  stream: AnswerStream,
  keep: (finished: Finished) => void,
): AsyncGenerator<object, void, undefined> {
  const making = new ResponseInTheMaking(request, model);
  let number = 0;
  // Nothing goes out before the engine has begun, so that a failure until then fails the call itself
  for await (const event of blocksOf(making.watched(stream))) {
    const events = number === 0 ? [...making.opening(), ...making.events(event)] : making.events(event);
    for (const one of events) yield { ...one, sequence_number: number++ };
  }
  keep(making.finished());
}

class ResponseInTheMaking {
  readonly #id = newId('resp_');
  readonly #createdAt = Math.floor(Date.now() / 1000);
  readonly #items: object[] = [];
  readonly #blocks: Block[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  #itemId = '';
  #response: object = {};

  constructor(
    private readonly request: ResponsesRequest,
    private readonly model: string,
  ) {}

  /** The stream as it is, with its log-probabilities noted: they belong to its texts. */
  watched(stream: AnswerStream): AnswerStream {
    const logprobs = this.#logprobs;
    return {
      output: stream.output,
      async *[Symbol.asyncIterator]() {
        for await (const part of stream) {
          for (const logprob of part.logprobs ?? []) logprobs.push(logprob);
          yield part;
        }
      },
    };
  }

  *opening(): Generator<object> {
    const response = this.#snapshot('in_progress', null);
    yield { type: 'response.created', response };
    yield { type: 'response.in_progress', response };
  }

  *events(event: BlockEvent): Generator<object> {
    if (event.kind === 'end') {
      const isCut = event.output.finishReason === 'length';
      this.#response = this.#snapshot(isCut ? 'incomplete' : 'completed', event.output);
      yield { type: isCut ? 'response.incomplete' : 'response.completed', response: this.#response };
      return;
    }
    const { block } = event;
    const here = { item_id: this.#itemId, output_index: block.index };
    if (event.kind === 'open') yield* this.#open(block);
    else if (event.kind === 'delta') yield { ...deltaEvent(block, event.delta), ...here };
    else yield* this.#close(block, here);
  }

  *#open(block: Block): Generator<object> {
    this.#itemId = newId(PREFIX[block.kind]);
    yield {
      type: 'response.output_item.added',
      output_index: block.index,
      item: toItem(block, this.#itemId, 'in_progress', []),
    };
    if (block.kind !== 'call')
      yield {
        type: 'response.content_part.added',
        item_id: this.#itemId,
        output_index: block.index,
        content_index: 0,
        part: toPart(block, []),
      };
  }

  *#close(block: Block, here: object): Generator<object> {
    const { kind, text } = block;
    const logprobs = this.#takeLogprobs();
    const part = toPart(block, logprobs);
    if (kind === 'call')
      yield { type: 'response.function_call_arguments.done', name: block.name, arguments: text, ...here };
    else {
      const done =
        kind === 'text'
          ? { type: 'response.output_text.done', logprobs }
          : { type: 'response.reasoning_text.done' };
      yield { ...done, text, content_index: 0, ...here };
      yield { type: 'response.content_part.done', content_index: 0, part, ...here };
    }
    const item = toItem(block, this.#itemId, 'completed', [part]);
    this.#items.push(item);
    this.#blocks.push({ ...block });
    yield { type: 'response.output_item.done', output_index: block.index, item };
  }

  /** Of the block that ends: its own tokens and those of the marks around it. */
  #takeLogprobs(): object[] {
    return (contentLogprobs(this.#logprobs.splice(0)) as { content: object[] }).content;
  }

  /** For `previous_response_id`. */
  finished(): Finished {
    const said = [...this.request.said];
    for (const block of this.#blocks) join(said, toMessage(block));
    return { id: this.#id, response: this.#response, said };
  }

  #snapshot(status: 'in_progress' | 'completed' | 'incomplete', output: GenerateOutput | null): object {
    return {
      id: this.#id,
      object: 'response',
      created_at: this.#createdAt,
      status,
      background: false,
      error: null,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      model: this.model,
      output: [...this.#items],
      ...this.request.echoed,
      ...(output ? { completed_at: Math.floor(Date.now() / 1000), usage: usage(output) } : {}),
    };
  }
}

const PREFIX = { text: 'msg_', reasoning: 'rs_', call: 'fc_' };

function deltaEvent({ kind }: Block, delta: string): object {
  if (kind === 'call') return { type: 'response.function_call_arguments.delta', delta };
  return kind === 'text'
    ? { type: 'response.output_text.delta', delta, content_index: 0, logprobs: [] }
    : { type: 'response.reasoning_text.delta', delta, content_index: 0 };
}

function toPart({ kind, text }: Block, logprobs: object[]): object {
  return kind === 'text'
    ? { type: 'output_text', text, annotations: [], logprobs }
    : { type: 'reasoning_text', text };
}

function toItem(
  { kind, text, name, id: call_id }: Block,
  id: string,
  status: string,
  content: object[],
): object {
  if (kind === 'text') return { type: 'message', id, status, role: 'assistant', content };
  if (kind === 'reasoning') return { type: 'reasoning', id, status, summary: [], content };
  return { type: 'function_call', id, status, call_id, name, arguments: text };
}

function toMessage({ kind, text, id = '', name = '' }: Block): Message {
  if (kind === 'text') return { role: 'assistant', content: text };
  if (kind === 'reasoning') return { role: 'assistant', content: '', reasoning: text };
  return { role: 'assistant', content: '', toolCalls: [{ id, name, arguments: text }] };
}

function usage({
  usage: { promptTokens, completionTokens, cachedTokens, reasoningTokens = 0 },
}: GenerateOutput): object {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}
