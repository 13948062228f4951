import type { ReadCalls } from './calls.ts';
import { JsonScanner } from './json-text.ts';
import type { AnswerPart, AnswerReader, Call, ReaderOptions } from './part.ts';

/** A stretch of an answer that begins with a mark. */
export type Section =
  | { kind: 'reasoning'; open: string; close: string }
  /** Calls up to the closing mark. */
  | { kind: 'calls'; open: string; close: string; read: ReadCalls }
  /** Calls that end where the JSON ends that follows, at once or after `lead`. */
  | { kind: 'json'; open: string; lead?: string; read: ReadCalls }
  /** A mark that says nothing. */
  | { kind: 'mark'; open: string };

/** An answer that is calls from its beginning to its end, without a mark. */
export interface Bare {
  /** Whether an answer that begins so may yet be one. */
  mayBe(beginning: string): boolean;
  read: ReadCalls;
}

export const MAX_CALL_CHARS = 256 * 1024;

/** Reads answers whose sections are told apart by marks. White space around marks belongs to nothing. */
export class SectionReader implements AnswerReader {
  private pending = '';
  private section: Section | undefined;
  /** How far `pending` has been searched in vain. */
  private searched = 0;
  private scanner = new JsonScanner();
  /** White space that is dropped if a mark follows. */
  private space = '';
  /** What was so before the last mark, should it be none. */
  private spaceBeforeMark = '';
  private followedMark = false;
  /** Closing marks that closed nothing: an answer of nothing else must not take the square of its length. */
  private tries = 0;
  private followsMark = false;
  private bare: Bare | undefined;
  private names: ReadonlySet<string> | undefined;
  private calls = 0;
  /** The call whose arguments are coming, and whether all of them have come. */
  private calling: number | undefined;
  private hasArguments = false;
  private parts: AnswerPart[] = [];

  constructor(
    private readonly sections: readonly Section[],
    { prompt = '', toolNames }: ReaderOptions = {},
    bare?: Bare,
  ) {
    const end = prompt.trimEnd();
    this.section = sections.find(({ kind, open }) => kind === 'reasoning' && end.endsWith(open));
    this.followsMark = this.section !== undefined;
    this.names = toolNames;
    if (bare && toolNames && toolNames.size > 0 && !this.section) this.bare = bare;
  }

  push(text: string): AnswerPart[] {
    this.pending += text;
    if (this.bare && !this.bare.mayBe(this.pending)) this.bare = undefined;
    if (this.bare && this.pending.length <= MAX_CALL_CHARS) return [];
    this.bare = undefined;
    while (this.step());
    return this.taken();
  }

  end(): AnswerPart[] {
    const calls = this.bare && this.known(this.bare.read(this.pending));
    if (calls) {
      this.emitCalls(calls);
      this.pending = '';
    }
    this.bare = undefined;
    do while (this.step());
    while (this.closeSection());
    const rest = this.space + this.take(this.pending.length);
    this.space = '';
    this.emit(this.followsMark ? rest.trimStart() : rest);
    return this.taken();
  }

  private taken(): AnswerPart[] {
    const { parts } = this;
    this.parts = [];
    return parts;
  }

  /** One step through what is pending; false if there is nothing more to tell yet. */
  private step(): boolean {
    if (!this.section) return this.stepText();
    if (this.section.kind === 'reasoning') return this.stepReasoning(this.section);
    if (this.section.kind === 'calls') return this.stepCalls(this.section);
    return this.section.kind === 'json' && this.stepJson(this.section);
  }

  private stepText(): boolean {
    const found = this.sections
      .map((section) => ({ section, at: this.pending.indexOf(section.open) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.section.open.length - a.section.open.length)[0];
    if (!found) {
      this.show(this.takeUncertain(this.sections.map(({ open }) => open)));
      return false;
    }
    this.show(this.take(found.at));
    this.take(found.section.open.length);
    this.passMark();
    this.section = found.section.kind === 'mark' ? undefined : found.section;
    return true;
  }

  private stepReasoning({ close }: { close: string }): boolean {
    const at = this.pending.indexOf(close);
    if (at < 0) {
      this.show(this.takeUncertain([close]));
      return false;
    }
    this.show(this.take(at));
    this.take(close.length);
    this.passMark();
    this.section = undefined;
    return true;
  }

  private stepCalls({ open, close, read }: { open: string; close: string; read: ReadCalls }): boolean {
    const [head, name] = this.names && this.calling === undefined ? (HEAD.exec(this.pending) ?? []) : [];
    if (name !== undefined && this.names!.has(name)) return this.beginCall(head!, name);
    if (this.calling !== undefined) return this.stepArguments(close);
    const at = this.pending.indexOf(close, this.searched);
    if ((at < 0 ? this.pending.length : at) > MAX_CALL_CHARS) return this.giveUp(open);
    if (at < 0) {
      this.searched = Math.max(0, this.pending.length - close.length + 1);
      return false;
    }
    const body = this.pending.slice(0, at);
    const calls = this.known(read(body));
    if (calls) {
      this.take(at + close.length);
      return this.finishCalls(calls);
    }
    if (++this.tries > MAX_TRIES || !isInString(body)) return this.giveUp(open);
    // The mark is part of a text of the call
    this.searched = at + close.length;
    return true;
  }

  /** From here on it is a call, whatever follows: its arguments go out as they come. */
  private beginCall(head: string, name: string): true {
    this.passMark();
    this.take(head.length);
    this.calling = this.calls++;
    this.parts.push({ toolCall: { index: this.calling, name, argumentsDelta: '' } });
    return true;
  }

  /** Up to the end of the arguments, and then over what is left of the call. */
  private stepArguments(close: string): boolean {
    const index = this.calling!;
    if (!this.hasArguments) {
      const length = this.scanner.push(this.pending);
      const { scanner } = this;
      const argumentsDelta = this.take(length ?? this.pending.length);
      if (argumentsDelta !== '') this.parts.push({ toolCall: { index, argumentsDelta } });
      this.hasArguments = length !== undefined;
      if (!this.hasArguments) this.scanner = scanner;
      return this.hasArguments;
    }
    const at = this.pending.indexOf(close);
    if (at < 0) {
      this.takeUncertain([close]);
      return false;
    }
    this.take(at + close.length);
    this.endCall();
    return true;
  }

  private endCall(): void {
    this.calling = undefined;
    this.hasArguments = false;
    this.section = undefined;
    this.followsMark = true;
  }

  private stepJson({ open, lead, read }: { open: string; lead?: string; read: ReadCalls }): boolean {
    const start = jsonStart(this.pending, lead);
    if (start === 'never') return this.giveUp(open);
    if (start === undefined) return false;
    const from = Math.max(start, this.searched);
    const length = this.scanner.push(this.pending.slice(from));
    const end = length === undefined ? this.pending.length : from + length;
    this.searched = end;
    if (end > MAX_CALL_CHARS) return this.giveUp(open);
    if (length === undefined) return false;
    const calls = this.known(read(this.pending.slice(0, end)));
    if (!calls) return this.giveUp(open);
    this.take(end);
    return this.finishCalls(calls);
  }

  /** Calls of functions that the model was given; where it was given none, of any. */
  private known(calls: Call[] | undefined): Call[] | undefined {
    const { names } = this;
    return !names || calls?.every(({ name }) => names.has(name)) ? calls : undefined;
  }

  private finishCalls(calls: readonly Call[]): true {
    this.passMark();
    this.emitCalls(calls);
    this.section = undefined;
    return true;
  }

  /** What looked like the mark of a call is text, and what follows it is read anew. */
  private giveUp(open: string): true {
    this.take(0);
    this.section = undefined;
    this.followsMark = this.followedMark;
    this.space = this.spaceBeforeMark;
    this.show(open);
    return true;
  }

  /** The end of an answer is as good as a closing mark. False if no call is open. */
  private closeSection(): boolean {
    const { section } = this;
    if (!section || !('read' in section)) return false;
    if (this.calling !== undefined) {
      this.take(this.pending.length);
      this.endCall();
      return true;
    }
    const calls = this.pending.length > MAX_CALL_CHARS ? undefined : this.known(section.read(this.pending));
    if (!calls) return this.giveUp(section.open);
    this.take(this.pending.length);
    return this.finishCalls(calls);
  }

  private take(length: number): string {
    const text = this.pending.slice(0, length);
    this.pending = this.pending.slice(length);
    this.searched = 0;
    this.tries = 0;
    this.scanner = new JsonScanner();
    return text;
  }

  /** All that is pending, but for what may be the beginning of a mark. */
  private takeUncertain(marks: readonly string[]): string {
    const { pending } = this;
    const longest = Math.max(0, ...marks.map((mark) => mark.length - 1));
    for (let kept = Math.min(longest, pending.length); kept > 0; kept--) {
      const end = pending.slice(-kept);
      if (marks.some((mark) => mark.startsWith(end))) return this.take(pending.length - kept);
    }
    return this.take(pending.length);
  }

  /** White space at the end waits for what follows it. */
  private show(text: string): void {
    const all = this.followsMark ? text.trimStart() : this.space + text;
    if (all === '') return;
    this.followsMark = false;
    const shown = all.trimEnd();
    this.space = all.slice(shown.length);
    this.emit(shown);
  }

  private passMark(): void {
    this.spaceBeforeMark = this.space;
    this.followedMark = this.followsMark;
    this.space = '';
    this.followsMark = true;
  }

  private emit(text: string): void {
    if (text !== '') this.parts.push(this.section?.kind === 'reasoning' ? { reasoning: text } : { text });
  }

  private emitCalls(calls: readonly Call[]): void {
    for (const { name, id, arguments: argumentsDelta } of calls) {
      const index = this.calls++;
      this.parts.push({
        toolCall: id === undefined ? { index, name, argumentsDelta } : { index, id, name, argumentsDelta },
      });
    }
  }
}

/** Where JSON begins: at once, or behind `lead`; undefined if that is still open. */
function jsonStart(body: string, lead: string | undefined): number | 'never' | undefined {
  const begins = body.search(/\S/);
  if (begins < 0) return undefined;
  if ('[{'.includes(body[begins]!) && !(lead && body.startsWith(lead, begins))) return begins;
  if (!lead) return 'never';
  const at = body.indexOf(lead);
  if (at > MAX_HEAD_CHARS || (at < 0 && body.length > MAX_HEAD_CHARS + lead.length)) return 'never';
  return at < 0 ? undefined : at + lead.length;
}

const MAX_HEAD_CHARS = 1024;
const MAX_TRIES = 16;
/** The beginning of a call of JSON, up to its arguments. */
const HEAD = /^\s*\{\s*"name"\s*:\s*"([\w.:/-]{1,256})"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)/;

function isInString(body: string): boolean {
  const scanner = new JsonScanner();
  return /^\s*[[{]/.test(body) && scanner.push(body) === undefined && scanner.isInString;
}
