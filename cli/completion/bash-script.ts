/** The completion script for bash 4 and newer. It needs no other package, such as bash-completion. */

import type { CompletedCommand, CompletedOption, Values } from './completed-words.ts';

const FILES = 'files=1';

/** Returns the script. */
export const bashScript = (
  name: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string => {
  const called = `_${name.replaceAll('-', '_')}`;
  return `# Completion of ${name} for bash.
${called}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= words= files= word
  COMPREPLY=()
  # bash divides --option=value into three words.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command|$word" in
      *'|'-*) ;;
      '|'*) command=$word ;;
${groupCase(commands)}      *) break ;;
    esac
  done
  case "$command $previous" in
${commands.flatMap(valueCases).join('\n')}
    *) case "$command $current" in
      ' '*) words='${[...outerNames(commands), ...optionNames(options)].join(' ')}' ;;
${innerFirst(commands).map(wordCases).join('\n')}
    esac ;;
  esac
  local IFS=$'\\n'
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$current"))
  fi
}
complete -F ${called} ${name}
`;
};

/** A name with a space is that of a command inside a command. */
const isInner = ({ name }: CompletedCommand): boolean => name.includes(' ');

/** The case for `dlq` would also match `dlq list`. */
const innerFirst = (commands: readonly CompletedCommand[]): CompletedCommand[] => [
  ...commands.filter(isInner),
  ...commands.filter((one) => !isInner(one)),
];

const outerNames = (commands: readonly CompletedCommand[]): string[] =>
  commands.filter((one) => !isInner(one)).map(({ name }) => name);

/** The case for a second word that is the name of an inner command. */
const groupCase = (commands: readonly CompletedCommand[]): string => {
  const inner = commands.filter(isInner).map(({ name }) => `'${name.replace(' ', '|')}'`);
  return inner.length === 0 ? '' : `      ${inner.join(' | ')}) command="$command $word"; break ;;\n`;
};

const optionNames = (options: readonly CompletedOption[]): string[] => options.flatMap(({ names }) => names);

/** Cases for the word after an option with a value. */
const valueCases = ({ name, options }: CompletedCommand): string[] =>
  options
    .filter(({ values }) => values.kind !== 'none')
    .map(
      ({ names, values }) =>
        `    ${names.map((option) => `'${name} ${option}'`).join(' | ')}) ${assignment(values)} ;;`,
    );

/** Cases for an option or an argument. */
const wordCases = ({ name, options, values }: CompletedCommand): string => {
  const names = `words='${optionNames(options).join(' ')}'`;
  if (values.kind === 'none') return `      '${name} '*) ${names} ;;`;
  return [`      '${name} -'*) ${names} ;;`, `      '${name} '*) ${assignment(values)} ;;`].join('\n');
};

const assignment = (values: Values): string => {
  if (values.kind === 'files') return FILES;
  return `words='${values.kind === 'words' ? values.words.join(' ') : ''}'`;
};
