/** The completion script for zsh. It works when sourced, and as a file `_opengemini-sink` in a folder of `fpath`. */

import type { CompletedCommand, CompletedOption, Values } from './completed-words.ts';

/** Returns the script. */
export const zshScript = (
  name: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string => {
  const called = `_${name.replaceAll('-', '_')}`;
  // A name with a space is that of a command inside a command.
  const outer = commands.filter((one) => !one.name.includes(' '));
  return `#compdef ${name}
# Completion of ${name} for zsh.
${called}() {
  local -a commands
  commands=(
${outer.map((one) => `    ${quoted(`${one.name}:${one.summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${options.map(optionSpec).join(' ')}
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT -= 1 ))
  case "$command \${words[2]}" in
${innerCase(commands)}  esac
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ \${funcstack[1]} == ${called} || \${funcstack[1]} == _${name} ]]; then
  ${called} "$@"
else
  compdef ${called} ${name}
fi
`;
};

/** The case for a second word that is the name of an inner command. The first word is then removed. */
const innerCase = (commands: readonly CompletedCommand[]): string => {
  const inner = commands.filter(({ name }) => name.includes(' ')).map(({ name }) => quoted(name));
  if (inner.length === 0) return '';
  return `    ${inner.join(' | ')}) (( CURRENT > 2 )) && { command="$command \${words[2]}"; shift words; (( CURRENT -= 1 )); } ;;\n`;
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const commandCase = ({ name, options, values }: CompletedCommand): string => {
  const specs = [...options.map(optionSpec), ...(values.kind === 'none' ? [] : [quoted(`*: :${action(values)}`)])];
  return [`    ${quoted(name)})`, `      _arguments ${specs.join(' \\\n        ')} ;;`].join('\n');
};

const optionSpec = ({ names, description, values }: CompletedOption): string => {
  // Brackets and colons divide the parts of a specification.
  const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]`;
  const value = values.kind === 'none' ? '' : `:value:${action(values)}`;
  const [first = '', ...others] = names.map((name) => quoted(`${name}${value === '' ? '' : '='}${text}${value}`));
  return [first, ...others].join(' ');
};

const action = (values: Values): string => {
  if (values.kind === 'files') return '_files';
  return values.kind === 'words' ? `(${values.words.join(' ')})` : '( )';
};
