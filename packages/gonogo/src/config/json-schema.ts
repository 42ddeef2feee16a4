import * as z from 'zod/mini';
import { serviceFile } from './service.ts';

/** The JSON Schema (draft 2020-12) of `gonogo.yaml` as people write it, so that editors complete and check it. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  const schema = z.toJSONSchema(serviceFile, { io: 'input', unrepresentable: 'any' });
  return {
    ...schema,
    title: 'gonogo.yaml',
    description: 'One service: how it runs, what it needs, where it goes live.',
  };
}
