import type { HubAccess } from '../protocol/hub.ts';

/**
 * `fetch` that shows the user's token to their hub alone. Hubs redirect to stores on other hosts, where fetch itself leaves
 * the header away (https://fetch.spec.whatwg.org/#http-redirect-fetch, step 13).
 */
export function withAccess(
  fetch: typeof globalThis.fetch,
  access: HubAccess | undefined,
): typeof globalThis.fetch {
  const { origin, authorization } = access ?? {};
  if (!authorization) return fetch;
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) return fetch(input, init);
    const headers = new Headers(init?.headers);
    headers.set('Authorization', authorization);
    return fetch(input, { ...init, headers });
  };
}
