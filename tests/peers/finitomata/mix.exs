defmodule Machines.MixProject do
  use Mix.Project

  def project,
    do: [
      app: :machines,
      version: "0.0.0",
      elixir: "~> 1.14",
      compilers: [:finitomata | Mix.compilers()],
      deps: [{:finitomata, "== 0.41.0"}]
    ]

  def application, do: [extra_applications: [:logger]]
end
