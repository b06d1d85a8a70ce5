defmodule Call do
  @fsm """
  new --> |start!| idle
  idle --> |dial| dialing
  dialing --> |dtmf| dialing
  dialing --> |ring| ringing
  ringing --> |dtmf| ringing
  ringing --> |answer| talking
  ringing --> |ring_timed_out| ended
  talking --> |dtmf| talking
  talking --> |hold| on_hold
  on_hold --> |dtmf| on_hold
  on_hold --> |resume| talking
  dialing --> |park| parked
  ringing --> |park| parked
  talking --> |park| parked
  on_hold --> |park| parked
  parked --> |unpark| dialing,ringing,talking,on_hold
  dialing --> |hang_up| ended
  ringing --> |hang_up| ended
  talking --> |hang_up| ended
  on_hold --> |hang_up| ended
  """
  use Finitomata,
    fsm: @fsm,
    timer: :timer.seconds(10),
    auto_terminate: true,
    persistency: Finitomata.Persistency.DETS

  defstruct [:last_active, held: [], digits: [], metering: false, ticks: 0, rung: 0]

  @impl Finitomata
  def on_transition(:dialing, :dtmf, %{digit: digit}, call),
    do: {:ok, :dialing, %{call | held: [digit | call.held]}}

  def on_transition(state, :dtmf, %{digit: digit}, call),
    do: {:ok, state, %{call | digits: [digit | call.digits]}}

  def on_transition(:dialing, :ring, _, call),
    do: {:ok, :ringing, %{call | digits: call.held ++ call.digits, held: [], rung: 0}}

  def on_transition(:ringing, :answer, _, call),
    do: {:ok, :talking, %{call | metering: true}}

  def on_transition(state, :park, _, call),
    do: {:ok, :parked, %{call | last_active: state, metering: false}}

  def on_transition(:parked, :unpark, _, %{last_active: place} = call),
    do: {:ok, place, %{call | metering: place in [:talking, :on_hold], rung: 0}}

  def on_transition(_, :hang_up, _, call),
    do: {:ok, :ended, %{call | metering: false}}

  @impl Finitomata
  def on_timer(:talking, %{payload: call}), do: {:ok, %{call | ticks: call.ticks + 1}}
  def on_timer(:ringing, %{payload: %{rung: 2} = call}), do: {:transition, :ring_timed_out, call}
  def on_timer(:ringing, %{payload: call}), do: {:ok, %{call | rung: call.rung + 1}}
  def on_timer(_, _), do: :ok
end
