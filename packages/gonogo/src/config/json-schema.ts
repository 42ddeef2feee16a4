import { z } from 'zod';
import { serviceFile } from './service.ts';

/** The JSON Schema (draft 2020-12) of `gonogo.yaml` as people write it, so that editors complete and check it. */
export function configJsonSchema(): object {
  return z.toJSONSchema(serviceFile, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Ours alone: the reference page reads it, JSON Schema does not know it.
      delete jsonSchema.unsupported;
    },
  });
}
