"""What all charts share: axes, ticks, curves, the mouse and small controls."""
