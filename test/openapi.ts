import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

type Json = ReturnType<typeof JSON.parse>;

// Beside the checkout, or beside the one that this is a second working tree of
const file = ['../shared/data', '../../shared/data']
  .map((folder) => resolve(import.meta.dirname, '..', folder, 'openai-openapi/openapi.yaml'))
  .find(existsSync);

/** OpenAI's description of its API, and a judge that knows it as `openai`; nothing where it is not there. */
export function openApi(): { ajv: Ajv2020; whole: Json } | undefined {
  if (!file) return undefined;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, discriminator: false });
  const cleaned = (_key: string, value: Json): Json => {
    // Alternatives that it tells apart by a discriminator overlap as schemas
    if (value?.oneOf) return cleaned('', { ...value, oneOf: undefined, anyOf: value.oneOf });
    // A word of OpenAPI 3.0, which JSON schema does not have
    if (!value?.nullable) return value;
    const { nullable: _, ...rest } = value;
    if (!value.type) return { anyOf: [rest, { type: 'null' }] };
    return value.enum ? { ...value, enum: [...value.enum, null] } : value;
  };
  const whole = JSON.parse(JSON.stringify(parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 })), cleaned);
  ajv.addSchema(whole, 'openai');
  return { ajv, whole };
}
