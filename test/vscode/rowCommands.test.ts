import { beforeEach, describe, expect, test, vi } from 'vitest';
import { registerRowCommand, registerTargetCommand } from '../../extension/src/ui/rowCommands.ts';
import { commands, window } from './editorStub.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

describe('a command on a row', () => {
  const act = vi.fn();
  beforeEach(() => {
    act.mockReset();
    window.messages.length = 0;
    registerTargetCommand('submit', act);
    registerRowCommand('verify', act);
  });

  test('is told the row that was meant', () => {
    commands.executeCommand('submit', { report: 'a' });
    commands.executeCommand('verify', { file: 'b' });
    expect(act.mock.calls).toEqual([[{ report: 'a' }], [{ file: 'b' }]]);
  });

  test('does nothing, and says so, where the editor lost the row: the report in the active editor is another one', () => {
    commands.executeCommand('submit', undefined, undefined);
    commands.executeCommand('verify', undefined);
    expect(act).not.toHaveBeenCalled();
    expect(window.messages).toEqual(Array(2).fill('The list has just changed: choose again.'));
  });

  test('means the active editor when it comes from the palette or the keyboard', () => {
    commands.executeCommand('submit');
    expect(act.mock.calls).toEqual([[undefined]]);
  });
});
