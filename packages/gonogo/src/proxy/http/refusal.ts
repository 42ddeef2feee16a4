/** An answer of the proxy's own. */
export type Refusal = { readonly status: number; readonly reason: string; readonly says: string };

const refusal = (status: number, reason: string, says: string): Refusal => ({ status, reason, says });

export const malformed = refusal(400, 'Bad Request', 'the request is malformed');
export const missing = refusal(404, 'Not Found', 'there is nothing here');
export const requestLate = refusal(408, 'Request Timeout', 'the request did not come in time');
export const bodyTooLarge = refusal(413, 'Content Too Large', 'the body of the request is too large');
export const targetTooLong = refusal(414, 'URI Too Long', 'the address of the request is too long');
export const unexpected = refusal(417, 'Expectation Failed', 'only 100-continue can be expected');
export const headTooLarge = refusal(
  431,
  'Request Header Fields Too Large',
  'the head of the request is too large',
);
export const unknownCoding = refusal(
  501,
  'Not Implemented',
  'Transfer-Encoding: chunked is the only one supported',
);
export const unknownMethod = refusal(501, 'Not Implemented', 'CONNECT and TRACE are not supported');
export const noAnswer = refusal(502, 'Bad Gateway', 'the instance gave no valid answer');
export const nobodyServes = refusal(503, 'Service Unavailable', 'no instance is serving');
export const tooLate = refusal(504, 'Gateway Timeout', 'the instance did not answer in time');
export const unknownVersion = refusal(
  505,
  'HTTP Version Not Supported',
  'only HTTP/1.0 and HTTP/1.1 are spoken here',
);
/** To the health question of an outer balancer while requests are held: it must not take this host out. */
export const paused = refusal(200, 'OK', 'requests are held for a moment');
