defmodule Order do
  @fsm """
  new --> |open!| cart
  cart --> |add_item| cart
  cart --> |checkout| awaiting_payment
  awaiting_payment --> |pay?| paid
  awaiting_payment --> |payment_timed_out| expired
  paid --> |ship| shipped
  cart --> |cancel| cancelled
  awaiting_payment --> |cancel| cancelled
  paid --> |cancel| cancelled
  """
  use Finitomata,
    fsm: @fsm,
    timer: :timer.minutes(30),
    auto_terminate: true,
    persistency: Finitomata.Persistency.DETS

  defstruct [:due, :at, :tracking, :reason, :cashier, items: [], paid: 0, stock_reserved: false]

  @impl Finitomata
  def on_transition(:cart, :add_item, %{sku: _, quantity: _} = item, order),
    do: {:ok, :cart, %{order | items: [item | order.items]}}

  def on_transition(:cart, :checkout, _, %{items: []}), do: {:error, :no_items}

  def on_transition(:cart, :checkout, _, order),
    do: {:ok, :awaiting_payment, %{order | due: total(order), stock_reserved: true}}

  def on_transition(:awaiting_payment, :pay?, %{amount: amount}, %{due: due} = order)
      when amount >= due do
    send(order.cashier, {:charge, amount})
    {:ok, :paid, %{order | paid: amount, at: DateTime.utc_now()}}
  end

  def on_transition(:awaiting_payment, :pay?, _, _), do: {:error, :too_little}

  def on_transition(:awaiting_payment, :payment_timed_out, _, order),
    do: {:ok, :expired, %{order | stock_reserved: false}}

  def on_transition(:paid, :ship, %{tracking: tracking}, order),
    do: {:ok, :shipped, %{order | tracking: tracking}}

  def on_transition(_, :cancel, %{reason: reason}, order),
    do: {:ok, :cancelled, %{order | reason: reason, stock_reserved: false}}

  @impl Finitomata
  def on_timer(:awaiting_payment, %{payload: order}), do: {:transition, :payment_timed_out, order}
  def on_timer(_, _), do: :ok

  defp total(order), do: order.items |> Enum.map(&(&1.quantity * 500)) |> Enum.sum()
end
