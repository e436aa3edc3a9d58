import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The same tests on each React; templates live outside this folder, so what they import is found for them. */
function project(name: string, modules: string) {
  return {
    resolve: {
      alias: [
        { find: /^react$/, replacement: here(`${modules}/react`) },
        { find: /^react-dom\/client$/, replacement: here(`${modules}/react-dom/client.js`) },
        { find: /^@supabase\/supabase-js$/, replacement: here('node_modules/@supabase/supabase-js') },
        { find: /^@templates/, replacement: here('../../lib/realtime_advisor/generation/templates/client') },
      ],
    },
    test: { name, environment: 'jsdom', include: ['*.test.ts'], restoreMocks: true },
  };
}

export default defineConfig({
  server: { fs: { strict: false } },
  test: { projects: [project('react19', 'node_modules'), project('react18', 'react18/node_modules')] },
});
