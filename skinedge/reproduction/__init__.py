"""The paper's tables, trained again under two protocols."""
