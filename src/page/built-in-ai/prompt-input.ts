import { CONTENT_TYPES, type Content, type Turn } from '../../protocol/built-in-ai.ts';
import type { Constraint } from '../../protocol/generate.ts';
import { callContent, responseContent } from './tool-values.ts';
import * as idl from './webidl.ts';

const MessageContent = idl.dictionary({
  type: idl.required(idl.oneOf(...CONTENT_TYPES)),
  value: idl.required(idl.any),
});

const contents: idl.Convert<Content[]> = (value, what) =>
  idl.isIterable(value)
    ? idl.sequence(MessageContent)(value, what).map(toContent)
    : [{ type: 'text', value: idl.string(value, what) }];

function toContent({
  type,
  value,
}: idl.Dictionary<{ type: { of: idl.Convert<Content['type']> }; value: idl.Convert<unknown> }>): Content {
  if (type === 'tool-call') return callContent(value);
  if (type === 'tool-response') return responseContent(value);
  if (type !== 'text') return { type };
  if (isMedia(value)) throw new TypeError('The value of a text must be a string.');
  return { type, value: idl.string(value, 'The text') };
}

/** Images, sounds and bytes, which WebIDL would not turn into strings. */
function isMedia(value: unknown): boolean {
  const media = /^\[object (Blob|File|Image.*|HTML.*|SVG.*|Video.*|Audio.*|OffscreenCanvas|ArrayBuffer)\]$/;
  return ArrayBuffer.isView(value) || media.test(Object.prototype.toString.call(value));
}

const Message = idl.dictionary({
  content: idl.required(contents),
  prefix: idl.boolean,
  role: idl.required(idl.oneOf('system', 'user', 'assistant')),
});

export const messages: idl.Convert<Turn[]> = idl.sequence(Message) as idl.Convert<Turn[]>;

/** A string is a turn of the user. */
export const prompt: idl.Convert<Turn[]> = (value, what) =>
  idl.isIterable(value)
    ? messages(value, what)
    : [{ role: 'user', content: [{ type: 'text', value: idl.string(value, what) }] }];

export const PromptOptions = idl.dictionary({
  omitResponseConstraintInput: idl.withDefault(idl.boolean, false),
  responseConstraint: idl.object,
  signal: idl.abortSignal,
});

type ConstraintOptions = Pick<
  ReturnType<typeof PromptOptions>,
  'omitResponseConstraintInput' | 'responseConstraint'
>;

/** What a constraint comes to in a call. */
export interface ConstraintInput {
  constraint?: Constraint;
  describeConstraint?: boolean;
}

export function constraintOf({
  omitResponseConstraintInput,
  responseConstraint,
}: ConstraintOptions): ConstraintInput {
  if (!responseConstraint) {
    if (omitResponseConstraintInput)
      throw new TypeError('omitResponseConstraintInput needs a responseConstraint.');
    return {};
  }
  const constraint =
    responseConstraint instanceof RegExp ? fromRegExp(responseConstraint) : fromSchema(responseConstraint);
  return { constraint, describeConstraint: !omitResponseConstraintInput };
}

function fromRegExp({ source, flags }: RegExp): Constraint {
  if (/[ims]/.test(flags)) throw notSupported('A RegExp here cannot have the flags i, m and s.');
  return { kind: 'regex', pattern: source };
}

function fromSchema(value: object): Constraint {
  let schema: string | undefined;
  try {
    schema = JSON.stringify(value);
  } catch {
    // Circles and bigints
  }
  if (schema === undefined) throw notSupported('The responseConstraint cannot be written as JSON.');
  return { kind: 'json-schema', schema };
}

function notSupported(message: string): DOMException {
  return new DOMException(message, 'NotSupportedError');
}
