/** Some requests, and how many of them failed. */
export type Sample = { readonly requests: number; readonly errors: number };

/**
 * How likely chance alone is to let so many requests fail, or more, when each fails with probability `rate`: the upper
 * tail of the binomial distribution, exact for the smallest sample. 1 where no more failed than must be expected.
 */
export function chanceOf({ requests, errors }: Sample, rate: number): number {
  if (errors <= requests * rate) return 1;
  const log = logChoose(requests, errors) + errors * Math.log(rate) + (requests - errors) * Math.log1p(-rate);
  const odds = rate / (1 - rate);
  return tail(Math.exp(log), { from: errors, to: requests }, (k) => ((requests - k) / (k + 1)) * odds);
}

/**
 * How likely chance alone is to give `a` so many of the errors, or more, when `a` and `b` are no different: the upper
 * tail of the hypergeometric distribution, which is Fisher's exact test. 1 where `a`'s share is no greater than `b`'s.
 */
export function chanceOfMore(a: Sample, b: Sample): number {
  const [all, errors] = [a.requests + b.requests, a.errors + b.errors];
  if (a.errors * all <= errors * a.requests) return 1;
  const log =
    logChoose(errors, a.errors) + logChoose(all - errors, a.requests - a.errors) - logChoose(all, a.requests);
  const rest = all - errors - a.requests + 1;
  const to = Math.min(errors, a.requests);
  return tail(
    Math.exp(log),
    { from: a.errors, to },
    (k) => ((errors - k) / (k + 1)) * ((a.requests - k) / (rest + k)),
  );
}

type Range = { readonly from: number; readonly to: number };

/** The sum of falling terms, the next one being `ratio` times the one before, until they add nothing. */
function tail(first: number, { from, to }: Range, ratio: (k: number) => number): number {
  let [sum, term] = [first, first];
  for (let k = from; k < to && term > sum * 1e-12; k++) {
    term *= ratio(k);
    sum += term;
  }
  return Math.min(sum, 1);
}

/** In how many ways some can be taken out of so many: its logarithm. */
const logChoose = (of: number, some: number): number =>
  logFactorial(of) - logFactorial(some) - logFactorial(of - some);

/** Small ones are multiplied out; from ten on Stirling's series is exact to nine digits. */
function logFactorial(n: number): number {
  if (n >= 10)
    return (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return Math.log(product);
}
