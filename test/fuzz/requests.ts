import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import fc from 'fast-check';
import { converse } from './conversation.ts';
import { changes, cuts, mutate, request, segments } from './messages.ts';
import { type NormalForm, normalForm, type Parsed, withoutAuthority } from './normal-form.ts';
import { type Recorder, requestsByNode, withPlainCoding } from './oracle.ts';

type Place = { readonly port: number; readonly recorder: Recorder; readonly address: string };

const after = Buffer.from('GET /after HTTP/1.1\r\nHost: shop\r\n\r\n');
const batch = fc.array(request, { minLength: 1, maxLength: 8 });

/** Valid requests behind one another arrive in their normal form, each answered in turn. Each request is a case. */
export const validRequests = ({ port, recorder, address }: Place, count: (cases: number) => void) =>
  fc.asyncProperty(batch, cuts, async (messages, shares) => {
    recorder.take(address);
    const methods = messages.map(({ parsed }) => methodOf(parsed));
    const bytes = Buffer.concat(messages.map((one) => one.bytes));
    const answers = await converse({ port, from: address, segments: segments(bytes, shares), methods });
    const read = recorder.take(address).map(normalForm);
    assert.deepEqual(
      read,
      messages.map(({ parsed }) => normalForm(parsed)),
    );
    const texts = answers.map((answer) => `${answer.status} ${answer.body}`);
    assert.deepEqual(
      texts,
      methods.map((method, i) => `200 ${method === 'HEAD' ? '' : i + 1}`),
    );
    count(messages.length);
  });

/** Nearly valid requests are refused, or what arrives is what Node's parser reads in the client's own bytes. */
export const nearlyValidRequests = ({ port, recorder, address }: Place, count: (cases: number) => void) =>
  fc.asyncProperty(request, changes, cuts, async (message, mutations, shares) => {
    recorder.take(address);
    const bytes = Buffer.concat([mutate(message.bytes, mutations), after]);
    const answers = await converse({
      port,
      from: address,
      segments: segments(bytes, shares),
      methods: [],
    }).catch((error: unknown) => {
      if (error instanceof SyntaxError) return []; // An answer to HEAD, or one that was cut off in its head.
      throw error;
    });
    const read = recorder.take(address).map(normalForm);
    if (read.length > 0) {
      const wanted = await wantedOf(bytes);
      assert.deepEqual(read, wanted.slice(0, read.length));
    }
    assert.ok(answers.every(({ status }) => status === 200 || status >= 400));
    count(1);
  });

const methodOf = ({ start }: Parsed): string => start.split(' ')[0] ?? '';

/** Where Node is stricter than RFC 9112 the message is said in the way that it takes. */
type Restated = { readonly bytes: Buffer; readonly authority?: string; readonly isUnknown: boolean };

/**
 * Node refuses methods that it does not know, which a proxy passes on, as it must; then the application behind the
 * proxy refuses the request. It refuses some absolute targets that are valid, too.
 */
function restated(original: Buffer): Restated {
  const text = original.toString('latin1');
  const [, verb = ''] = /^(?:\r\n)?([\w!#$%&'*+.^`|~-]+) /.exec(text) ?? [];
  const isUnknown = verb !== '' && !METHODS.includes(verb);
  const [, authority, path = ''] = /^\S+ https?:\/\/([^/?#\s]*)([^\s#]*) HTTP\/1\.1\r\n/i.exec(text) ?? [];
  const plain = withPlainCoding(text)
    .replace(isUnknown ? verb : '', isUnknown ? 'POST' : '')
    .replace(/^(\S+) https?:\/\/\S+/i, (whole, method: string) =>
      authority ? `${method} ${withoutAuthority(method, path)}` : whole,
    );
  return { bytes: Buffer.from(plain, 'latin1'), isUnknown, ...(authority ? { authority } : {}) };
}

async function wantedOf(original: Buffer): Promise<NormalForm[]> {
  const { bytes, authority, isUnknown } = restated(original);
  const [first, ...rest] = (await requestsByNode(bytes)).map(normalForm);
  if (!first) return [];
  return isUnknown ? rest : [{ ...first, host: authority ?? first.host }, ...rest];
}
