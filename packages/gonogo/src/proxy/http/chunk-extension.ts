import { token } from './octets.ts';

type State = 'name-start' | 'name' | 'value-start' | 'value' | 'quoted' | 'escaped' | 'closed';

const [semicolon, equals, quote, backslash] = [0x3b, 0x3d, 0x22, 0x5c];

/**
 * Reads the extensions of a chunk, which nobody needs, so that nothing hides in them: `;name`, `;name=value` or
 * `;name="value"`, without blanks, which servers read differently (RFC 9112 §7.1.1).
 */
export class ChunkExtension {
  #state: State = 'name-start';

  /** A `;` came. */
  begin(): void {
    this.#state = 'name-start';
  }

  /** The line may end here. */
  get mayEnd(): boolean {
    return this.#state === 'name' || this.#state === 'value' || this.#state === 'closed';
  }

  /** Takes one octet; false when it may not come here. */
  take(at: number): boolean {
    const next = this.#after(at);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #after(at: number): State | undefined {
    const isToken = (token[at] as number) !== 0;
    switch (this.#state) {
      case 'name-start':
        return isToken ? 'name' : undefined;
      case 'name':
        return isToken ? 'name' : at === equals ? 'value-start' : this.#next(at);
      case 'value-start':
        return isToken ? 'value' : at === quote ? 'quoted' : undefined;
      case 'value':
        return isToken ? 'value' : this.#next(at);
      case 'quoted':
        return at === quote ? 'closed' : at === backslash ? 'escaped' : isText(at) ? 'quoted' : undefined;
      case 'escaped':
        return isText(at) ? 'quoted' : undefined;
      case 'closed':
        return this.#next(at);
    }
  }

  #next(at: number): State | undefined {
    return at === semicolon ? 'name-start' : undefined;
  }
}

const isText = (at: number): boolean => at === 0x09 || (at >= 0x20 && at !== 0x7f);
