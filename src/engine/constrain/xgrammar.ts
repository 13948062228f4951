import type * as XGrammar from '@mlc-ai/web-xgrammar';
import { HearthError } from '../../protocol/errors.ts';

export type { CompiledGrammar, GrammarCompiler, GrammarMatcher, TokenizerInfo } from '@mlc-ai/web-xgrammar';

let loading: Promise<typeof XGrammar> | undefined;

/** xgrammar, loaded when it is first asked for: a megabyte, most of it WebAssembly. */
export function xgrammar(): Promise<typeof XGrammar> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw new HearthError('internal', 'What holds answers to a grammar could not be loaded. Try again.', {
      cause,
    });
  });
  return loading;
}

/**
 * The package is a script for pages: where it is imported as a module, it leaves itself on the global object, and it wants to
 * know where it lies, which Node does not say to modules.
 */
async function load(): Promise<typeof XGrammar> {
  const scope = globalThis as { location?: unknown; xgrammar?: typeof XGrammar };
  const isPlaceless = scope.location === undefined;
  if (isPlaceless) scope.location = { href: import.meta.url };
  try {
    const imported = await import('@mlc-ai/web-xgrammar');
    const library = scope.xgrammar ?? imported;
    delete scope.xgrammar;
    // Starts the WebAssembly
    (await library.Grammar.builtinJSONGrammar()).dispose();
    return library;
  } finally {
    if (isPlaceless) delete scope.location;
  }
}
