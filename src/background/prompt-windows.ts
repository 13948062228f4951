import browser from 'webextension-polyfill';
import { PROMPT_PATH } from '../protocol/hand-over.ts';

const WIDTH = 460;
const HEIGHT = 560;

export interface PromptWindows {
  open(question: string): Promise<void>;
  close(question: string): Promise<void>;
}

/** The question in a window of its own, which no page can draw over. The browser remembers which window it is. */
export const promptWindows: PromptWindows = {
  async open(question) {
    await browser.windows.create({ type: 'popup', url: urlOf(question), width: WIDTH, height: HEIGHT });
  },
  async close(question) {
    const contexts = await chrome.runtime.getContexts({ documentUrls: [urlOf(question)] });
    await Promise.all(contexts.map(({ windowId }) => browser.windows.remove(windowId)));
  },
};

function urlOf(question: string): string {
  return `${chrome.runtime.getURL(PROMPT_PATH)}?question=${encodeURIComponent(question)}`;
}
