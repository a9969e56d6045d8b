"""The simulated market: model, scenarios, tape, history, truth and the demonstration."""
