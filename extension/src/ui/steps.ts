import * as vscode from 'vscode';

const back = Symbol('back');
const aside = Symbol('aside');

/**
 * What a step was answered: the value, one step back, a matter to be settled aside first, or nothing when the person
 * left.
 */
export type Answer<T> = T | typeof back | typeof aside | undefined;

export interface Position {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  /** A button that leads to what is settled aside. */
  readonly aside?: vscode.QuickInputButton | undefined;
}

/** Asks one thing and returns what it adds to what is known so far. */
export type Step<T> = (known: T, position: Position) => Promise<Answer<T>>;

/** What every step of a chain offers beside its question, and what comes of it. */
export interface Aside<T> {
  readonly button: vscode.QuickInputButton;
  readonly settle: (known: T) => Promise<T | undefined>;
}

/** Asks one thing after the other; Back goes to the step before. Undefined when the person left. */
export async function ask<T>(
  title: string,
  initial: T,
  steps: readonly Step<T>[],
  beside?: Aside<T>,
): Promise<T | undefined> {
  const answers: T[] = [initial];
  while (answers.length <= steps.length) {
    const step = steps[answers.length - 1] as Step<T>;
    const known = answers.at(-1) as T;
    const position = { title, step: answers.length, totalSteps: steps.length, aside: beside?.button };
    const answer = await step(known, position);
    if (answer === undefined) return undefined;
    if (answer === back) answers.pop();
    // The same question again, with what was settled.
    else if (answer === aside) answers[answers.length - 1] = (await beside?.settle(known)) ?? known;
    else answers.push(answer as T);
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
  /**
   * Tries the text out, which takes its time; a sentence when it cannot be used: then the person stays here and loses
   * nothing. A rejection ends the question.
   */
  readonly tryOut?: (text: string) => Promise<string | undefined>;
}

/** One line of text. */
export function askText(position: Position, question: TextQuestion): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  input.value = question.value ?? '';
  input.prompt = question.prompt;
  input.placeholder = question.placeholder;
  input.password = question.secret ?? false;
  return shown(input, position, (resolve, reject) => {
    input.onDidChangeValue(() => (input.validationMessage = undefined));
    const accept = async () => {
      const { value } = input;
      input.validationMessage = question.refuse?.(value);
      if (input.validationMessage || input.busy) return;
      if (question.tryOut) {
        input.busy = true;
        input.enabled = false;
        try {
          input.validationMessage = await question.tryOut(value);
        } finally {
          input.busy = false;
          input.enabled = true;
        }
      }
      if (!input.validationMessage) resolve(value);
    };
    input.onDidAccept(() => void accept().catch(reject));
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
  { title, step, totalSteps, aside: sideButton }: Position,
  listen: (resolve: (answer: Answer<T>) => void, reject: (error: unknown) => void) => void,
): Promise<Answer<T>> {
  input.title = title;
  if (totalSteps > 1) {
    input.step = step;
    input.totalSteps = totalSteps;
  }
  input.ignoreFocusOut = true;
  input.buttons = [...(step > 1 ? [vscode.QuickInputButtons.Back] : []), ...(sideButton ? [sideButton] : [])];
  try {
    return await new Promise<Answer<T>>((resolve, reject) => {
      listen(resolve, reject);
      input.onDidTriggerButton((button) => resolve(button === sideButton ? aside : back));
      input.onDidHide(() => resolve(undefined));
      input.show();
    });
  } finally {
    input.dispose();
  }
}
