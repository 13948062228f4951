/** An origin in words that a person can judge. */
export interface OriginWords {
  /** `https://` and the like; empty for an opaque origin. */
  scheme: string;
  /** The address as the network sees it: letters outside ASCII stay in their `xn--` form. */
  host: string;
  isOpaque: boolean;
  /** What the user should know before trusting this address. */
  warning: string | undefined;
}

/** `origin` is the browser's own serialisation: `null` for sandboxed frames, `data:` and local files. */
export function describeOrigin(origin: string): OriginWords {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/]+)$/.exec(origin);
  if (!match) {
    return {
      scheme: '',
      host: 'A page without an address',
      isOpaque: true,
      warning:
        'It is a sandboxed frame or a local file, so the browser cannot tell whose it is, and Hearth cannot remember your answer.',
    };
  }
  const [, scheme = '', host = ''] = match;
  return { scheme, host, isOpaque: false, warning: warningFor(scheme, host) };
}

function warningFor(scheme: string, host: string): string | undefined {
  if (host.split('.').some((label) => label.startsWith('xn--'))) {
    return 'This address has letters that can imitate others. It is shown in its coded form, so compare it with care.';
  }
  if (scheme === 'http://' && !isLocal(host)) {
    return 'The connection to this site is not encrypted, so others on the network could have changed the page.';
  }
  return undefined;
}

function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '127.0.0.1' || name === '[::1]';
}
