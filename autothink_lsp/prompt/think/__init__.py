"""Think profiles: how a model is switched to think or not, the table of profiles, gateways, and the choice."""
