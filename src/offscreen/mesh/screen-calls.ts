import * as v from 'valibot';
import { nothing, parser } from '../../channel/parser.ts';
import type { Handlers } from '../../channel/serve.ts';
import type { Clock } from '../../mesh/clock.ts';
import type { MeshScreenCalls } from '../../protocol/mesh-screen-calls.ts';
import { isPeerId, type PeerId } from '../../protocol/peer-id.ts';
import type { Mesh } from './mesh.ts';

const Text = v.object({ text: v.pipe(v.string(), v.maxLength(2_000)) });
const Code = v.object({ code: v.pipe(v.string(), v.maxLength(500)) });
const OnePeer = v.object({ peer: v.custom<PeerId>(isPeerId, 'a machine was expected') });
/** Of many changes at once only the last is shown. */
const TELL_MS = 100;

export function meshScreenCalls(mesh: Mesh, clock: Clock): Handlers<MeshScreenCalls> {
  return {
    meshWatch: {
      parse: nothing,
      async run(_, call) {
        let isChanged = true;
        let wake = () => {};
        const stop = mesh.watch(() => {
          isChanged = true;
          wake();
        });
        call.signal.addEventListener('abort', () => wake());
        try {
          while (!call.signal.aborted) {
            if (isChanged) {
              isChanged = false;
              await call.send(await mesh.status());
              await new Promise<void>((resolve) => clock.after(TELL_MS, resolve));
            } else await new Promise<void>((resolve) => (wake = resolve));
          }
        } finally {
          stop();
        }
        return undefined;
      },
    },
    meshCreate: { parse: nothing, run: () => mesh.create().then(nothing) },
    meshJoin: { parse: parser(Code), run: ({ code }) => mesh.join(code).then(nothing) },
    meshLeave: { parse: nothing, run: () => mesh.leave().then(nothing) },
    meshInvite: { parse: nothing, run: async () => ({ text: await mesh.invite() }) },
    meshReply: { parse: parser(Text), run: async ({ text }) => ({ text: await mesh.reply(text) }) },
    meshAccept: { parse: parser(Text), run: ({ text }) => mesh.accept(text).then(nothing) },
    meshBan: { parse: parser(OnePeer), run: ({ peer }) => mesh.ban(peer).then(nothing) },
    meshPardon: { parse: parser(OnePeer), run: ({ peer }) => mesh.pardon(peer).then(nothing) },
    meshConfigure: { parse: nothing, run: () => mesh.configure().then(nothing) },
  };
}
