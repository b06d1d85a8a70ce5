defmodule MachinesTest do
  use ExUnit.Case
  alias Finitomata.Persistency.DETS

  setup_all do
    {:ok, _} = Finitomata.start_link()
    {:ok, _} = DETS.start_link()
    :ok
  end

  # `transition/2` is a cast; `state/2` is a call to the same process, so it comes after.
  defp send!(name, event) do
    :ok = Finitomata.transition(name, event)
    Process.sleep(20)
    if Finitomata.alive?(name), do: Finitomata.state(name, :full), else: :gone
  end

  test "turnstile: a coin opens and a push closes" do
    {:ok, _} = Finitomata.start_fsm(Turnstile, "north", %{})
    assert send!("north", :push).current == :locked
    assert send!("north", :coin).current == :unlocked
    assert send!("north", :coin).current == :unlocked
    assert send!("north", :push).current == :locked
  end

  @book %{sku: "book", quantity: 2}

  test "order: a paid order is shipped" do
    order = "o#{System.unique_integer()}"
    {:ok, _} = Finitomata.start_fsm(Order, order, %Order{cashier: self()})
    Process.sleep(20)
    assert send!(order, :checkout).current == :cart
    assert %{current: :cart, payload: %{items: [_]}} = send!(order, {:add_item, @book})
    assert send!(order, {:pay?, %{amount: 1000}}).current == :cart
    assert %{payload: %{due: 1000, stock_reserved: true}} = s = send!(order, :checkout)
    assert s.current == :awaiting_payment

    assert %{current: :awaiting_payment, payload: %{paid: 0}} =
             send!(order, {:pay?, %{amount: 400}})

    refute_received {:charge, _}

    assert %{current: :paid, payload: %{paid: 1000, at: _}} =
             send!(order, {:pay?, %{amount: 1000}})

    assert_received {:charge, 1000}
    assert send!(order, {:ship, %{tracking: "T1"}}) == :gone
    assert {:*, %Order{tracking: "T1", paid: 1000}} = DETS.get(order)
  end

  test "order: a cancelled and an expired order release the stock" do
    for last <- [:cancel, :timer] do
      order = "o#{System.unique_integer()}"
      {:ok, _} = Finitomata.start_fsm(Order, order, %Order{cashier: self()})
      Process.sleep(20)
      send!(order, {:add_item, @book})
      send!(order, :checkout)

      if last == :cancel,
        do: send!(order, {:cancel, %{reason: "late"}}),
        else: Finitomata.timer_tick(nil, order)

      Process.sleep(30)
      refute Finitomata.alive?(order)
      assert {:*, %Order{stock_reserved: false, reason: reason}} = DETS.get(order)
      assert reason == if(last == :cancel, do: "late")
    end
  end

  test "order: a killed machine starts again where it was" do
    order = "o#{System.unique_integer()}"
    {:ok, pid} = Finitomata.start_fsm(Order, order, %Order{cashier: self()})
    Process.sleep(20)
    send!(order, {:add_item, @book})
    send!(order, :checkout)
    Process.exit(Finitomata.pid(order), :kill)
    Process.sleep(50)
    assert Finitomata.pid(order) != pid
    assert %{current: :awaiting_payment, payload: %{due: 1000}} = Finitomata.state(order, :full)
  end

  test "call: a parked call returns to where it was" do
    call = "c#{System.unique_integer()}"
    {:ok, _} = Finitomata.start_fsm(Call, call, %Call{})
    Process.sleep(20)

    for {event, state, metering, digits} <- [
          {:hold, :idle, false, []},
          {:dial, :dialing, false, []},
          {{:dtmf, %{digit: ?1}}, :dialing, false, []},
          {:ring, :ringing, false, [?1]},
          {:answer, :talking, true, [?1]},
          {:hold, :on_hold, true, [?1]},
          {:park, :parked, false, [?1]},
          {:hang_up, :parked, false, [?1]},
          {:unpark, :on_hold, true, [?1]},
          {:resume, :talking, true, [?1]}
        ] do
      assert %{current: ^state, payload: %{metering: ^metering, digits: ^digits}} =
               send!(call, event)
    end

    Finitomata.timer_tick(nil, call)
    Process.sleep(20)
    assert Finitomata.state(call, :full).payload.ticks == 1
    assert send!(call, :hang_up) == :gone
    assert {:*, %Call{metering: false, last_active: :on_hold}} = DETS.get(call)
  end

  test "call: ringing times out" do
    call = "c#{System.unique_integer()}"
    {:ok, _} = Finitomata.start_fsm(Call, call, %Call{})
    Process.sleep(20)
    send!(call, :dial)
    send!(call, :ring)

    for _ <- 1..3,
        do:
          (
            Finitomata.timer_tick(nil, call)
            Process.sleep(20)
          )

    refute Finitomata.alive?(call)
  end
end
