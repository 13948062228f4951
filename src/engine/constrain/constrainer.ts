import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { Constraint } from '../../protocol/generate.ts';
import { LeastRecent } from './least-recent.ts';
import { wholeMatch } from './regex-grammar.ts';
import { parseSchema, schemaGrammar } from './schema-grammar.ts';
import { type CallConstraint, toolGrammar } from './tool-grammar.ts';
import { behindLead, type Lead } from './thoughts-grammar.ts';
import { TokenMatcher } from './token-matcher.ts';
import { tokenVocabulary } from './token-vocabulary.ts';
import { type CompiledGrammar, type GrammarCompiler, xgrammar } from './xgrammar.ts';

/** Grammars that are kept compiled. */
const MAX_KEPT = 16;
const SPACE = 0x20;

/** What an answer is held to. */
export interface Held {
  constraint: Constraint | CallConstraint;
  /** What comes before what it is held to; nothing if absent. */
  lead?: (Lead & { marks: readonly string[] }) | undefined;
  /** What the answer begins with, which is not its own but counts. */
  start?: string | undefined;
}

/** Holds the answers of one model to grammars. Nothing is loaded until the first one is asked for. */
export class Constrainer {
  readonly #tokenizer: Tokenizer;
  readonly #vocab: number;
  /** By the control tokens that its grammars may write. */
  readonly #compilers = new Map<string, Promise<GrammarCompiler>>();
  #spaced: ReadonlySet<number> | undefined;
  readonly #kept = new LeastRecent<string, Promise<CompiledGrammar>>(MAX_KEPT, (compiled) => {
    void compiled.then(
      (grammar) => grammar.dispose(),
      () => {},
    );
  });

  constructor(tokenizer: Tokenizer, vocab: number) {
    this.#tokenizer = tokenizer;
    this.#vocab = vocab;
  }

  /** Fails with `not-supported` for what cannot be followed, and with `bad-input` for what is none. */
  async matcher({ constraint, lead, start = '' }: Held): Promise<TokenMatcher> {
    const grammar = lead ? behindLead(grammarOf(constraint), lead) : grammarOf(constraint);
    const { GrammarMatcher } = await xgrammar();
    const marks = constraint.kind === 'calls' ? constraint.marks : (lead?.marks ?? []);
    const key = JSON.stringify([marks, grammar]);
    const compiled = await this.#kept.get(key, () => this.#compile(grammar, marks));
    const endless = this.#tokenizer.endIds.size === 0;
    const matcher = await GrammarMatcher.createGrammarMatcher(compiled, undefined, endless);
    // Made for tests, says the package, and does what it says
    if (start !== '' && !matcher._acceptString(start)) {
      matcher.dispose();
      throw new HearthError(
        'bad-input',
        'The beginning of the answer does not follow what the whole answer is held to. Change one of them.',
      );
    }
    return new TokenMatcher(matcher, this.#tokenizer, this.#spacedIds(), new Set(marks));
  }

  async dispose(): Promise<void> {
    this.#kept.clear();
    const compilers = await Promise.allSettled(this.#compilers.values());
    this.#compilers.clear();
    for (const compiler of compilers) if (compiler.status === 'fulfilled') compiler.value.dispose();
  }

  async #compile(grammar: string, marks: readonly string[]): Promise<CompiledGrammar> {
    const compiler = await this.#compilerFor(marks);
    try {
      return await compiler.compileGrammar(grammar);
    } catch (cause) {
      throw new HearthError(
        'bad-input',
        'The grammar cannot be read: it must be EBNF as xgrammar and GBNF have it, with a rule `root`.',
        { cause },
      );
    }
  }

  #compilerFor(marks: readonly string[]): Promise<GrammarCompiler> {
    const key = marks.join('\0');
    const known = this.#compilers.get(key);
    if (known) return known;
    const made = this.#newCompiler(new Set(marks));
    this.#compilers.set(key, made);
    made.catch(() => this.#compilers.delete(key));
    return made;
  }

  async #newCompiler(marks: ReadonlySet<string>): Promise<GrammarCompiler> {
    const { GrammarCompiler } = await xgrammar();
    const vocabulary = await tokenVocabulary(this.#tokenizer, this.#vocab, marks);
    const compiler = await GrammarCompiler.createGrammarCompiler(vocabulary, false);
    vocabulary.dispose();
    return compiler;
  }

  #spacedIds(): ReadonlySet<number> {
    const tokenizer = this.#tokenizer;
    const isSpaced = (id: number) => tokenizer.kind(id) === 'normal' && tokenizer.tokenBytes(id)[0] === SPACE;
    this.#spaced ??= new Set(
      tokenizer.addsSpace === 'never'
        ? []
        : Array.from({ length: this.#vocab }, (_, id) => id).filter(isSpaced),
    );
    return this.#spaced;
  }
}

/** In xgrammar's EBNF. */
export function grammarOf(constraint: Held['constraint']): string {
  switch (constraint.kind) {
    case 'calls':
      return toolGrammar(constraint);
    case 'json':
      return schemaGrammar(true);
    case 'json-schema':
      return schemaGrammar(parseSchema(constraint.schema));
    case 'grammar':
      return constraint.ebnf;
    case 'regex':
      return `root ::= ${patternGrammar(constraint.pattern)}`;
  }
}

function patternGrammar(pattern: string): string {
  try {
    return wholeMatch(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HearthError(
      'not-supported',
      `The pattern ${JSON.stringify(pattern.slice(0, 100))} has ${error.message} which answers cannot be held to. Write it without.`,
    );
  }
}
