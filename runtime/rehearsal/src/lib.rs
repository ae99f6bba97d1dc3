//! Rehearsal: playbooks against a modelled world.
