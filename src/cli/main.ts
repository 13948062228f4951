import { toFailure } from '../protocol/errors.ts';
import { bench } from './commands/bench.ts';
import { embed } from './commands/embed.ts';
import { detokenize } from './commands/detokenize.ts';
import { generate } from './commands/generate.ts';
import { inspect } from './commands/inspect.ts';
import { logits } from './commands/logits.ts';
import { random } from './commands/random.ts';
import { peer } from './commands/peer.ts';
import { roomBench } from './commands/room-bench.ts';
import { perplexity } from './commands/perplexity.ts';
import { share } from './commands/share.ts';
import { tune } from './commands/tune.ts';
import { tokenize } from './commands/tokenize.ts';

/** A command turns its arguments into one JSON value. */
export type Command = (args: string[]) => Promise<unknown>;

const COMMANDS: Record<string, Command> = {
  inspect,
  tokenize,
  detokenize,
  logits,
  perplexity,
  generate,
  embed,
  bench,
  random,
  share,
  tune,
  peer,
  'room-bench': roomBench,
};

const USAGE = `hearth COMMAND --model FILE.gguf …

  inspect                                            what the file holds and what it needs
  tokenize    --text T | --file P [--bos] [--parse-special]
  detokenize  --ids 1,2,3
  logits      --ids 1,2,3 [--all]                    after the last token, or after each
  perplexity  --file P [--context N]                 BOS and N-1 tokens a window, every token scored
  generate    --prompt T | --messages JSON | --ids 1,2,3  --max-tokens N
              [--temperature 0 --top-k 0 --top-p 1 --min-p 0 --seed S --stop T …
               --repetition-penalty 1 --frequency-penalty 0 --presence-penalty 0]
              [--keep-tokens N]   goes on past the context's end: forgets the older half behind the first N
  embed       --text T | --file P | --ids 1,2,3 [--dimensions N --raw]   a vector of the text, or of each line
  bench       [--pp 512 --tg 128 --depth 0 --concurrency 1 --repeat 5 --profile]
  random      --shape llama-3.2-1b --quant Q4_0 --out F   a model of random weights, for bench
  share       [--share 30 --seconds 10 --pp 256 --tg 128]    what a cap of the GPU's time comes to
  tune        --quant Q4_0 --k 2048 --n 16384 [--rows 1]    times every division of mat-vec's work

  peer        --room CODE --server HOST:PORT [--name N --memory-mb 4096 --gpu-percent 100]
              computes layers of models for the machines of a room, until Ctrl-C; --model FILE spares it fetching that
  room-bench  --room CODE --server HOST:PORT --peers 2 [--pp 512 --tg 64 --concurrency 1,6 --repeat 3]
              asks the model of a room's machines, and measures

What is added: --lora ADAPTER.gguf[:SCALE] …
Where it runs: --adapter NAME, --features f16,no-subgroups,no-dp4a,matrices (force or forbid), --vulkan-icd FILE,
--kv f32|f16|q8_0, --context N, --max-rows N. logits, perplexity and embed are exact unless --features has dp4a.
JSON goes to stdout, progress to stderr.
`;

async function main([name = '', ...args]: string[]): Promise<number> {
  if (name === '--help' || name === 'help' || name === '') {
    process.stderr.write(USAGE);
    return name === '' ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(
      `There is no command ${JSON.stringify(name)}. There are: ${Object.keys(COMMANDS).join(', ')}.\n`,
    );
    return 2;
  }
  try {
    const result = await command(args);
    await new Promise<void>((resolve) =>
      process.stdout.write(`${JSON.stringify(result)}\n`, () => resolve()),
    );
    return 0;
  } catch (error) {
    const { code, message } = toFailure(error);
    process.stderr.write(
      code === 'internal'
        ? `${String(error instanceof Error ? error.stack : error)}\n`
        : `${code}: ${message}\n`,
    );
    return code === 'bad-input' ? 2 : 1;
  }
}

// `exit`, since Dawn's threads would keep the process alive
process.exit(await main(process.argv.slice(2)));
