import type { Command } from 'commander';

/** `gonogo schema` — the JSON Schema of `gonogo.yaml`, for editors. */
export const schema = {
  name: 'schema',
  summary: 'prints the JSON Schema of gonogo.yaml, so that editors complete it',
  register(program: Command): void {
    program
      .command(schema.name)
      .description(schema.summary)
      .action(async () => {
        const { configJsonSchema } = await import('../../config/json-schema.ts');
        process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
      });
  },
};
