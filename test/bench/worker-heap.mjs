// @ts-check
// What the engine's worker holds in JavaScript, as Chromium's own tools see it.

/** @typedef {{ heapBytes: number, arrayBytes: number }} Held Objects, and the bytes of array buffers */

/**
 * The engine worker of a running extension. Call it once the engine has been woken.
 * @param {import('playwright-core').BrowserContext} context
 */
export async function openWorkerHeap(context) {
  const browser = context.browser();
  if (!browser) throw new Error('This browser cannot be asked about its workers.');
  const tools = await browser.newBrowserCDPSession();
  const { targetInfos } = await tools.send('Target.getTargets', { filter: [{}] });
  const document = targetInfos.find(({ url }) => url.endsWith('/src/offscreen/index.html'));
  if (!document) throw new Error('The extension has no offscreen document: wake it first.');
  const { sessionId } = await tools.send('Target.attachToTarget', { targetId: document.targetId });
  const ofDocument = within(/** @type {any} */ (tools), sessionId);
  const isThere = new Promise((resolve) =>
    ofDocument.on('Target.attachedToTarget', (event) => {
      if (event.targetInfo.type === 'worker') resolve(within(ofDocument, event.sessionId));
    }),
  );
  await ofDocument.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const worker = /** @type {Session} */ (await isThere);
  const held = () => heldBy(worker);
  return {
    /** @returns {Promise<Held>} As it is, garbage included */
    held,
    /** @returns {Promise<Held>} What is in use */
    inUse: () => inUseBy(worker),
    /** @returns {Promise<Held>} What the offscreen document has in use, which stands between pages and the worker */
    documentInUse: () => inUseBy(ofDocument),
    /**
     * The most that is held at any look while `work` runs, garbage included; a look takes as long as the worker takes to
     * answer.
     * @param {() => Promise<unknown>} work
     */
    async peakBytes(work) {
      let peak = 0;
      let isOver = false;
      const looking = (async () => {
        while (!isOver) {
          const { heapBytes, arrayBytes } = await held();
          peak = Math.max(peak, heapBytes + arrayBytes);
        }
      })();
      await work().finally(() => (isOver = true));
      await looking;
      return peak;
    },
    close: () => tools.detach(),
  };
}

/** @param {Session} session */
async function inUseBy(session) {
  await session.send('HeapProfiler.collectGarbage');
  return heldBy(session);
}

/** @param {Session} session */
async function heldBy(session) {
  const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
  return { heapBytes: usedSize, arrayBytes: backingStorageSize };
}

/**
 * @typedef {object} Session
 * @property {(method: string, params?: object) => Promise<any>} send
 * @property {(event: string, listener: (params: any) => void) => unknown} on
 */

/**
 * A target's session, whose messages travel within those of another.
 * @param {Session} outer
 * @param {string} sessionId
 * @returns {Session}
 */
function within(outer, sessionId) {
  let lastId = 0;
  const waiting = /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */ (
    new Map()
  );
  const listeners = /** @type {[string, (params: any) => void][]} */ ([]);
  outer.on('Target.receivedMessageFromTarget', (event) => {
    if (event.sessionId !== sessionId) return;
    const { id, result, error, method, params } = JSON.parse(event.message);
    for (const [name, listener] of listeners) if (name === method) listener(params);
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        const message = JSON.stringify({ id, method, params });
        outer.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
      }),
    on: (event, listener) => listeners.push([event, listener]),
  };
}
