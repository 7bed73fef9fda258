import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['plugin_static/vendor/', '**/.venv*/', 'build/', 'dist/'] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'max-len': ['error', { code: 100, ignoreUrls: true }],
      'no-implied-eval': 'error',
      'no-restricted-properties': [
        'error',
        {
          property: 'innerHTML',
          message: 'Names are hostile text: use a template or textContent.',
        },
        {
          property: 'outerHTML',
          message: 'Names are hostile text: use a template or textContent.',
        },
        { property: 'insertAdjacentHTML', message: 'Names are hostile text: use a template.' },
      ],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['plugin_static/**', 'tests/browser/**'],
    languageOptions: { globals: globals.browser },
  },
  { files: ['tests/page/**', 'scripts/**', '*.js'], languageOptions: { globals: globals.node } },
];
