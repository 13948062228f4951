const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** The one way in which sizes are told. In steps of 1024, as browsers and GPU makers count: `512 MB`, `6.0 GB`, `24 GB`. */
export function bytesInWords(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 and not 1024, so that no figure has four digits
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit >= 2 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
