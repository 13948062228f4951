const DATE =
  '[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))';
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?';
const ZONE = '(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])';
const LABEL = '[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?';
const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/**
 * Texts of a `format` of JSON Schema: each of them is one, though not every one is among them. February has 28 days.
 * RFC 3339 (times), 4122 (uuid), 5321 and 1123 (addresses), 3986 (uri).
 */
export const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: CLOCK + ZONE,
  'date-time': `${DATE}T${CLOCK}${ZONE}`,
  duration: 'P([0-9]{1,4}W|[0-9]{1,4}D(T[0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?)?|T[0-9]{1,4}[HMS])',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  ipv4: `${BYTE}(\\.${BYTE}){3}`,
  hostname: `${LABEL}(\\.${LABEL}){0,6}`,
  email: `[a-z0-9_+-]{1,20}(\\.[a-z0-9_+-]{1,20}){0,2}@${LABEL}(\\.${LABEL}){1,6}`,
  uri: `https?://${LABEL}(\\.${LABEL}){1,6}(/[A-Za-z0-9._~-]{0,40}){0,8}(\\?[A-Za-z0-9._~=&-]{0,80})?`,
};
