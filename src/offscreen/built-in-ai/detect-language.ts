import type { Detection } from '../../protocol/built-in-ai.ts';

/** Text beyond this says nothing new about its language. */
const MAX_CHARS = 10_000;
/** How much likelier a language is than another that scores one less: set so that close relatives share. */
const SHARPNESS = 25;
/** A score at which a language is as good as certain. */
const SURE_SCORE = 0.8;
const MOST_SURE = 0.99;
const MAX_LANGUAGES = 8;

/**
 * The languages that a text may be in, the likeliest first, and last `und` with what is left: all are more likely
 * than that. Nothing is downloaded and no model asked.
 */
export async function detectLanguages(text: string): Promise<Detection[]> {
  // A megabyte of statistics, for those who ask
  const { eld } = await import('eld/extrasmall');
  const scores = Object.entries(eld.detect(text.slice(0, MAX_CHARS)).getScores()).slice(0, MAX_LANGUAGES);
  const best = scores[0]?.[1] ?? 0;
  const sureness = Math.min(MOST_SURE, best / SURE_SCORE);
  const weights = scores.map(([language, score]) => ({
    detectedLanguage: Intl.getCanonicalLocales(language)[0]!,
    weight: Math.exp(SHARPNESS * (score - best)),
  }));

  const unsure = 1 - sureness;
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const kept = weights.filter(({ weight }) => (sureness * weight) / total > unsure);
  if (kept.length === 0) return [{ detectedLanguage: 'und', confidence: 1 }];

  const keptTotal = kept.reduce((sum, { weight }) => sum + weight, 0);
  return [
    ...kept.map(({ detectedLanguage, weight }) => ({
      detectedLanguage,
      confidence: (sureness * weight) / keptTotal,
    })),
    { detectedLanguage: 'und', confidence: unsure },
  ];
}
