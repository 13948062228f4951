// What the test page loads: the AI SDK and its provider for the browser's built-in AI, as a site would bundle them.
import { browserAI } from '@browser-ai/core';
import { generateObject, generateText, jsonSchema, streamText, tool } from 'ai';

const aiSdk = { browserAI, generateObject, generateText, jsonSchema, streamText, tool };
Object.assign(globalThis, { aiSdk });
export type AiSdk = typeof aiSdk;
