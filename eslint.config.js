import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": "error",
  "no-restricted-syntax": [
    "error",
    { selector: "AssignmentExpression[left.property.name='innerHTML']", message: "Text goes in as text: use make() of dom.js." },
    { selector: "CallExpression[callee.property.name=/^(startsWith|endsWith|match)$/][callee.object.property.name=/message|text|reason/]", message: "No sentence is parsed: the server sends kinds and numbers." },
  ],
};

export default [
  { ignores: [".venv/", "build/", "dist/", "docs/", "**/*.d.ts"] },
  { files: ["ganlab/app/static/live/**/*.js"], languageOptions: { globals: globals.browser, sourceType: "module" }, rules },
  { files: ["ganlab/app/static/{playground,shared}/**/*.js"], languageOptions: { globals: globals.browser, sourceType: "script" }, rules },
  { files: ["tests/js/**/*.js", "*.js"], languageOptions: { globals: globals.node, sourceType: "module" }, rules },
];
