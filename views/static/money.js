// Amounts are decimal text and BigInt all the way: a float would show cents that the server never counted.

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;

function units(text) {
  const match = PLAIN.exec(String(text).trim());
  if (!match) return null;
  const [, sign, whole, part = ""] = match;
  return { units: BigInt(`${sign}${whole}${part}`), scale: part.length };
}

/** Quantity x price rounded half-even to cents, as "12.50"; null where either is no plain decimal. */
export function lineTotal(quantity, price) {
  const a = units(quantity);
  const b = units(price);
  return a && b ? cents(a.units * b.units, a.scale + b.scale) : null;
}

/** The exact sum of amounts in text; what is no amount counts as nothing. */
export function sum(amounts) {
  let total = 0n;
  for (const amount of amounts) {
    const value = units(amount ?? "0");
    if (value) total += value.units * 10n ** BigInt(Math.max(0, 2 - value.scale));
  }
  return cents(total, 2);
}

export function isZero(amount) {
  return units(amount)?.units === 0n;
}

/** How much of `whole` the `part` is, 0 to 100. */
export function percent(part, whole) {
  const a = units(part);
  const b = units(whole);
  if (!a || !b || b.units <= 0n) return 0;
  return Number((a.units * 10n ** BigInt(b.scale) * 1000n) / (b.units * 10n ** BigInt(a.scale))) / 10;
}

/** "1234567.5" as "1,234,567.50": grouped for the eye, every digit kept. */
export function grouped(amount, decimals = 2) {
  const match = PLAIN.exec(String(amount));
  if (!match) return String(amount ?? "");
  const [, sign, whole, part = ""] = match;
  const rest = decimals ? part.padEnd(decimals, "0") : part;
  return `${sign === "-" ? "−" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest && `.${rest}`}`;
}

function cents(value, scale) {
  if (scale <= 2) return text(value * 10n ** BigInt(2 - scale));
  const divisor = 10n ** BigInt(scale - 2);
  const negative = value < 0n;
  const size = negative ? -value : value;
  let whole = size / divisor;
  const twice = (size % divisor) * 2n;
  if (twice > divisor || (twice === divisor && whole % 2n === 1n)) whole += 1n;
  return text(negative ? -whole : whole);
}

function text(value) {
  const negative = value < 0n;
  const digits = String(negative ? -value : value).padStart(3, "0");
  return `${negative ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
