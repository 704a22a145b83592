"""How everything looks: colours, type, icons, how numbers are written and when texts change."""
