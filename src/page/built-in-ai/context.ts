import type { BuiltInApi } from '../../protocol/built-in-ai.ts';

/** Throws where the specifications let nobody create anything: in a document that has gone, and by policy. */
export function checkDocument(): void {
  if (!document.defaultView) throw new DOMException('The document is not active.', 'InvalidStateError');
}

interface FeaturePolicy {
  features(): string[];
  allowsFeature(feature: string): boolean;
}

/** Whether the permissions policy lets this document use the API: by default its own origin alone. */
export function isAllowed(api: BuiltInApi): boolean {
  const { featurePolicy } = document as Document & { featurePolicy?: FeaturePolicy };
  if (featurePolicy?.features().includes(api)) return featurePolicy.allowsFeature(api);
  // What a browser does not know cannot be passed on to frames in it, nor can what it does not tell
  const { ancestorOrigins } = location;
  if (!ancestorOrigins) return self === top;
  return [...ancestorOrigins].every((ancestor) => ancestor === origin && ancestor !== 'null');
}

export function checkAllowed(api: BuiltInApi): void {
  if (!isAllowed(api))
    throw new DOMException(`The permissions policy of this frame does not allow ${api}.`, 'NotAllowedError');
}
