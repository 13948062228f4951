import type { Clock } from '../../mesh/clock.ts';
import {
  type Invitation,
  readInvitation,
  readReply,
  writeInvitation,
  writeReply,
} from '../../mesh/signalling/invitation.ts';
import { HearthError } from '../../protocol/errors.ts';
import { type Carrier, ownCarrier } from './carrier.ts';
import { acceptAnswer, answerTo, offerOf } from './descriptions.ts';
import type { Stay } from './stay.ts';

/** Somebody has to carry the text to the other machine and back. */
const REPLY_WITHIN_MS = 10 * 60_000;

/** Machines that meet without any server, by one text there and one text back. */
export class Meetings {
  #invited: Carrier | undefined;

  constructor(private readonly clock: Clock) {}

  /** A second invitation takes the place of the first. */
  async invite(stay: Stay): Promise<string> {
    this.cancel();
    const carrier = ownCarrier(stay.iceServers, true);
    this.#invited = carrier;
    const sdp = await offerOf(carrier.connection);
    return writeInvitation({ secret: stay.deps.secret, offer: { type: 'offer', sdp } });
  }

  read(text: string): Invitation {
    return readInvitation(text);
  }

  async reply(stay: Stay, { offer }: Invitation): Promise<string> {
    const carrier = ownCarrier(stay.iceServers, false);
    const sdp = await answerTo(carrier.connection, offer.sdp);
    const cancel = this.clock.after(REPLY_WITHIN_MS, () => carrier.close());
    void carrier.opened
      .then(() => stay.link(carrier))
      // Whoever invited is told there
      .catch(() => {})
      .finally(cancel);
    return writeReply({ type: 'answer', sdp });
  }

  async accept(stay: Stay, text: string): Promise<void> {
    const { sdp } = readReply(text);
    const carrier = this.#invited;
    if (!carrier)
      throw new HearthError('gone', 'The invitation that this replies to is gone. Make another one.');
    await acceptAnswer(carrier.connection, sdp);
    this.#invited = undefined;
    await stay.link(carrier);
  }

  cancel(): void {
    this.#invited?.close();
    this.#invited = undefined;
  }
}
