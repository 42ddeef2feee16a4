/** Exit codes: 0 GO, 1 NO-GO, 2 usage or configuration (nothing was done), 3 gonogo itself failed, 4 waiting. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

/** One kind of error: its exit code, its sentence and what to do about it. `F` are the facts the sentence names. */
export type ErrorKind<F> = {
  readonly exit: ExitCode;
  readonly says: (facts: F) => string;
  readonly hint: (facts: F) => string;
};

/** Declares one kind of error; the type parameter is inferred from what the sentence names. */
export const kind = <F>(
  exit: ExitCode,
  says: (facts: F) => string,
  hint: (facts: F) => string,
): ErrorKind<F> => ({
  exit,
  says,
  hint,
});
