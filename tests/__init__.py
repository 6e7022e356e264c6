"""Tests mirror skinedge/. Fakes instead of mocks; no network; no patients' photos."""
