// The turnstile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActor, setup } from 'xstate';

// >>> declaration
const turnstile = setup({
  types: { events: {} as { type: 'coin' } | { type: 'push' } },
}).createMachine({
  initial: 'locked',
  states: {
    locked: { on: { coin: 'unlocked' } },
    unlocked: { on: { push: 'locked' } },
  },
});
// <<< declaration

test('a coin opens and a push closes', () => {
  const gate = createActor(turnstile).start();
  assert.equal(gate.getSnapshot().can({ type: 'push' }), false);
  gate.send({ type: 'push' }); // ignored
  assert.equal(gate.getSnapshot().value, 'locked');
  gate.send({ type: 'coin' });
  assert.equal(gate.getSnapshot().value, 'unlocked');
  gate.send({ type: 'coin' });
  assert.equal(gate.getSnapshot().value, 'unlocked');
  gate.send({ type: 'push' });
  assert.equal(gate.getSnapshot().value, 'locked');
});
