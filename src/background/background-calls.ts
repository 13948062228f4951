import * as v from 'valibot';
import { nothing, parser } from '../channel/parser.ts';
import { BUILT_IN_CHOICES } from '../protocol/built-in-ai.ts';
import type { Handlers } from '../channel/serve.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import { MAX_MODEL_ID_CHARS, MAX_MODELS_PER_REQUEST } from '../protocol/limits.ts';
import type { BuiltInSiteStore } from './built-in-sites.ts';
import type { PromptWindows } from './prompt-windows.ts';
import { HubToken, type HubTokenStore } from './hub-token.ts';
import { RoomRecord, type RoomStore } from './room.ts';
import { SettingsChanges, type SettingsStore } from './settings.ts';
import type { SiteStore } from './sites.ts';

export interface BackgroundDeps {
  sites: SiteStore;
  builtIn: BuiltInSiteStore;
  settings: SettingsStore;
  wake(): Promise<void>;
  prompts: PromptWindows;
  memoryBytes(): Promise<number>;
  hubToken: HubTokenStore;
  room: RoomStore;
  isIdle(): Promise<boolean>;
}

// An opaque origin is nobody in particular: "null" is not one, so it can never be remembered
const Origin = v.pipe(
  v.string(),
  v.check((origin) => URL.canParse(origin) && new URL(origin).origin === origin, 'an origin was expected'),
);
const Consent = v.object({ origin: Origin });
const Decision = v.object({
  origin: Origin,
  models: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(MAX_MODEL_ID_CHARS))),
    v.maxLength(MAX_MODELS_PER_REQUEST),
  ),
  decision: v.picklist(['allow', 'block', 'forget']),
});
const Choice = v.object({ origin: Origin, choice: v.picklist([...BUILT_IN_CHOICES, 'default']) });
const QuestionId = v.object({ question: v.pipe(v.string(), v.maxLength(100)) });

export function backgroundCalls(deps: BackgroundDeps): Handlers<BackgroundCalls> {
  const { sites, builtIn, settings } = deps;
  return {
    wake: { parse: nothing, run: () => deps.wake().then(nothing) },
    settings: { parse: nothing, run: () => settings.get() },
    changeSettings: { parse: parser(SettingsChanges), run: (changes) => settings.change(changes) },
    sites: { parse: nothing, run: () => sites.list() },
    consent: { parse: parser(Consent), run: ({ origin }) => sites.get(origin) },
    decide: {
      parse: parser(Decision),
      run: ({ origin, models, decision }) =>
        (decision === 'forget' ? sites.forget(origin) : sites.decide(origin, decision, models)).then(nothing),
    },
    builtInSites: { parse: nothing, run: () => builtIn.list() },
    builtInChoice: {
      // Of pages without an origin as well: nothing is remembered of them
      parse: parser(v.object({ origin: v.string() })),
      run: async ({ origin }) => (await builtIn.get(origin)) ?? (await settings.get()).builtIn,
    },
    chooseBuiltIn: {
      parse: parser(Choice),
      run: ({ origin, choice }) =>
        (choice === 'default' ? builtIn.forget(origin) : builtIn.choose(origin, choice)).then(nothing),
    },
    openPrompt: {
      parse: parser(QuestionId),
      run: ({ question }) => deps.prompts.open(question).then(nothing),
    },
    closePrompt: {
      parse: parser(QuestionId),
      run: ({ question }) => deps.prompts.close(question).then(nothing),
    },
    room: { parse: nothing, run: () => deps.room.get() },
    rememberRoom: {
      parse: parser(v.undefinedable(RoomRecord)),
      run: (room) => deps.room.set(room).then(nothing),
    },
    hub: {
      parse: nothing,
      async run() {
        const { hub } = await settings.get();
        return { hub, hasToken: (await deps.hubToken.access(hub)).authorization !== undefined };
      },
    },
    keepHubToken: {
      parse: parser(v.object({ token: v.undefinedable(HubToken) })),
      run: async ({ token }) => void (await deps.hubToken.keep((await settings.get()).hub, token)),
    },
    hubAccess: { parse: nothing, run: async () => deps.hubToken.access((await settings.get()).hub) },
    isIdle: { parse: nothing, run: () => deps.isIdle() },
    memory: { parse: nothing, run: () => deps.memoryBytes() },
  };
}
