import type { ImageInspectInfo } from 'dockerode';
import { problem } from '../../errors.ts';
import { asked, askedFor, type Engine } from './engine.ts';

/** What a container needs to know of its image. */
export type Image = {
  readonly id: string;
  /** Names of the variables it sets. */
  readonly sets: ReadonlySet<string>;
  /** Its exposed TCP ports. */
  readonly ports: readonly number[];
  readonly folder: string;
  readonly user: string;
};

/** An image by its id. Fails with IMAGE_MISSING, or with IMAGE_PLATFORM when it is for another kind of machine. */
export async function imageOf(engine: Engine, id: string): Promise<Image> {
  const info = await askedFor(engine, 'look at an image', engine.calls.getImage(id).inspect());
  if (!info) throw problem('IMAGE_MISSING', { image: id });
  const { Os, Arch } = await asked(engine, 'say its version', engine.calls.version());
  const [is, host] = [`${info.Os}/${info.Architecture}`, `${Os}/${Arch}`];
  if (is !== host) throw problem('IMAGE_PLATFORM', { image: id, is, host });
  const { Env, ExposedPorts, WorkingDir, User } = configOf(info);
  const ports = Object.keys(ExposedPorts ?? {}).filter((port) => !port.endsWith('/udp'));
  return {
    id,
    sets: new Set((Env ?? []).map((pair) => pair.slice(0, pair.indexOf('=')))),
    ports: ports.map((port) => Number.parseInt(port, 10)),
    folder: WorkingDir || '/',
    user: User ?? '',
  };
}

type ImageConfig = Partial<Pick<ImageInspectInfo['Config'], 'Env' | 'ExposedPorts' | 'WorkingDir' | 'User'>>;

/** An image that was imported may have no configuration at all. */
const configOf = (info: ImageInspectInfo): ImageConfig => info.Config ?? {};

/** What a container is told in PORT when neither its manifest nor its image says where it listens. */
const usualPort = 8080;

/** The port a container listens on: `run.port`, else the only one the image exposes, else what it is told. */
export function innerPort(image: Image, wanted: number | undefined): number {
  const [only, ...more] = image.ports;
  return wanted ?? (more.length === 0 ? only : undefined) ?? usualPort;
}
