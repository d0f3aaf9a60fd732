import * as vscode from 'vscode';

const back = Symbol('back');

/** What a step was answered: the value, one step back, or nothing when the person left. */
export type Answer<T> = T | typeof back | undefined;

export interface Position {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** Asks one thing and returns what it adds to what is known so far. */
export type Step<T> = (known: T, position: Position) => Promise<Answer<T>>;

/** Asks one thing after the other; Back goes to the step before. Undefined when the person left. */
export async function ask<T>(title: string, initial: T, steps: readonly Step<T>[]): Promise<T | undefined> {
  const answers: T[] = [initial];
  while (answers.length <= steps.length) {
    const step = steps[answers.length - 1] as Step<T>;
    const answer = await step(answers.at(-1) as T, { title, step: answers.length, totalSteps: steps.length });
    if (answer === undefined) return undefined;
    if (answer === back) answers.pop();
    else answers.push(answer);
  }
  return answers.at(-1);
}

export interface TextQuestion {
  readonly prompt: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly secret?: boolean;
  /** A sentence when the text cannot be used. */
  readonly refuse?: (text: string) => string | undefined;
}

/** One line of text. */
export function askText(position: Position, question: TextQuestion): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  input.value = question.value ?? '';
  input.prompt = question.prompt;
  input.placeholder = question.placeholder;
  input.password = question.secret ?? false;
  return shown(input, position, (resolve) => {
    input.onDidChangeValue(() => (input.validationMessage = undefined));
    input.onDidAccept(() => {
      input.validationMessage = question.refuse?.(input.value);
      if (!input.validationMessage) resolve(input.value);
    });
  });
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** One of several; `current` is marked to begin with. */
export function askChoice<T>(
  position: Position,
  placeholder: string,
  choices: readonly Choice<T>[],
  current?: T,
): Promise<Answer<T>> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  input.items = choices;
  if (current !== undefined) input.activeItems = choices.filter(({ value }) => value === current);
  input.placeholder = placeholder;
  input.matchOnDescription = true;
  return shown(input, position, (resolve) => {
    input.onDidAccept(() => {
      const [chosen] = input.selectedItems;
      if (chosen) resolve(chosen.value);
    });
  });
}

async function shown<T>(
  input: vscode.InputBox | vscode.QuickPick<Choice<T>>,
  { title, step, totalSteps }: Position,
  listen: (resolve: (answer: Answer<T>) => void) => void,
): Promise<Answer<T>> {
  input.title = title;
  if (totalSteps > 1) {
    input.step = step;
    input.totalSteps = totalSteps;
  }
  input.ignoreFocusOut = true;
  input.buttons = step > 1 ? [vscode.QuickInputButtons.Back] : [];
  try {
    return await new Promise<Answer<T>>((resolve) => {
      listen(resolve);
      input.onDidTriggerButton(() => resolve(back));
      input.onDidHide(() => resolve(undefined));
      input.show();
    });
  } finally {
    input.dispose();
  }
}
