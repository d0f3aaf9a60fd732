export { serverOf } from '../connection.ts';
export { type DriveTrial, trialReport, trialVerdict, tryDrive } from '../trial/driveTrial.ts';
export type { ConnectionTest, StepResult, TestPorts, TestSubject } from './bench.ts';
export { testConnection } from './connectionTest.ts';
export type { Reach } from './reach.ts';
export { stepWords, testReport, verdictOf } from './testReport.ts';
