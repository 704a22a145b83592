"""Parts shared by all charts: axes, ticks, curves, the mouse and small controls."""
