import Config

# Refused events are logged, and the tests refuse many.
config :logger, level: :error
