"""The keystroke benchmark: a simulated typist, fake models of known speed, counts."""
