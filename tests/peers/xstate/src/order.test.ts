// The order. All data lives in the one context.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock, assign, createActor, setup } from 'xstate';

// >>> declaration
type OrderEvent =
  | { type: 'addItem'; sku: string; quantity: number }
  | { type: 'checkout' }
  | { type: 'pay'; amount: number }
  | { type: 'ship'; tracking: string }
  | { type: 'cancel'; reason: string };

type Order = {
  items: { sku: string; quantity: number }[];
  paid: number;
  stockReserved: boolean;
  due?: number;
  at?: number;
  tracking?: string;
  reason?: string;
};

const total = (order: Order) => order.items.reduce((sum, item) => sum + item.quantity * 500, 0);

const order = setup({
  types: { context: {} as Order, events: {} as OrderEvent },
  guards: {
    hasItems: ({ context }) => context.items.length > 0,
    covers: ({ context }, { amount }: { amount: number }) => amount >= context.due!,
  },
  actions: {
    reserveStock: assign({ stockReserved: true }),
    releaseStock: assign({ stockReserved: false }),
    charge: (_, _params: { amount: number }) => {},
  },
}).createMachine({
  context: { items: [], paid: 0, stockReserved: false },
  initial: 'cart',
  on: {
    cancel: {
      target: '.cancelled',
      actions: ['releaseStock', assign({ reason: ({ event }) => event.reason })],
    },
  },
  states: {
    cart: {
      on: {
        addItem: {
          actions: assign({
            items: ({ context, event: { sku, quantity } }) => [...context.items, { sku, quantity }],
          }),
        },
        checkout: {
          guard: 'hasItems',
          target: 'awaitingPayment',
          actions: ['reserveStock', assign({ due: ({ context }) => total(context) })],
        },
      },
    },
    awaitingPayment: {
      on: {
        pay: [
          {
            guard: { type: 'covers', params: ({ event }) => ({ amount: event.amount }) },
            target: 'paid',
            actions: [
              assign({ paid: ({ event }) => event.amount, at: () => Date.now() }),
              { type: 'charge', params: ({ event }) => ({ amount: event.amount }) },
            ],
          },
          {},
        ],
      },
      after: { 1_800_000: { target: 'expired', actions: 'releaseStock' } },
    },
    paid: {
      on: {
        ship: { target: 'shipped', actions: assign({ tracking: ({ event }) => event.tracking }) },
      },
    },
    shipped: { type: 'final' },
    cancelled: { type: 'final' },
    expired: { type: 'final' },
  },
});
// <<< declaration

const book = { type: 'addItem', sku: 'book', quantity: 2 } as const;
const minutes = 60_000;

test('a paid order is shipped', () => {
  const charged: number[] = [];
  const actor = createActor(
    order.provide({ actions: { charge: (_, { amount }) => void charged.push(amount) } }),
  ).start();
  const now = () => actor.getSnapshot();
  assert.equal(now().can({ type: 'checkout' }), false);
  actor.send({ type: 'checkout' }); // no items
  assert.equal(now().value, 'cart');
  actor.send(book);
  assert.equal(now().context.items.length, 1);
  actor.send({ type: 'pay', amount: 1000 });
  assert.equal(now().value, 'cart');
  actor.send({ type: 'checkout' });
  assert.equal(now().value, 'awaitingPayment');
  assert.deepEqual([now().context.due, now().context.stockReserved], [1000, true]);
  assert.equal(now().can({ type: 'pay', amount: 400 }), false);
  actor.send({ type: 'pay', amount: 400 });
  assert.deepEqual([now().value, now().context.paid, charged], ['awaitingPayment', 0, []]);
  actor.send({ type: 'pay', amount: 1000 });
  assert.deepEqual([now().value, charged], ['paid', [1000]]);
  actor.send({ type: 'ship', tracking: 'T1' });
  assert.deepEqual([now().value, now().context.tracking, now().status], ['shipped', 'T1', 'done']);
  actor.send({ type: 'cancel', reason: 'late' });
  assert.equal(now().value, 'shipped');
});

test('a cancelled and an expired order release the stock', () => {
  for (const last of ['cancelled', 'expired']) {
    const clock = new SimulatedClock();
    const actor = createActor(order, { clock }).start();
    actor.send(book);
    actor.send({ type: 'checkout' });
    if (last === 'cancelled') actor.send({ type: 'cancel', reason: 'late' });
    else {
      clock.increment(30 * minutes - 1);
      assert.equal(actor.getSnapshot().value, 'awaitingPayment');
      clock.increment(1);
    }
    assert.equal(actor.getSnapshot().value, last);
    assert.equal(actor.getSnapshot().context.stockReserved, false);
  }
});

test('a restored snapshot has the state and the data, but its timer does not run', () => {
  const clock = new SimulatedClock();
  const before = createActor(order, { clock }).start();
  before.send(book);
  before.send({ type: 'checkout' });
  clock.increment(20 * minutes);
  const snapshot = JSON.parse(JSON.stringify(before.getPersistedSnapshot()));
  assert.deepEqual(Object.keys(snapshot), [
    'status',
    'value',
    'historyValue',
    'context',
    'children',
  ]);
  const later = new SimulatedClock();
  const after = createActor(order, { clock: later, snapshot }).start();
  assert.equal(after.getSnapshot().context.due, 1000);
  for (let m = 0; m < 120; m += 5) later.increment(5 * minutes);
  assert.equal(after.getSnapshot().value, 'awaitingPayment');
});
