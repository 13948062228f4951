// What the test page loads: OpenAI's own client, as a site would bundle it.
import OpenAI from 'openai';

Object.assign(globalThis, { OpenAI });
