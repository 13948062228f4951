// Models that think before they answer what they are held to.
import { expect, test } from 'vitest';
import { openPagedRunner } from '../../../test/fakes/paged-runner.ts';
import type { PagedStepperOptions } from '../../../test/fakes/paged-stepper.ts';
import { ANSWER_FORMATS } from '../../../models/chat/answers/index.ts';
import { randomModel } from '../../cli/random-model.ts';
import { parseChat } from '../../offscreen/openai/request.ts';
import type { GenerateInput } from '../../protocol/generate.ts';
import { answerDecoder } from '../text/answer-decoder.ts';
import { readModelFile } from '../model-file.ts';
import { Constrainer } from './constrainer.ts';
import { heldTo } from './held-to.ts';
import { behindLead } from './thoughts-grammar.ts';
import { xgrammar } from './xgrammar.ts';

async function taken(grammar: string, texts: readonly string[]): Promise<string[]> {
  const { Grammar, Testings } = await xgrammar();
  const read = await Grammar.fromEBNF(grammar);
  const found: string[] = [];
  for (const text of texts) if (await Testings.isGrammarAcceptString(read, text)) found.push(text);
  read.dispose();
  return found;
}

const NUMBERS = 'root ::= number ("," root)? # a root\nnumber ::= [root0-9]+ | "root"';

test.each(ANSWER_FORMATS.filter(({ thoughts }) => thoughts))(
  '$name: a text is held to its grammar behind thoughts, which are free',
  async ({ thoughts, text = '' }) => {
    const { open, close, next } = thoughts!;
    const thought = `12 or "root"?\n{${close}`;
    const plain = `${text}12,root`;
    const whole = `${open}${thought}\n\n${next}${plain}`;
    const begun = `${thought}${next}${plain}`;
    const wrong = [
      `${whole}?`,
      `${plain}?`,
      `${open}${thought}`,
      `${open}12`,
      `${open}${thought}${next}${text}?`,
    ];
    const texts = [plain, whole, begun, ...wrong];
    const held = (isOpen: boolean) => behindLead(NUMBERS, { thoughts: { ...thoughts!, isOpen }, text });
    expect(await taken(held(false), texts)).toEqual([plain, whole]);
    // Thoughts may have anything in them but their end
    expect(await taken(held(true), texts)).toEqual([whole, begun]);
  },
);

const bytes = randomModel('tiny', 'Q8_0');
const { tokenizer, config } = await readModelFile({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});
/** A family of whose models a byte is a token, and which think. */
const file = { tokenizer, chatTemplate: '{{ "<think>" }} <tool_call>' };

/** What becomes of a chat of OpenAI's whose model thinks, and then says something else before it is made to answer. */
async function chat(prompt: string, { thought = '', isRead = true }) {
  const { inputs } = parseChat({
    messages: [{ role: 'user', content: 'How old?' }],
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'age',
        strict: true,
        schema: {
          type: 'object',
          properties: { age: { type: 'integer' } },
          required: ['age'],
          additionalProperties: false,
        },
      },
    },
  });
  const input: GenerateInput = { ...inputs[0]!, readsAnswer: isRead };
  const ids = tokenizer.encode(prompt);
  const says = Array.from(
    new TextEncoder().encode(thought),
    (byte) => tokenizer.encode(String.fromCharCode(byte))[0]!,
  );
  const json = tokenizer.encode('{"age": 7}');
  const [end] = tokenizer.endIds;
  const sample: PagedStepperOptions['sample'] = (text, _, mask) => {
    const at = text.length - ids.length;
    if (at < says.length) return says[at]!;
    const wanted = json[at - says.length] ?? end!;
    if (mask) expect((mask[wanted >> 5]! >> (wanted & 31)) & 1).toBe(1);
    // "Sure" is what it would rather say
    return !mask && at === says.length ? tokenizer.encode('S')[0]! : wanted;
  };
  const { runner } = openPagedRunner({ sample, endIds: tokenizer.endIds });
  const constrainer = new Constrainer(tokenizer, config.vocab);
  let [text, reasoning] = ['', ''];
  const { finishReason } = await runner.run(
    {
      ids,
      maxTokens: 200,
      sampling: input.sampling,
      stop: [],
      origin: 'a',
      lane: 'interactive',
      answerDecoder: isRead ? answerDecoder(file, input.prompt, ids) : undefined,
      matcher: await constrainer.matcher(heldTo(file, input, ids)!),
    },
    async ({ pieces = [] }) => {
      for (const piece of pieces) {
        if ('text' in piece) text += piece.text;
        if ('reasoning' in piece) reasoning += piece.reasoning;
      }
    },
    new AbortController().signal,
  );
  await constrainer.dispose();
  return { text, reasoning, finishReason };
}

test.each([
  {
    why: 'thinks because it wants to',
    prompt: 'a',
    thought: '<think>Seven, or "x"?</think>',
    reasoning: 'Seven, or "x"?',
  },
  {
    why: 'thinks because it is told to',
    prompt: 'a<think>\n',
    thought: 'Seven.</think>',
    reasoning: 'Seven.',
  },
  { why: 'does not think', prompt: 'a', thought: '', reasoning: '' },
])(
  'a chat with a response format, whose model $why, answers in that format',
  async ({ prompt, thought, reasoning }) => {
    expect(await chat(prompt, { thought })).toEqual({ text: '{"age": 7}', reasoning, finishReason: 'stop' });
  },
);
