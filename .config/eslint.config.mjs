import tsdoc from 'eslint-plugin-tsdoc';
import tseslint from 'typescript-eslint';
import sentences from './sentenceRule.mjs';

const calls = (object, property) =>
  `CallExpression[callee.object.name='${object}'][callee.property.name='${property}']`;

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/build/**',
      '**/node_modules/**',
      '**/fixtures/**',
      '**/fixture/**',
      '**/*.d.ts',
      '**/*.mjs',
      '**/*.cjs',
      '**/*.js',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
    },
  },
  {
    files: ['**/shared/**/*.ts'],
    plugins: { tsdoc },
    rules: {
      'tsdoc/syntax': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: calls('JSON', 'parse'),
          message: 'Use parseJson of core/json.ts: text from outside must fail with a code.',
        },
        {
          selector: "CallExpression[callee.name='fetch']",
          message: 'Use the HTTP port: built-in fetch buffers whole bodies and knows no proxy.',
        },
        {
          selector: "NewExpression[callee.name='Error']",
          message: 'Throw DossierError (or TypeError for a programming mistake).',
        },
      ],
    },
  },
  {
    // What people read is a sentence with an id, so that it can be said in their language.
    files: ['**/shared/**/*.ts', '**/nodes/**/*.ts', '**/extension/src/**/*.ts'],
    plugins: { dossier: { rules: { sentences } } },
    rules: { 'dossier/sentences': 'error' },
  },
  {
    files: ['**/shared/core/json.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Command-line programs speak to their user.
    files: ['.config/**', 'test/**'],
    rules: {
      'no-console': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['test/conformance/*Suite.ts'],
    rules: { 'max-lines': 'off' },
  },
);
