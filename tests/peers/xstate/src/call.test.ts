// The call. The digits that wait are kept by hand and raised again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock, assign, createActor, enqueueActions, setup } from 'xstate';

// >>> declaration
type CallEvent =
  | { type: 'dial' | 'ring' | 'answer' | 'hold' | 'resume' | 'park' | 'unpark' | 'hangUp' }
  | { type: 'dtmf'; digit: string };

type Call = { held: string[]; digits: string[]; metering: boolean; ticks: number };

const call = setup({
  types: { context: {} as Call, events: {} as CallEvent },
  actions: {
    startMeter: assign({ metering: true }),
    stopMeter: assign({ metering: false }),
    countTick: assign({ ticks: ({ context }) => context.ticks + 1 }),
    offerHeldAgain: enqueueActions(({ context, enqueue }) => {
      for (const digit of context.held) enqueue.raise({ type: 'dtmf', digit });
      enqueue.assign({ held: [] });
    }),
  },
}).createMachine({
  context: { held: [], digits: [], metering: false, ticks: 0 },
  initial: 'idle',
  states: {
    idle: { on: { dial: 'active' } },
    active: {
      initial: 'dialing',
      on: {
        dtmf: {
          actions: assign({ digits: ({ context, event }) => [...context.digits, event.digit] }),
        },
        park: 'parked',
        hangUp: 'ended',
      },
      states: {
        dialing: {
          on: {
            dtmf: {
              actions: assign({ held: ({ context, event }) => [...context.held, event.digit] }),
            },
            ring: 'ringing',
          },
          exit: 'offerHeldAgain',
        },
        ringing: {
          on: { answer: 'connected' },
          after: { 30_000: '#ended' },
        },
        connected: {
          entry: 'startMeter',
          exit: 'stopMeter',
          initial: 'talking',
          states: {
            talking: {
              on: { hold: 'onHold' },
              after: { 10_000: { target: 'talking', reenter: true, actions: 'countTick' } },
            },
            onHold: { on: { resume: 'talking' } },
          },
        },
        whereItWas: { type: 'history', history: 'deep' },
      },
    },
    parked: { on: { unpark: 'active.whereItWas' } },
    ended: { id: 'ended', type: 'final' },
  },
});
// <<< declaration

test('a parked call returns to where it was', () => {
  const clock = new SimulatedClock();
  const actor = createActor(call, { clock }).start();
  const send = (event: CallEvent, place: any, metering: boolean, digits: string[]) => {
    actor.send(event);
    const { value, context } = actor.getSnapshot();
    assert.deepEqual([value, context.metering, context.digits], [place, metering, digits]);
  };
  const talking = { active: { connected: 'talking' } };
  const onHold = { active: { connected: 'onHold' } };
  send({ type: 'hold' }, 'idle', false, []);
  send({ type: 'dial' }, { active: 'dialing' }, false, []);
  send({ type: 'dtmf', digit: '1' }, { active: 'dialing' }, false, []); // deferred
  send({ type: 'ring' }, { active: 'ringing' }, false, ['1']); // and offered again
  send({ type: 'answer' }, talking, true, ['1']);
  for (const _ of [1, 2, 3, 4, 5]) clock.increment(5_000);
  assert.equal(actor.getSnapshot().context.ticks, 2);
  send({ type: 'hold' }, onHold, true, ['1']);
  clock.increment(60_000);
  assert.equal(actor.getSnapshot().context.ticks, 2);
  send({ type: 'park' }, 'parked', false, ['1']);
  send({ type: 'hangUp' }, 'parked', false, ['1']);
  send({ type: 'unpark' }, onHold, true, ['1']);
  send({ type: 'resume' }, talking, true, ['1']);
  send({ type: 'hangUp' }, 'ended', false, ['1']);
  assert.equal(actor.getSnapshot().status, 'done');
});

test('ringing times out', () => {
  const clock = new SimulatedClock();
  const actor = createActor(call, { clock }).start();
  actor.send({ type: 'dial' });
  clock.increment(60_000);
  actor.send({ type: 'ring' });
  clock.increment(29_999);
  assert.deepEqual(actor.getSnapshot().value, { active: 'ringing' });
  clock.increment(1);
  assert.equal(actor.getSnapshot().value, 'ended');
});
