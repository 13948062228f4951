import type { AnswerPiece, FunctionCall, GenerateOutput, GeneratePart } from '../../protocol/generate.ts';
import { type Answering, together, totals } from '../answers.ts';
import { whereItRan } from '../recent-runs.ts';
import { completionLogprobs, contentLogprobs } from './logprobs.ts';
import type { OpenAIRequest } from './request.ts';
import { CallNames, newId, Written } from '../written.ts';

/** What the two endpoints call the same things. */
export interface AnswerStyle {
  idPrefix: string;
  object: string;
  chunkObject: string;
  whole(written: Written): object;
  /** What goes out of a part: several pieces of it one after the other. */
  pieces(part: GeneratePart, names: CallNames): object[];
  nothing: object;
  logprobs(part: Pick<Written, 'logprobs'>, offset: number): object;
  /** What comes before the first piece. */
  opening: object | undefined;
}

export const chatStyle: AnswerStyle = {
  idPrefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: ({ text, reasoning, calls }) => ({
    message: {
      role: 'assistant',
      content: calls.length > 0 && text === '' ? null : text,
      refusal: null,
      ...(reasoning ? { reasoning_content: reasoning } : {}),
      ...(calls.length > 0 ? { tool_calls: calls.map(toolCall) } : {}),
    },
  }),
  pieces: ({ pieces = [] }, names) => pieces.map((piece) => ({ delta: delta(piece, names) })),
  nothing: { delta: {} },
  logprobs: ({ logprobs }) => contentLogprobs(logprobs),
  opening: { delta: { role: 'assistant', content: '' } },
};

export const completionStyle: AnswerStyle = {
  idPrefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: ({ text }) => ({ text }),
  pieces: ({ text }) => (text ? [{ text }] : []),
  nothing: { text: '' },
  logprobs: ({ logprobs }, offset) => completionLogprobs(logprobs, offset),
  opening: undefined,
};

function toolCall({ id, name, arguments: json }: FunctionCall): object {
  return { id, type: 'function', function: { name, arguments: json } };
}

function delta(piece: AnswerPiece, names: CallNames): object {
  if ('text' in piece) return { content: piece.text };
  if ('reasoning' in piece) return { reasoning_content: piece.reasoning };
  const { index, argumentsDelta } = piece.toolCall;
  const begun = names.begin(piece.toolCall);
  const head = begun ? { id: begun.id, type: 'function' } : {};
  const name = begun ? { name: begun.name } : {};
  return { tool_calls: [{ index, ...head, function: { ...name, arguments: argumentsDelta } }] };
}

/** The answers in one piece. */
export async function wholeAnswer(
  style: AnswerStyle,
  request: OpenAIRequest,
  { model, streams }: Answering,
): Promise<object> {
  const { returnTokenIds, choices, bestOf, echo, inputs } = request;
  const all = streams.map(() => new Written());
  for await (const event of together(streams)) {
    if (event.part) all[event.index]!.take(event.part);
    else all[event.index]!.output = event.output;
  }
  const chosen = inputs.flatMap((_, prompt) =>
    likeliest(all.slice(prompt * bestOf, (prompt + 1) * bestOf), choices),
  );
  return {
    ...head(style, style.object, model),
    choices: chosen.map((written, index) => {
      const start = echo?.[Math.floor(index / choices)] ?? '';
      written.text = start + written.text;
      return {
        index,
        ...style.whole(written),
        logprobs: wantsLogprobs(request) ? style.logprobs(written, 0) : null,
        finish_reason: finishReason(written.output!, written.calls.length > 0),
        ...(returnTokenIds ? { token_ids: written.ids } : {}),
      };
    }),
    ...tail(
      totals(
        all.map(({ output }) => output!),
        bestOf,
      ),
    ),
  };
}

/** As many as are wanted, those first whose tokens are the likeliest on average. */
function likeliest(answers: Written[], wanted: number): Written[] {
  if (answers.length === wanted) return answers;
  return answers.toSorted((a, b) => b.meanLogprob - a.meanLogprob).slice(0, wanted);
}

/** For best_of alone they are asked for and not shown. */
function wantsLogprobs({ inputs, bestOf, choices }: OpenAIRequest): boolean {
  return inputs[0]!.logprobs === true && bestOf === choices;
}

/** The answers in chunks, the last with the usage. */
export async function* chunkedAnswer(
  style: AnswerStyle,
  request: OpenAIRequest,
  { model, streams }: Answering,
): AsyncGenerator<object, void, undefined> {
  const { includeUsage, returnTokenIds, bestOf, echo, choices } = request;
  const shared = { ...head(style, style.chunkObject, model), ...(includeUsage ? { usage: null } : {}) };
  const states = streams.map((_, index) => ({
    hasBegun: false,
    chars: 0,
    names: new CallNames(),
    echo: echo?.[Math.floor(index / choices)] ?? '',
  }));
  const chunk = (index: number, piece: object, part?: GeneratePart, finish: string | null = null) => ({
    ...shared,
    choices: [
      {
        index,
        ...piece,
        logprobs:
          part && wantsLogprobs(request)
            ? style.logprobs({ logprobs: part.logprobs ?? [] }, states[index]!.chars)
            : null,
        finish_reason: finish,
        ...(returnTokenIds ? { token_ids: part?.ids ?? [] } : {}),
      },
    ],
  });
  const outputs: GenerateOutput[] = [];
  // Nothing goes out before the engine has begun, so that a failure until then fails the call itself
  for await (const { index, part, output } of together(streams)) {
    const state = states[index]!;
    if (!state.hasBegun && style.opening) yield chunk(index, style.opening);
    if (!state.hasBegun && state.echo) yield chunk(index, { text: state.echo });
    state.hasBegun = true;
    if (part) {
      const pieces = style.pieces(part, state.names);
      const isSaid = pieces.length > 0 || returnTokenIds || wantsLogprobs(request);
      // What belongs to the part's tokens goes along with its last piece
      for (const piece of pieces.slice(0, -1)) yield chunk(index, piece);
      if (isSaid) yield chunk(index, pieces.at(-1) ?? style.nothing, part);
      state.chars += part.text.length;
    } else {
      outputs[index] = output;
      const last = chunk(index, style.nothing, undefined, finishReason(output, state.names.count > 0));
      const isOver = Object.keys(outputs).length === streams.length;
      yield isOver && !includeUsage ? { ...last, ...tail(totals(outputs, bestOf)) } : last;
    }
  }
  if (includeUsage) yield { ...shared, choices: [], ...tail(totals(outputs, bestOf)) };
}

function finishReason({ finishReason }: GenerateOutput, hasCalls: boolean): string {
  return hasCalls && finishReason === 'stop' ? 'tool_calls' : finishReason;
}

function head({ idPrefix }: AnswerStyle, object: string, model: string): object {
  return { id: newId(idPrefix), object, created: Math.floor(Date.now() / 1000), model };
}

function tail({ usage, timings, stages }: Pick<GenerateOutput, 'usage' | 'timings' | 'stages'>): object {
  return {
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedTokens },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
      // Machines have names that are no site's business
      hearth: {
        where: whereItRan(stages),
        stages: stages?.map(({ first, end }) => ({ first, end })) ?? [],
      },
    },
    timings: { queued_ms: timings.queuedMs, prefill_ms: timings.prefillMs, decode_ms: timings.decodeMs },
  };
}
