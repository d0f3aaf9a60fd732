/** The commands that README.md tells a new user to type: the lines of the first code block that begin with `npm`. */
export function commandsOf(readme: string): string[] {
  const block = /^```\n([\s\S]*?)^```/m.exec(readme)?.[1] ?? '';
  return block.split('\n').flatMap((line) => /^(npm .*?)\s*(?:#.*)?$/.exec(line)?.[1] ?? []);
}
