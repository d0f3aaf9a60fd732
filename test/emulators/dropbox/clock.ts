/** The emulator's own time: it can run faster than real time and be moved forward. */
export interface EmulatorClock {
  now(): number;
  /** Moves time forward and runs everything that falls due on the way. */
  advance(milliseconds: number): void;
  /** Runs once, after that much emulated time. Returns a function that cancels. */
  after(milliseconds: number, run: () => void): () => void;
  close(): void;
}

export function createEmulatorClock(scale: number): EmulatorClock {
  const began = Date.now();
  let moved = 0;
  let closed = false;
  interface Appointment {
    due: number;
    run: () => void;
    timer: NodeJS.Timeout;
  }
  const appointments = new Set<Appointment>();
  const now = (): number => Math.floor(began + moved + (Date.now() - began) * scale);

  const keep = (appointment: Appointment): void => {
    if (appointments.delete(appointment)) appointment.run();
  };
  const arm = (due: number, appointment: () => Appointment): NodeJS.Timeout =>
    setTimeout(() => keep(appointment()), Math.max(0, (due - now()) / scale));

  return {
    now,
    advance(milliseconds) {
      moved += milliseconds;
      const late = [...appointments].sort((a, b) => a.due - b.due);
      for (const appointment of late) {
        clearTimeout(appointment.timer);
        if (appointment.due <= now()) keep(appointment);
        else if (appointments.has(appointment)) appointment.timer = arm(appointment.due, () => appointment);
      }
    },
    after(milliseconds, run) {
      if (closed) return () => undefined;
      const due = now() + milliseconds;
      const appointment: Appointment = { due, run, timer: arm(due, () => appointment) };
      appointments.add(appointment);
      return () => {
        clearTimeout(appointment.timer);
        appointments.delete(appointment);
      };
    },
    close() {
      closed = true;
      for (const { timer } of appointments) clearTimeout(timer);
      appointments.clear();
    },
  };
}
