// Who may run at the same time.

/** At most so many at once; the others wait in line. */
export class Lanes {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  async run(work) {
    if (this.#free === 0) {
      await new Promise(resolve => this.#waiting.push(resolve));
    } else {
      this.#free--;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) {
        next();
      } else {
        this.#free++;
      }
    }
  }
}

/** Many together, or one alone. Those who wait to be alone go first, or they would wait for ever. */
export class Quiet {
  #together = 0;
  #alone = false;
  #waitingTogether = [];
  #waitingAlone = [];

  async together(work) {
    if (this.#alone || this.#waitingAlone.length > 0) {
      await new Promise(resolve => this.#waitingTogether.push(resolve));
    } else {
      this.#together++;
    }
    try {
      return await work();
    } finally {
      this.#together--;
      this.#next();
    }
  }

  async alone(work) {
    if (this.#alone || this.#together > 0) {
      await new Promise(resolve => this.#waitingAlone.push(resolve));
    } else {
      this.#alone = true;
    }
    try {
      return await work();
    } finally {
      this.#alone = false;
      this.#next();
    }
  }

  // Whoever is let in is counted here, so that nobody slips in between.
  #next() {
    if (this.#alone || this.#together > 0) {
      return;
    }
    const alone = this.#waitingAlone.shift();
    if (alone) {
      this.#alone = true;
      alone();
      return;
    }
    const together = this.#waitingTogether.splice(0);
    this.#together = together.length;
    together.forEach(enter => enter());
  }
}
