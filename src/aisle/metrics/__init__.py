"""Figures of merit: pure functions of arrays, each with its formula."""
