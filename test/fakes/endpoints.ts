import { connect } from '../../src/channel/connect.ts';
import { serve } from '../../src/channel/serve.ts';
import { endpoints } from '../../src/offscreen/endpoints.ts';
import type { GenerationDeps } from '../../src/offscreen/generation.ts';
import { respond } from '../../src/offscreen/http.ts';
import { newPage } from '../../src/offscreen/page.ts';
import { RecentRuns } from '../../src/offscreen/recent-runs.ts';
import { Slots } from '../../src/offscreen/slots.ts';
import type { EngineCalls } from '../../src/protocol/engine-calls.ts';
import type { HttpHead } from '../../src/protocol/page-calls.ts';
import { fakeEngine } from './engine.ts';
import { memoryWires } from './memory-wires.ts';

/** Whatever was parsed. */
type Json = ReturnType<typeof JSON.parse>;

export interface Reply {
  status: number;
  text: string;
  /** Of a body in one piece. */
  json: Json;
  /** Of a stream: each event's name and data. */
  events: { name: string | undefined; data: Json }[];
}

/** The endpoints as a page reaches them that the user has allowed one model, on the fake engine. */
export function fakeEndpoints(engine = fakeEngine(async () => {})) {
  const [near, far] = memoryWires();
  serve<EngineCalls>(far, engine);
  const client = connect<EngineCalls>(near);
  const deps = {
    page: newPage('http://a'),
    consent: { need: async () => ['hearthside'], models: async () => ['hearthside'] },
    engine: { client: async () => client },
    slots: new Slots(32),
    room: { mayLeave: () => false, summary: () => ({ machines: 0, sharing: 0, mayUse: false }) },
    runs: new RecentRuns(),
  } as unknown as GenerationDeps;
  const served = endpoints(deps);
  return async (method: string, path: string, body?: object, isAnthropic = false): Promise<Reply> => {
    const parts: (HttpHead | string)[] = [];
    const send = async (part: HttpHead | string) => void parts.push(part);
    const request = {
      method,
      url: `https://hearth.local/v1${path}`,
      body: body instanceof FormData ? [...body] : JSON.stringify(body ?? {}),
      isAnthropic,
    };
    await respond(request, served, { send, signal: new AbortController().signal });
    const [head, ...texts] = parts as [HttpHead, ...string[]];
    const text = texts.join('');
    const type = head.headers['content-type'];
    const isEvents = type === 'text/event-stream';
    return {
      status: head.status,
      text,
      json: type === 'application/json' ? JSON.parse(text) : undefined,
      events: isEvents ? text.split('\n\n').filter(Boolean).map(toEvent) : [],
    };
  };
}

function toEvent(text: string): Reply['events'][number] {
  const [, name, data] = /^(?:event: (.*)\n)?data: (.*)$/.exec(text)!;
  return { name, data: data === '[DONE]' ? data : JSON.parse(data!) };
}
