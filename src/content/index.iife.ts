// The isolated world's side of a page. It listens for one event and does nothing else until the page first calls.
import { ATTACH_EVENT } from '../protocol/hand-over.ts';
import { handOver } from './hand-over.ts';

addEventListener(ATTACH_EVENT, (event) => {
  const [control] = (event as MessageEvent).ports ?? [];
  if (control) void handOver(control);
});
