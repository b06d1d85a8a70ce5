defmodule Turnstile do
  @fsm """
  [*] --> locked : install
  locked --> unlocked : coin
  unlocked --> locked : push
  locked --> [*] : remove
  """
  use Finitomata, fsm: @fsm, syntax: :state_diagram
end
