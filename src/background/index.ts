// The service worker. It stops between any two events: every listener is registered here, before any await,
// and whatever must last is in storage.
import browser from 'webextension-polyfill';
import { runtimePortWire } from '../channel/runtime-port.ts';
import { serve } from '../channel/serve.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import { toFailure } from '../protocol/errors.ts';
import { BACKGROUND_PORT, isAttachMessage, isWakeMessage, type WakeAnswer } from '../protocol/hand-over.ts';
import { backgroundCalls } from './background-calls.ts';
import { builtInSiteStore } from './built-in-sites.ts';
import { ensureOffscreen, postToOffscreen } from './offscreen-document.ts';
import { promptWindows } from './prompt-windows.ts';
import { hubTokenStore } from './hub-token.ts';
import { roomStore } from './room.ts';
import { settingsStore } from './settings.ts';
import { siteStore } from './sites.ts';
import type { ServiceWorkerScope } from './worker-scope.ts';

declare const self: ServiceWorkerScope;

const IDLE_SECONDS = 60;

// Content scripts stand in pages, and could read it otherwise
void chrome.storage.local.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' });

const room = roomStore(browser.storage.local);
const calls = backgroundCalls({
  sites: siteStore(browser.storage.local, Date.now),
  builtIn: builtInSiteStore(browser.storage.local),
  settings: settingsStore(browser.storage.local),
  wake: ensureOffscreen,
  prompts: promptWindows,
  room,
  hubToken: hubTokenStore(browser.storage.local),
  isIdle: async () => (await chrome.idle.queryState(IDLE_SECONDS)) !== 'active',
  memoryBytes: async () => (await chrome.system.memory.getInfo()).capacity,
});

// Bridges of pages that were open before this worker should find it
self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

// Only pages of this extension are clients of this worker: bridges among them
self.addEventListener('message', (event) => {
  if (!isAttachMessage(event.data)) return;
  event.waitUntil(postToOffscreen(self, event.data, [...event.ports]));
});

chrome.runtime.onMessage.addListener((message, _sender, respond: (answer: WakeAnswer) => void) => {
  if (!isWakeMessage(message)) return;
  ensureOffscreen().then(
    () => respond({ ok: true }),
    (error) => {
      console.error(error);
      respond({ ok: false, ...toFailure(error) });
    },
  );
  // Chrome keeps the channel open for the answer
  return true;
});

// A machine that is in a room goes back to it without anybody opening a page
chrome.runtime.onStartup.addListener(() => {
  void room.get().then((remembered) => remembered && ensureOffscreen());
});

chrome.runtime.onConnect.addListener((port) => {
  // Content scripts may connect too, with the page's origin
  if (port.name === BACKGROUND_PORT && port.sender?.origin === self.location.origin)
    serve<BackgroundCalls>(runtimePortWire(port), calls);
});
