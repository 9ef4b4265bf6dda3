// Jest compiles its global setup to CommonJS, which cannot import our modules: tsx loads them as they are.
import { register } from 'tsx/esm/api';

register();

export default async () => (await import('./global-setup.ts')).default();
