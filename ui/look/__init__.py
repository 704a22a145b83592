"""The look of the window: colours, type, icons, the format of numbers, and the times at which texts change."""
