import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT_ROOT, readConfig, readPorts } from '../../src/config.js';
import { SEARCH_ATTRIBUTES } from '../../src/stack/namespace.js';

interface Service {
  image: string;
  build?: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  command?: string[];
  entrypoint?: string[];
  healthcheck?: unknown;
  profiles?: string[];
  stop_grace_period?: string;
}

const read = (file: string) => fs.readFileSync(path.join(PROJECT_ROOT, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.build !== undefined);

describe('docker-compose.yml', () => {
  test.each(services)('%s has a pinned image and is published to this machine only', (_name, service) => {
    expect(service.image).toMatch(service.build ? /^hikeshi:local$/ : /:v?\d+\.\d+(\.\d+)?(-bookworm)?$/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('all of Temporal’s images are of one server version', () => {
    const images = services
      .map(([, { image }]) => image)
      .filter((image) => /temporalio\/(server|admin-tools)/.test(image));
    expect(new Set(images.map((image) => image.split(':')[1]))).toEqual(new Set(['1.32.0']));
  });

  test('whatever waits for another service waits for one that can become what is waited for', () => {
    for (const [name, { depends_on = {}, profiles }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const target = compose.services[other];
        expect([name, other, target !== undefined]).toEqual([name, other, true]);
        if (condition === 'service_healthy') expect([other, target?.healthcheck !== undefined]).toEqual([other, true]);
        if (!profiles) expect(target?.profiles).toBeUndefined();
      }
    }
  });

  test('every file and volume that is mounted exists', () => {
    for (const volume of services.flatMap(([, service]) => service.volumes ?? [])) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.'))
        expect([source, fs.existsSync(path.join(PROJECT_ROOT, source))]).toEqual([source, true]);
      else expect(compose.volumes).toHaveProperty(source);
    }
    const file = compose.services['temporal']?.environment?.['DYNAMIC_CONFIG_FILE_PATH']?.split('/').at(-1);
    expect(Array.isArray(Object.values(parse(read(`docker/dynamicconfig/${file}`)) as object)[0])).toBe(true);
  });

  test('our processes are told of their neighbours by the names of the configuration', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(['gateway', 'prepare', 'simulator', 'worker', 'worker-bulk']);
    for (const [, service] of ours) {
      const config = readConfig(service.environment);
      expect(config.databaseUrl).toMatch(/@postgres:5432\/hikeshi$/);
      expect(config.temporalAddress).toBe('temporal:7233');
      expect(config.namespace).toBe('hikeshi');
      expect(service.command?.[0]).toMatch(/^dist\/.*\/main\.js$/);
      expect(
        fs.existsSync(path.join(PROJECT_ROOT, service.command![0]!.replace('dist', 'src').replace('.js', '.ts'))),
      ).toBe(true);
    }
    const { worker, 'worker-bulk': bulk, gateway, simulator } = compose.services;
    expect([worker, bulk].flatMap((each) => each?.command?.at(-1)?.split(','))).toEqual([
      'process',
      'control',
      'payout',
      'bulk',
    ]);
    const ports = readPorts({});
    expect(gateway?.ports).toEqual([ports.codec, ports.forms].map((port) => `127.0.0.1:${port}:${port}`));
    expect(simulator?.ports).toEqual([`127.0.0.1:${ports.channelSystem}:${ports.channelSystem}`]);
    expect(simulator?.profiles).toEqual(['simulators']);
    expect(parseInt(worker?.stop_grace_period ?? '', 10)).toBeGreaterThan(60);
  });

  test('the Web UI asks the codec server by the address that the browser reaches', () => {
    const ui = compose.services['temporal-ui']?.environment;
    expect(ui?.['TEMPORAL_CODEC_ENDPOINT']).toBe(readConfig(compose.services['gateway']?.environment).codecUrl);
    expect(ui?.['TEMPORAL_CORS_ORIGINS']).toBe(readConfig(compose.services['gateway']?.environment).uiUrl);
  });

  test('the job that makes the namespace knows the same search attributes, and its scripts are well formed', () => {
    const script = read('docker/temporal-namespace.sh');
    const listed = /for pair in (.*); do/.exec(script)?.[1]?.split(' ');
    expect(listed).toEqual(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name}:${type}`));
    expect(script).toContain('--retention 90d');
    for (const file of fs.readdirSync(path.join(PROJECT_ROOT, 'docker')).filter((name) => name.endsWith('.sh'))) {
      execFileSync('sh', ['-n', path.join(PROJECT_ROOT, 'docker', file)]);
      expect(fs.statSync(path.join(PROJECT_ROOT, 'docker', file)).mode & 0o111).not.toBe(0);
    }
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');

  test('is Debian slim with a pinned Node, runs in UTC, and not as root', () => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(bases).toEqual(['node:20.20.2-bookworm-slim', 'node:20.20.2-bookworm-slim']);
    expect(text).toMatch(/TZ=UTC/);
    expect(text.lastIndexOf('USER node')).toBeGreaterThan(text.lastIndexOf('COPY'));
  });

  test('keeps a native part that Temporal’s core really ships', () => {
    const kept = [...text.matchAll(/keep=(\S+)/g)].map((match) => match[1]!);
    const releases = path.join(PROJECT_ROOT, 'node_modules/@temporalio/core-bridge/releases');
    expect(kept).toHaveLength(2);
    for (const name of kept) expect(fs.existsSync(path.join(releases, name))).toBe(true);
  });
});
