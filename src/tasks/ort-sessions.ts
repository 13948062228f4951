import type * as OrtModule from 'onnxruntime-common';

export type Ort = typeof OrtModule;
export type Session = OrtModule.InferenceSession;
type SessionOptions = OrtModule.InferenceSession.SessionOptions;

/** Where a model's sessions run. Travels to them inside the session options, which the library hands through. */
export interface SessionPlace {
  /** Each run is given to it, to be let through. */
  turn<T>(run: () => Promise<T>): Promise<T>;
}

/** Session options of a model's place on the processor, or on the device. */
export function sessionOptions(place: SessionPlace, device: GPUDevice | undefined): object {
  if (!device) return { place, executionProviders: ['wasm'] };
  return {
    place,
    executionProviders: [{ name: 'webgpu', device }],
    // Keys and values of a decoder stay where the next token needs them
    preferredOutputLocation: new Proxy({} as Record<string, string>, {
      get: (_, name) => (typeof name === 'string' && name.startsWith('present') ? 'gpu-buffer' : undefined),
    }),
  };
}

const ON_PROCESSOR: SessionPlace = { turn: (run) => run() };

export async function openSession(ort: Ort, model: Uint8Array, options: object): Promise<Session> {
  // The library has small models of its own, to sort by and to resize with: they have no place, and run on the processor
  const { place = ON_PROCESSOR, ...others } = options as SessionOptions & { place?: SessionPlace };
  const session = await place.turn(() =>
    ort.InferenceSession.create(model, {
      ...others,
      executionProviders: others.executionProviders ?? ['wasm'],
    }),
  );
  const run = session.run.bind(session);
  session.run = (feeds: OrtModule.InferenceSession.FeedsType) => place.turn(() => run(feeds));
  return session;
}

/**
 * ONNX Runtime as the library sees it: sessions that ask their place before each run. The library makes a chain of all
 * runs, and one of all loads, in which a failure would fail everything after it: so a failure is carried through as a
 * value that throws when the library first looks into it.
 */
export function ortSessions(ort: Ort): Ort {
  const create = async (model: Uint8Array, options: object) => {
    try {
      const session = await openSession(ort, model, options);
      const run = session.run.bind(session);
      session.run = (feeds: OrtModule.InferenceSession.FeedsType) =>
        run(feeds).catch((error) => new Proxy({}, { ownKeys: () => thrown(error) }));
      return session;
    } catch (error) {
      return new Proxy({}, { set: () => thrown(error) });
    }
  };
  return { ...ort, InferenceSession: { create } as unknown as Ort['InferenceSession'] };
}

function thrown(error: unknown): never {
  throw error;
}
