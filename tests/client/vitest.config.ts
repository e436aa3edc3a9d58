import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Templates live outside this folder, so what they import is found for them. */
function project(name: string, environment: 'node' | 'jsdom', include: string[], react = 'node_modules') {
  return {
    resolve: {
      alias: [
        { find: /^react$/, replacement: here(`${react}/react`) },
        { find: /^react\/(.*)$/, replacement: here(`${react}/react/$1.js`) },
        { find: /^react-dom\/client$/, replacement: here(`${react}/react-dom/client.js`) },
        { find: /^@supabase\/supabase-js$/, replacement: here('node_modules/@supabase/supabase-js') },
        { find: /^@templates/, replacement: here('../../lib/realtime_advisor/generation/templates/client') },
      ],
    },
    test: { name, environment, include, restoreMocks: true, testTimeout: 180_000, hookTimeout: 300_000 },
  };
}

const PAGES = ['catchUp.test.ts', 'presence.test.ts', 'screens.test.ts', 'use*.test.ts'];

export default defineConfig({
  server: { fs: { strict: false } },
  test: {
    projects: [
      project('no page', 'node', ['realtime*.test.ts', 'generated.test.ts', 'live*.test.ts']),
      project('React 19', 'jsdom', PAGES),
      project('React 18', 'jsdom', PAGES, 'react18/node_modules'),
    ],
  },
});
