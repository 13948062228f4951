import { expect, test } from 'vitest';
import { findChromium } from './chromium.mjs';
import { chromiumFlags } from './chromium-flags.mjs';

/** A machine that holds these programs and no others. */
function machine(platform: string, programs: string[], env: Record<string, string> = {}) {
  return {
    platform,
    env,
    home: '/home/ann',
    isExecutable: (path: string) => programs.includes(path),
    list: (folder: string) => [
      ...new Set(
        programs
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0]!),
      ),
    ],
  };
}

const cached = (version: string) =>
  `/home/ann/.cache/ms-playwright/chromium-${version}/chrome-linux64/chrome`;

test.each([
  {
    why: "the real binary is taken, not the distribution's script",
    found: '/usr/lib/chromium/chromium',
    of: machine('linux', ['/usr/bin/chromium', '/usr/lib/chromium/chromium'], { PATH: '/usr/bin' }),
  },
  {
    why: 'a Chromium on the path will do',
    found: '/snap/bin/chromium',
    of: machine('linux', ['/snap/bin/chromium'], { PATH: '/usr/bin:/snap/bin' }),
  },
  {
    why: 'of several downloaded ones the newest is taken',
    found: cached('1180'),
    of: machine('linux', [cached('999'), cached('1180'), cached('1002')]),
  },
  {
    why: 'the environment decides',
    found: '/opt/mine',
    of: machine('linux', ['/opt/mine', '/usr/lib/chromium/chromium'], { HEARTH_CHROMIUM: '/opt/mine' }),
  },
  {
    why: 'macOS keeps it among the applications',
    found: '/Applications/Chromium.app/Contents/MacOS/Chromium',
    of: machine('darwin', ['/Applications/Chromium.app/Contents/MacOS/Chromium']),
  },
  {
    why: 'branded Chrome does not load extensions from the command line, so it is left alone',
    found: undefined,
    of: machine('linux', ['/opt/google/chrome/chrome', '/usr/bin/google-chrome'], { PATH: '/usr/bin' }),
  },
  { why: 'nothing is found on an unknown system', found: undefined, of: machine('plan9', []) },
])('$why', ({ found, of }) => {
  expect(findChromium(of)).toBe(found);
});

test('an environment that names no program is told so, instead of another browser being taken', () => {
  const wrong = machine('linux', ['/usr/lib/chromium/chromium'], { HEARTH_CHROMIUM: '/nowhere' });
  expect(() => findChromium(wrong)).toThrow('HEARTH_CHROMIUM names /nowhere');
});

test('the sandbox is given up by root alone', () => {
  const flags = (isRoot: boolean) =>
    chromiumFlags('/ext', { headless: true, platform: 'linux', isRoot, hasGpu: false });
  expect(flags(true)).toContain('--no-sandbox');
  expect(flags(false)).not.toContain('--no-sandbox');
});

test.each([
  { platform: 'darwin', hasGpu: false, headless: true, unsafe: false, vulkan: false, surface: true },
  { platform: 'linux', hasGpu: false, headless: true, unsafe: true, vulkan: false, surface: true },
  { platform: 'linux', hasGpu: true, headless: false, unsafe: true, vulkan: true, surface: true },
  { platform: 'linux', hasGpu: true, headless: true, unsafe: true, vulkan: true, surface: false },
])(
  'Vulkan is asked for where there is a GPU that needs it: $platform, GPU $hasGpu, headless $headless',
  (machine) => {
    const flags = chromiumFlags('/ext', { ...machine, isRoot: false });
    expect(flags).toContain('--load-extension=/ext');
    expect(flags.includes('--enable-unsafe-webgpu')).toBe(machine.unsafe);
    expect(flags.includes('--enable-features=Vulkan')).toBe(machine.vulkan);
    expect(flags.includes('--disable-vulkan-surface')).toBe(!machine.surface);
  },
);
