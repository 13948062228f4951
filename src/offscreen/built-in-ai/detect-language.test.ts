import { expect, test } from 'vitest';
import { detectLanguages } from './detect-language.ts';

test.each([
  ['en', 'Where is the nearest train station?'],
  ['de', 'Ich komme heute später nach Hause.'],
  ['fr', 'Où est la gare la plus proche ?'],
  ['es', '¿Dónde está la estación más cercana?'],
  ['it', 'Dov’è la stazione più vicina?'],
  ['pt', 'Onde fica a estação mais próxima?'],
  ['nl', 'Waar is het dichtstbijzijnde station?'],
  ['pl', 'Gdzie jest najbliższa stacja kolejowa?'],
  ['cs', 'Kde je nejbližší nádraží?'],
  ['tr', 'En yakın tren istasyonu nerede?'],
  ['ru', 'Сегодня вечером я приду поздно.'],
  ['uk', 'Де найближча залізнична станція?'],
  ['el', 'Πού είναι ο πλησιέστερος σταθμός;'],
  ['ar', 'أين أقرب محطة قطار؟'],
  ['he', 'איפה תחנת הרכבת הקרובה?'],
  ['ja', '最寄りの駅はどこですか？'],
  ['ko', '가장 가까운 기차역이 어디예요?'],
  ['zh', '最近的火车站在哪里？'],
  ['th', 'สถานีรถไฟที่ใกล้ที่สุดอยู่ที่ไหน'],
])('knows %s', async (language, text) => {
  const results = await detectLanguages(text);
  expect(results[0]!.detectedLanguage).toBe(language);
});

test.each(['Hello', 'ok', 'Guten Morgen', 'Si', '1234', '!!!', 'x'.repeat(100_000)])(
  'shares out what it is sure of, and keeps the rest for "und": %.20s',
  async (text) => {
    const results = await detectLanguages(text);
    const rest = results.pop()!;
    expect(rest.detectedLanguage).toBe('und');
    expect(rest.confidence).toBeGreaterThan(0);
    const confidences = results.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    for (const confidence of confidences) expect(confidence).toBeGreaterThan(rest.confidence);
    expect(confidences.reduce((sum, one) => sum + one, rest.confidence)).toBeCloseTo(1);
    expect(confidences.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBeLessThan(0.99);
  },
);

test('what is no language at all is "und"', async () => {
  expect(await detectLanguages('1234 5678')).toEqual([{ detectedLanguage: 'und', confidence: 1 }]);
});
