// What a developer meets who gives the command line something wrong: a code, one sentence, nothing on stdout.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BAD_FILES, smallModel } from '../../test/fakes/model-files.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'hearth-cli-'));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(script: string, args: string[]): Promise<Ended> {
  return new Promise((done) =>
    execFile(process.execPath, [resolve(root, script), ...args], (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}

/** The command line as built: the script that builds it looks at every source each time. */
const hearth = (...args: string[]) => run('out/cli/hearth.mjs', args);

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, 'model.gguf');
  writeFileSync(path, bytes);
  return path;
}

function expectRefusal({ code, stdout, stderr }: Ended, exitCode: number, ...says: string[]): void {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^[a-z-]+: .*[.!?]$/m);
  for (const part of says) expect(stderr).toContain(part);
  expect(stdout).toBe('');
  expect(code).toBe(exitCode);
}

beforeAll(async () => {
  const built = await run('src/build/cli.mjs', ['help']);
  expect(built.code, built.stderr).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('a sound file is inspected', async () => {
  const { code, stdout } = await hearth('inspect', '--model', fileOf(smallModel()));
  expect(JSON.parse(stdout)).toMatchObject({ name: 'small', architecture: 'llama' });
  expect(code).toBe(0);
});

test.each(BAD_FILES)('a file is refused that is, or has, $why', async ({ bytes, code, says }) => {
  expectRefusal(await hearth('inspect', '--model', fileOf(bytes)), 1, `${code}: `, says);
});

test('a file that was cut is refused by the commands that compute, too', async () => {
  const model = fileOf(smallModel().slice(0, -100));
  const ended = await hearth('generate', '--model', model, '--prompt', 'a');
  expectRefusal(ended, 1, 'bad-model: ', 'should end at');
});

test.each([
  { args: ['inspect', '--model', join(folder, 'none.gguf')], says: 'cannot be opened', exit: 1 },
  { args: ['inspect', '--model', folder], says: 'is not a file', exit: 1 },
  { args: ['inspect'], says: '--model is missing', exit: 2 },
  { args: ['inspect', '--modle', 'x'], says: '--modle', exit: 2 },
  { args: ['generate', '--model', 'x'], says: 'exactly one of', exit: 2 },
  { args: ['generate', '--model', 'x', '--prompt', 'a', '--ids', '1'], says: 'exactly one of', exit: 2 },
  { args: ['generate', '--model', 'x', '--messages', '{'], says: 'not JSON', exit: 2 },
  { args: ['generate', '--model', 'x', '--messages', '[]'], says: 'must be a list', exit: 2 },
  { args: ['generate', '--model', 'x', '--messages', '[{"role":"god"}]'], says: 'must be a list', exit: 2 },
  { args: ['generate', '--model', 'x', '--prompt', 'a', '--max-tokens', '0'], says: '--max-tokens', exit: 2 },
  { args: ['generate', '--model', 'x', '--prompt', 'a', '--seed', '1.5'], says: 'whole number', exit: 2 },
  { args: ['logits', '--model', 'x', '--ids', '1,x'], says: 'separated by commas', exit: 2 },
])('$args is refused: $says', async ({ args, says, exit }) => {
  expectRefusal(await hearth(...args), exit, says);
});

test('a command that is not there is refused with those that are', async () => {
  const { code, stderr } = await hearth('constructor');
  expect(stderr).toMatch(/There is no command "constructor".*generate/);
  expect(code).toBe(2);
});
