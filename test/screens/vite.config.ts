import { defineConfig } from 'vite';

const root = new URL('../..', import.meta.url).pathname;

/**
 * The screens without the extension, over a fake Hearth: `npx vite -c test/screens/vite.config.ts`, then
 * `/src/popup/index.html?scene=busy`. Scenes are in `fake-hearth.ts`; its state is at hand as `fake` in the console.
 */
export default defineConfig({
  root,
  publicDir: false,
  // The extension's own policy for its pages
  preview: { headers: { 'Content-Security-Policy': "script-src 'self'; object-src 'self'" } },
  build: {
    outDir: 'out/screens/site',
    emptyOutDir: true,
    minify: false,
    modulePreload: false,
    rolldownOptions: {
      input: [
        'src/popup/index.html',
        'src/prompt/index.html',
        'options/index.html',
        'src/demo/index.html',
      ].map((path) => root + path),
    },
  },
  plugins: [
    {
      name: 'fake-extension',
      transformIndexHtml: {
        order: 'pre',
        // The demo page is a stranger's page: it has none of the extension's platform
        handler: (_html, { path }) =>
          path.startsWith('/src/demo/')
            ? []
            : [
                {
                  tag: 'script',
                  attrs: { type: 'module', src: '/test/screens/fake-extension.ts' },
                  injectTo: 'head-prepend',
                },
              ],
      },
    },
  ],
});
